/* Reading folded stacks: what is accepted, what is skipped and said, what is refused. */
#include "random.h"
#include "stack_builder.h"
#include "stack_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static flame_read_options options_with(flame_pairs pairs, bool in_time)
{
    flame_read_options options;
    flame_read_options_default(&options);
    options.pairs = pairs;
    options.in_time = in_time;
    return options;
}

static void stacks_merge(void **state)
{
    (void)state;
    stack_text_expect("main;a;b 3\nmain;a 2\nmain;a;b 1\nx 5\n", NULL, "main;a 2\nmain;a;b 4\nx 5\n");
    stack_text_expect("ab;c 1\na;c 2\nab;cd 3\nabc 4\nab 5", NULL, "a;c 2\nab 5\nab;c 1\nab;cd 3\nabc 4\n");
}

static void counts_may_be_fractional(void **state)
{
    (void)state;
    stack_text_expect("a 0.5\na 1.25\nb 3.\nc 1e3\nd 2.5E-1\ne 0\n", NULL, "a 1.75\nb 3\nc 1000\nd 0.25\n");
    stack_text_expect("a 123456789012345678\nb 0.1\n", NULL, "a 123456789012345678\nb 0.1\n");
    stack_text_expect("a 0.000000000000000000000000000001\n", NULL, "a 1e-30\n");
}

/* Beyond 2^53 a double does not do: every whole number that 64 bits hold, and their sums. */
static void large_counts_are_exact(void **state)
{
    (void)state;
    static const char *const same[] = {"9007199254740993",     "18446744073709551615", "18446744073709551614",
                                       "18446744073709549567", "9223372036854775807",  "9223372036854775809",
                                       "1000000000000000001",  "12345678901234567.5"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char text[64];
        snprintf(text, sizeof text, "a %s\nb 1\n", same[i]);
        stack_text_expect(text, NULL, text);
    }
    stack_text_expect("a 1.8446744073709551615e19\n", NULL, "a 18446744073709551615\n");
    stack_text_expect("a 00000000000000000000000000000000012\n", NULL, "a 12\n");
    stack_text_expect("a 9007199254740992\na 1\nb 3\na 1\na 1\n", NULL, "a 9007199254740995\nb 3\n");
    stack_text_expect("a 9007199254740991\na 1.5\na 1.5\n", NULL, "a 9007199254740994\n");
    stack_text_expect("a 18446744073709551615\na 18446744073709551615\na 1\n", NULL,
                      "a 36893488147419103231\n");
    flame_read_options options;
    flame_read_options_default(&options);
    options.pairs = FLAME_PAIRS_YES;
    stack_text_expect("a 18446744073709551615 9007199254740993\n", &options,
                      "a 18446744073709551615 9007199254740993\n");
}

static void spaces_tabs_and_line_ends(void **state)
{
    (void)state;
    stack_text_expect("a;b 1\r\na b;c d\t2\r\n\r\n\n   \na;b   3  \r\nlast 4", NULL,
                      "a b;c d 2\na;b 4\nlast 4\n");
    stack_text_expect("\xEF\xBB\xBF"
                      "a 1\n",
                      NULL, "a 1\n");
}

static void empty_frames(void **state)
{
    (void)state;
    /* Blanks between a ';' and the one before the count are a frame, as in flamegraph.pl. */
    stack_text_expect("a;b;  3\na;b; 2\na; ;c 1\na;   4\n", NULL, "a;   4\na; ;c 1\na;b 2\na;b;  3\n");
    stack_text_expect("a;;b 1\na;b;; 2\na;b 3\n;a 4\n 5\n; 6\n", NULL, " 11\n;a 4\na;;b 1\na;b 5\n");
}

static void annotations_survive(void **state)
{
    (void)state;
    stack_text_expect("a;b_[k] 1\na;b 2\na;b_[k] 3\na;b_[j] 1\na;b_[k] 1\n", NULL,
                      "a;b 2\na;b_[j] 1\na;b_[k] 5\n");
}

