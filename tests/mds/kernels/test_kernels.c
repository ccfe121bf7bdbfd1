/*
 * Every kernel at every level this processor has, against long double: lengths from 0 to past two vectors,
 * rows that begin anywhere and end at the edge of a page, coinciding points, huge and tiny values, weights,
 * missing values. The allowed error is the bound that the solver relies on.
 *
 * A program of its own, without a test library, so that it also runs under an emulator of another processor.
 */
#include "kernels.h"
#include "kernels_tables.h"

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

enum { MOST = 600, DIMENSIONS = 7 };

/* Arrays whose last element is followed by a page that must not be read. */
static double *end_of_page(size_t count)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = (count * sizeof(double) + page - 1) / page * page;
    char *memory = mmap(NULL, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + bytes, page, PROT_NONE) != 0) {
        perror("mmap");
        exit(1);
    }
    return (double *)(void *)(memory + bytes) - count;
}

static double *delta_end, *weight_end; /* one past the last element */
static _Alignas(64) double x[DIMENSIONS * (MOST + 8)];
static double at[DIMENSIONS];
static _Alignas(64) double scratch[MDS_PATTERN_SCRATCH(DIMENSIONS)];

enum spread { ORDINARY, COINCIDING, HUGE_VALUES, TINY_VALUES, MIXED, SPREADS };

static double unit_of(enum spread spread)
{
    switch (spread) {
    case HUGE_VALUES:
        return 1e140;
    case TINY_VALUES:
        return 1e-130;
    case MIXED:
        return pow(10, 40 * uniform());
    default:
        return 1;
    }
}

/* A row of n columns, padding included, of p dimensions. */
static mds_pattern_row make_row(size_t n, size_t p, enum spread spread, bool weighted, bool holes)
{
    mds_pattern_row row = {.x = x, .stride = (n + 7) / 8 * 8, .at = at, .p = p, .scratch = scratch};
    row.radius = unit_of(spread) * (0.1 + fabs(uniform()));
    for (size_t k = 0; k < p; k++) {
        at[k] = unit_of(spread) * uniform();
        for (size_t j = 0; j < row.stride; j++) {
            double value = unit_of(spread) * uniform();
            if (spread == COINCIDING && j % 3 == 0) value = at[k];
            if (spread == COINCIDING && j % 3 == 1) value = at[k] + (k == 0 ? row.radius : 0);
            x[k * row.stride + j] = j < n ? value : NAN; /* the padding may hold anything */
        }
    }
    double *delta = delta_end - n, *weights = weight_end - n;
    for (size_t j = 0; j < n; j++) {
        delta[j] = holes && uniform() < -0.5 ? NAN : unit_of(spread) * fabs(uniform());
        weights[j] = uniform() < -0.5 ? 0 : 1 + uniform();
    }
    row.delta = delta;
    row.weights = weighted ? weights : NULL;
    return row;
}

/* ---- the same in long double ---- */

static wide distance_of(const mds_pattern_row *row, size_t j, size_t try)
{
    wide sum = 0;
    for (size_t k = 0; k < row->p; k++) {
        double place = row->at[k];
        if (try && row->dimensions[(try - 1) / 2] == k) place += try % 2 ? row->radius : -row->radius;
        wide difference = (wide)place - (wide)row->x[k * row->stride + j];
        sum += difference * difference;
    }
    return sqrtl(sum);
}

static bool near(wide got, wide want, wide allowed)
{
    return fabsl(got - want) <= allowed + (wide)DBL_MIN;
}

static void check_pattern(const mds_kernels *kernels, enum mds_term term, enum mds_shape shape,
                          const mds_pattern_row *row, size_t first, size_t last, const char *what)
{
    double sums[2 * DIMENSIONS + 2];
    sums[2 * row->tried + 1] = 42;
    kernels->pattern[term][shape](row, first, last, sums);
    expect(sums[2 * row->tried + 1] == 42, "%s: wrote behind its sums", what);
    for (size_t t = 0; t <= 2 * row->tried; t++) {
        wide want = 0, allowed = 0;
        for (size_t j = first; j < last; j++) {
            wide weight = row->weights ? (wide)row->weights[j] : 1, d = distance_of(row, j, t);
            wide error = fabsl((wide)row->delta[j] - d);
            if (isnan(row->delta[j])) continue;
            bool squared = term != MDS_TERM_ABSOLUTE;
            want += weight * error * (squared ? error : 1);
            allowed += weight * d * (squared ? 2 * error : 1) * (wide)(row->p + 4);
            allowed += weight * d * d * (squared ? (wide)DBL_EPSILON * (wide)(row->p + 4) : 0);
        }
        allowed = (wide)DBL_EPSILON * (allowed + (wide)(last - first + 4) * want);
        expect(near((wide)sums[t], want, allowed), "%s, try %zu: %.17g, not %.17Lg +- %.3Lg", what, t,
               sums[t], want, allowed);
    }
}

