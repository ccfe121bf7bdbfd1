/* From sums of tiles to distances. */
#include "distance_plan.h"

#include "scale.h"

#include <math.h>

#define EARTH_RADIUS 6371.0088 /* km, the mean one of the International Union of Geodesy and Geophysics */

/* The same row on both sides, or part of the tile that lies beyond the last row, is nobody's concern. */
struct tile {
    const mds_distance_plan *plan;
    size_t i0, j0, rows, columns, block;
    double *const *sums;
};

/* The distance of two rows, by their largest difference: for sums that vanished or overflowed. */
static double near_distance(const double *a, const double *b, size_t m, double power)
{
    double largest = 0, sum = 0;
    for (size_t f = 0; f < m; f++) largest = fmax(largest, fabs(a[f] - b[f]));
    if (largest == 0) return 0;
    for (size_t f = 0; f < m; f++) {
        double part = fabs(a[f] - b[f]) / largest;
        sum += power == 2 ? part * part : pow(part, power);
    }
    return largest * (power == 2 ? sqrt(sum) : pow(sum, 1 / power));
}

/* Scaled features not less than 2^-390, but for 0, differ by 0 or by 2^-450 at least, whose square is a
 * normal number. */
static void recompute(const struct tile *t, double least, double most)
{
    const mds_distance_side *rows = &t->plan->sides[0], *columns = &t->plan->sides[1];
    for (size_t r = 0; r < t->rows; r++)
        for (size_t c = 0; c < t->columns; c++) {
            double *distance = &t->sums[0][r * t->block + c];
            if (*distance < least || !(*distance < most))
                *distance = near_distance(rows->features + (t->i0 + r) * rows->ld,
                                          columns->features + (t->j0 + c) * columns->ld, t->plan->m,
                                          t->plan->metric == MDS_MINKOWSKI ? t->plan->power : 2);
        }
}

static void euclidean(const struct tile *t)
{
    const mds_distance_plan *plan = t->plan;
    size_t cells = t->block * t->block;
    plan->kernels->square_root(t->sums[0], cells);
    if (plan->exponent) mds_scale(t->sums[0], cells, -plan->exponent, t->sums[0]);
    if (plan->near) recompute(t, ldexp(1, plan->exponent - 450), HUGE_VAL);
}

static void minkowski(const struct tile *t)
{
    double unit = ldexp(1, t->plan->exponent);
    for (size_t r = 0; r < t->rows; r++)
        for (size_t c = 0; c < t->columns; c++) {
            double *distance = &t->sums[0][r * t->block + c];
            if (*distance > 0x1p-900 && *distance < 0x1p1000)
                *distance = unit * pow(*distance, 1 / t->plan->power);
            else
                *distance = 0;
        }
    recompute(t, 0x1p-1074, HUGE_VAL);
}

/* Sums of minima and maxima from |a - b|: max + min = a + b and max - min = |a - b|. */
static void shares(const struct tile *t)
{
    const double *rows = t->plan->sides[0].totals[0] + t->i0, *columns = t->plan->sides[1].totals[0] + t->j0;
    bool braycurtis = t->plan->metric == MDS_BRAYCURTIS;
    for (size_t r = 0; r < t->rows; r++)
        for (size_t c = 0; c < t->columns; c++) {
            double *sum = &t->sums[0][r * t->block + c], both = rows[r] + columns[c];
            double of = braycurtis ? both : (both + *sum) / 2;
            *sum = of > 0 ? *sum / of : 0;
        }
}

/* How many of a part's zeros and ones are one in both, from those that differ. */
static double both_one(const struct tile *t, size_t part, size_t r, size_t c)
{
    return (t->plan->sides[0].totals[part][t->i0 + r] + t->plan->sides[1].totals[part][t->j0 + c] -
            t->sums[part][r * t->block + c]) /
           2;
}

static void gower(const struct tile *t)
{
    const mds_distance_plan *plan = t->plan;
    for (size_t r = 0; r < t->rows; r++)
        for (size_t c = 0; c < t->columns; c++) {
            size_t cell = r * t->block + c;
            double known = plan->parts[2].columns ? both_one(t, 2, r, c) : (double)plan->m;
            if (plan->parts[3].columns) known -= both_one(t, 3, r, c);
            t->sums[0][cell] = known > 0 ? (t->sums[0][cell] + t->sums[1][cell]) / known : (double)NAN;
        }
}

static double half_sine2(double degrees)
{
    double sine = sin(degrees * (acos(-1.0) / 360));
    return sine * sine;
}

static void haversine(const struct tile *t)
{
    const mds_distance_side *rows = &t->plan->sides[0], *columns = &t->plan->sides[1];
    for (size_t r = 0; r < t->rows; r++)
        for (size_t c = 0; c < t->columns; c++) {
            const double *a = rows->features + (t->i0 + r) * rows->ld;
            const double *b = columns->features + (t->j0 + c) * columns->ld;
            double h = half_sine2(a[0] - b[0]) +
                       rows->totals[0][t->i0 + r] * columns->totals[0][t->j0 + c] * half_sine2(a[1] - b[1]);
            t->sums[0][r * t->block + c] = 2 * EARTH_RADIUS * atan2(sqrt(h), sqrt(fmax(0, 1 - h)));
        }
}

static void times(const struct tile *t, double factor)
{
    for (size_t k = 0; k < t->block * t->block; k++) t->sums[0][k] *= factor;
}

void mds_distance_finish(const mds_distance_plan *plan, size_t i0, size_t j0, size_t rows, size_t columns,
                         double *const tiles[MDS_DISTANCE_PARTS], size_t block)
{
    struct tile t = {
        .plan = plan, .i0 = i0, .j0 = j0, .rows = rows, .columns = columns, .block = block, .sums = tiles};
    switch (plan->metric) {
    case MDS_EUCLIDEAN:
    case MDS_MAHALANOBIS:
    case MDS_HELLINGER:
        euclidean(&t);
        break;
    case MDS_COSINE:
    case MDS_CORRELATION:
        times(&t, 0.5);
        break;
    case MDS_BRAYCURTIS:
    case MDS_JACCARD:
    case MDS_WEIGHTED_JACCARD:
        shares(&t);
        break;
    case MDS_MINKOWSKI:
        minkowski(&t);
        break;
    case MDS_HAMMING:
        for (size_t r = 0; r < t.rows; r++)
            for (size_t c = 0; c < t.columns; c++) tiles[0][r * block + c] /= (double)plan->m;
        break;
    case MDS_GOWER:
        gower(&t);
        break;
    case MDS_JENSENSHANNON:
        plan->kernels->square_root(tiles[0], block * block);
        break;
    case MDS_HAVERSINE:
        haversine(&t);
        break;
    case MDS_SQEUCLIDEAN:
    case MDS_MANHATTAN:
    case MDS_CHEBYSHEV:
    case MDS_CANBERRA:
        break;
    }
}
