/* The shares of lines and functions in a profile. */
#include "line_share.h"
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_line_shares(void **state)
{
    (void)state;
    fs_error error;
    flame_tree *tree;
    assert_int_equal(flame_tree_create(&tree, &error), FS_OK);
    static const char *const names[] = {"x.py:a:1", "x.py:b:2", "x.py:<listcomp>:1"};
    uint32_t ids[3], at = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(flame_tree_name(tree, names[i], strlen(names[i]), false, &ids[i], &error), FS_OK);
    const int way[] = {0, 1, 2}; /* the comprehension stands on the line of a */
    const double self[] = {1, 2, 4};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(flame_tree_child(tree, at, ids[way[i]], &at, &error), FS_OK);
        flame_tree_add(tree, at, self[i], 0);
    }
    flame_tree_finish(tree);
    flame_line_share *list;
    size_t count;
    assert_int_equal(flame_line_shares(tree, &list, &count, &error), FS_OK);
    assert_int_equal(count, 3);
    assert_true(list[0].self == 5 && list[0].total == 7 && list[0].frame.line == 1);
    assert_true(list[1].self == 2 && list[1].total == 6);
    flame_tree *merged;
    assert_int_equal(flame_tree_create(&merged, &error), FS_OK);
    assert_int_equal(flame_function_merge(tree, 2, true, merged, &error), FS_OK);
    assert_int_equal(flame_function_merge(tree, 1, false, merged, &error), FS_OK);
    flame_tree_finish(merged);
    assert_true(flame_tree_counts(merged, 0).total_before == 14 &&
                flame_tree_counts(merged, 0).total_after == 7);
    assert_int_equal(flame_tree_names(merged), 3);
    fs_free(list);
    flame_tree_destroy(tree);
    flame_tree_destroy(merged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
