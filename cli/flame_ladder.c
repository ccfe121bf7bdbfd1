/* flame ladder: the same job several ways, checked, timed, recorded, side by side. */
#include "flame_commands.h"

#include "climb.h"
#include "command.h"
#include "file.h"
#include "progress.h"
#include "report.h"
#include "starter.h"
#include "text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *report = "report";
static bool check_given, init, climb_flag = true, resume, quick, quiet, profile = true;
static const char *check_path;
static double margin = 5;
static int64_t runs;
static command_list only, settings;

static const command_option options[] = {
    {.kind = COMMAND_HEADING, .help = "What to measure"},
    {.kind = COMMAND_TEXT,
     .letter = 'o',
     .name = "output",
     .value = "DIR",
     .help = "Where the report goes. Default: report/.",
     .target = &report},
    {.kind = COMMAND_FLAG,
     .name = "quick",
     .help = "The plan's quick form: the \"quick\" values of the plan, or three runs of each rung.",
     .target = &quick},
    {.kind = COMMAND_INTEGER,
     .name = "runs",
     .value = "N",
     .help = "Measure each rung this often. Default: the plan's number, or what suits "
             "the time one run takes (3 to 20).",
     .target = &runs,
     .least = 1,
     .most = 1000},
    {.kind = COMMAND_LIST,
     .name = "only",
     .value = "RUNG",
     .help =
         "Measure this rung alone; may be given several times. The others keep what the report has of them.",
     .target = &only},
    {.kind = COMMAND_LIST,
     .name = "set",
     .value = "NAME=VALUE",
     .help = "Another value for {NAME} in the plan's commands.",
     .target = &settings},
    {.kind = COMMAND_FLAG,
     .name = "resume",
     .help = "Go on with an earlier climb: what is measured stays.",
     .target = &resume},
    {.kind = COMMAND_FLAG,
     .name = "profile",
     .help = "Record flame graphs (the default; --no-profile only measures).",
     .target = &profile},
    {.kind = COMMAND_FLAG,
     .letter = 'q',
     .name = "quiet",
     .help = "No progress and no table, only errors.",
     .target = &quiet},
    {.kind = COMMAND_HEADING, .help = "Guarding against getting slower"},
    {.kind = COMMAND_TEXT,
     .name = "check",
     .value = "OLD.json",
     .help = "Compare with an earlier climb's ladder.json (default: the one that the report has before this "
             "climb); "
             "exit status 1 when a rung got slower beyond the spread, or lost its right answer. With a "
             "ladder.json "
             "instead of a PLAN, the two are compared as they are.",
     .target = &check_path,
     .optional = true,
     .given = &check_given},
    {.kind = COMMAND_REAL,
     .name = "margin",
     .value = "PERCENT",
     .help = "What --check lets pass in any case. Default: 5.",
     .target = &margin,
     .most = 10000},
    {.kind = COMMAND_HEADING, .help = "Starting"},
    {.kind = COMMAND_FLAG,
     .name = "init",
     .help = "Write a first plan, ladder.json, for the commands given as arguments, and climb it.",
     .target = &init},
    {.kind = COMMAND_FLAG,
     .name = "climb",
     .help = "With --init: climb at once (the default; --no-climb only writes).",
     .target = &climb_flag},
    {.kind = COMMAND_END},
};

static bool show_progress(void *context, double fraction, const char *detail)
{
    progress_update(context, fraction, detail);
    return !interrupt_seen();
}

/* Compare a climb with the earlier one, which was read before it began. */
static int compare(const flame_ladder *before, const flame_ladder *now)
{
    fs_error error;
    fs_text text;
    fs_text_init(&text);
    flame_check check;
    int result = COMMAND_FAILED;
    if (flame_report_check(before, now, margin / 100, isatty(STDOUT_FILENO) && command_colour(), &text,
                           &check, &error) != FS_OK) {
        command_fail(&error);
        goto cleanup;
    }
    printf("%s%s", quiet ? "" : "\n", fs_text_string(&text));
    if (check.worse)
        command_complain("slower or broken against %s", check_path);
    else if (check.compared == 0)
        command_complain("no rung has a time in %s and a new one here, so nothing was compared", check_path);
    else
        result = COMMAND_OK;
cleanup:
    fs_text_fini(&text);
    return result;
}

