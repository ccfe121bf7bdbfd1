/* Features checked, and made into the parts that a metric sums over. */
#include "distance_plan.h"

#include "memory.h"
#include "scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- checks ---- */

/* The largest feature that a distance of a metric can be computed of; below the least, if all are, nothing
 * but rounding would be left of it. */
static void bounds_of(mds_metric metric, size_t m, double *least, double *most)
{
    bool sums = metric == MDS_MANHATTAN || metric == MDS_BRAYCURTIS || metric == MDS_WEIGHTED_JACCARD ||
                metric == MDS_HELLINGER || metric == MDS_JENSENSHANNON;
    bool by_value = metric == MDS_HAMMING || metric == MDS_JACCARD || metric == MDS_GOWER ||
                    metric == MDS_HAVERSINE || metric == MDS_CANBERRA;
    *least = metric == MDS_SQEUCLIDEAN ? 1e-140 : by_value ? 0 : MDS_SMALLEST;
    *most = metric == MDS_SQEUCLIDEAN ? 1e150 : sums ? MDS_LARGEST / (double)m : MDS_LARGEST;
}

/* What a metric asks of a value beyond its size; NULL when it is as it should be. */
static const char *refusal(const mds_distance_plan *plan, double value, size_t column)
{
    switch (plan->metric) {
    case MDS_BRAYCURTIS:
    case MDS_JACCARD:
    case MDS_WEIGHTED_JACCARD:
    case MDS_HELLINGER:
    case MDS_JENSENSHANNON:
        return value < 0 ? "negative, which this metric does not take" : NULL;
    case MDS_HAVERSINE:
        if (column == 0 && fabs(value) > 90) return "no latitude, which is from -90 to 90 degrees";
        return column == 1 && fabs(value) > 360 ? "no longitude, which is from -360 to 360 degrees" : NULL;
    default:
        return NULL;
    }
}

static fs_status check_value(const mds_distance_plan *plan, const mds_distance_side *side, size_t i, size_t f,
                             double most, fs_error *error)
{
    double value = side->features[i * side->ld + f];
    if (isnan(value) && plan->metric == MDS_GOWER) return FS_OK;
    if (isnan(value) || isinf(value))
        return fs_fail(error, FS_DATA, "%s %zu, column %zu: the feature is %s", side->noun, i + 1, f + 1,
                       isnan(value) ? "not a number" : "infinite");
    if (fabs(value) > most)
        return fs_fail(error, FS_DATA,
                       "%s %zu, column %zu: the feature is %g, above %g in size; scale the data down",
                       side->noun, i + 1, f + 1, value, most);
    const char *words = refusal(plan, value, f);
    if (!words) return FS_OK;
    return fs_fail(error, FS_DATA, "%s %zu, column %zu: the feature is %g%s: %s", side->noun, i + 1, f + 1,
                   value, plan->scaling ? " after scaling" : "", words);
}

/* Also finds the largest feature, and the smallest that is not 0. */
static fs_status check_features(const mds_distance_plan *plan, const mds_distance_side *side, double *largest,
                                double *smallest, fs_error *error)
{
    double least, most;
    bounds_of(plan->metric, plan->m, &least, &most);
    *largest = 0;
    *smallest = HUGE_VAL;
    for (size_t i = 0; i < side->n; i++)
        for (size_t f = 0; f < plan->m; f++) {
            double size = fabs(side->features[i * side->ld + f]);
            fs_status status = check_value(plan, side, i, f, most, error);
            if (status) return status;
            *largest = size > *largest ? size : *largest;
            *smallest = size > 0 && size < *smallest ? size : *smallest;
        }
    if (*largest > 0 && *largest < least && (side == &plan->sides[1] || plan->square))
        return fs_fail(error, FS_DATA, "the largest feature is %g in size, below %g; scale the data up",
                       *largest, least);
    return FS_OK;
}

/* ---- rows ---- */

