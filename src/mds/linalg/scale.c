#include "scale.h"

#include "memory.h"

#include <math.h>

int mds_exponent(double largest)
{
    if (largest == 0 || (largest >= 0x1p-100 && largest <= 0x1p100)) return 0;
    int exponent;
    (void)frexp(largest, &exponent);
    return exponent < -1000 ? -1000 : exponent; /* 2^1000 is still a number */
}

void mds_scale(const double *from, size_t count, int exponent, double *to)
{
    double factor = ldexp(1, -exponent);
    for (size_t i = 0; i < count; i++) to[i] = from[i] * factor;
}

fs_status mds_scale_matrix(const double *from, size_t rows, size_t columns, size_t ld, int exponent,
                           double **copy, fs_error *error)
{
    size_t cells;
    *copy = fs_size_mul(rows, columns, &cells) ? fs_alloc(cells, sizeof **copy) : NULL;
    if (!*copy) return fs_fail_memory(error, "scaling the data", 0);
    for (size_t i = 0; i < rows; i++) mds_scale(from + i * ld, columns, exponent, *copy + i * columns);
    return FS_OK;
}
