#include "library.h"

#include "memory.h"

#include <math.h>
#include <string.h>

static fs_status distances(const double *features, size_t n, size_t m, size_t ldf,
                           const mds_distance_options *options, double *delta, size_t ldd, fs_error *error)
{
    mds_metric metric = options ? options->metric : MDS_EUCLIDEAN;
    if (!features || !delta || ldf < m || ldd < n || n == 0 || m == 0)
        return fs_fail(error, FS_ARGUMENT, "the arguments do not fit");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const double *a = features + i * ldf, *b = features + j * ldf;
            double sum = 0, ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
            if (metric == MDS_CORRELATION) {
                for (size_t f = 0; f < m; f++) ma += a[f] / (double)m, mb += b[f] / (double)m;
            }
            for (size_t f = 0; f < m; f++) {
                double d = a[f] - b[f];
                if (metric == MDS_MANHATTAN)
                    sum += fabs(d);
                else if (metric == MDS_CHEBYSHEV)
                    sum = fmax(sum, fabs(d));
                else
                    sum += d * d;
                aa += (a[f] - ma) * (a[f] - ma), bb += (b[f] - mb) * (b[f] - mb),
                    ab += (a[f] - ma) * (b[f] - mb);
            }
            if (metric == MDS_EUCLIDEAN) sum = sqrt(sum);
            if (metric == MDS_COSINE || metric == MDS_CORRELATION) sum = 1 - ab / sqrt(aa * bb);
            delta[i * ldd + j] = i == j ? 0 : sum;
        }
    return FS_OK;
}

mds_status mds_distances(const double *features, size_t n, size_t m, size_t ldf,
                         const mds_distance_options *options, double *delta, size_t ldd, mds_error *error)
{
    fs_error inner;
    return mds_report(distances(features, n, m, ldf, options, delta, ldd, &inner), &inner, error);
}
