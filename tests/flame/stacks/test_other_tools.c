/*
 * What other profilers write. The samples are the seeds of the fuzzer (fuzz/corpus), of the shapes that the
 * tools write; what must come out was worked out by hand from each format's definition.
 */
#include "alloc_sweep.h"
#include "file.h"
#include "stack_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct sample_file {
    const char *name;
    flame_format format;
    const char *unit, *folded;
    uint64_t skipped, filtered;
    const char *sample_type;
    bool lines;
} sample_file;

static const sample_file samples[] = {
    {"dtrace/llvm", FLAME_DTRACE, "", "server`main;server`app::recv::h2313 9\n", .skipped = 0},
    {"dtrace/profile", FLAME_DTRACE, "",
     "0x10a0b;server`Lorg/app/Main:;org/app/Parser.parse_[i];unix`trap;genunix`cv_wait 3\n"
     "server`main 12\n"
     "server`main;server`app::read_request;libc.so.1`read 7\n",
     .skipped = 0},
    {"bpftrace/count", FLAME_BPFTRACE, "",
     "[unknown] 3\n"
     "sleep, 12;0x55d0c1;ns::call(int, char const*);clock_nanosleep;__x64_sys_nanosleep;do_nanosleep 42\n"
     "swapper/0;cpuidle_enter 7\n",
     .skipped = 0},
    {"bpftrace/perf", FLAME_BPFTRACE, "", "bash;0x401000;[bash];__mmap;do_mmap 9\n", .skipped = 2,
     .filtered = 1},
    {"bpftrace/perf", FLAME_BPFTRACE, "", "read 4096\n", .skipped = 1, .filtered = 2, .sample_type = "bytes"},
    {"sample/threads", FLAME_SAMPLE, "samples",
     "Thread_71   DispatchQueue_1: com.apple.main-thread;dyld`start;demo`(anonymous namespace)::idle 10\n"
     "Thread_71   DispatchQueue_1: com.apple.main-thread;dyld`start;demo`main 5\n"
     "Thread_71   DispatchQueue_1: com.apple.main-thread;dyld`start;demo`main;demo`geometry::area 40\n"
     "Thread_71   DispatchQueue_1: com.apple.main-thread;dyld`start;demo`main;demo`geometry::area;"
     "AppKit`-[Shape draw:] 20\n"
     "Thread_71   DispatchQueue_1: com.apple.main-thread;dyld`start;demo`main;"
     "demo`std::function<void ()>::operator()() const 25\n"
     "Thread_72;libsystem_pthread`thread_start;demo`work 30\n",
     .filtered = 70},
    {"ghc/detailed", FLAME_GHC, "ticks",
     "MAIN.MAIN;Main.main 4\n"
     "MAIN.MAIN;Main.main;Lexer.parse 12\n"
     "MAIN.MAIN;Main.main;Lexer.parse;Lexer.\xE8\xAF\x8D 4\n",
     .skipped = 0},
    {"ghc/detailed", FLAME_GHC, "bytes",
     "MAIN.MAIN 100\n"
     "MAIN.MAIN;Main.hs:Main.main:5 200\n"
     "MAIN.MAIN;Main.hs:Main.main:5;Lexer.hs:Lexer.parse:12 500\n"
     "MAIN.MAIN;Main.hs:Main.main:5;Lexer.hs:Lexer.parse:12;Lexer.\xE8\xAF\x8D 200\n",
     .sample_type = "bytes", .lines = true},
    {"ghc/brief", FLAME_GHC, "percent", "MAIN.MAIN 0.5\nMAIN.MAIN;Main.main 99.5\n", .skipped = 0},
    {"vtune/commas", FLAME_VTUNE, "milliseconds",
     "[Unknown]`Total;libc.so.6`start;demo`main 10\n"
     "[Unknown]`Total;libc.so.6`start;demo`main;demo`say \"hi\" 500\n"
     "[Unknown]`Total;libc.so.6`start;demo`main;demo`std::map<int, char>::find 16.5\n"
     "[Unknown]`Total;libc.so.6`start;libc.so.6`stop 250\n",
     .skipped = 0},
    {"vtune/tabs", FLAME_VTUNE, "milliseconds", "Total;demo`main 1500\nTotal;demo`main;demo`work 2000\n",
     .skipped = 0},
    {"vsprof/calls", FLAME_VSPROF, "percent",
     "demo.exe;Demo.Main(string[]) 10.5\n"
     "demo.exe;Demo.Main(string[]);Demo.Add(int32,int32) 89.5\n",
     .skipped = 0},
    {"vsprof/calls", FLAME_VSPROF, "Number of Calls",
     "demo.exe;Demo.Main(string[]) 1\n"
     "demo.exe;Demo.Main(string[]);Demo.Add(int32,int32) 1929216\n"
     "demo.exe;Demo.Stop() 1\n",
     .sample_type = "Number of Calls"},
    {"vsprof/samples", FLAME_VSPROF, "samples", "demo.exe;main 1000\ndemo.exe;main;add 10\n", .skipped = 0},
    {"callgrind/plain", FLAME_CALLGRIND, "Ir",
     "main 20\nmain;report 40\nmain;report;work 60\nmain;work 400\n", .skipped = 0},
    {"callgrind/plain", FLAME_CALLGRIND, "Dr", "main 2\nmain;report 4\nmain;report;work 6\nmain;work 40\n",
     .sample_type = "Dr"},
    {"callgrind/compressed", FLAME_CALLGRIND, "Ir",
     "main 20\nmain;(below main) 30\nmain;(below main);callback 60\n", .skipped = 0},
    {"callgrind/headless", FLAME_CALLGRIND, "", "main 20\nmain;g 400\n", .skipped = 0},
    {"memray/allocations", FLAME_MEMRAY, "bytes", "<listcomp> 80\nmain;load 1024\nmain;load;grow 4096\n",
     .skipped = 0},
    {"memray/allocations", FLAME_MEMRAY, "allocations",
     "/a/x.py:<listcomp>:20 5\n/a/x.py:main:9;/a/x.py:load:3 2\n"
     "/a/x.py:main:9;/a/x.py:load:4;/a/y.py:grow:12 1\n",
     .sample_type = "allocations", .lines = true},
    {"xctrace/profile", FLAME_XCTRACE, "nanoseconds",
     "main;std::less<int>::operator() 2000000\nmain;work 4000000\n", .skipped = 1},
    {"xctrace/profile", FLAME_XCTRACE, "samples", "main;std::less<int>::operator() 2\nmain;work 2\n",
     .skipped = 1, .sample_type = "samples"},
    {"gprof2dot/memray", FLAME_GPROF2DOT, "bytes", "main;load 1024\nmain;load;tab\there 4096\n",
     .skipped = 1},
    {"gprof2dot/memray", FLAME_GPROF2DOT, "samples", "main;load 2\nmain;load;tab\there 1\n", .skipped = 1,
     .sample_type = "Allocations"},
    {"firefox/raw", FLAME_FIREFOX, "samples",
     "Isolated Web Content;Worker;tick 2\n"
     "default;GeckoMain;XRE_main 1\n"
     "default;GeckoMain;XRE_main;0x7f00 1\n"
     "default;GeckoMain;XRE_main;https://a.example/app.js:draw:12 2\n",
     .lines = true},
    {"firefox/processed", FLAME_FIREFOX, "samples", "start;eval 4\nstart;parse 3\n", .skipped = 0},
    {"firefox/processed", FLAME_FIREFOX, "samples", "start;a.js:eval:30 4\nstart;a.js:parse:21 3\n",
     .lines = true},
    {"firefox/shared", FLAME_FIREFOX, "samples", "a;run 1\na;run;spin 1\nb;run 1\n", .skipped = 0},
    {"cpuprofile/timed", FLAME_CPUPROFILE, "microseconds",
     "(garbage collector) 150\n"
     "file:///a.js:main:1 50\n"
     "file:///a.js:main:1;file:///a.js:(anonymous):5 350\n"
     "file:///a.js:main:1;h\xC3\xA9 \xF0\x9F\x98\x80 50\n",
     .filtered = 1, .lines = true},
    {"cpuprofile/hits", FLAME_CPUPROFILE, "samples", "main 3\nmain;f 4\n", .skipped = 0},
    {"cpuprofile/old", FLAME_CPUPROFILE, "samples", "(program) 4\nmain 2\nmain;f 5\nmain;g 1\nmain;g;f 7\n",
     .skipped = 0},
    {"chrome/array", FLAME_CHROME, "microseconds", "main 5.75\nmain;load 3.25\nmain;load;parse 1\n",
     .skipped = 0},
    {"chrome/object", FLAME_CHROME, "microseconds",
     "browser;thread 1;x 2\n"
     "browser;worker;a 8\n"
     "browser;worker;a;b 2\n"
     "process 2;async net;fetch 7\n"
     "process 2;async net;fetch;dns 3\n",
     .skipped = 1},
    {"chrome/sampled", FLAME_CHROME, "microseconds", " 20\nf 50\nf;g 80\n", .skipped = 0},
    {"chrome/frames", FLAME_CHROME, "microseconds", " 100\nrender 50\nrender;[GC Young Gen] 250\n",
     .skipped = 0},
    {"mojo/wall", FLAME_MOJO, "microseconds",
     "P42;T0:1a2b;/a/x.py:main:9 1200\n"
     "P42;T0:1a2b;/a/x.py:main:9;/a/x.py:work:21 300\n"
     "P42;T0:1a2b;/a/x.py:main:9;do_syscall_64_[k];:GC: 100\n"
     "P43;T1:9;/a/y.py:<unknown>:3;:INVALID: 64\n",
     .lines = true},
    {"mojo/full", FLAME_MOJO, "microseconds", "P1;T0:1;f 35\n", .skipped = 0},
    {"mojo/full", FLAME_MOJO, "bytes", "P1;T0:1;f 4196\n", .filtered = 1, .sample_type = "memory"},
    {"mojo/full", FLAME_MOJO, "microseconds", "P1;T0:1;f 15\n", .sample_type = "cpu"},
    {"pstats/cprofile", FLAME_PSTATS, "microseconds",
     "main 10000\n"
     "main;load 20000\n"
     "main;load;parse 20000\n"
     "main;load;parse;<built-in method builtins.len> 4000\n"
     "main;parse 10000\n"
     "main;parse;<built-in method builtins.len> 2000\n",
     .skipped = 0},
    {"pstats/profile", FLAME_PSTATS, "microseconds",
     "main 10000\nmain;load 10000\nmain;load;parse 5000\nmain;parse 15000\n", .skipped = 0},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static char *bytes_of(const sample_file *sample, size_t *length)
{
    char path[4096], *bytes;
    fs_error error = {0};
    snprintf(path, sizeof path, "%s/%s", CORPUS, sample->name);
    if (fs_file_read(path, 0, &bytes, length, &error)) fail_msg("%s", error.message);
    return bytes;
}

static flame_read_options options_of(const sample_file *sample, bool in_time)
{
    flame_read_options options = stack_text_options(in_time, sample->lines);
    options.sample_type = sample->sample_type;
    return options;
}

/* Lines of equal stacks added up and sorted: in the order of time a stack comes more than once (and what is
 * left out or skipped is a gap there). */
static char *folded_again(const char *folded)
{
    flame_tree *tree;
    flame_read_options options = stack_text_options(false, false);
    fs_error error = {0};
    options.format = FLAME_FOLDED;
    options.pairs = FLAME_PAIRS_NO;
    if (stack_text_read(folded, strlen(folded), &options, &tree, NULL, &error)) fail_msg("%s", error.message);
    char *text = stack_text_folded(tree);
    flame_tree_destroy(tree);
    return text;
}

static void check(const sample_file *sample, bool in_time)
{
    size_t length;
    char *bytes = bytes_of(sample, &length);
    flame_read_options options = options_of(sample, in_time);
    flame_tree *tree;
    flame_report report;
    fs_error error = {0};
    if (stack_text_read(bytes, length, &options, &tree, &report, &error))
        fail_msg("%s: %s", sample->name, error.message);
    char *folded = stack_text_folded(tree), *sum = folded_again(folded);
    if (!in_time || report.filtered + report.skipped == 0) assert_string_equal(sum, sample->folded);
    assert_int_equal(report.format, sample->format);
    assert_string_equal(report.unit, sample->unit);
    assert_int_equal(report.skipped, sample->skipped);
    assert_int_equal(report.filtered, sample->filtered);
    fs_free(folded);
    fs_free(sum);
    flame_tree_destroy(tree);
    fs_free(bytes);
}

static void samples_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) check(&samples[i], false);
}

