/*
 * The change kernels of pattern search at every level this processor has, against long double: no move to
 * many, rows of the matrix that begin anywhere and end at the edge of a page, coinciding points, huge and
 * tiny values, weights, missing values, sums that are infinite. The allowed error is the bound that the
 * solver relies on.
 *
 * A program of its own, without a test library, so that it also runs under an emulator of another processor.
 */
#include "kernels.h"
#include "kernels_tables.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef long double wide;

enum { TILE = MDS_ROW_TILE, MOVES = 70, P = 7, TRIES = 2 * P + 1 };

static unsigned checks, failures;

static void expect(bool holds, const char *what, const char *where, double got, wide want)
{
    checks++;
    if (holds || ++failures > 20) return;
    printf("%s, %s: %.17g, not %.17Lg\n", where, what, got, want);
}

static uint64_t state = 1;

static double uniform(void) /* -1 .. 1 */
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(int64_t)(state >> 11) * 0x1p-52 - 1;
}

/* Followed by a page that must not be read. */
static double *end_of_page(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + page, page, PROT_NONE) != 0) {
        perror("mmap");
        exit(1);
    }
    return (double *)(void *)(memory + page);
}

struct problem {
    double *delta_end, *weight_end;
    double at[P * (TILE + 3)], from[P * MOVES], to[P * MOVES];
    const double *delta[MOVES], *weights[MOVES];
    _Alignas(64) double scratch[MDS_PATTERN_SCRATCH(P)];
};

static struct problem problem;

/* Numbers near `unit`; some moved points stand where a point of the tile is. */
static mds_moves make_moves(size_t count, double unit, bool weighted, bool holes)
{
    struct problem *f = &problem;
    for (size_t k = 0; k < P * (TILE + 3); k++) f->at[k] = unit * uniform();
    for (size_t e = 0; e < P * MOVES; e++) {
        f->from[e] = unit * uniform();
        f->to[e] = e % MOVES % 5 == 0 ? f->at[e / MOVES * (TILE + 3) + e % TILE] : unit * uniform();
    }
    for (size_t e = 0; e < count; e++) {
        double *delta = f->delta_end - TILE - 3 * (e % 20), *weights = f->weight_end - TILE - 3 * (e % 20);
        f->delta[e] = delta;
        f->weights[e] = weights;
        for (size_t l = 0; l < TILE; l++) {
            delta[l] = holes && uniform() < -0.6 ? NAN : unit * fabs(uniform());
            weights[l] = uniform() < -0.5 ? 0 : 1 + uniform();
        }
    }
    return (mds_moves){.from = f->from,
                       .to = f->to,
                       .stride = MOVES,
                       .count = count,
                       .delta = f->delta,
                       .weights = weighted ? f->weights : NULL};
}

static wide distance_of(const mds_row_tile *tile, size_t l, size_t t, const double *column)
{
    wide sum = 0;
    for (size_t k = 0; k < tile->p; k++) {
        double at = tile->at[k * tile->stride + l];
        if (t && (t - 1) / 2 == k) at += t % 2 ? tile->radius : -tile->radius;
        sum += ((wide)at - (wide)column[k * MOVES]) * ((wide)at - (wide)column[k * MOVES]);
    }
    return sqrtl(sum);
}

/* What the moved gave to point l at try t and what they give, and how far the difference may be off. */
struct sides {
    wide before, after, allowed;
};

static struct sides sides_of(const mds_row_tile *tile, const mds_moves *moves, bool absolute, size_t l,
                             size_t t)
{
    wide sums[2] = {0}, allowed = 0;
    for (size_t e = 0; e < moves->count; e++) {
        wide weight = moves->weights ? (wide)moves->weights[e][l] : 1;
        if (isnan(moves->delta[e][l])) continue;
        for (int side = 0; side < 2; side++) {
            wide d = distance_of(tile, l, t, (side ? moves->to : moves->from) + e);
            wide error = fabsl((wide)moves->delta[e][l] - d);
            sums[side] += weight * error * (absolute ? 1 : error);
            allowed += weight * d * (absolute ? 1 : 2 * error) * (wide)(tile->p + 4);
            allowed += absolute ? 0 : weight * d * d * (wide)DBL_EPSILON * (wide)(tile->p + 4);
        }
    }
    allowed += (wide)(moves->count + 6) * (sums[0] + sums[1]);
    return (struct sides){sums[0], sums[1], allowed * (wide)DBL_EPSILON + (wide)DBL_MIN};
}

