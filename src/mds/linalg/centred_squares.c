#include "centred_squares.h"

#include "panel.h"
#include "random.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* A tile of so many columns stays in the first-level cache with its vectors and sums; the vectors and sums of
 * a strip stay in the second, while rows of the matrix are read in pieces long enough for the processor to
 * run ahead. (Strips of 128 columns cost a tenth more at n = 1797, and whole rows as much at 20,000; Zen 4.)
 */
enum { COLUMNS = 128, STRIP = 1024, TASK_ROWS = 128, SEED_ROWS = 32 };

void mds_centred_squares_lay_out(mds_centred_squares *squares, mds_workspace *workspace)
{
    size_t n = squares->n, tasks = n / TASK_ROWS + 1;
    squares->tasks = tasks < MDS_CENTRED_TASKS ? tasks : MDS_CENTRED_TASKS;
    for (size_t t = 0; t <= squares->tasks; t++) { /* equal parts of the triangle */
        double left = sqrt(1 - (double)t / (double)squares->tasks);
        size_t row = (size_t)((double)n * (1 - left)) / MDS_PANEL * MDS_PANEL;
        squares->first_row[t] = t == squares->tasks ? n : row;
    }
    squares->vectors = mds_panel_take(workspace, n);
    squares->sums =
        mds_workspace_take(workspace, mds_panel_rows(n), squares->tasks * MDS_PANEL * sizeof(double));
    squares->row_square = mds_workspace_take(workspace, squares->missing ? n : 0, sizeof(double));
}

/* ---- squares ---- */

static double filled_square(const mds_centred_squares *squares, size_t i, size_t j)
{
    double delta = squares->delta[i * squares->ld + j] + squares->add;
    bool known = !isnan(delta) && (!squares->weights || squares->weights[i * squares->ldw + j] > 0);
    double square =
        known ? delta * delta : squares->row_square[i] + squares->row_square[j] - squares->mean_square;
    return fmax(square, 0) - squares->shift;
}

/* The squares of rows i .. and columns j .. as a tile. Behind the last row there are zeros; so are there
 * below the diagonal, and half on it, since a tile counts for its mirror image as well. */
static void square_tile(const mds_centred_squares *squares, size_t i, size_t j, size_t columns, double *tile)
{
    size_t n = squares->n, rows = n - i < MDS_PANEL ? n - i : MDS_PANEL;
    for (size_t r = 0; r < rows; r++) {
        const double *delta = squares->delta + (i + r) * squares->ld + j;
        double *out = tile + r * COLUMNS;
        if (!squares->missing)
            squares->kernels->panel_square(delta, columns, squares->add, squares->shift, out);
        for (size_t c = 0; squares->missing && c < columns; c++)
            out[c] = filled_square(squares, i + r, j + c);
        for (size_t c = 0; i + r >= j && c <= i + r - j; c++)
            out[c] = c == i + r - j ? -squares->shift / 2 : 0;
    }
    for (size_t r = rows; r < MDS_PANEL; r++) memset(tile + r * COLUMNS, 0, columns * sizeof *tile);
}

/* ---- the product ---- */

/* Where the tile begins that comes after one of rows i .., at column j: to the right, or below where j is the
 * strip's first column. Asked for in time, it is read while the processor multiplies, which gains a third. */
static const double *next_tile(const mds_centred_squares *squares, size_t i, size_t j, bool below, size_t *ld)
{
    if (below) i += MDS_PANEL;
    bool whole = i + MDS_PANEL <= squares->n && j + COLUMNS <= squares->n;
    *ld = whole ? squares->ld : 0;
    return whole ? squares->delta + i * squares->ld + j : squares->delta;
}

static void multiply_rows(void *context, unsigned worker, size_t task)
{
    const mds_centred_squares *squares = context;
    _Alignas(64) double tile[MDS_PANEL * COLUMNS], own[MDS_PANEL_CELLS];
    size_t n = squares->n, begin = squares->first_row[task], end = squares->first_row[task + 1];
    size_t panel = mds_panel_rows(n) * MDS_PANEL;
    const double *v = squares->vectors;
    double *sums = squares->sums + task * panel;
    (void)worker;
    memset(sums + begin * MDS_PANEL, 0, (panel - begin * MDS_PANEL) * sizeof *sums);
    for (size_t strip = begin; strip < n; strip += STRIP) {
        size_t last = strip + STRIP < n ? strip + STRIP : n;
        for (size_t i = begin; i < end && i < last; i += MDS_PANEL) {
            memset(own, 0, sizeof own);
            for (size_t j = i > strip ? i : strip, columns; j < last; j += columns) {
                columns = last - j < COLUMNS ? last - j : COLUMNS;
                square_tile(squares, i, j, columns, tile);
                bool below = j + columns == last;
                size_t ahead_ld, next = below ? strip : j + columns;
                const double *ahead = next_tile(squares, i, next, below, &ahead_ld);
                squares->kernels->panel_tile(tile, COLUMNS, columns, v + i * MDS_PANEL, own,
                                             v + j * MDS_PANEL, sums + j * MDS_PANEL, ahead, ahead_ld);
            }
            for (size_t k = 0; k < MDS_PANEL_CELLS; k++) sums[i * MDS_PANEL + k] += own[k];
        }
    }
}

