/* From similarities to dissimilarities, pair by pair. */
#include "library.h"

#include <math.h>

/* What rounding leaves below zero, in units of the largest similarity: single precision, with some room. */
static const double rounding = 2e-6;

typedef struct conversion {
    const double *s;
    size_t n, ld;
    mds_similarity how;
    double largest; /* |similarity|, for rounding */
    double most;    /* similarity */
} conversion;

static fs_status refuse(const conversion *c, size_t i, size_t j, const char *why, fs_error *error)
{
    return fs_fail(error, FS_DATA, "row %zu, column %zu: the similarity %.17g %s", i + 1, j + 1,
                   c->s[i * c->ld + j], why);
}

static fs_status survey(conversion *c, fs_error *error)
{
    c->most = -INFINITY;
    for (size_t i = 0; i < c->n; i++)
        for (size_t j = 0; j < c->n; j++) {
            double s = c->s[i * c->ld + j];
            if (isnan(s)) continue;
            if (isinf(s)) return refuse(c, i, j, "is infinite; use NaN if it is missing", error);
            if (fabs(s) > c->largest) c->largest = fabs(s);
            if (s > c->most) c->most = s;
        }
    if (c->how != MDS_SIMILARITY_KERNEL) return FS_OK;
    for (size_t i = 0; i < c->n; i++) {
        double own = c->s[i * c->ld + i];
        if (isnan(own))
            return fs_fail(
                error, FS_DATA,
                "row %zu: the object's similarity to itself is missing, and the distance sqrt(s_ii "
                "- 2 s_ij + s_jj) needs it",
                i + 1);
        if (own < 0) return refuse(c, i, i, "of an object to itself is negative, which no kernel has", error);
    }
    return FS_OK;
}

/* The dissimilarity of two objects, before rounding below zero is corrected; NaN stays NaN. */
static double formula(const conversion *c, size_t i, size_t j)
{
    double s = c->s[i * c->ld + j];
    switch (c->how) {
    case MDS_SIMILARITY_MAX_MINUS:
        return c->most - s;
    case MDS_SIMILARITY_KERNEL:
        return c->s[i * c->ld + i] - 2 * s + c->s[j * c->ld + j];
    case MDS_SIMILARITY_LOG:
        return -log(s);
    default:
        return 1 - s;
    }
}

static fs_status convert(const conversion *c, size_t i, size_t j, double *out, fs_error *error)
{
    double s = c->s[i * c->ld + j], d = i == j ? 0 : formula(c, i, j);
    *out = NAN;
    if (i != j && isnan(s)) return FS_OK;
    if (c->how == MDS_SIMILARITY_LOG && !isnan(s) && s <= 0)
        return refuse(c, i, j, "has no logarithm; leave it empty (NaN) if it is missing", error);
    if (d < 0) {
        if (d < -rounding * fmax(1, c->largest))
            return refuse(c, i, j,
                          c->how == MDS_SIMILARITY_KERNEL
                              ? "is more than those of the two objects to themselves allow: no kernel"
                              : "is above 1; counts and percentages want max-minus",
                          error);
        d = 0;
    }
    bool root = c->how == MDS_SIMILARITY_ROOT || c->how == MDS_SIMILARITY_KERNEL;
    *out = root ? sqrt(d) : d;
    return FS_OK;
}

/* Rows from the first to the last, each pair once, so that `out` may be `s` itself: of a pair (i, j), i < j,
 * only the upper similarity is read, and the diagonal, which is written last. */
static fs_status convert_all(const conversion *c, double *out, size_t ldout, fs_error *error)
{
    for (size_t i = 0; i < c->n; i++)
        for (size_t j = i; j < c->n; j++) {
            double unused;
            fs_status status = convert(c, i, j, &unused, error);
            if (status) return status;
        }
    for (size_t i = 0; i < c->n; i++)
        for (size_t j = i + 1; j < c->n; j++) {
            double d;
            fs_status status = convert(c, i, j, &d, error);
            if (status) return status;
            out[i * ldout + j] = out[j * ldout + i] = d;
        }
    for (size_t i = 0; i < c->n; i++) out[i * ldout + i] = 0;
    return FS_OK;
}

static fs_status check_symmetric(const conversion *c, fs_error *error)
{
    for (size_t i = 0; i < c->n; i++)
        for (size_t j = 0; j < i; j++) {
            double a = c->s[i * c->ld + j], b = c->s[j * c->ld + i];
            if (a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= rounding * c->largest) continue;
            return fs_fail(error, FS_DATA,
                           "not symmetric: the similarity of row %zu, column %zu is %.17g, but that of row "
                           "%zu, column %zu is %.17g",
                           i + 1, j + 1, a, j + 1, i + 1, b);
        }
    return FS_OK;
}

mds_status mds_dissimilarities_from_similarities(const double *similarities, size_t n, size_t ld,
                                                 mds_similarity how, double *out, size_t ldout,
                                                 mds_error *error)
{
    fs_error inner;
    conversion c = {.s = similarities, .n = n, .ld = ld, .how = how};
    fs_status status = FS_OK;
    if (!mds_similarity_name(how))
        status = fs_fail(&inner, FS_ARGUMENT, "%d is no way from similarities to dissimilarities", (int)how);
    if (status == FS_OK)
        status = mds_matrix_check("similarities", similarities, n, n, "columns", 'n', ld, &inner);
    if (status == FS_OK) status = mds_matrix_check("out", out, n, n, "columns", 'n', ldout, &inner);
    if (status == FS_OK && out == similarities && ld != ldout)
        status = fs_fail(&inner, FS_ARGUMENT, "in place the two leading dimensions must be the same");
    if (status == FS_OK) status = survey(&c, &inner);
    if (status == FS_OK) status = check_symmetric(&c, &inner);
    if (status == FS_OK) status = convert_all(&c, out, ldout, &inner);
    return mds_report(status, &inner, error);
}
