/*
 * What a fit will need, without its data: the fit's own sizes and decisions for a problem of that size, and
 * its steps, counted, at the rates of this machine.
 */
#include "auto.h"
#include "fit_call.h"
#include "fit_plan_pairs.h"
#include "fit_rates.h"
#include "gradient.h"
#include "landmark_start.h"
#include "memory_limit.h"
#include "sampled.h"
#include "search_rows.h"
#include "sized_struct.h"
#include "unidimensional.h"

#include <math.h>
#include <string.h>

enum { MOST_DIMENSIONS = 1000, ESTIMATE = 1 << 16 /* pairs, of the loss of a start or an end */ };

/* What a plan is made of. */
struct plan {
    mds_plan_options options; /* complete */
    mds_fit_call fit;         /* as mds_fit would have it, but for data, threads and memory */
    mds_source source;        /* the sizes of what it would read */
    mds_plan_rates rates;
    double n, m, p, pairs;
};

/* ---- what is asked for ---- */

static fs_status take_options(struct plan *plan, const mds_plan_options *given, fs_error *error)
{
    mds_plan_options *o = &plan->options;
    fs_status status = mds_struct_take("mds_plan_options", given, o, sizeof *o, error);
    if (!status) status = mds_isa_check(o->isa, error);
    if (status) return status;
    if (o->n == 0) return fs_fail(error, FS_ARGUMENT, "there are no objects (n is 0)");
    if (!mds_metric_name(o->metric)) return fs_fail(error, FS_ARGUMENT, "%d is not a metric", (int)o->metric);
    if (o->p > MOST_DIMENSIONS)
        return fs_fail(error, FS_ARGUMENT, "a map of %zu dimensions is more than %d", o->p, MOST_DIMENSIONS);
    if (!(o->latency >= 0 && o->latency < 1e9 && o->bandwidth >= 0 && o->bandwidth < HUGE_VAL))
        return fs_fail(error, FS_ARGUMENT,
                       "a latency of %g seconds or a bandwidth of %g bytes a second is none", o->latency,
                       o->bandwidth);
    if (o->pairs > 0 && (o->m > 0 || (double)o->pairs > (double)o->n * ((double)o->n - 1) / 2))
        return fs_fail(error, FS_ARGUMENT, "%zu pairs are %s", o->pairs,
                       o->m > 0 ? "not for a problem of features" : "more than there are");
    if (o->p == 0) o->p = 2;
    if (o->ranks == 0) o->ranks = 1;
    if (o->threads == 0) o->threads = mds_available_processors();
    if (o->latency == 0) o->latency = 20e-6;
    if (o->bandwidth == 0) o->bandwidth = 1e9;
    if (o->ranks > o->n)
        return fs_fail(error, FS_ARGUMENT, "%u ranks are more than there are objects, %zu", o->ranks, o->n);
    return FS_OK;
}

/* What reading the features as rows will be like: a few objects of two features each say it. */
static fs_status find_source(struct plan *plan, fs_error *error)
{
    const mds_plan_options *o = &plan->options;
    double few[2 * MDS_SINGLE_TILE], largest;
    mds_source *source;
    mds_thread_pool *pool;
    for (size_t i = 0; i < sizeof few / sizeof *few; i++) few[i] = 1 + (double)(i % 7);
    const mds_feature_settings settings = {.features = few,
                                           .n = MDS_SINGLE_TILE,
                                           .m = 2,
                                           .ld = 2,
                                           .metric = o->metric,
                                           .power = 2,
                                           .kernels = mds_kernels_for(o->isa)};
    if (o->metric == MDS_HAVERSINE && o->m != 2)
        return fs_fail(error, FS_ARGUMENT, "the metric haversine takes 2 features, not %zu", o->m);
    fs_status status = mds_thread_pool_create(1, &pool, error);
    if (status) return status;
    status = mds_source_features(&settings, pool, &largest, &source, error);
    mds_thread_pool_destroy(pool);
    if (status) return status;
    plan->source = *source;
    plan->source.n = o->n;
    plan->source.pair_cost = o->m;
    plan->source.order = NULL;
    mds_source_close(source);
    plan->fit.opened.source = &plan->source;
    return FS_OK;
}

