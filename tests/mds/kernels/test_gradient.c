/*
 * The gradient kernels at every level this processor has, against long double: sizes from 1 to past two
 * chunks of columns, matrices that end at the edge of a page, coinciding points, weights, missing values,
 * both precisions. The allowed error is that of a distance right to a few units in the last place and of sums
 * in any order.
 *
 * A program of its own, without a test library, so that it also runs under an emulator of another processor.
 */
#include "kernels.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef long double wide;

static unsigned checks, failures;

static void expect(bool holds, const char *format, ...)
{
    checks++;
    if (holds || ++failures > 20) return;
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

/* ---- data ---- */

static uint64_t state = 1;

static double uniform(void) /* -1 .. 1 */
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(int64_t)(state >> 11) * 0x1p-52 - 1;
}

enum { MOST = 1100, DIMENSIONS = 5, LD = MOST + 17 };

/* The end of so many bytes, followed by a page that must not be read. */
static char *end_of_page(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + page - 1) / page * page;
    char *memory = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + room, page, PROT_NONE) != 0) {
        perror("mmap");
        exit(1);
    }
    return memory + room;
}

static char *delta_end, *weights_end, *delta_single_end, *weights_single_end;
static _Alignas(64) double x[DIMENSIONS * (MOST + 16)], along[DIMENSIONS * (MOST + 16)];
static _Alignas(64) double got[DIMENSIONS * (MOST + 16)];
static _Alignas(64) float x_single[DIMENSIONS * (MOST + 16)];
static _Alignas(64) double scratch[MDS_GRADIENT_SCRATCH(DIMENSIONS)];

/* One problem: n objects, of which the last eight rows from `first` are looked at. Doubles hold what floats
 * can hold, so that both precisions have the same problem. */
struct problem {
    size_t n, p, stride, first, rows, ld;
    const double *delta, *weights; /* of row `first` */
    const float *delta_single, *weights_single;
    double threshold;
};

static struct problem make_problem(size_t n, size_t p, bool weighted, bool holes, bool coinciding)
{
    struct problem of = {.n = n, .p = p, .stride = (n + 15) / 16 * 16, .threshold = 0.125};
    of.first = n > 24 && n % 2 ? (n / 3) / 8 * 8 : (n - 1) / 8 * 8;
    of.rows = n - of.first < 8 ? n - of.first : 8;
    of.ld = n + n % 3;
    size_t count = (of.rows - 1) * of.ld + n;
    double *delta = (double *)(void *)(delta_end)-count, *weights = (double *)(void *)weights_end - count;
    float *delta_single = (float *)(void *)delta_single_end - count;
    float *weights_single = (float *)(void *)weights_single_end - count;
    memset(x, 0, sizeof x);
    memset(x_single, 0, sizeof x_single);
    for (size_t k = 0; k < p; k++)
        for (size_t j = 0; j < n; j++) {
            size_t at = k * of.stride + j;
            x_single[at] = (float)uniform();
            if (coinciding && j % 3 == 1) x_single[at] = x_single[at - 1];
            if (coinciding && j % 3 == 2) x_single[at] = x_single[at - 1] * (1 + 0x1p-20f);
            x[at] = (double)x_single[at];
            along[at] = uniform();
        }
    for (size_t c = 0; c < count; c++) {
        delta_single[c] = holes && uniform() < -0.5 ? NAN : (float)fabs(uniform());
        weights_single[c] = uniform() < -0.5 ? 0 : (float)(1 + uniform());
        delta[c] = (double)delta_single[c];
        weights[c] = (double)weights_single[c];
    }
    of.delta = delta;
    of.weights = weighted ? weights : NULL;
    of.delta_single = delta_single;
    of.weights_single = weighted ? weights_single : NULL;
    return of;
}

/* ---- the same in long double ---- */

static wide loss, loss_allowed, want[DIMENSIONS * (MOST + 16)], allowed[DIMENSIONS * (MOST + 16)];

