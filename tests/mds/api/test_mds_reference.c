/* Known optima: the least normalised stress in the plane of published data sets, which other programs reach
 * by majorization from a classical start (iterated until it falls by less than 1e-10). */
#include "dissimilarity.h"
#include "mdscale.h"
#include "table_read.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MOST = 32 };

/* The best of eight drawn starts reaches the optimum, and none is better. */
static void best_of_eight(const char *path, size_t n, double known, double rounding)
{
    mds_table table;
    mds_read_options read = {.layout = MDS_LAYOUT_AUTO};
    fs_error trouble;
    if (mds_table_read(path, &read, &table, &trouble) != FS_OK) fail_msg("%s", trouble.message);
    if (mds_table_to_square(&table, path, 0, &trouble) != FS_OK) fail_msg("%s", trouble.message);
    assert_int_equal(table.rows, n);

    mds_problem problem = {.size = sizeof problem, .n = n, .delta = table.values, .ld = n};
    mds_pattern_options pattern = {.size = sizeof pattern, .smallest_radius = 1e-6};
    mds_fit_options options = {
        .size = sizeof options, .method = "pattern", .tolerance = 1e-3, .method_options = &pattern};
    double map[MOST * 2], best = HUGE_VAL;
    for (options.seed = 0; options.seed < 8; options.seed++) {
        mds_stress_values values = {.size = sizeof values};
        mds_error error = {.message = ""};
        if (mds_fit(&problem, 2, &options, map, 2, NULL, &error) != MDS_OK ||
            mds_stress(&problem, 2, NULL, map, 2, &values, &error) != MDS_OK)
            fail_msg("%s", error.message);
        best = fmin(best, values.normalized * values.normalized);
    }
    if (fabs(best - known) > rounding)
        fail_msg("%s: the least stress found is %.8f, not %.7f", path, best, known);
    mds_table_fini(&table);
}

static void ekman(void **state)
{
    (void)state;
    best_of_eight(FLAMESCALE_DATA "/ekman.csv", 14, 0.0172132, 1e-7);
}

static void us_cities(void **state)
{
    (void)state;
    best_of_eight(FLAMESCALE_DATA "/us_cities_road.csv", 9, 0.0001958, 1e-7);
}

static void eurodist(void **state)
{
    (void)state;
    best_of_eight(FLAMESCALE_DATA "/eurodist.csv", 21, 0.0052073, 1e-7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ekman),
        cmocka_unit_test(us_cities),
        cmocka_unit_test(eurodist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
