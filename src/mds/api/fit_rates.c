#include "fit_rates.h"

#include "clock.h"
#include "fit_call.h"
#include "gradient.h"
#include "landmark_start.h"
#include "memory.h"
#include "random_start.h"
#include "sampled.h"

#include <math.h>
#include <string.h>

enum {
    RUNS = 5,                     /* of which the quickest counts: what else the machine does only delays */
    UNIT = MDS_SAMPLED_GROUP * 2, /* objects come in so many */
    LEAST = 8 * UNIT,
    MOST = 24 * UNIT,
    FEATURES_MOST = 512,
    CACHED = 1 << 23, /* numbers of single precision, more than caches hold */
    SAMPLE_MOST = 1 << 17,
    STREAM = CACHED /* doubles */
};

/* The quickest of some calls, in seconds of `clock`. */
static double least_by(double (*clock)(void), void (*run)(void *context), void *context)
{
    double least = HUGE_VAL, first = fs_clock_seconds();
    for (int r = 0; r < RUNS && (r == 0 || fs_clock_seconds() - first < 0.1); r++) {
        double began = clock();
        run(context);
        least = fmin(least, clock() - began);
    }
    return fmax(least, 1e-9); /* the clock's own step */
}

/* Of what one thread does, without the time in which others have its processor. */
static double least_time(void (*run)(void *context), void *context)
{
    return least_by(fs_clock_thread_cpu_seconds, run, context);
}

static double *random_numbers(size_t count)
{
    double *numbers = fs_alloc(count, sizeof *numbers);
    fs_random random;
    fs_random_init(&random, 1);
    for (size_t i = 0; numbers && i < count; i++) numbers[i] = 1 + fs_random_unit(&random);
    return numbers;
}

static unsigned workers_for(unsigned threads)
{
    unsigned available = mds_available_processors();
    return threads && threads < available ? threads : available;
}

/* ---- memory ---- */

struct stream {
    const mds_kernels *kernels;
    const double *numbers;
    double sum;
};

static void read_stream(void *context)
{
    struct stream *s = context;
    s->sum += s->kernels->sum_squared_difference(s->numbers, s->numbers + STREAM / 2, STREAM / 2);
}

static fs_status measure_bandwidth(const mds_kernels *kernels, double *bandwidth, fs_error *error)
{
    double *numbers = fs_alloc(STREAM, sizeof *numbers);
    if (!numbers) return fs_fail_memory(error, "measuring this machine", STREAM * sizeof *numbers);
    memset(numbers, 0, STREAM * sizeof *numbers);
    struct stream stream = {kernels, numbers, 0};
    *bandwidth = STREAM * sizeof *numbers / least_time(read_stream, &stream);
    fs_free(numbers);
    return FS_OK;
}

/* ---- rows ---- */

struct rows_run {
    mds_fit_call *f;
    mds_gradient gradient;
    mds_sampled sampled;
    double *slope;
    size_t sample;
    mds_thread_pool *pool; /* of all workers */
    size_t tasks;
    char *tiles;
    const float *floats;
    float *losses;
};

static void run_pass(void *context)
{
    struct rows_run *run = context;
    (void)mds_gradient_compute(&run->gradient, run->f->job.x, run->slope);
}

enum { ROUNDS = 2 };

static void run_rounds(void *context)
{
    struct rows_run *run = context;
    const mds_sampled_settings settings = {
        .rounds = ROUNDS, .first_step = 0.1, .last_step = 0.1, .fraction_to = 1};
    (void)mds_sampled_descend(&run->sampled, &settings, run->f->job.x);
}

static void run_stress(void *context)
{
    struct rows_run *run = context;
    mds_stress_values values;
    mds_source_stress(run->f->rows, run->f->job.x, run->f->job.stride, run->sample, 1, &values);
}