/* The fit that is meant. */
static fs_status make_fit(struct plan *plan, fs_error *error)
{
    const mds_plan_options *o = &plan->options;
    mds_fit_call *f = &plan->fit;
    static const double any; /* is not read */
    const mds_problem problem = {
        .n = o->n, .ld = o->n, .delta = o->m ? NULL : &any, .features = o->m ? &any : NULL, .m = o->m};
    double pairs = plan->pairs;
    f->p = o->p;
    f->ranks = (mds_ranks){.size = sizeof f->ranks, .count = o->ranks};
    if (o->ranks > 1) f->share.ranks = &f->ranks; /* for what is sized by their number */
    f->problem = problem;
    f->options = (mds_fit_options){.size = sizeof f->options,
                                   .method = o->method,
                                   .effort = o->effort,
                                   .isa = o->isa,
                                   .threads = o->threads};
    f->statistics = (mds_problem_statistics){.largest = 1,
                                             .largest_weight = 1,
                                             .mean_square = 0.5,
                                             .weight = pairs,
                                             .pairs = pairs < 1e18 ? (size_t)pairs : SIZE_MAX,
                                             .plain = true};
    fs_status status = FS_OK;
    if (mds_problem_by_rows(&problem)) status = find_source(plan, error);
    if (!status) status = mds_fit_complete(f, error);
    if (status) return status;
    const mds_option_context context = {o->n, o->p, 1};
    status = f->method->check(f->method_options, &context, error);
    if (status) return status;
    if (f->method == &mds_unidimensional_method ||
        (f->method == &mds_auto_method && o->p == 1 && !f->opened.source))
        return fs_fail(
            error, FS_UNSUPPORTED,
            "how long it takes to find an order (a map in one dimension, by method unidimensional) "
            "cannot be told from the size");
    mds_fit_make_job(f);
    return FS_OK;
}

/* ---- memory ---- */

static fs_status count_memory(struct plan *plan, mds_plan_result *r, fs_error *error)
{
    mds_fit_call *f = &plan->fit;
    const mds_source *source = f->opened.source;
    size_t bytes;
    unsigned useful = f->method->useful_workers(&f->job, plan->options.threads);
    r->threads = plan->options.threads;
    fs_status status = mds_thread_pool_create(useful, &f->pool, error);
    if (status) return status;
    f->job.pool = f->pool;
    if (!mds_fit_measure(f, &bytes))
        return fs_fail(error, FS_ARGUMENT, "n = %zu by p = %zu is too large for this machine",
                       plan->options.n, plan->options.p);
    double n = plan->n, matrix = 8 * n * n, features = 8 * n * plan->m;
    r->input = plan->m > 0 ? features : matrix;
    r->memory = mds_fit_memory(f, bytes) + 8 * n * plan->p + r->input;
    if (!source && plan->m > 0) r->memory += matrix;
    if (source) /* with its order; in double: a copy before that in order, too */
        r->memory += (source->single ? 4 : 16) * n * plan->m + 8 * n + useful * (double)source->scratch;
    double left = fs_memory_left("").bytes;
    r->machine = left < HUGE_VAL ? left : 0;
    return FS_OK;
}

/* ---- stages ---- */

/* What `bytes` for each rank from all others take, in `messages` turns. */
static void add_network(const struct plan *plan, double messages, double bytes, mds_plan_stage *stage)
{
    double ranks = plan->options.ranks;
    if (ranks < 2) return;
    stage->network = bytes * (ranks - 1) / ranks;
    stage->network_seconds =
        messages * ceil(log2(ranks)) * plan->options.latency + stage->network / plan->options.bandwidth;
    stage->seconds += stage->network_seconds;
}

/* Whether a distance of features is a root. */
static bool is_root(mds_metric metric)
{
    return metric == MDS_EUCLIDEAN || metric == MDS_MAHALANOBIS || metric == MDS_HELLINGER;
}

/* Multiply-adds and roots of so many pairs, each computed from features where they are not held. */
static mds_plan_stage count_pairs(const struct plan *plan, double pairs, double least, double most)
{
    bool computed = plan->fit.opened.source != NULL;
    return (mds_plan_stage){.least = least,
                            .most = most,
                            .pairs = pairs,
                            .multiply_adds = pairs * ((computed ? plan->m : 0) + 3 * plan->p + 1),
                            .roots = pairs * (computed && is_root(plan->options.metric) ? 2 : 1)};
}

