/*
 * flame_input.h - what every command that takes stacks shares: the options that say how to read them, and the
 * reading of several inputs with progress, warnings and Ctrl-C.
 */
#ifndef CLI_FLAME_INPUT_H
#define CLI_FLAME_INPUT_H

#include "command.h"
#include "stack_reader.h"

/* How inputs are read; the options below set it, a command may too. */
extern flame_read_options flame_input;
extern int flame_input_format, flame_input_pairs; /* flame_format and flame_pairs */
extern const char *const flame_input_formats[], *const flame_input_pair_words[];

/* Rows for a command's option table. */
#define FLAME_INPUT_OPTIONS                                                                                  \
    {.kind = COMMAND_HEADING, .help = "Reading"},                                                            \
        {.kind = COMMAND_CHOICE,                                                                             \
         .name = "format",                                                                                   \
         .value = "FORMAT",                                                                                  \
         .target = &flame_input_format,                                                                      \
         .choices = flame_input_formats,                                                                     \
         .help = "What the input is; by default its content tells."},                                        \
        {.kind = COMMAND_CHOICE,                                                                             \
         .name = "pairs",                                                                                    \
         .value = "WHEN",                                                                                    \
         .target = &flame_input_pairs,                                                                       \
         .choices = flame_input_pair_words,                                                                  \
         .help = "Whether folded lines end in two counts, before and after. By default they do when every "  \
                 "line at the beginning ends in two numbers."},                                              \
        {.kind = COMMAND_FLAG,                                                                               \
         .name = "lines",                                                                                    \
         .target = &flame_input.lines,                                                                       \
         .help =                                                                                             \
             "Tell lines of a function apart, as file:function:line (pprof, speedscope, and perf script "    \
             "with -F +srcline)."},                                                                          \
        {.kind = COMMAND_FLAG,                                                                               \
         .name = "demangle",                                                                                 \
         .target = &flame_input.names.demangle,                                                              \
         .help = "Show the names of C++ and Rust functions as they were written, where the input has what "  \
                 "linkers know them by (_ZN...)."},                                                          \
        {.kind = COMMAND_FLAG,                                                                               \
         .name = "short-names",                                                                              \
         .target = &flame_input.names.shorten,                                                               \
         .help = "Shorten names: without template arguments, parameters and packages, the last parts of a "  \
                 "path. Names that become equal merge."},                                                    \
        {.kind = COMMAND_LIST,                                                                               \
         .name = "merge-names",                                                                              \
         .value = "REGEX",                                                                                   \
         .target = &flame_input_merge,                                                                       \
         .help = "Merge names that differ only in what REGEX matches, such as 'pool-\\d+'; it is shown in "  \
                 "its place. May be given several times."},                                                  \
        {.kind = COMMAND_TEXT,                                                                               \
         .name = "sample-type",                                                                              \
         .value = "NAME",                                                                                    \
         .target = &flame_input.sample_type,                                                                 \
         .help = "pprof: which value of a sample counts (\"cpu\", \"inuse_space\"). speedscope: which "      \
                 "unit. By default the file's own choice."},                                                 \
        {.kind = COMMAND_SIZE,                                                                               \
         .name = "max-unpacked",                                                                             \
         .value = "SIZE",                                                                                    \
         .target = &flame_input.max_unpacked,                                                                \
         .help =                                                                                             \
             "Stop when gzip unpacks to more than this (500M, 8G), which a small file can. Default: 4G."},   \
        {.kind = COMMAND_HEADING, .help = "Reading the output of 'perf script'"},                            \
        {.kind = COMMAND_FLAG,                                                                               \
         .name = "pid",                                                                                      \
         .target = &flame_input.perf.pid,                                                                    \
         .help = "Name the root frame COMMAND-PID."},                                                        \
        {.kind = COMMAND_FLAG,                                                                               \
         .name = "tid",                                                                                      \
         .target = &flame_input.perf.tid,                                                                    \
         .help = "Name the root frame COMMAND-PID/TID."},                                                    \
        {.kind = COMMAND_FLAG,                                                                               \
         .name = "omit-command",                                                                             \
         .target = &flame_input.perf.no_command,                                                             \
         .help = "Leave the command out: the root frame is the outermost function."},                        \
        {.kind = COMMAND_FLAG,                                                                               \
         .name = "all",                                                                                      \
         .target = &flame_input_annotate,                                                                    \
         .help = "All annotations: --kernel, --jit and --inline."},                                          \
        {.kind = COMMAND_FLAG,                                                                               \
         .name = "kernel",                                                                                   \
         .target = &flame_input.perf.kernel,                                                                 \
         .help = "Annotate kernel frames with _[k], for colours."},                                          \
        {.kind = COMMAND_FLAG,                                                                               \
         .name = "jit",                                                                                      \
         .target = &flame_input.perf.jit,                                                                    \
         .help = "Annotate frames that were compiled at run time with _[j]."},                               \
        {.kind = COMMAND_FLAG,                                                                               \
         .name = "inline",                                                                                   \
         .target = &flame_input.perf.inlined,                                                                \
         .help = "Annotate calls that perf says were inlined with _[i]; those in run-time compilers' maps "  \
                 "always are."},                                                                             \
        {.kind = COMMAND_FLAG,                                                                               \
         .name = "addrs",                                                                                    \
         .target = &flame_input.perf.addrs,                                                                  \
         .help = "Show the address where the symbol is not known."},                                         \
        {.kind = COMMAND_FLAG,                                                                               \
         .name = "context",                                                                                  \
         .target = &flame_input.perf.context,                                                                \
         .help = "Keep names whole: C++ parameters, quotes, Java's leading L."},                             \
        {.kind = COMMAND_TEXT,                                                                               \
         .name = "event-filter",                                                                             \
         .value = "EVENT",                                                                                   \
         .target = &flame_input.perf.event,                                                                  \
         .help = "Only samples of this event. By default, of the first event in the input."},                \
        {.kind = COMMAND_FLAG,                                                                               \
         .name = "all-events",                                                                               \
         .target = &flame_input.perf.every_event,                                                            \
         .help = "Samples of all events, added up."},                                                        \
    {                                                                                                        \
        .kind = COMMAND_FLAG, .name = "samples", .target = &flame_input.perf.samples,                        \
        .help = "Count each sample as 1, not as the period that it stands for."                              \
    }

extern bool flame_input_annotate;
extern command_list flame_input_merge;

/* Read the inputs (standard input when there is none) into `tree`, one after the other, and finish it.
 * Skipped lines are told on standard error. `report` (may be NULL) is that of the last input, with the
 * counters of all. Returns an exit status; COMMAND_INTERRUPTED after Ctrl-C. */
int flame_input_read(int count, char **paths, flame_tree *tree, flame_report *report);

/* What is drawn or timed with doubles may be rounded when counts are large: say so. */
void flame_input_warn_rounded(const flame_tree *tree);

/* A difference goes to a form that has room for one count: say which is written. The tree is finished. */
void flame_input_warn_single(const flame_tree *tree);

/* Counts that pprof does not hold as they are: say what they are multiplied by. */
void flame_input_warn_scaled(const flame_tree *tree);

/* The same for one input and the side that flame_input.before says, without finishing the tree. */
int flame_input_read_one(const char *path, flame_tree *tree, flame_report *report);

/* FS_DATA when all counts in the finished tree are zero: a file without a sample must not replace one that
 * has some. */
FS_CHECK fs_status flame_input_check(const flame_tree *tree, fs_error *error);

#endif