/* Factor, shift and scale that make row i a unit vector. */
static fs_status make_unit(const mds_distance_plan *plan, mds_distance_side *side, size_t i, fs_error *error)
{
    const double *row = side->features + i * side->ld;
    double mean = 0, largest = 0, sum = 0;
    bool constant = plan->metric == MDS_CORRELATION;
    for (size_t f = 0; f < plan->m; f++) {
        largest = fmax(largest, fabs(row[f]));
        constant = constant && row[f] == row[0];
    }
    if (constant)
        return fs_fail(error, FS_DATA,
                       "%s %zu is constant (%g), so it has no correlation with others; leave it out or "
                       "choose another metric",
                       side->noun, i + 1, row[0]);
    if (largest == 0)
        return fs_fail(error, FS_DATA,
                       "%s %zu is all zeros, so it has no direction; leave it out or choose another metric",
                       side->noun, i + 1);
    double factor = side->factor[i] = ldexp(1, -mds_exponent(largest));
    if (plan->metric == MDS_CORRELATION)
        for (size_t f = 0; f < plan->m; f++) mean += factor * row[f] / (double)plan->m;
    largest = 0;
    for (size_t f = 0; f < plan->m; f++) largest = fmax(largest, fabs(factor * row[f] - mean));
    for (size_t f = 0; f < plan->m; f++) {
        double part = (factor * row[f] - mean) / largest;
        sum += part * part;
    }
    side->shift[i] = mean;
    side->scale[i] = 1 / (largest * sqrt(sum));
    return FS_OK;
}

static fs_status make_units(const mds_distance_plan *plan, mds_distance_side *side, fs_error *error)
{
    side->shift = fs_alloc(side->n, sizeof(double));
    side->scale = fs_alloc(side->n, sizeof(double));
    side->factor = fs_alloc(side->n, sizeof(double));
    if (!side->shift || !side->scale || !side->factor) return fs_fail_memory(error, "computing distances", 0);
    fs_status status = FS_OK;
    for (size_t i = 0; i < side->n && !status; i++) status = make_unit(plan, side, i, error);
    return status;
}

/* ---- parts ---- */

static fs_status new_part(mds_distance_side *side, size_t part, size_t columns, fs_error *error)
{
    size_t cells;
    side->totals[part] = fs_alloc_0(side->n, sizeof(double));
    side->parts[part] = fs_size_mul(side->n, columns, &cells) ? fs_alloc(cells, sizeof(double)) : NULL;
    if (side->totals[part] && side->parts[part]) return FS_OK;
    return fs_fail_memory(error, "computing distances", 0);
}

/* Presence as 0 and 1; totals of rows are what is present. */
static fs_status make_presence(const mds_distance_plan *plan, mds_distance_side *side, fs_error *error)
{
    size_t m = plan->m;
    fs_status status = new_part(side, 0, m, error);
    for (size_t i = 0; i < side->n && !status; i++)
        for (size_t f = 0; f < m; f++)
            side->totals[0][i] += side->parts[0][i * m + f] = side->features[i * side->ld + f] > 0;
    return status;
}

/* The total of each row. Two empty ones have nothing in common and nothing apart. */
static fs_status make_totals(const mds_distance_plan *plan, mds_distance_side *side, size_t *empty,
                             fs_error *error)
{
    side->totals[0] = fs_alloc_0(side->n, sizeof(double));
    if (!side->totals[0]) return fs_fail_memory(error, "computing distances", 0);
    for (size_t i = 0; i < side->n; i++) {
        for (size_t f = 0; f < plan->m; f++) side->totals[0][i] += side->features[i * side->ld + f];
        if (side->totals[0][i] > 0) continue;
        if (*empty)
            return fs_fail(error, FS_DATA,
                           "row %zu and %s %zu are all zeros, so nothing is known of their distance; leave "
                           "them out or choose another metric",
                           *empty, side->noun, i + 1);
        if (side == &plan->sides[1]) *empty = i + 1;
    }
    return FS_OK;
}

/* Each row over its total, and the roots of that for Hellinger's distance. */
static fs_status make_proportions(const mds_distance_plan *plan, mds_distance_side *side, fs_error *error)
{
    size_t m = plan->m;
    fs_status status = new_part(side, 0, m, error);
    for (size_t i = 0; i < side->n && !status; i++) {
        const double *from = side->features + i * side->ld;
        double *to = side->parts[0] + i * m, largest = 0, total = 0;
        for (size_t f = 0; f < m; f++) largest = fmax(largest, from[f]);
        if (largest == 0)
            return fs_fail(error, FS_DATA,
                           "%s %zu is all zeros, so it has no proportions; leave it out or choose another "
                           "metric",
                           side->noun, i + 1);
        int exponent;
        (void)frexp(largest, &exponent);
        for (size_t f = 0; f < m; f++) total += to[f] = ldexp(from[f], -exponent);
        for (size_t f = 0; f < m; f++)
            to[f] = plan->metric == MDS_HELLINGER ? sqrt(to[f] / total) : to[f] / total;
    }
    if (!status) side->features = side->parts[0], side->ld = m;
    return status;
}

