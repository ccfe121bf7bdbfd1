#include "rounding.h"

#include <math.h>

enum {
    DIGITS_LEAST = 4,
    DIGITS_FLOAT = 8,
    DIGITS_DOUBLE = 11,
    BLOCK = 64 /* both triangles of a block pair stay in cache */
};

static double largest(const mds_table *t)
{
    double most = 0;
    for (size_t k = 0; k < t->count; k++)
        if (fabs(t->values[k]) > most) most = fabs(t->values[k]);
    return most;
}

double mds_diagonal_rounding(const double *values, size_t n, size_t ld, double epsilon)
{
    double most = 0, least = INFINITY, own = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double value = fabs(values[i * ld + j]);
            most = value > most ? value : most;
            if (i != j && value > 0 && value < least) least = value;
            if (i == j && value > own) own = value;
        }
    double rounding = fmax(2e-5, 2 * epsilon) * most, root = fmin(1.4e-3 * most, least / 20);
    return root > rounding && own != floor(own) ? root : rounding;
}

/* Whether the numbers are those of single precision, though they may be printed with more digits. */
static bool all_floats(const mds_table *t)
{
    for (size_t k = 0; k < t->count; k++) {
        double value = t->values[k];
        if (isnan(value)) continue;
        if (!(fabs(value) < 3e38) || (double)(float)value != value) return false;
    }
    return true;
}

typedef struct precision {
    double anywhere; /* a difference that is rounding in any pair */
    double digits;   /* 10^(1 - digits), of the power of ten of the pair; 0: no such rule */
} precision;

static precision find_precision(const mds_table *t, double most)
{
    precision p = {0, 0};
    double type = t->epsilon;
    if (type == 0 && t->digits >= DIGITS_FLOAT)
        type = t->digits < DIGITS_DOUBLE || all_floats(t) ? 0x1p-23 : 0x1p-52;
    if (type > 0) p.anywhere = (type > 0x1p-20 ? 2 : 16) * type * most;
    if (t->epsilon == 0 && t->digits >= DIGITS_LEAST && t->digits < DIGITS_DOUBLE) {
        double last = 1.5 * pow(10, -t->decimals);
        if (last > p.anywhere) p.anywhere = last;
        p.digits = 1.5 * pow(10, 1 - t->digits);
    }
    return p;
}

static bool is_rounding(const precision *p, double a, double b)
{
    double difference = fabs(a - b);
    if (difference <= p->anywhere) return true;
    double size = fmax(fabs(a), fabs(b));
    return p->digits > 0 && difference <= p->digits * pow(10, floor(log10(size)));
}

static void remember(mds_repairs *m, size_t *count, double change)
{
    ++*count;
    if (change > m->most) m->most = change;
}

/* A triangle beside zeros: which half has nothing but zeros (0 lower, 1 upper, -1 neither). */
static int zero_half(const double *values, size_t n)
{
    bool some[2] = {false, false};
    for (size_t i = 0; i < n && !(some[0] && some[1]); i++)
        for (size_t j = 0; j < n; j++)
            if (i != j && values[i * n + j] != 0 && !isnan(values[i * n + j])) some[j > i] = true;
    return some[0] == some[1] ? -1 : some[0] ? 1 : 0;
}

static void mirror_half(mds_table *t, mds_repairs *m)
{
    size_t n = t->rows;
    int half = n > 1 ? zero_half(t->values, n) : -1;
    for (size_t i = 0; half >= 0 && i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double *lower = &t->values[i * n + j], *upper = &t->values[j * n + i];
            if (half == 0)
                *lower = *upper;
            else
                *upper = *lower;
            m->mirrored++;
        }
}

static void repair_pair(const mds_table *t, const precision *p, double tiny, size_t i, size_t j,
                        mds_repairs *m)
{
    double *a = &t->values[i * t->rows + j], *b = &t->values[j * t->rows + i];
    if (*a != *b && is_rounding(p, *a, *b)) {
        remember(m, &m->pairs, fabs(*a - *b) / 2);
        *a = *b = *a + (*b - *a) / 2;
    }
    if (!t->keep_diagonal && *a < 0 && *b < 0 && *a >= -tiny && *b >= -tiny) {
        remember(m, &m->negative, fmax(-*a, -*b));
        *a = *b = 0;
    }
}

void mds_table_repair(mds_table *t, mds_repairs *m)
{
    size_t n = t->rows;
    double most = largest(t);
    const double tiny = 2e-5 * most, diagonal = mds_diagonal_rounding(t->values, n, n, t->epsilon);
    const precision p = find_precision(t, most);
    *m = (mds_repairs){0};
    mirror_half(t, m);
    for (size_t bi = 0; bi < n; bi += BLOCK)
        for (size_t bj = 0; bj <= bi; bj += BLOCK)
            for (size_t i = bi; i < n && i < bi + BLOCK; i++)
                for (size_t j = bj; j < i && j < bj + BLOCK; j++) repair_pair(t, &p, tiny, i, j, m);
    for (size_t i = 0; i < n && !t->keep_diagonal; i++) {
        double own = t->values[i * n + i];
        if (own == 0 || isnan(own) || fabs(own) > fmax(diagonal, p.anywhere)) continue;
        remember(m, &m->diagonal, fabs(own));
        t->values[i * n + i] = 0;
    }
}
