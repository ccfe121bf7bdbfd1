#include "symmetric_eigen.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { STEPS_MOST = 100 }; /* of QL for one value; two are usual */

/* ---- tridiagonal form ---- */

/* Turn x (m numbers) into v, with v[0] = 1, of the reflection I - *factor v v^T that makes x a multiple of
 * the first unit vector; returns that multiple. */
static double reflect(double *x, size_t m, double *factor)
{
    double tail = 0, first = x[0];
    for (size_t i = 1; i < m; i++) tail += x[i] * x[i];
    x[0] = 1;
    *factor = 0;
    if (tail == 0) return first;
    double length = sqrt(first * first + tail), end = first > 0 ? -length : length;
    *factor = (end - first) / end;
    for (size_t i = 1; i < m; i++) x[i] /= first - end;
    return end;
}

/* a -= v w^T + w v^T, for a of order m; both triangles, so that the inner loop runs along rows. */
static void subtract_pair(double *a, size_t m, size_t ld, const double *v, const double *w)
{
    for (size_t i = 0; i < m; i++) {
        double *restrict row = a + i * ld, vi = v[i], wi = w[i];
        for (size_t j = 0; j < m; j++) row[j] -= vi * w[j] + wi * v[j];
    }
}

/* Diagonal and off-diagonal of the tridiagonal form. Row k of a keeps the reflection that made row k of the
 * form, behind its diagonal; factors[k] belongs to it. */
static void tridiagonalise(double *a, size_t n, size_t ld, double *diagonal, double *off, double *factors,
                           double *w)
{
    for (size_t k = 0; k + 1 < n; k++) {
        size_t m = n - k - 1;
        double *v = a + k * ld + k + 1, *rest = a + (k + 1) * ld + k + 1, factor, product = 0;
        off[k] = reflect(v, m, &factor);
        factors[k] = factor;
        if (factor == 0) continue;
        memset(w, 0, m * sizeof *w);
        for (size_t i = 0; i < m; i++) {
            const double *restrict row = rest + i * ld;
            double vi = factor * v[i];
            for (size_t j = 0; j < m; j++) w[j] += vi * row[j];
        }
        for (size_t i = 0; i < m; i++) product += v[i] * w[i];
        for (size_t i = 0; i < m; i++) w[i] -= factor / 2 * product * v[i];
        subtract_pair(rest, m, ld, v, w);
    }
    for (size_t k = 0; k < n; k++) diagonal[k] = a[k * ld + k];
    off[n - 1] = 0;
}

/* ---- QL ---- */

/* Turn rows `row` and `row + n` by the angle of cosine c and sine s. */
static void rotate(double *row, size_t n, double c, double s)
{
    double *restrict x = row, *restrict y = row + n;
    for (size_t j = 0; j < n; j++) {
        double a = x[j], b = y[j];
        x[j] = c * a - s * b;
        y[j] = s * a + c * b;
    }
}

/* One step from `last`, whose off-diagonal element is nothing, up to `first`. `rows`, when there are any,
 * collect the rotations. */
static void ql_step(double *d, double *e, size_t first, size_t last, double *rows, size_t n)
{
    double half = (d[first + 1] - d[first]) / (2 * e[first]);
    double shift = d[first] - e[first] / (half + copysign(hypot(half, 1), half));
    double g = d[last] - shift, s = 1, c = 1, moved = 0;
    for (size_t i = last; i-- > first;) {
        double f = s * e[i], b = c * e[i], r = hypot(f, g);
        e[i + 1] = r;
        if (r == 0) { /* the matrix falls apart here */
            d[i + 1] -= moved;
            e[last] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - moved;
        double t = (d[i] - g) * s + 2 * c * b;
        moved = s * t;
        d[i + 1] = g + moved;
        g = c * t - b;
        if (rows) rotate(rows + i * n, n, c, s);
    }
    d[first] -= moved;
    e[first] = g;
    e[last] = 0;
}

static void diagonalise(double *d, double *e, size_t n, double *rows)
{
    double size = 0;
    for (size_t k = 0; k < n; k++) size = fmax(size, fabs(d[k]) + fabs(e[k]));
    double nothing = DBL_EPSILON * size;
    for (size_t k = 0; k < n; k++)
        for (int step = 0; step < STEPS_MOST; step++) {
            size_t last = k;
            while (last + 1 < n && fabs(e[last]) > nothing) last++;
            if (last == k) break;
            ql_step(d, e, k, last, rows, n);
        }
}

/* ---- the vectors of the matrix itself ---- */

static double dot(const double *a, const double *b, size_t n)
{
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        s0 += a[i] * b[i];
        s1 += a[i + 1] * b[i + 1];
        s2 += a[i + 2] * b[i + 2];
        s3 += a[i + 3] * b[i + 3];
    }
    for (; i < n; i++) s0 += a[i] * b[i];
    return (s0 + s1) + (s2 + s3);
}

/* A row that is a vector of the tridiagonal form becomes one of the matrix. */
static void reflect_back(double *restrict row, const double *a, size_t n, size_t ld, const double *factors)
{
    for (size_t k = n - 1; k-- > 0;) {
        const double *restrict v = a + k * ld + k + 1;
        double *restrict x = row + k + 1, by = factors[k] * dot(v, x, n - k - 1);
        for (size_t j = 0; j < n - k - 1; j++) x[j] -= by * v[j];
    }
}

/* Falling values, by selection: no more than the values that are asked for with vectors need their rows. */
static void sort(double *values, double *rows, size_t n)
{
    for (size_t k = 0; k + 1 < n; k++) {
        size_t most = k;
        for (size_t l = k + 1; l < n; l++)
            if (values[l] > values[most]) most = l;
        if (most == k) continue;
        double other = values[k];
        values[k] = values[most];
        values[most] = other;
        for (size_t j = 0; rows && j < n; j++) {
            other = rows[k * n + j];
            rows[k * n + j] = rows[most * n + j];
            rows[most * n + j] = other;
        }
    }
}

void mds_symmetric_eigen(double *a, size_t n, size_t ld, double *values, double *vectors, size_t count,
                         double *work)
{
    if (n == 0) return;
    double *off = work, *factors = work + n, *w = work + 2 * n;
    tridiagonalise(a, n, ld, values, off, factors, w);
    if (vectors) {
        memset(vectors, 0, n * n * sizeof *vectors);
        for (size_t k = 0; k < n; k++) vectors[k * n + k] = 1;
    }
    diagonalise(values, off, n, vectors);
    sort(values, vectors, n);
    for (size_t k = 0; vectors && k < count; k++) reflect_back(vectors + k * n, a, n, ld, factors);
}
