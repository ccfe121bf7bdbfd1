/*
 * panel.h - MDS_PANEL vectors side by side (kernels.h), and what is done with them on all cores.
 *
 * A panel of n rows has room for mds_panel_rows(n), which is n rounded up to a multiple of MDS_PANEL; whoever
 * makes one keeps the rows behind n at zero. Sums over rows are made of partial sums of MDS_CHUNK rows, added
 * in order: the same bits at any number of threads.
 */
#ifndef MDS_PANEL_H
#define MDS_PANEL_H

#include "kernels.h"
#include "thread_pool.h"
#include "workspace.h"

enum { MDS_PANEL_CELLS = MDS_PANEL * MDS_PANEL };

typedef struct mds_panel_work {
    const mds_kernels *kernels;
    mds_thread_pool *pool;
    size_t rows;     /* mds_panel_rows(n) */
    size_t most;     /* panels that a call may name */
    double *partial; /* MDS_PANEL_CELLS numbers for each of them and each chunk of rows */
} mds_panel_work;

size_t mds_panel_rows(size_t n);
double *mds_panel_take(mds_workspace *workspace, size_t n);

void mds_panel_lay_out(mds_panel_work *work, size_t n, size_t most, mds_workspace *workspace);

/* g[k] (MDS_PANEL x MDS_PANEL) = a[k]^T b for k < count. */
void mds_panel_inner(mds_panel_work *work, double *const *a, size_t count, const double *b, double *g);

/* y += sum over k < count of a[k] g[k]. */
void mds_panel_combine(mds_panel_work *work, double *const *a, size_t count, const double *g, double *y);

#endif
