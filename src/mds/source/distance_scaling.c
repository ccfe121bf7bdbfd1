/* Columns of features brought to a common scale, and made uncorrelated. */
#include "distance_plan.h"

#include "memory.h"
#include "scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is taken off a column and what it is divided by; 0: a constant column, which becomes 0. */
struct column {
    double centre, spread;
};

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Interpolated between the sorted values around it, as R's quantile and NumPy's percentile do. */
static double quantile(const double *sorted, size_t n, double share)
{
    double at = share * (double)(n - 1), below = floor(at);
    size_t k = (size_t)below;
    if (k + 1 >= n) return sorted[n - 1];
    return sorted[k] + (at - below) * (sorted[k + 1] - sorted[k]);
}

/* Values are divided by a power of two first, so that no square overflows or vanishes. */
static struct column by_deviation(const double *values, size_t n)
{
    double largest = 0, mean = 0, squares = 0;
    int exponent = 0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs(values[i]));
    if (largest > 0) (void)frexp(largest, &exponent);
    for (size_t i = 0; i < n; i++) mean += ldexp(values[i], -exponent);
    mean /= (double)n;
    for (size_t i = 0; i < n; i++) {
        double difference = ldexp(values[i], -exponent) - mean;
        squares += difference * difference;
    }
    double spread = n > 1 ? sqrt(squares / (double)(n - 1)) : 0;
    return (struct column){ldexp(mean, exponent), ldexp(spread, exponent)};
}

/* `values` are sorted in place. */
static fs_status measure(double *values, size_t n, size_t f, mds_scaling scaling, struct column *column,
                         fs_error *error)
{
    *column = by_deviation(values, n);
    qsort(values, n, sizeof *values, by_value);
    bool constant = values[0] == values[n - 1];
    if (constant) {
        *column = (struct column){values[0], 0};
    } else if (scaling == MDS_SCALING_RANGE) {
        *column = (struct column){values[0], values[n - 1] - values[0]};
    } else if (scaling == MDS_SCALING_ROBUST) {
        *column =
            (struct column){quantile(values, n, 0.5), quantile(values, n, 0.75) - quantile(values, n, 0.25)};
        if (column->spread == 0)
            return fs_fail(error, FS_DATA,
                           "column %zu: the quartiles are both %g, so there is nothing to divide by; choose "
                           "another scaling",
                           f + 1, values[n / 2]);
    }
    return FS_OK;
}

static fs_status check_finite(const mds_distance_plan *plan, fs_error *error)
{
    for (size_t s = plan->square; s < 2; s++) {
        const mds_distance_side *side = &plan->sides[s];
        for (size_t i = 0; i < side->n; i++)
            for (size_t f = 0; f < plan->m; f++) {
                double value = side->features[i * side->ld + f];
                if (!(fabs(value) <= MDS_LARGEST))
                    return fs_fail(error, FS_DATA, "%s %zu, column %zu: the feature is %s", side->noun, i + 1,
                                   f + 1,
                                   isnan(value)   ? "not a number"
                                   : isinf(value) ? "infinite"
                                                  : "above 1e+300 in size; scale the data down");
            }
    }
    return FS_OK;
}

fs_status mds_distance_plan_scale(mds_distance_plan *plan, mds_scaling scaling, fs_error *error)
{
    size_t m = plan->m, n = plan->sides[1].n, cells;
    fs_status status = check_finite(plan, error);
    if (status) return status;
    double *values = fs_alloc(n, sizeof *values);
    struct column *columns = fs_alloc(m, sizeof *columns);
    bool enough = values && columns;
    for (size_t s = plan->square; s < 2 && enough; s++) {
        mds_distance_side *side = &plan->sides[s];
        side->scaled = fs_size_mul(side->n, m, &cells) ? fs_alloc(cells, sizeof(double)) : NULL;
        enough = side->scaled != NULL;
    }
    if (!enough) status = fs_fail_memory(error, "scaling the features", 0);
    for (size_t f = 0; f < m && !status; f++) {
        for (size_t i = 0; i < n; i++) values[i] = plan->sides[1].features[i * plan->sides[1].ld + f];
        status = measure(values, n, f, scaling, &columns[f], error);
    }
    for (size_t s = plan->square; s < 2 && !status; s++) {
        mds_distance_side *side = &plan->sides[s];
        for (size_t i = 0; i < side->n; i++)
            for (size_t f = 0; f < m; f++) {
                double value = side->features[i * side->ld + f] - columns[f].centre;
                side->scaled[i * m + f] = columns[f].spread > 0 ? value / columns[f].spread : 0;
            }
        side->features = side->scaled;
        side->ld = m;
    }
    fs_free(values);
    fs_free(columns);
    return status;
}

