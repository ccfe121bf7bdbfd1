/* Reading the output of `perf script`. */
#include "stack_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static flame_read_options defaults(void)
{
    flame_read_options options;
    flame_read_options_default(&options);
    return options;
}

static void samples_become_stacks(void **state)
{
    (void)state;
    stack_text_expect(
        "# ========\n# captured on: today\n# ========\n#\n"
        "swapper     0 [000] 158665.570607: cpu-clock: \n"
        "\tffffffff8103ce3b native_safe_halt ([kernel.kallsyms])\n"
        "\tffffffff8101c6a3 default_idle+0x23 ([kernel.kallsyms])\n"
        "\tffffffff815bf03e rest_init ([kernel.kallsyms].init.text)\n"
        "\n"
        "swapper     0 [001] 158665.570700: cpu-clock: \n"
        "\tffffffff8101c6a3 default_idle+0x25 ([kernel.kallsyms])\n"
        "\tffffffff815bf03e rest_init ([kernel.kallsyms].init.text)\n"
        "\n"
        "swapper     0 [000] 158665.580607: cpu-clock: \n"
        "\tffffffff8103ce3b native_safe_halt ([kernel.kallsyms])\n"
        "\tffffffff8101c6a3 default_idle+0x23 ([kernel.kallsyms])\n"
        "\tffffffff815bf03e rest_init ([kernel.kallsyms].init.text)\n", /* no empty line at the end */
        NULL, "swapper;rest_init;default_idle 1\nswapper;rest_init;default_idle;native_safe_halt 2\n");
}

static void the_period_is_the_weight(void **state)
{
    (void)state;
    static const char text[] = "a 1/2 [000] 1.5:     250000 cycles: \n\t4010 f (/a)\n\n"
                               "a 1/2 [000] 1.6:     100000 cycles: \n\t4014 f (/a)\n\n";
    stack_text_expect(text, NULL, "a;f 350000\n");
    flame_read_options options = defaults();
    options.perf.samples = true;
    stack_text_expect(text, &options, "a;f 2\n");
}

static void large_periods_are_exact(void **state)
{
    (void)state;
    stack_text_expect("a 1/2 [000] 1.5: 1764345600000000001 cycles:\n\t4010 f (/a)\n\n"
                      "a 1/2 [000] 1.6: 18446744073709551615 cycles:\n\t4010 g (/a)\n\n"
                      "a 1/2 [000] 1.6: 9007199254740993 cycles:\n\t4010 h (/a)\n\n",
                      NULL, "a;f 1764345600000000001\na;g 18446744073709551615\na;h 9007199254740993\n");
    /* One that 64 bits do not hold is not one sample, nor any other number. */
    static const char text[] =
        "a 1/2 [000] 1.5: 18446744073709551616 cycles:\n\t4010 f (/a)\n\t4020 g (/a)\n\n"
        "a 1/2 [000] 1.5: 7 cycles:\n\t4010 f (/a)\n\n";
    flame_tree *tree;
    flame_report report;
    assert_int_equal(stack_text_read(text, sizeof text - 1, NULL, &tree, &report, NULL), FS_OK);
    assert_int_equal(report.skipped, 1);
    assert_int_equal(report.filtered, 0);
    assert_int_equal(report.first_skipped, 1);
    assert_string_equal(report.reason, "its period is not a number up to 18446744073709551615");
    char *folded = stack_text_folded(tree);
    assert_string_equal(folded, "a;f 7\n");
    fs_free(folded);
    flame_tree_destroy(tree);
    flame_read_options options = defaults();
    options.perf.samples = true;
    stack_text_expect(text, &options, "a;f 1\na;g;f 1\n");
}

/* What is counted: the unit after reading one sample of `event` with this period. */
static void expect_unit(const char *event, const char *period, bool samples, const char *unit)
{
    char text[256];
    int length = snprintf(text, sizeof text, "a 1/2 [000] 1.5: %s %s: \n\t4010 f (/a)\n\n", period, event);
    flame_read_options options = defaults();
    options.perf.samples = samples;
    flame_tree *tree;
    flame_report report;
    fs_error error;
    assert_int_equal(flame_tree_create(&tree, &error), FS_OK);
    assert_int_equal(flame_stacks_read_memory(text, (size_t)length, "text", &options, tree, &report, &error),
                     FS_OK);
    assert_string_equal(report.unit, unit);
    flame_tree_destroy(tree);
}

