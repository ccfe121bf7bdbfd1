/* The call tree, what names say, and the difference of two profiles. */
#include "byte_marks.h"
#include "difference.h"
#include "frame_name.h"
#include "random.h"
#include "stack_text.h"
#include "tree_path.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static uint32_t child(flame_tree *tree, uint32_t parent, const char *name)
{
    uint32_t id, node;
    assert_int_equal(flame_tree_name(tree, name, strlen(name), true, &id, NULL), FS_OK);
    assert_int_equal(flame_tree_child(tree, parent, id, &node, NULL), FS_OK);
    return node;
}

static uint32_t child_in_time(flame_tree *tree, uint32_t parent, const char *name)
{
    uint32_t id, node;
    assert_int_equal(flame_tree_name(tree, name, strlen(name), true, &id, NULL), FS_OK);
    assert_int_equal(flame_tree_child_in_time(tree, parent, id, &node, NULL), FS_OK);
    return node;
}

static void nodes_are_frames_under_callers(void **state)
{
    (void)state;
    flame_tree *tree;
    assert_int_equal(flame_tree_create(&tree, NULL), FS_OK);
    uint32_t main_ = child(tree, 0, "main"), a = child(tree, main_, "a"), b = child(tree, main_, "b");
    uint32_t c = child(tree, main_, "c");
    assert_int_equal(child(tree, main_, "a"), a);
    assert_int_equal(child(tree, main_, "b"), b);
    assert_int_equal(child(tree, main_, "c"), c);
    uint32_t under_b = child(tree, b, "a");
    assert_int_not_equal(under_b, a);
    assert_int_equal(flame_tree_node(tree, under_b)->name, flame_tree_node(tree, a)->name);
    flame_tree_add(tree, a, 2, 0);
    flame_tree_add(tree, under_b, 3, 0);
    flame_tree_add(tree, main_, 0.5, 0);
    flame_tree_finish(tree);
    assert_true(flame_tree_counts(tree, 0).total_after == 5.5);
    assert_true(flame_tree_counts(tree, main_).total_after == 5.5);
    assert_true(flame_tree_counts(tree, b).total_after == 3);
    /* Children in order of appearance. */
    assert_int_equal(flame_tree_node(tree, main_)->child, a);
    assert_int_equal(flame_tree_node(tree, a)->sibling, b);
    assert_int_equal(flame_tree_node(tree, b)->sibling, c);
    assert_int_equal(flame_tree_node(tree, c)->sibling, FLAME_NONE);
    assert_false(flame_tree_is_diff(tree));
    assert_false(flame_tree_in_time(tree));
    flame_tree_destroy(tree);
    flame_tree_destroy(NULL);
}

static void expect_exact(const flame_tree *tree, uint32_t node, flame_sum which, const char *text)
{
    char out[FLAME_EXACT_SIZE];
    flame_exact_format(flame_tree_exact(tree, node, which), out);
    assert_string_equal(out, text);
}

/* Small counts whose sum is large, large ones, and both on both sides. */
static void large_counts_add_up(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        flame_tree *tree;
        assert_int_equal(flame_tree_create(&tree, NULL), FS_OK);
        uint32_t main_ = child(tree, 0, "main"), a = child(tree, main_, "a"), b = child(tree, main_, "b");
        flame_tree_add(tree, a, 5, 7);
        flame_tree_finish(tree);
        assert_false(flame_tree_is_large(tree));
        flame_tree_add(tree, b, 9007199254740992.0, 0);
        uint64_t large = round ? UINT64_MAX : 0;
        flame_tree_add_exact(tree, a, flame_exact_of(0), flame_exact_of_u64(large));
        flame_tree_finish(tree);
        flame_tree_finish(tree); /* again is the same */
        assert_true(flame_tree_is_large(tree));
        assert_false(flame_tree_failed(tree));
        expect_exact(tree, a, FLAME_SELF_AFTER, "5");
        expect_exact(tree, b, FLAME_TOTAL_AFTER, "9007199254740992");
        expect_exact(tree, main_, FLAME_SELF_AFTER, "0");
        expect_exact(tree, main_, FLAME_TOTAL_AFTER, "9007199254740997");
        expect_exact(tree, 0, FLAME_TOTAL_AFTER, "9007199254740997");
        expect_exact(tree, 0, FLAME_TOTAL_BEFORE, round ? "18446744073709551622" : "7");
        flame_tree_destroy(tree);
    }
}