static void check(mds_change_kernel *kernel, bool absolute, const mds_moves *moves, size_t p, double unit,
                  const char *where)
{
    double sums[TRIES * TILE + 1], old[TRIES * TILE + 1], turnover[TILE + 1], gain[TILE + 1];
    size_t count = 2 * p + 1;
    mds_row_tile tile = {.at = problem.at,
                         .stride = TILE + 3,
                         .p = p,
                         .radius = unit * (0.1 + fabs(uniform())),
                         .sums = sums,
                         .turnover = turnover,
                         .gain = gain,
                         .scratch = problem.scratch};
    for (size_t i = 0; i <= TRIES * TILE; i++) sums[i] = 100 * unit * (absolute ? 1 : unit) * (1 + uniform());
    for (size_t l = 0; l <= TILE; l++) turnover[l] = gain[l] = 42;
    sums[TILE + 3] = HUGE_VAL; /* not tried */
    sums[count * TILE] = 42;
    memcpy(old, sums, sizeof sums);
    kernel(&tile, moves);
    expect(sums[count * TILE] == 42 && turnover[TILE] == 42 && gain[TILE] == 42, "writes behind", where, 0,
           42);
    for (size_t l = 0; l < TILE; l++) {
        wide most = 0, best = -HUGE_VALL, allowed = 0;
        for (size_t t = 0; t < count; t++) {
            struct sides sides = sides_of(&tile, moves, absolute, l, t);
            double got = sums[t * TILE + l];
            wide want = (wide)old[t * TILE + l] + sides.after - sides.before;
            wide rounding = (wide)DBL_EPSILON * (fabsl(want) + sides.before + sides.after);
            if (isinf(old[t * TILE + l]))
                expect(isinf(got) && got > 0, "an infinite sum", where, got, HUGE_VALL);
            else
                expect(fabsl((wide)got - want) <= sides.allowed + rounding, "a sum", where, got, want);
            most = fmaxl(most, sides.before + sides.after);
            allowed = fmaxl(allowed, sides.allowed);
            if (t) best = fmaxl(best, (wide)(sums[l] - got));
        }
        most += 42;
        expect(fabsl((wide)turnover[l] - most) <= allowed + (wide)DBL_EPSILON * most, "turnover", where,
               turnover[l], most);
        expect((wide)gain[l] == best, "gain", where, gain[l], best);
    }
}

static void check_level(const mds_kernels *kernels)
{
    static const size_t counts[] = {0, 1, 2, 3, 5, 8, 13, MOVES}, ps[] = {1, 2, 3, 4, P};
    static const double units[] = {1, 1e140, 1e-130};
    char where[200];
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (size_t q = 0; q < sizeof ps / sizeof *ps; q++)
            for (size_t u = 0; u < sizeof units / sizeof *units; u++)
                for (int term = 0; term < MDS_TERMS; term++) {
                    size_t p = ps[q];
                    bool rich = term != MDS_TERM_PLAIN, absolute = term == MDS_TERM_ABSOLUTE;
                    mds_moves moves = make_moves(counts[c], units[u], rich && (c + q) % 2, rich);
                    enum mds_shape shape = p == 2   ? MDS_SHAPE_PLANE
                                           : p == 3 ? MDS_SHAPE_SPACE
                                                    : MDS_SHAPE_ANY;
                    snprintf(where, sizeof where, "%s change, %zu moves, p %zu, unit %g, term %d",
                             mds_isa_name(kernels->isa), counts[c], p, units[u], term);
                    check(kernels->change[term][shape], absolute, &moves, p, units[u], where);
                    check(kernels->change[term][MDS_SHAPE_ANY], absolute, &moves, p, units[u], where);
                }
}

int main(void)
{
    problem.delta_end = end_of_page();
    problem.weight_end = end_of_page();
    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++) {
        const mds_kernels *kernels = mds_kernels_for(isa);
        unsigned before = failures, checked = checks;
        if (!kernels) continue;
        check_level(kernels);
        printf("%s: %u checks, %u failures\n", mds_isa_name(isa), checks - checked, failures - before);
    }
    return failures ? 1 : 0;
}
