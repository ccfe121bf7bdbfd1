/* Maps turned, grouped, labelled and drawn. */
#include "label_place.h"
#include "map_groups.h"
#include "map_plot.h"
#include "memory.h"
#include "principal_axes.h"
#include "random.h"
#include "scratch_file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { N = 40, P = 3 };

static void random_map(double *x, uint64_t seed)
{
    fs_random random;
    fs_random_init(&random, seed);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < P; k++) {
            double value = fs_random_normal(&random) * (double)(k + 1);
            x[i * P + k] = value * value * value + 5; /* skewed, so that each axis has a side */
        }
}

static double distance(const double *x, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < P; k++) sum += (x[i * P + k] - x[j * P + k]) * (x[i * P + k] - x[j * P + k]);
    return sqrt(sum);
}

static double variance(const double *x, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < N; i++) sum += x[i * P + k] * x[i * P + k];
    return sum;
}

static void axes_keep_distances_and_order_spread(void **state)
{
    (void)state;
    double before[N * P], x[N * P];
    random_map(before, 1);
    memcpy(x, before, sizeof x);
    fs_error error;
    assert_int_equal(mds_principal_axes(x, N, P, P, &error), FS_OK);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++) {
            double d = distance(before, i, j);
            assert_true(fabs(distance(x, i, j) - d) <= 1e-12 * (1 + d));
        }
    for (size_t k = 0; k < P; k++) {
        double mean = 0, cubes = 0;
        for (size_t i = 0; i < N; i++) {
            mean += x[i * P + k];
            cubes += x[i * P + k] * x[i * P + k] * x[i * P + k];
        }
        assert_true(fabs(mean) < 1e-9);
        assert_true(cubes < 0);
        if (k) assert_true(variance(x, k) <= variance(x, k - 1));
        for (size_t l = 0; l < k; l++) {
            double cross = 0;
            for (size_t i = 0; i < N; i++) cross += x[i * P + k] * x[i * P + l];
            assert_true(fabs(cross) < 1e-9 * variance(x, l));
        }
    }
}

static void axes_undo_rotation_and_reflection(void **state)
{
    (void)state;
    double x[N * P], y[N * P];
    random_map(x, 2);
    double c = cos(0.7), s = sin(0.7);
    for (size_t i = 0; i < N; i++) {
        y[i * P] = -(c * x[i * P] - s * x[i * P + 1]) + 3;
        y[i * P + 1] = s * x[i * P] + c * x[i * P + 1] - 8;
        y[i * P + 2] = -x[i * P + 2];
    }
    fs_error error;
    assert_int_equal(mds_principal_axes(x, N, P, P, &error), FS_OK);
    assert_int_equal(mds_principal_axes(y, N, P, P, &error), FS_OK);
    for (size_t i = 0; i < N * P; i++) assert_true(fabs(x[i] - y[i]) < 1e-9);
}

static void axes_of_nothing_much(void **state)
{
    (void)state;
    fs_error error;
    double same[6] = {2, 3, 2, 3, 2, 3}, two[4] = {-1, 0, 1, 0};
    assert_int_equal(mds_principal_axes(same, 3, 2, 2, &error), FS_OK);
    for (size_t i = 0; i < 6; i++) assert_true(same[i] == 0);
    assert_int_equal(mds_principal_axes(two, 2, 2, 2, &error), FS_OK);
    assert_true(two[0] == -1 && two[2] == 1);
}

static void axes_at_any_magnitude(void **state)
{
    (void)state;
    static const int exponents[] = {-950, -400, -200, -61, 61, 200, 400, 950};
    double plain[N * P], scaled[N * P];
    fs_error error;
    random_map(plain, 4);
    double map[N * P];
    memcpy(map, plain, sizeof map);
    assert_int_equal(mds_principal_axes(plain, N, P, P, &error), FS_OK);
    for (size_t e = 0; e < sizeof exponents / sizeof *exponents; e++) {
        for (size_t i = 0; i < N * P; i++) scaled[i] = ldexp(map[i], exponents[e]);
        assert_int_equal(mds_principal_axes(scaled, N, P, P, &error), FS_OK);
        for (size_t i = 0; i < N * P; i++) assert_true(scaled[i] == ldexp(plain[i], exponents[e]));
    }
}