/* What scales with processors: each task makes some tiles, in memory of its worker's. */
static void make_tiles(void *context, unsigned worker, size_t task)
{
    const struct rows_run *run = context;
    mds_source *source = run->f->opened.source;
    size_t rows = source->tile_rows, blocks = source->n / rows;
    mds_tile tile;
    for (size_t from = 0; from < source->n; from += source->tile_columns) {
        size_t to = from + source->tile_columns < source->n ? from + source->tile_columns : source->n;
        (void)mds_source_read(source, run->tiles + worker * source->scratch, task % blocks * rows,
                              (task % blocks + 1) * rows, from, to, &tile);
    }
}

static void run_tiles(void *context)
{
    struct rows_run *run = context;
    mds_thread_pool_run(run->pool, run->tasks, make_tiles, run);
}

/* What one object takes to its place among the landmarks, once its dissimilarities are there. */
static void run_place(void *context)
{
    struct rows_run *run = context;
    const mds_relocation_kernels *kernels = &run->f->job.kernels->relocation;
    size_t p = run->f->p;
    const mds_relocation_row row = {.x = run->floats,
                                    .stride = MDS_LANDMARKS,
                                    .delta = run->floats,
                                    .weights = run->floats,
                                    .columns = MDS_LANDMARKS,
                                    .p = p};
    float *sums = run->losses + MDS_LANDMARK_NODES;
    kernels->losses(&row, run->floats, MDS_LANDMARK_NODES, run->losses);
    for (int step = 0; step < MDS_LANDMARK_STEPS; step++) kernels->step(&row, run->floats, sums);
}

/* `tile`: seconds for each pair of one. */
static fs_status measure_place(struct rows_run *run, double tile, mds_plan_rates *rates, fs_error *error)
{
    size_t p = run->f->p, room = (p + 1) * MDS_LANDMARKS;
    float *floats = fs_alloc_aligned(2 * room, sizeof *floats);
    if (!floats) return fs_fail_memory(error, "measuring this machine", 0);
    for (size_t i = 0; i < 2 * room; i++) floats[i] = 1 + (float)(i % 61) / 8;
    run->floats = floats;
    run->losses = floats + room;
    rates->place = MDS_LANDMARKS * tile + least_time(run_place, run);
    fs_free(floats);
    return FS_OK;
}

/* All workers against one, over tiles: how much more processor time each of these takes while all are busy.
 */
static fs_status measure_speed(struct rows_run *run, mds_plan_rates *rates, fs_error *error)
{
    enum { TASKS = 16 };
    const mds_source *source = run->f->opened.source;
    mds_thread_pool *pool;
    double tile = 0;
    fs_status status = mds_thread_pool_create(rates->workers, &pool, error);
    if (status) return status;
    unsigned workers = mds_thread_pool_workers(pool);
    run->tiles = fs_alloc_aligned(workers, source->scratch);
    if (run->tiles) {
        run->pool = run->f->pool;
        run->tasks = TASKS;
        tile = least_time(run_tiles, run) / TASKS / (double)(source->tile_rows * source->n);
        double alone = least_by(fs_clock_cpu_seconds, run_tiles, run);
        run->pool = pool;
        run->tasks = workers * (size_t)TASKS;
        double all = workers > 1 ? least_by(fs_clock_cpu_seconds, run_tiles, run) / workers : alone;
        rates->speed = fmin(workers, fmax(1, workers * alone / all));
    }
    bool measured = run->tiles != NULL;
    fs_free(run->tiles);
    mds_thread_pool_destroy(pool);
    return measured ? measure_place(run, tile, rates, error)
                    : fs_fail_memory(error, "measuring this machine", 0);
}

/* A fit that is ready to begin, of a few objects, whose panels stay in the caches as those of a pass do. */
static fs_status measure_passes(mds_fit_call *f, mds_plan_rates *rates, fs_error *error)
{
    struct rows_run run = {.f = f, .sample = MDS_ALL_PAIRS};
    mds_job *job = &f->job;
    double n = (double)f->problem.n, pairs = n * (n - 1) / 2, began = fs_clock_thread_cpu_seconds();
    fs_status status = mds_landmark_start(job, error);
    double start = fs_clock_thread_cpu_seconds() - began;
    if (!status) status = measure_speed(&run, rates, error);
    if (status) return status;
    rates->landmarks = fmax(0, start - n * rates->place);
    mds_workspace workspace = {.next = job->workspace};
    mds_gradient_lay_out(&run.gradient, job, &workspace); /* auto has room for more */
    run.slope = mds_workspace_take(&workspace, job->stride, f->p * sizeof *run.slope);
    rates->pass = least_time(run_pass, &run) / pairs;
    rates->stress = least_time(run_stress, &run) / pairs;
    return FS_OK;
}