/* The cosine of the latitude. */
static fs_status make_cosines(mds_distance_side *side, fs_error *error)
{
    side->totals[0] = fs_alloc(side->n, sizeof(double));
    if (!side->totals[0]) return fs_fail_memory(error, "computing distances", 0);
    for (size_t i = 0; i < side->n; i++)
        side->totals[0][i] = cos(side->features[i * side->ld] * (acos(-1.0) / 180));
    return FS_OK;
}

/* ---- Gower ---- */

static mds_column type_of(const mds_distance_plan *plan, size_t f)
{
    return plan->columns ? plan->columns[f] : MDS_COLUMN_NUMBER;
}

/* Which numbers, categories, known cells and absences a row has: one value in part 0 or 1, and where there
 * are such parts, one in part 2 and, for presences, in part 3. */
static void split_row(const mds_distance_plan *plan, mds_distance_side *side, size_t i, const double *low,
                      const double *range)
{
    size_t used[MDS_DISTANCE_PARTS] = {0};
    for (size_t f = 0; f < plan->m; f++) {
        double value = side->features[i * side->ld + f];
        mds_column type = type_of(plan, f);
        size_t part = type == MDS_COLUMN_NUMBER ? 0 : 1;
        double kept = type == MDS_COLUMN_PRESENCE && !isnan(value) ? value != 0 : value;
        if (type == MDS_COLUMN_NUMBER) kept = range[f] > 0 ? (value - low[f]) / range[f] : value * 0;
        side->parts[part][i * plan->parts[part].columns + used[part]++] = kept;
        const double marks[] = {!isnan(value), value == 0};
        for (size_t k = 0; k < 2; k++) {
            size_t columns = plan->parts[2 + k].columns;
            if (columns == 0 || (k == 1 && type != MDS_COLUMN_PRESENCE)) continue;
            side->parts[2 + k][i * columns + used[2 + k]++] = marks[k];
            side->totals[2 + k][i] += marks[k];
        }
    }
}

static void find_ranges(const mds_distance_plan *plan, double *low, double *range)
{
    const mds_distance_side *side = &plan->sides[1];
    for (size_t f = 0; f < plan->m; f++) {
        double high = -HUGE_VAL;
        low[f] = HUGE_VAL;
        for (size_t i = 0; i < side->n; i++) {
            low[f] = fmin(low[f], side->features[i * side->ld + f]);
            high = fmax(high, side->features[i * side->ld + f]);
        }
        range[f] = high > low[f] ? high - low[f] : 0;
    }
}

static bool has_missing(const mds_distance_plan *plan)
{
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < plan->sides[s].n; i++)
            for (size_t f = 0; f < plan->m; f++)
                if (isnan(plan->sides[s].features[i * plan->sides[s].ld + f])) return true;
    return false;
}

static fs_status make_gower(mds_distance_plan *plan, fs_error *error)
{
    fs_status status = FS_OK;
    double *low = fs_alloc(plan->m, 2 * sizeof *low);
    if (!low) return fs_fail_memory(error, "computing distances", 0);
    plan->part_count = MDS_DISTANCE_PARTS;
    plan->parts[0].columns = plan->parts[1].columns = plan->parts[3].columns = 0;
    for (size_t f = 0; f < plan->m; f++) {
        plan->parts[type_of(plan, f) == MDS_COLUMN_NUMBER ? 0 : 1].columns++;
        plan->parts[3].columns += type_of(plan, f) == MDS_COLUMN_PRESENCE;
    }
    plan->parts[2].columns = has_missing(plan) ? plan->m : 0;
    plan->parts[0].kernel = plan->kernels->tile_known;
    plan->parts[1].kernel = plan->kernels->tile_differing;
    plan->parts[2].kernel = plan->parts[3].kernel = plan->kernels->tile_absolute;
    find_ranges(plan, low, low + plan->m);
    for (size_t s = plan->square; s < 2 && !status; s++) {
        mds_distance_side *side = &plan->sides[s];
        for (size_t part = 0; part < MDS_DISTANCE_PARTS && !status; part++)
            status = new_part(side, part, plan->parts[part].columns, error);
        for (size_t i = 0; i < side->n && !status; i++) split_row(plan, side, i, low, low + plan->m);
    }
    fs_free(low);
    return status;
}

