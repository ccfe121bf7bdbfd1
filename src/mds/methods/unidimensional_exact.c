/* The best order of a few objects: dynamic programming over the sets of objects that stand first. */
#include "unidimensional.h"

#include <math.h>

/* Twice the sums of each object's dissimilarities to the objects of a set, for all sets of objects from
 * `first` to `last`; `from` is what the empty set has, less. */
static void sum_sets(const mds_line_order *line, size_t first, size_t last, bool less_rows, double *sums)
{
    const mds_problem *problem = line->problem;
    size_t n = line->n;
    for (size_t i = 0; i < n; i++) {
        double row = 0;
        for (size_t j = 0; j < n; j++)
            if (j != i) row += problem->delta[i * problem->ld + j];
        sums[i] = less_rows ? -row : 0;
    }
    for (size_t set = 1; set < (size_t)1 << (last - first); set++) {
        size_t j = first + (size_t)__builtin_ctzll(set), rest = set & (set - 1);
        for (size_t i = 0; i < n; i++)
            sums[set * n + i] = sums[rest * n + i] + (i == j ? 0 : 2 * problem->delta[i * problem->ld + j]);
    }
}

/* What object i adds to the quality when the others of `set` stand before it. */
static double added(const mds_line_order *line, size_t set, size_t i)
{
    size_t n = line->n, low = n / 2, lows = (size_t)1 << low;
    double r = line->sums[(set & (lows - 1)) * n + i] + line->sums[(lows + (set >> low)) * n + i];
    return r * r;
}

/* The best quality of the objects of `set` standing first, and which of them is then the last. */
static double best_of(const mds_line_order *line, size_t set, size_t *last)
{
    double best = -1;
    for (size_t left = set; left; left &= left - 1) {
        size_t i = (size_t)__builtin_ctzll(left);
        double quality = line->best[set & ~((size_t)1 << i)] + added(line, set, i);
        if (quality > best) best = quality, *last = i;
    }
    return best;
}

void mds_line_exact(mds_line_order *line)
{
    size_t n = line->n, half = (n + 1) / 2, low = n / 2, all = ((size_t)1 << n) - 1, last = 0;
    sum_sets(line, 0, low, false, line->sums);
    sum_sets(line, low, n, true, line->sums + ((size_t)n << low));
    line->best[0] = 0;
    for (size_t set = 1; set <= all; set++)
        if ((size_t)__builtin_popcountll(set) <= half) line->best[set] = best_of(line, set, &last);

    /* Read from the right an order is as good, so those who stand last are a set like those who stand first.
     */
    size_t first = 0;
    double most = -1;
    for (size_t set = 1; set <= all; set++) {
        if ((size_t)__builtin_popcountll(set) != half) continue;
        double quality = line->best[set] + line->best[all & ~set];
        if (quality > most) most = quality, first = set;
    }
    size_t place = half;
    for (size_t set = first; set; set &= ~((size_t)1 << last)) {
        (void)best_of(line, set, &last);
        line->order[--place] = (uint32_t)last;
    }
    place = half;
    for (size_t set = all & ~first; set; set &= ~((size_t)1 << last)) {
        (void)best_of(line, set, &last);
        line->order[place++] = (uint32_t)last;
    }
}