static void many_names_and_children(void **state)
{
    (void)state;
    enum { N = 20000 };
    flame_tree *tree;
    assert_int_equal(flame_tree_create(&tree, NULL), FS_OK);
    char name[32];
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 2 * N; i++) {
            snprintf(name, sizeof name, "f%u", i % N);
            assert_int_equal(child(tree, i / N, name), i + 1);
        }
    }
    assert_int_equal(flame_tree_names(tree), N);
    assert_int_equal(flame_tree_nodes(tree), 2 * N + 1);
    assert_true(flame_tree_bytes(tree) > 2 * N * sizeof(flame_node));
    flame_tree_destroy(tree);
}

static void annotations_become_kinds(void **state)
{
    (void)state;
    flame_tree *tree;
    assert_int_equal(flame_tree_create(&tree, NULL), FS_OK);
    static const struct {
        const char *name, *text;
        flame_kind kind;
    } cases[] = {{"f", "f", FLAME_PLAIN},       {"f_[k]", "f", FLAME_KERNEL},
                 {"f_[i]", "f", FLAME_INLINED}, {"f_[j]", "f", FLAME_JIT},
                 {"f_[w]", "f", FLAME_WAKER},   {"f_[x]", "f_[x]", FLAME_PLAIN},
                 {"_[k]", "", FLAME_KERNEL},    {"[k]", "[k]", FLAME_PLAIN},
                 {"f_[k", "f_[k", FLAME_PLAIN}, {"f[unknown]", "f[unknown]", FLAME_PLAIN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t id;
        assert_int_equal(flame_tree_name(tree, cases[i].name, strlen(cases[i].name), true, &id, NULL), FS_OK);
        assert_int_equal(id, i); /* all different */
        const flame_name *name = flame_tree_name_of(tree, id);
        assert_string_equal(name->text, cases[i].text);
        assert_int_equal(name->kind, cases[i].kind);
    }
    flame_tree_destroy(tree);
}

static void time_is_kept(void **state)
{
    (void)state;
    flame_tree *tree;
    assert_int_equal(flame_tree_create(&tree, NULL), FS_OK);
    uint32_t a = child_in_time(tree, 0, "a"), b = child_in_time(tree, a, "b");
    flame_tree_add(tree, b, 2, 0);
    assert_int_equal(child_in_time(tree, 0, "a"), a); /* goes on */
    assert_int_equal(child_in_time(tree, a, "b"), b);
    flame_tree_add(tree, b, 1, 0);
    flame_tree_add(tree, a, 4, 0); /* a itself runs: b has ended */
    uint32_t again = child_in_time(tree, a, "b");
    assert_int_not_equal(again, b);
    flame_tree_add(tree, again, 1, 0);
    uint32_t c = child_in_time(tree, a, "c");
    flame_tree_add(tree, c, 1, 0);
    assert_int_not_equal(child_in_time(tree, a, "b"), again);
    flame_tree_finish(tree);
    assert_true(flame_tree_in_time(tree));
    assert_true(flame_tree_start(tree, a).value == 0 && flame_tree_start(tree, b).value == 0);
    assert_true(flame_tree_start(tree, again).value == 7 && flame_tree_start(tree, c).value == 8);
    assert_true(flame_tree_counts(tree, b).total_after == 3);
    flame_tree_destroy(tree);
}

static void expect_frame(const char *name, const char *function, const char *file, int line)
{
    flame_frame_parts parts = flame_frame_parse(name, strlen(name));
    if (parts.function_length != strlen(function) ||
        memcmp(parts.function, function, parts.function_length) != 0)
        fail_msg("%s: function is %.*s", name, (int)parts.function_length, parts.function);
    if (file) {
        assert_non_null(parts.file);
        if (parts.file_length != strlen(file) || memcmp(parts.file, file, parts.file_length) != 0)
            fail_msg("%s: file is %.*s", name, (int)parts.file_length, parts.file);
    } else {
        assert_null(parts.file);
    }
    assert_int_equal(parts.line, line);
}

static void names_tell_function_file_line(void **state)
{
    (void)state;
    expect_frame("slow.py:norm:12", "norm", "slow.py", 12);
    expect_frame("/a b/c.py:<module>:1", "<module>", "/a b/c.py", 1);
    expect_frame("C:\\x\\y.py:run:7", "run", "C:\\x\\y.py", 7);
    expect_frame("a:b.py:run:7", "run", "a:b.py", 7);
    expect_frame("<frozen importlib._bootstrap>:_call:241", "_call", "<frozen importlib._bootstrap>", 241);
    expect_frame("x.cpp:ns::f:3", "ns::f", "x.cpp", 3);
    expect_frame("run (/a/b.py:9)", "run", "/a/b.py", 9);
    expect_frame("run (C:\\b (1).py:9)", "run", "C:\\b (1).py", 9);
    expect_frame("t\xC3\xA4.py:\xC3\xA4:4", "\xC3\xA4", "t\xC3\xA4.py", 4);
    /* Functions and nothing more. */
    static const char *const plain[] = {"std::vector<int>::push_back",
                                        "a::b:12",
                                        "::b:12",
                                        "foo:12",
                                        "C:\\x\\y.dll",
                                        "f:12:3",
                                        "file.js:12:3",
                                        "(idle)",
                                        "",
                                        ":",
                                        "::",
                                        ":::1",
                                        "a:b:",
                                        "a::12",
                                        ":f:12",
                                        "a:f:12345678901",
                                        "f (12)",
                                        "f (a:b)",
                                        "f(a:1)",
                                        "f (:1)",
                                        "(a:1)",
                                        "operator()(int)",
                                        "-[NSView draw:rect:]"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) expect_frame(plain[i], plain[i], NULL, 0);
}

static const flame_function_change *change_of(const flame_tree *tree, const flame_function_change *changes,
                                              size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(flame_tree_name_of(tree, changes[i].name)->text, name) == 0) return &changes[i];
    fail_msg("no %s", name);
    return NULL;
}