static void pairs_are_recognised(void **state)
{
    (void)state;
    stack_text_expect("a;b 1 2\na;c 3 0\na;b 1 1\n", NULL, "a;b 2 3\na;c 3 0\n");
    /* The trap: a frame that itself ends in a number. */
    stack_text_expect("a;thread 7 2\na;b 3\n", NULL, "a;b 3\na;thread 7 2\n");
    flame_read_options no = options_with(FLAME_PAIRS_NO, false);
    stack_text_expect("a;thread 7 2\n", &no, "a;thread 7 2\n");
    flame_read_options yes = options_with(FLAME_PAIRS_YES, false);
    flame_tree *tree;
    flame_report report;
    static const char text[] = "a 1 2\nb 3\n";
    assert_int_equal(stack_text_read(text, strlen(text), &yes, &tree, &report, NULL), FS_OK);
    assert_int_equal(report.skipped, 1);
    assert_string_equal(report.excerpt, "b 3");
    assert_true(report.pairs && report.total_before == 1 && report.total_after == 2);
    flame_tree_destroy(tree);
}

static void order_in_time_is_kept(void **state)
{
    (void)state;
    flame_read_options options = options_with(FLAME_PAIRS_AUTO, true);
    static const char text[] = "a;b 1\na;b 1\na;c 1\na;b 2\na 1\na;b 1\n";
    flame_tree *tree;
    assert_int_equal(stack_text_read(text, strlen(text), &options, &tree, NULL, NULL), FS_OK);
    static const struct {
        double start, total;
    } expected[] = {{0, 7}, {0, 7}, {0, 2}, {2, 1}, {3, 2}, {6, 1}};
    assert_int_equal(flame_tree_nodes(tree), 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_true(flame_tree_start(tree, i).value == expected[i].start);
        assert_true(flame_tree_counts(tree, i).total_after == expected[i].total);
    }
    flame_tree_destroy(tree);
}

/* ---- bad input ---- */

static void expect_refused(const char *text, size_t length, fs_status status, const char *words)
{
    flame_tree *tree;
    flame_report report;
    fs_error error = {0};
    assert_int_equal(stack_text_read(text, length, NULL, &tree, &report, &error), status);
    assert_null(tree);
    if (!strstr(error.message, words)) fail_msg("no \"%s\" in \"%s\"", words, error.message);
}

static void expect_skipped(const char *text, size_t length, uint64_t skipped, uint64_t first,
                           const char *excerpt, const char *reason)
{
    flame_tree *tree;
    flame_report report;
    fs_error error = {0};
    if (stack_text_read(text, length, NULL, &tree, &report, &error)) fail_msg("%s", error.message);
    assert_int_equal(report.skipped, skipped);
    assert_int_equal(report.first_skipped, first);
    assert_string_equal(report.excerpt, excerpt);
    assert_string_equal(report.reason, reason);
    fs_text message;
    fs_text_init(&message);
    flame_report_skipped(&report, "test", &message);
    assert_non_null(strstr(fs_text_string(&message), excerpt));
    fs_text_fini(&message);
    flame_tree_destroy(tree);
}

#define SKIPPED(text, skipped, first, excerpt, reason)                                                       \
    expect_skipped(text, sizeof(text) - 1, skipped, first, excerpt, reason)

static void an_input_without_stacks_is_refused(void **state)
{
    (void)state;
    expect_refused("", 0, FS_DATA, "test is empty");
    expect_refused("\n\n\r\n", 4, FS_DATA, "only 3 empty lines");
    expect_refused("hello\nworld\n", 12, FS_DATA,
                   "none of its 2 lines is one. The first is line 1: \"hello\"");
    expect_refused("main;a\n", 7, FS_DATA, "does not end in a space and a count");
}