/* Workers on all ranks, each so much slower for the others of its machine. */
static double speed(const struct plan *plan)
{
    const mds_plan_rates *rates = &plan->rates;
    return rates->speed * plan->options.threads / rates->workers * plan->options.ranks;
}

/* How many tasks the busiest worker has, when each rank has its share of them. */
static double busiest(const struct plan *plan, double tasks)
{
    return ceil(ceil(tasks / plan->options.ranks) / plan->options.threads);
}

/* Of a pass: few parts' own sums go to all; those of many are added on the way, and then handed back. */
static double sent_bytes(const struct plan *plan, double parts)
{
    return 8 * plan->n * plan->p * (parts > MDS_MOST_PARTS ? 2 : parts);
}

static void plan_passes(const struct plan *plan, mds_plan_result *r, double least, double most)
{
    double n = plan->n, p = plan->p, parts = (double)mds_gradient_parts(plan->options.n, plan->options.p);
    double workers = (double)plan->options.threads * plan->options.ranks;
    mds_plan_stage *stage = &r->passes;
    *stage = count_pairs(plan, plan->pairs, least, most);
    stage->bytes = plan->pairs * plan->m * sizeof(float) / (double)plan->source.tile_rows;
    double alone = plan->pairs * plan->rates.pass, idle = busiest(plan, parts) / parts * workers;
    /* The sums of the parts are added up, and eight steps of the quasi-Newton method gone through, twice.
     * Many parts are handed in by each worker: two thirds of the columns, read and written. */
    bool many = parts > MDS_MOST_PARTS;
    double added = many ? 4 + 2 * busiest(plan, parts) : parts / 2, vectors = 8 * n * p * (added + 4 * 8);
    stage->seconds = alone / speed(plan) * idle + vectors / plan->rates.bandwidth;
    add_network(plan, 4, sent_bytes(plan, parts), stage);
}

static void plan_rounds(const struct plan *plan, mds_plan_result *r, double rounds)
{
    double n = plan->n, p = plan->p;
    mds_plan_stage *stage = &r->rounds;
    *stage = count_pairs(plan, n * MDS_SAMPLED_GROUP / 2, rounds, rounds);
    stage->bytes = n * (plan->m * sizeof(float) + p * 4 * sizeof(double));
    stage->seconds = stage->pairs * plan->rates.round / speed(plan);
    if (plan->options.ranks > 1)
        stage->seconds += 4 * 8 * n * p / plan->rates.bandwidth; /* what comes is put in its place */
    add_network(plan, 4, 16 * n * p, stage);
}

static void plan_rows(struct plan *plan, mds_plan_result *r)
{
    const mds_fit_call *f = &plan->fit;
    const mds_plan_rates *rates = &plan->rates;
    const mds_method *method = f->method;
    bool automatic = method == &mds_auto_method;
    if (automatic)
        plan_rounds(plan, r, (double)mds_search_rows_rounds(plan->options.effort));
    else if (method->rows_iterations)
        plan_rounds(plan, r, (double)method->rows_iterations);
    if (automatic ? !r->all_pairs_are_many : !method->rows_iterations)
        plan_passes(plan, r, method->rows_usual.least, method->rows_usual.most);

    double panels = 2 * MDS_SINGLE_TILE * plan->m * sizeof(float); /* of a drawn pair */
    double draw = rates->draw;
    r->start = count_pairs(plan, MDS_LANDMARKS * plan->n, 1, 1);
    r->start.bytes = plan->n * plan->m * (sizeof(double) + sizeof(float));
    r->start.seconds = plan->n * plan->m * rates->open + rates->landmarks +
                       (plan->n * rates->place + ESTIMATE * draw) / speed(plan);
    add_network(plan, 2 * plan->p, 8 * plan->n * plan->p, &r->start);
    double drawn = ESTIMATE + (r->all_pairs_are_many ? MDS_STRESS_SAMPLE : 0);
    r->stress = count_pairs(plan, r->all_pairs_are_many ? MDS_STRESS_SAMPLE : plan->pairs, 1, 1);
    r->stress.bytes = r->all_pairs_are_many
                          ? MDS_STRESS_SAMPLE * panels
                          : plan->pairs * plan->m * sizeof(float) / (double)plan->source.tile_rows;
    r->stress.seconds = drawn * draw / speed(plan);
    if (!r->all_pairs_are_many) r->stress.seconds += plan->pairs * rates->stress / speed(plan);
}

