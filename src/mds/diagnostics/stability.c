#include "stability.h"

#include "memory.h"
#include "turn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 100 };

void mds_centred_copy(const double *x, size_t n, size_t p, size_t ldx, double *to)
{
    for (size_t k = 0; k < p; k++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++) mean += x[i * ldx + k] / (double)n;
        for (size_t i = 0; i < n; i++) to[i * p + k] = x[i * ldx + k] - mean;
    }
}

/* The average of the maps, each object over those that have it. */
static void average(const double *maps, size_t n, size_t p, size_t count, const size_t *missing, double *to)
{
    for (size_t i = 0; i < n; i++) {
        size_t having = 0;
        memset(to + i * p, 0, p * sizeof *to);
        for (size_t b = 0; b < count; b++) {
            if (missing[b] == i) continue;
            having++;
            for (size_t k = 0; k < p; k++) to[i * p + k] += maps[(b * n + i) * p + k];
        }
        for (size_t k = 0; k < p; k++) to[i * p + k] /= (double)(having ? having : 1);
    }
}

/* Bring every map onto `mean` and renew that; the sum of squares about it, of the maps themselves in *size.
 */
static double align(double *maps, size_t n, size_t p, size_t count, const size_t *missing, double *mean,
                    double *work, double *size)
{
    double about = 0;
    for (size_t b = 0; b < count; b++) {
        double *map = maps + b * n * p;
        mds_turn(mean, map, n, p, missing[b], false, work);
        if (missing[b] < n) memcpy(map + missing[b] * p, mean + missing[b] * p, p * sizeof *map);
    }
    average(maps, n, p, count, missing, mean);
    mds_centred_copy(mean, n, p, p, mean);
    *size = 0;
    for (size_t b = 0; b < count; b++) {
        double *map = maps + b * n * p;
        if (missing[b] < n) memcpy(map + missing[b] * p, mean + missing[b] * p, p * sizeof *map);
        for (size_t k = 0; k < n * p; k++) {
            double off = map[k] - mean[k];
            about += off * off;
            *size += map[k] * map[k];
        }
    }
    return about;
}

static void fill_covariances(const double *maps, size_t n, size_t p, size_t count, const size_t *missing,
                             const double *mean, double *covariances)
{
    memset(covariances, 0, n * p * p * sizeof *covariances);
    for (size_t i = 0; i < n; i++) {
        size_t having = 0;
        double *of = covariances + i * p * p;
        for (size_t b = 0; b < count; b++) {
            const double *at = maps + (b * n + i) * p;
            if (missing[b] == i) continue;
            having++;
            for (size_t k = 0; k < p; k++)
                for (size_t l = 0; l < p; l++)
                    of[k * p + l] += (at[k] - mean[i * p + k]) * (at[l] - mean[i * p + l]);
        }
        for (size_t k = 0; k < p * p; k++) of[k] /= having > 1 ? (double)(having - 1) : 1;
    }
}

fs_status mds_stability_of(const double *x, size_t n, size_t p, double *maps, size_t count,
                           const size_t *missing, double *covariances, mds_stability *result, fs_error *error)
{
    double *mean = fs_alloc(n * p, sizeof *mean), *work = fs_alloc(MDS_TURN_WORK(p), sizeof *work);
    fs_status status = FS_OK;
    if (!mean || !work) {
        status = fs_fail_memory(error, "comparing maps", 0);
        goto cleanup;
    }
    memcpy(mean, x, n * p * sizeof *mean);
    double before = HUGE_VAL, size, about = align(maps, n, p, count, missing, mean, work, &size);
    for (int round = 0; round < MOST_ROUNDS && before - about > 1e-13 * size; round++) {
        before = about;
        about = align(maps, n, p, count, missing, mean, work, &size);
    }
    /* The maps follow the average onto x, so that the covariances are along the axes of x. */
    double off = 0;
    mds_turn(x, mean, n, p, n, false, work);
    for (size_t b = 0; b < count; b++) {
        mds_turn(mean, maps + b * n * p, n, p, missing[b], false, work);
        if (missing[b] < n) memcpy(maps + (b * n + missing[b]) * p, mean + missing[b] * p, p * sizeof *maps);
    }
    for (size_t k = 0; k < n * p; k++) off += (x[k] - mean[k]) * (x[k] - mean[k]);
    result->maps = count;
    result->stability = size > 0 ? 1 - about / size : 1;
    result->cross_validity = size > 0 ? 1 - (double)count * off / size : 1;
    result->dispersion = 2 - result->stability - result->cross_validity;
    if (covariances) fill_covariances(maps, n, p, count, missing, mean, covariances);
cleanup:
    fs_free(mean);
    fs_free(work);
    return status;
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The value below which a share of the sorted numbers lies, between two of them linearly (R's type 7). */
static double quantile(const double *sorted, size_t count, double share)
{
    double at = share * (double)(count - 1);
    size_t below = (size_t)at, above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]);
}

void mds_stability_stress(double *stress, size_t count, mds_stability *result)
{
    double sum = 0, squares = 0;
    qsort(stress, count, sizeof *stress, ascending);
    for (size_t b = 0; b < count; b++) sum += stress[b];
    result->stress_mean = sum / (double)count;
    for (size_t b = 0; b < count; b++)
        squares += (stress[b] - result->stress_mean) * (stress[b] - result->stress_mean);
    result->stress_deviation = count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
    result->stress_low = quantile(stress, count, 0.025);
    result->stress_high = quantile(stress, count, 0.975);
}