static void add_pair(const struct problem *of, enum mds_gradient_term term, size_t i, size_t j, wide epsilon)
{
    size_t at = (i - of->first) * of->ld + j;
    wide weight = of->weights ? (wide)of->weights[at] : 1, d2 = 0, delta = (wide)of->delta[at];
    if (isnan(of->delta[at])) return;
    for (size_t k = 0; k < of->p; k++) {
        wide a = (wide)x[k * of->stride + i] - (wide)x[k * of->stride + j];
        d2 += a * a;
    }
    wide d = sqrtl(d2), e = delta - d, h = (wide)of->threshold, n = (wide)of->n;
    wide held = term == MDS_GRADIENT_HUBER ? fmaxl(-h, fminl(h, e)) : e;
    bool laplacian = term >= MDS_GRADIENT_TERMS;
    if (term == MDS_GRADIENT_REWEIGHTED) weight *= h / fmaxl(h, fabsl(e));
    wide roundings = (wide)(of->p + 12) * epsilon;
    if (!laplacian) {
        loss += weight * held * (2 * e - held);
        loss_allowed += weight * (roundings * (2 * fabsl(e) * (d + delta) + d * d * roundings) +
                                  n * epsilon * held * (2 * e - held));
    }
    for (size_t k = 0; k < of->p; k++) {
        const double *from = laplacian ? along : x;
        size_t to_i = k * of->stride + i, to_j = k * of->stride + j;
        wide a = (wide)from[to_i] - (wide)from[to_j];
        wide pull = laplacian ? -weight * a : d > 0 ? weight * held / d * a : 0;
        wide off = weight * roundings * (laplacian ? fabsl(a) * (1 + (d + delta) / h) : d + delta) +
                   n * epsilon * fabsl(pull);
        if (laplacian) loss += weight * a * a, loss_allowed += off * fabsl(a) * 3;
        want[to_i] -= pull, want[to_j] += pull;
        allowed[to_i] += off, allowed[to_j] += off;
    }
}

static void compute_want(const struct problem *of, enum mds_gradient_term term, wide epsilon)
{
    loss = loss_allowed = 0;
    memset(want, 0, sizeof want);
    memset(allowed, 0, sizeof allowed);
    for (size_t i = of->first; i < of->first + of->rows; i++)
        for (size_t j = i + 1; j < of->n; j++) add_pair(of, term, i, j, epsilon);
}

static void compare(const struct problem *of, double got_loss, const char *what)
{
    expect(fabsl((wide)got_loss - loss) <= loss_allowed + 1e-40L,
           "%s: loss %.17g, not %.17Lg (off by %.3Lg of %.3Lg)", what, got_loss, loss,
           fabsl((wide)got_loss - loss), loss_allowed);
    for (size_t k = 0; k < of->p; k++)
        for (size_t j = 0; j < of->stride; j++) {
            size_t at = k * of->stride + j;
            wide off = fabsl((wide)got[at] - want[at]);
            expect(off <= allowed[at] + 1e-40L,
                   "%s: gradient %zu of point %zu %.17g, not %.17Lg (%.3Lg of %.3Lg)", what, k, j, got[at],
                   want[at], off, allowed[at]);
        }
}

static void check_double(const mds_kernels *kernels, const struct problem *of, enum mds_gradient_term term,
                         size_t shape, const char *what)
{
    mds_gradient_rows rows = {.x = x,
                              .stride = of->stride,
                              .n = of->n,
                              .p = of->p,
                              .first = of->first,
                              .delta = of->delta,
                              .weights = of->weights,
                              .ld = of->ld,
                              .ldw = of->ld,
                              .threshold = of->threshold,
                              .along = along,
                              .scratch = scratch};
    const mds_gradient_kernels *table = &kernels->gradient;
    mds_gradient_kernel *kernel = term < MDS_GRADIENT_TERMS
                                      ? table->gradient[term][shape]
                                      : table->laplacian[term == MDS_GRADIENT_REWEIGHTED];
    compute_want(of, term, (wide)DBL_EPSILON);
    memset(got, 0, sizeof got);
    compare(of, kernel(&rows, got), what);
}

static void check_single(const mds_kernels *kernels, const struct problem *of, enum mds_gradient_term term,
                         size_t shape, const char *what)
{
    mds_gradient_rows_single rows = {.x = x_single,
                                     .stride = of->stride,
                                     .n = of->n,
                                     .p = of->p,
                                     .first = of->first,
                                     .delta = of->delta_single,
                                     .weights = of->weights_single,
                                     .ld = of->ld,
                                     .threshold = (float)of->threshold,
                                     .scratch = (float *)(void *)scratch};
    compute_want(of, term, 0x1p-22L);
    memset(got, 0, sizeof got);
    compare(of, kernels->gradient.single[term][shape](&rows, got), what);
}

/* Roots to 11 bits are off by no more than so many units of single precision. */
static const wide ROOT = 0x1p-11L / 10;

