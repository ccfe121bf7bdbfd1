#include "eigenpairs.h"

#include "panel.h"
#include "random.h"
#include "symmetric_eigen.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    PANELS = 24,  /* in the basis, where n and the count allow it: a projection of order 192 */
    SPARE = 2,    /* panels of approximations beyond those wanted that a restart keeps */
    ROUNDS = 6,   /* of making a panel orthogonal; two are usual */
    SMALLEST = 64 /* operators of no higher order are written out */
};

/* The projection is of order PANELS * MDS_PANEL at most, and grows with the count. */
typedef struct mds_eigen_basis {
    bool dense;
    size_t begin; /* panels that the basis begins with: so many are not multiplied yet, at any time */
    size_t most;  /* panels there is room for */
    size_t keep;  /* panels that a restart makes of the best approximations */
    size_t done;  /* panels that have been multiplied; they come first */
    size_t count; /* panels */
    size_t order; /* most * MDS_PANEL: leading dimension of h */
    double **q;   /* most panels and keep more */
    double *h;    /* order * order: h[i][j] = q_i^T A q_j for every column j that has been multiplied */
    double *t, *z, *values, *work; /* the projection, its vectors (rows) and values */
    double *g;                     /* most * MDS_PANEL_CELLS: coefficients of a panel */
    double *spare;                 /* a panel */
    mds_panel_work panels;
    fs_random random;
} basis;

/* ---- memory ---- */

void mds_eigenpairs_lay_out(mds_eigenpairs *pairs, mds_workspace *workspace)
{
    size_t n = pairs->n, wanted = (pairs->count + MDS_PANEL - 1) / MDS_PANEL;
    struct mds_eigen_basis sizes = {.begin = (pairs->count + 2 + MDS_PANEL - 1) / MDS_PANEL};
    sizes.keep = wanted + SPARE;
    size_t least = sizes.keep + 3 * sizes.begin + 1;
    size_t room = n / MDS_PANEL; /* the basis never fills the space, so a new vector can always be had */
    sizes.most = least < PANELS ? PANELS : 2 * least;
    if (sizes.most > room - (room > 0)) sizes.most = room - (room > 0);
    sizes.dense = n <= SMALLEST || sizes.most < least;
    if (sizes.dense) sizes.most = mds_panel_rows(n) / MDS_PANEL, sizes.keep = 0;
    sizes.order = sizes.most * MDS_PANEL;
    size_t panels = sizes.dense ? 0 : sizes.most + sizes.keep;

    basis *b = pairs->basis = mds_workspace_take(workspace, 1, sizeof *b);
    sizes.q = mds_workspace_take(workspace, panels, sizeof *sizes.q);
    for (size_t k = 0; k < panels; k++) {
        double *panel = mds_panel_take(workspace, n);
        if (sizes.q) sizes.q[k] = panel;
    }
    size_t row = sizes.order * sizeof(double);
    sizes.h = mds_workspace_take(workspace, sizes.dense ? 0 : sizes.order, row);
    sizes.t = mds_workspace_take(workspace, sizes.order, row);
    sizes.z = mds_workspace_take(workspace, sizes.order, row);
    sizes.values = mds_workspace_take(workspace, 1, row);
    sizes.work = mds_workspace_take(workspace, MDS_SYMMETRIC_EIGEN_WORK(1), row);
    sizes.g = mds_workspace_take(workspace, 2 * (sizes.most + 1), MDS_PANEL_CELLS * sizeof(double));
    sizes.spare = mds_panel_take(workspace, n);
    mds_panel_lay_out(&sizes.panels, n, sizes.most, workspace);
    pairs->values = mds_workspace_take(workspace, pairs->count, sizeof(double));
    pairs->residuals = mds_workspace_take(workspace, pairs->count, sizeof(double));
    pairs->vectors = mds_workspace_take(workspace, wanted, sizeof *pairs->vectors);
    for (size_t k = 0; k < wanted; k++) {
        double *panel = mds_panel_take(workspace, n);
        if (pairs->vectors) pairs->vectors[k] = panel;
    }
    sizes.panels.kernels = pairs->kernels;
    sizes.panels.pool = pairs->pool;
    if (b) *b = sizes;
}

/* ---- small operators ---- */

