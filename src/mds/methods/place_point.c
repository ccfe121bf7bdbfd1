#include "place_point.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    EXTRA = 2,      /* candidates beside the nodes: Gower's place, and one near the nearest object */
    FIRST_STEPS = 6 /* from each start, before the best of them is chosen */
};

struct point {
    const mds_place_map *map;
    const mds_place_target *target;
    const mds_place_settings *settings;
    mds_place_row row;
    double *sums, *tried, *matrix, *right, *step, *at, *next, *best;
    double *places; /* the extra candidates */
    float *losses;  /* of all candidates */
    double best_loss;
};

/* Solve the p x p positive definite system in place, by Cholesky's factors; false where it is not definite.
 * Only the lower triangle is read. */
static bool solve_definite(double *a, size_t p, double *b)
{
    for (size_t k = 0; k < p; k++) {
        double pivot = a[k * p + k], diagonal = pivot;
        for (size_t l = 0; l < k; l++) pivot -= a[k * p + l] * a[k * p + l];
        if (!(pivot > 1e-12 * fabs(diagonal))) return false;
        a[k * p + k] = sqrt(pivot);
        for (size_t i = k + 1; i < p; i++) {
            double sum = a[i * p + k];
            for (size_t l = 0; l < k; l++) sum -= a[i * p + l] * a[k * p + l];
            a[i * p + k] = sum / a[k * p + k];
        }
    }
    for (size_t k = 0; k < p; k++) {
        for (size_t l = 0; l < k; l++) b[k] -= a[k * p + l] * b[l];
        b[k] /= a[k * p + k];
    }
    for (size_t k = p; k-- > 0;) {
        for (size_t l = k + 1; l < p; l++) b[k] -= a[l * p + k] * b[l];
        b[k] /= a[k * p + k];
    }
    return true;
}

/* ---- candidates ---- */

/* The least-squares solution of |y - x_j|^2 - delta_j^2 = the same for all j, which is linear in y. */
static void place_by_gower(struct point *s, double *place)
{
    size_t p = s->map->p, n = s->map->n, stride = s->map->stride;
    const double *x = s->map->x, *delta = s->target->delta, *weights = s->target->weights;
    double *mean = s->step, total = 0, mean_square = 0;
    memset(mean, 0, p * sizeof *mean);
    memset(place, 0, p * sizeof *place);
    memset(s->matrix, 0, p * p * sizeof *s->matrix);
    for (size_t j = 0; j < n; j++) {
        double square = -delta[j] * delta[j];
        for (size_t k = 0; k < p; k++) {
            square += x[k * stride + j] * x[k * stride + j];
            mean[k] += weights[j] * x[k * stride + j];
        }
        mean_square += weights[j] * square;
        total += weights[j];
    }
    for (size_t k = 0; k < p; k++) mean[k] /= total;
    mean_square /= total;
    for (size_t j = 0; j < n; j++) {
        if (weights[j] == 0) continue;
        double square = -delta[j] * delta[j];
        for (size_t k = 0; k < p; k++) square += x[k * stride + j] * x[k * stride + j];
        for (size_t k = 0; k < p; k++) {
            double a = weights[j] * (x[k * stride + j] - mean[k]);
            place[k] += 0.5 * a * (square - mean_square);
            for (size_t l = 0; l <= k; l++) s->matrix[k * p + l] += a * (x[l * stride + j] - mean[l]);
        }
    }
    double trace = 0;
    for (size_t k = 0; k < p; k++) trace += s->matrix[k * p + k];
    for (size_t k = 0; k < p; k++) s->matrix[k * p + k] += 1e-9 * trace + DBL_MIN;
    if (!solve_definite(s->matrix, p, place)) memcpy(place, mean, p * sizeof *place);
}

/* At the given distance from the nearest object, outwards. */
static void place_by_nearest(const struct point *s, double *place)
{
    size_t p = s->map->p, nearest = SIZE_MAX;
    double length = 0;
    for (size_t j = 0; j < s->map->n; j++)
        if (s->target->weights[j] > 0 &&
            (nearest == SIZE_MAX || s->target->delta[j] < s->target->delta[nearest]))
            nearest = j;
    for (size_t k = 0; k < p; k++) {
        place[k] = s->map->x[k * s->map->stride + nearest];
        length = hypot(length, place[k]);
    }
    if (length < 1e-9)
        place[0] += s->target->delta[nearest];
    else
        for (size_t k = 0; k < p; k++) place[k] *= 1 + s->target->delta[nearest] / length;
}