static void centre(double *panel, size_t n)
{
    double mean[MDS_PANEL] = {0};
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < MDS_PANEL; k++) mean[k] += panel[i * MDS_PANEL + k];
    for (size_t k = 0; k < MDS_PANEL; k++) mean[k] /= (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < MDS_PANEL; k++) panel[i * MDS_PANEL + k] -= mean[k];
}

struct gather {
    const mds_centred_squares *squares;
    double *y;
};

static void gather_rows(void *context, unsigned worker, size_t chunk)
{
    const struct gather *gather = context;
    const mds_centred_squares *squares = gather->squares;
    size_t rows = mds_panel_rows(squares->n), first = chunk * MDS_CHUNK;
    size_t last = first + MDS_CHUNK < rows ? first + MDS_CHUNK : rows;
    double *y = gather->y, factor = squares->negative ? 0.5 : -0.5;
    (void)worker;
    memset(y + first * MDS_PANEL, 0, (last - first) * MDS_PANEL * sizeof *y);
    for (size_t t = 0; t < squares->tasks; t++) {
        const double *sums = squares->sums + t * rows * MDS_PANEL;
        size_t begin = squares->first_row[t] > first ? squares->first_row[t] : first;
        for (size_t i = begin * MDS_PANEL; i < last * MDS_PANEL; i++) y[i] += sums[i];
    }
    for (size_t i = first * MDS_PANEL; i < last * MDS_PANEL; i++)
        y[i] = factor * y[i] + squares->ridge * squares->vectors[i];
}

static void apply(void *context, const double *v, double *y)
{
    mds_centred_squares *squares = context;
    size_t n = squares->n, rows = mds_panel_rows(n);
    struct gather gather = {squares, y};
    memcpy(squares->vectors, v, rows * MDS_PANEL * sizeof *v);
    centre(squares->vectors, n);
    mds_thread_pool_run(squares->pool, squares->tasks, multiply_rows, squares);
    mds_thread_pool_run(squares->pool, (rows + MDS_CHUNK - 1) / MDS_CHUNK, gather_rows, &gather);
    centre(y, n);
    memset(y + n * MDS_PANEL, 0, (rows - n) * MDS_PANEL * sizeof *y);
}

mds_operator mds_centred_squares_operator(mds_centred_squares *squares)
{
    double largest = squares->largest + fabs(squares->add);
    squares->shift = squares->mean_square + squares->add * squares->add;
    return (mds_operator){
        .apply = apply, .context = squares, .rounding = DBL_EPSILON * (double)squares->n * largest * largest};
}

/* ---- what is missing, and where to begin ---- */

void mds_centred_squares_fill(mds_centred_squares *squares)
{
    size_t n = squares->n;
    double all = 0, pairs = 0;
    for (size_t i = 0; i < n; i++) {
        double sum = 0, known = 0;
        for (size_t j = 0; j < n; j++) {
            double delta = squares->delta[i * squares->ld + j];
            if (j == i || isnan(delta) || (squares->weights && !(squares->weights[i * squares->ldw + j] > 0)))
                continue;
            sum += delta * delta;
            known++;
        }
        squares->row_square[i] = known > 0 ? sum / known : 0;
        all += sum;
        pairs += known;
    }
    squares->mean_square = pairs > 0 ? all / pairs : 0;
}

void mds_centred_squares_seed(const mds_centred_squares *squares, double *panel)
{
    size_t n = squares->n, rows = n < SEED_ROWS ? n : SEED_ROWS;
    _Alignas(64) double row[COLUMNS], weight[MDS_PANEL_CELLS] = {0};
    fs_random random;
    fs_random_init(&random, 1);
    memset(panel, 0, mds_panel_rows(n) * MDS_PANEL * sizeof *panel);
    for (size_t s = 0; s < rows; s++) {
        size_t i = s * n / rows;
        for (size_t k = 0; k < MDS_PANEL; k++) weight[k] = fs_random_unit(&random) - 0.5;
        for (size_t first = 0; first < n; first += COLUMNS) {
            size_t columns = n - first < COLUMNS ? n - first : COLUMNS;
            const double *delta = squares->delta + i * squares->ld + first;
            if (!squares->missing)
                squares->kernels->panel_square(delta, columns, squares->add, squares->shift, row);
            for (size_t c = 0; squares->missing && c < columns; c++)
                row[c] = filled_square(squares, i, first + c);
            if (i >= first && i < first + columns) row[i - first] = -squares->shift;
            for (size_t c = 0; c < columns; c++)
                for (size_t k = 0; k < MDS_PANEL; k++)
                    panel[(first + c) * MDS_PANEL + k] += weight[k] * row[c];
        }
    }
    centre(panel, n);
}
