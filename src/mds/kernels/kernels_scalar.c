/* The reference: plain C, one term after the other. Every other table is tested against this one, and this
 * one against long double. */
#include "gradient_scalar.h"
#include "kernels_tables.h"

#include <math.h>

static double squared_distance(const mds_pattern_row *row, size_t j, size_t moved, double by)
{
    double sum = 0;
    for (size_t k = 0; k < row->p; k++) {
        double at = k == moved ? row->at[k] + by : row->at[k];
        double difference = at - row->x[k * row->stride + j];
        sum += difference * difference;
    }
    return sum;
}

/* Row errors of the positions, with the loss given as an expression of error and weight. */
#define PATTERN(name, term)                                                                                  \
    static void name(const mds_pattern_row *row, size_t first, size_t last, double *sums)                    \
    {                                                                                                        \
        for (size_t t = 0; t <= 2 * row->tried; t++) {                                                       \
            size_t moved = t ? row->dimensions[(t - 1) / 2] : 0;                                             \
            double by = t == 0 ? 0 : t % 2 ? row->radius : -row->radius, sum = 0;                            \
            for (size_t j = first; j < last; j++) {                                                          \
                double weight = row->weights ? row->weights[j] : 1;                                          \
                if (isnan(row->delta[j])) continue;                                                          \
                double error = row->delta[j] - sqrt(squared_distance(row, j, moved, by));                    \
                sum += (term);                                                                               \
            }                                                                                                \
            sums[t] = sum;                                                                                   \
        }                                                                                                    \
    }

PATTERN(pattern_squared, weight *error *error)
PATTERN(pattern_absolute, weight *fabs(error))

/* What one moved point gives to the row error of point l at try t, when it stands at `column`. */
static double moved_distance(const mds_row_tile *tile, size_t l, size_t t, const double *column,
                             size_t stride)
{
    double sum = 0;
    for (size_t k = 0; k < tile->p; k++) {
        double at = tile->at[k * tile->stride + l];
        if (t && (t - 1) / 2 == k) at += t % 2 ? tile->radius : -tile->radius;
        sum += (at - column[k * stride]) * (at - column[k * stride]);
    }
    return sqrt(sum);
}

#define CHANGE(name, term)                                                                                   \
    static void name(const mds_row_tile *tile, const mds_moves *moves)                                       \
    {                                                                                                        \
        for (size_t l = 0; l < MDS_ROW_TILE; l++) {                                                          \
            double most = 0, gain = -HUGE_VAL;                                                               \
            for (size_t t = 0; t <= 2 * tile->p; t++) {                                                      \
                double sides[2] = {0}, *sum = &tile->sums[t * MDS_ROW_TILE + l];                             \
                for (size_t e = 0; e < moves->count; e++) {                                                  \
                    double delta = moves->delta[e][l], weight = moves->weights ? moves->weights[e][l] : 1;   \
                    if (isnan(delta)) continue;                                                              \
                    for (int side = 0; side < 2; side++) {                                                   \
                        const double *column = (side ? moves->to : moves->from) + e;                         \
                        double error = delta - moved_distance(tile, l, t, column, moves->stride);            \
                        sides[side] += (term);                                                               \
                    }                                                                                        \
                }                                                                                            \
                *sum += sides[1] - sides[0];                                                                 \
                most = fmax(most, sides[0] + sides[1]);                                                      \
                if (t) gain = fmax(gain, tile->sums[l] - *sum);                                              \
            }                                                                                                \
            tile->turnover[l] += most;                                                                       \
            tile->gain[l] = gain;                                                                            \
        }                                                                                                    \
    }

CHANGE(change_squared, weight *error *error)
CHANGE(change_absolute, weight *fabs(error))

