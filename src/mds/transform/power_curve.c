#include "power_curve.h"

#include <math.h>
#include <stdbool.h>

/* Sums of weight y x^b and of weight x^2b, and the same times log x and its square. */
struct moments {
    double inner[3], square[3];
};

static void sum(const double *u, const double *weight, const double *sums, size_t count, double b,
                struct moments *m)
{
    *m = (struct moments){{0}, {0}};
    for (size_t g = 0; g < count; g++) {
        if (isinf(u[g])) continue;
        double power = exp(b * u[g]), inner = sums[g] * power, square = weight[g] * power * power;
        m->inner[0] += inner;
        m->inner[1] += inner * u[g];
        m->inner[2] += inner * u[g] * u[g];
        m->square[0] += square;
        m->square[1] += square * u[g];
        m->square[2] += square * u[g] * u[g];
    }
}

/* What is left when c is the best: the squared correlation, in logarithms. */
static double height(const struct moments *m)
{
    return 2 * log(m->inner[0]) - log(m->square[0]);
}

double mds_power_fit(const double *u, const double *weight, const double *sums, size_t count, double *power)
{
    struct moments at, next;
    double b = *power;
    sum(u, weight, sums, count, b, &at);
    for (int round = 0; round < 60 && at.inner[0] > 0 && at.square[0] > 0; round++) {
        double mean = at.inner[1] / at.inner[0], mean2 = at.square[1] / at.square[0];
        double slope = 2 * (mean - mean2);
        double curve =
            2 * (at.inner[2] / at.inner[0] - mean * mean) - 4 * (at.square[2] / at.square[0] - mean2 * mean2);
        double step = curve < 0 ? -slope / curve : copysign(0.5, slope);
        step = fmax(-1, fmin(1, step));
        double target = fmax(0, fmin(MDS_POWER_MOST, b + step));
        bool last = fabs(target - b) <= 1e-7 * (1 + b); /* what is left then is its square */
        sum(u, weight, sums, count, target, &next);
        while (!last && !(height(&next) >= height(&at))) {
            target = b + (target - b) / 4;
            last = fabs(target - b) <= 1e-7 * (1 + b);
            sum(u, weight, sums, count, target, &next);
        }
        b = target;
        at = next;
        if (last) break;
    }
    *power = b;
    return at.square[0] > 0 ? at.inner[0] / at.square[0] : 0;
}
