#include "panel.h"

#include <string.h>

size_t mds_panel_rows(size_t n)
{
    return (n + MDS_PANEL - 1) / MDS_PANEL * MDS_PANEL;
}

double *mds_panel_take(mds_workspace *workspace, size_t n)
{
    return mds_workspace_take(workspace, mds_panel_rows(n), MDS_PANEL * sizeof(double));
}

static size_t chunks_of(size_t rows)
{
    return (rows + MDS_CHUNK - 1) / MDS_CHUNK;
}

void mds_panel_lay_out(mds_panel_work *work, size_t n, size_t most, mds_workspace *workspace)
{
    work->rows = mds_panel_rows(n);
    work->most = most;
    work->partial =
        mds_workspace_take(workspace, chunks_of(work->rows), most * MDS_PANEL_CELLS * sizeof(double));
}

struct call {
    mds_panel_work *work;
    double *const *a;
    size_t count;
    const double *b, *g;
    double *y;
};

/* The rows of a chunk, from *first on. */
static size_t chunk_rows(const mds_panel_work *work, size_t chunk, size_t *first)
{
    *first = chunk * MDS_CHUNK;
    return work->rows - *first < MDS_CHUNK ? work->rows - *first : MDS_CHUNK;
}

static void inner_chunk(void *context, unsigned worker, size_t chunk)
{
    const struct call *call = context;
    const mds_panel_work *work = call->work;
    size_t first, rows = chunk_rows(work, chunk, &first);
    double *partial = work->partial + chunk * work->most * MDS_PANEL_CELLS;
    (void)worker;
    memset(partial, 0, call->count * MDS_PANEL_CELLS * sizeof *partial);
    for (size_t k = 0; k < call->count; k++)
        work->kernels->panel_inner(call->a[k] + first * MDS_PANEL, call->b + first * MDS_PANEL, rows,
                                   partial + k * MDS_PANEL_CELLS);
}

void mds_panel_inner(mds_panel_work *work, double *const *a, size_t count, const double *b, double *g)
{
    struct call call = {.work = work, .a = a, .count = count, .b = b};
    size_t chunks = chunks_of(work->rows), cells = count * MDS_PANEL_CELLS;
    mds_thread_pool_run(work->pool, chunks, inner_chunk, &call);
    memcpy(g, work->partial, cells * sizeof *g);
    for (size_t c = 1; c < chunks; c++)
        for (size_t i = 0; i < cells; i++) g[i] += work->partial[c * work->most * MDS_PANEL_CELLS + i];
}

static void combine_chunk(void *context, unsigned worker, size_t chunk)
{
    const struct call *call = context;
    size_t first, rows = chunk_rows(call->work, chunk, &first);
    (void)worker;
    for (size_t k = 0; k < call->count; k++)
        call->work->kernels->panel_combine(call->a[k] + first * MDS_PANEL, call->g + k * MDS_PANEL_CELLS,
                                           rows, call->y + first * MDS_PANEL);
}

void mds_panel_combine(mds_panel_work *work, double *const *a, size_t count, const double *g, double *y)
{
    struct call call = {.work = work, .a = a, .count = count, .g = g, .y = y};
    mds_thread_pool_run(work->pool, chunks_of(work->rows), combine_chunk, &call);
}
