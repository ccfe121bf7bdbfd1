/* Unidimensional scaling: its row in the table of methods, and how its searches are put together. */
#include "unidimensional.h"

#include <math.h>
#include <string.h>

enum {
    EXCHANGE_MOST = 400, /* objects that are also tried in pairs, which costs n^3 */
    SWAP_MOST = 100,     /* the same with weights, where a pair costs more */
    MOST_STARTS = 10,
    KICKS = 20,
    MOST_KICKS = 100 /* without a gain, before a start is given up */
};

/* A gain must be a share of the whole, lest rounding errors be gained for ever. */
#define MARGIN 1e-12

/* One solve. */
struct line {
    mds_job *job;
    const mds_problem *problem;
    mds_line_order order;
    uint32_t *best_order, *scratch; /* n: of the start at hand */
    double *x, *best, *first;       /* n: of the start at hand, of the best, of the first */
    double squares;                 /* sum w delta^2 */
    double best_loss;
    unsigned starts;
};

static void lay_out(struct line *line, const mds_job *job, mds_workspace *workspace)
{
    size_t n = job->problem->n;
    line->problem = job->problem;
    mds_line_order_lay_out(&line->order, job->problem, job->statistics->plain && n <= MDS_LINE_EXACT,
                           workspace);
    line->best_order = mds_workspace_take(workspace, n, sizeof *line->best_order);
    line->scratch = mds_workspace_take(workspace, n, sizeof *line->scratch);
    line->x = mds_workspace_take(workspace, n, sizeof *line->x);
    line->best = mds_workspace_take(workspace, n, sizeof *line->best);
    line->first = mds_workspace_take(workspace, n, sizeof *line->first);
}

void mds_unidimensional_measure(const mds_job *job, mds_workspace *workspace)
{
    struct line line;
    lay_out(&line, job, workspace);
}

/* From n alone: a start takes some 100 sweeps. */
static unsigned starts_for(const mds_job *job)
{
    double n = (double)job->problem->n;
    double starts = fmin(MOST_STARTS, fmax(2, 1e5 / (n * n)));
    if (job->starts) return job->starts;
    return job->effort == MDS_EFFORT_LOW ? 1
                                         : (unsigned)(job->effort == MDS_EFFORT_HIGH ? 10 * starts : starts);
}

/* ---- orders ---- */

/* The objects by their coordinates, each time after those that are as far left (insertion sort would be
 * quadratic for a random order; a heap needs no memory). */
static bool stands_before(const double *x, uint32_t i, uint32_t j)
{
    return x[i] < x[j] || (x[i] == x[j] && i < j);
}

static void sift(const double *x, uint32_t *order, size_t root, size_t end)
{
    for (size_t child = 2 * root + 1; child < end; child = 2 * root + 1) {
        if (child + 1 < end && stands_before(x, order[child], order[child + 1])) child++;
        if (!stands_before(x, order[root], order[child])) return;
        uint32_t kept = order[root];
        order[root] = order[child];
        order[child] = kept;
        root = child;
    }
}

static void sort_objects(const double *x, uint32_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    for (size_t root = n / 2; root-- > 0;) sift(x, order, root, n);
    for (size_t end = n; end-- > 1;) {
        uint32_t kept = order[0];
        order[0] = order[end];
        order[end] = kept;
        sift(x, order, 0, end);
    }
}

static double order_loss(const struct line *line, double quality)
{
    return fmax(0, line->squares - quality / (double)line->problem->n);
}

/* ---- one start ---- */

static bool report(struct line *line, double loss, uint64_t moves, unsigned start)
{
    return mds_job_report(line->job, fmin(loss, line->best_loss), 0, moves, (start + 0.5) / line->starts);
}

/* Insertions, then exchanges, until neither helps or told to stop. `*left` sweeps may be done. */
static bool descend(struct line *line, unsigned start, uint64_t *left, double *quality)
{
    mds_line_order *order = &line->order;
    bool go_on = true;
    size_t moves = 1;
    *quality = mds_line_quality(order);
    while (go_on && moves && *left) {
        moves = mds_line_insert(order, MARGIN * *quality);
        if (!moves && line->problem->n <= EXCHANGE_MOST) moves = mds_line_exchange(order, MARGIN * *quality);
        *quality = mds_line_quality(order); /* and r without the roundings of the moves */
        go_on = report(line, order_loss(line, *quality), moves, start);
        --*left;
    }
    return go_on;
}