static void periods_have_a_unit(void **state)
{
    (void)state;
    expect_unit("cpu-clock:ppp", "250000", false, "nanoseconds");
    expect_unit("task-clock", "250000", false, "nanoseconds");
    expect_unit("cycles:P", "250000", false, "cycles");
    expect_unit("cpu_core/cycles/u", "9", false, "cpu_core/cycles/u");
    expect_unit("sched:sched_switch", "9", false, "sched:sched_switch");
    expect_unit("cycles", "250000", true, "");
    expect_unit("cycles", "", false, "");
}

static void commands_with_spaces_and_numbers(void **state)
{
    (void)state;
    static const char text[] = "V8 WorkerThread 24636/25607 [000] 94564.109216: cycles:\n\t4010 f (/a)\n\n"
                               "Web 3 Content 12 4794564.109216: cycles:\n\t4010 f (/a)\n\n"
                               "kworker/0:1H;x 25 [002] 1.5: cycles:\n\t4010 f (/a)\n\n";
    stack_text_expect(text, NULL, "V8_WorkerThread;f 1\nWeb_3_Content;f 1\nkworker/0:1H:x;f 1\n");
    flame_read_options options = defaults();
    options.perf.pid = true;
    stack_text_expect(text, &options,
                      "V8_WorkerThread-24636;f 1\nWeb_3_Content-?;f 1\nkworker/0:1H:x-?;f 1\n");
    options.perf.tid = true;
    stack_text_expect(text, &options,
                      "V8_WorkerThread-24636/25607;f 1\nWeb_3_Content-?/12;f 1\nkworker/0:1H:x-?/25;f 1\n");
}

static void expect_name(const char *frame, const char *name, const flame_read_options *options)
{
    char text[1000], expected[1000];
    snprintf(text, sizeof text, "java 1/2 [000] 1.5: cycles: \n\t%s\n\n", frame);
    snprintf(expected, sizeof expected, "java;%s 1\n", name);
    stack_text_expect(text, options, expected);
}

static void names_are_tidied(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"4010 std::vector<int, std::allocator<int> >::push_back(int&&) (/usr/bin/x)",
         "std::vector<int, std::allocator<int> >::push_back"},
        {"4010 std::function<void (int)>::operator()(int) const+0x1f (/usr/bin/x)",
         "std::function<void (int)>::operator()"},
        {"4010 (anonymous namespace)::run(char const*) (/usr/bin/x)", "(anonymous namespace)::run"},
        {"4010 a::(anonymous namespace)::run(int) (/usr/bin/x)", "a::(anonymous namespace)::run"},
        {"4010 bool operator< <int>(A<int> const&, A<int> const&) (/usr/bin/x)", "bool operator< <int>"},
        {"4010 operator<<(std::ostream&, X) (/usr/bin/x)", "operator<<"},
        {"4010 X::operator->() const (/usr/bin/x)", "X::operator->"},
        {"4010 my_operator(int) (/usr/bin/x)", "my_operator"},
        {"4010 operators (/usr/bin/x)", "operators"},
        {"4010 net/http.(*Client).Do (/usr/bin/x)", "net/http.(*Client).Do"},
        {"4010 f (/opt/my app/bin (deleted))", "f"},
        {"4010 a;b (/usr/bin/x)", "a:b"},
        {"4010 RegExp:[&\"'] (/tmp/perf-7539.map)", "RegExp:[&]"},
        {"4010 Lorg/mozilla/javascript/ContextFactory;.call(Lorg/x;)Ljava/lang/Object; (/tmp/perf-1.map)",
         "org/mozilla/javascript/ContextFactory:.call"},
        {"4010 Lost (/usr/bin/x)", "Lost"},
        {"4010 La;::f->Lb/c;::g->h (/tmp/perf-12.map)", "La:::f;b/c:::g_[i];h_[i]"},
        {"4010 [unknown] (/usr/lib/libz.so.1)", "[libz.so.1]"},
        {"4010 [unknown] ([unknown])", "[unknown]"},
        {"4010 f+0x (/x)", "f+0x"},
        {"4010 no_module+0x12", "no_module"},
        {"  4010     spaces   (/x)  ", "spaces"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) expect_name(cases[i][0], cases[i][1], NULL);
    flame_read_options options = defaults();
    options.perf.context = true;
    expect_name("4010 f(int, char) const (/x)", "f(int, char) const", &options);
    options = defaults();
    options.perf.addrs = true;
    expect_name("4010 [unknown] (/usr/lib/libz.so.1)", "[libz.so.1 <4010>]", &options);
}

