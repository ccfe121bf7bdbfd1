#include "library.h"

#include "kernels.h"
#include "memory.h"

#include <math.h>
#include <string.h>

_Static_assert(sizeof(((mds_error *)0)->message) == sizeof(((fs_error *)0)->message), "messages fit");

/* Only what the library can meet has a public name; the rest belongs to the programs above the base. */
static mds_status public_status(fs_status status)
{
    switch (status) {
    case FS_OK:
        return MDS_OK;
    case FS_ARGUMENT:
        return MDS_ARGUMENT;
    case FS_DATA:
    case FS_FORMAT:
        return MDS_DATA;
    case FS_MEMORY:
        return MDS_MEMORY;
    case FS_UNSUPPORTED:
        return MDS_UNSUPPORTED;
    case FS_IO:
    case FS_NOT_FOUND:
    case FS_PERMISSION:
        return MDS_IO;
    default:
        return MDS_INTERNAL;
    }
}

mds_status mds_report(fs_status status, const fs_error *from, mds_error *to)
{
    mds_status code = public_status(status);
    if (to && status != FS_OK) {
        to->code = code;
        memcpy(to->message, from->message, sizeof to->message);
    }
    return code;
}

const char *mds_version(void)
{
    return FLAMESCALE_VERSION;
}

mds_isa mds_isa_best(void)
{
    return mds_kernels_for(MDS_ISA_AUTO)->isa;
}

bool mds_isa_available(mds_isa isa)
{
    return mds_kernels_for(isa) != NULL;
}

fs_status mds_isa_check(mds_isa isa, fs_error *error)
{
    if (mds_isa_available(isa)) return FS_OK;
    const char *name = mds_isa_name(isa);
    if (!name) return fs_fail(error, FS_ARGUMENT, "%d is not an instruction set", (int)isa);
    return fs_fail(error, FS_UNSUPPORTED,
                   "this machine or this build of the library does not have the instruction set %s; the best "
                   "here is %s",
                   name, mds_isa_name(mds_isa_best()));
}

/* (rows - 1) * ld + columns doubles fit into PTRDIFF_MAX bytes. */
static bool addressable(size_t rows, size_t columns, size_t ld)
{
    size_t most = PTRDIFF_MAX / sizeof(double), before;
    return fs_size_mul(rows - 1, ld, &before) && columns <= most && before <= most - columns;
}

fs_status mds_matrix_check(const char *what, const void *matrix, size_t rows, size_t columns,
                           const char *noun, char letter, size_t ld, fs_error *error)
{
    if (rows == 0) return fs_fail(error, FS_ARGUMENT, "there are no objects (n is 0)");
    if (columns == 0) return fs_fail(error, FS_ARGUMENT, "there are no %s (%c is 0)", noun, letter);
    if (!matrix) return fs_fail(error, FS_ARGUMENT, "%s is NULL", what);
    if (ld < columns)
        return fs_fail(error, FS_ARGUMENT, "the leading dimension %zu of %s is less than %c = %zu", ld, what,
                       letter, columns);
    if (!addressable(rows, columns, ld))
        return fs_fail(
            error, FS_ARGUMENT,
            "%s: %zu rows of %zu numbers, %zu from one row to the next, are more than memory can hold", what,
            rows, columns, ld);
    return FS_OK;
}

mds_status mds_distance_from_point(const double *x, size_t n, size_t p, size_t ldx, const double *y,
                                   double *out, mds_isa isa)
{
    const mds_kernels *kernels = mds_kernels_for(isa);
    if (!kernels) kernels = mds_kernels_for(MDS_ISA_SCALAR);
    if (n == 0) return MDS_OK;
    if (!y || !out || mds_matrix_check("x", x, n, p, "dimensions", 'p', ldx, NULL) != FS_OK)
        return MDS_ARGUMENT;
    kernels->distance_from_point(x, n, p, ldx, y, out);
    return MDS_OK;
}

double mds_sum_squared_difference(const double *a, const double *b, size_t n, mds_isa isa)
{
    const mds_kernels *kernels = mds_kernels_for(isa);
    if (!kernels) kernels = mds_kernels_for(MDS_ISA_SCALAR);
    if (n == 0) return 0;
    if (!a || !b || !addressable(1, n, n)) return (double)NAN;
    return kernels->sum_squared_difference(a, b, n);
}