/* Exchange two neighbouring stretches of the order, drawn at random: what no single move undoes. */
static void kick(struct line *line)
{
    fs_random *random = &line->job->random;
    size_t n = line->problem->n, longest = n / 4 < 2 ? 1 : n / 4;
    size_t first = 1 + fs_random_below(random, longest), second = 1 + fs_random_below(random, longest);
    uint32_t *at = line->order.order + fs_random_below(random, n - first - second + 1);
    memcpy(line->scratch, at, first * sizeof *at);
    memmove(at, at + first, second * sizeof *at);
    memcpy(at + second, line->scratch, first * sizeof *at);
}

/* As many as are cheap: a descent costs some n^3. */
static unsigned kicks_for(size_t n)
{
    return (unsigned)fmin(MOST_KICKS, fmax(KICKS, 6e4 / ((double)n * (double)n)));
}

/* Descend from the order, and from its end kicked, as long as that has led further lately. Leaves coordinates
 * in line->x; false: told to stop. */
static bool search_orders(struct line *line, unsigned start, uint64_t most)
{
    size_t n = line->problem->n;
    unsigned kicks = kicks_for(n);
    uint32_t *order = line->order.order;
    double best, quality;
    bool go_on = descend(line, start, &most, &best);
    memcpy(line->best_order, order, n * sizeof *order);
    for (unsigned failed = 0; go_on && most && failed < kicks && n <= EXCHANGE_MOST; failed++) {
        kick(line);
        go_on = descend(line, start, &most, &quality);
        if (quality > best * (1 + MARGIN)) {
            best = quality;
            failed = 0;
            memcpy(line->best_order, order, n * sizeof *order);
        }
        memcpy(order, line->best_order, n * sizeof *order);
    }
    memcpy(order, line->best_order, n * sizeof *order);
    (void)mds_line_quality(&line->order);
    for (size_t i = 0; i < n; i++) line->x[i] = line->order.r[i] / (double)n;
    if (go_on) line->job->stop = most ? MDS_STOP_CONVERGED : MDS_STOP_LIMIT;
    return go_on;
}

/* The same with weights or missing pairs, from line->x: one object after the other, then pairs. */
static bool search_places(struct line *line, unsigned start, uint64_t most)
{
    const mds_problem *problem = line->problem;
    bool go_on = true;
    sort_objects(line->x, line->order.order, problem->n);
    line->job->stop = MDS_STOP_LIMIT;
    for (uint64_t sweep = 0; go_on && sweep < most; sweep++) {
        double fallen = mds_line_relocate(problem, line->x, line->order.order);
        size_t swaps = 0;
        if (fallen <= MARGIN * line->squares && problem->n <= SWAP_MOST)
            swaps = mds_line_swap(problem, line->x, line->order.order);
        go_on = report(line, mds_job_loss(line->job, line->x), problem->n, start);
        if (fallen > MARGIN * line->squares || swaps || !go_on) continue;
        line->job->stop = MDS_STOP_CONVERGED;
        break;
    }
    return go_on;
}

/* The first start is the job's, the others are random. */
static void place_start(struct line *line, unsigned start)
{
    size_t n = line->problem->n;
    double size = sqrt(6 * line->job->statistics->mean_square);
    memcpy(line->x, line->first, n * sizeof *line->x);
    for (size_t i = 0; start && i < n; i++) line->x[i] = size * fs_random_unit(&line->job->random);
    sort_objects(line->x, line->order.order, n);
}

/* ---- all starts ---- */

static void keep(struct line *line, unsigned start, double loss)
{
    mds_job *job = line->job;
    if (mds_job_as_good(job, loss, line->best_loss))
        job->best_count = mds_job_as_good(job, line->best_loss, loss) ? job->best_count + 1 : 1;
    if (!(loss < line->best_loss)) return;
    line->best_loss = loss;
    job->best_start = start;
    memcpy(line->best, line->x, line->problem->n * sizeof *line->best);
}

