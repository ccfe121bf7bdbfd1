#include "flame_input.h"

#include "perf_script.h"
#include "progress.h"
#include "stack_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

flame_read_options flame_input;
int flame_input_format, flame_input_pairs;
bool flame_input_annotate;
command_list flame_input_merge;
#define FORMAT_WORD(constant, name) #name,
const char *const flame_input_formats[] = {"auto", FLAME_READ_FORMATS(FORMAT_WORD) NULL};
const char *const flame_input_pair_words[] = {"auto", "no", "yes", NULL};

typedef struct reading_progress {
    progress bar;
    double size; /* of the input in bytes; 0: not known */
} reading_progress;

static bool on_progress(void *context, uint64_t bytes)
{
    reading_progress *reading = context;
    char detail[64];
    snprintf(detail, sizeof detail, "%.0f MB read", (double)bytes / 1e6);
    double fraction = reading->size > 0 ? (double)bytes / reading->size : -1;
    progress_update(&reading->bar, fraction <= 1 ? fraction : -1, detail);
    return !interrupt_seen();
}

/* Not known for what is not a regular file or grows while it is read (gzip). */
static double size_of(const char *path)
{
    struct stat info;
    unsigned char magic[2] = {0};
    if (strcmp(path, "-") == 0 || stat(path, &info) != 0 || !S_ISREG(info.st_mode)) return 0;
    FILE *file = fopen(path, "rb");
    size_t got = file ? fread(magic, 1, sizeof magic, file) : 0;
    if (file) fclose(file);
    return got == 2 && magic[0] == 0x1F && magic[1] == 0x8B ? 0 : (double)info.st_size;
}

/* What the profile was recorded without. */
static void tell_what_is_missing(const flame_report *report, const char *name)
{
    if (report->flat)
        command_complain(
            "%s was recorded without call graphs, so each sample has one frame: use 'perf record -g'", name);
    if (report->unnamed)
        command_complain("%s has addresses without names; 'pprof -proto PROGRAM FILE' names them", name);
}

int flame_input_read_one(const char *path, flame_tree *tree, flame_report *report)
{
    interrupt_catch();
    flame_input.size = sizeof flame_input;
    flame_input.format = (flame_format)flame_input_format;
    flame_input.pairs = (flame_pairs)flame_input_pairs;
    if (flame_input_annotate)
        flame_input.perf.kernel = flame_input.perf.jit = flame_input.perf.inlined = true;
    flame_input.names.merge = flame_input_merge.items;
    flame_input.names.merge_count = flame_input_merge.count;
    perf_script script;
    fs_error error;
    bool recorded = perf_recorded(path);
    if (recorded) {
        fs_status started =
            perf_script_start(&script, path, flame_input.perf.pid || flame_input.perf.tid, &error);
        if (started != FS_OK && started != FS_NOT_FOUND) return command_fail(&error);
        recorded = started == FS_OK; /* without perf its recording is told by what is in it */
    }
    reading_progress reading = {.size = recorded ? 0 : size_of(path)};
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    progress_begin(&reading.bar, name, !isatty(STDERR_FILENO));
    flame_input.progress = on_progress;
    flame_input.context = &reading;
    flame_input.name = recorded ? path : NULL;
    fs_status status = flame_stacks_read(recorded ? script.path : path, &flame_input, tree, report, &error);
    flame_input.name = NULL;
    bool whole = !recorded || perf_script_end(&script);
    progress_end(&reading.bar);
    flame_input.context = NULL;
    if (interrupt_seen()) {
        command_complain("interrupted while reading; nothing was written");
        return COMMAND_INTERRUPTED;
    }
    if (!whole && (status == FS_OK || report->bytes == 0)) {
        command_complain("%s: 'perf script -i %s' could not read all of it", name, name);
        return COMMAND_FAILED;
    }
    if (recorded && status == FS_DATA && report->stacks == 0 && report->skipped == 0) {
        command_complain("%s holds no sample", name);
        return COMMAND_FAILED;
    }
    if (status) return command_fail_reading(&error, "");
    if (report->skipped) {
        fs_text message;
        fs_text_init(&message);
        flame_report_skipped(report, name, &message);
        command_complain("%s", fs_text_string(&message));
        fs_text_fini(&message);
    }
    tell_what_is_missing(report, name);
    if (report->filtered && report->format == FLAME_PERF_SCRIPT && !flame_input.perf.event)
        command_complain("%s: read the samples of event '%s' only; %" PRIu64
                         " of other events were left out (--event-filter and --all-events change that)",
                         name, report->event, report->filtered);
    if (report->filtered && report->format == FLAME_BPFTRACE && !flame_input.sample_type)
        command_complain("%s: read the stacks of %s only; %" PRIu64
                         " of other maps %s left out (--sample-type @NAME chooses)",
                         name, report->event, report->filtered, report->filtered == 1 ? "was" : "were");
    if (report->filtered && report->format == FLAME_SPEEDSCOPE && !flame_input.sample_type)
        command_complain("%s: read the profiles in %s only; %" PRIu64
                         " in other units were left out (--sample-type UNIT chooses)",
                         name, report->unit, report->filtered);
    bool waits = report->format == FLAME_CPUPROFILE || report->format == FLAME_SAMPLE;
    if (report->filtered && waits)
        command_complain("%s: %" PRIu64 " sample%s in which nothing ran, but waited, %s left out", name,
                         report->filtered, report->filtered == 1 ? "" : "s",
                         report->filtered == 1 ? "was" : "were");
    if (report->note) command_complain("%s: %s", name, report->note);
    return COMMAND_OK;
}

