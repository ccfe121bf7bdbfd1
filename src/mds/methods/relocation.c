#include "relocation.h"

#include <math.h>
#include <string.h>

enum { POINTS = 4 }; /* in one task */

/* Points whose row costs more than this times the mean one are tried. */
static const double DEAR = 1.1;

void mds_relocation_lay_out(mds_relocation *r, mds_job *job, mds_workspace *workspace)
{
    size_t n = job->problem->n, p = job->p, workers = mds_thread_pool_workers(job->pool);
    r->job = job;
    r->columns = (n + MDS_FLOATS - 1) / MDS_FLOATS * MDS_FLOATS;
    r->unit = (float)(job->statistics->largest > 0 ? 1 / job->statistics->largest : 1);
    r->weight_unit = (float)(job->statistics->largest_weight > 0 ? 1 / job->statistics->largest_weight : 1);
    r->x = mds_workspace_take(workspace, r->columns, p * sizeof(float));
    r->rows = mds_workspace_take(workspace, workers * 2, r->columns * sizeof(float));
    r->place = mds_workspace_take(workspace, n, p * sizeof(float));
    r->gain = mds_workspace_take(workspace, n, sizeof(float));
    r->present = mds_workspace_take(workspace, n, sizeof(float));
    r->nodes = mds_workspace_take(workspace, MDS_RELOCATION_NODES, p * sizeof(float));
    r->distances = mds_workspace_take(workspace, MDS_RELOCATION_NODES, r->columns * sizeof(float));
    r->losses = mds_workspace_take(workspace, workers, (MDS_RELOCATION_NODES + 3 * p) * sizeof(float));
    r->moved = mds_workspace_take(workspace, job->row_point_size, sizeof(double));
}

/* ---- the nodes ---- */

static void take_configuration(mds_relocation *r, const double *x)
{
    size_t n = r->job->problem->n, stride = r->job->stride;
    for (size_t k = 0; k < r->job->p; k++) {
        float *axis = r->x + k * r->columns;
        for (size_t j = 0; j < n; j++) axis[j] = r->unit * (float)x[k * stride + j];
        for (size_t j = n; j < r->columns; j++) axis[j] = 0;
    }
}

static void centre_and_radius(const mds_relocation *r, float *centre, float *radius)
{
    size_t n = r->job->problem->n;
    double farthest = 0, mean = 0;
    for (size_t k = 0; k < r->job->p; k++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++) sum += r->x[k * r->columns + j];
        centre[k] = (float)(sum / (double)n);
    }
    for (size_t j = 0; j < n; j++) {
        double sum = 0;
        for (size_t k = 0; k < r->job->p; k++) {
            double difference = r->x[k * r->columns + j] - centre[k];
            sum += difference * difference;
        }
        farthest = fmax(farthest, sum);
        mean += sum / (double)n;
    }
    *radius = (float)sqrt(fmin(farthest, 6 * mean)); /* not that of a straggler */
}

/* A square grid of side * side nodes, those in the disc, or points of the map, evenly by number. */
static void lay_nodes(mds_relocation *r)
{
    size_t n = r->job->problem->n, p = r->job->p, wanted = r->settings->nodes;
    float *centre = r->losses, radius;
    centre_and_radius(r, centre, &radius);
    r->node_count = 0;
    if (p != 2) {
        r->spacing = 0.5f * radius / powf((float)wanted, 1 / (float)p);
        for (size_t t = 0; t < wanted && t < n; t++, r->node_count++)
            for (size_t k = 0; k < p; k++)
                r->nodes[r->node_count * p + k] = r->x[k * r->columns + t * n / (wanted < n ? wanted : n)];
        return;
    }
    size_t side = (size_t)(sqrt((double)wanted) + 0.5);
    r->spacing = 2 * radius / (float)side;
    for (size_t a = 0; a < side; a++)
        for (size_t b = 0; b < side; b++) {
            float u = ((float)a + 0.5f) * r->spacing - radius, v = ((float)b + 0.5f) * r->spacing - radius;
            if (u * u + v * v > 1.21f * radius * radius) continue;
            float *node = r->nodes + 2 * r->node_count++;
            node[0] = centre[0] + u;
            node[1] = centre[1] + v;
        }
}

/* From every node to every point; once for all points that are searched. */
static void measure_nodes(void *context, unsigned worker, size_t t)
{
    const mds_relocation *r = context;
    mds_relocation_row row = {.x = r->x, .stride = r->columns, .columns = r->columns, .p = r->job->p};
    (void)worker;
    r->job->kernels->relocation.distances(&row, r->nodes + t * row.p, r->distances + t * r->columns);
}

