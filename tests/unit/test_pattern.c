/* Pattern search: what must hold whatever the data. */
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_example_of_the_header(void **state)
{
    (void)state;
    double delta[] = {0, 3, 4, 3, 0, 5, 4, 5, 0};
    mds_problem problem = {.size = sizeof problem, .n = 3, .delta = delta, .ld = 3};
    mds_pattern_options options = mds_pattern_defaults();
    double map[3 * 2];
    mds_result result;
    mds_error error;
    assert_int_equal(mds_pattern_search(&problem, 2, &options, map, 2, &result, &error), MDS_OK);
    mds_stress_values values;
    assert_int_equal(mds_stress(&problem, map, 2, 2, 1, MDS_ISA_AUTO, &values, NULL, &error), MDS_OK);
    assert_true(values.normalized < 1e-3);
    assert_true(fabs(values.raw - result.stress) < 1e-9);
    assert_true(result.stress <= result.start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_example_of_the_header)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
