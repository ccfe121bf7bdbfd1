/* Passes over the pairs: their distances, with what is looked up for their groups. */
#include "transform.h"

#include <math.h>
#include <string.h>

enum { COLUMNS = 512 }; /* at a time, so that they stay in the nearest cache */

/* The distances of point i to the points from <= j < to. */
static void find_distances(const mds_transform *t, size_t i, size_t from, size_t to, double *restrict d)
{
    const double *x = t->x + from, *y = x + t->stride;
    size_t count = to - from;
    double at = t->x[i], at_y = t->p > 1 ? t->x[t->stride + i] : 0;
    if (t->p == 1)
        for (size_t j = 0; j < count; j++) d[j] = (x[j] - at) * (x[j] - at);
    else
        for (size_t j = 0; j < count; j++) d[j] = (x[j] - at) * (x[j] - at) + (y[j] - at_y) * (y[j] - at_y);
    for (size_t k = 2; k < t->p; k++) {
        const double *z = x + k * t->stride;
        double at_z = t->x[k * t->stride + i];
        for (size_t j = 0; j < count; j++) d[j] += (z[j] - at_z) * (z[j] - at_z);
    }
    t->kernels->square_root(d, count);
}

static const double *weights_of(const mds_transform *t, size_t i)
{
    return t->problem->weights ? t->problem->weights + i * t->problem->ldw : NULL;
}

/* What a pass does with the pairs i, from <= j < to, whose distances are d. */
typedef void pairs_pass(mds_transform *t, size_t slice, size_t i, size_t from, size_t to, const double *d);

static void pass(mds_transform *t, size_t slice, pairs_pass *run, bool wants_distances)
{
    double d[COLUMNS] = {0};
    size_t n = t->problem->n;
    for (size_t i = t->rows[slice]; i < t->rows[slice + 1]; i++)
        for (size_t from = i + 1, to; from < n; from = to) {
            to = from + COLUMNS < n ? from + COLUMNS : n;
            if (wants_distances) find_distances(t, i, from, to, d);
            run(t, slice, i, from, to, d);
        }
}

/* ---- sums by group ---- */

static void add_sums(mds_transform *t, size_t slice, size_t i, size_t from, size_t to, const double *d)
{
    const uint32_t *rank = t->order.rank + mds_pair_at(t->problem->n, i);
    const double *weights = weights_of(t, i);
    double *sums = t->sums + slice * (t->groups->missing + 1);
    unsigned shift = t->groups->shift;
    double square = 0;
    if (weights) {
        for (size_t j = from; j < to; j++) {
            sums[rank[j] >> shift] += weights[j] * d[j - from];
            if (rank[j] >> shift != t->groups->missing) square += weights[j] * d[j - from] * d[j - from];
        }
    } else {
        for (size_t j = from; j < to; j++) sums[rank[j] >> shift] += d[j - from];
        if (t->lookup == MDS_LOOKUP_SHIFT)
            for (size_t j = from; j < to; j++)
                if (rank[j] >> shift != t->groups->missing) square += d[j - from] * d[j - from];
    }
    t->square[slice] += square;
}

void mds_transform_sum_slice(void *context, unsigned worker, size_t slice)
{
    mds_transform *t = context;
    size_t room = t->groups->missing + 1;
    (void)worker;
    memset(t->sums + slice * room, 0, room * sizeof *t->sums);
    t->square[slice] = 0;
    pass(t, slice, add_sums, true);
}

/* ---- records, dealt to their groups ---- */

static void deal(mds_transform *t, size_t slice, size_t i, size_t from, size_t to, const double *d)
{
    const uint32_t *rank = t->order.rank + mds_pair_at(t->problem->n, i);
    const double *weights = weights_of(t, i);
    uint32_t *next = t->next + slice * t->order.exact.count;
    mds_record *records = (mds_record *)(void *)t->disparities;
    for (size_t j = from; j < to; j++)
        if (rank[j] != t->order.exact.missing)
            records[next[rank[j]]++] = (mds_record){.key = d[j - from], .weight = weights ? weights[j] : 1};
}

void mds_transform_deal_slice(void *context, unsigned worker, size_t slice)
{
    (void)worker;
    pass(context, slice, deal, true);
}

/* ---- disparities ---- */

static void fill(mds_transform *t, size_t slice, size_t i, size_t from, size_t to, const double *d)
{
    const uint32_t *rank = t->order.rank + mds_pair_at(t->problem->n, i);
    const double *low = t->low, *high = t->high;
    double *out = t->disparities + i * t->problem->n, factor = t->factor, most = t->most[slice];
    unsigned shift = t->groups->shift;
    switch (t->lookup) {
    case MDS_LOOKUP_VALUE:
        for (size_t j = from; j < to; j++) out[j] = low[rank[j] >> shift];
        break;
    case MDS_LOOKUP_SHIFT:
        for (size_t j = from; j < to; j++) {
            out[j] = factor * (d[j - from] + low[rank[j]]);
            most = out[j] > most ? out[j] : most;
        }
        t->most[slice] = most;
        break;
    case MDS_LOOKUP_BOUNDS:
        for (size_t j = from; j < to; j++) {
            double least = low[rank[j]], own = d[j - from];
            own = own < least ? least : own;
            own = own > high[rank[j]] ? high[rank[j]] : own;
            out[j] = least <= own ? factor * own : NAN; /* bounds of pairs that do not count are NaN */
        }
    }
}

void mds_transform_fill_slice(void *context, unsigned worker, size_t slice)
{
    mds_transform *t = context;
    (void)worker;
    t->most[slice] = 0;
    pass(t, slice, fill, t->lookup != MDS_LOOKUP_VALUE);
}