/* Point i is at `x` from now on. */
static void follow_point(mds_relocation *r, size_t i, const double *x)
{
    size_t p = r->job->p;
    for (size_t k = 0; k < p; k++) r->x[k * r->columns + i] = r->unit * (float)x[k * r->job->stride + i];
    for (size_t t = 0; t < r->node_count; t++) {
        float sum = MDS_RELOCATION_TINY;
        for (size_t k = 0; k < p; k++) {
            float difference = r->nodes[t * p + k] - r->x[k * r->columns + i];
            sum += difference * difference;
        }
        r->distances[t * r->columns + i] = sqrtf(sum);
    }
}

static void begin(mds_relocation *r, const mds_relocation_settings *settings, const double *x)
{
    r->settings = settings;
    take_configuration(r, x);
    lay_nodes(r);
    mds_thread_pool_run(r->job->pool, r->node_count, measure_nodes, r);
}

/* ---- the search for one point ---- */

/* Row i, and meanwhile the memory is asked for the one after it that is wanted. */
static void load_row(const mds_relocation *r, size_t i, float *restrict delta, float *restrict weights)
{
    const mds_problem *problem = r->job->problem;
    const double *from = problem->delta + i * problem->ld;
    const double *weight = problem->weights ? problem->weights + i * problem->ldw : NULL;
    size_t n = problem->n, next = i + 1;
    while (r->known && next < n && r->present[next] < r->least) next++;
    const double *ahead = next < n ? problem->delta + next * problem->ld : NULL;
    r->job->kernels->relocation.narrow(from, ahead, n, (double)r->unit, delta);
    for (size_t j = 0; j < n; j++) weights[j] = 1;
    for (size_t j = n; j < r->columns; j++) delta[j] = weights[j] = 0;
    if (!r->job->statistics->plain)
        for (size_t j = 0; j < n; j++) {
            weights[j] = weight ? r->weight_unit * (float)weight[j] : 1;
            if (isnan(delta[j])) delta[j] = weights[j] = 0;
        }
    weights[i] = 0;
}

static float total_of(const mds_relocation *r, const float *weights)
{
    float sum = 0;
    for (size_t j = 0; j < r->job->problem->n; j++) sum += weights[j];
    return sum;
}

static bool near(const mds_relocation *r, const float *node, const float *at)
{
    float sum = 0;
    for (size_t k = 0; k < r->job->p; k++) sum += (node[k] - at[k]) * (node[k] - at[k]);
    return sum < 0.64f * r->spacing * r->spacing;
}

/* The cheapest node that is not near the point; node_count when there is none. */
static size_t best_node(const mds_relocation *r, const float *here, const float *losses)
{
    size_t best = r->node_count;
    for (size_t t = 0; t < r->node_count; t++)
        if ((best == r->node_count || losses[t] < losses[best]) && !near(r, r->nodes + t * r->job->p, here))
            best = t;
    return best;
}

static void search(void *context, unsigned worker, size_t i)
{
    mds_relocation *r = context;
    const mds_relocation_kernels *kernels = &r->job->kernels->relocation;
    size_t p = r->job->p;
    float *delta = r->rows + worker * 2 * r->columns, *weights = delta + r->columns;
    float *losses = r->losses + worker * (MDS_RELOCATION_NODES + 3 * p),
          *here = losses + MDS_RELOCATION_NODES, *at = here + p, *sums = at + p, present;
    mds_relocation_row row = {
        .x = r->x, .stride = r->columns, .delta = delta, .weights = weights, .columns = r->columns, .p = p};
    r->gain[i] = -HUGE_VALF;
    if (r->known && r->present[i] < r->least) return;
    load_row(r, i, delta, weights);
    for (size_t k = 0; k < p; k++) here[k] = r->x[k * r->columns + i];
    if (r->known)
        present = r->present[i];
    else
        kernels->losses(&row, here, 1, &present);
    if (present < r->least) return;
    kernels->known(&row, r->distances, r->node_count, losses);
    size_t node = best_node(r, here, losses);
    if (node == r->node_count) return;
    if (!r->anywhere && !(losses[node] < (float)r->settings->margin * present)) return;
    memcpy(at, r->nodes + node * p, p * sizeof *at);
    float total = total_of(r, weights); /* a chain of additions: only where it is needed */
    for (unsigned step = 0; step < r->settings->steps; step++) {
        kernels->step(&row, at, sums);
        for (size_t k = 0; k < p; k++) at[k] = sums[k] / total;
    }
    if (r->anywhere && near(r, at, here)) return;
    float there;
    kernels->losses(&row, at, 1, &there);
    r->gain[i] = present - there;
    memcpy(r->place + i * p, at, p * sizeof *at);
}