/* ---- Mahalanobis ---- */

struct whitening {
    mds_distance_side *side;
    double *columns; /* the second side's features, column by column: m x n */
    double *factor;  /* the covariance, then its Cholesky factor: m x m */
    size_t n, m;
};

static void covariance_row(void *context, unsigned worker, size_t k)
{
    (void)worker;
    const struct whitening *w = context;
    for (size_t l = 0; l <= k; l++) {
        const double *a = w->columns + k * w->n, *b = w->columns + l * w->n;
        double sum = 0;
        for (size_t i = 0; i < w->n; i++) sum += a[i] * b[i];
        w->factor[k * w->m + l] = sum / (double)(w->n - 1);
    }
}

static fs_status factorise(double *a, size_t m, fs_error *error)
{
    for (size_t k = 0; k < m; k++)
        for (size_t i = k; i < m; i++) {
            double sum = a[i * m + k];
            for (size_t l = 0; l < k; l++) sum -= a[i * m + l] * a[k * m + l];
            /* Columns have variance 1; of one that others make up, rounding is left. */
            if (i == k && !(sum > 1e-12 * (double)m))
                return fs_fail(error, FS_DATA,
                               "column %zu is constant, or is made up of columns before it, so the "
                               "covariance has no inverse; leave it out or choose another metric",
                               k + 1);
            a[i * m + k] = i == k ? sqrt(sum) : sum / a[k * m + k];
        }
    return FS_OK;
}

static void whiten_row(void *context, unsigned worker, size_t i)
{
    (void)worker;
    const struct whitening *w = context;
    double *row = w->side->scaled + i * w->m;
    for (size_t k = 0; k < w->m; k++) {
        for (size_t l = 0; l < k; l++) row[k] -= w->factor[k * w->m + l] * row[l];
        row[k] /= w->factor[k * w->m + k];
    }
}

fs_status mds_distance_plan_whiten(mds_distance_plan *plan, mds_thread_pool *pool, fs_error *error)
{
    size_t m = plan->m, n = plan->sides[1].n, cells;
    if (n <= m)
        return fs_fail(error, FS_DATA,
                       "%zu objects are too few for the covariance of %zu features, which needs more objects "
                       "than features to have an inverse; choose another metric",
                       n, m);
    struct whitening w = {.n = n, .m = m};
    w.columns = fs_size_mul(n, m, &cells) ? fs_alloc(cells, sizeof(double)) : NULL;
    w.factor = fs_size_mul(m, m, &cells) ? fs_alloc(cells, sizeof(double)) : NULL;
    fs_status status = FS_OK;
    if (!w.columns || !w.factor) status = fs_fail_memory(error, "computing the covariance", 0);
    if (!status) {
        for (size_t f = 0; f < m; f++)
            for (size_t i = 0; i < n; i++) w.columns[f * n + i] = plan->sides[1].scaled[i * m + f];
        mds_thread_pool_run(pool, m, covariance_row, &w);
        status = factorise(w.factor, m, error);
    }
    for (size_t s = plan->square; s < 2 && !status; s++) {
        w.side = &plan->sides[s];
        mds_thread_pool_run(pool, w.side->n, whiten_row, &w);
    }
    fs_free(w.columns);
    fs_free(w.factor);
    return status;
}
