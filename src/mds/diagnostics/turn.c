#include "turn.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static void mean_of(const double *x, size_t n, size_t p, size_t without, double *mean)
{
    size_t count = n - (without < n);
    for (size_t k = 0; k < p; k++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            if (i != without) sum += x[i * p + k];
        mean[k] = sum / (double)count;
    }
}

/* Turn columns a and b of `u` (and of `v`) so that those of u are orthogonal. Whether they were not. */
static bool rotate_columns(double *u, double *v, size_t p, size_t a, size_t b)
{
    double aa = 0, bb = 0, ab = 0;
    for (size_t k = 0; k < p; k++) {
        aa += u[k * p + a] * u[k * p + a];
        bb += u[k * p + b] * u[k * p + b];
        ab += u[k * p + a] * u[k * p + b];
    }
    if (ab == 0 || fabs(ab) <= 1e-15 * sqrt(aa) * sqrt(bb)) return false;
    double zeta = (bb - aa) / (2 * ab), tangent = copysign(1, zeta) / (fabs(zeta) + hypot(1, zeta));
    double cosine = 1 / hypot(1, tangent), sine = cosine * tangent;
    for (size_t k = 0; k < p; k++) {
        double from_a = u[k * p + a], from_b = u[k * p + b];
        u[k * p + a] = cosine * from_a - sine * from_b;
        u[k * p + b] = sine * from_a + cosine * from_b;
        from_a = v[k * p + a];
        from_b = v[k * p + b];
        v[k * p + a] = cosine * from_a - sine * from_b;
        v[k * p + b] = sine * from_a + cosine * from_b;
    }
    return true;
}

static double column_length(const double *u, size_t p, size_t c)
{
    double sum = 0;
    for (size_t k = 0; k < p; k++) sum += u[k * p + c] * u[k * p + c];
    return sqrt(sum);
}

/* Make column c of u a direction that no column with a positive length has. */
static void complete_column(double *u, size_t p, size_t c, const double *lengths)
{
    for (size_t from = 0; from < p; from++) {
        for (size_t k = 0; k < p; k++) u[k * p + c] = k == from;
        for (size_t a = 0; a < p; a++) {
            if (!(lengths[a] > 0)) continue;
            double along = 0;
            for (size_t k = 0; k < p; k++) along += u[k * p + a] * u[k * p + c];
            for (size_t k = 0; k < p; k++) u[k * p + c] -= along * u[k * p + a];
        }
        double length = column_length(u, p, c);
        if (length * length * (double)p < 0.5) continue; /* some unit vector has at least 1/p left */
        for (size_t k = 0; k < p; k++) u[k * p + c] /= length;
        return;
    }
}

/* The singular vectors of the p x p matrix u by one-sided Jacobi rotations (Golub and Van Loan, section 8.6):
 * u becomes the left ones, v the right ones. Returns the sum of the singular values. */
static double singular(double *u, double *v, double *lengths, size_t p)
{
    double sum = 0, largest = 0;
    for (size_t k = 0; k < p * p; k++) v[k] = k % (p + 1) == 0;
    bool turned = true;
    for (int sweep = 0; turned && sweep < 60; sweep++) {
        turned = false;
        for (size_t a = 0; a + 1 < p; a++)
            for (size_t b = a + 1; b < p; b++) turned |= rotate_columns(u, v, p, a, b);
    }
    for (size_t c = 0; c < p; c++) {
        lengths[c] = column_length(u, p, c);
        largest = fmax(largest, lengths[c]);
        sum += lengths[c];
    }
    for (size_t c = 0; c < p; c++) {
        if (!(lengths[c] > 1e-13 * largest)) lengths[c] = 0;
        for (size_t k = 0; k < p && lengths[c] > 0; k++) u[k * p + c] /= lengths[c];
    }
    for (size_t c = 0; c < p; c++)
        if (!(lengths[c] > 0)) {
            complete_column(u, p, c, lengths);
            lengths[c] = 1;
        }
    return sum;
}

double mds_turn(const double *reference, double *x, size_t n, size_t p, size_t without, bool sized,
                double *work)
{
    double *u = work, *v = u + p * p, *turn = v + p * p, *lengths = turn + p * p, *there = lengths + p,
           *here = there + p;
    mean_of(reference, n, p, without, there);
    mean_of(x, n, p, without, here);
    double squares = 0, own = 0;
    memset(u, 0, p * p * sizeof *u);
    for (size_t i = 0; i < n; i++) {
        if (i == without) continue;
        for (size_t k = 0; k < p; k++) {
            double from = x[i * p + k] - here[k], to = reference[i * p + k] - there[k];
            own += from * from;
            squares += to * to;
            for (size_t l = 0; l < p; l++) u[k * p + l] += from * (reference[i * p + l] - there[l]);
        }
    }
    double sum = singular(u, v, lengths, p), scale = sized && own > 0 ? sum / own : 1;
    for (size_t k = 0; k < p; k++)
        for (size_t l = 0; l < p; l++) {
            turn[k * p + l] = 0;
            for (size_t c = 0; c < p; c++) turn[k * p + l] += u[k * p + c] * v[l * p + c];
        }
    for (size_t i = 0; i < n; i++) {
        double *at = x + i * p, *moved = lengths;
        for (size_t l = 0; l < p; l++) {
            moved[l] = there[l];
            for (size_t k = 0; k < p; k++) moved[l] += scale * (at[k] - here[k]) * turn[k * p + l];
        }
        memcpy(at, moved, p * sizeof *at);
    }
    double left = squares - 2 * scale * sum + scale * scale * own;
    return squares > 0 ? fmax(0, left / squares) : 0;
}
