#include "refits.h"

#include "memory.h"
#include "sized_struct.h"
#include "thread_pool.h"

#include <math.h>
#include <string.h>

enum { MANY = 200 }; /* objects */

fs_status mds_refits_init(mds_refits *refits, const mds_problem *problem, size_t p,
                          const mds_resample_options *options, size_t count, fs_error *error)
{
    *refits = (mds_refits){.p = p, .failing = ATOMIC_FLAG_INIT};
    fs_status status =
        mds_struct_take("mds_resample_options", options, &refits->options, sizeof refits->options, error);
    if (!status)
        status =
            mds_struct_take("mds_fit_options", refits->options.fit, &refits->fit, sizeof refits->fit, error);
    if (!status) status = mds_problem_take(problem, 0, &refits->problem, &refits->statistics, error);
    if (!status && p == 0) status = fs_fail(error, FS_ARGUMENT, "there are no dimensions (p is 0)");
    if (!status && refits->problem.n < 3)
        status = fs_fail(error, FS_DATA,
                         "%zu object%s: there must be at least 3 to tell how far a map can be trusted",
                         refits->problem.n, refits->problem.n == 1 ? "" : "s");
    if (status) return status;
    refits->count = refits->options.count ? refits->options.count : count;
    if (refits->count > 1000000)
        return fs_fail(error, FS_ARGUMENT, "%zu maps are more than 1000000", refits->count);
    mds_fit_options *fit = &refits->fit;
    fit->size = sizeof *fit;
    fit->threads = 1;
    fit->trace = NULL;
    fit->outcomes = NULL;
    fit->outcome_capacity = 0;
    fit->method_statistics = NULL;
    fit->max_seconds = 0;
    if (fit->start == MDS_START_GIVEN) fit->start = MDS_START_DEFAULT;
    return FS_OK;
}

void mds_refits_near(mds_refits *refits)
{
    mds_fit_options *fit = &refits->fit;
    fit->start = MDS_START_GIVEN;
    fit->starts = 1;
    if (fit->method && strcmp(fit->method, "auto") != 0) return;
    bool ratio = fit->level == MDS_LEVEL_RATIO, smooth = fit->loss != MDS_LOSS_ABSOLUTE && ratio;
    bool line = refits->p == 1 && ratio && fit->loss == MDS_LOSS_SQUARED;
    fit->method = line ? "unidimensional" : smooth ? "lbfgs" : "smacof";
    fit->method_options = NULL;
    /* What is told of many objects moves by less than this much; the last digits cost most of the time. */
    if (fit->tolerance == 0 && !line && smooth && refits->problem.n > MANY) fit->tolerance = 1e-5;
    fit->effort = MDS_EFFORT_NORMAL;
}

fs_status mds_refits_init_at(mds_refits *refits, const mds_problem *problem, size_t p, const double *x,
                             size_t ldx, const mds_resample_options *options, size_t count,
                             const mds_stability *result, fs_error *error)
{
    double largest;
    fs_status status = mds_refits_init(refits, problem, p, options, count, error);
    if (!status) status = mds_struct_check("mds_stability", result, error);
    if (!status) status = mds_configuration_check(x, refits->problem.n, p, ldx, &largest, error);
    if (!status) mds_refits_near(refits);
    return status;
}

