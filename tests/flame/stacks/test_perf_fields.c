/* Reading the output of `perf script -F`: lines with any fields, and frames in every form. */
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

static void samples_without_chains(void **state)
{
    (void)state;
    stack_text_expect("a 1 [000] 1.5:  7 cycles:  ffffffff8103 native_safe_halt+0x1 ([kernel.kallsyms])\n"
                      "a 1 [000] 1.6:  3 cycles:      4010 main (/bin/a)\n"
                      "a 1 [000] 1.7:  3 cycles:      4014 main (/bin/a)\n",
                      NULL, "a;main 6\na;native_safe_halt 7\n");
    /* perf mem record: the address that was loaded, and what happened to it, come before the frame */
    stack_text_expect(
        "a 1/2 1.5:  7 cpu/mem-loads,ldlat=30/P:  7f1234 |OP LOAD|LVL L1 hit|SNP None|TLB L1 or L2 "
        "hit|LCK No|BLK  N/A  0 421a3c execute+0x3 (/bin/a)\n",
        NULL, "a;execute 7\n");
}

/* What -F leaves away, and the forms in which what is left is written (perf 4.9 to 6.1). */
static void fields_may_be_missing(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"bash  4321 15133.123: \n\texecute\n\tf(int, char)+0x1c\n\n",
         "bash;f;execute 1\n"}, /* comm,tid,time,sym */
        {"bash  4321 15133.1:  1 cycles:  421a3c execute+0x1c (/usr/bin/bash)\n", "bash;execute 1\n"},
        {"            bash  4321 15133.1:  1 cycles:  421a3c execute+0x1c (/usr/bin/bash)\n"
         "            dash  4322 15133.2:  2 cycles:  421a3c execute+0x1c (/usr/bin/bash)\n",
         "bash;execute 1\ndash;execute 2\n"},
        {"spin  1578/1578    816.928231:     250000 \n\t           14645 handle (/usr/lib/ld.so)\n"
         "\t           14700 main (/usr/bin/spin)\n\n",
         "spin;main;handle 250000\n"},
        {"  1578/1579 816.9:  250000 cycles:u: \n\t 14645 handle (/usr/lib/ld.so)\n\n", "handle 250000\n"},
        {"1578 816.9: cycles:u: \n\t 14645 handle (/usr/lib/ld.so)\n\n", "handle 1\n"},
        {"spin 816.9: cycles:u: \n\t 14645 handle (/usr/lib/ld.so)\n\n", "spin;handle 1\n"},
        {"spin 816.9: \n\t 14645 handle (/usr/lib/ld.so)\n\n", "spin;handle 1\n"},
        {"spin cycles: \n\t 14645 handle (/usr/lib/ld.so)\n\n", "spin;handle 1\n"},
        {"spin 1578     250000 \n\t 14645 handle (/usr/lib/ld.so)\n\n", "spin;handle 250000\n"},
        {"spin 1578     250000 cycles: \n\t 14645 handle (/usr/lib/ld.so)\n\n", "spin;handle 250000\n"},
        {"spin 1578\n\t 14645 handle (/usr/lib/ld.so)\n\n", "spin;handle 1\n"},
        {"spin \n\t 14645 handle (/usr/lib/ld.so)\n\nspin \n\t 14700 main (/bin/spin)\n\n",
         "spin;handle 1\nspin;main 1\n"},
        {"[003] 15.1: cycles: \n\tffffffff810 ttwu ([kernel.kallsyms])\n\n", "ttwu 1\n"},
        {"spin 15.1: 14645 handle (/usr/lib/ld.so)\n", "spin;handle 1\n"},
        {"spin 1578 15.1: 3 14645 handle (/usr/lib/ld.so)\n", "spin;handle 3\n"},
        {"spin  1578 [003] U 15.1: 7 cycles: 7f12345678 [unknown] ([vdso])\n", "spin;[[vdso]] 7\n"},
        {"spin 1578 816.9: cycles: \n  handle (/usr/lib/ld.so)\n  main (/bin/spin)\n\n",
         "spin;main;handle 1\n"},
        {"spin 1578 816.9: cycles: \n\t     7f12345\n\n", "spin;[unknown] 1\n"},
        {":-1    -1 816.9: cycles: \n\t 14645 handle (/usr/lib/ld.so)\n\n", ":-1;handle 1\n"},
        {"python3    1001001 \n\t 14645 handle\n\npython3  2597 \n\t 14645 handle\n\n",
         "python3;handle 1001002\n"},
        {"   1001001 \n\t 14645 handle\n\n", "handle 1001001\n"},
        {"python3 \n\t           14645\n\t               0\n\n", "python3;[unknown];[unknown] 1\n"},
        {"\n\t           14645 handle\n\t           14700 main\n\n\n\t           14700 main\n\n",
         "main 1\nmain;handle 1\n"},
        {"# ========\n# cmdline : perf record -g python3 -c \nimport time\n\nx 7\n# arch : x86_64\n# "
         "========\n#\n"
         "x 7 1.5: cycles: \n\t14645 f (/x)\n\n",
         "x;f 1\n"},
        {"x 7 [003] 15.1: sched:sched_wakeup: comm=x pid=3 target_cpu=003\n\tffff810 ttwu "
         "([kernel.kallsyms])\n",
         "x;ttwu 1\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        stack_text_expect(cases[i][0], NULL, cases[i][1]);
    flame_read_options options = defaults();
    options.perf.pid = true;
    stack_text_expect("  1578/1579 816.9:  7 cycles:u: \n\t 14645 handle (/usr/lib/ld.so)\n\n", &options,
                      "1578;handle 7\n");
    options = defaults();
    options.perf.no_command = true;
    stack_text_expect("spin 1578 816.9: cycles: \n\t 14645 handle (/usr/lib/ld.so)\n\n", &options,
                      "handle 1\n");
}

