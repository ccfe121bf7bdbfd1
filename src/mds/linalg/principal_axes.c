#include "principal_axes.h"

#include "memory.h"

#include <math.h>
#include <string.h>

enum { SWEEPS_MOST = 50 };

/* The power of two that brings the largest coordinate near 1, where cubes and fourth powers are at home; 0
 * where they are so already. */
static int exponent_of(const double *x, size_t n, size_t p, size_t ld)
{
    double largest = 0;
    int exponent = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < p; k++) largest = fmax(largest, fabs(x[i * ld + k]));
    if (largest > 0 && (largest < 0x1p-60 || largest > 0x1p60)) (void)frexp(largest, &exponent);
    return exponent;
}

static void scale(double *x, size_t n, size_t p, size_t ld, int exponent)
{
    for (size_t i = 0; exponent && i < n; i++)
        for (size_t k = 0; k < p; k++) x[i * ld + k] = ldexp(x[i * ld + k], exponent);
}

static void centre(double *x, size_t n, size_t p, size_t ld)
{
    for (size_t k = 0; k < p; k++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++) mean += (x[i * ld + k] - mean) / (double)(i + 1);
        for (size_t i = 0; i < n; i++) x[i * ld + k] -= mean;
    }
}

static void scatter_matrix(const double *x, size_t n, size_t p, size_t ld, double *s)
{
    memset(s, 0, p * p * sizeof *s);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < p; k++)
            for (size_t l = 0; l <= k; l++) s[k * p + l] += x[i * ld + k] * x[i * ld + l];
    for (size_t k = 0; k < p; k++)
        for (size_t l = 0; l < k; l++) s[l * p + k] = s[k * p + l];
}

/* One rotation that makes s[k][l] zero; v collects the rotations. */
static void rotate(double *s, double *v, size_t p, size_t k, size_t l)
{
    double off = s[k * p + l];
    if (off == 0) return;
    double theta = (s[l * p + l] - s[k * p + k]) / (2 * off);
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + hypot(theta, 1));
    double c = 1 / hypot(t, 1), sine = t * c;
    for (size_t i = 0; i < p; i++) {
        double a = s[i * p + k], b = s[i * p + l];
        s[i * p + k] = c * a - sine * b;
        s[i * p + l] = sine * a + c * b;
    }
    for (size_t i = 0; i < p; i++) {
        double a = s[k * p + i], b = s[l * p + i];
        s[k * p + i] = c * a - sine * b;
        s[l * p + i] = sine * a + c * b;
        a = v[i * p + k];
        b = v[i * p + l];
        v[i * p + k] = c * a - sine * b;
        v[i * p + l] = sine * a + c * b;
    }
}

static void diagonalise(double *s, double *v, size_t p)
{
    memset(v, 0, p * p * sizeof *v);
    for (size_t k = 0; k < p; k++) v[k * p + k] = 1;
    for (int sweep = 0; sweep < SWEEPS_MOST; sweep++) {
        double off = 0, on = 0;
        for (size_t k = 0; k < p; k++)
            for (size_t l = 0; l < p; l++) *(k == l ? &on : &off) += s[k * p + l] * s[k * p + l];
        if (off <= 1e-30 * on) return;
        for (size_t k = 0; k + 1 < p; k++)
            for (size_t l = k + 1; l < p; l++) rotate(s, v, p, k, l);
    }
}

/* Columns of v in the order of falling eigenvalues (few, so by selection). */
static void order_axes(const double *s, size_t *order, size_t p)
{
    for (size_t k = 0; k < p; k++) order[k] = k;
    for (size_t k = 0; k + 1 < p; k++)
        for (size_t l = k + 1; l < p; l++)
            if (s[order[l] * p + order[l]] > s[order[k] * p + order[k]]) {
                size_t other = order[k];
                order[k] = order[l];
                order[l] = other;
            }
}

void mds_axis_side(double *axis, size_t n, size_t step)
{
    double cubes = 0, size = 0, first = 0;
    for (size_t i = 0; i < n; i++) {
        double value = axis[i * step];
        cubes += value * value * value;
        size += fabs(value * value * value);
    }
    /* Symmetric to within rounding: take the first object that is off the middle instead. */
    if (fabs(cubes) <= 1e-9 * size) {
        for (size_t i = 0; i < n && first == 0; i++)
            if (fabs(axis[i * step]) > 1e-6 * cbrt(size)) first = axis[i * step];
        cubes = first;
    }
    if (cubes > 0)
        for (size_t i = 0; i < n; i++) axis[i * step] = -axis[i * step];
}

fs_status mds_principal_axes(double *x, size_t n, size_t p, size_t ld, fs_error *error)
{
    double *work = fs_alloc(p + 2 * p * p, sizeof *work);
    size_t *order = fs_alloc(p, sizeof *order);
    fs_status status = FS_OK;
    if (!work || !order) {
        status = fs_fail_memory(error, "turning the map to its principal axes", 0);
        goto cleanup;
    }
    double *row = work, *s = work + p, *v = s + p * p;
    int exponent = exponent_of(x, n, p, ld);
    scale(x, n, p, ld, -exponent);
    centre(x, n, p, ld);
    scatter_matrix(x, n, p, ld, s);
    diagonalise(s, v, p);
    order_axes(s, order, p);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < p; k++) {
            row[k] = 0;
            for (size_t l = 0; l < p; l++) row[k] += x[i * ld + l] * v[l * p + order[k]];
        }
        memcpy(x + i * ld, row, p * sizeof *row);
    }
    for (size_t k = 0; k < p; k++) mds_axis_side(x + k, n, ld);
    scale(x, n, p, ld, exponent);
cleanup:
    fs_free(work);
    fs_free(order);
    return status;
}