static void groups_in_order(void **state)
{
    (void)state;
    const char *const numbers[] = {"10", "9", "x", "10", "-1.5", "9", "10"};
    mds_groups g;
    fs_error error;
    assert_int_equal(mds_groups_init(&g, numbers, 7, &error), FS_OK);
    assert_int_equal(g.count, 4);
    assert_string_equal(g.names[0], "-1.5");
    assert_string_equal(g.names[1], "9");
    assert_string_equal(g.names[2], "10");
    assert_string_equal(g.names[3], "x");
    assert_int_equal(g.sizes[2], 3);
    assert_int_equal(g.of[0], 2);
    assert_int_equal(g.of[2], 3);
    mds_groups_fini(&g);
}

static bool overlap(const mds_label *a, const mds_label *b)
{
    return a->left < b->left + b->width && b->left < a->left + a->width && a->top < b->top + b->height &&
           b->top < a->top + a->height;
}

static void labels_do_not_pile_up(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    double points[2 * COUNT];
    mds_label labels[COUNT];
    fs_random random;
    fs_random_init(&random, 5);
    for (size_t i = 0; i < COUNT; i++) {
        points[2 * i] = 50 + 700 * fs_random_unit(&random);
        points[2 * i + 1] = 50 + 500 * fs_random_unit(&random);
        labels[i] = (mds_label){.x = points[2 * i], .y = points[2 * i + 1], .width = 60, .height = 14};
    }
    mds_label_space space = {
        .points = points, .count = COUNT, .radius = 3, .right = 800, .bottom = 600, .far = true};
    fs_error error;
    assert_int_equal(mds_place_labels(&space, labels, COUNT, &error), FS_OK);
    size_t placed = 0;
    for (size_t i = 0; i < COUNT; i++) {
        const mds_label *l = &labels[i];
        if (!l->placed) continue;
        placed++;
        assert_true(l->left >= 0 && l->top >= 0 && l->left + l->width <= 800 && l->top + l->height <= 600);
        for (size_t j = 0; j < i; j++)
            if (labels[j].placed) assert_false(overlap(l, &labels[j]));
        for (size_t j = 0; j < COUNT; j++) {
            mds_label point = {
                .left = points[2 * j] - 3, .top = points[2 * j + 1] - 3, .width = 6, .height = 6};
            if (j != i) assert_false(overlap(l, &point));
        }
    }
    assert_true(placed > COUNT / 2);
}

static void labels_go_somewhere_when_forced(void **state)
{
    (void)state;
    enum { COUNT = 30 };
    double points[2 * COUNT];
    mds_label labels[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        points[2 * i] = points[2 * i + 1] = 100; /* all in one spot */
        labels[i] = (mds_label){.x = 100, .y = 100, .width = 90, .height = 14};
    }
    mds_label_space space = {.points = points,
                             .count = COUNT,
                             .radius = 3,
                             .right = 200,
                             .bottom = 200,
                             .far = true,
                             .forced = true};
    fs_error error;
    assert_int_equal(mds_place_labels(&space, labels, COUNT, &error), FS_OK);
    for (size_t i = 0; i < COUNT; i++) assert_true(labels[i].placed);
}

