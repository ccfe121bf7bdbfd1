#include "sparse_sums.h"

#include "exact_sum.h"

#include <math.h>
#include <string.h>

enum { LANES = 8 }; /* pairs whose roots are taken side by side */

void mds_sparse_sums_lay_out(mds_sparse_sums *s, const mds_sparse_rows *rows, size_t p, mds_thread_pool *pool,
                             mds_workspace *workspace)
{
    *s = (mds_sparse_sums){.rows = rows, .pool = pool, .p = p};
    s->x = mds_workspace_take(workspace, rows->n, p * sizeof *s->x);
    s->along = mds_workspace_take(workspace, rows->n, p * sizeof *s->along);
    s->loss = mds_workspace_take(workspace, rows->blocks, sizeof *s->loss);
    s->stress = mds_workspace_take(workspace, rows->blocks, sizeof *s->stress);
}

/* ---- some pairs of an object ---- */

/* Padded with pairs of dissimilarity and weight 0 whose points coincide. */
struct lanes {
    double square[LANES], delta[LANES], weight[LANES];
};

static inline void load_lanes(const mds_sparse_sums *s, size_t i, size_t e, size_t count, size_t p,
                              struct lanes *to)
{
    const mds_sparse_rows *rows = s->rows;
    const double *at = s->x + i * p;
    *to = (struct lanes){.square = {0}};
    for (size_t l = 0; l < count; l++) {
        const double *other = s->x + rows->column[e + l] * p;
        for (size_t k = 0; k < p; k++) to->square[l] += (at[k] - other[k]) * (at[k] - other[k]);
        to->delta[l] = rows->delta[e + l];
        to->weight[l] = rows->weight ? rows->weight[e + l] : 1;
    }
}

/* The losses of the pairs, and what their lines are multiplied with in the gradient. */
static inline double pull(const struct lanes *pairs, double huber, double *factor)
{
    double loss[LANES];
    for (size_t l = 0; l < LANES; l++) {
        double d = sqrt(pairs->square[l]), delta = pairs->delta[l], weight = pairs->weight[l];
        double size = fabs(delta - d);
        bool far = size > huber, apart = d > MDS_SPARSE_COINCIDE;
        double share = far ? huber / size : 1;
        loss[l] = weight * (far ? huber * (2 * size - huber) : size * size);
        factor[l] = apart ? weight * share * (1 - delta / d) : 0;
    }
    return ((loss[0] + loss[4]) + (loss[2] + loss[6])) + ((loss[1] + loss[5]) + (loss[3] + loss[7]));
}

/* Of the weights that make a squared loss touch the Huber loss. */
static inline void reweight(const struct lanes *pairs, double huber, double *factor)
{
    for (size_t l = 0; l < LANES; l++) {
        double size = fabs(pairs->delta[l] - sqrt(pairs->square[l]));
        factor[l] = pairs->weight[l] * (size > huber ? huber / size : 1);
    }
}

/* ---- gradient ---- */

static inline double gradient_of_row(const mds_sparse_sums *s, size_t i, size_t p)
{
    const mds_sparse_rows *rows = s->rows;
    const double *at = s->x + i * p;
    size_t end = rows->begin[i + 1];
    double loss = 0;
    for (size_t k = 0; k < p; k++) s->to[k * s->stride + i] = 0;
    for (size_t e = rows->begin[i]; e < end; e += LANES) {
        size_t count = end - e < LANES ? end - e : LANES;
        struct lanes pairs;
        double factor[LANES];
        load_lanes(s, i, e, count, p, &pairs);
        loss += pull(&pairs, s->huber, factor);
        for (size_t k = 0; k < p; k++) {
            double sum = 0;
            for (size_t l = 0; l < count; l++) sum += factor[l] * (at[k] - s->x[rows->column[e + l] * p + k]);
            s->to[k * s->stride + i] += 2 * sum;
        }
    }
    return loss;
}

static void gradient_of_block(void *context, unsigned worker, size_t block)
{
    const mds_sparse_sums *s = context;
    mds_exact_sum loss = {0};
    (void)worker;
    for (size_t i = s->rows->first[block]; i < s->rows->first[block + 1]; i++)
        mds_exact_add(&loss, s->p == 2   ? gradient_of_row(s, i, 2)
                             : s->p == 3 ? gradient_of_row(s, i, 3)
                                         : gradient_of_row(s, i, s->p));
    s->loss[block] = mds_exact_value(&loss);
}

/* ---- Laplacian ---- */

static inline double laplacian_of_row(const mds_sparse_sums *s, size_t i, size_t p)
{
    const mds_sparse_rows *rows = s->rows;
    const double *at = s->along + i * p;
    size_t end = rows->begin[i + 1];
    double bend = 0;
    for (size_t k = 0; k < p; k++) s->to[k * s->stride + i] = 0;
    for (size_t e = rows->begin[i]; e < end; e += LANES) {
        size_t count = end - e < LANES ? end - e : LANES;
        struct lanes pairs;
        double factor[LANES];
        if (s->reweighted) {
            load_lanes(s, i, e, count, p, &pairs);
            reweight(&pairs, s->huber, factor);
        } else {
            for (size_t l = 0; l < count; l++) factor[l] = rows->weight ? rows->weight[e + l] : 1;
        }
        for (size_t k = 0; k < p; k++) {
            double sum = 0;
            for (size_t l = 0; l < count; l++) {
                double apart = at[k] - s->along[rows->column[e + l] * p + k];
                sum += factor[l] * apart;
                bend += factor[l] * apart * apart;
            }
            s->to[k * s->stride + i] += sum;
        }
    }
    return bend;
}