static void try_starts(struct line *line)
{
    mds_job *job = line->job;
    uint64_t most = job->iterations - job->done;
    bool go_on = true;
    mds_stop stop = MDS_STOP_LIMIT;
    for (unsigned start = 0; go_on && start < line->starts; start++) {
        uint64_t before = job->done;
        place_start(line, start);
        go_on = job->statistics->plain ? search_orders(line, start, most) : search_places(line, start, most);
        double loss = mds_job_loss(job, line->x);
        if (!start || loss < line->best_loss || !go_on) stop = job->stop;
        keep(line, start, loss);
        mds_job_start_ended(job, start ? MDS_START_RANDOM : job->start, loss, job->done - before, job->stop);
    }
    job->stop = stop;
}

static void try_all_orders(struct line *line)
{
    mds_job *job = line->job;
    mds_line_exact(&line->order);
    (void)mds_line_quality(&line->order);
    for (size_t i = 0; i < line->problem->n; i++) line->x[i] = line->order.r[i] / (double)line->problem->n;
    double loss = mds_job_loss(job, line->x);
    keep(line, 0, loss);
    job->stop = MDS_STOP_CONVERGED;
    (void)mds_job_report(job, loss, 0, line->problem->n, 1);
    mds_job_start_ended(job, job->start, loss, 1, job->stop);
}

fs_status mds_unidimensional_solve(mds_job *job, fs_error *error)
{
    (void)error;
    struct line line = {.job = job, .best_loss = HUGE_VAL};
    mds_workspace workspace = {.next = job->workspace};
    mds_unidimensional_statistics ended = {.size = sizeof ended};
    lay_out(&line, job, &workspace);
    size_t n = job->problem->n;
    memcpy(line.first, job->x, n * sizeof *line.first);
    line.squares = job->statistics->weight * job->statistics->mean_square;
    line.starts = starts_for(job);
    job->stop = MDS_STOP_EXACT;
    if (job->start_loss > 0 && line.order.best) {
        try_all_orders(&line);
    } else if (job->start_loss > 0) {
        try_starts(&line);
    }
    if (job->start_loss == 0 || line.order.best) ended.optimum = MDS_OPTIMUM_GLOBAL;
    if (line.best_loss < job->start_loss) memcpy(job->x, line.best, n * sizeof *job->x);
    memcpy(job->method_statistics, &ended, sizeof ended);
    return FS_OK;
}

/* ---- the row ---- */

static fs_status check(void *given, const mds_option_context *context, fs_error *error)
{
    (void)given;
    if (context->p == 1) return FS_OK;
    return fs_fail(
        error, FS_ARGUMENT,
        "method unidimensional places objects on a line, in 1 dimension, not in %zu; the other methods "
        "take any number of dimensions",
        context->p);
}

static unsigned useful_workers(const mds_job *job, unsigned granted)
{
    (void)job, (void)granted;
    return 1;
}

static const char *const optima[] = {"local", "global", NULL};

static const mds_option_info statistics[] = {
    MDS_OPTION(mds_unidimensional_statistics, optimum, MDS_OPTION_CHOICE,
               "Whether the map is the best of all (global), or no exchange of objects betters it (local).",
               .choices = optima),
};

_Static_assert(sizeof(mds_unidimensional_statistics) <= MDS_METHOD_STRUCT_SIZE, "statistics fit");

const mds_method mds_unidimensional_method = {
    .info = {.size = sizeof(mds_method_info),
             .name = "unidimensional",
             .title = "unidimensional scaling",
             .summary =
                 "For one dimension alone, where everything hangs on the order of the objects: the best of "
                 "all orders to 20 objects, exchanges from many starts above.",
             .abilities = MDS_ABILITY_WEIGHTS | MDS_ABILITY_MISSING | MDS_ABILITY_STARTS,
             .losses = 1u << MDS_LOSS_SQUARED,
             .levels = 1u << MDS_LEVEL_RATIO,
             .starts = MDS_EVERY_START,
             .iteration = "sweep",
             .step = "step",
             .iterations = 10000,
             .stop_help = "no object can be moved to a better place",
             .statistics_size = sizeof(mds_unidimensional_statistics),
             .start = MDS_START_CLASSICAL,
             .cost = "to 20 objects: 2^n n / 4 steps and 8 * 2^n bytes; above, n^2 a sweep"},
    MDS_TABLE(statistics),
    .any_start = true,
    .check = check,
    .useful_workers = useful_workers,
    .measure = mds_unidimensional_measure,
    .solve = mds_unidimensional_solve,
};