static int compare_results(const flame_ladder *before, const char *path)
{
    flame_ladder now;
    fs_error error;
    if (flame_ladder_read(path, &now, &error) != FS_OK) return command_fail(&error);
    int result = compare(before, &now);
    flame_ladder_fini(&now);
    return result;
}

static void print_table(const flame_ladder *ladder)
{
    fs_text table;
    fs_text_init(&table);
    fs_error error;
    if (flame_report_table(ladder, isatty(STDOUT_FILENO) && command_colour(), &table, &error) == FS_OK)
        printf("%s", fs_text_string(&table));
    else
        command_complain("%s", error.message);
    fs_text_fini(&table);
    fflush(stdout);
}

static size_t count_state(const flame_ladder *ladder, flame_rung_state state)
{
    size_t n = 0;
    for (size_t i = 0; i < ladder->rung_count; i++) n += ladder->rungs[i].state == state;
    return n;
}

/* The table, the report and the exit status of a climb that is over. */
static int conclude(const flame_plan *plan, const flame_ladder *ladder, const flame_ladder *before)
{
    fs_error error;
    int result = COMMAND_OK;
    size_t length = strlen(report);
    while (length > 0 && report[length - 1] == '/') length--;
    if (!quiet) print_table(ladder);
    if (flame_report_write(ladder, plan, report, &error) != FS_OK)
        result = command_fail(&error);
    else if (!quiet)
        command_print("\nReport: %.*s/index.html\n", (int)length, report);
    if (ladder->interrupted) {
        command_complain("interrupted; what was finished is in %s (--resume goes on from there)", report);
        return COMMAND_INTERRUPTED;
    }
    if (result == COMMAND_OK && before) result = compare(before, ladder);
    size_t failed = count_state(ladder, FLAME_RUNG_FAILED), wrong = count_state(ladder, FLAME_RUNG_WRONG);
    if (failed || wrong) {
        command_complain("%zu of %zu rungs failed, %zu gave another answer", failed, ladder->rung_count,
                         wrong);
        result = COMMAND_FAILED;
    }
    return result;
}

/* "NAME=VALUE" words as two lists. */
static fs_status split_settings(fs_arena *arena, flame_pairs_list *list, fs_error *error)
{
    list->names = fs_arena_alloc(arena, settings.count + 1, sizeof *list->names);
    list->values = fs_arena_alloc(arena, settings.count + 1, sizeof *list->values);
    if (!list->names || !list->values) return fs_fail_memory(error, "reading the command line", 0);
    for (size_t i = 0; i < settings.count; i++) {
        const char *equals = strchr(settings.items[i], '=');
        if (!equals || equals == settings.items[i])
            return fs_fail(error, FS_ARGUMENT, "--set: '%s' is not NAME=VALUE", settings.items[i]);
        list->names[i] = fs_arena_strndup(arena, settings.items[i], (size_t)(equals - settings.items[i]));
        list->values[i] = equals + 1;
        if (!list->names[i]) return fs_fail_memory(error, "reading the command line", 0);
        list->count++;
    }
    return FS_OK;
}

/* `before`: what to compare with, or NULL. */
static int climb_plan(const char *path, const flame_ladder *before)
{
    flame_plan *plan = NULL;
    flame_ladder ladder = {0};
    fs_error error;
    fs_arena arena;
    fs_arena_init(&arena);
    progress bar;
    flame_pairs_list overrides = {0};
    int result = COMMAND_FAILED;
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    fs_status status = split_settings(&arena, &overrides, &error);
    if (status == FS_OK) status = flame_plan_read(path, quick, &overrides, &plan, &error);
    if (status != FS_OK) {
        result = command_fail(&error);
        goto cleanup;
    }
    interrupt_catch();
    if (length > 0) self[length] = '\0';
    const flame_climb_options climb = {.report = report,
                                       .runs = (int)runs,
                                       .resume = resume,
                                       .only = only.items,
                                       .only_count = only.count,
                                       .profile = profile,
                                       .recorder = length > 0 ? self : NULL,
                                       .progress = show_progress,
                                       .context = &bar};
    progress_begin(&bar, "climbing", quiet);
    status = flame_climb(plan, &climb, &ladder, &error);
    progress_end(&bar);
    result = status == FS_OK ? conclude(plan, &ladder, before) : command_fail(&error);
cleanup:
    flame_ladder_fini(&ladder);
    flame_plan_destroy(plan);
    fs_arena_fini(&arena);
    return result;
}

