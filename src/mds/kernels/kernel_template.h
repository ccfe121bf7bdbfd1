/*
 * kernel_template.h - every kernel once, for any vector width. No include guard: an ISA file defines the
 * parameters below, includes this file, and has a table of its own.
 *
 *   TABLE, ISA            the name of the table to define, and its mds_isa
 *   V, WIDTH              a vector of doubles, and how many there are in it (2, 4 or 8)
 *   V_LOAD(p)             from any address               V_STORE(p, v)
 *   V_LOAD_PART(p, n)     the first n < WIDTH doubles, the rest zero; reads nothing behind them
 *   V_EVEN(a, b)          of the lanes of a, then those of b, every second one from the first on
 *   V_ODD(a, b)           the others
 *   V_KEEP(v, n)          v with all but its first n lanes made zero
 *   V_SET(x)              x in every lane
 *   V_ADD V_SUB V_MUL V_DIV V_MAX V_MIN(a, b)   V_ABS(a)   V_SQRT(a), correctly rounded
 *   V_FMA(a, b, c)        a * b + c, rounded once        V_FNMA(a, b, c)   c - a * b
 *   V_SUM(v)              the sum of its lanes
 *   V_NUMBER(g, v)        v where g is a number, 0 where g is NaN
 *   V_POSITIVE(v)         1 where v > 0, 0 elsewhere
 *   V_RSQRT(s)            1 / sqrt(s) to 13 bits or better, for 1e-300 < s < 1e300; where the unit that
 *                         takes roots is quick enough to need no help, leave it undefined
 *   GRADIENT_ROWS         rows of a gradient that go side by side: as many as there are registers for
 *   GRADIENT_DIVIDED(r)   whether row r of them takes roots and reciprocals by the divider
 *   ROOT_HERE(s)          V_SQRT or v_root: the root that is taken where the point is
 *
 * and for single precision, where names that begin with F_ do what those with V_ do:
 *
 *   F, F_WIDTH            a vector of floats; F_WIDTH is 2 WIDTH
 *   F_LOAD F_LOAD_PART F_STORE F_KEEP F_SET F_ADD F_SUB F_MUL F_DIV F_MAX F_MIN F_ABS F_FMA F_FNMA F_NUMBER
 *   F_SUM(v)              the sum of its lanes, a float
 *   F_ESTIMATE(s)         1 / sqrt(s) to 11 bits or better, for 1e-37 < s < 1e37; makers of processors
 *                         differ in the bits (F_RSQRT, made from it here, has 22)
 *   F_LOW(v), F_HIGH(v)   the first and the second half of its lanes, as V
 *   F_FROM(a, b)          the lanes of a, then those of b, rounded to float
 *
 * Two ways to a square root. The divider unit is slow, and the multipliers beside it idle meanwhile. So half
 * of the roots go through the divider (V_SQRT) and half through the multipliers (v_root), which run at the
 * same time. Measured on Zen 5: 0.33 ns for a pair and move with the divider alone, 0.20 ns with the
 * multipliers alone, 0.17 ns together; with AVX2 0.58, 0.71 and 0.43 ns.
 */
#include "kernels_tables.h"

#include <math.h>

#define INLINE static inline __attribute__((always_inline))

#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

/* Added to every squared distance of the pattern kernels, so that coinciding points need no branch: it
 * changes only distances below 1e-138. */
#define TINY 1e-290

/*
 * sqrt(s) for TINY <= s < 1e300, within 1 ulp. With y an estimate of 1/sqrt(s), h = s y and e = 1 - h y:
 * sqrt(s) = h (1 - e)^(-1/2) = h (1 + e/2 + 3/8 e^2 + 5/16 e^3 + ...). |e| < 2^-12, so what is left out is
 * below 2^-49 of a correction that is itself below 2^-13.
 */
#ifdef V_RSQRT
INLINE V v_root(V s)
{
    V y = V_RSQRT(s), h = V_MUL(s, y), e = V_FNMA(h, y, V_SET(1.0));
    V q = V_FMA(e, V_SET(0.3125), V_SET(0.375));
    q = V_MUL(V_FMA(q, e, V_SET(0.5)), e);
    return V_FMA(h, q, h);
}
#else
#define v_root V_SQRT
#endif