static void search_points(void *context, unsigned worker, size_t task)
{
    const mds_relocation *r = context;
    size_t end = r->first + (task + 1) * POINTS;
    if (end > r->job->problem->n) end = r->job->problem->n;
    for (size_t i = r->first + task * POINTS; i < end; i++) search(context, worker, i);
}

/* ---- the decision ---- */

static double huber_row_loss(const mds_job *job, const double *x, size_t i, const double *at)
{
    const mds_problem *problem = job->problem;
    const double *delta = problem->delta + i * problem->ld;
    double sum = 0;
    for (size_t j = 0; j < problem->n; j++) {
        double weight = problem->weights ? problem->weights[i * problem->ldw + j] : 1, d2 = 0;
        if (j == i || isnan(delta[j])) continue;
        for (size_t k = 0; k < job->p; k++)
            d2 += (at[k] - x[k * job->stride + j]) * (at[k] - x[k * job->stride + j]);
        sum += mds_huber_pair_loss(job->huber, weight, delta[j] - sqrt(d2));
    }
    return sum;
}

/* The loss of the pairs of point i, were it at `at`. */
static double row_loss(const mds_relocation *r, const double *x, size_t i, const double *at)
{
    const mds_job *job = r->job;
    size_t n = job->problem->n;
    if (job->loss == MDS_LOSS_HUBER) return huber_row_loss(job, x, i, at);
    mds_pattern_row row = {.stride = job->stride, .p = job->p};
    mds_stress_sums sums = {0};
    mds_job_row(job, x, i, job->row_point, &row);
    row.at = at;
    job->kernels->stress(&row, 0, i, &sums);
    row.x += i + 1, row.delta += i + 1;
    if (row.weights) row.weights += i + 1;
    job->kernels->stress(&row, 0, n - i - 1, &sums);
    return job->loss == MDS_LOSS_ABSOLUTE ? sums.absolute : sums.raw;
}

static double change_of_loss(mds_relocation *r, const double *x, size_t i)
{
    size_t p = r->job->p;
    double *here = r->job->row_point;
    for (size_t k = 0; k < p; k++) r->moved[k] = (double)r->place[i * p + k] / (double)r->unit;
    double there = row_loss(r, x, i, r->moved);
    for (size_t k = 0; k < p; k++) here[k] = x[k * r->job->stride + i];
    return there - row_loss(r, x, i, here);
}

void mds_relocation_apply(const mds_relocation *r, const mds_move *move, double *x)
{
    size_t p = r->job->p;
    for (size_t k = 0; k < p; k++)
        x[k * r->job->stride + move->point] = (double)r->place[move->point * p + k] / (double)r->unit;
}

double mds_relocation_pass(mds_relocation *r, const mds_relocation_settings *settings, double loss,
                           bool known, double *x, size_t *moves)
{
    size_t n = r->job->problem->n;
    double gained = 0;
    *moves = 0;
    r->anywhere = false;
    r->known = known;
    r->least = r->job->statistics->plain ? (float)(DEAR * 2 * loss / (double)n) * r->unit * r->unit : 0;
    begin(r, settings, x);
    for (r->first = 0; r->first < n; r->first += MDS_RELOCATION_BLOCK) {
        size_t end = r->first + MDS_RELOCATION_BLOCK < n ? r->first + MDS_RELOCATION_BLOCK : n;
        mds_thread_pool_run(r->job->pool, (end - r->first + POINTS - 1) / POINTS, search_points, r);
        for (size_t i = r->first; i < end; i++) {
            if (!(r->gain[i] > 0)) continue;
            mds_move move = {i, change_of_loss(r, x, i)};
            if (!(move.change < 0)) continue;
            mds_relocation_apply(r, &move, x);
            follow_point(r, i, x);
            gained -= move.change;
            ++*moves;
        }
    }
    return gained;
}

size_t mds_relocation_find(mds_relocation *r, const mds_relocation_settings *settings, const double *x,
                           size_t wanted, mds_move *moves)
{
    size_t n = r->job->problem->n, count = 0;
    r->anywhere = true;
    r->known = false;
    r->least = 0;
    begin(r, settings, x);
    for (size_t i = 0; i < n; i++) {
        search(r, 0, i);
        if (!(r->gain[i] > -HUGE_VALF)) continue;
        mds_move move = {i, change_of_loss(r, x, i)};
        size_t at = count;
        if (at == wanted && !(move.change < moves[at - 1].change)) continue;
        if (at < wanted)
            count++;
        else
            at--;
        for (; at > 0 && move.change < moves[at - 1].change; at--) moves[at] = moves[at - 1];
        moves[at] = move;
    }
    return count;
}
