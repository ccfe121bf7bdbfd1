#include "orthogonal_fit.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { SWEEPS_MOST = 60 };

/* Rows are what is rotated: `b` is the transpose of a, so that its rows become s u^T. */

static double dot(const double *a, const double *b, size_t p)
{
    double sum = 0;
    for (size_t k = 0; k < p; k++) sum += a[k] * b[k];
    return sum;
}

static void rotate(double *a, double *b, size_t p, double cosine, double sine)
{
    for (size_t k = 0; k < p; k++) {
        double one = a[k], other = b[k];
        a[k] = cosine * one - sine * other;
        b[k] = sine * one + cosine * other;
    }
}

/* Make rows k and l of b orthogonal, with the same rotation of v's rows; whether they were not so before. */
static bool make_orthogonal(double *b, double *v, size_t p, size_t k, size_t l)
{
    double *one = b + k * p, *other = b + l * p;
    double aa = dot(one, one, p), bb = dot(other, other, p), ab = dot(one, other, p);
    if (fabs(ab) <= DBL_EPSILON * sqrt(aa * bb)) return false;
    double theta = (bb - aa) / (2 * ab);
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + hypot(theta, 1)), cosine = 1 / hypot(t, 1);
    rotate(one, other, p, cosine, t * cosine);
    rotate(v + k * p, v + l * p, p, cosine, t * cosine);
    return true;
}

/* A unit vector orthogonal to the first `count` rows of u: the unit vector of the axes that they leave most
 * of, cleared of them twice. */
static void complete(double *u, size_t p, size_t count)
{
    double *row = u + count * p, most = -1;
    size_t axis = 0;
    for (size_t k = 0; k < p; k++) {
        double left = 1;
        for (size_t r = 0; r < count; r++) left -= u[r * p + k] * u[r * p + k];
        if (left > most) most = left, axis = k;
    }
    memset(row, 0, p * sizeof *row);
    row[axis] = 1;
    for (int pass = 0; pass < 2; pass++)
        for (size_t r = 0; r < count; r++) {
            double along = dot(row, u + r * p, p);
            for (size_t k = 0; k < p; k++) row[k] -= along * u[r * p + k];
        }
    double length = sqrt(dot(row, row, p));
    for (size_t k = 0; k < p; k++) row[k] /= length;
}

/* Rows of b with the longest first, v's with them, so that those that vanish come last. */
static void order(double *b, double *v, size_t p, double *lengths)
{
    for (size_t k = 0; k < p; k++) lengths[k] = sqrt(dot(b + k * p, b + k * p, p));
    for (size_t k = 0; k + 1 < p; k++) {
        size_t longest = k;
        for (size_t l = k + 1; l < p; l++)
            if (lengths[l] > lengths[longest]) longest = l;
        if (longest == k) continue;
        double length = lengths[k];
        lengths[k] = lengths[longest];
        lengths[longest] = length;
        rotate(b + k * p, b + longest * p, p, 0, 1);
        rotate(v + k * p, v + longest * p, p, 0, 1);
    }
}

double mds_orthogonal_fit(double *a, size_t p, double *t, double *work)
{
    double *b = work, *v = b + p * p, *lengths = v + p * p, trace = 0;
    memset(v, 0, p * p * sizeof *v);
    for (size_t k = 0; k < p; k++) {
        v[k * p + k] = 1;
        for (size_t l = 0; l < p; l++) b[k * p + l] = a[l * p + k];
    }
    bool moved = true;
    for (int sweep = 0; sweep < SWEEPS_MOST && moved; sweep++) {
        moved = false;
        for (size_t k = 0; k + 1 < p; k++)
            for (size_t l = k + 1; l < p; l++) moved |= make_orthogonal(b, v, p, k, l);
    }
    order(b, v, p, lengths);
    for (size_t k = 0; k < p; k++) {
        trace += lengths[k];
        if (lengths[k] > (double)p * DBL_EPSILON * lengths[0])
            for (size_t l = 0; l < p; l++) b[k * p + l] /= lengths[k];
        else
            complete(b, p, k);
    }
    /* a = sum over k of u_k s_k v_k^T */
    memset(t, 0, p * p * sizeof *t);
    for (size_t k = 0; k < p; k++)
        for (size_t i = 0; i < p; i++)
            for (size_t l = 0; l < p; l++) t[i * p + l] += b[k * p + i] * v[k * p + l];
    return trace;
}