static void labels_along_a_line_keep_apart(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    double wanted[COUNT], placed[COUNT];
    fs_error error;
    const double few[] = {10, 50, 51, 90};
    assert_int_equal(mds_spread_labels(few, 4, 15, 0, 100, placed, &error), FS_OK);
    const double expected[] = {10, 43, 58, 90};
    for (size_t k = 0; k < 4; k++) assert_true(fabs(placed[k] - expected[k]) < 1e-9);
    fs_random random;
    fs_random_init(&random, 9);
    for (double room = 10 * (COUNT - 1); room < 4000; room *= 2) {
        double at = 0;
        for (size_t k = 0; k < COUNT; k++) /* in heaps, the first at the left edge, the last at the right */
            wanted[k] = at = k % 5            ? at
                             : k == COUNT - 5 ? room
                                              : fmin(room, at + 30 * fs_random_unit(&random));
        assert_int_equal(mds_spread_labels(wanted, COUNT, 10, 0, room, placed, &error), FS_OK);
        assert_true(placed[0] >= 0 && placed[COUNT - 1] <= room + 1e-9);
        for (size_t k = 1; k < COUNT; k++) assert_true(placed[k] - placed[k - 1] >= 10 - 1e-9);
    }
}

static char *drawn(const mds_map_plot *plot)
{
    char path[SCRATCH_PATH], *text;
    size_t length;
    scratch_file(path, "", 0);
    fs_output *output;
    fs_error error;
    assert_int_equal(fs_output_open(path, &output, &error), FS_OK);
    assert_int_equal(mds_map_plot_write(output, plot, &error), FS_OK);
    assert_int_equal(fs_output_commit(output, &error), FS_OK);
    assert_int_equal(fs_file_read(path, 0, &text, &length, &error), FS_OK);
    unlink(path);
    return text;
}

static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at++) count++;
    return count;
}

static void pictures_of_every_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 21, 300, 5000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t p = 1; p <= 3; p++)
            for (int grouped = 0; grouped < 3; grouped++) {
                size_t n = sizes[s];
                if (n == 5000 && p != 2) continue;
                double *x = fs_alloc(n, p * sizeof *x);
                const char **labels = fs_alloc(n, sizeof *labels), **groups = fs_alloc(n, sizeof *groups);
                char(*names)[48] = fs_alloc(n, sizeof *names);
                for (size_t i = 0; i < n; i++) {
                    for (size_t k = 0; k < p; k++) x[i * p + k] = sin((double)(i * (k + 3)));
                    snprintf(names[i], sizeof names[i], "<b>%zu & \"x\"", i);
                    labels[i] = names[i];
                    groups[i] = i % 2 ? "odd" : "even";
                }
                mds_map_plot plot = {
                    .x = x, .n = n, .p = p, .ld = p, .title = "a <title>", .subtitle = "& more"};
                if (grouped > 0) plot.labels = labels;
                if (grouped > 1) plot.groups = groups;
                char *once = drawn(&plot), *again = drawn(&plot);
                assert_string_equal(once, again);
                assert_int_equal(occurrences(once, "class=\"pt "), n);
                assert_null(strstr(once, "nan"));
                assert_null(strstr(once, "inf"));
                assert_null(strstr(once, "<b>"));
                assert_int_equal(occurrences(once, "class=\"legend\""), grouped == 2 && n > 1);
                fs_free(once);
                fs_free(again);
                fs_free(x);
                fs_free(labels);
                fs_free(groups);
                fs_free(names);
            }
}

static void points_all_in_one_place(void **state)
{
    (void)state;
    double x[8] = {1e300, 1e300, 1e300, 1e300, 1e300, 1e300, 1e300, 1e300};
    mds_map_plot plot = {.x = x, .n = 4, .p = 2, .ld = 2, .title = "t", .subtitle = "s"};
    char *text = drawn(&plot);
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "\"inf"));
    fs_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_keep_distances_and_order_spread),
        cmocka_unit_test(axes_undo_rotation_and_reflection),
        cmocka_unit_test(axes_of_nothing_much),
        cmocka_unit_test(axes_at_any_magnitude),
        cmocka_unit_test(groups_in_order),
        cmocka_unit_test(labels_do_not_pile_up),
        cmocka_unit_test(labels_go_somewhere_when_forced),
        cmocka_unit_test(labels_along_a_line_keep_apart),
        cmocka_unit_test(pictures_of_every_size),
        cmocka_unit_test(points_all_in_one_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