static void annotations(void **state)
{
    (void)state;
    flame_read_options options = defaults();
    options.perf.kernel = true;
    expect_name("ffffffff81 do_sys ([kernel.kallsyms])", "do_sys_[k]", &options);
    expect_name("ffffffff81 do_sys (/usr/lib/debug/vmlinux)", "do_sys_[k]", &options);
    expect_name("ffffffff81 nf ([nf_conntrack])", "nf_[k]", &options);
    expect_name("7fff81 clock ([vdso])", "clock", &options);
    expect_name("4010 f ([unknown])", "f", &options);
    expect_name("ffffffff81 irq_exit (/usr/lib/debug/boot/vmlinux-5.4.14)", "irq_exit_[k]", &options);
    expect_name("ffffffff81 rx (/lib/modules/5.4/mlx5_core.ko.debug)", "rx_[k]", &options);
    expect_name("4010 f (/tmp/perf-1.map)", "f", &options);
    options = defaults();
    options.perf.jit = options.perf.inlined = true;
    expect_name("4010 f (/tmp/perf-1.map)", "f_[j]", &options);
    expect_name("4010 f->g (/tmp/perf-1.map)", "f_[j];g_[i]", &options);
    expect_name("4010 java.util.X->a.b.C (/tmp/perf-1.map)", "java.util.X_[j];a.b.C_[i]", &options);
    expect_name("4010 f (/tmp/jitted-31714-4145673320.so)", "f_[j]", &options);
    expect_name("4010 f (inlined)", "f_[i]", &options);
    expect_name("4010 f (/bin/x)", "f", &options);
}

static void events_are_not_mixed(void **state)
{
    (void)state;
    static const char text[] =
        "a 1/2 [000] 1.5:  7 cycles:u: \n\t4010 f (/a)\n\n"
        "a 1/2 [000] 1.6:  9 instructions:u: \n\t4010 g (/a)\n\n"
        "a 1/2 [000] 1.7:  1 sched:sched_switch: prev_comm=a: x ==> b\n\t4010 h (/a)\n\n";
    flame_tree *tree;
    flame_report report;
    assert_int_equal(stack_text_read(text, strlen(text), NULL, &tree, &report, NULL), FS_OK);
    assert_string_equal(report.event, "cycles:u");
    assert_int_equal(report.filtered, 2);
    assert_int_equal(report.skipped, 0);
    assert_int_equal(report.format, FLAME_PERF_SCRIPT);
    flame_tree_destroy(tree);
    stack_text_expect(text, NULL, "a;f 7\n");
    flame_read_options options = defaults();
    options.perf.event = "instructions:u";
    stack_text_expect(text, &options, "a;g 9\n");
    options.perf.event = "sched:sched_switch";
    stack_text_expect(text, &options, "a;h 1\n");
    options.perf.event = NULL;
    options.perf.every_event = true;
    stack_text_expect(text, &options, "a;f 7\na;g 9\na;h 1\n");
}

