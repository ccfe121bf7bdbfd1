/* Procrustes analysis: both maps centred and brought near 1, the best rotation, the way back. */
#include "library.h"

#include "kernels.h"
#include "memory.h"
#include "orthogonal_fit.h"
#include "sized_struct.h"

#include <math.h>
#include <string.h>

/* A map centred, over a power of two that its largest coordinate is near. */
struct centred {
    double *x; /* n x p */
    double *mean;
    double unit, squares;
};

static fs_status centre(const char *what, const double *from, size_t ld, size_t n, size_t p,
                        struct centred *to, fs_error *error)
{
    double largest = 0;
    for (size_t k = 0; k < p; k++) {
        to->mean[k] = 0;
        for (size_t i = 0; i < n; i++) to->mean[k] += (from[i * ld + k] - to->mean[k]) / (double)(i + 1);
        for (size_t i = 0; i < n; i++) {
            to->x[i * p + k] = from[i * ld + k] - to->mean[k];
            largest = fmax(largest, fabs(to->x[i * p + k]));
        }
    }
    bool single = true;
    for (size_t i = 1; i < n && single; i++)
        for (size_t k = 0; k < p; k++) single = single && from[i * ld + k] == from[k];
    if (single || largest == 0)
        return fs_fail(error, FS_DATA, "the points of %s are all in one place, so it cannot be turned", what);
    int exponent;
    (void)frexp(largest, &exponent);
    to->unit = ldexp(1, exponent);
    to->squares = 0;
    for (size_t i = 0; i < n * p; i++) {
        to->x[i] /= to->unit;
        to->squares += to->x[i] * to->x[i];
    }
    return FS_OK;
}

/* Of the distances of the two maps. */
static double congruence(const double *a, const double *b, size_t n, size_t p, double *room)
{
    const mds_kernels *kernels = mds_kernels_for(MDS_ISA_AUTO);
    double aa = 0, bb = 0, ab = 0, *to_a = room, *to_b = room + n;
    for (size_t i = 0; i + 1 < n; i++) {
        size_t rest = n - i - 1;
        kernels->distance_from_point(a + (i + 1) * p, rest, p, p, a + i * p, to_a);
        kernels->distance_from_point(b + (i + 1) * p, rest, p, p, b + i * p, to_b);
        double row_aa = 0, row_bb = 0, row_ab = 0;
        for (size_t j = 0; j < rest; j++) {
            row_aa += to_a[j] * to_a[j];
            row_bb += to_b[j] * to_b[j];
            row_ab += to_a[j] * to_b[j];
        }
        aa += row_aa, bb += row_bb, ab += row_ab;
    }
    return ab / sqrt(aa) / sqrt(bb);
}

static fs_status procrustes(const double *reference, size_t ldr, double *x, size_t ldx, size_t n, size_t p,
                            bool scaling, mds_procrustes_result *result, fs_error *error)
{
    double largest;
    fs_status status = mds_struct_check("mds_procrustes_result", result, error);
    if (!status) status = mds_configuration_check(reference, n, p, ldr, &largest, error);
    if (status) return fs_error_context(error, status, "the reference");
    if ((status = mds_configuration_check(x, n, p, ldx, &largest, error))) return status;
    struct centred a = {NULL}, b = {NULL};
    a.x = fs_alloc(n, p * sizeof(double));
    b.x = fs_alloc(n, p * sizeof(double));
    double *room = fs_alloc(n, 2 * sizeof(double)), *cross = NULL;
    double *means = fs_alloc(p, 2 * sizeof(double));
    size_t square, total;
    if (fs_size_mul(p, p, &square) && fs_size_mul(square, 5, &total))
        cross = fs_alloc(2 * square + MDS_ORTHOGONAL_FIT_WORK(p), sizeof *cross);
    if (!a.x || !b.x || !room || !means || !cross) {
        status = fs_fail_memory(error, "comparing maps", 0);
        goto cleanup;
    }
    a.mean = means;
    b.mean = means + p;
    status = centre("the reference", reference, ldr, n, p, &a, error);
    if (!status) status = centre("the map", x, ldx, n, p, &b, error);
    if (status) goto cleanup;
    memset(cross, 0, square * sizeof *cross);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < p; k++)
            for (size_t l = 0; l < p; l++) cross[k * p + l] += b.x[i * p + k] * a.x[i * p + l];
    double *turn = cross + square, trace = mds_orthogonal_fit(cross, p, turn, turn + square);
    double stretch = scaling ? trace / b.squares * a.unit : b.unit;
    double r = fmin(1, trace / sqrt(a.squares) / sqrt(b.squares));
    if (result) {
        mds_procrustes_result known = {.size = sizeof known,
                                       .scale = scaling ? stretch / b.unit : 1,
                                       .r2 = r * r,
                                       .m2 = (1 - r) * (1 + r),
                                       .congruence = n > 1 ? congruence(a.x, b.x, n, p, room) : 1};
        mds_struct_give(result, &known, sizeof known);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < p; l++) {
            double sum = 0;
            for (size_t k = 0; k < p; k++) sum += b.x[i * p + k] * turn[k * p + l];
            x[i * ldx + l] = a.mean[l] + stretch * sum;
        }
cleanup:
    fs_free(a.x);
    fs_free(b.x);
    fs_free(room);
    fs_free(means);
    fs_free(cross);
    return status;
}

mds_status mds_procrustes(const double *reference, size_t ldr, double *x, size_t ldx, size_t n, size_t p,
                          bool scaling, mds_procrustes_result *result, mds_error *error)
{
    fs_error inner;
    return mds_report(procrustes(reference, ldr, x, ldx, n, p, scaling, result, &inner), &inner, error);
}
