/* The reference: plain C, one term after the other. Every other table is tested against this one, and this
 * one against long double. */
#include "kernels_tables.h"

#include <math.h>

static double squared_distance(const mds_pattern_row *row, size_t j, size_t moved, double by)
{
    double sum = 0;
    for (size_t k = 0; k < row->p; k++) {
        double difference = row->at[k] - row->x[k * row->stride + j] + (k == moved ? by : 0);
        sum += difference * difference;
    }
    return sum;
}

/* The sums of the 2p + 1 positions, with the term of the loss given as an expression of delta, weight and
 * the squared distance. */
#define PATTERN_ROW(name, weighted, term)                                                                    \
    static void name(const mds_pattern_row *row, size_t first, size_t last, double *sums)                    \
    {                                                                                                        \
        for (size_t t = 0; t <= 2 * row->p; t++) {                                                           \
            size_t moved = t ? (t - 1) / 2 : 0;                                                              \
            double by = t == 0 ? 0 : t % 2 ? row->radius : -row->radius, sum = 0;                            \
            for (size_t j = first; j < last; j++) {                                                          \
                double error = row->delta[j] - sqrt(squared_distance(row, j, moved, by));                    \
                double weight = (weighted) && row->weights ? row->weights[j] : 1;                            \
                if ((weighted) && (isnan(error) || weight == 0)) continue;                                   \
                sum += weight * (term);                                                                      \
            }                                                                                                \
            sums[t] = sum;                                                                                   \
        }                                                                                                    \
    }

PATTERN_ROW(pattern_squared, false, error *error)
PATTERN_ROW(pattern_squared_weighted, true, error *error)
PATTERN_ROW(pattern_absolute, true, fabs(error))

static void stress(const mds_pattern_row *row, size_t first, size_t last, mds_stress_sums *sums)
{
    for (size_t j = first; j < last; j++) {
        double delta = row->delta[j], weight = row->weights ? row->weights[j] : 1;
        if (isnan(delta) || weight == 0) continue;
        double d2 = squared_distance(row, j, 0, 0), d = sqrt(d2), error = delta - d;
        sums->raw += weight * error * error;
        sums->delta2 += weight * delta * delta;
        sums->delta_d += weight * delta * d;
        sums->d2 += weight * d2;
        sums->absolute += weight * fabs(error);
        sums->pairs += 1;
    }
}

#define TILE(name, update)                                                                                   \
    static void name(const double *a, const double *b, size_t m, double *sums, size_t ld)                    \
    {                                                                                                        \
        for (size_t f = 0; f < m; f++)                                                                       \
            for (size_t r = 0; r < MDS_TILE_ROWS; r++)                                                       \
                for (size_t c = 0; c < MDS_TILE_COLUMNS; c++) {                                              \
                    double difference = a[f * MDS_TILE_ROWS + r] - b[f * MDS_TILE_COLUMNS + c];              \
                    double *sum = &sums[r * ld + c];                                                         \
                    update;                                                                                  \
                }                                                                                            \
    }

TILE(tile_squared, *sum += difference * difference)
TILE(tile_absolute, *sum += fabs(difference))
TILE(tile_maximum, if (fabs(difference) > *sum) *sum = fabs(difference))

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

const mds_kernels mds_kernels_scalar = {
    .isa = MDS_ISA_SCALAR,
    .pattern_squared = pattern_squared,
    .pattern_squared_weighted = pattern_squared_weighted,
    .pattern_absolute = pattern_absolute,
    .stress = stress,
    .tile_squared = tile_squared,
    .tile_absolute = tile_absolute,
    .tile_maximum = tile_maximum,
    .square_root = square_root,
    .distance_from_point = distance_from_point,
    .sum_squared_difference = sum_squared_difference,
};