static void difference_of_two_profiles(void **state)
{
    (void)state;
    flame_tree *tree;
    fs_error error;
    assert_int_equal(flame_tree_create(&tree, &error), FS_OK);
    static const char before[] = "main;old 6\nmain;same;same 2\nmain 2\n";
    static const char after[] = "main;new 10\nmain;same;same 8\nmain 2\n";
    flame_read_options options;
    flame_read_options_default(&options);
    options.before = true;
    flame_report report;
    assert_int_equal(
        flame_stacks_read_memory(before, strlen(before), "before", &options, tree, &report, &error), FS_OK);
    assert_true(report.total_before == 10 && report.total_after == 0);
    options.before = false;
    assert_int_equal(flame_stacks_read_memory(after, strlen(after), "after", &options, tree, &report, &error),
                     FS_OK);
    flame_tree_finish(tree);
    assert_true(flame_tree_is_diff(tree));

    flame_function_change *changes;
    size_t count;
    assert_int_equal(flame_tree_changes(tree, &changes, &count, &error), FS_OK);
    assert_int_equal(count, 4);
    assert_string_equal(flame_tree_name_of(tree, changes[0].name)->text, "new"); /* largest first */
    assert_true(changes[0].total_before == 0 && changes[0].self_after == 10);
    const flame_function_change *c = change_of(tree, changes, count, "old");
    assert_true(c->total_after == 0 && c->total_before == 6 && c->self_before == 6);
    c = change_of(tree, changes, count, "same"); /* recursion counts once */
    assert_true(c->total_before == 2 && c->total_after == 8 && c->self_after == 8);
    c = change_of(tree, changes, count, "main");
    assert_true(c->total_before == 10 && c->total_after == 20 && c->self_before == 2);
    fs_free(changes);

    flame_tree_normalize(tree);
    assert_true(flame_tree_counts(tree, 0).total_before == 20 &&
                flame_tree_counts(tree, 0).total_after == 20);
    assert_int_equal(flame_tree_changes(tree, &changes, &count, &error), FS_OK);
    c = change_of(tree, changes, count, "main");
    assert_true(c->self_before == 4 && c->self_after == 2);
    fs_free(changes);
    char *folded = stack_text_folded(tree);
    assert_string_equal(folded, "main 4 2\nmain;new 0 10\nmain;old 12 0\nmain;same;same 4 8\n");
    fs_free(folded);
    flame_tree_destroy(tree);
}

static void changes_of_nothing(void **state)
{
    (void)state;
    flame_tree *tree;
    flame_function_change *changes;
    size_t count;
    assert_int_equal(flame_tree_create(&tree, NULL), FS_OK);
    flame_tree_finish(tree);
    flame_tree_normalize(tree);
    assert_int_equal(flame_tree_changes(tree, &changes, &count, NULL), FS_OK);
    assert_int_equal(count, 0);
    fs_free(changes);
    flame_tree_destroy(tree);
}