/* 1 / sqrt(s) for 1e-37 < s < 1e37, to 22 bits: one step of Newton's from the estimate. */
#define F_RSQRT f_rsqrt
INLINE F f_rsqrt(F s)
{
    F y = F_ESTIMATE(s), e = F_FNMA(F_MUL(s, y), y, F_SET(1.0f));
    return F_FMA(F_MUL(y, F_SET(0.5f)), e, y);
}

/* The dissimilarities and weights of `columns` columns from j; a missing one has weight 0. */
INLINE V load_delta(const mds_pattern_row *row, size_t j, enum mds_term term, size_t columns, V *weight)
{
    V delta = columns < WIDTH ? V_LOAD_PART(row->delta + j, columns) : V_LOAD(row->delta + j);
    *weight = V_SET(1.0);
    if (term == MDS_TERM_PLAIN) return delta;
    if (row->weights)
        *weight = columns < WIDTH ? V_LOAD_PART(row->weights + j, columns) : V_LOAD(row->weights + j);
    *weight = V_NUMBER(delta, *weight);
    return V_NUMBER(delta, delta);
}

#include "pattern_template.h"

/* ---- stress rows ---- */

/* Sums in MDS_LANES lanes whatever the vector, without fused operations and with correctly rounded roots: the
 * bits are the same at every level. */
enum { PARTS = MDS_LANES / WIDTH };

struct stress_lanes {
    V raw[PARTS], delta2[PARTS], delta_d[PARTS], d2[PARTS], absolute[PARTS], pairs[PARTS];
};

INLINE void stress_columns(struct stress_lanes *s, const mds_pattern_row *row, size_t j, size_t part,
                           size_t columns, size_t p)
{
    V weight, delta = load_delta(row, j, MDS_TERM_SQUARED, columns, &weight);
    if (columns < WIDTH) weight = V_KEEP(weight, columns);
    V d2 = V_SET(0.0);
    UNROLL
    for (size_t k = 0; k < p; k++) {
        const double *x = row->x + k * row->stride + j;
        V a = V_SUB(V_SET(row->at[k]), columns < WIDTH ? V_LOAD_PART(x, columns) : V_LOAD(x));
        d2 = V_ADD(d2, V_MUL(a, a));
    }
    V d = V_SQRT(d2), error = V_SUB(delta, d), weighted = V_MUL(weight, error);
    V w_delta = V_MUL(weight, delta);
    s->raw[part] = V_ADD(s->raw[part], V_MUL(weighted, error));
    s->delta2[part] = V_ADD(s->delta2[part], V_MUL(w_delta, delta));
    s->delta_d[part] = V_ADD(s->delta_d[part], V_MUL(w_delta, d));
    s->d2[part] = V_ADD(s->d2[part], V_MUL(weight, d2));
    s->absolute[part] = V_ADD(s->absolute[part], V_ABS(weighted));
    s->pairs[part] = V_ADD(s->pairs[part], V_POSITIVE(weight));
}

INLINE double sum_lanes(const V parts[PARTS])
{
    double lanes[MDS_LANES];
    for (size_t part = 0; part < PARTS; part++) V_STORE(lanes + part * WIDTH, parts[part]);
    return mds_lanes_sum(lanes);
}

INLINE void stress_fixed(const mds_pattern_row *given, size_t first, size_t last, size_t p,
                         mds_stress_sums *sums)
{
    const mds_pattern_row copy = *given, *row = &copy; /* `sums` cannot overlap it */
    const double *ahead = row->ahead ? row->ahead : row->delta;
    struct stress_lanes s;
    for (size_t part = 0; part < PARTS; part++)
        s.raw[part] = s.delta2[part] = s.delta_d[part] = s.d2[part] = s.absolute[part] = s.pairs[part] =
            V_SET(0.0);
    size_t j = first;
    for (; j + MDS_LANES <= last; j += MDS_LANES) {
        __builtin_prefetch(ahead + j);
        UNROLL
        for (size_t part = 0; part < PARTS; part++) stress_columns(&s, row, j + part * WIDTH, part, WIDTH, p);
    }
    for (size_t part = 0; j < last; part++) {
        size_t columns = last - j < WIDTH ? last - j : WIDTH;
        stress_columns(&s, row, j, part, columns, p);
        j += columns;
    }
    sums->raw += sum_lanes(s.raw);
    sums->delta2 += sum_lanes(s.delta2);
    sums->delta_d += sum_lanes(s.delta_d);
    sums->d2 += sum_lanes(s.d2);
    sums->absolute += sum_lanes(s.absolute);
    sums->pairs += sum_lanes(s.pairs);
}