static void the_recording_is_told(void **state)
{
    (void)state;
    static const char text[] = "# ========\n# captured on    : Thu Nov 26\n# hostname : box\n# nothing : x\n"
                               "# cmdline : /usr/bin/perf record -g ./a\n#\n"
                               "a 1/2 [000] 1.5: 5 cycles:\n\t4010 f (/a)\n\n";
    flame_tree *tree;
    flame_report report;
    assert_int_equal(stack_text_read(text, strlen(text), NULL, &tree, &report, NULL), FS_OK);
    assert_string_equal(report.notes,
                        "captured on: Thu Nov 26; hostname: box; cmdline: /usr/bin/perf record -g ./a");
    assert_false(report.flat);
    flame_tree_destroy(tree);
    static const char flat[] = "a 1/2 [000] 1.5: 5 cycles: 4010 f (/a)\n";
    assert_int_equal(stack_text_read(flat, strlen(flat), NULL, &tree, &report, NULL), FS_OK);
    assert_true(report.flat);
    flame_tree_destroy(tree);
}

static void an_event_that_is_not_there(void **state)
{
    (void)state;
    static const char text[] = "a 1/2 [000] 1.5: 5 cycles:\n\t4010 f (/a)\n\n"
                               "a 1/2 [000] 1.6: 5 cycles:\n\t4010 f (/a)\n\n"
                               "a 1/2 [000] 1.6: sched:sched_switch: prev=a\n\t4010 g (/a)\n\n";
    flame_tree *tree;
    flame_report report;
    fs_error error = {0};
    flame_read_options options = defaults();
    options.perf.event = "nope";
    assert_int_equal(stack_text_read(text, strlen(text), &options, &tree, &report, &error), FS_ARGUMENT);
    assert_string_equal(error.message,
                        "test has no sample of event 'nope'; there are: cycles, sched:sched_switch");
}

static void lines_that_repeat_come_out_the_same(void **state)
{
    (void)state;
    /* The second and third time a line comes it is not parsed again; Java's names depend on the process. */
    fs_text text;
    fs_text_init(&text);
    for (int i = 0; i < 5; i++)
        fs_text_format(&text,
                       "%s 1 [000] 1.5: cycles:\n\t4010 Lx/y;->z (/tmp/perf-1.map)\n\t1 (skipped) (/x)\n"
                       "\t4011 main (/bin/a)\n\n",
                       i % 2 ? "java" : "node");
    stack_text_expect(fs_text_string(&text), NULL, "java;main;x/y:;z_[i] 2\nnode;main;Lx/y:;z_[i] 3\n");
    fs_text_fini(&text);
}

static void bad_lines_are_told(void **state)
{
    (void)state;
    static const char text[] = "a 1/2 [000] 1.5: cycles:\n\t4010 f (/a)\n\tnot a frame\n\n"
                               "what is this\n"
                               "\t4010 nobody's (/a)\n\n"
                               "a 1/2 [000] 1.5: cycles:\n\t4010 nul\0nul (/a)\n\t4010 f (/a)\n\n"
                               "a 1/2 [000] 1.5: cycles:\n\n"
                               "a 1/2 1.6: PERF_RECORD_EXIT(1:2):(1:2)\n";
    flame_tree *tree;
    flame_report report;
    assert_int_equal(stack_text_read(text, sizeof text - 1, NULL, &tree, &report, NULL), FS_OK);
    assert_int_equal(report.skipped, 4);
    assert_int_equal(report.first_skipped, 3);
    assert_int_equal(report.stacks, 3); /* the one without a stack is the process's */
    char *folded = stack_text_folded(tree);
    assert_string_equal(folded, "a 1\na;f 2\n");
    fs_free(folded);
    flame_tree_destroy(tree);
    fs_error error = {0};
    flame_read_options options = defaults();
    options.format = FLAME_PERF_SCRIPT;
    assert_int_equal(stack_text_read("nothing\n", 8, &options, &tree, &report, &error), FS_DATA);
    assert_non_null(strstr(error.message, "no stack"));
}