static void bad_lines_are_skipped_and_told(void **state)
{
    (void)state;
    SKIPPED("a 1\n\nno count here\nb 2\nnor;here\n", 2, 3, "no count here",
            "it does not end in a space and a count");
    SKIPPED("a 1\nb -5\n", 1, 2, "b -5", "its count is negative");
    SKIPPED("a 1e308\nb 1\n", 1, 1, "a 1e308", "its count is not a number up to 18446744073709551615");
    SKIPPED("a 1e999999999999\nb 1\n", 1, 1, "a 1e999999999999",
            "its count is not a number up to 18446744073709551615");
    SKIPPED("a 18446744073709551616\nb 1\n", 1, 1, "a 18446744073709551616",
            "its count is not a number up to 18446744073709551615");
    SKIPPED("b 1\na nan\n", 1, 2, "a nan", "its count is not a number up to 18446744073709551615");
    SKIPPED("b 1\na NaN\nc inf\nd -inf\n", 3, 2, "a NaN",
            "its count is not a number up to 18446744073709551615");
    SKIPPED("b 1\na 1.2.3\n", 1, 2, "a 1.2.3", "it does not end in a space and a count");
    SKIPPED("b 1\na 0x10\n", 1, 2, "a 0x10", "it does not end in a space and a count");
    SKIPPED("b 1\na 1e\n", 1, 2, "a 1e", "it does not end in a space and a count");
    SKIPPED("b 1\n12\n", 1, 2, "12", "it does not end in a space and a count");
    SKIPPED("b 1\na\0b 3\n", 1, 2, "a?b 3", "it holds a NUL byte");
    SKIPPED("b 1\nx\x1b[31m\xE2\x80\xAE\xFFy\n", 1, 2, "x?[31m??y", "it does not end in a space and a count");
}

/* austin's metadata, and comments of anybody. */
static void comments_are_no_stacks(void **state)
{
    (void)state;
    static const char text[] =
        "# austin: 3.6.0\n# interval: 100\n# mode: wall\n#\n# a;b 5\nP1;T1;/a.py:f:3 300000\n"
        "#include;x 2\n\n# duration: 383010\n";
    flame_tree *tree;
    flame_report report;
    assert_int_equal(stack_text_read(text, strlen(text), NULL, &tree, &report, NULL), FS_OK);
    assert_int_equal(report.skipped, 0);
    assert_string_equal(report.unit, "microseconds");
    assert_string_equal(report.title, "Wall time");
    assert_string_equal(report.notes, "austin: 3.6.0; interval: 100; duration: 383010");
    char *folded = stack_text_folded(tree);
    assert_string_equal(folded, "#include;x 2\nP1;T1;/a.py:f:3 300000\n");
    fs_free(folded);
    flame_tree_destroy(tree);
    stack_text_expect("# mode: full\nP1;T1;a.py:f:3 300,0,1024\nP1;T1;a.py:f:3 100,1,-8\n", NULL,
                      "P1;T1;a.py:f:3 400\n");
    stack_text_expect("# x 1 2\na 1 2\n", NULL, "a 1 2\n"); /* and do not decide on pairs */
    stack_text_expect("# x 3\na 1 2\n", NULL, "a 1 2\n");
}

/* What would come back as a comment does not. */
static void first_name_like_a_comment(void **state)
{
    (void)state;
    stack_text_expect(
        "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"shared\":{\"frames\":["
        "{\"name\":\"# calls\"},{\"name\":\"# b\"}]},\"profiles\":[{\"type\":\"sampled\",\"unit\":"
        "\"none\",\"startValue\":0,\"endValue\":3,\"samples\":[[0,1]],\"weights\":[3]}]}",
        NULL, "#_calls;# b 3\n");
    stack_text_expect(
        "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"shared\":{\"frames\":["
        "{\"name\":\"#\"}]},\"profiles\":[{\"type\":\"sampled\",\"unit\":\"none\",\"startValue\":0,"
        "\"endValue\":3,\"samples\":[[0]],\"weights\":[3]}]}",
        NULL, "#_ 3\n");
    stack_text_expect("#_calls;# b 3\n", NULL, "#_calls;# b 3\n");
}