/* One of as many objects as there will be, or as caches hold: sampled pairs are all over memory. */
static fs_status measure_samples(mds_fit_call *f, mds_plan_rates *rates, fs_error *error)
{
    struct rows_run run = {.f = f, .sample = 256};
    mds_job *job = &f->job;
    (void)error;
    mds_random_start(&job->random, f->statistics.mean_square, f->problem.n, f->p, job->x, job->stride);
    mds_workspace workspace = {.next = job->workspace};
    mds_sampled_lay_out(&run.sampled, job, &workspace);
    size_t meetings = run.sampled.groups / 2;
    double pairs = (double)meetings * MDS_SAMPLED_GROUP * MDS_SAMPLED_GROUP;
    rates->round = least_time(run_rounds, &run) / ROUNDS / pairs;
    rates->draw = least_time(run_stress, &run) / (double)run.sample;
    return FS_OK;
}

/* Objects that keep a pass short; and a sample, if there are so many. */
static size_t pass_objects(size_t m)
{
    double n = sqrt(4e8 / ((double)m + 64));
    size_t whole = (size_t)n / UNIT * UNIT;
    return whole < LEAST ? LEAST : whole > MOST ? MOST : whole;
}

static size_t sample_objects(size_t n, size_t m)
{
    size_t most = CACHED / m < SAMPLE_MOST ? CACHED / m : SAMPLE_MOST, least = n < most ? n : most;
    return least < LEAST ? LEAST : least / UNIT * UNIT;
}

/* A fit of n objects of m random features, given to `measure`. */
static fs_status measure_fit(const mds_plan_options *o, size_t n, size_t m, const char *method,
                             fs_status (*measure)(mds_fit_call *, mds_plan_rates *, fs_error *),
                             mds_plan_rates *rates, fs_error *error)
{
    double *features = random_numbers(n * m), *x = fs_alloc(n, o->p * sizeof *x);
    const mds_distance_options distances = {.size = sizeof distances, .metric = o->metric};
    const mds_problem problem = {.size = sizeof problem,
                                 .n = n,
                                 .features = features,
                                 .m = m,
                                 .ldf = m,
                                 .distances = &distances,
                                 .storage = MDS_STORAGE_ROWS};
    const mds_fit_options options = {.size = sizeof options, .method = method, .threads = 1, .isa = o->isa};
    mds_fit_call f = {.p = o->p, .x = x, .ldx = o->p};
    fs_status status = features && x ? FS_OK : fs_fail_memory(error, "measuring this machine", 0);
    double began = fs_clock_thread_cpu_seconds();
    if (!status) status = mds_fit_check(&f, &problem, &options, NULL, error);
    rates->open = (fs_clock_thread_cpu_seconds() - began) / (double)(n * m);
    if (!status) status = mds_fit_prepare(&f, true, error);
    fs_random_init(&f.job.random, 1);
    f.job.deadline = HUGE_VAL;
    if (!status) status = measure(&f, rates, error);
    mds_fit_close(&f);
    fs_free(features);
    fs_free(x);
    return status;
}

fs_status mds_plan_measure_rows(const mds_plan_options *o, mds_plan_rates *rates, fs_error *error)
{
    size_t m = o->m < FEATURES_MOST ? o->m : FEATURES_MOST;
    double factor = (double)o->m / (double)m; /* what is as good as proportional to m is measured with less */
    rates->workers = workers_for(o->threads);
    fs_status status = measure_fit(o, pass_objects(m), m, "auto", measure_passes, rates, error);
    if (!status) status = measure_fit(o, sample_objects(o->n, m), m, "sgd", measure_samples, rates, error);
    if (!status) status = measure_bandwidth(mds_kernels_for(o->isa), &rates->bandwidth, error);
    rates->place *= factor;
    rates->pass *= factor;
    rates->stress *= factor;
    rates->round *= factor;
    rates->draw *= factor;
    return status;
}

