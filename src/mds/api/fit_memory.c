#include "fit_call.h"
#include "memory_limit.h"

#include <stdio.h>

double mds_fit_memory(const mds_fit_call *f, size_t bytes)
{
    double n = (double)f->problem.n, matrix = n * n * sizeof(double), sum = (double)bytes;
    if (f->opened.source) return sum;
    sum += n * sizeof(double); /* the stress works in that */
    if (f->statistics.delta_exponent) sum += matrix;
    if (f->statistics.weight_exponent) sum += matrix;
    if (f->options.level != MDS_LEVEL_RATIO) /* disparities, and the order of the pairs */
        sum += matrix + n * n / 2 * sizeof(uint32_t);
    return sum;
}

fs_status mds_fit_check_memory(const mds_fit_call *f, size_t bytes, fs_error *error)
{
    char what[80];
    snprintf(what, sizeof what, "a fit of %zu objects by method %s", f->problem.n, f->method->info.name);
    return fs_memory_check(mds_fit_memory(f, bytes), what, (double)f->problem.n, f->opened.source ? 1 : 2,
                           error);
}