static void find_dense(mds_eigenpairs *pairs, const mds_operator *of)
{
    basis *b = pairs->basis;
    size_t n = pairs->n, rows = mds_panel_rows(n), cells = rows * MDS_PANEL;
    double *unit = b->spare, *image = pairs->vectors[0];
    for (size_t first = 0; first < n; first += MDS_PANEL) {
        size_t columns = n - first < MDS_PANEL ? n - first : MDS_PANEL;
        memset(unit, 0, cells * sizeof *unit);
        for (size_t k = 0; k < columns; k++) unit[(first + k) * MDS_PANEL + k] = 1;
        of->apply(of->context, unit, image);
        for (size_t i = 0; i < n; i++)
            memcpy(b->t + i * n + first, image + i * MDS_PANEL, columns * sizeof *image);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            b->t[i * n + j] = b->t[j * n + i] = (b->t[i * n + j] + b->t[j * n + i]) / 2;
    mds_symmetric_eigen(b->t, n, n, b->values, b->z, pairs->count, b->work);
    for (size_t k = 0; k < pairs->count; k++) {
        double *panel = pairs->vectors[k / MDS_PANEL];
        if (k % MDS_PANEL == 0) memset(panel, 0, cells * sizeof *panel);
        for (size_t i = 0; i < n; i++) panel[i * MDS_PANEL + k % MDS_PANEL] = b->z[k * n + i];
        pairs->values[k] = b->values[k];
        pairs->residuals[k] = (double)n * DBL_EPSILON * fmax(fabs(b->values[0]), fabs(b->values[n - 1]));
    }
    pairs->least = b->values[n - 1];
    pairs->done = 1;
    pairs->converged = true;
    if (pairs->watch) (void)pairs->watch(pairs->watch_context);
}

/* ---- the basis ---- */

static void fill_random(basis *b, double *panel, size_t n, size_t column)
{
    for (size_t i = 0; i < n; i++) panel[i * MDS_PANEL + column] = fs_random_unit(&b->random) - 0.5;
}

/* c += a b, MDS_PANEL x MDS_PANEL. */
static void multiply_add(const double *a, const double *b, double *c)
{
    for (size_t i = 0; i < MDS_PANEL; i++)
        for (size_t k = 0; k < MDS_PANEL; k++)
            for (size_t j = 0; j < MDS_PANEL; j++)
                c[i * MDS_PANEL + j] += a[i * MDS_PANEL + k] * b[k * MDS_PANEL + j];
}

/* Orthonormal columns out of those of a panel, as far as one round goes: with d the lengths of the columns
 * and u s u^T the inner products of panel d^(-1), panel = q r with q = panel d^(-1) u s^(-1/2) (Stathopoulos
 * and Wu, "A block orthogonalization procedure with constant synchronization requirements", SIAM J. Sci.
 * Comput. 23, 2002). Where columns nearly depend on each other, s is rounding, and is replaced by something
 * larger: q is then not yet orthonormal, but nothing is lost. Writes the factors of q and r; returns the
 * least s. */
static double factor(double *g, double *to_q, double *to_r)
{
    double u[MDS_PANEL_CELLS], s[MDS_PANEL], d[MDS_PANEL], work[MDS_SYMMETRIC_EIGEN_WORK(MDS_PANEL)];
    for (size_t k = 0; k < MDS_PANEL; k++) d[k] = sqrt(g[k * (MDS_PANEL + 1)]);
    for (size_t k = 0; k < MDS_PANEL; k++)
        if (d[k] == 0) d[k] = 1;
    for (size_t k = 0; k < MDS_PANEL; k++)
        for (size_t l = 0; l <= k; l++)
            g[k * MDS_PANEL + l] = g[l * MDS_PANEL + k] =
                (g[k * MDS_PANEL + l] + g[l * MDS_PANEL + k]) / 2 / d[k] / d[l];
    mds_symmetric_eigen(g, MDS_PANEL, MDS_PANEL, s, u, MDS_PANEL, work);
    for (size_t k = 0; k < MDS_PANEL; k++) {
        double root = sqrt(fmax(s[k], 64 * DBL_EPSILON));
        for (size_t l = 0; l < MDS_PANEL; l++) {
            to_q[l * MDS_PANEL + k] = u[k * MDS_PANEL + l] / d[l] / root;
            to_r[k * MDS_PANEL + l] = u[k * MDS_PANEL + l] * d[l] * root;
        }
    }
    return s[MDS_PANEL - 1];
}

static double row_length(const double *row)
{
    double sum = 0;
    for (size_t k = 0; k < MDS_PANEL; k++) sum += row[k] * row[k];
    return sqrt(sum);
}

/* One such round: the panel that was `panel` times r is the new panel times the new r. What is shorter than
 * `nothing` in that is rounding: a random column takes its place, with a row of zeros in r. Whether the panel
 * is orthonormal now. */
static bool normalise(basis *b, double *panel, size_t n, double *nothing, double *r)
{
    double g[MDS_PANEL_CELLS], to_q[MDS_PANEL_CELLS], to_r[MDS_PANEL_CELLS], before[MDS_PANEL_CELLS];
    size_t cells = b->panels.rows * MDS_PANEL;
    mds_panel_inner(&b->panels, &panel, 1, panel, g);
    bool right = factor(g, to_q, to_r) > 0.5;
    memcpy(b->spare, panel, cells * sizeof *panel);
    memset(panel, 0, cells * sizeof *panel);
    mds_panel_combine(&b->panels, &b->spare, 1, to_q, panel);
    memcpy(before, r, sizeof before);
    memset(r, 0, sizeof before);
    multiply_add(to_r, before, r);
    for (size_t k = 0; k < MDS_PANEL; k++)
        *nothing = fmax(*nothing, DBL_EPSILON * row_length(r + k * MDS_PANEL));
    for (size_t k = 0; k < MDS_PANEL; k++) {
        double length = row_length(r + k * MDS_PANEL);
        if (length > *nothing || length == 0) continue; /* 0: random already */
        memset(r + k * MDS_PANEL, 0, MDS_PANEL * sizeof *r);
        fill_random(b, panel, n, k);
        right = false;
    }
    return right;
}

/* Take off the panel what lies along the first `count` of the basis; g becomes what that was. */
static void remove_basis(basis *b, double *panel, double *g)
{
    if (b->count == 0) return;
    size_t cells = b->count * MDS_PANEL_CELLS;
    mds_panel_inner(&b->panels, b->q, b->count, panel, g);
    for (size_t i = 0; i < cells; i++) g[i] = -g[i];
    mds_panel_combine(&b->panels, b->q, b->count, g, panel);
    for (size_t i = 0; i < cells; i++) g[i] = -g[i];
}

/* Put the panel q[count] into the basis, orthonormal and orthogonal to the others, which takes two rounds,
 * and more where columns depend on each other: panel = sum over k <= count of q_k g_k, with what comes to be
 * q[count]. */
static void append(basis *b, size_t n, double nothing, double *g)
{
    double *panel = b->q[b->count], *r = g + b->count * MDS_PANEL_CELLS;
    double *part = g + (b->most + 1) * MDS_PANEL_CELLS;
    memset(g, 0, (b->count + 1) * MDS_PANEL_CELLS * sizeof *g);
    for (size_t k = 0; k < MDS_PANEL; k++) r[k * (MDS_PANEL + 1)] = 1;
    for (int round = 0; round < ROUNDS; round++) {
        remove_basis(b, panel, part);
        for (size_t k = 0; k < b->count; k++)
            multiply_add(part + k * MDS_PANEL_CELLS, r, g + k * MDS_PANEL_CELLS);
        if (normalise(b, panel, n, &nothing, r) && round > 0) break;
    }
    b->count++;
}

/* Multiply the next panel, and put its image into the basis. */
static void expand(mds_eigenpairs *pairs, const mds_operator *of)
{
    basis *b = pairs->basis;
    size_t column = b->done * MDS_PANEL;
    of->apply(of->context, b->q[b->done], b->q[b->count]);
    append(b, pairs->n, of->rounding, b->g);
    for (size_t k = 0; k < b->count; k++)
        for (size_t i = 0; i < MDS_PANEL; i++)
            memcpy(b->h + (k * MDS_PANEL + i) * b->order + column, b->g + k * MDS_PANEL_CELLS + i * MDS_PANEL,
                   MDS_PANEL * sizeof *b->h);
    b->done++;
    pairs->done++;
}

/* ---- approximations ---- */

/* The length of the part of A v that lies outside of what was multiplied, for the approximation k. */
static double residual(const basis *b, size_t k)
{
    size_t m = b->done * MDS_PANEL, end = b->count * MDS_PANEL;
    const double *z = b->z + k * m;
    double sum = 0;
    for (size_t i = m; i < end; i++) {
        double part = 0;
        for (size_t j = 0; j < m; j++) part += b->h[i * b->order + j] * z[j];
        sum += part * part;
    }
    return sqrt(sum);
}

/* Solve the projection. Whether all that is wanted has converged. */
static bool approximate(mds_eigenpairs *pairs, const mds_operator *of)
{
    basis *b = pairs->basis;
    size_t m = b->done * MDS_PANEL, vectors = b->keep * MDS_PANEL;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++)
            b->t[i * m + j] = b->t[j * m + i] = (b->h[i * b->order + j] + b->h[j * b->order + i]) / 2;
    mds_symmetric_eigen(b->t, m, m, b->values, b->z, vectors < m ? vectors : m, b->work);
    pairs->least = fmin(pairs->least, b->values[m - 1]);
    if (m < pairs->count) return false;
    bool converged = true;
    double size = fmax(fabs(b->values[0]), fabs(b->values[m - 1]));
    double allowed = fmax(of->rounding, MDS_PANEL * DBL_EPSILON * size);
    for (size_t k = 0; k < pairs->count; k++) {
        pairs->values[k] = b->values[k];
        pairs->residuals[k] = residual(b, k);
        converged &= pairs->residuals[k] <= fmax(pairs->tolerance * fabs(b->values[k]), allowed);
    }
    return converged;
}