/* ---- the whole ---- */

static mds_tile_kernel *kernel_of(const mds_distance_plan *plan)
{
    const mds_kernels *kernels = plan->kernels;
    switch (plan->metric) {
    case MDS_MANHATTAN:
    case MDS_BRAYCURTIS:
    case MDS_JACCARD:
    case MDS_WEIGHTED_JACCARD:
        return kernels->tile_absolute;
    case MDS_CHEBYSHEV:
        return kernels->tile_maximum;
    case MDS_CANBERRA:
        return kernels->tile_canberra;
    case MDS_HAMMING:
        return kernels->tile_differing;
    case MDS_JENSENSHANNON:
        return kernels->tile_divergence;
    case MDS_MINKOWSKI:
        return NULL;
    default:
        return kernels->tile_squared;
    }
}

static void choose_exponent(mds_distance_plan *plan, double largest, double smallest)
{
    plan->near = !plan->square;
    if (plan->metric == MDS_EUCLIDEAN) {
        plan->exponent = mds_exponent(largest);
        plan->near = plan->near || smallest < ldexp(0x1p-390, plan->exponent);
    } else if (plan->metric == MDS_MINKOWSKI && largest > 0) {
        (void)frexp(largest, &plan->exponent);
        plan->exponent += 1; /* differences are below 1 */
        if (plan->exponent < -1000) plan->exponent = -1000;
    } else if (plan->metric == MDS_CANBERRA && largest > 1e299) {
        plan->exponent = 2; /* the sum of two is a number */
    }
}

static fs_status prepare_side(mds_distance_plan *plan, mds_distance_side *side, size_t *empty,
                              fs_error *error)
{
    switch (plan->metric) {
    case MDS_COSINE:
    case MDS_CORRELATION:
        return make_units(plan, side, error);
    case MDS_BRAYCURTIS:
    case MDS_WEIGHTED_JACCARD:
        return make_totals(plan, side, empty, error);
    case MDS_JACCARD:
        return make_presence(plan, side, error);
    case MDS_HELLINGER:
    case MDS_JENSENSHANNON:
        return make_proportions(plan, side, error);
    case MDS_HAVERSINE:
        return make_cosines(side, error);
    default:
        return FS_OK;
    }
}

fs_status mds_distance_plan_prepare(mds_distance_plan *plan, mds_thread_pool *pool, fs_error *error)
{
    fs_status status = FS_OK;
    mds_scaling scaling = plan->metric == MDS_MAHALANOBIS ? MDS_SCALING_SD : plan->scaling;
    double largest = 0, smallest = HUGE_VAL;
    size_t empty = 0;
    plan->part_count = plan->metric != MDS_HAVERSINE;
    plan->parts[0].columns = plan->m;
    plan->parts[0].kernel = kernel_of(plan);
    if (scaling) status = mds_distance_plan_scale(plan, scaling, error);
    if (!status && plan->metric == MDS_MAHALANOBIS) status = mds_distance_plan_whiten(plan, pool, error);
    for (size_t s = 2; s-- > plan->square && !status;) {
        double most, least;
        status = check_features(plan, &plan->sides[s], &most, &least, error);
        if (s == 1) largest = most, smallest = least;
    }
    if (!status) choose_exponent(plan, largest, smallest);
    if (!status && plan->metric == MDS_GOWER)
        status = make_gower(plan, error);
    else
        for (size_t s = 2; s-- > plan->square && !status;)
            status = prepare_side(plan, &plan->sides[s], &empty, error);
    if (plan->square) plan->sides[0] = plan->sides[1];
    return status;
}

void mds_distance_plan_fini(mds_distance_plan *plan)
{
    for (size_t s = 0; s < 2; s++) {
        mds_distance_side *side = &plan->sides[s];
        if (s == 0 && plan->square) continue;
        for (size_t part = 0; part < MDS_DISTANCE_PARTS; part++) {
            fs_free(side->parts[part]);
            fs_free(side->totals[part]);
        }
        fs_free(side->scaled);
        fs_free(side->factor);
        fs_free(side->shift);
        fs_free(side->scale);
    }
}