static void foreign_formats_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
        size_t length;
    } cases[] = {
        {.text = "FLR\0\0\2", .length = 6, .words = "Flight Recorder"},
        {.text = "JAVA PROFILE 1.0.1, created Sun\n\nHeader for -agentlib:hprof ASCII Output\n",
         .words = "CPU samples"},
        {.text = "gmon\1\0\0\0 12 3", .length = 13, .words = "gprof"},
        {.text = "\x7f"
                 "ELF\2\1\1 12",
         .words = "ELF"},
        {.text = "\x28\xB5\x2F\xFD\x04 5\n", .words = "zstd"},
        {.text = "PK\3\4\x0a\0\0\0\0\0\x12\2\x4f\x4b",
         .length = 14,
         .words = "ZIP"}, /* like a pprof profile's fields */
        {.text = "{\"head\":{\"callFrame\":{\"functionName\":\"(root)\"},\"selfSize\":0,\"children\":[]}}",
         .words = "heap profile of V8"},
        {.text = "{\"version\":1.2,\"mode\":\"cpu\",\"samples\":9,\"gc_samples\":1,\"missed_samples\":0,"
                 "\"frames\":{}}",
         .words = "stackprof"},
        {.text = "{\"program\":\"a\",\"rts_arguments\":[\"-pj\"],\"cost_centres\":[]}",
         .words = "+RTS -p is read"},
        {.text = "{\"version\":1,\"recording\":{\"instrumentTypes\":[]}}", .words = "Safari"},
        {.text = "{\"version\":3,\"sources\":[],\"mappings\":\"\"}", .words = "source map"},
        {.text =
             "# To display the perf.data header info, please use --header\n#\n    50.00%  bash  [.] main\n",
         .words = "report of perf"},
        {.text = "Weight\tSelf Weight\t\tSymbol Name\n1.00 ms 100.0%\t-\t \tdemo (44)\n",
         .words = "Instruments"},
        {.text = "@ inst_retired.any [35705 samples]\n\n04.75%  [1695]     read @ /lib/libc.so.7\n",
         .words = "pmcstat"},
        {.text = "goroutine 1 [running]:\nmain.main()\n\t/src/x.go:5 +0x1d\n", .words = "debug=1"},
        {.text = "Attaching 1 probe...\n\n@reads[tar]: 15\n@reads[ls]: 3\n", .words = "bpftrace"},
        {.text = "\1\2\3 5\n\0\5 x", .length = 9, .words = "binary"},
        {.text = "{\"type\": \"attached_probes\", \"data\": {\"probes\": 1}}\n", .words = "without -f json"},
        {.text = "Thread 1 (LWP 3):\n#0  0x7f in read () from /lib/x\n#1  0x55 in main ()\n", .words = "gdb"},
        {.text = "2020-01-01 10:00:00\nFull thread dump OpenJDK 64-Bit Server VM:\n\n\"main\" #1 prio=5\n",
         .words = "jstack"},
        {.text = "Process 12: python a.py\nPython v3.11\n\nThread 12 (active)\n    f (a.py:3)\n",
         .words = "py-spy"},
        {.text = "# started on Sun\n\n Performance counter stats for 'true':\n\n      0.52 msec task-clock\n",
         .words = "perf stat"},
        {.text = " Percent |\tSource code & Disassembly of a\n", .words = "perf annotate"},
        {.text = "\n0x108@perf.data [0x50]: event: 69\n.\n. ... raw event: size 80 bytes\n", .words = "(-D)"},
        {.text = "heap_v2/524288\n  t*: 1: 100 [0: 0]\n@ 0x1 0x2\n  t*: 1: 100 [0: 0]\n", .words = "jeprof"},
        {.text = "v 10500 3\nX ./a\nI 1000 100\nt 1 0\n", .words = "heaptrack"},
        {.text = "\4\x08{\x0e:\x0cversionf\x08"
                 "1.2:\tmodeI\"\x08"
                 "cpu",
         .words = "stackprof"},
        {.text = "File: x\nType: cpu\nShowing nodes accounting for 9s\n", .words = "report of pprof"},
        {.text = "PeriodType: cpu nanoseconds\nPeriod: 10\nSamples:\n 1 10: 1 2\n",
         .words = "report of pprof"},
        {.text = "execve(\"/bin/ls\", [\"ls\"], 0x7f) = 0\nbrk(NULL) = 94\n", .words = "strace"},
        {.text = "   3 function calls in 0.2 seconds\n\n   ncalls  tottime  percall  cumtime\n",
         .words = "cProfile"},
        {.text = "{\"code\":[],\"functions\":[],\"ticks\":[]}", .words = "node --cpu-prof"},
        {.text = "{\"dhatFileVersion\":2,\"pps\":[]}", .words = "DHAT"},
        {.text = "{\"duration\": 2, \"root_frame\": {\"time\": 1}}", .words = "pyinstrument"},
        {.text = "{\"name\":\"all\",\"value\":3,\"children\":[]}", .words = "d3-flame-graph"},
        {.text = "{\"a\":1}", .words = "JSON of no known profiler"},
        {.text = "10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.0\" 200 2326\n",
         .words = "a log"},
        {.text = "Nov 29 11:00:01 box cron: user 0\nNov 29 11:00:02 box kernel: took 12\n", .words = "a log"},
        {.text = "     12 foo\n      3 bar\n", .words = "none of its 2 lines is one"},
        {.text = "a,b,c,d\n1,2,3,4\n", .words = "CSV"},
        {.text = "r b swpd free\n1 0 0 123\n2 0 1 5\n3 4 5 6\n", .words = "most of its 4 lines are none"},
        {.text = "hello\nthere\nthe answer is 42\nbye\n", .words = "most of its 4 lines are none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        flame_tree *tree;
        flame_report report;
        fs_error error = {0};
        size_t length = cases[i].length ? cases[i].length : strlen(cases[i].text);
        assert_int_not_equal(stack_text_read(cases[i].text, length, NULL, &tree, &report, &error), FS_OK);
        if (!strstr(error.message, cases[i].words))
            fail_msg("no \"%s\" in \"%s\"", cases[i].words, error.message);
    }
}