static void check_patterns(const mds_kernels *kernels)
{
    static const size_t all[] = {0, 1, 2, 3, 4, 5, 6}, some[] = {0, 2, 5}, last_only[] = {DIMENSIONS - 1};
    static const size_t lengths[] = {0,  1,  2,  3,  4,  5,  6,  7,   8,   9,   10,
                                     11, 12, 13, 14, 15, 16, 17, 100, 511, 512, 513};
    static const size_t ps[] = {1, 2, 3, 4, DIMENSIONS};
    char what[200];
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
        for (size_t q = 0; q < sizeof ps / sizeof *ps; q++)
            for (int spread = 0; spread < SPREADS; spread++)
                for (int term = 0; term < MDS_TERMS; term++) {
                    size_t n = lengths[l], p = ps[q];
                    bool rich = term != MDS_TERM_PLAIN;
                    mds_pattern_row row = make_row(n, p, (enum spread)spread, rich && l % 2, rich);
                    row.dimensions = all;
                    row.tried = p;
                    enum mds_shape shape = p == 2   ? MDS_SHAPE_PLANE
                                           : p == 3 ? MDS_SHAPE_SPACE
                                                    : MDS_SHAPE_ANY;
                    snprintf(what, sizeof what, "%s pattern, n %zu, p %zu, spread %d, term %d",
                             mds_isa_name(kernels->isa), n, p, spread, term);
                    check_pattern(kernels, (enum mds_term)term, shape, &row, 0, n, what);
                    check_pattern(kernels, (enum mds_term)term, MDS_SHAPE_ANY, &row, 0, n, what);
                    if (n > 8) check_pattern(kernels, (enum mds_term)term, shape, &row, 8, n, what);
                    if (p < DIMENSIONS) continue;
                    row.dimensions = some;
                    row.tried = 3;
                    check_pattern(kernels, (enum mds_term)term, MDS_SHAPE_ANY, &row, 0, n, what);
                    row.dimensions = last_only;
                    row.tried = 1;
                    check_pattern(kernels, (enum mds_term)term, MDS_SHAPE_ANY, &row, 0, n, what);
                }
}

static void check_stress(const mds_kernels *kernels)
{
    for (size_t n = 0; n <= 40; n++)
        for (size_t p = 1; p <= 4; p++)
            for (int spread = 0; spread < SPREADS; spread++)
                for (size_t first = 0; first <= n && first < 12; first++) {
                    mds_pattern_row row =
                        make_row(n, p, (enum spread)spread, (n + first) % 2, (n + first) % 3 == 0);
                    mds_stress_sums sums = {0}, reference = {0};
                    kernels->stress(&row, first, n, &sums);
                    mds_kernels_scalar.stress(&row, first, n, &reference);
                    expect(memcmp(&sums, &reference, sizeof sums) == 0,
                           "%s stress, n %zu, p %zu, spread %d, first %zu: not the bits of the reference",
                           mds_isa_name(kernels->isa), n, p, spread, first);
                    wide raw = 0, absolute = 0, allowed = 0, slack = 0, pairs = 0;
                    for (size_t j = first; j < n; j++) {
                        if (isnan(row.delta[j])) continue;
                        wide weight = row.weights ? (wide)row.weights[j] : 1, d = distance_of(&row, j, 0);
                        wide error = fabsl((wide)row.delta[j] - d);
                        raw += weight * error * error;
                        absolute += weight * error;
                        allowed += weight * d * (2 * error + d * (wide)DBL_EPSILON * 8) * 8;
                        slack += weight * d * 8;
                        pairs += weight > 0;
                    }
                    wide eps = (wide)DBL_EPSILON;
                    expect(near((wide)sums.raw, raw, eps * (allowed + 16 * raw)) &&
                               near((wide)sums.absolute, absolute, eps * (slack + 16 * absolute)) &&
                               (wide)sums.pairs == pairs,
                           "%s stress, n %zu, p %zu, spread %d, first %zu: raw %.17g, not %.17Lg",
                           mds_isa_name(kernels->isa), n, p, spread, first, sums.raw, raw);
                }
}