/* Without call graphs and without a time: what tells the frame is that perf pads its address (perf 6.1). */
static void padded_frames_stand_alone(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"     7f09e9f80b70 _start\n     5565f6f45175 outer\n ffffffff81775dda elf_load\n",
         "_start 1\nelf_load 1\nouter 1\n"},
        {"     5565f6f45175 outer+0x23 (/opt/my spin)\n", "outer 1\n"},
        {"         my spin      7f09e9f80b70 _start\n         my spin      5565f6f45175 outer\n",
         "my_spin;_start 1\nmy_spin;outer 1\n"},
        {"         my spin cpu-clock:u:      5565f6f45175 outer\n"
         "         my spin cpu-clock:u:      5565f6f45139 inner\n",
         "my_spin;inner 1\nmy_spin;outer 1\n"},
        {"cpu-clock:u:      5565f6f45175 outer\ncpu-clock:u:      5565f6f45175 outer\n", "outer 2\n"},
        {"16963      5565f6f45175 outer\n16963      5565f6f45175 outer\n", "16963;outer 2\n"},
        {"16963/16964      5565f6f45175 outer\n16963/16964      5565f6f45175 outer\n", "outer 2\n"},
        {"61925.078863:      5565f6f45175 outer\n61925.079868:      5565f6f45139 inner\n",
         "inner 1\nouter 1\n"},
        {"   1003009      5565f6f45175 outer\n   1003009      5565f6f45175 outer\n", "outer 2006018\n"},
        {"         my spin 16963    1003009 cpu-clock:u:      5565f6f45175 outer+0x23 (/opt/my spin)\n",
         "my_spin;outer 1003009\n"},
        {"         my spin 16963 1.5: page-faults:u:      7f09e9f80b70      5565f6f45175 outer\n",
         "my_spin;outer 1\n"}, /* addr,ip */
        {"         my spin 16963 1.5: cpu-clock:u:      5565f6f45175\n", "my_spin;[unknown] 1\n"},
        {"     5565f6f45175 outer\n  [spin][5565]\n     5565f6f45175 outer\n  spin.c:9\n", "outer 2\n"},
        /* Stacks, whose tabs may have become blanks, and whose addresses may look like names. */
        {"\t            cafe\n\t            1175\n\n", "[unknown];[unknown] 1\n"},
        {"spin 16963 1.5: cpu-clock:u: \n\t            cafe (/a/b)\n\t            1175 (/a/b)\n\n",
         "spin;[b];[b] 1\n"},
        {"                      5565f6f45175 outer\n                      5565f6f45139 main\n\n",
         "main;outer 1\n"},
        {"cpu-clock:u: \n\t            1175 outer\n\t            11b8 main\n\n", "main;outer 1\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        stack_text_expect(cases[i][0], NULL, cases[i][1]);
    flame_read_options options = defaults();
    options.lines = true;
    stack_text_expect("         my spin 7 1.5: cpu-clock:      5565f6f45175 outer\n  spin.c:9\n", &options,
                      "my_spin;spin.c:outer:9 1\n");
    /* A table is none, though its columns are as wide. */
    static const char table[] = "Name                   12345 total\nvalue  and another line\n";
    flame_tree *tree = NULL;
    flame_report report;
    fs_error error = {0};
    assert_int_not_equal(stack_text_read(table, sizeof table - 1, NULL, &tree, &report, &error), FS_OK);
    assert_null(tree);
}

static void frames_may_begin_at_the_edge(void **state)
{
    (void)state;
    stack_text_expect("java 19983 cycles:\nffffffff8103d0ca f ([kernel.kallsyms])\n7f12345678 g (/x/y)\n\n"
                      "java 19983 cycles:\nffffffff8103d0ca f ([kernel.kallsyms])\n",
                      NULL, "java;f 1\njava;g;f 1\n");
}

static void an_empty_symbol_is_its_file(void **state)
{
    (void)state;
    static const char text[] =
        "wrk 12 1.5: cycles:\n\t    7f1e2215d058  (/lib/x86_64-linux-gnu/libc-2.15.so)\n"
        "\t  400 write0 (/bin/wrk)\n\n";
    stack_text_expect(text, NULL, "wrk;write0;[libc-2.15.so] 1\n");
    flame_read_options options = defaults();
    options.perf.addrs = true;
    stack_text_expect(text, &options, "wrk;write0;[libc-2.15.so <7f1e2215d058>] 1\n");
}

/* -F +srcline: the place below each frame, or below none. */
static void places_become_lines(void **state)
{
    (void)state;
    static const char text[] = "a.out 35081 252436.005167:     667783 cycles:\n"
                               "                  408ebb some_method+0x8b (/full/a.out)\n"
                               "  uniform_int_dist.h:300\n"
                               "                  4069f5 main+0x935 (/full/a.out)\n"
                               "  file.cpp:137\n"
                               "            7f6d2148eb25 __libc_start_main+0xd5 (/lib64/libc-2.33.so)\n"
                               "  libc-2.33.so[27b25]\n\n";
    stack_text_expect(text, NULL, "a.out;__libc_start_main;main;some_method 667783\n");
    flame_read_options options = defaults();
    options.lines = true;
    stack_text_expect(
        text, &options,
        "a.out;__libc_start_main;file.cpp:main:137;uniform_int_dist.h:some_method:300 667783\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_without_chains),      cmocka_unit_test(fields_may_be_missing),
        cmocka_unit_test(padded_frames_stand_alone),   cmocka_unit_test(frames_may_begin_at_the_edge),
        cmocka_unit_test(an_empty_symbol_is_its_file), cmocka_unit_test(places_become_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