static void check_rough(const mds_kernels *kernels, const struct problem *of, const char *what)
{
    static _Alignas(64) float sums[(DIMENSIONS + 1) * (MOST + 16)];
    mds_gradient_rows_single rows = {.x = x_single,
                                     .stride = of->stride,
                                     .n = of->n,
                                     .p = of->p,
                                     .first = of->first,
                                     .delta = of->delta_single,
                                     .ld = of->ld};
    mds_gradient_kernel_rough *kernel = kernels->gradient.rough[of->p - 2];
    compute_want(of, MDS_GRADIENT_PLAIN, ROOT);
    for (int with = 0; with < 2; with++) {
        float *losses = with ? sums + of->p * of->stride : NULL;
        memset(sums, 0, sizeof sums);
        double found = kernel(&rows, sums, losses), twice = 0;
        for (size_t c = 0; c < of->p * of->stride; c++) got[c] = (double)sums[c];
        compare(of, found, what);
        for (size_t j = 0; with && j < of->stride; j++) twice += (double)losses[j];
        expect(!with || fabs(twice - 2 * found) <= 1e-5 * found,
               "%s: losses of the points add up to %g, not twice %g", what, twice, found);
        for (size_t j = of->first + of->rows; with && j < of->n; j++) { /* points behind the rows */
            wide sum = 0, size = 1e-12L;
            for (size_t i = of->first; i < of->first + of->rows; i++) {
                wide d2 = 0;
                for (size_t k = 0; k < of->p; k++) {
                    wide a = (wide)x[k * of->stride + i] - (wide)x[k * of->stride + j];
                    d2 += a * a;
                }
                wide d = sqrtl(d2), e = (wide)of->delta[(i - of->first) * of->ld + j] - d;
                sum += e * e;
                size += 0x1p-10L * d * (fabsl(e) + 0x1p-11L * d) + 1e-6L * e * e;
            }
            expect(fabsl((wide)losses[j] - sum) <= size, "%s: loss of point %zu %g, not %Lg", what, j,
                   (double)losses[j], sum);
        }
    }
}

static void check_problem(const mds_kernels *kernels, size_t n, size_t p, unsigned kind)
{
    bool weighted = kind & 1, holes = kind & 2, coinciding = kind & 4;
    struct problem of = make_problem(n, p, weighted, holes, coinciding);
    size_t special = p == 2 ? 0 : p == 3 ? 1 : 2;
    char what[120];
    for (int term = weighted || holes ? MDS_GRADIENT_WEIGHTED : MDS_GRADIENT_PLAIN;
         term <= MDS_GRADIENT_REWEIGHTED; term++) {
        if (term == MDS_GRADIENT_PLAIN && special < 2) {
            snprintf(what, sizeof what, "%s, n %zu, p %zu, kind %u, rough", mds_isa_name(kernels->isa), n, p,
                     kind);
            check_rough(kernels, &of, what);
        }
        for (size_t shape = special; shape <= 2; shape += special == 2 ? 1 : 2 - special) {
            snprintf(what, sizeof what, "%s, n %zu, p %zu, kind %u, term %d, shape %zu",
                     mds_isa_name(kernels->isa), n, p, kind, term, shape);
            check_double(kernels, &of, (enum mds_gradient_term)term, shape, what);
            if (term >= MDS_GRADIENT_TERMS) continue;
            strcat(what, ", single");
            check_single(kernels, &of, (enum mds_gradient_term)term, shape, what);
        }
    }
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {1,  2,  3,  4,  5,  7,  8,  9,   12,  15,  16,
                                   17, 23, 31, 32, 33, 40, 65, 130, 511, 513, 1061};
    size_t most = 8 * (size_t)LD;
    delta_end = end_of_page(most * sizeof(double));
    weights_end = end_of_page(most * sizeof(double));
    delta_single_end = end_of_page(most * sizeof(float));
    weights_single_end = end_of_page(most * sizeof(float));
    for (int isa = MDS_ISA_SCALAR; mds_isa_name((mds_isa)isa); isa++) {
        const mds_kernels *kernels = mds_kernels_for((mds_isa)isa);
        if (!kernels || (argc > 1 && strcmp(argv[1], mds_isa_name((mds_isa)isa)) != 0)) continue;
        size_t most_size = argc > 1 ? 130 : 1061; /* under an emulator, minutes are saved */
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes && sizes[s] <= most_size; s++)
            for (size_t p = 1; p <= DIMENSIONS; p++)
                for (unsigned kind = 0; kind < 8; kind++) check_problem(kernels, sizes[s], p, kind);
        printf("%s: done\n", mds_isa_name((mds_isa)isa));
    }
    printf("%u checks, %u failures\n", checks, failures);
    return failures != 0;
}
