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

static const signature signatures[] = {
    {BEGINS("FLR\0"), .what = "a recording of Java's Flight Recorder (JFR): async-profiler's jfrconv makes "
                              "collapsed stacks of it"},
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
    {BEGINS("Attaching "), .text = "@[",
     .what = "the output of bpftrace: fold it with stackcollapse-bpftrace.pl"},
    {BEGINS("@["), .text = "]: ", .what = "the output of bpftrace: fold it with stackcollapse-bpftrace.pl"},
    {BEGINS("# To display the perf.data header info"),
     .what = "a report of perf, which holds no stacks: give the output of 'perf script'"},
    {BEGINS("Weight\tSelf"), .what = "a deep copy of Instruments: 'xctrace export' of the trace is read"},
    {BEGINS("Running Time\tSelf"),
     .what = "a deep copy of Instruments: 'xctrace export' of the trace is read"},
    {BEGINS("Bytes Used\tCount"),
     .what = "a deep copy of Instruments: 'xctrace export' of the trace is read"},
    {BEGINS("@ "), .text = " samples]", .what = "the output of pmcstat: fold it with stackcollapse-pmc.pl"},
    {BEGINS("Traceback (most recent call last)"), .what = "a traceback of Python, which is no profile"},
    {BEGINS("#0  0x"), .text = " in ", .what = "a backtrace of gdb: fold it with stackcollapse-gdb.pl"},
};

const char *flame_foreign_format(const char *bytes, size_t length)
{
    if (length > 4096) length = 4096;
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        const signature *s = &signatures[i];
        if (length < s->length || memcmp(bytes, s->start, s->length) != 0) continue;
        if (s->text && !memmem(bytes, length, s->text, strlen(s->text))) continue;
        return s->what;
    }
    return NULL;
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