static void samples_are_read_in_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) check(&samples[i], true);
}

/* However much of a file there is, it is read or refused with a message. */
static void samples_may_end_early(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t length;
        char *bytes = bytes_of(&samples[i], &length);
        flame_read_options options = options_of(&samples[i], false);
        options.format = samples[i].format;
        for (size_t cut = 0; cut < length; cut++) {
            char *part = malloc(cut + 1); /* of its own size, for the sanitizer */
            memcpy(part, bytes, cut);
            flame_tree *tree;
            fs_error error = {0};
            fs_status status = stack_text_read(part, cut, &options, &tree, NULL, &error);
            assert_true(status == FS_OK || status == FS_DATA || status == FS_FORMAT);
            assert_true(status == FS_OK || error.message[0]);
            flame_tree_destroy(tree);
            free(part);
        }
        fs_free(bytes);
    }
}

typedef struct sweep {
    const char *bytes;
    size_t length;
    flame_read_options options;
} sweep;

static int read_once(void *context)
{
    const sweep *what = context;
    flame_tree *tree;
    fs_error error;
    fs_status status = stack_text_read(what->bytes, what->length, &what->options, &tree, NULL, &error);
    flame_tree_destroy(tree);
    return (int)status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        sweep what = {.options = options_of(&samples[i], i % 2)};
        char *bytes = bytes_of(&samples[i], &what.length);
        what.bytes = bytes;
        assert_true(alloc_sweep(read_once, &what, FS_MEMORY) > 3);
        fs_free(bytes);
    }
}