static void stress(const mds_pattern_row *row, size_t first, size_t last, mds_stress_sums *sums)
{
    double raw[MDS_LANES] = {0}, delta2[MDS_LANES] = {0}, delta_d[MDS_LANES] = {0};
    double d2_sum[MDS_LANES] = {0}, absolute[MDS_LANES] = {0}, pairs[MDS_LANES] = {0};
    for (size_t j = first; j < last; j++) {
        size_t lane = (j - first) % MDS_LANES;
        double delta = row->delta[j], weight = row->weights ? row->weights[j] : 1;
        if (isnan(delta)) continue;
        double d2 = squared_distance(row, j, 0, 0), d = sqrt(d2), error = delta - d;
        raw[lane] += weight * error * error;
        delta2[lane] += weight * delta * delta;
        delta_d[lane] += weight * delta * d;
        d2_sum[lane] += weight * d2;
        absolute[lane] += fabs(weight * error);
        pairs[lane] += weight > 0;
    }
    sums->raw += mds_lanes_sum(raw);
    sums->delta2 += mds_lanes_sum(delta2);
    sums->delta_d += mds_lanes_sum(delta_d);
    sums->d2 += mds_lanes_sum(d2_sum);
    sums->absolute += mds_lanes_sum(absolute);
    sums->pairs += mds_lanes_sum(pairs);
}

static void mirror(const double *rows, const double *image, size_t ld, size_t columns, double scale,
                   mds_mirror_sums *sums)
{
    for (size_t r = 0; r < MDS_CHECKED; r++)
        for (size_t c = 0; c < columns; c++) {
            double number = rows[r * ld + c];
            sums->squares[r] += (scale * number) * (scale * number);
            sums->largest = number > sums->largest ? number : sums->largest;
            sums->least = number < sums->least ? number : sums->least;
            sums->unlike += fabs(number - image[c * ld + r]);
        }
}

static void square_root(double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) values[i] = sqrt(values[i]);
}

static void distance_from_point(const double *x, size_t n, size_t p, size_t ldx, const double *y, double *out)
{
    for (size_t j = 0; j < n; j++) {
        double sum = 0;
        for (size_t k = 0; k < p; k++) {
            double difference = x[j * ldx + k] - y[k];
            sum += difference * difference;
        }
        out[j] = sqrt(sum);
    }
}

static double sum_squared_difference(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
    return sum;
}

#include "panel_scalar.h"

#define SGD_SHAPES(kernel)                                                                                   \
    {                                                                                                        \
        kernel, kernel, kernel                                                                               \
    }

const mds_kernels mds_kernels_scalar = {
    .isa = MDS_ISA_SCALAR,
    .pattern = {{pattern_squared, pattern_squared, pattern_squared},
                {pattern_squared, pattern_squared, pattern_squared},
                {pattern_absolute, pattern_absolute, pattern_absolute}},
    .change = {{change_squared, change_squared, change_squared},
               {change_squared, change_squared, change_squared},
               {change_absolute, change_absolute, change_absolute}},
    KERNELS_OF_THESE_NAMES,
    TILE_KERNELS(mds_tile, _scalar),
    .single_tile = {mds_single_tile_squared_scalar, mds_single_tile_absolute_scalar,
                    mds_single_tile_maximum_scalar},
    .gradient = {.gradient = {{mds_gradient_plain, mds_gradient_plain, mds_gradient_plain},
                              {mds_gradient_weighted, mds_gradient_weighted, mds_gradient_weighted},
                              {mds_gradient_huber, mds_gradient_huber, mds_gradient_huber}},
                 .single = {{mds_single_plain, mds_single_plain, mds_single_plain},
                            {mds_single_weighted, mds_single_weighted, mds_single_weighted},
                            {mds_single_huber, mds_single_huber, mds_single_huber}},
                 .rough = {mds_gradient_rough, mds_gradient_rough},
                 .laplacian = {mds_laplacian, mds_laplacian_reweighted}},
    .place = mds_place_scalar,
    .relocation = {mds_relocation_losses_scalar, mds_relocation_step_scalar, mds_relocation_known_scalar,
                   mds_relocation_distances_scalar, mds_relocation_narrow_scalar},
    .sgd = {{SGD_SHAPES(mds_sgd_between_scalar), SGD_SHAPES(mds_sgd_between_scalar),
             SGD_SHAPES(mds_sgd_between_codes_scalar)},
            {SGD_SHAPES(mds_sgd_within_scalar), SGD_SHAPES(mds_sgd_within_scalar),
             SGD_SHAPES(mds_sgd_within_codes_scalar)}},
    .square_root_single = mds_square_root_single_scalar,
};
