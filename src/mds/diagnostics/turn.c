#include "turn.h"

#include <math.h>
#include <string.h>

static void mean_of(const double *x, size_t n, size_t p, size_t without, double *mean)
{
    size_t count = n - (without < n);
    for (size_t k = 0; k < p; k++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            if (i != without) sum += x[i * p + k];
        mean[k] = sum / (double)count;
    }
}

double mds_turn(const double *reference, double *x, size_t n, size_t p, size_t without, bool sized,
                double *work)
{
    double *cross = work, *turn = cross + p * p, *there = turn + p * p, *here = there + p, *moved = here + p,
           *rest = moved + p;
    double squares = 0, own = 0;
    mean_of(reference, n, p, without, there);
    mean_of(x, n, p, without, here);
    memset(cross, 0, p * p * sizeof *cross);
    for (size_t i = 0; i < n; i++) {
        if (i == without) continue;
        for (size_t k = 0; k < p; k++) {
            double from = x[i * p + k] - here[k], to = reference[i * p + k] - there[k];
            own += from * from;
            squares += to * to;
            for (size_t l = 0; l < p; l++) cross[k * p + l] += from * (reference[i * p + l] - there[l]);
        }
    }
    double trace = mds_orthogonal_fit(cross, p, turn, rest), scale = sized && own > 0 ? trace / own : 1;
    for (size_t i = 0; i < n; i++) {
        double *at = x + i * p;
        for (size_t l = 0; l < p; l++) {
            moved[l] = there[l];
            for (size_t k = 0; k < p; k++) moved[l] += scale * (at[k] - here[k]) * turn[k * p + l];
        }
        memcpy(at, moved, p * sizeof *at);
    }
    double left = squares - 2 * scale * trace + scale * scale * own;
    return squares > 0 ? fmax(0, left / squares) : 0;
}