/* The reference against long double, every level against its bits, and a fault wherever it is. */
static void check_mirror(const mds_kernels *kernels)
{
    enum { ROWS = MDS_CHECKED, LD = ROWS + 32 + 3 };
    static double matrix[LD * LD], spoilt[LD * LD];
    const double scale = 0.7;
    for (size_t columns = 0; columns <= 32; columns += ROWS)
        for (int spread = 0; spread < SPREADS; spread++) {
            for (size_t i = 0; i < LD; i++)
                for (size_t j = 0; j <= i; j++)
                    matrix[i * LD + j] = matrix[j * LD + i] = unit_of((enum spread)spread) * fabs(uniform());
            mds_mirror_sums from = {.squares = {1, 2, 3}, .largest = 0.5, .least = 0.25}, sums = from,
                            want = from;
            kernels->mirror(matrix + ROWS, matrix + ROWS * LD, LD, columns, scale, &sums);
            mds_kernels_scalar.mirror(matrix + ROWS, matrix + ROWS * LD, LD, columns, scale, &want);
            expect(memcmp(&sums, &want, sizeof sums) == 0 && sums.unlike == 0,
                   "%s mirror, %zu columns, spread %d: not the bits of the reference",
                   mds_isa_name(kernels->isa), columns, spread);
            wide largest = (wide)from.largest, least = (wide)from.least;
            for (size_t r = 0; r < ROWS; r++) {
                wide squares = (wide)from.squares[r];
                for (size_t c = 0; c < columns; c++) {
                    wide number = (wide)matrix[r * LD + ROWS + c];
                    squares += (wide)scale * number * (wide)scale * number;
                    largest = number > largest ? number : largest;
                    least = number < least ? number : least;
                }
                expect(
                    near((wide)sums.squares[r], squares, (wide)DBL_EPSILON * (wide)(columns + 4) * squares),
                    "%s mirror, %zu columns, spread %d: squares %.17g, not %.17Lg",
                    mds_isa_name(kernels->isa), columns, spread, sums.squares[r], squares);
            }
            expect((wide)sums.largest == largest && (wide)sums.least == least,
                   "%s mirror, %zu columns, spread %d: from %g to %g", mds_isa_name(kernels->isa), columns,
                   spread, sums.least, sums.largest);
            for (size_t r = 0; r < ROWS; r++)
                for (size_t c = 0; c < columns; c++)
                    for (int fault = 0; fault < 8; fault++) {
                        const double faults[] = {NAN, INFINITY, nextafter(matrix[r * LD + ROWS + c], 0), -1};
                        bool both = fault >= 4;
                        if (both && fault % 4 == 2) continue; /* no fault */
                        memcpy(spoilt, matrix, sizeof spoilt);
                        spoilt[r * LD + ROWS + c] = faults[fault % 4];
                        if (both) spoilt[(ROWS + c) * LD + r] = faults[fault % 4];
                        sums = from;
                        kernels->mirror(spoilt + ROWS, spoilt + ROWS * LD, LD, columns, scale, &sums);
                        expect(
                            !(sums.unlike == 0) || sums.least < 0,
                            "%s mirror, %zu columns, spread %d: fault %d in row %zu, column %zu is not seen",
                            mds_isa_name(kernels->isa), columns, spread, fault, r, c);
                    }
        }
}

static void check_tiles(const mds_kernels *kernels)
{
    enum { FEATURES = 70, LD = MDS_TILE_COLUMNS + 3 };
    static _Alignas(64) double a[FEATURES * MDS_TILE_ROWS], b[FEATURES * MDS_TILE_COLUMNS];
    mds_tile_kernel *const tiles[] = {kernels->tile_squared, kernels->tile_absolute, kernels->tile_maximum};
    for (size_t m = 0; m <= FEATURES; m = m < 20 ? m + 1 : m + 25)
        for (int spread = 0; spread < SPREADS; spread++)
            for (size_t kind = 0; kind < 3; kind++) {
                double sums[MDS_TILE_ROWS * LD];
                double unit = spread == HUGE_VALUES ? 1e140 : spread == TINY_VALUES ? 1e-130 : 1;
                for (size_t i = 0; i < MDS_TILE_ROWS * LD; i++) sums[i] = (double)(i % 3) * unit * unit;
                if (kind) /* not squared */
                    for (size_t i = 0; i < MDS_TILE_ROWS * LD; i++) sums[i] /= unit;
                double before[MDS_TILE_ROWS * LD];
                memcpy(before, sums, sizeof sums);
                for (size_t i = 0; i < m * MDS_TILE_ROWS; i++) a[i] = unit * uniform();
                for (size_t i = 0; i < m * MDS_TILE_COLUMNS; i++)
                    b[i] = spread == COINCIDING && i % 2 ? a[i / MDS_TILE_COLUMNS * MDS_TILE_ROWS]
                                                         : unit * uniform();
                tiles[kind](a, b, m, sums, LD);
                for (size_t r = 0; r < MDS_TILE_ROWS; r++)
                    for (size_t c = 0; c < LD; c++) {
                        wide want = (wide)before[r * LD + c];
                        for (size_t f = 0; f < m && c < MDS_TILE_COLUMNS; f++) {
                            wide difference =
                                fabsl((wide)a[f * MDS_TILE_ROWS + r] - (wide)b[f * MDS_TILE_COLUMNS + c]);
                            if (kind == 0) want += difference * difference;
                            if (kind == 1) want += difference;
                            if (kind == 2 && difference > want) want = difference;
                        }
                        expect(near((wide)sums[r * LD + c], want, (wide)DBL_EPSILON * (wide)(m + 4) * want),
                               "%s tile %zu, m %zu, spread %d: %.17g, not %.17Lg", mds_isa_name(kernels->isa),
                               kind, m, spread, sums[r * LD + c], want);
                    }
            }
}