void mds_refit_random(const mds_refits *refits, size_t index, fs_random *random)
{
    fs_random_init(random, refits->options.seed + (index + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

void mds_refit_copy(mds_refit_room *room, size_t without)
{
    const mds_problem *problem = &room->refits->problem;
    size_t n = problem->n, kept = without < n ? n - 1 : n, row = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == without) continue;
        size_t before = without < n ? without : n, bytes = sizeof(double);
        memcpy(room->delta + row * kept, problem->delta + i * problem->ld, before * bytes);
        if (without < n)
            memcpy(room->delta + row * kept + without, problem->delta + i * problem->ld + without + 1,
                   (n - without - 1) * bytes);
        if (room->weights) {
            memcpy(room->weights + row * kept, problem->weights + i * problem->ldw, before * bytes);
            if (without < n)
                memcpy(room->weights + row * kept + without,
                       problem->weights + i * problem->ldw + without + 1, (n - without - 1) * bytes);
        }
        row++;
    }
}

/* How far the whole is, told by the calling thread only; the caller may want no more. */
static void tell(mds_refits *refits, double part)
{
    if (!refits->options.progress || atomic_load(&refits->stopped)) return;
    double fraction = ((double)atomic_load(&refits->done) + part) / (double)refits->count;
    refits->told = fmin(1, fmax(refits->told, fraction));
    if (refits->options.progress(refits->told, refits->options.context)) return;
    atomic_store(&refits->cancelled, true);
    atomic_store(&refits->stopped, true);
}

static bool after_iteration(const mds_iteration *iteration, void *context)
{
    mds_refit_room *room = context;
    mds_refits *refits = room->refits;
    if (room->leads) tell(refits, iteration->fraction);
    return !atomic_load(&refits->stopped);
}

/* The library's own message, from the public function that a replicate calls. */
static fs_status pass_on(mds_status status, const mds_error *from, fs_error *error)
{
    static const fs_status codes[] = {FS_OK, FS_ARGUMENT, FS_DATA, FS_MEMORY, FS_UNSUPPORTED, FS_INTERNAL};
    return status ? fs_fail(error, codes[status], "%s", from->message) : FS_OK;
}

fs_status mds_refit_fit(mds_refit_room *room, size_t n, size_t p, uint64_t seed, double *stress1,
                        fs_error *error)
{
    mds_problem problem = {
        .size = sizeof problem, .n = n, .delta = room->delta, .ld = n, .weights = room->weights, .ldw = n};
    mds_fit_options fit = room->refits->fit;
    mds_result result = {.size = sizeof result};
    mds_error inner;
    fit.seed = seed;
    fit.progress = after_iteration;
    fit.context = room;
    mds_status status = mds_fit(&problem, p, &fit, room->x, p, &result, &inner);
    *stress1 = status ? (double)NAN : result.stress1;
    return pass_on(status, &inner, error);
}

static void run_replicate(void *context, unsigned worker, size_t task)
{
    mds_refits *refits = context;
    mds_refit_room *room = &refits->rooms[worker];
    fs_error error;
    if (atomic_load(&refits->stopped)) return;
    room->leads = worker == 0;
    if (refits->run(refits->context, room, task, &error) != FS_OK) {
        if (!atomic_flag_test_and_set(&refits->failing)) refits->error = error;
        atomic_store(&refits->stopped, true);
        return;
    }
    atomic_fetch_add(&refits->done, 1);
    if (room->leads) tell(refits, 0);
}

static bool make_room(mds_refits *refits, mds_refit_room *room)
{
    size_t n = refits->problem.n, cells, coordinates;
    room->refits = refits;
    if (!fs_size_mul(n, n, &cells) || !fs_size_mul(n, refits->p, &coordinates)) return false;
    room->delta = fs_alloc(cells, sizeof *room->delta);
    room->x = fs_alloc_0(coordinates, sizeof *room->x);
    room->scratch = fs_alloc(refits->scratch, sizeof *room->scratch);
    if (refits->problem.weights) room->weights = fs_alloc(cells, sizeof *room->weights);
    return room->delta && room->x && room->scratch && (!refits->problem.weights || room->weights);
}

fs_status mds_refits_run(mds_refits *refits, size_t scratch, mds_refit *run, void *context, fs_error *error)
{
    unsigned granted = refits->options.threads ? refits->options.threads : mds_available_processors();
    if (granted > refits->count) granted = (unsigned)refits->count;
    mds_thread_pool *pool = NULL;
    fs_status status = mds_thread_pool_create(granted, &pool, error);
    if (status) return status;
    refits->workers = mds_thread_pool_workers(pool);
    refits->scratch = scratch;
    refits->run = run;
    refits->context = context;
    refits->rooms = fs_alloc_0(refits->workers, sizeof *refits->rooms);
    bool roomy = refits->rooms != NULL;
    for (unsigned w = 0; roomy && w < refits->workers; w++) roomy = make_room(refits, &refits->rooms[w]);
    if (roomy) {
        mds_thread_pool_run(pool, refits->count, run_replicate, refits);
        if (atomic_flag_test_and_set(&refits->failing)) {
            if (error) *error = refits->error;
            status = refits->error.code;
        }
    } else {
        status = fs_fail_memory(error, "fitting many maps", 0);
    }
    for (unsigned w = 0; refits->rooms && w < refits->workers; w++) {
        fs_free(refits->rooms[w].delta);
        fs_free(refits->rooms[w].weights);
        fs_free(refits->rooms[w].x);
        fs_free(refits->rooms[w].scratch);
    }
    fs_free(refits->rooms);
    refits->rooms = NULL;
    mds_thread_pool_destroy(pool);
    return status;
}
