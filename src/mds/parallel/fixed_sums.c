#include "fixed_sums.h"

#include <math.h>
#include <sched.h>
#include <string.h>

enum { BITS = 62, LEAST_STRIPE = 512 };

void mds_fixed_sums_begin(mds_fixed_sums *s, double bound)
{
    s->bound = bound > 0 && bound < HUGE_VAL ? bound : 1;
    s->unit = ldexp(1, ilogb(s->bound) + 1 - BITS);
    memset(s->sums, 0, s->rows * s->columns * sizeof *s->sums);
}

/* To the nearest; within +-2^62 whatever it is, also what is not a number. */
static uint64_t round_whole(double value)
{
    const double most = 0x1p62;
    double near = value + (value < 0 ? -0.5 : 0.5);
    near = near < most ? near : most;
    near = near > -most ? near : -most;
    return (uint64_t)(int64_t)near;
}

/* Columns of one stripe, which others leave alone until release. */
static size_t stripe_size(const mds_fixed_sums *s)
{
    size_t size = (s->columns + MDS_FIXED_STRIPES - 1) / MDS_FIXED_STRIPES;
    return size > LEAST_STRIPE ? size : LEAST_STRIPE;
}

static size_t acquire(mds_fixed_sums *s, size_t column, size_t to, size_t *end)
{
    size_t size = stripe_size(s), stripe = column / size;
    *end = (stripe + 1) * size < to ? (stripe + 1) * size : to;
    while (atomic_exchange_explicit(&s->busy[stripe], 1, memory_order_acquire)) sched_yield();
    return stripe;
}

static void release(mds_fixed_sums *s, size_t stripe)
{
    atomic_store_explicit(&s->busy[stripe], 0, memory_order_release);
}

void mds_fixed_sums_add(mds_fixed_sums *s, size_t row, size_t from, size_t to, const double *values)
{
    double units = 1 / s->unit;
    uint64_t *sums = s->sums + row * s->columns;
    for (size_t j = from, end; j < to; j = end) {
        size_t stripe = acquire(s, j, to, &end);
        for (size_t c = j; c < end; c++) sums[c] += round_whole(values[c - from] * units);
        release(s, stripe);
    }
}

void mds_fixed_sums_add_floats(mds_fixed_sums *s, size_t row, size_t from, size_t to, const float *values)
{
    double units = 1 / s->unit;
    uint64_t *sums = s->sums + row * s->columns;
    for (size_t j = from, end; j < to; j = end) {
        size_t stripe = acquire(s, j, to, &end);
        for (size_t c = j; c < end; c++) sums[c] += round_whole((double)values[c - from] * units);
        release(s, stripe);
    }
}
