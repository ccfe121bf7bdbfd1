#include "laplacian_solve.h"

#include "vector_sums.h"

#include <math.h>
#include <string.h>

static const double RESIDUAL = 1e-4;

void mds_laplacian_solve_lay_out(mds_laplacian_solve *s, mds_gradient *gradient, mds_workspace *workspace)
{
    const mds_job *job = gradient->job;
    *s = (mds_laplacian_solve){.gradient = gradient, .cells = job->p * job->stride};
    s->inverse_diagonal = mds_workspace_take(workspace, s->cells, sizeof(double));
    s->residual = mds_workspace_take(workspace, s->cells, sizeof(double));
    s->preconditioned = mds_workspace_take(workspace, s->cells, sizeof(double));
    s->direction = mds_workspace_take(workspace, s->cells, sizeof(double));
    s->product = mds_workspace_take(workspace, s->cells, sizeof(double));
}

static void precondition(mds_laplacian_solve *s)
{
    for (size_t c = 0; c < s->cells; c++) s->preconditioned[c] = s->inverse_diagonal[c] * s->residual[c];
}

void mds_laplacian_solve_run(mds_laplacian_solve *s, bool reweighted, unsigned most, const double *x,
                             const double *b, double *solution)
{
    size_t bytes = s->cells * sizeof(double);
    if (!s->prepared) mds_gradient_inverse_weights(s->gradient->job, s->inverse_diagonal);
    s->prepared = true;
    memset(solution, 0, bytes);
    memcpy(s->residual, b, bytes);
    precondition(s);
    memcpy(s->direction, s->preconditioned, bytes);
    double size = mds_dot(s->residual, s->preconditioned, s->cells), first = size;
    for (unsigned t = 0; t < most && size > RESIDUAL * RESIDUAL * first; t++) {
        double bend = mds_gradient_laplacian(s->gradient, reweighted, x, s->direction, s->product);
        s->products++;
        if (!(bend > 0)) return; /* rounding: what is left lies in the null space */
        double step = size / bend, before = size;
        mds_add_multiple(solution, step, s->direction, s->cells);
        mds_add_multiple(s->residual, -step, s->product, s->cells);
        precondition(s);
        size = mds_dot(s->residual, s->preconditioned, s->cells);
        for (size_t c = 0; c < s->cells; c++)
            s->direction[c] = s->preconditioned[c] + size / before * s->direction[c];
    }
}
