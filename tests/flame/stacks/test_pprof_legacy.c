/* pprof's legacy formats: gperftools' and Go's text profiles, and the binary CPU profile. The values are
 * those of the scaling that github.com/google/pprof defines (profile/legacy_profile.go). */
#include "stack_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static flame_read_options of_type(const char *type)
{
    flame_read_options options;
    flame_read_options_default(&options);
    options.sample_type = type;
    return options;
}

static void heap_profiles(void **state)
{
    (void)state;
    static const char text[] = "heap profile:    1:  512 [ 3: 1536] @ heapprofile\n"
                               "     1:      512 [     3:     1536] @ 0x46ff25 0x4011d2\n\n"
                               "MAPPED_LIBRARIES:\n"
                               "00400000-00460000 r-xp 00000000 08:01 1234 /usr/bin/prog\n"
                               "00460000-00500000 r-xp 00000000 08:01 1234 /usr/lib/libx.so (deleted)\n";
    stack_text_expect(text, NULL, "[prog];[libx.so] 512\n");
    flame_read_options options = of_type("alloc_objects");
    stack_text_expect(text, &options, "[prog];[libx.so] 3\n");
    options.perf.addrs = true;
    stack_text_expect(text, &options, "[prog <4011d2>];[libx.so <46ff25>] 3\n");
    /* An object of as many bytes as lie between samples stands for 1 / (1 - 1/e) = 1.58198 of them. */
    static const char go[] = "heap profile: 1: 524288 [1: 524288] @ heap/1048576\n"
                             "1: 524288 [1: 524288] @ 0x46ff25 0x4011d2\n"
                             "#\t0x46ff24\tmain.work+0x64\t/src/main.go:12\n"
                             "#\t0x4011d1\tmain.main+0x31\t/src/main.go:20\n\n"
                             "# runtime.MemStats\n# Alloc = 12345\n";
    stack_text_expect(go, NULL, "main.main;main.work 829411\n");
    options = of_type(NULL);
    options.lines = true;
    stack_text_expect(go, &options, "/src/main.go:main.main:20;/src/main.go:main.work:12 829411\n");
}

static void counts_and_contention(void **state)
{
    (void)state;
    stack_text_expect("goroutine profile: total 5\n4 @ 0x43a6ae 0x40671a\n"
                      "#\t0x43a6ae\truntime.gopark+0xce\t\t/usr/go/proc.go:381\n"
                      "#\t0x5\tmain.main+0xce\t\t\t/usr/go/m.go:1\n\n1 @ 0x43a6ae\n",
                      NULL, "0x43a6ae 1\nmain.main;runtime.gopark 4\n");
    static const char text[] = "--- contention:\ncycles/second=2000000000\nsampling period=100\n"
                               "ms since reset=5\n 2500 3 @ 0x1 0x2\n";
    stack_text_expect(text, NULL, "0x2;0x1 125000\n");
    flame_read_options options = of_type("contentions");
    stack_text_expect(text, &options, "0x2;0x1 300\n");
    stack_text_expect("--- mutex:\ncycles/second=1000000000\nsampling period=1\n7 1 @ 0x1\n", NULL,
                      "0x1 7\n");
}

static void word(fs_text *out, uint64_t value, unsigned size, bool big)
{
    for (unsigned i = 0; i < size; i++) fs_text_char(out, (char)(value >> (8 * (big ? size - 1 - i : i))));
}

static void cpu_profile(fs_text *out, unsigned size, bool big)
{
    static const uint64_t words[] = {0,        3,        0, 10000, 0,          5, 3, 0x400100,
                                     0x400200, 0x400300, 2, 1,     0x7f001000, 0, 1, 0};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) word(out, words[i], size, big);
}

static void cpu_profiles(void **state)
{
    (void)state;
    flame_read_options samples = of_type("samples");
    for (unsigned way = 0; way < 4; way++) {
        fs_text text;
        fs_text_init(&text);
        cpu_profile(&text, way & 1 ? 4 : 8, way & 2);
        fs_text_add(&text, "00400000-00500000 r-xp 00000000 08:01 12 /usr/bin/prog\n");
        flame_tree *tree;
        flame_report report;
        assert_int_equal(stack_text_read(text.data, text.length, &samples, &tree, &report, NULL), FS_OK);
        assert_int_equal(report.format, FLAME_PPROF_CPU);
        assert_true(report.unnamed);
        char *folded = stack_text_folded(tree);
        assert_string_equal(folded, "0x7f001000 2\n[prog];[prog];[prog] 5\n");
        fs_free(folded);
        flame_tree_destroy(tree);
        assert_int_equal(stack_text_read(text.data, text.length, NULL, &tree, &report, NULL), FS_OK);
        assert_string_equal(report.unit, "nanoseconds");
        assert_true(flame_tree_counts(tree, 0).total_after == 7 * 1e7); /* 10,000 microseconds each */
        flame_tree_destroy(tree);
        /* Cut anywhere behind the header: told, and never a crash. */
        fs_error error = {0};
        size_t header = 5 * (way & 1 ? 4u : 8u), end = 16 * (way & 1 ? 4u : 8u);
        for (size_t cut = header; cut < end; cut++) {
            assert_int_equal(stack_text_read(text.data, cut, NULL, &tree, &report, &error), FS_FORMAT);
            assert_non_null(strstr(error.message, "cut off"));
        }
        fs_text_fini(&text);
    }
}

static void names_before_a_profile(void **state)
{
    (void)state;
    fs_text text;
    fs_text_init(&text);
    fs_text_add(&text, "--- symbol\nbinary=/usr/bin/prog\n0x0000000000400100 inner--mid\n"
                       "0x0000000000400200 outer\n0x0000000000400300 main\n---\n--- profile\n");
    cpu_profile(&text, 8, false);
    flame_read_options samples = of_type("samples");
    flame_tree *tree;
    flame_report report;
    assert_int_equal(stack_text_read(text.data, text.length, &samples, &tree, &report, NULL), FS_OK);
    char *folded = stack_text_folded(tree);
    assert_string_equal(folded, "0x7f001000 2\nmain;outer;mid;inner 5\n");
    fs_free(folded);
    flame_tree_destroy(tree);
    fs_text_fini(&text);
    fs_error error = {0};
    static const char cut[] = "--- symbol\nbinary=/usr/bin/prog\n0x400100 f\n---\n";
    assert_int_equal(stack_text_read(cut, strlen(cut), NULL, &tree, &report, &error), FS_FORMAT);
    assert_non_null(strstr(error.message, "no profile follows"));
}

static void an_unknown_type_lists_the_types(void **state)
{
    (void)state;
    flame_tree *tree;
    flame_report report;
    fs_error error = {0};
    flame_read_options options = of_type("nope");
    static const char text[] = "heap profile: 1: 5 [1: 5] @ heapprofile\n1: 5 [1: 5] @ 0x1\n";
    assert_int_equal(stack_text_read(text, strlen(text), &options, &tree, &report, &error), FS_ARGUMENT);
    assert_non_null(strstr(error.message, "it has: alloc_objects, alloc_space, inuse_objects, inuse_space"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(heap_profiles),
        cmocka_unit_test(counts_and_contention),
        cmocka_unit_test(cpu_profiles),
        cmocka_unit_test(names_before_a_profile),
        cmocka_unit_test(an_unknown_type_lists_the_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