static void stress(const mds_pattern_row *row, size_t first, size_t last, mds_stress_sums *sums)
{
    if (row->p == 2)
        stress_fixed(row, first, last, 2, sums);
    else
        stress_fixed(row, first, last, row->p, sums);
}

/* ---- mirror images ---- */

/* WIDTH rows of WIDTH numbers become columns: taking every second number first turns the bits of an index
 * (row, column) by one. */
INLINE void transpose(V rows[WIDTH])
{
    UNROLL
    for (size_t turned = 1; turned < WIDTH; turned *= 2) {
        V to[WIDTH];
        UNROLL
        for (size_t k = 0; k < WIDTH / 2; k++) {
            to[k] = V_EVEN(rows[2 * k], rows[2 * k + 1]);
            to[WIDTH / 2 + k] = V_ODD(rows[2 * k], rows[2 * k + 1]);
        }
        UNROLL
        for (size_t k = 0; k < WIDTH; k++) rows[k] = to[k];
    }
}

/* Lanes are rows, in the image, which is turned around to be compared with them. */
static void mirror(const double *rows, const double *image, size_t ld, size_t columns, double scale,
                   mds_mirror_sums *sums)
{
    V unlike = V_SET(0.0), largest = V_SET(sums->largest), least = V_SET(sums->least), factor = V_SET(scale);
    for (size_t part = 0; part < MDS_CHECKED; part += WIDTH) {
        V squares = V_LOAD(sums->squares + part);
        for (size_t j = 0; j < columns; j += WIDTH) {
            V tile[WIDTH];
            UNROLL
            for (size_t c = 0; c < WIDTH; c++) {
                __builtin_prefetch(image + (j + c) * ld + part + MDS_CHECKED);
                __builtin_prefetch(rows + (part + c + MDS_CHECKED) * ld + j);
                tile[c] = V_LOAD(image + (j + c) * ld + part);
                V scaled = V_MUL(factor, tile[c]);
                squares = V_ADD(squares, V_MUL(scaled, scaled));
                largest = V_MAX(largest, tile[c]);
                least = V_MIN(least, tile[c]);
            }
            transpose(tile);
            UNROLL
            for (size_t r = 0; r < WIDTH; r++) {
                V row = V_LOAD(rows + (part + r) * ld + j);
                unlike = V_ADD(unlike, V_ABS(V_SUB(row, tile[r])));
            }
        }
        V_STORE(sums->squares + part, squares);
    }
    double lanes[WIDTH];
    V_STORE(lanes, largest);
    for (size_t l = 0; l < WIDTH; l++) sums->largest = fmax(sums->largest, lanes[l]);
    V_STORE(lanes, least);
    for (size_t l = 0; l < WIDTH; l++) sums->least = fmin(sums->least, lanes[l]);
    sums->unlike += V_SUM(unlike);
}

static void square_root(double *values, size_t n)
{
    size_t i = 0;
    for (; i + WIDTH <= n; i += WIDTH) V_STORE(values + i, V_SQRT(V_LOAD(values + i)));
    for (; i < n; i++) values[i] = sqrt(values[i]);
}

/* ---- for callers that bring their own loop ---- */

INLINE V v_add_square(V sum, V difference)
{
    return V_FMA(difference, difference, sum);
}