/* A head with its frames torn off by an empty line is no sample of the command itself. */
static void frames_without_their_samples(void **state)
{
    (void)state;
    static const char text[] = "java 10488  9962.502413:   10101010 cpu-clock:\n\n"
                               "\tffffffffaee8017b fput+0xb ([kernel.kallsyms])\n"
                               "\tffffffffaee7f61c ksys_write+0x9c ([kernel.kallsyms])\n"
                               "\tffffffffaec041cb do_syscall_64+0x5b ([kernel.kallsyms])\n";
    flame_tree *tree;
    flame_report report;
    fs_error error = {0};
    assert_int_equal(stack_text_read(text, sizeof text - 1, NULL, &tree, &report, &error), FS_DATA);
    assert_non_null(strstr(error.message, "most of its 5 lines are not of one. The first is line 3"));
    flame_read_options options = defaults();
    options.format = FLAME_PERF_SCRIPT; /* who names the format has what there is */
    stack_text_expect(text, &options, "java 10101010\n");
}

static void formats_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        flame_format format;
    } cases[] = {
        {"a;b 1\n", FLAME_FOLDED},
        {"# comment\na 1\n", FLAME_FOLDED},
        {"java 12 [000] 4.5: x: y;z 3\n", FLAME_FOLDED},
        {"procs 12 things: 5\nmain 3\n", FLAME_FOLDED},
        {"java 12 4.5: cycles:\n\t4010 f (/a)\n", FLAME_PERF_SCRIPT},
        {"java 12 cycles:\n\t4010 f (/a)\n", FLAME_PERF_SCRIPT},
        {"\xFF\xFE"
         "a\0 \0"
         "1\0\n\0",
         FLAME_FOLDED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        flame_tree *tree;
        flame_report report;
        size_t length = i == 6 ? 10 : strlen(cases[i].text);
        assert_int_equal(stack_text_read(cases[i].text, length, NULL, &tree, &report, NULL), FS_OK);
        assert_int_equal(report.format, cases[i].format);
        flame_tree_destroy(tree);
    }
}

static void a_deep_stack(void **state)
{
    (void)state;
    enum { DEEP = 100000 };
    fs_text text;
    fs_text_init(&text);
    for (int sample = 0; sample < 3; sample++) {
        fs_text_add(&text, "a 1/2 [000] 1.5: cycles:\n");
        for (int i = 0; i < DEEP; i++) fs_text_format(&text, "\t%x f%d (/a)\n", 0x4000 + i % 8, i % 3);
        fs_text_add(&text, "\n");
    }
    flame_tree *tree;
    assert_int_equal(stack_text_read(text.data, text.length, NULL, &tree, NULL, NULL), FS_OK);
    assert_int_equal(flame_tree_nodes(tree), DEEP + 2);
    assert_true(flame_tree_counts(tree, DEEP + 1).self_after == 3);
    flame_tree_destroy(tree);
    fs_text_fini(&text);
}

/* Cut in the middle of a line. Without a blank line, or a newline, at its end it may still be whole. */
static void an_input_cut_off_is_told(void **state)
{
    (void)state;
    static const char whole[] =
        "java 1/1 [000] 1.5: 10 cycles:\n\t7f1c run+0x1f (/lib/x.so)\n\t7f1d main (/bin/x)";
    for (size_t length = sizeof whole - 1; length >= 40; length--) {
        flame_tree *tree;
        flame_report report;
        assert_int_equal(stack_text_read(whole, length, NULL, &tree, &report, NULL), FS_OK);
        char last = whole[length - 1];
        assert_true((report.note != NULL) == (last != ')' && last != '\n'));
        flame_tree_destroy(tree);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_become_stacks),
        cmocka_unit_test(the_period_is_the_weight),
        cmocka_unit_test(large_periods_are_exact),
        cmocka_unit_test(periods_have_a_unit),
        cmocka_unit_test(commands_with_spaces_and_numbers),
        cmocka_unit_test(names_are_tidied),
        cmocka_unit_test(annotations),
        cmocka_unit_test(events_are_not_mixed),
        cmocka_unit_test(the_recording_is_told),
        cmocka_unit_test(an_event_that_is_not_there),
        cmocka_unit_test(lines_that_repeat_come_out_the_same),
        cmocka_unit_test(bad_lines_are_told),
        cmocka_unit_test(an_input_cut_off_is_told),
        cmocka_unit_test(frames_without_their_samples),
        cmocka_unit_test(formats_are_told_apart),
        cmocka_unit_test(a_deep_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
