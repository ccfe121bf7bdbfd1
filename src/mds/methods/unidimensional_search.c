/* Steps of the searches on a line. */
#include "unidimensional.h"

#include <math.h>
#include <string.h>

void mds_line_order_lay_out(mds_line_order *line, const mds_problem *problem, bool exact,
                            mds_workspace *workspace)
{
    size_t n = problem->n, low = n / 2;
    *line = (mds_line_order){.problem = problem, .n = n};
    line->order = mds_workspace_take(workspace, n, sizeof *line->order);
    line->position = mds_workspace_take(workspace, n, sizeof *line->position);
    line->r = mds_workspace_take(workspace, n, sizeof *line->r);
    if (!exact) return;
    line->best = mds_workspace_take(workspace, (size_t)1 << n, sizeof *line->best);
    line->sums =
        mds_workspace_take(workspace, ((size_t)1 << low) + ((size_t)1 << (n - low)), n * sizeof *line->sums);
}

static const double *row_of(const mds_line_order *line, size_t i)
{
    return line->problem->delta + i * line->problem->ld;
}

double mds_line_quality(mds_line_order *line)
{
    double quality = 0;
    for (size_t a = 0; a < line->n; a++) line->position[line->order[a]] = (uint32_t)a;
    for (size_t i = 0; i < line->n; i++) {
        const double *delta = row_of(line, i);
        double r = 0;
        for (size_t j = 0; j < line->n; j++)
            if (j != i) r += line->position[j] < line->position[i] ? delta[j] : -delta[j];
        line->r[i] = r;
        quality += r * r;
    }
    return quality;
}

/* ---- insertions ---- */

/* The best place for object i, and by how much it betters the quality. Passing object j to the right takes
 * 2 delta from r_j and adds it to r_i; to the left, the other way round. */
static double best_place(const mds_line_order *line, size_t i, size_t *place)
{
    const double *delta = row_of(line, i);
    size_t at = line->position[i];
    double best = 0, others = 0, own = 0;
    for (size_t b = at + 1; b < line->n; b++) {
        size_t j = line->order[b];
        others += 4 * delta[j] * (delta[j] - line->r[j]);
        own += 2 * delta[j];
        double gain = others + own * (own + 2 * line->r[i]);
        if (gain > best) best = gain, *place = b;
    }
    others = own = 0;
    for (size_t b = at; b-- > 0;) {
        size_t j = line->order[b];
        others += 4 * delta[j] * (delta[j] + line->r[j]);
        own -= 2 * delta[j];
        double gain = others + own * (own + 2 * line->r[i]);
        if (gain > best) best = gain, *place = b;
    }
    return best;
}

static void put(mds_line_order *line, size_t place, size_t i)
{
    line->order[place] = (uint32_t)i;
    line->position[i] = (uint32_t)place;
}

static void move_to(mds_line_order *line, size_t i, size_t place)
{
    const double *delta = row_of(line, i);
    size_t at = line->position[i];
    for (; at < place; at++) {
        size_t j = line->order[at + 1];
        line->r[j] -= 2 * delta[j];
        line->r[i] += 2 * delta[j];
        put(line, at, j);
    }
    for (; at > place; at--) {
        size_t j = line->order[at - 1];
        line->r[j] += 2 * delta[j];
        line->r[i] -= 2 * delta[j];
        put(line, at, j);
    }
    put(line, place, i);
}

size_t mds_line_insert(mds_line_order *line, double margin)
{
    size_t moves = 0;
    for (size_t i = 0; i < line->n; i++) {
        size_t place = 0;
        if (!(best_place(line, i, &place) > margin)) continue;
        move_to(line, i, place);
        moves++;
    }
    return moves;
}

/* ---- exchanges ---- */

static double exchange_gain(const mds_line_order *line, size_t a, size_t b)
{
    size_t i = line->order[a], j = line->order[b];
    const double *of_i = row_of(line, i), *of_j = row_of(line, j);
    double others = 0, own_i = 2 * of_i[j], own_j = -2 * of_i[j];
    for (size_t k = a + 1; k < b; k++) {
        size_t between = line->order[k];
        double change = 2 * (of_j[between] - of_i[between]);
        others += change * (change + 2 * line->r[between]);
        own_i += 2 * of_i[between];
        own_j -= 2 * of_j[between];
    }
    return others + own_i * (own_i + 2 * line->r[i]) + own_j * (own_j + 2 * line->r[j]);
}

