/* Majorization against published numbers and against the Guttman transform written out with a pseudo-inverse.
 */
#include "dissimilarity.h"
#include "table_read.h"

#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TRACE = 300, MOST = 21 };

static mds_iteration trace[TRACE];

/* Plain steps from x, at most so many. */
static mds_result steps(const mds_problem *of, size_t p, uint64_t most, double *x)
{
    mds_smacof_options smacof = {.size = sizeof smacof, .acceleration = MDS_ACCELERATION_NONE};
    mds_fit_options options = {.size = sizeof options,
                               .method = "smacof",
                               .start = MDS_START_GIVEN,
                               .iterations = most,
                               .tolerance = 1e-15,
                               .threads = 1,
                               .method_options = &smacof,
                               .trace = trace,
                               .trace_capacity = TRACE,
                               .trace_step = sizeof *trace};
    mds_result result = {.size = sizeof result};
    mds_error error;
    if (mds_fit(of, p, &options, x, p, &result, &error) != MDS_OK) fail_msg("%s", error.message);
    return result;
}

/* Borg and Groenen, Modern Multidimensional Scaling, 2nd edition, p. 154: one Guttman transform. */
static void the_step_of_borg_and_groenen(void **state)
{
    (void)state;
    double delta[] = {0, 5, 3, 4, 5, 0, 2, 2, 3, 2, 0, 1, 4, 2, 1, 0};
    double x[] = {-.266, -.539, .451, .252, .016, -.238, -.200, .524};
    static const double want[] = {-1.415, -2.471, 1.633, 1.107, .249, -.067, -.468, 1.431};
    mds_problem of = {.size = sizeof of, .n = 4, .delta = delta, .ld = 4};
    double before[2] = {0}, after[2] = {0};
    for (size_t c = 0; c < 8; c++) before[c % 2] += x[c] / 4;
    steps(&of, 2, 1, x);
    for (size_t c = 0; c < 8; c++) after[c % 2] += x[c] / 4;
    for (size_t k = 0; k < 2; k++) assert_true(fabs(after[k] - before[k]) < 1e-12);
    for (size_t c = 0; c < 8; c++)
        assert_true(fabs(x[c] - after[c % 2] - want[c]) < 0.0015); /* 3 digits of x */
}

/* From Torgerson's map at its best scale, plain steps until sigma^2 (over sum delta^2) falls by less than
 * `drop`: how many, and where. The numbers are those of the table in data/README.md, of an independent
 * program.
 */
static void check_reference(const char *path, size_t n, double drop, size_t want_steps, double want)
{
    mds_table table;
    mds_error failure;
    fs_error error;
    mds_read_options read = {.layout = MDS_LAYOUT_AUTO};
    double x[MOST * 2];
    if (mds_table_read(path, &read, &table, &error) != FS_OK) fail_msg("%s", error.message);
    if (mds_table_to_square(&table, path, 0, &error) != FS_OK) fail_msg("%s", error.message);
    mds_problem of = {.size = sizeof of, .n = n, .delta = table.values, .ld = n};
    mds_fit_options classical = {.size = sizeof classical, .method = "classical"};
    mds_result torgerson = {.size = sizeof torgerson};
    if (mds_fit(&of, 2, &classical, x, 2, &torgerson, &failure) != MDS_OK) fail_msg("%s", failure.message);
    for (size_t c = 0; c < 2 * n; c++) x[c] *= torgerson.scale;

    mds_result result = steps(&of, 2, TRACE, x);
    double size = result.loss / (result.normalized * result.normalized), before = result.start_loss / size;
    size_t t = 0;
    while (t < result.trace_used && before - trace[t].loss / size >= drop) before = trace[t++].loss / size;
    assert_int_equal(t + 1, want_steps);
    assert_true(fabs(trace[t].loss / size - want) < 6e-8);
    mds_table_fini(&table);
}

static void the_reference_table(void **state)
{
    (void)state;
    check_reference(FLAMESCALE_DATA "/ekman.csv", 14, 1e-10, 25, 0.0172132);
    check_reference(FLAMESCALE_DATA "/us_cities_road.csv", 9, 1e-10, 62, 0.0001958);
    check_reference(FLAMESCALE_DATA "/eurodist.csv", 21, 1e-12, 90, 0.0052073);
}

/* ---- weights ---- */

enum { N = 12 };

/* Solve a x = b of order N by elimination with pivots. */
static void solve(double a[N][N], double b[N])
{
    for (size_t c = 0; c < N; c++) {
        size_t pivot = c;
        for (size_t r = c; r < N; r++)
            if (fabs(a[r][c]) > fabs(a[pivot][c])) pivot = r;
        for (size_t k = 0; k < N; k++) {
            double spare = a[c][k];
            a[c][k] = a[pivot][k], a[pivot][k] = spare;
        }
        double spare = b[c];
        b[c] = b[pivot], b[pivot] = spare;
        for (size_t r = 0; r < N; r++) {
            if (r == c) continue;
            double factor = a[r][c] / a[c][c];
            for (size_t k = 0; k < N; k++) a[r][k] -= factor * a[c][k];
            b[r] -= factor * b[c];
        }
    }
    for (size_t c = 0; c < N; c++) b[c] /= a[c][c];
}