void flame_input_warn_rounded(const flame_tree *tree)
{
    static bool told; /* a picture and a table may come of one tree */
    if (flame_tree_is_large(tree) && !told)
        command_complain(
            "counts beyond 9,007,199,254,740,992 (2^53) are rounded to 16 digits here; the forms "
            "folded, speedscope and pprof keep them as they are");
    told = told || flame_tree_is_large(tree);
}

void flame_input_warn_single(const flame_tree *tree)
{
    if (flame_tree_counts(tree, 0).total_before > 0)
        command_complain(
            "of the two counts, before and after, only the second is written: the forms folded and "
            "pprof have room for both");
}

void flame_input_warn_scaled(const flame_tree *tree)
{
    double scale = flame_pprof_scale(tree);
    if (scale > 1)
        command_complain("counts with fractions are written times %.0f, because pprof's are whole", scale);
}

int flame_input_read(int count, char **paths, flame_tree *tree, flame_report *report)
{
    flame_report total = {0};
    for (int i = 0; i < (count ? count : 1); i++) {
        flame_report one = {0};
        if (count == 0 && isatty(STDIN_FILENO))
            command_complain("reading stacks from the terminal; end with Ctrl-D");
        int result = flame_input_read_one(count ? paths[i] : "-", tree, &one);
        if (result != COMMAND_OK) return result;
        if (total.unit[0] && one.unit[0] && strcmp(total.unit, one.unit) != 0)
            command_complain("%s counts %s, the input before it %s: the sums mean nothing", paths[i],
                             one.unit, total.unit);
        one.bytes += total.bytes;
        one.lines += total.lines;
        one.stacks += total.stacks;
        one.skipped += total.skipped;
        one.filtered += total.filtered;
        one.empty += total.empty;
        one.total_after += total.total_after;
        one.total_before += total.total_before;
        total = one;
    }
    flame_tree_finish(tree);
    if (report) *report = total;
    return COMMAND_OK;
}

fs_status flame_input_check(const flame_tree *tree, fs_error *error)
{
    flame_counts root = flame_tree_counts(tree, 0);
    if (root.total_after > 0 || root.total_before > 0) return FS_OK;
    return fs_fail(error, FS_DATA, "there are no samples to write: all counts are zero");
}