/* The totals of names, worked out from the lines themselves, agree with those of the tree. */
static void changes_agree_with_lines(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 11);
    double self[26] = {0}, total[26] = {0};
    fs_text text;
    fs_text_init(&text);
    for (int line = 0; line < 3000; line++) {
        bool seen[26] = {false};
        int depth = 1 + (int)fs_random_below(&random, 12), last = 0;
        double count = 1 + (double)fs_random_below(&random, 9);
        for (int i = 0; i < depth; i++) {
            last = (int)fs_random_below(&random, 26);
            fs_text_format(&text, "%s%c", i ? ";" : "", 'a' + last);
            if (!seen[last]) total[last] += count;
            seen[last] = true;
        }
        self[last] += count;
        fs_text_format(&text, " %g\n", count);
    }
    flame_tree *tree;
    assert_int_equal(stack_text_read(text.data, text.length, NULL, &tree, NULL, NULL), FS_OK);
    flame_function_change *changes;
    size_t count;
    assert_int_equal(flame_tree_changes(tree, &changes, &count, NULL), FS_OK);
    assert_int_equal(count, 26);
    for (size_t i = 0; i < count; i++) {
        int letter = flame_tree_name_of(tree, changes[i].name)->text[0] - 'a';
        assert_true(changes[i].self_after == self[letter] && changes[i].total_after == total[letter]);
    }
    fs_free(changes);
    flame_tree_destroy(tree);
    fs_text_fini(&text);
}

/* So many children of one node that some have the same hash of 32 bits (some ten pairs are to be expected).
 */
static void paths_side_by_side(void **state)
{
    enum { CHILDREN = 300000 };
    (void)state;
    flame_tree *tree;
    assert_int_equal(flame_tree_create(&tree, NULL), FS_OK);
    for (uint32_t i = 0; i < CHILDREN; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u", i);
        assert_int_equal(child(tree, 0, name), i + 1);
        assert_int_equal(flame_tree_node(tree, i + 1)->name, i);
    }
    size_t ended_early = 0;
    for (uint32_t first = 0; first < CHILDREN; first += FLAME_WALKS) {
        uint32_t names[FLAME_WALKS][2];
        flame_tree_walk walks[FLAME_WALKS];
        for (uint32_t i = 0; i < FLAME_WALKS; i++) {
            names[i][0] = (first + i * 7919) % CHILDREN;
            names[i][1] = names[i][0] ^ 1;
            walks[i] = (flame_tree_walk){.names = names[i], .count = 2};
        }
        flame_tree_follow(tree, walks, FLAME_WALKS);
        for (uint32_t i = 0; i < FLAME_WALKS; i++) {
            uint32_t node = names[i][0] + 1, nodes = flame_tree_nodes(tree);
            assert_true(walks[i].node == node || walks[i].node == 0 ||
                        flame_tree_node(tree, walks[i].node)->parent == node);
            ended_early += walks[i].node == 0;
            assert_int_equal(flame_tree_complete(tree, &walks[i], NULL), FS_OK);
            const flame_node *end = flame_tree_node(tree, walks[i].node);
            assert_true(end->parent == node && end->name == names[i][1] && walks[i].count == 0);
            assert_true(flame_tree_nodes(tree) == nodes || walks[i].node == nodes);
        }
    }
    assert_true(ended_early < 1000);
    flame_tree_destroy(tree);
}

static void marks_of_a_byte(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 3);
    for (int round = 0; round < 20000; round++) {
        char text[FLAME_MARKED];
        uint64_t expected = 0;
        for (size_t i = 0; i < sizeof text; i++) {
            /* the byte, its neighbours, those that differ in the highest bit, and any */
            text[i] = (char)(fs_random_below(&random, 2) ? ';' - 1 + (int)fs_random_below(&random, 3)
                                                         : (int)fs_random_below(&random, 256));
            if (fs_random_below(&random, 8) == 0) text[i] = (char)(text[i] ^ 0x80);
            expected |= (uint64_t)(text[i] == ';') << i;
        }
        assert_true(flame_byte_marks(text, ';') == expected);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_are_frames_under_callers),
        cmocka_unit_test(paths_side_by_side),
        cmocka_unit_test(marks_of_a_byte),
        cmocka_unit_test(large_counts_add_up),
        cmocka_unit_test(many_names_and_children),
        cmocka_unit_test(annotations_become_kinds),
        cmocka_unit_test(time_is_kept),
        cmocka_unit_test(names_tell_function_file_line),
        cmocka_unit_test(difference_of_two_profiles),
        cmocka_unit_test(changes_of_nothing),
        cmocka_unit_test(changes_agree_with_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