static void a_count_of_many_digits(void **state)
{
    (void)state;
    char line[2000];
    memset(line, '9', sizeof line);
    memcpy(line, "a ", 2);
    memcpy(line + sizeof line - 5, "\nb 1\n", 5);
    flame_tree *tree;
    flame_report report;
    assert_int_equal(stack_text_read(line, sizeof line, NULL, &tree, &report, NULL), FS_OK);
    assert_int_equal(report.skipped, 1);
    assert_int_equal(strlen(report.excerpt) < FLAME_EXCERPT_SIZE, 1);
    flame_tree_destroy(tree);
}

/* ---- properties ---- */

static char *shuffled(const char *text, uint64_t seed)
{
    char *copy = fs_strdup(text);
    size_t count = 0;
    static char *lines[5000];
    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n")) lines[count++] = line;
    fs_random random;
    fs_random_init(&random, seed);
    fs_text out;
    fs_text_init(&out);
    for (size_t i = count; i > 0; i--) {
        size_t j = (size_t)fs_random_below(&random, i);
        char *line = lines[j];
        lines[j] = lines[i - 1];
        fs_text_format(&out, "%s\n", line);
    }
    fs_free(copy);
    char *result = fs_strdup(fs_text_string(&out));
    fs_text_fini(&out);
    return result;
}

static void order_of_input_does_not_matter_and_totals_are_kept(void **state)
{
    (void)state;
    fs_random random;
    for (uint64_t seed = 0; seed < 20; seed++) {
        fs_random_init(&random, seed);
        fs_text text;
        fs_text_init(&text);
        double sum = 0;
        for (int line = 0; line < 2000; line++) {
            int depth = (int)fs_random_below(&random, 30);
            for (int i = 0; i < depth; i++)
                fs_text_format(&text, "%sf%d%s", i ? ";" : "", (int)fs_random_below(&random, 1 + seed),
                               fs_random_below(&random, 9) ? "" : "_[k]");
            unsigned count = (unsigned)fs_random_below(&random, 5);
            fs_text_format(&text, "%s %u\n", depth ? "" : "root", count);
            sum += count;
        }
        flame_tree *tree;
        flame_report report;
        assert_int_equal(stack_text_read(text.data, text.length, NULL, &tree, &report, NULL), FS_OK);
        assert_true(flame_tree_counts(tree, 0).total_after == sum && report.total_after == sum);
        for (uint32_t i = 0; i < flame_tree_nodes(tree); i++) {
            const flame_node *node = flame_tree_node(tree, i);
            double below = flame_tree_counts(tree, i).self_after;
            for (uint32_t c = node->child; c != FLAME_NONE; c = flame_tree_node(tree, c)->sibling) {
                assert_true(c > i && flame_tree_node(tree, c)->parent == i);
                below += flame_tree_counts(tree, c).total_after;
            }
            assert_true(below == flame_tree_counts(tree, i).total_after);
        }
        char *folded = stack_text_folded(tree);
        char *other = shuffled(text.data, seed);
        stack_text_expect(other, NULL, folded);
        stack_text_expect(folded, NULL, folded); /* written and read again: the same */
        fs_free(other);
        fs_free(folded);
        flame_tree_destroy(tree);
        fs_text_fini(&text);
    }
}