static void check_callers(const mds_kernels *kernels)
{
    for (size_t n = 0; n <= 75; n++) {
        double *a = delta_end - n, *b = weight_end - n;
        wide want = 0;
        for (size_t j = 0; j < n; j++) {
            a[j] = uniform(), b[j] = n % 4 == 3 ? a[j] : uniform();
            want += ((wide)a[j] - (wide)b[j]) * ((wide)a[j] - (wide)b[j]);
        }
        double got = kernels->sum_squared_difference(a, b, n);
        expect(near((wide)got, want, (wide)DBL_EPSILON * (wide)(n + 2) * want),
               "%s sum of squared differences, n %zu: %.17g, not %.17Lg", mds_isa_name(kernels->isa), n, got,
               want);
        for (size_t j = 0; j < n; j++) a[j] = b[j] = fabs(b[j]);
        kernels->square_root(a, n);
        for (size_t j = 0; j < n; j++)
            expect(a[j] == sqrt(b[j]), "%s square root %zu of %zu", mds_isa_name(kernels->isa), j, n);
    }
    for (size_t n = 0; n <= 35; n++)
        for (size_t p = 1; p <= 5; p++)
            for (size_t ld = p; ld <= p + 1; ld++) {
                size_t cells = n ? (n - 1) * ld + p : 0;
                double *rows = delta_end - cells, *out = weight_end - n, y[5];
                for (size_t i = 0; i < cells; i++) rows[i] = uniform();
                for (size_t k = 0; k < p; k++) y[k] = n && k < p ? rows[k] : 0; /* the first is at 0 */
                double plain[40];
                mds_kernels_scalar.distance_from_point(rows, n, p, ld, y, plain);
                kernels->distance_from_point(rows, n, p, ld, y, out);
                expect(memcmp(out, plain, n * sizeof *out) == 0,
                       "%s distance from a point, n %zu, p %zu, ld %zu: not the bits of the reference",
                       mds_isa_name(kernels->isa), n, p, ld);
                for (size_t j = 0; j < n; j++) {
                    wide sum = 0;
                    for (size_t k = 0; k < p; k++) {
                        wide difference = (wide)rows[j * ld + k] - (wide)y[k];
                        sum += difference * difference;
                    }
                    expect(near((wide)out[j], sqrtl(sum), (wide)DBL_EPSILON * (wide)(p + 1) * sqrtl(sum)),
                           "%s distance from a point, n %zu, p %zu, ld %zu: row %zu is %.17g, not %.17Lg",
                           mds_isa_name(kernels->isa), n, p, ld, j, out[j], sqrtl(sum));
                }
            }
}

/* test_kernels [LEVEL] */
int main(int count, char **arguments)
{
    delta_end = end_of_page(MOST) + MOST;
    weight_end = end_of_page(MOST) + MOST;
    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++) {
        const mds_kernels *kernels = mds_kernels_for(isa);
        if (count > 1 && strcmp(arguments[1], mds_isa_name(isa)) != 0) continue;
        if (!kernels) {
            printf("%s: not on this processor\n", mds_isa_name(isa));
            continue;
        }
        unsigned before = failures, checked = checks;
        state = 1;
        check_patterns(kernels);
        check_stress(kernels);
        check_mirror(kernels);
        check_tiles(kernels);
        check_callers(kernels);
        printf("%s: %u checks, %u failures\n", mds_isa_name(isa), checks - checked, failures - before);
    }
    return failures ? 1 : 0;
}
