/* flame collapse: stacks from any profiler as folded lines. */
#include "flame_commands.h"
#include "flame_input.h"
#include "flame_tree_output.h"

static const char *output_path = "-";

static const command_option options[] = {
    {.kind = COMMAND_TEXT,
     .letter = 'o',
     .name = "output",
     .value = "FILE",
     .target = &output_path,
     .help = "Write here instead of to standard output."},
    FLAME_INPUT_OPTIONS,
    {.kind = COMMAND_END},
};

static int run(int count, char **inputs)
{
    return flame_tree_convert(count, inputs, output_path, FLAME_OUTPUT_FOLDED, NULL);
}

const command flame_collapse_command = {
    .name = "collapse",
    .summary = "Turn the stacks of any profiler into folded lines.",
    .arguments = "[INPUT...]",
    .description =
        "Reads perf.data or the output of 'perf script', speedscope's JSON, pprof profiles, folded stacks, "
        "Chrome traces, .cpuprofile, and what Firefox, callgrind, DTrace, bpftrace, sample, GHC, VTune, "
        "Visual Studio, "
        "xctrace, austin, cProfile and memray write (docs/flame-graphs.md has the table), plain or gzipped, "
        "from the inputs or from standard input, and writes each distinct stack once: its frames "
        "joined by ';', root first, a space, and its count. Several inputs are added up.\n\n"
        "Lines that are no stack are skipped, counted, and the first is shown. The options for 'perf script' "
        "are those of stackcollapse-perf.pl.",
    .examples = "  perf record -F 99 -g -- ./program && perf script | flame collapse > out.folded\n"
                "  flame collapse monday.folded tuesday.folded.gz -o both.folded",
    .options = options,
    .least = 0,
    .most = -1,
    .run = run,
};
