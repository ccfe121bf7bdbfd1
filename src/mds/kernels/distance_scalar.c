/* The kernels of tiles of distances in plain C. */
#include "kernels_tables.h"

#include <math.h>

#define TILE(name, update)                                                                                   \
    void name(const double *rows, const double *columns, size_t m, double *sums, size_t ld)                  \
    {                                                                                                        \
        for (size_t f = 0; f < m; f++)                                                                       \
            for (size_t r = 0; r < MDS_TILE_ROWS; r++)                                                       \
                for (size_t c = 0; c < MDS_TILE_COLUMNS; c++) {                                              \
                    double a = rows[f * MDS_TILE_ROWS + r], b = columns[f * MDS_TILE_COLUMNS + c];           \
                    double *sum = &sums[r * ld + c];                                                         \
                    update;                                                                                  \
                }                                                                                            \
    }

static double canberra(double a, double b)
{
    double sizes = fabs(a) + fabs(b);
    return sizes > 0 ? fabs(a - b) / sizes : 0;
}

/* With t = (a - b) / (a + b) it is (a + b) / 4 times (1 + t) log(1 + t) + (1 - t) log(1 - t), which is also
 * log(1 - t^2) + 2 t atanh(t): without first orders of t that cancel. */
static double xlog(double x, double x_less_1)
{
    return x > 0 ? x * log1p(x_less_1) : 0;
}

static double divergence(double a, double b)
{
    double sum = a + b;
    if (a == b) return 0;
    double t = (a - b) / sum;
    if (fabs(t) < 0.2) return sum / 4 * (log1p(-t * t) + 2 * t * atanh(t));
    return sum / 4 * (xlog(1 + t, t) + xlog(1 - t, -t));
}

TILE(mds_tile_squared_scalar, *sum += (a - b) * (a - b))
TILE(mds_tile_absolute_scalar, *sum += fabs(a - b))
TILE(mds_tile_maximum_scalar, if (fabs(a - b) > *sum) *sum = fabs(a - b))
TILE(mds_tile_known_scalar, if (!isnan(a - b)) *sum += fabs(a - b))
TILE(mds_tile_differing_scalar, *sum += fabs(a - b) > 0)
TILE(mds_tile_canberra_scalar, *sum += canberra(a, b))
TILE(mds_tile_divergence_scalar, *sum += divergence(a, b))

void mds_tile_power_scalar(const double *a, const double *b, size_t m, double exponent, double *sums,
                           size_t ld)
{
    for (size_t f = 0; f < m; f++)
        for (size_t r = 0; r < MDS_TILE_ROWS; r++)
            for (size_t c = 0; c < MDS_TILE_COLUMNS; c++)
                sums[r * ld + c] +=
                    pow(fabs(a[f * MDS_TILE_ROWS + r] - b[f * MDS_TILE_COLUMNS + c]), exponent);
}

/* ---- single precision ---- */

static float finished(float sum, enum mds_single_finish finish)
{
    if (finish == MDS_SINGLE_ROOT) return sqrtf(sum);
    return finish == MDS_SINGLE_HALF ? sum / 2 : sum;
}

#define SINGLE_TILE(name, update)                                                                            \
    void name(const float *rows, const float *columns, size_t m, enum mds_single_finish finish, float *out,  \
              size_t ld)                                                                                     \
    {                                                                                                        \
        for (size_t r = 0; r < MDS_SINGLE_TILE; r++)                                                         \
            for (size_t c = 0; c < MDS_SINGLE_TILE; c++) {                                                   \
                float sum = 0;                                                                               \
                for (size_t f = 0; f < m; f++) {                                                             \
                    float size = fabsf(rows[f * MDS_SINGLE_TILE + r] - columns[f * MDS_SINGLE_TILE + c]);    \
                    update;                                                                                  \
                }                                                                                            \
                out[r * ld + c] = finished(sum, finish);                                                     \
            }                                                                                                \
    }

SINGLE_TILE(mds_single_tile_squared_scalar, sum += size * size)
SINGLE_TILE(mds_single_tile_absolute_scalar, sum += size)
SINGLE_TILE(mds_single_tile_maximum_scalar, sum = fmaxf(sum, size))