static void laplacian_of_block(void *context, unsigned worker, size_t block)
{
    const mds_sparse_sums *s = context;
    mds_exact_sum bend = {0};
    (void)worker;
    for (size_t i = s->rows->first[block]; i < s->rows->first[block + 1]; i++)
        mds_exact_add(&bend, s->p == 2 ? laplacian_of_row(s, i, 2) : laplacian_of_row(s, i, s->p));
    s->loss[block] = mds_exact_value(&bend);
}

/* ---- stress ---- */

static void stress_of_row(const mds_sparse_sums *s, size_t i, mds_stress_sums *sums)
{
    const mds_sparse_rows *rows = s->rows;
    size_t end = rows->begin[i + 1];
    for (size_t e = rows->begin[i]; e < end; e++) {
        if (rows->column[e] < i) continue; /* it was met from there */
        struct lanes pair;
        load_lanes(s, i, e, 1, s->p, &pair);
        double d = sqrt(pair.square[0]), delta = pair.delta[0], weight = pair.weight[0], error = delta - d;
        sums->raw += weight * error * error;
        sums->delta2 += weight * delta * delta;
        sums->delta_d += weight * delta * d;
        sums->d2 += weight * pair.square[0];
        sums->absolute += weight * fabs(error);
        sums->pairs += 1;
    }
}

static void stress_of_block(void *context, unsigned worker, size_t block)
{
    const mds_sparse_sums *s = context;
    mds_stress_sums sums = {0};
    (void)worker;
    for (size_t i = s->rows->first[block]; i < s->rows->first[block + 1]; i++) stress_of_row(s, i, &sums);
    s->stress[block] = sums;
}

static void loss_of_block(void *context, unsigned worker, size_t block)
{
    const mds_sparse_sums *s = context;
    const mds_sparse_rows *rows = s->rows;
    mds_exact_sum loss = {0};
    (void)worker;
    for (size_t i = rows->first[block]; i < rows->first[block + 1]; i++)
        for (size_t e = rows->begin[i], end = rows->begin[i + 1]; e < end; e += LANES) {
            struct lanes pairs;
            double factor[LANES];
            load_lanes(s, i, e, end - e < LANES ? end - e : LANES, s->p, &pairs);
            mds_exact_add(&loss, pull(&pairs, s->huber, factor));
        }
    s->loss[block] = mds_exact_value(&loss);
}

/* ---- passes ---- */

void mds_sparse_points(const double *x, size_t stride, size_t n, size_t p, double *to)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < p; k++) to[i * p + k] = x[k * stride + i];
}

static void gather(const mds_sparse_sums *s, const double *x, size_t stride, double *to)
{
    mds_sparse_points(x, stride, s->rows->n, s->p, to);
}

/* What the tasks write, and by which loss. */
static void write_to(mds_sparse_sums *s, double huber, size_t stride, double *to)
{
    s->huber = huber;
    s->to = to;
    s->stride = stride;
    for (size_t k = 0; k < s->p; k++)
        memset(to + k * stride + s->rows->n, 0, (stride - s->rows->n) * sizeof *to);
}

/* Half the sum over all blocks, as each pair was met twice. */
static double run_blocks(mds_sparse_sums *s, mds_task *task)
{
    mds_exact_sum loss = {0};
    mds_thread_pool_run(s->pool, s->rows->blocks, task, s);
    for (size_t b = 0; b < s->rows->blocks; b++) mds_exact_add(&loss, s->loss[b]);
    return mds_exact_value(&loss) / 2;
}

double mds_sparse_gradient(mds_sparse_sums *s, double huber, const double *x, size_t stride, double *to)
{
    gather(s, x, stride, s->x);
    write_to(s, huber, stride, to);
    return run_blocks(s, gradient_of_block);
}

double mds_sparse_laplacian(mds_sparse_sums *s, double huber, const double *x, const double *y, size_t stride,
                            double *to)
{
    s->reweighted = huber < HUGE_VAL;
    if (s->reweighted) gather(s, x, stride, s->x);
    gather(s, y, stride, s->along);
    write_to(s, huber, stride, to);
    return run_blocks(s, laplacian_of_block);
}

double mds_sparse_loss(mds_sparse_sums *s, double huber, const double *x, size_t stride)
{
    gather(s, x, stride, s->x);
    s->huber = huber;
    return run_blocks(s, loss_of_block);
}

mds_stress_sums mds_sparse_stress(mds_sparse_sums *s, const double *x, size_t stride)
{
    mds_stress_sums total = {0};
    gather(s, x, stride, s->x);
    mds_thread_pool_run(s->pool, s->rows->blocks, stress_of_block, s);
    for (size_t b = 0; b < s->rows->blocks; b++) mds_stress_sums_add(&total, &s->stress[b]);
    return total;
}

double mds_sparse_row_weight(const mds_sparse_rows *rows, size_t i)
{
    double sum = 0;
    if (!rows->weight) return (double)(rows->begin[i + 1] - rows->begin[i]);
    for (size_t e = rows->begin[i]; e < rows->begin[i + 1]; e++) sum += rows->weight[e];
    return sum;
}