/* to[l] = the approximations l * MDS_PANEL and on, as many panels as are wanted. */
static void combine_vectors(basis *b, size_t vectors, double **to)
{
    size_t m = b->done * MDS_PANEL, cells = b->panels.rows * MDS_PANEL;
    for (size_t first = 0; first < vectors; first += MDS_PANEL) {
        double *panel = to[first / MDS_PANEL];
        memset(b->g, 0, b->done * MDS_PANEL_CELLS * sizeof *b->g);
        for (size_t i = 0; i < m; i++)
            for (size_t c = 0; c < MDS_PANEL && first + c < vectors; c++)
                b->g[i * MDS_PANEL + c] = b->z[(first + c) * m + i];
        memset(panel, 0, cells * sizeof *panel);
        mds_panel_combine(&b->panels, b->q, b->done, b->g, panel);
    }
}

void mds_eigenpairs_vectors(mds_eigenpairs *pairs)
{
    if (!pairs->basis->dense) combine_vectors(pairs->basis, pairs->count, pairs->vectors);
}

/* The basis is full, and the projection was solved: the best approximations become the basis, followed by the
 * panels that have not been multiplied. */
static void restart(basis *b)
{
    size_t kept = b->keep * MDS_PANEL, m = b->done * MDS_PANEL, waiting = b->count - b->done;
    combine_vectors(b, kept, b->q + b->most);
    for (size_t k = 0; k < b->keep; k++) {
        double *panel = b->q[k];
        b->q[k] = b->q[b->most + k];
        b->q[b->most + k] = panel;
    }
    for (size_t k = 0; k < waiting; k++) {
        double *panel = b->q[b->keep + k];
        b->q[b->keep + k] = b->q[b->done + k];
        b->q[b->done + k] = panel;
    }
    /* t has done its duty: it takes the new rows, since h is still read. */
    double *rows = b->t;
    for (size_t i = 0; i < waiting * MDS_PANEL; i++)
        for (size_t k = 0; k < kept; k++) {
            double sum = 0;
            for (size_t j = 0; j < m; j++) sum += b->h[(m + i) * b->order + j] * b->z[k * m + j];
            rows[i * kept + k] = sum;
        }
    memset(b->h, 0, b->order * b->order * sizeof *b->h);
    for (size_t k = 0; k < kept; k++) b->h[k * b->order + k] = b->values[k];
    for (size_t i = 0; i < waiting * MDS_PANEL; i++)
        memcpy(b->h + (kept + i) * b->order, rows + i * kept, kept * sizeof *rows);
    b->done = b->keep;
    b->count = b->keep + waiting;
}