/* The tree that one thread makes of these lines, name for name. */
static flame_tree *made_by_one_thread(const char *text, bool in_time)
{
    flame_tree *tree;
    flame_builder builder;
    assert_int_equal(flame_tree_create(&tree, NULL), FS_OK);
    flame_builder_init(&builder, tree, in_time);
    for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        uint32_t node;
        const char *blank = memrchr(line, ' ', (size_t)(end - line));
        assert_int_equal(flame_builder_text(&builder, line, (size_t)(blank - line), &node, NULL), FS_OK);
        flame_tree_add(tree, node, atof(blank), 0);
    }
    flame_builder_fini(&builder);
    flame_tree_finish(tree);
    return tree;
}

static void expect_same_trees(const flame_tree *a, const flame_tree *b)
{
    assert_int_equal(flame_tree_nodes(a), flame_tree_nodes(b));
    assert_int_equal(flame_tree_names(a), flame_tree_names(b));
    for (uint32_t i = 0; i < flame_tree_names(a); i++) {
        const flame_name *one = flame_tree_name_of(a, i), *two = flame_tree_name_of(b, i);
        assert_true(one->kind == two->kind && strcmp(one->text, two->text) == 0);
    }
    for (uint32_t i = 0; i < flame_tree_nodes(a); i++) {
        const flame_node *one = flame_tree_node(a, i), *two = flame_tree_node(b, i);
        assert_true(one->parent == two->parent && one->name == two->name && one->child == two->child);
        assert_true(one->sibling == two->sibling);
        assert_true(flame_tree_counts(a, i).total_after == flame_tree_counts(b, i).total_after);
        assert_true(flame_tree_start(a, i).value == flame_tree_start(b, i).value);
    }
}

/* Where stacks hardly repeat two threads read: the same tree, node for node. */
static void two_threads_make_the_same_tree(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 11);
    fs_text text;
    fs_text_init(&text);
    for (int line = 0; line < 20000; line++) {
        int depth = (int)fs_random_below(&random, 40);
        fs_text_add(&text, "main");
        for (int i = 0; i < depth; i++)
            fs_text_format(&text, ";f%d%s", (int)fs_random_below(&random, i < 3 ? 2 : 300),
                           fs_random_below(&random, 9) ? "" : "_[k]");
        fs_text_format(&text, "%s %d\n", line % 50 ? "" : ";;", 1 + line % 7);
    }
    fs_text_add(&text, "main 1\nmain;f1 1\nmain 1\nmain;f1 1\n");
    for (int in_time = 0; in_time < 2; in_time++) {
        flame_read_options options = options_with(FLAME_PAIRS_NO, in_time);
        flame_tree *tree, *expected = made_by_one_thread(text.data, in_time);
        flame_report report;
        assert_int_equal(stack_text_read(text.data, text.length, &options, &tree, &report, NULL), FS_OK);
        assert_int_equal(report.stacks, 20004);
        expect_same_trees(tree, expected);
        flame_tree_destroy(tree);
        flame_tree_destroy(expected);
    }
    fs_text_fini(&text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_threads_make_the_same_tree),
        cmocka_unit_test(stacks_merge),
        cmocka_unit_test(counts_may_be_fractional),
        cmocka_unit_test(large_counts_are_exact),
        cmocka_unit_test(spaces_tabs_and_line_ends),
        cmocka_unit_test(empty_frames),
        cmocka_unit_test(first_name_like_a_comment),
        cmocka_unit_test(annotations_survive),
        cmocka_unit_test(pairs_are_recognised),
        cmocka_unit_test(order_in_time_is_kept),
        cmocka_unit_test(an_input_without_stacks_is_refused),
        cmocka_unit_test(bad_lines_are_skipped_and_told),
        cmocka_unit_test(comments_are_no_stacks),
        cmocka_unit_test(foreign_formats_are_named),
        cmocka_unit_test(a_count_of_many_digits),
        cmocka_unit_test(order_of_input_does_not_matter_and_totals_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