/* ---- matrices ---- */

enum { MATRIX = 768, FEW = 2, MORE = 8 };

struct matrix_run {
    mds_problem problem;
    mds_fit_options options;
    size_t p;
    double *x;
    uint64_t iterations;
    mds_status status;
    mds_error error;
};

static void run_matrix(void *context)
{
    struct matrix_run *run = context;
    mds_result result = {.size = sizeof result};
    if (run->status) return;
    run->status = mds_fit(&run->problem, run->p, &run->options, run->x, run->p, &result, &run->error);
    run->iterations = result.iterations;
}

/* Two fits, one of some iterations more; a whole one where iterations say nothing. */
static void measure_steps(struct matrix_run *run, double pairs, mds_plan_rates *rates)
{
    bool counts = mds_method_named(run->options.method)->usual.most > 0;
    if (!counts) rates->once = least_time(run_matrix, run) / pairs;
    if (!counts) return;
    run->options.iterations = FEW;
    double few = least_time(run_matrix, run);
    uint64_t iterations = run->iterations;
    run->options.iterations += MORE;
    double more = least_time(run_matrix, run);
    bool iterates = run->iterations > iterations;
    double step = iterates ? fmax(0, more - few) / (double)(run->iterations - iterations) : 0;
    rates->step = step / pairs;
    rates->once = fmax(0, few - step * (double)iterations) / pairs;
}

struct distances_run {
    const double *features;
    size_t m;
    mds_distance_options options;
    double *delta;
    mds_status status;
    mds_error error;
};

static void run_distances(void *context)
{
    struct distances_run *run = context;
    if (run->status) return;
    run->status =
        mds_distances(run->features, MATRIX, run->m, run->m, &run->options, run->delta, MATRIX, &run->error);
}

/* The status of a call of our own under its name in here. */
static fs_status take_status(mds_status status, const mds_error *from, fs_error *error)
{
    return fs_fail(error, status == MDS_MEMORY ? FS_MEMORY : FS_ARGUMENT, "%s", from->message);
}

static fs_status measure_matrix(const mds_plan_options *o, const char *method, const double *features,
                                double *delta, double *x, mds_plan_rates *rates, fs_error *error)
{
    double pairs = (double)MATRIX * (MATRIX - 1) / 2;
    size_t wanted = o->m ? o->m : 16, m = wanted < FEATURES_MOST ? wanted : FEATURES_MOST;
    struct distances_run made = {
        .features = features,
        .m = m,
        .options = {.size = sizeof made.options, .metric = o->metric, .threads = 1, .isa = o->isa},
        .delta = delta};
    rates->distance = least_time(run_distances, &made) / pairs * (double)wanted / (double)m;
    if (made.status) return take_status(made.status, &made.error, error);
    struct matrix_run run = {
        .problem = {.size = sizeof run.problem, .n = MATRIX, .delta = delta, .ld = MATRIX},
        .options =
            {.size = sizeof run.options, .method = method, .tolerance = 0, .threads = 1, .isa = o->isa},
        .p = o->p,
        .x = x};
    measure_steps(&run, pairs, rates);
    return run.status ? take_status(run.status, &run.error, error) : FS_OK;
}

fs_status mds_plan_measure_matrix(const mds_plan_options *o, const char *method, mds_plan_rates *rates,
                                  fs_error *error)
{
    double *features = random_numbers((size_t)MATRIX * FEATURES_MOST),
           *delta = fs_alloc(MATRIX, MATRIX * sizeof *delta), *x = fs_alloc(MATRIX, o->p * sizeof *x);
    rates->workers = 1;
    fs_status status = features && delta && x ? measure_matrix(o, method, features, delta, x, rates, error)
                                              : fs_fail_memory(error, "measuring this machine", 0);
    if (!status) status = measure_bandwidth(mds_kernels_for(o->isa), &rates->bandwidth, error);
    fs_free(features);
    fs_free(delta);
    fs_free(x);
    return status;
}
