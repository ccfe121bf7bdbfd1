#include "pair_facts.h"

#include "memory.h"

#include <math.h>
#include <string.h>

bool mds_pair_counts(const mds_pairs *pairs, size_t i, size_t j)
{
    return !isnan(pairs->delta[i * pairs->n + j]) &&
           (!pairs->weights || pairs->weights[i * pairs->n + j] > 0);
}

double mds_pair_distance(const mds_pairs *pairs, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < pairs->p; k++) {
        double off = pairs->x[i * pairs->p + k] - pairs->x[j * pairs->p + k];
        sum += off * off;
    }
    return sqrt(sum);
}

double mds_pair_disparity(const mds_pairs *pairs, size_t i, size_t j)
{
    return (pairs->disparities ? pairs->disparities : pairs->delta)[i * pairs->n + j];
}

/* Weighted sums over the pairs. */
typedef struct sums {
    double weight, residual2, disparity, disparity2, distance, distance2, product;
} sums;

static void keep_worst(mds_pair_facts *facts, const mds_pair_residual *pair)
{
    size_t at = facts->worst_count;
    double size = fabs(pair->residual);
    if (at == MDS_WORST_PAIRS) {
        if (size <= fabs(facts->worst[at - 1].residual)) return;
        at--;
    } else {
        facts->worst_count++;
    }
    for (; at > 0 && fabs(facts->worst[at - 1].residual) < size; at--)
        facts->worst[at] = facts->worst[at - 1];
    facts->worst[at] = *pair;
}

/* Put j among the worst partners of i, whose residuals in size are in `sizes`, falling. */
static void keep_partner(size_t *partners, double *sizes, size_t j, double size)
{
    size_t at = MDS_WORST_PARTNERS;
    if (size <= sizes[at - 1]) return;
    for (at--; at > 0 && sizes[at - 1] < size; at--) {
        sizes[at] = sizes[at - 1];
        partners[at] = partners[at - 1];
    }
    sizes[at] = size;
    partners[at] = j;
}

static void add_pair(mds_pair_facts *f, sums *s, const mds_pair_residual *pair, double weight)
{
    f->pairs++;
    f->largest_delta = fmax(f->largest_delta, pair->delta);
    f->smallest_delta = fmin(f->smallest_delta, pair->delta);
    f->largest_distance = fmax(f->largest_distance, fmax(pair->distance, pair->disparity));
    f->largest_residual = fmax(f->largest_residual, fabs(pair->residual));
    s->weight += weight;
    s->residual2 += weight * pair->residual * pair->residual;
    s->disparity += weight * pair->disparity;
    s->disparity2 += weight * pair->disparity * pair->disparity;
    s->distance += weight * pair->distance;
    s->distance2 += weight * pair->distance * pair->distance;
    s->product += weight * pair->disparity * pair->distance;
    keep_worst(f, pair);
}

static void sum_up(mds_pair_facts *f, const sums *s)
{
    double about = s->distance2 - s->distance * s->distance / s->weight;
    double disparity_about = s->disparity2 - s->disparity * s->disparity / s->weight;
    double together = s->product - s->disparity * s->distance / s->weight;
    f->residual_deviation = sqrt(s->residual2 / s->weight);
    f->stress2 = about > 0 ? sqrt(s->residual2 / about) : (double)NAN;
    f->accounted = s->disparity2 > 0 ? 1 - s->residual2 / s->disparity2 : 1;
    f->congruence =
        s->disparity2 > 0 && s->distance2 > 0 ? s->product / sqrt(s->disparity2 * s->distance2) : (double)NAN;
    f->correlation =
        about > 0 && disparity_about > 0 ? together / sqrt(about * disparity_about) : (double)NAN;
}

fs_status mds_pair_facts_init(mds_pair_facts *facts, const mds_pairs *pairs, fs_error *error)
{
    size_t n = pairs->n;
    *facts = (mds_pair_facts){.smallest_delta = HUGE_VAL};
    facts->partners = fs_alloc(n, MDS_WORST_PARTNERS * sizeof *facts->partners);
    double *sizes = fs_alloc_0(n, MDS_WORST_PARTNERS * sizeof *sizes);
    if (!facts->partners || !sizes) {
        fs_free(sizes);
        mds_pair_facts_fini(facts);
        return fs_fail_memory(error, "looking for the worst pairs", n * sizeof *sizes);
    }
    for (size_t k = 0; k < n * MDS_WORST_PARTNERS; k++) facts->partners[k] = n;
    sums s = {0};
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            if (!mds_pair_counts(pairs, i, j)) continue;
            mds_pair_residual pair = {.i = j, .j = i, .delta = pairs->delta[i * n + j]};
            pair.disparity = mds_pair_disparity(pairs, i, j);
            pair.distance = mds_pair_distance(pairs, i, j);
            pair.residual = pair.disparity - pair.distance;
            add_pair(facts, &s, &pair, pairs->weights ? pairs->weights[i * n + j] : 1);
            keep_partner(facts->partners + i * MDS_WORST_PARTNERS, sizes + i * MDS_WORST_PARTNERS, j,
                         fabs(pair.residual));
            keep_partner(facts->partners + j * MDS_WORST_PARTNERS, sizes + j * MDS_WORST_PARTNERS, i,
                         fabs(pair.residual));
        }
    fs_free(sizes);
    if (facts->pairs > 0) sum_up(facts, &s);
    return FS_OK;
}

void mds_pair_facts_fini(mds_pair_facts *facts)
{
    fs_free(facts->partners);
    facts->partners = NULL;
}
