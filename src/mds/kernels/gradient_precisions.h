/*
 * gradient_precisions.h - what gradient_template.h needs for doubles and for floats. A part of
 * kernel_template.h, which includes it once; no include guard.
 */

/* sqrt(s) and its reciprocal for TINY <= s < 1e300, within a few units in the last place; v_root tells how.
 */
INLINE void v_roots(V s, bool divided, V *root, V *inverse)
{
#ifdef V_RSQRT
    if (!divided) {
        V y = V_RSQRT(s), h = V_MUL(s, y), e = V_FNMA(h, y, V_SET(1.0));
        V q = V_FMA(e, V_SET(0.3125), V_SET(0.375));
        q = V_MUL(V_FMA(q, e, V_SET(0.5)), e);
        *root = V_FMA(h, q, h);
        *inverse = V_FMA(y, q, y);
        return;
    }
#endif
    *root = V_SQRT(s);
    *inverse = V_DIV(V_SET(1.0), *root);
}

INLINE void f_roots(F s, bool divided, F *root, F *inverse)
{
    (void)divided;
    F y = F_ESTIMATE(s), h = F_MUL(s, y), e = F_FNMA(h, y, F_SET(1.0f)), q = F_MUL(e, F_SET(0.5f));
    *root = F_FMA(h, q, h);
    *inverse = F_FMA(y, q, y);
}

INLINE void v_add_to(double *to, V v)
{
    V_STORE(to, V_ADD(V_LOAD(to), v));
}

INLINE void f_add_to(double *to, F v)
{
    v_add_to(to, F_LOW(v));
    v_add_to(to + WIDTH, F_HIGH(v));
}

#define REAL             double
#define VECTOR           V
#define LANES            WIDTH
#define OP(name)         V_##name
#define NAME(name)       gradient_##name
#define SHORTEST         TINY
#define ROOTS            v_roots
#define ADD_TO           v_add_to
#define ROWS_TYPE        mds_gradient_rows
#define COLUMN(rows, j)  ((j) - (rows)->column)
#define WEIGHTS_LD(rows) ((rows)->ldw)
#include "gradient_template.h"

static double laplacian(const mds_gradient_rows *rows, double *gradient)
{
    double sum = 0;
    for (size_t i = rows->first; i < rows->n && i < rows->first + MDS_GRADIENT_ROWS; i++)
        sum += gradient_row_any(rows, rows->along, i, MDS_GRADIENT_LAPLACIAN, gradient);
    return sum;
}

static double laplacian_reweighted(const mds_gradient_rows *rows, double *gradient)
{
    double sum = 0;
    for (size_t i = rows->first; i < rows->n && i < rows->first + MDS_GRADIENT_ROWS; i++)
        sum += gradient_row_any(rows, rows->along, i, MDS_GRADIENT_REWEIGHTED, gradient);
    return sum;
}

#undef REAL
#undef VECTOR
#undef LANES
#undef OP
#undef NAME
#undef SHORTEST
#undef ROOTS
#undef ADD_TO
#undef ROWS_TYPE
#undef COLUMN
#undef WEIGHTS_LD
#define REAL             float
#define VECTOR           F
#define LANES            F_WIDTH
#define OP(name)         F_##name
#define NAME(name)       single_##name
#define SHORTEST         1e-30f
#define ROOTS            f_roots
#define ADD_TO           f_add_to
#define ROWS_TYPE        mds_gradient_rows_single
#define COLUMN(rows, j)  ((j) - (rows)->column)
#define WEIGHTS_LD(rows) ((rows)->ld)
#include "gradient_template.h"