size_t mds_line_exchange(mds_line_order *line, double margin)
{
    size_t exchanges = 0;
    for (size_t a = 0; a + 1 < line->n; a++)
        for (size_t b = a + 1; b < line->n; b++) {
            if (!(exchange_gain(line, a, b) > margin)) continue;
            size_t i = line->order[a], j = line->order[b];
            move_to(line, i, b);
            move_to(line, j, a);
            exchanges++;
        }
    return exchanges;
}

/* ---- one object among others that stand still, with weights ---- */

/* Where the sum of w (delta - |y - x_j|)^2 over the others is the least. With the signs of y - x_j fixed it
 * is W y^2 - 2 A y + C, at least C - A^2 / W; passing x_j adds 2 w delta to A and 4 w delta x_j to C. With
 * the right signs a sum is never more than with others, so the least over all places is truly taken there. */
static bool best_coordinate(const mds_problem *problem, const double *x, const uint32_t *order, size_t i,
                            double *y)
{
    const double *delta = problem->delta + i * problem->ld;
    const double *weights = problem->weights ? problem->weights + i * problem->ldw : NULL;
    double sum = 0, a = 0, c = 0, best = 0;
    for (size_t j = 0; j < problem->n; j++) {
        if (j == i || isnan(delta[j])) continue;
        double weight = weights ? weights[j] : 1;
        sum += weight;
        a += weight * (x[j] - delta[j]);
    }
    if (!(sum > 0)) return false;
    best = -a * a / sum;
    *y = a / sum;
    for (size_t b = 0; b < problem->n; b++) {
        size_t j = order[b];
        if (j == i || isnan(delta[j])) continue;
        double weight = weights ? weights[j] : 1;
        a += 2 * weight * delta[j];
        c += 4 * weight * delta[j] * x[j];
        if (c - a * a / sum < best) best = c - a * a / sum, *y = a / sum;
    }
    return true;
}

static double own_loss(const mds_problem *problem, const double *x, size_t i, double y)
{
    const double *delta = problem->delta + i * problem->ld;
    double sum = 0;
    for (size_t j = 0; j < problem->n; j++) {
        double error = delta[j] - fabs(y - x[j]);
        if (j == i || isnan(delta[j])) continue;
        sum += (problem->weights ? problem->weights[i * problem->ldw + j] : 1) * error * error;
    }
    return sum;
}

/* Object i has got another coordinate: to its place in the order. */
static void restore_order(const mds_problem *problem, const double *x, uint32_t *order, size_t i)
{
    size_t b = 0;
    while (order[b] != i) b++;
    for (; b + 1 < problem->n && x[order[b + 1]] < x[i]; b++) order[b] = order[b + 1];
    for (; b > 0 && x[order[b - 1]] > x[i]; b--) order[b] = order[b - 1];
    order[b] = (uint32_t)i;
}

double mds_line_relocate(const mds_problem *problem, double *x, uint32_t *order)
{
    double fallen = 0;
    for (size_t i = 0; i < problem->n; i++) {
        double y;
        if (!best_coordinate(problem, x, order, i, &y) || y == x[i]) continue;
        double gain = own_loss(problem, x, i, x[i]) - own_loss(problem, x, i, y);
        if (!(gain > 0)) continue;
        x[i] = y;
        restore_order(problem, x, order, i);
        fallen += gain;
    }
    return fallen;
}

size_t mds_line_swap(const mds_problem *problem, double *x, uint32_t *order)
{
    size_t swaps = 0;
    for (size_t a = 0; a + 1 < problem->n; a++)
        for (size_t b = a + 1; b < problem->n; b++) {
            size_t i = order[a], j = order[b];
            double xi = x[i], xj = x[j];
            double before = own_loss(problem, x, i, xi) + own_loss(problem, x, j, xj);
            x[i] = xj, x[j] = xi;
            double after = own_loss(problem, x, i, xj) + own_loss(problem, x, j, xi);
            if (after < before * (1 - 1e-9)) {
                order[a] = (uint32_t)j, order[b] = (uint32_t)i;
                swaps++;
            } else {
                x[i] = xi, x[j] = xj;
            }
        }
    return swaps;
}