static void judge_candidates(struct point *s)
{
    const mds_place_map *map = s->map;
    size_t p = map->p;
    mds_relocation_row row = {.x = map->single,
                              .stride = map->stride,
                              .delta = s->target->delta_single,
                              .weights = s->target->weights_single,
                              .columns = map->stride,
                              .p = p};
    s->settings->kernels->relocation.losses(&row, map->nodes_single, map->node_count, s->losses);
    place_by_gower(s, s->places);
    place_by_nearest(s, s->places + p);
    float *single = (float *)(void *)s->tried;
    for (size_t i = 0; i < EXTRA; i++) {
        for (size_t k = 0; k < p; k++) single[k] = (float)s->places[i * p + k];
        s->settings->kernels->relocation.losses(&row, single, 1, &s->losses[map->node_count + i]);
    }
}

static const double *candidate(const struct point *s, size_t i)
{
    size_t nodes = s->map->node_count;
    return i < nodes ? s->map->nodes + i * s->map->p : s->places + (i - nodes) * s->map->p;
}

static bool is_near(const struct point *s, const double *a, const double *b)
{
    double sum = 0;
    for (size_t k = 0; k < s->map->p; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
    return sum < s->map->apart * s->map->apart;
}

/* The best candidate that is left, whose neighbours are then struck out; SIZE_MAX when none is. */
static size_t next_start(struct point *s)
{
    size_t best = SIZE_MAX, count = s->map->node_count + EXTRA;
    for (size_t i = 0; i < count; i++)
        if (s->losses[i] < FLT_MAX && (best == SIZE_MAX || s->losses[i] < s->losses[best])) best = i;
    if (best == SIZE_MAX) return best;
    for (size_t i = 0; i < count; i++)
        if (i == best || is_near(s, candidate(s, i), candidate(s, best))) s->losses[i] = HUGE_VALF;
    return best;
}

/* ---- descent ---- */

/* Newton's step from the sums; false where the second derivatives are not positive definite. */
static bool newton_step(struct point *s)
{
    size_t p = s->map->p;
    const double *second = s->sums + MDS_PLACE_SECOND(p);
    for (size_t k = 0; k < p; k++) {
        s->step[k] = -s->sums[MDS_PLACE_GRADIENT + k];
        for (size_t l = 0; l <= k; l++) s->matrix[k * p + l] = second[k * (k + 1) / 2 + l];
    }
    return solve_definite(s->matrix, p, s->step);
}

/* Take the step that is in s->step, if it does not raise the loss; *length is that of the step. */
static bool take_step(struct point *s, double part, double *length)
{
    size_t p = s->map->p;
    double squares = 0;
    for (size_t k = 0; k < p; k++) {
        double by = part * s->step[k];
        s->next[k] = s->at[k] + by;
        squares += by * by;
    }
    if (!(squares < 1e30)) return false;
    s->settings->kernels->place(&s->row, s->next, s->tried);
    if (!(s->tried[MDS_PLACE_LOSS] <= s->sums[MDS_PLACE_LOSS])) return false;
    double *swap = s->sums;
    s->sums = s->tried;
    s->tried = swap;
    memcpy(s->at, s->next, p * sizeof *s->at);
    *length = sqrt(squares);
    return true;
}

/* Newton's steps; where one does not lower the loss, half of it, and where that does not, the step of
 * majorization, which does. */
static void descend(struct point *s, uint64_t iterations, double tolerance)
{
    size_t p = s->map->p;
    s->settings->kernels->place(&s->row, s->at, s->sums);
    for (uint64_t i = 0; i < iterations; i++) {
        double length;
        bool taken = newton_step(s) && (take_step(s, 1, &length) || take_step(s, 0.5, &length));
        if (!taken) {
            for (size_t k = 0; k < p; k++)
                s->step[k] = -s->sums[MDS_PLACE_GRADIENT + k] / s->sums[MDS_PLACE_WEIGHT];
            taken = take_step(s, 1, &length);
        }
        if (!taken || length <= tolerance) return;
    }
}

static double absolute_loss(const struct point *s, const double *at)
{
    mds_pattern_row row = {.x = s->map->x,
                           .stride = s->map->stride,
                           .at = at,
                           .delta = s->target->delta,
                           .weights = s->target->weights,
                           .p = s->map->p};
    mds_stress_sums sums = {0};
    s->settings->kernels->stress(&row, 0, s->map->n, &sums);
    return sums.absolute;
}

static double root_mean_square(const struct point *s)
{
    double sum = 0, total = 0;
    for (size_t j = 0; j < s->map->n; j++) {
        sum += s->target->weights[j] * s->target->delta[j] * s->target->delta[j];
        total += s->target->weights[j];
    }
    return sqrt(sum / total);
}

/* The Huber threshold of the settings' loss; what the absolute loss ends with is `share` of the root mean
 * square. */
static double threshold(const mds_place_settings *settings, double mean, double share)
{
    if (settings->loss == MDS_LOSS_SQUARED) return HUGE_VAL;
    if (settings->loss == MDS_LOSS_HUBER && settings->huber > 0) return settings->huber;
    return share * mean;
}

static double loss_of(const struct point *s)
{
    return s->settings->loss == MDS_LOSS_ABSOLUTE ? absolute_loss(s, s->at) : s->sums[MDS_PLACE_LOSS];
}

/* A few steps from a start; the best end so far is kept. */
static void descend_from(struct point *s, const double *start)
{
    memcpy(s->at, start, s->map->p * sizeof *s->at);
    descend(s, s->settings->iterations < FIRST_STEPS ? s->settings->iterations : FIRST_STEPS, 1e-3);
    double loss = loss_of(s);
    if (!(loss < s->best_loss)) return;
    s->best_loss = loss;
    memcpy(s->best, s->at, s->map->p * sizeof *s->best);
}

/* From the best end of all starts to where the loss is the least. */
static void polish(struct point *s, double mean)
{
    const mds_place_settings *settings = s->settings;
    double share = 0.1;
    memcpy(s->at, s->best, s->map->p * sizeof *s->at);
    do {
        s->row.threshold = threshold(settings, mean, share);
        descend(s, settings->iterations, settings->tolerance);
        share *= 0.1;
    } while (settings->loss == MDS_LOSS_ABSOLUTE && share > 0.5e-4);
    if (loss_of(s) <= s->best_loss) memcpy(s->best, s->at, s->map->p * sizeof *s->best);
}

static double *take(double **from, size_t count)
{
    double *taken = *from;
    *from += count;
    return taken;
}

void mds_place_point(const mds_place_map *map, const mds_place_target *target,
                     const mds_place_settings *settings, double *work, double *place)
{
    size_t p = map->p;
    struct point s = {.map = map, .target = target, .settings = settings, .best_loss = HUGE_VAL};
    s.row = (mds_place_row){.x = map->x,
                            .stride = map->stride,
                            .delta = target->delta,
                            .weights = target->weights,
                            .columns = map->stride,
                            .p = p,
                            .scratch = take(&work, MDS_PLACE_SCRATCH(p))};
    s.sums = take(&work, MDS_PLACE_SUMS(p));
    s.tried = take(&work, MDS_PLACE_SUMS(p));
    s.matrix = take(&work, p * p);
    s.step = take(&work, p);
    s.at = take(&work, p);
    s.next = take(&work, p);
    s.best = place;
    s.places = take(&work, EXTRA * p);
    s.losses = (float *)(void *)work;
    judge_candidates(&s);
    double mean = root_mean_square(&s);
    memcpy(place, s.places, p * sizeof *place);
    s.row.threshold = threshold(settings, mean, 0.1);
    for (size_t i = 0; i < settings->starts; i++) {
        size_t start = next_start(&s);
        if (start == SIZE_MAX) break;
        descend_from(&s, candidate(&s, start));
    }
    polish(&s, mean);
}
