#include "gradient_single.h"

#include <math.h>
#include <string.h>

static size_t block_column(size_t block)
{
    return block * MDS_GRADIENT_ROWS / MDS_GRADIENT_FLOATS * MDS_GRADIENT_FLOATS;
}

static size_t block_columns(const mds_gradient *g, size_t block)
{
    return g->stride - block_column(block);
}

static size_t block_count(const mds_gradient *g)
{
    return (g->job->problem->n + MDS_GRADIENT_ROWS - 1) / MDS_GRADIENT_ROWS;
}

void mds_gradient_lay_out_single(mds_gradient *g, mds_workspace *workspace)
{
    const mds_job *job = g->job;
    size_t blocks = block_count(g), floats = 0;
    if (job->source) return; /* which says what precision there is */
    g->holds_single = true;
    g->row_losses = (mds_fixed_sums){.rows = 1, .columns = g->stride};
    if (g->many) g->row_losses.sums = mds_workspace_take(workspace, g->stride, sizeof *g->row_losses.sums);
    g->block_at = mds_workspace_take(workspace, blocks, sizeof *g->block_at);
    for (size_t b = 0; b < blocks; b++) {
        if (g->block_at) g->block_at[b] = floats;
        floats += MDS_GRADIENT_ROWS * block_columns(g, b);
    }
    g->x_single = mds_workspace_take(workspace, g->stride, job->p * sizeof *g->x_single);
    g->delta_single = mds_workspace_take(workspace, floats, sizeof *g->delta_single);
    if (job->problem->weights)
        g->weights_single = mds_workspace_take(workspace, floats, sizeof *g->weights_single);
}

/* Columns of row i of a matrix from `begin` on. */
static void pack_row(const mds_gradient *g, const double *matrix, size_t ld, size_t i, size_t begin,
                     size_t width, int exponent, float *to)
{
    size_t n = g->job->problem->n, count = n - begin;
    const double *from = matrix + i * ld + begin;
    g->job->kernels->relocation.narrow(from, i + 1 < n ? from + ld : NULL, count, ldexp(1, -exponent), to);
    for (size_t c = count; c < width; c++) to[c] = 0;
}

/* The blocks of the tasks that are this rank's. */
static size_t own_blocks(const mds_gradient *g, size_t *first)
{
    size_t first_task, last_task;
    mds_share_own(g->job->share, g->tasks, MDS_SHARE_EVEN, &first_task, &last_task);
    *first = (g->begin[first_task] + MDS_GRADIENT_ROWS - 1) / MDS_GRADIENT_ROWS;
    return (g->begin[last_task] + MDS_GRADIENT_ROWS - 1) / MDS_GRADIENT_ROWS - *first;
}

static void pack_block(void *context, unsigned worker, size_t own)
{
    mds_gradient *g = context;
    size_t block;
    (void)own_blocks(g, &block);
    block += own;
    const mds_problem *problem = g->job->problem;
    size_t n = problem->n, column = block_column(block), width = block_columns(g, block);
    (void)worker;
    for (size_t r = 0; r < MDS_GRADIENT_ROWS; r++) {
        size_t i = block * MDS_GRADIENT_ROWS + r, at = g->block_at[block] + r * width;
        if (i >= n) break;
        pack_row(g, problem->delta, problem->ld, i, column, width, g->length_exponent, g->delta_single + at);
        if (problem->weights)
            pack_row(g, problem->weights, problem->ldw, i, column, width, g->weight_exponent,
                     g->weights_single + at);
    }
}

bool mds_gradient_pack_map(mds_gradient *g, const double *x)
{
    const mds_job *job = g->job;
    double factor = ldexp(1, -g->length_exponent), most = 0;
    for (size_t k = 0; k < job->p; k++) {
        float *to = g->x_single + k * g->stride;
        const double *from = x + k * job->stride;
        /* Two loops: gcc 12 for AArch64 breaks down over them as one. */
        for (size_t j = 0; j < job->problem->n; j++) most = fmax(most, fabs(factor * from[j]));
        for (size_t j = 0; j < job->problem->n; j++) to[j] = (float)(factor * from[j]);
        for (size_t j = job->problem->n; j < g->stride; j++) to[j] = 0;
    }
    return most < 0x1p40;
}

bool mds_gradient_pack(mds_gradient *g, const double *x)
{
    const mds_job *job = g->job;
    if (!(job->statistics->largest > 0)) return false;
    if (!g->packed) {
        g->length_exponent = ilogb(job->statistics->largest);
        g->weight_exponent = ilogb(job->statistics->largest_weight);
        size_t first;
        mds_thread_pool_run(job->pool, own_blocks(g, &first), pack_block, g);
        g->packed = true;
    }
    return mds_gradient_pack_map(g, x);
}

mds_gradient_rows_single mds_gradient_packed_rows(const mds_gradient *g, double *scratch, size_t first)
{
    const mds_job *job = g->job;
    size_t block = first / MDS_GRADIENT_ROWS, at = g->block_at[block];
    return (mds_gradient_rows_single){.x = g->x_single,
                                      .stride = g->stride,
                                      .n = job->problem->n,
                                      .p = job->p,
                                      .first = first,
                                      .column = block_column(block),
                                      .delta = g->delta_single + at,
                                      .weights = g->weights_single ? g->weights_single + at : NULL,
                                      .ld = block_columns(g, block),
                                      .threshold = (float)ldexp(g->threshold, -g->length_exponent),
                                      .scratch = (float *)(void *)scratch};
}
