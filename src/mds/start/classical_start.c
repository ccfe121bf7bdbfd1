#include "classical_start.h"

#include "panel.h"
#include "principal_axes.h"
#include "random.h"

#include <math.h>
#include <string.h>

void mds_classical_init(mds_classical *classical, const mds_problem *problem, double largest,
                        double mean_square, size_t pairs, size_t p, const mds_kernels *kernels,
                        mds_thread_pool *pool)
{
    size_t n = problem->n;
    *classical = (mds_classical){.p = p};
    classical->squares = (mds_centred_squares){.delta = problem->delta,
                                               .weights = problem->weights,
                                               .n = n,
                                               .ld = problem->ld,
                                               .ldw = problem->ldw,
                                               .largest = largest,
                                               .mean_square = mean_square,
                                               .missing = pairs < n * (n - 1) / 2,
                                               .kernels = kernels,
                                               .pool = pool};
    classical->pairs = (mds_eigenpairs){.n = n,
                                        .count = p < n ? p : n - 1,
                                        .tolerance = 1e-3,
                                        .products = 1000,
                                        .kernels = kernels,
                                        .pool = pool};
}

void mds_classical_lay_out(mds_classical *classical, mds_workspace *workspace)
{
    mds_centred_squares_lay_out(&classical->squares, workspace);
    mds_eigenpairs_lay_out(&classical->pairs, workspace);
    classical->seed = mds_panel_take(workspace, classical->squares.n);
}

void mds_classical_find(mds_classical *classical)
{
    mds_centred_squares *squares = &classical->squares;
    if (squares->missing) mds_centred_squares_fill(squares);
    mds_operator of = mds_centred_squares_operator(squares);
    classical->rounding = of.rounding;
    mds_centred_squares_seed(squares, classical->seed);
    classical->pairs.seed = classical->seed;
    if (classical->pairs.count > 0 && squares->largest > 0) mds_eigenpairs_find(&classical->pairs, &of);
}

size_t mds_classical_map(const mds_classical *classical, double *x, size_t stride)
{
    const mds_eigenpairs *pairs = &classical->pairs;
    size_t n = pairs->n, axes = 0;
    memset(x, 0, classical->p * stride * sizeof *x);
    for (size_t k = 0; k < pairs->count && classical->squares.largest > 0; k++) {
        if (!(pairs->values[k] > classical->rounding)) continue;
        const double *panel = pairs->vectors[k / MDS_PANEL];
        double *column = x + k * stride, length = sqrt(pairs->values[k]);
        for (size_t i = 0; i < n; i++) column[i] = length * panel[i * MDS_PANEL + k % MDS_PANEL];
        mds_axis_side(column, n, 1);
        axes++;
    }
    return axes;
}

void mds_classical_start(mds_classical *classical, double *x, size_t stride)
{
    mds_classical_find(classical);
    size_t n = classical->pairs.n;
    fs_random random;
    fs_random_init(&random, 1);
    double little = 1e-3 * sqrt(classical->squares.mean_square);
    for (size_t k = mds_classical_map(classical, x, stride); k < classical->p; k++)
        for (size_t i = 0; i < n; i++) x[k * stride + i] = little * (fs_random_unit(&random) - 0.5);
}