/* ---- all of it ---- */

static void begin(mds_eigenpairs *pairs)
{
    basis *b = pairs->basis;
    size_t cells = b->panels.rows * MDS_PANEL;
    fs_random_init(&b->random, 1);
    memset(b->h, 0, b->order * b->order * sizeof *b->h);
    b->done = b->count = 0;
    while (b->count < b->begin) {
        double *panel = b->q[b->count];
        memset(panel, 0, cells * sizeof *panel);
        if (b->count == 0 && pairs->seed)
            memcpy(panel, pairs->seed, cells * sizeof *panel);
        else
            for (size_t k = 0; k < MDS_PANEL; k++) fill_random(b, panel, pairs->n, k);
        append(b, pairs->n, DBL_MIN, b->g);
    }
}

/* Whether to solve the projection now: as soon as there can be something, and then so often that it costs no
 * more than the products (n^2 each and more) do, or a share of them. */
static bool worth_solving(const mds_eigenpairs *pairs, size_t last)
{
    const basis *b = pairs->basis;
    double m = (double)(b->done * MDS_PANEL), n = (double)pairs->n;
    if (b->count == b->most || pairs->done == pairs->products) return true;
    if (m < (double)pairs->count || b->done < 2) return false;
    return m * m * m < n * n || b->done >= last + (last + 3) / 4;
}

void mds_eigenpairs_find(mds_eigenpairs *pairs, const mds_operator *of)
{
    basis *b = pairs->basis;
    pairs->done = 0;
    pairs->converged = false;
    pairs->least = HUGE_VAL;
    if (b->dense) {
        find_dense(pairs, of);
        return;
    }
    begin(pairs);
    size_t last = 0;
    bool go_on = true;
    while (!pairs->converged && go_on && pairs->done < pairs->products) {
        if (b->count == b->most) {
            restart(b);
            last = b->done;
        }
        expand(pairs, of);
        if (!worth_solving(pairs, last)) continue;
        last = b->done;
        pairs->converged = approximate(pairs, of);
        if (pairs->watch && b->done * MDS_PANEL >= pairs->count) go_on = pairs->watch(pairs->watch_context);
    }
    mds_eigenpairs_vectors(pairs);
}