/* V^+ B x for the column k of x: V + 1/N is V made regular on constants. */
static void guttman(const mds_problem *of, const double *x, size_t k, double *to)
{
    double v[N][N];
    for (size_t i = 0; i < N; i++) {
        to[i] = 0;
        for (size_t j = 0; j < N; j++) v[i][j] = 1.0 / N;
    }
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            double w = of->weights[i * N + j], g = of->delta[i * N + j];
            if (i == j || w == 0 || isnan(g)) continue;
            double d = hypot(x[2 * i] - x[2 * j], x[2 * i + 1] - x[2 * j + 1]);
            v[i][j] -= w, v[i][i] += w;
            to[i] += w * g / d * (x[2 * i + k] - x[2 * j + k]);
        }
    solve(v, to);
}

static double wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return t - floor(t);
}

static void a_weighted_step_is_the_pseudo_inverse_s(void **state)
{
    (void)state;
    double delta[N * N], weights[N * N], x[N * 2], want[2][N];
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j <= i; j++) {
            delta[i * N + j] = delta[j * N + i] = i == j                  ? 0
                                                  : wave(i * N + j) < 0.1 ? NAN
                                                                          : 1 + wave(i * N + j);
            weights[i * N + j] = weights[j * N + i] =
                wave(i + j * N) < 0.2 ? 0 : pow(10, 2 * wave(i + j * N));
        }
    for (size_t c = 0; c < N * 2; c++) x[c] = wave(c + 1000);
    mds_problem of = {.size = sizeof of, .n = N, .delta = delta, .ld = N, .weights = weights, .ldw = N};
    for (size_t k = 0; k < 2; k++) guttman(&of, x, k, want[k]);
    steps(&of, 2, 1, x);
    for (size_t k = 0; k < 2; k++) {
        double shift = 0;
        for (size_t i = 0; i < N; i++) shift += (x[2 * i + k] - want[k][i]) / N;
        for (size_t i = 0; i < N; i++) assert_true(fabs(x[2 * i + k] - want[k][i] - shift) < 1e-3);
    }
}

static void accelerations_end_where_plain_steps_do(void **state)
{
    (void)state;
    double delta[N * N], x[N * 2], loss[3];
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j <= i; j++)
            delta[i * N + j] = delta[j * N + i] =
                i == j ? 0
                       : hypot(wave(i) - wave(j), wave(i + N) - wave(j + N)) * (0.9 + 0.2 * wave(i * N + j));
    mds_problem of = {.size = sizeof of, .n = N, .delta = delta, .ld = N};
    uint64_t iterations[3];
    for (int a = 0; a < 3; a++) {
        mds_smacof_options smacof = {.size = sizeof smacof, .acceleration = (mds_acceleration)a};
        mds_fit_options options = {.size = sizeof options,
                                   .method = "smacof",
                                   .start = MDS_START_GIVEN,
                                   .tolerance = 1e-13,
                                   .method_options = &smacof};
        mds_result result = {.size = sizeof result};
        for (size_t i = 0; i < N; i++) x[2 * i] = wave(i) + 0.1, x[2 * i + 1] = 0.8 * wave(i + N);
        assert_int_equal(mds_fit(&of, 2, &options, x, 2, &result, NULL), MDS_OK);
        assert_int_equal(result.stop, MDS_STOP_CONVERGED);
        loss[a] = result.loss, iterations[a] = result.iterations;
    }
    for (int a = 0; a < 3; a++) assert_true(fabs(loss[a] - loss[2]) <= 1e-8 * loss[2]);
    assert_true(iterations[MDS_ACCELERATION_SQUARED] < iterations[MDS_ACCELERATION_NONE]);
}

static void an_option_that_is_none(void **state)
{
    (void)state;
    double delta[] = {0, 1, 2, 1, 0, 1, 2, 1, 0}, x[6];
    mds_problem of = {.size = sizeof of, .n = 3, .delta = delta, .ld = 3};
    mds_smacof_options smacof = {.size = sizeof smacof, .acceleration = (mds_acceleration)3};
    mds_fit_options options = {.size = sizeof options, .method = "smacof", .method_options = &smacof};
    assert_int_equal(mds_fit(&of, 2, &options, x, 2, NULL, NULL), MDS_ARGUMENT);
    mds_lbfgs_options lbfgs = {.size = sizeof lbfgs, .history = 101};
    options.method = "lbfgs";
    options.method_options = &lbfgs;
    assert_int_equal(mds_fit(&of, 2, &options, x, 2, NULL, NULL), MDS_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_step_of_borg_and_groenen),
        cmocka_unit_test(the_reference_table),
        cmocka_unit_test(a_weighted_step_is_the_pseudo_inverse_s),
        cmocka_unit_test(accelerations_end_where_plain_steps_do),
        cmocka_unit_test(an_option_that_is_none),
    };
    return cmocka_run_group_tests_name("smacof", tests, NULL, NULL);
}