static void refused(const char *text, size_t length, flame_format format, const char *sample_type,
                    const char *message)
{
    flame_read_options options = stack_text_options(false, false);
    options.format = format;
    options.sample_type = sample_type;
    flame_tree *tree;
    fs_error error = {0};
    assert_int_not_equal(stack_text_read(text, length, &options, &tree, NULL, &error), FS_OK);
    if (!strstr(error.message, message)) fail_msg("\"%s\" is not in: %s", message, error.message);
}

static void refusals_say_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
        const char *sample_type;
        flame_format format;
    } cases[] = {
        {"{\"traceEvents\":[{\"ph\":\"X\",}]}", "line 1, column 27", NULL, FLAME_FORMAT_AUTO},
        {"{\"nodes\":[],\n\"callFrame\":1,\n\"samples\":[nul]}", "line 3, column 12", NULL,
         FLAME_FORMAT_AUTO},
        {"[{\"ph\":\"i\",\"ts\":1}]", "none of its 1 events", NULL, FLAME_FORMAT_AUTO},
        {"{\"nodes\":[],\"samples\":[1]}", "timeDeltas", NULL, FLAME_CPUPROFILE},
        {"{\"meta\":{\"preprocessedProfileVersion\":1}}", "no \"threads\"", NULL, FLAME_FORMAT_AUTO},
        {"events: Ir Dr\nfn=a\n1 2\n", "there are: Ir Dr", "Bcm", FLAME_FORMAT_AUTO},
        {"@a[\n  f\n]: 1\n@b[\n  g\n]: 1\n", "there are: @a @b", "c", FLAME_FORMAT_AUTO},
        {"memray", "memray transform", NULL, FLAME_FORMAT_AUTO},
        {"MOJ\x7F\x01", "version 63", NULL, FLAME_MOJO},
        {"<trace-query-result><row><backtrace ref=\"7\"/></row>", "a backtrace refers to none", NULL,
         FLAME_FORMAT_AUTO},
        {"<trace-query-result>\n<row><weight", "line 2: it ends within a tag", NULL, FLAME_FORMAT_AUTO},
        {"Level,Function Name\n1,a\n", "no column", NULL, FLAME_FORMAT_AUTO},
        {"\t Time and Allocation Profiling Report (Final)\n", "it ends before it", NULL, FLAME_FORMAT_AUTO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(cases[i].text, strlen(cases[i].text) + (strcmp(cases[i].text, "memray") == 0),
                cases[i].format, cases[i].sample_type, cases[i].message);
    refused("FLR\0\0\2\0\1", 8, FLAME_FORMAT_AUTO, NULL, "Flight Recorder");
    refused("\xFB\xA9\x03\xDA\x01~\xE9", 7, FLAME_PSTATS, NULL, "ends early");
}

/* Nested deeper than a stack of the machine could follow. */
static void nesting_is_bounded(void **state)
{
    (void)state;
    fs_text text;
    fs_text_init(&text);
    fs_text_add(&text, "{\"traceEvents\":[],\"x\":");
    for (int i = 0; i < 300000; i++) fs_text_char(&text, '[');
    refused(text.data, text.length, FLAME_FORMAT_AUTO, NULL, "nested too deep");
    fs_text_clear(&text);
    fs_text_add(&text, "{\"head\":");
    for (int i = 0; i < 9000; i++)
        fs_text_add(&text, "{\"functionName\":\"f\",\"hitCount\":1,\"children\":[");
    for (int i = 0; i < 9000; i++) fs_text_add(&text, "]}");
    fs_text_char(&text, '}');
    flame_tree *tree;
    flame_read_options options = stack_text_options(false, false);
    assert_int_equal(stack_text_read(text.data, text.length, &options, &tree, NULL, NULL), FS_OK);
    assert_int_equal(flame_tree_nodes(tree), 9001);
    flame_tree_destroy(tree);
    fs_text_fini(&text);
}

static void trace_comes_back(const char *folded, const flame_profile *profile, double scale)
{
    flame_read_options options = stack_text_options(true, true);
    flame_tree *tree, *again;
    flame_report report;
    fs_error error = {0};
    assert_int_equal(stack_text_read(folded, strlen(folded), &options, &tree, NULL, &error), FS_OK);
    size_t length;
    char *bytes = stack_text_written(tree, profile, flame_write_chrome, &length);
    if (stack_text_read(bytes, length, &options, &again, &report, &error)) fail_msg("%s", error.message);
    assert_int_equal(report.format, FLAME_CHROME);
    assert_int_equal(flame_tree_nodes(again), flame_tree_nodes(tree));
    for (uint32_t node = 1; node < flame_tree_nodes(tree); node++) {
        const flame_node *a = flame_tree_node(tree, node), *b = flame_tree_node(again, node);
        assert_string_equal(flame_tree_name_of(tree, a->name)->text,
                            flame_tree_name_of(again, b->name)->text);
        assert_int_equal(a->parent, b->parent);
        assert_true(flame_tree_counts(tree, node).self_after * scale ==
                    flame_tree_counts(again, node).self_after);
    }
    fs_free(bytes);
    flame_tree_destroy(tree);
    flame_tree_destroy(again);
}

/* What flame writes as a Chrome trace comes back as the same tree, the same counts, in the same order. */
static void our_traces_come_back(void **state)
{
    (void)state;
    static const char folded[] = "a.py:main:1;a.py:f:3 0.3\na.py:main:1 0.4\na.py:main:1;a.py:f:3 7\n"
                                 "a.py:main:1;a.py:f:3;std::x<int> 0.125\nother 1000000007\na.py:main:1 2\n";
    static const char threads[] = "worker;a 3\nworker;a;b 1\nworker;a 2\nmain;c.py:g:4 5\n";
    trace_comes_back(folded, NULL, 1);
    trace_comes_back(folded, &(flame_profile){.period = 1e6}, 1000);
    trace_comes_back(folded, &(flame_profile){.unit = "milliseconds"}, 1000);
    trace_comes_back(threads, &(flame_profile){.threads = true}, 1);
}

/* As a .cpuprofile and as a Firefox profile: the same counts, in time the same order, and places. */
static void comes_back(const char *folded, stack_text_writer writer, flame_format format,
                       const flame_profile *profile, bool in_time, const char *unit, const char *expected)
{
    flame_read_options options = stack_text_options(in_time, true);
    flame_tree *tree, *again;
    flame_report report;
    fs_error error = {0};
    assert_int_equal(stack_text_read(folded, strlen(folded), &options, &tree, NULL, &error), FS_OK);
    size_t length;
    char *bytes = stack_text_written(tree, profile, writer, &length);
    if (stack_text_read(bytes, length, &options, &again, &report, &error)) fail_msg("%s", error.message);
    assert_int_equal(report.format, format);
    assert_int_equal(report.skipped, 0);
    assert_string_equal(report.unit, unit);
    char *result = stack_text_folded(again);
    assert_string_equal(result, expected);
    if (in_time) assert_int_equal(flame_tree_nodes(again), flame_tree_nodes(tree));
    fs_free(result);
    fs_free(bytes);
    flame_tree_destroy(tree);
    flame_tree_destroy(again);
}

static void profiles_come_back(void **state)
{
    (void)state;
    static const char stacks[] = "a.py:main:1 2\na.py:main:1;a.py:f:3 4.5\na.py:main:1;b.py:f:3 5\n"
                                 "a.py:main:1;std::x<int> 7\nother \"}] 1\n";
    static const char scaled[] = "a.py:main:1 2000\na.py:main:1;a.py:f:3 4500\na.py:main:1;b.py:f:3 5000\n"
                                 "a.py:main:1;std::x<int> 7000\nother \"}] 1000\n";
    flame_profile timed = {.period = 1e6}, bytes = {.unit = "bytes"};
    comes_back(stacks, flame_write_cpuprofile, FLAME_CPUPROFILE, NULL, false, "microseconds", stacks);
    comes_back(stacks, flame_write_cpuprofile, FLAME_CPUPROFILE, &timed, false, "microseconds", scaled);
    comes_back(stacks, flame_write_firefox, FLAME_FIREFOX, NULL, false, "samples", stacks);
    comes_back(stacks, flame_write_firefox, FLAME_FIREFOX, &timed, false, "milliseconds", stacks);
    comes_back(stacks, flame_write_firefox, FLAME_FIREFOX, &bytes, false, "bytes", stacks);
    static const char order[] = "a;b 1\na;c 1\na;b 2\na 1\na;b 1\nd 3\n";
    static const char sorted[] = "a 1\na;b 1\na;b 1\na;b 2\na;c 1\nd 3\n";
    comes_back(order, flame_write_cpuprofile, FLAME_CPUPROFILE, NULL, true, "microseconds", sorted);
    comes_back(order, flame_write_firefox, FLAME_FIREFOX, NULL, true, "samples", sorted);
}

static void levels_of_vtune_may_be_wide(void **state)
{
    (void)state;
    stack_text_expect("Function Stack,CPU Time:Self\nTotal,0\n  main,1.5\n    f,0.25\n    g,0.5\n  h,1\n",
                      NULL, "Total;h 1000\nTotal;main 1500\nTotal;main;f 250\nTotal;main;g 500\n");
}

/* Valgrind ends its files in their totals. */
static void a_callgrind_file_cut_off_is_told(void **state)
{
    (void)state;
    static const char text[] = "# callgrind format\nversion: 1\ncreator: callgrind-3.19.0\nevents: Ir\n"
                               "summary: 12\n\nfn=(1) main\n16 12\n\ntotals: 12\n";
    for (size_t cut = 0; cut <= 12; cut += 12) {
        flame_tree *tree;
        flame_report report;
        assert_int_equal(stack_text_read(text, sizeof text - 1 - cut, NULL, &tree, &report, NULL), FS_OK);
        assert_int_equal(strstr(report.note, "cut off") != NULL, cut > 0);
        flame_tree_destroy(tree);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_of_vtune_may_be_wide),
        cmocka_unit_test(a_callgrind_file_cut_off_is_told),
        cmocka_unit_test(samples_are_read),
        cmocka_unit_test(samples_are_read_in_time),
        cmocka_unit_test(samples_may_end_early),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(refusals_say_what_is_wrong),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(our_traces_come_back),
        cmocka_unit_test(profiles_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
