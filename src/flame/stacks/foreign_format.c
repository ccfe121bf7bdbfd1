#include "foreign_format.h"

#include "json_scan.h"

#include <string.h>

typedef struct signature {
    const char *start; /* how the content begins */
    size_t length;     /* of `start`, which may hold NUL */
    const char *text;  /* found within the first block as well; NULL: nothing more */
    const char *what;
} signature;

#define BEGINS(bytes) .start = (bytes), .length = sizeof(bytes) - 1

#define SCRIPT       "give the output of 'perf script'"
#define COUNTERS     "counters of perf stat, which hold no stacks: use 'perf record -g'"
#define PPROF_REPORT "a report of pprof: give the profile itself"
#define PYINSTRUMENT "a session of pyinstrument: 'pyinstrument -r speedscope' writes what is read"
#define GDB          "a backtrace of gdb: fold it with stackcollapse-gdb.pl"

static const signature signatures[] = {
    {BEGINS("FLR\0"), .what = "a recording of Java's Flight Recorder (JFR): async-profiler's jfrconv makes "
                              "collapsed stacks of it"},
    {BEGINS("JAVA PROFILE "), .text = "ASCII",
     .what = "a text of Java's hprof agent: hprof2flamegraph folds its CPU samples"},
    {BEGINS("JAVA PROFILE "), .what = "a Java heap dump (HPROF), which holds no stacks of where time goes"},
    {BEGINS("gmon"), .what = "a profile of gprof (gmon.out), which holds no stacks: record with perf"},
    {BEGINS("Nettrace"), .what = "a .NET trace: dotnet-trace makes speedscope's form of it"},
    {BEGINS("\x7f"
            "ELF"),
     .what = "a program (ELF), not a profile of it"},
    {BEGINS("MZ\x90"), .what = "a Windows program, not a profile of it"},
    {BEGINS("PK\x03\x04"), .what = "a ZIP archive: unpack it first"},
    {BEGINS("\x28\xB5\x2F\xFD"), .what = "compressed by zstd: pipe 'zstd -dc' into this"},
    {BEGINS("\xFD"
            "7zXZ"),
     .what = "compressed by xz: pipe 'xz -dc' into this"},
    {BEGINS("BZh"), .text = "1AY&SY", .what = "compressed by bzip2: pipe 'bzip2 -dc' into this"},
    {BEGINS("\x04\x22\x4D\x18"), .what = "compressed by lz4: pipe 'lz4 -dc' into this"},
    {BEGINS("\x1F\x8B"), .what = "gzipped twice: unpack it once first"},
    {BEGINS("\x89PNG"), .what = "a picture (PNG)"},
    {BEGINS("%PDF"), .what = "a PDF document"},
    {BEGINS("SQLite format 3"), .what = "an SQLite database"},
    {BEGINS("<?xml"), .text = "<svg",
     .what = "a picture (SVG), which perhaps was drawn of stacks: give those"},
    {BEGINS("<svg"), .what = "a picture (SVG), which perhaps was drawn of stacks: give those"},
    {BEGINS("<!DOCTYPE html"), .what = "a web page, which perhaps was drawn of stacks: give those"},
    {BEGINS("<!doctype html"), .what = "a web page, which perhaps was drawn of stacks: give those"},
    {BEGINS("<html"), .what = "a web page, which perhaps was drawn of stacks: give those"},
    {BEGINS("go 1."), .text = " trace\0",
     .what = "an execution trace of Go: 'go tool trace -pprof=sync' makes a "
             "profile of it"},
    {BEGINS("goroutine "), .text = " [",
     .what = "Go's dump of goroutines: the profile with debug=1, or without "
             "debug, is read"},
    {BEGINS("v8-version,"), .what =
                                "a log of V8 (node --prof): use 'node --cpu-prof', or 'node --prof-process "
                                "--preprocess' for other tools"},
    {BEGINS("Flat profile:"), .what = "a report of gprof, which holds no stacks: record with perf"},
    {BEGINS("Full thread dump"), .what = "a thread dump of Java (jstack)"},
    {BEGINS("desc:"), .text = "time_unit:", .what = "a profile of valgrind's massif"},
    {BEGINS("--- threadz"), .what = "a thread list of gperftools (threadz)"},
    {BEGINS("TRACE START"), .what = "a function trace of Xdebug: its profiler's output, or folded stacks"},
    {BEGINS("Attach"), .text = "\n@",
     .what = "the output of a script of bpftrace without stacks in its maps"},
    {BEGINS("# To display the perf.data header info"),
     .what = "a report of perf, which holds no stacks: " SCRIPT},
    {BEGINS("Weight\tSelf"), .what = "a deep copy of Instruments: 'xctrace export' of the trace is read"},
    {BEGINS("Running Time\tSelf"),
     .what = "a deep copy of Instruments: 'xctrace export' of the trace is read"},
    {BEGINS("Bytes Used\tCount"),
     .what = "a deep copy of Instruments: 'xctrace export' of the trace is read"},
    {BEGINS("@ "), .text = " samples]", .what = "the output of pmcstat: fold it with stackcollapse-pmc.pl"},
    {BEGINS("Traceback (most recent call last)"), .what = "a traceback of Python, which is no profile"},
    {BEGINS("#0  0x"), .text = " in ", .what = GDB},
    {BEGINS("Thread "), .text = "#0 ", .what = GDB},
    {BEGINS("[New LWP "), .text = "#0 ", .what = GDB},
    {BEGINS("PID "), .text = "\nTID ", .what = "a backtrace of eu-stack"},
    {BEGINS("20"), .text = "\nFull thread dump", .what = "a thread dump of Java (jstack)"},
    {BEGINS("Process "), .text = "\nPython v",
     .what = "a dump of py-spy, which is no profile: 'py-spy record' writes some"},
    {BEGINS("# started on "), .text = "Performance counter stats", .what = COUNTERS},
    {BEGINS("Performance counter stats"), .what = COUNTERS},
    {BEGINS("Percent |"), .what = "a listing of perf annotate, which holds no stacks: " SCRIPT},
    {BEGINS("Percent\t"), .text = "Disassembly",
     .what = "a listing of perf annotate, which holds no stacks: " SCRIPT},
    {BEGINS("0x"), .text = "]: event: ", .what = "a dump of perf's records (-D): " SCRIPT},
    {BEGINS("SIMPLEPERF"), .what = "a report of Android's simpleperf: its stackcollapse.py folds recordings"},
    {BEGINS("\x5E\x97\xCA\xFD"), .what = "a recording of sysprof"},
    {BEGINS("heap_v2/"), .what = "a heap profile of jemalloc: 'jeprof --collapsed PROGRAM FILE' folds it"},
    {BEGINS("v 1"), .text = "\nX ", .what = "a recording of heaptrack: 'heaptrack_print -F FILE' folds it"},
    {BEGINS("\x04\x08{"), .text = "version",
     .what = "a dump of Ruby's stackprof: 'stackprof --stackcollapse' folds it"},
    {BEGINS("Statistical profiling result from"),
     .what = "a report of V8 (node --prof-process): use 'node --cpu-prof'"},
    {BEGINS("PeriodType: "), .text = "Samples:", .what = PPROF_REPORT},
    {BEGINS("File: "), .text = "Type: ", .what = PPROF_REPORT},
    {BEGINS("Showing nodes accounting for"), .what = PPROF_REPORT},
    {BEGINS("% time"), .text = "syscall", .what = "a summary of strace, which holds no stacks"},
    {BEGINS("execve("), .text = ") = ", .what = "a trace of strace, which holds no stacks"},
    {BEGINS("------"), .text = "Profile data file '",
     .what = "a listing of callgrind_annotate: its input, callgrind.out.PID, is read"},
    {BEGINS("------"), .text = "ms_print arguments:", .what = "a graph of valgrind's massif"},
    {BEGINS(""), .text = "ncalls  tottime  percall",
     .what = "a table of cProfile: its dump ('python3 -m cProfile -o FILE') is read"},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether it holds a time of day, as 13:55:36. */
static bool has_clock(const char *line, size_t length)
{
    for (size_t i = 0; i + 8 <= length; i++) {
        if (line[i + 2] != ':' || line[i + 5] != ':') continue;
        bool alone = (i == 0 || !is_digit(line[i - 1])) && (i + 8 == length || !is_digit(line[i + 8]));
        if (alone && is_digit(line[i]) && is_digit(line[i + 1]) && is_digit(line[i + 3]) &&
            is_digit(line[i + 4]) && is_digit(line[i + 6]) && is_digit(line[i + 7]))
            return true;
    }
    return false;
}

/* Lines of a log may end in numbers, as stacks do: all that are whole have a time of day, and no callers. */
static bool is_log(const char *bytes, size_t length)
{
    size_t lines = 0;
    for (const char *end; (end = memchr(bytes, '\n', length)) != NULL; lines++) {
        size_t line = (size_t)(end - bytes);
        if (!has_clock(bytes, line) || memchr(bytes, ';', line)) return false;
        bytes = end + 1;
        length -= line + 1;
    }
    return lines > 0;
}

const char *flame_foreign_format(const char *bytes, size_t length)
{
    if (length > 4096) length = 4096;
    size_t blank = 0; /* text may begin with empty lines */
    while (blank < length && bytes[blank] && strchr(" \t\r\n", bytes[blank])) blank++;
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        const signature *s = &signatures[i];
        if (length - blank < s->length || memcmp(bytes + blank, s->start, s->length) != 0) continue;
        if (s->text && !memmem(bytes, length, s->text, strlen(s->text))) continue;
        return s->what;
    }
    return is_log(bytes + blank, length - blank) ? "a log, whose lines hold times of day" : NULL;
}

