#include "monotone_spline.h"

#include <math.h>
#include <stdbool.h>

/* The B-splines that are not 0 at x, degree + 1 of them, by de Boor's recurrence; returns which is the first.
 */
static unsigned basis(const mds_spline *s, double x, double *b)
{
    unsigned d = s->degree, span = d;
    while (span + 1 < s->size && x >= s->knots[span + 1]) span++;
    b[0] = 1;
    for (unsigned k = 1; k <= d; k++) {
        double carried = 0;
        for (unsigned r = 0; r < k; r++) {
            double right = s->knots[span + 1 + r], left = s->knots[span + 1 + r - k];
            double share = right > left ? b[r] / (right - left) : 0;
            b[r] = carried + (right - x) * share;
            carried = (x - left) * share;
        }
        b[k] = carried;
    }
    return span - d;
}

/* Interior knots at quantiles, where they are apart from each other and from the ends. */
static void place_knots(mds_spline *s, unsigned knots, const double *x, const double *weight, size_t count)
{
    unsigned d = s->degree, used = d + 1;
    double all = 0, below = 0, least = x[0], most = x[count - 1];
    for (size_t g = 0; g < count; g++) all += weight[g];
    for (unsigned k = 0; k <= d; k++) s->knots[k] = least;
    unsigned wanted = 1;
    for (size_t g = 0; g < count && wanted <= knots; g++) {
        below += weight[g];
        if (below < all * wanted / (knots + 1)) continue;
        while (wanted <= knots && below >= all * wanted / (knots + 1)) wanted++;
        if (x[g] > s->knots[used - 1] && x[g] < most) s->knots[used++] = x[g];
    }
    s->size = used;
    for (unsigned k = 0; k <= d; k++) s->knots[used + k] = most;
}

/* From sums over B-splines to sums over I-splines. */
static void sum_from_the_end(double *values, unsigned size, size_t step)
{
    for (unsigned k = size - 1; k-- > 0;) values[k * step] += values[(k + 1) * step];
}

void mds_spline_init(mds_spline *s, unsigned degree, unsigned knots, const double *x, const double *weight,
                     size_t count)
{
    *s = (mds_spline){.degree = degree};
    place_knots(s, knots, x, weight, count);
    for (size_t g = 0; g < count; g++) {
        double b[MDS_SPLINE_DEGREE + 1];
        unsigned first = basis(s, x[g], b);
        for (unsigned k = 0; k <= degree; k++)
            for (unsigned l = 0; l <= degree; l++) s->gram[first + k][first + l] += weight[g] * b[k] * b[l];
    }
    for (unsigned k = 0; k < s->size; k++) sum_from_the_end(s->gram[k], s->size, 1);
    for (unsigned l = 0; l < s->size; l++) sum_from_the_end(&s->gram[0][l], s->size, MDS_SPLINE_SIZE);
}

/* ---- least squares without negative coefficients ---- */

struct passive {
    unsigned list[MDS_SPLINE_SIZE], count; /* coefficients that may differ from 0 */
};

/* Solve for the passive coefficients by Cholesky's decomposition. False: they depend on each other. */
static bool solve_passive(const mds_spline *s, const struct passive *p, const double *rhs, double *to)
{
    double l[MDS_SPLINE_SIZE][MDS_SPLINE_SIZE];
    for (unsigned i = 0; i < p->count; i++) {
        for (unsigned j = 0; j <= i; j++) {
            double sum = s->gram[p->list[i]][p->list[j]];
            for (unsigned k = 0; k < j; k++) sum -= l[i][k] * l[j][k];
            if (i > j) l[i][j] = sum / l[j][j];
            if (i == j && !(sum > 1e-13 * s->gram[p->list[i]][p->list[i]])) return false;
            if (i == j) l[i][i] = sqrt(sum);
        }
        to[i] = rhs[p->list[i]];
        for (unsigned k = 0; k < i; k++) to[i] -= l[i][k] * to[k];
        to[i] /= l[i][i];
    }
    for (unsigned i = p->count; i-- > 0;) {
        for (unsigned k = i + 1; k < p->count; k++) to[i] -= l[k][i] * to[k];
        to[i] /= l[i][i];
    }
    return true;
}

/* Go from c towards the solution as far as nothing is negative; what is 0 there leaves the passive ones. */
static bool approach(struct passive *p, double *c, const double *solution)
{
    double part = 1;
    for (unsigned i = 0; i < p->count; i++)
        if (solution[i] <= 0) part = fmin(part, c[p->list[i]] / (c[p->list[i]] - solution[i]));
    unsigned kept = 0, before = p->count;
    for (unsigned i = 0; i < before; i++) {
        unsigned k = p->list[i];
        c[k] += part * (solution[i] - c[k]);
        if (solution[i] <= 0 && c[k] <= 1e-14 * fabs(solution[i])) c[k] = 0;
        if (c[k] > 0)
            p->list[kept++] = k;
        else
            c[k] = 0;
    }
    p->count = kept;
    return kept == before;
}

/* The active-set method of Lawson and Hanson, "Solving least squares problems", 1974, ch. 23. */
static void solve_nonnegative(const mds_spline *s, const double *rhs, double *c)
{
    struct passive p = {.count = 0};
    bool barred[MDS_SPLINE_SIZE] = {false};
    double largest = 0, solution[MDS_SPLINE_SIZE];
    for (unsigned k = 0; k < s->size; k++) c[k] = 0, largest = fmax(largest, fabs(rhs[k]));
    for (unsigned round = 0; round < 10 * s->size; round++) {
        unsigned best = s->size;
        double most = 1e-13 * largest;
        for (unsigned k = 0; k < s->size; k++) {
            double slope = rhs[k];
            for (unsigned l = 0; l < s->size; l++) slope -= s->gram[k][l] * c[l];
            if (c[k] == 0 && !barred[k] && slope > most) most = slope, best = k;
        }
        if (best == s->size) return;
        p.list[p.count++] = best;
        if (!solve_passive(s, &p, rhs, solution)) { /* nothing is gained by this one */
            p.count--;
            barred[best] = true;
            continue;
        }
        while (!approach(&p, c, solution) && p.count > 0)
            if (!solve_passive(s, &p, rhs, solution)) return;
    }
}

double mds_spline_fit(mds_spline *s, const double *x, const double *sums, size_t count)
{
    double rhs[MDS_SPLINE_SIZE] = {0}, c[MDS_SPLINE_SIZE], b[MDS_SPLINE_DEGREE + 1], squares = 0;
    for (size_t g = 0; g < count; g++) {
        unsigned first = basis(s, x[g], b);
        for (unsigned k = 0; k <= s->degree; k++) rhs[first + k] += sums[g] * b[k];
    }
    sum_from_the_end(rhs, s->size, 1);
    solve_nonnegative(s, rhs, c);
    for (unsigned k = 0; k < s->size; k++)
        for (unsigned l = 0; l < s->size; l++) squares += c[k] * c[l] * s->gram[k][l];
    for (unsigned k = 0; k < s->size; k++) s->coefficients[k] = c[k] + (k ? s->coefficients[k - 1] : 0);
    return squares;
}

double mds_spline_at(const mds_spline *s, double x)
{
    double b[MDS_SPLINE_DEGREE + 1], sum = 0;
    unsigned first = basis(s, x, b);
    for (unsigned k = 0; k <= s->degree; k++) sum += b[k] * s->coefficients[first + k];
    return sum;
}
