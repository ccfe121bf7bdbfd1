/* flame convert: stacks from one format to another. */
#include "flame_commands.h"
#include "flame_input.h"
#include "flame_tree_output.h"

#include <string.h>

static const char *output_path = "-";
static int form;
static const char *title;
static double period; /* nanoseconds */
static bool in_time;

static const char *const forms[] = {"auto", FLAME_PROFILE_FORMATS(FLAME_OUTPUT_WORD) NULL};

static const command_option options[] = {
    {.kind = COMMAND_TEXT,
     .letter = 'o',
     .name = "output",
     .value = "FILE",
     .target = &output_path,
     .help = "Write here; its ending says what. By default folded stacks to standard output."},
    {.kind = COMMAND_CHOICE,
     .name = "to",
     .value = "FORM",
     .target = &form,
     .choices = forms,
     .help = "What to write, whatever the ending."},
    {.kind = COMMAND_FLAG,
     .name = "in-time",
     .target = &in_time,
     .help = "Keep the stacks in the order of the input, which is that of time. A Chrome trace always does."},
    {.kind = COMMAND_TEXT, .name = "title", .value = "TEXT", .target = &title, .help = "The profile's name."},
    {.kind = COMMAND_REAL,
     .name = "period",
     .value = "NANOSECONDS",
     .target = &period,
     .least = 0,
     .most = 1e18,
     .help = "The time that one sample stands for, so that counts become times."},
    FLAME_INPUT_OPTIONS,
    {.kind = COMMAND_END},
};

static int run(int count, char **inputs)
{
    flame_output_form to = form ? (flame_output_form)(FLAME_OUTPUT_FOLDED + form - 1)
                           : strcmp(output_path, "-") == 0 ? FLAME_OUTPUT_FOLDED
                                                           : flame_output_form_of(output_path);
    if (flame_output_is_picture(to)) return command_usage("%s is a picture: use 'flame graph'", output_path);
    if (to == FLAME_OUTPUT_UNKNOWN) {
        char endings[FLAME_ENDINGS_SIZE];
        return command_usage("%s: the ending says nothing; use %s, or --to", output_path,
                             flame_output_endings(FLAME_OUTPUT_FOLDED, FLAME_OUTPUT_LAST_FILE, endings));
    }
    flame_input.in_time = in_time || flame_output_format_of(to)->in_time;
    flame_profile profile = {.title = title, .period = period};
    return flame_tree_convert(count, inputs, output_path, to, &profile);
}

const command flame_convert_command = {
    .name = "convert",
    .summary = "Turn stacks from one format into another.",
    .arguments = "[INPUT...]",
    .description =
        "Reads what 'flame collapse' reads and writes, by the ending of the output:\n\n"
        ".folded: one stack a line. .json or .speedscope.json: for speedscope.app. .pb.gz: for pprof. "
        ".trace.json: for chrome://tracing and Perfetto, when the input is in the order of time. "
        ".cpuprofile: for the developer tools of Chrome and VS Code. .firefox.json: for "
        "profiler.firefox.com.\n\n"
        "A pprof profile that comes out as pprof keeps all it has; counts with fractions are written there "
        "times a power of ten.",
    .examples = "  perf script | flame convert -o profile.pb.gz\n"
                "  flame convert profile.pb.gz --lines -o profile.speedscope.json\n"
                "  flame convert in_time.folded --period 1000000 -o profile.trace.json",
    .options = options,
    .least = 0,
    .most = -1,
    .run = run,
};