/* Without fused operations: the bits are the same at every level. */
static void distance_in_plane(const double *x, size_t n, const double *y, double *out)
{
    V y0 = V_SET(y[0]), y1 = V_SET(y[1]);
    size_t j = 0;
    for (; j + WIDTH <= n; j += WIDTH) {
        V low = V_LOAD(x + 2 * j), high = V_LOAD(x + 2 * j + WIDTH);
        V a = V_SUB(V_EVEN(low, high), y0), b = V_SUB(V_ODD(low, high), y1);
        V_STORE(out + j, V_SQRT(V_ADD(V_MUL(a, a), V_MUL(b, b))));
    }
    for (; j < n; j++) {
        double a = x[2 * j] - y[0], b = x[2 * j + 1] - y[1];
        out[j] = sqrt(a * a + b * b);
    }
}

static void distance_from_point(const double *x, size_t n, size_t p, size_t ldx, const double *y, double *out)
{
    if (p == 2 && ldx == 2) {
        distance_in_plane(x, n, y, out);
        return;
    }
    for (size_t j = 0; j < n; j++) {
        double sum = 0;
        for (size_t k = 0; k < p; k++) {
            double difference = x[j * ldx + k] - y[k];
            sum += difference * difference;
        }
        out[j] = sum;
    }
    square_root(out, n);
}

static double sum_squared_difference(const double *a, const double *b, size_t n)
{
    V s0 = V_SET(0.0), s1 = s0, s2 = s0, s3 = s0;
    size_t j = 0;
    for (; j + 4 * WIDTH <= n; j += 4 * WIDTH) {
        s0 = v_add_square(s0, V_SUB(V_LOAD(a + j), V_LOAD(b + j)));
        s1 = v_add_square(s1, V_SUB(V_LOAD(a + j + WIDTH), V_LOAD(b + j + WIDTH)));
        s2 = v_add_square(s2, V_SUB(V_LOAD(a + j + 2 * WIDTH), V_LOAD(b + j + 2 * WIDTH)));
        s3 = v_add_square(s3, V_SUB(V_LOAD(a + j + 3 * WIDTH), V_LOAD(b + j + 3 * WIDTH)));
    }
    for (; j + WIDTH <= n; j += WIDTH) s0 = v_add_square(s0, V_SUB(V_LOAD(a + j), V_LOAD(b + j)));
    if (j < n) s0 = v_add_square(s0, V_SUB(V_LOAD_PART(a + j, n - j), V_LOAD_PART(b + j, n - j)));
    return V_SUM(V_ADD(V_ADD(s0, s1), V_ADD(s2, s3)));
}

/* ---- families in files of their own ---- */

#include "distance_template.h"
#include "gradient_precisions.h"
#include "panel_template.h"
#include "place_template.h"
#include "relocation_template.h"
#include "rough_template.h"
#include "sgd_template.h"

const mds_kernels TABLE = {
    .isa = ISA,
    .pattern = {{plane_plain, space_plain, any_plain},
                {plane_squared, space_squared, any_squared},
                {plane_absolute, space_absolute, any_absolute}},
    .change = {{change_plane_plain, change_space_plain, change_any_plain},
               {change_plane_squared, change_space_squared, change_any_squared},
               {change_plane_absolute, change_space_absolute, change_any_absolute}},
    KERNELS_OF_THESE_NAMES,
    TILE_KERNELS(tile, ),
    .single_tile = {single_tile_squared, single_tile_absolute, single_tile_maximum},
    .gradient = {.gradient = {{gradient_plane_plain, gradient_space_plain, gradient_any_plain},
                              {gradient_plane_weighted, gradient_space_weighted, gradient_any_weighted},
                              {gradient_plane_huber, gradient_space_huber, gradient_any_huber}},
                 .single = {{single_plane_plain, single_space_plain, single_any_plain},
                            {single_plane_weighted, single_space_weighted, single_any_weighted},
                            {single_plane_huber, single_space_huber, single_any_huber}},
                 .rough = {rough_plane, rough_space},
                 .laplacian = {laplacian, laplacian_reweighted}},
    .place = place,
    .relocation = RELOCATION_KERNELS,
    .sgd = SGD_KERNELS,
    .square_root_single = sgd_roots,
};