const char *flame_foreign_json(const char *bytes, size_t length)
{
    static const struct {
        const char *members[2];
        const char *what;
    } known[] = {
        {{"selfSize", "head"}, "a sampled heap profile of V8 (.heapprofile): a .cpuprofile is read"},
        {{"node_fields", "snapshot"}, "a heap snapshot of V8, which holds no stacks"},
        {{"missed_samples", "gc_samples"},
         "a profile of Ruby's stackprof: 'stackprof --stackcollapse' folds it"},
        {{"cost_centres", "rts_arguments"}, "GHC's profile as JSON (+RTS -pj): that of +RTS -p is read"},
        {{"instrumentTypes", "recording"}, "a timeline recording of Safari"},
        {{"code", "ticks"},
         "a log of V8 (node --prof-process --preprocess): 'node --cpu-prof' writes what is read"},
        {{"dhatFileVersion", "pps"}, "a profile of valgrind's DHAT"},
        {{"root_frame", "duration"}, PYINSTRUMENT},
        {{"frame_tree", "session"}, PYINSTRUMENT},
        {{"alloc_samples", "files"}, "a profile of Scalene, which holds no stacks"},
        {{"probes", "data"}, "bpftrace's JSON: its output without -f json is read"},
        {{"mappings", "sources"}, "a source map of JavaScript, not a profile"},
    };
    if (flame_value_has_key(bytes, length, "shared")) return NULL; /* speedscope's own */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (flame_value_has_key(bytes, length, known[i].members[0]) &&
            flame_value_has_key(bytes, length, known[i].members[1]))
            return known[i].what;
    return NULL;
}

/* Bytes that no text has, but for the escape of a terminal's colours. */
static size_t count_control(const char *bytes, size_t length)
{
    size_t control = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        control += c < 9 || (c > 13 && c < 32 && c != 27);
    }
    return control;
}

bool flame_foreign_is_binary(const char *bytes, size_t length)
{
    return count_control(bytes, length) > length / 10;
}

const char *flame_foreign_guess(const char *bytes, size_t length)
{
    if (length > 4096) length = 4096;
    size_t first = 0, commas = 0, lines = 0;
    for (size_t i = 0; i < length; i++) {
        commas += bytes[i] == ',';
        lines += bytes[i] == '\n';
    }
    while (first < length && strchr(" \t\r\n", bytes[first]) && bytes[first]) first++;
    if (count_control(bytes, length) > length / 100) return "a binary file of no known format";
    if (first < length && (bytes[first] == '{' || bytes[first] == '[')) return "JSON of no known profiler";
    if (first < length && bytes[first] == '<') return "XML or HTML";
    if (lines > 0 && commas > 2 * lines) return "a table (CSV)";
    return NULL;
}