static void plan_matrix(struct plan *plan, mds_plan_result *r)
{
    const mds_plan_rates *rates = &plan->rates;
    double pairs = plan->pairs, ranks = plan->options.ranks;
    double faster = plan->options.threads;
    const mds_method *method = plan->fit.method;
    r->start = count_pairs(plan, pairs, 1, 1);
    r->start.multiply_adds = pairs * plan->m;
    r->start.bytes = 8 * pairs;
    r->start.seconds = (plan->m > 0 ? pairs * rates->distance / faster : 0) + pairs * rates->once / faster;
    if (!method->usual.most) return;
    r->passes = count_pairs(plan, pairs, method->usual.least, method->usual.most);
    r->passes.bytes = 8 * pairs;
    r->passes.seconds =
        fmax(pairs * rates->step / faster / ranks, 8 * pairs / rates->bandwidth / faster / ranks);
    double parts = (double)mds_gradient_parts(plan->options.n, plan->options.p);
    add_network(plan, 4, sent_bytes(plan, parts), &r->passes);
}

/* ---- all of it ---- */

static const char *measured_method(const mds_method *method)
{
    return method == &mds_auto_method ? "lbfgs" : method->info.name;
}

static fs_status make_plan(struct plan *plan, mds_plan_result *r, fs_error *error)
{
    mds_fit_call *f = &plan->fit;
    const mds_plan_options *o = &plan->options;
    plan->n = (double)o->n;
    plan->m = (double)o->m;
    plan->p = (double)o->p;
    plan->pairs = plan->n * (plan->n - 1) / 2;
    fs_status status = make_fit(plan, error);
    *r = (mds_plan_result){.size = sizeof *r, .ranks = o->ranks};
    if (!status) status = count_memory(plan, r, error);
    if (status) return status;
    r->method = f->method->info.name;
    r->rows = f->opened.source != NULL;
    r->all_pairs_are_many = mds_job_samples(&f->job);
    r->isa = mds_kernels_for(o->isa)->isa;
    double parts = (double)mds_gradient_parts(o->n, o->p), workers = (double)o->threads * o->ranks;
    r->shared = (unsigned)fmin(parts, workers);
    status = r->rows ? mds_plan_measure_rows(o, &plan->rates, error)
                     : mds_plan_measure_matrix(o, measured_method(f->method), &plan->rates, error);
    if (status) return status;
    (r->rows ? plan_rows : plan_matrix)(plan, r);
    const mds_plan_stage *stages[] = {&r->start, &r->rounds, &r->passes, &r->stress};
    for (size_t s = 0; s < sizeof stages / sizeof *stages; s++) {
        r->least_seconds += stages[s]->least * stages[s]->seconds;
        r->most_seconds += stages[s]->most * stages[s]->seconds;
    }
    return FS_OK;
}

mds_status mds_plan(const mds_plan_options *options, mds_plan_result *result, mds_error *error)
{
    fs_error inner;
    struct plan plan = {.n = 0};
    mds_plan_result found;
    fs_status status = mds_struct_check("mds_plan_result", result, &inner);
    if (!status && !result) status = fs_fail(&inner, FS_ARGUMENT, "the result is NULL");
    if (!status) status = take_options(&plan, options, &inner);
    const mds_plan_options *o = &plan.options;
    bool sparse = !status && o->pairs > 0 && mds_pairs_by_rows(o->n, o->pairs);
    if (!status) status = sparse ? mds_plan_pairs(o, &found, &inner) : make_plan(&plan, &found, &inner);
    mds_thread_pool_destroy(plan.fit.pool);
    if (!status) mds_struct_give(result, &found, sizeof found);
    return mds_report(status, &inner, error);
}