static int start(int count, char **arguments, const flame_ladder *before)
{
    static const char *const path = "ladder.json";
    if (count < 1)
        return command_usage(
            "--init needs commands: flame ladder --init \"python3 slow.py\" \"python3 fast.py\"");
    if (access(path, F_OK) == 0) {
        command_complain("%s exists already; climb it with 'flame ladder', or move it away", path);
        return COMMAND_FAILED;
    }
    fs_error error;
    if (!quiet) fprintf(stderr, "Running each command once to see what it answers.\n");
    fs_text said;
    fs_text_init(&said);
    fs_status status =
        flame_starter_write((const char *const *)arguments, (size_t)count, path, &said, &error);
    if (status == FS_OK && !quiet) command_print("%sWrote %s\n\n", fs_text_string(&said), path);
    fs_text_fini(&said);
    if (status != FS_OK) return command_fail(&error);
    fflush(stdout);
    return climb_flag ? climb_plan(path, before) : COMMAND_OK;
}

static int climb_or_compare(int count, char **arguments, const flame_ladder *before)
{
    if (init) return start(count, arguments, before);
    if (count > 1)
        return command_usage("one plan at a time; did you mean --init to write one for these commands?");
    const char *path = count == 1 ? arguments[0] : "ladder.json";
    if (count == 0 && access(path, F_OK) != 0)
        return command_usage("there is no ladder.json here; name a plan, or write one with --init");
    if (!flame_ladder_is_result(path)) return climb_plan(path, before);
    if (before) return compare_results(before, path);
    command_complain("%s holds the results of a climb, not a plan; --check compares it with another", path);
    return COMMAND_FAILED;
}

static int ladder(int count, char **arguments)
{
    if (report[0] == '\0') return command_usage("-o: the report needs a directory");
    if (!check_given) return climb_or_compare(count, arguments, NULL);
    /* The earlier climb is read before anything runs or is written: it may be the report's own. */
    fs_arena arena;
    fs_arena_init(&arena);
    if (!check_path) check_path = flame_report_results(report, &arena);
    flame_ladder before = {0};
    fs_error error;
    fs_status status = check_path ? flame_ladder_read(check_path, &before, &error)
                                  : fs_fail_memory(&error, "naming a file", 0);
    if (status != FS_OK) fs_error_context(&error, status, "--check has nothing to compare with");
    int result = status == FS_OK ? climb_or_compare(count, arguments, &before) : command_fail(&error);
    flame_ladder_fini(&before);
    fs_arena_fini(&arena);
    return result;
}

const command flame_ladder_command = {
    .name = "ladder",
    .summary = "Measure the same job written several ways: checked, timed, recorded, side by side.",
    .arguments = "[PLAN]",
    .description =
        "PLAN is a JSON file (default: ladder.json) that lists the ways, called rungs, and what counts as "
        "the "
        "answer. Each rung is warmed up, run several times in turn with the others, checked against the "
        "first "
        "one's answer, and recorded. The report, a page that needs no server, has the times with their "
        "spread, "
        "each rung's flame graph, the differences between neighbours, and the hot lines beside their "
        "source.\n\n"
        "Ctrl-C keeps what is finished, and --resume goes on from there. Exit status: 0 when every rung gave "
        "the first one's answer, 1 when one failed, was wrong or (--check) got slower, 130 after Ctrl-C.",
    .examples = "  flame ladder --init \"python3 slow.py\" \"python3 fast.py\"   write a plan and climb it\n"
                "  flame ladder plan.json -o report/                       climb a plan\n"
                "  flame ladder --only fast --runs 20                      measure one rung again\n"
                "  flame ladder plan.json --check                          fail when it is slower than the "
                "last time\n"
                "  flame ladder plan.json --check baseline/ladder.json     or than it once was",
    .options = options,
    .least = 0,
    .most = -1,
    .run = ladder,
};
