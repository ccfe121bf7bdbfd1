#include "pattern.h"

#include "clock.h"
#include "kernels.h"
#include "memory.h"
#include "random.h"
#include "team.h"

#include <float.h>
#include <math.h>

/* One solve. Everything below is made once, before the first epoch. */
struct search {
    const mds_problem *problem;
    const mds_pattern_options *options;
    const mds_kernels *kernels;
    mds_pattern_kernel *kernel;
    mds_team *team;
    fs_random random;
    size_t n, p, chunks;
    mds_pattern_row row; /* the point at hand */
    double *x;           /* structure of arrays, p * stride */
    double *at;          /* p */
    double *partial;     /* chunks * (2p + 1) */
    double *sums;        /* 2p + 1 */
    double *scratch;     /* members * p * MDS_CHUNK */
    size_t *order;       /* n */
    bool *tried;         /* p */
    double stress;
};

static void team_row(void *context, unsigned member, unsigned members)
{
    struct search *search = context;
    mds_pattern_row row = search->row;
    row.scratch = search->scratch + member * search->p * MDS_CHUNK;
    size_t begin = search->chunks * member / members, end = search->chunks * (member + 1) / members;
    for (size_t c = begin; c < end; c++) {
        size_t first = c * MDS_CHUNK, last = first + MDS_CHUNK < search->n ? first + MDS_CHUNK : search->n;
        search->kernel(&row, first, last, search->partial + c * (2 * search->p + 1));
    }
}

static void point_errors(struct search *search, size_t i)
{
    size_t sums = 2 * search->p + 1;
    for (size_t k = 0; k < search->p; k++) search->at[k] = search->x[k * search->row.stride + i];
    search->row.delta = search->problem->delta + i * search->problem->ld;
    search->row.weights =
        search->problem->weights ? search->problem->weights + i * search->problem->ldw : NULL;
    mds_team_run(search->team, team_row, search);
    for (size_t t = 0; t < sums; t++) {
        double sum = 0;
        for (size_t c = 0; c < search->chunks; c++) sum += search->partial[c * sums + t];
        search->sums[t] = sum;
    }
    /* A moved point is a radius away from where it was; that is no pair. */
    double radius = search->row.radius, weight = search->row.weights ? search->row.weights[i] : 1;
    double own = isnan(search->row.delta[i])
                     ? 0
                     : weight * (search->options->loss == MDS_LOSS_SQUARED ? radius * radius : radius);
    for (size_t t = 1; t < sums; t++) search->sums[t] -= own;
}

static bool visit(struct search *search, size_t i)
{
    point_errors(search, i);
    size_t best = 0;
    double least = HUGE_VAL;
    for (size_t t = 1; t <= 2 * search->p; t++)
        if (search->sums[t] < least) least = search->sums[t], best = t;
    if (!(least < search->sums[0])) return false;
    double *coordinate = &search->x[(best - 1) / 2 * search->row.stride + i];
    *coordinate += best % 2 ? search->row.radius : -search->row.radius;
    search->stress -= search->sums[0] - least;
    return true;
}

static double whole_stress(struct search *search)
{
    double sum = 0;
    for (size_t i = 0; i < search->n; i++) {
        for (size_t k = 0; k < search->p; k++) search->at[k] = search->x[k * search->row.stride + i];
        search->row.delta = search->problem->delta + i * search->problem->ld;
        search->row.weights =
            search->problem->weights ? search->problem->weights + i * search->problem->ldw : NULL;
        mds_stress_sums sums = {0};
        search->kernels->stress(&search->row, i + 1, search->n, &sums);
        sum += search->options->loss == MDS_LOSS_SQUARED ? sums.raw : sums.absolute;
    }
    return sum;
}

static fs_status prepare(struct search *search, const double *x, size_t ldx, double half, fs_error *error)
{
    size_t n = search->n, p = search->p, stride = (n + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE;
    unsigned members = search->options->threads ? search->options->threads : mds_team_processors();
    if (members > search->chunks) members = (unsigned)search->chunks;
    fs_status status = mds_team_create(members, &search->team, error);
    if (status) return status;
    members = mds_team_members(search->team);
    size_t cells, scratch;
    if (!fs_size_mul(p, stride, &cells) || !fs_size_mul(p * MDS_CHUNK, members, &scratch))
        return fs_fail_memory(error, "preparing the search", 0);
    search->x = fs_alloc_aligned(cells, sizeof(double));
    search->at = fs_alloc(p, sizeof(double));
    search->partial = fs_alloc(search->chunks * (2 * p + 1), sizeof(double));
    search->sums = fs_alloc(2 * p + 1, sizeof(double));
    search->scratch = fs_alloc_aligned(scratch, sizeof(double));
    search->order = fs_alloc(n, sizeof(size_t));
    search->tried = fs_alloc(p, sizeof(bool));
    if (!search->x || !search->at || !search->partial || !search->sums || !search->scratch ||
        !search->order || !search->tried)
        return fs_fail_memory(error, "preparing the search", 0);
    fs_random_init(&search->random, search->options->seed);
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < p; k++)
            search->x[k * stride + j] = search->options->start_given
                                            ? x[j * ldx + k]
                                            : half * (2 * fs_random_unit(&search->random) - 1);
    for (size_t k = 0; k < p; k++)
        for (size_t j = n; j < stride; j++) search->x[k * stride + j] = 0;
    for (size_t i = 0; i < n; i++) search->order[i] = i;
    search->row = (mds_pattern_row){
        .x = search->x, .stride = stride, .at = search->at, .p = p, .radius = search->options->radius};
    return FS_OK;
}

fs_status mds_pattern_solve(const mds_problem *problem, bool plain, double half, size_t p,
                            const mds_pattern_options *options, double *x, size_t ldx, mds_result *result,
                            fs_error *error)
{
    double begun = fs_clock_seconds();
    const mds_kernels *kernels = mds_kernels_for(options->isa);
    struct search search = {.problem = problem,
                            .options = options,
                            .kernels = kernels,
                            .n = problem->n,
                            .p = p,
                            .chunks = (problem->n + MDS_CHUNK - 1) / MDS_CHUNK,
                            .kernel = options->loss == MDS_LOSS_ABSOLUTE ? kernels->pattern_absolute
                                      : plain                            ? kernels->pattern_squared
                                                                         : kernels->pattern_squared_weighted};
    fs_status status = prepare(&search, x, ldx, half, error);
    if (status) goto cleanup;
    search.stress = whole_stress(&search);
    *result = (mds_result){.start = search.stress,
                           .stop = MDS_STOP_EPOCHS,
                           .isa = kernels->isa,
                           .threads = mds_team_members(search.team)};
    double radius = options->radius;
    if (search.stress == 0) result->stop = MDS_STOP_ZERO;
    while (search.stress != 0 && result->epochs < options->epochs) {
        double previous = search.stress;
        search.row.radius = result->radius = radius;
        uint64_t moves = 0;
        if (options->order == MDS_ORDER_SHUFFLED) fs_random_shuffle(&search.random, search.order, search.n);
        for (size_t i = 0; i < search.n; i++) moves += visit(&search, search.order[i]);
        search.stress = whole_stress(&search);
        result->epochs++;
        result->moves += moves;
        mds_epoch epoch = {
            .epoch = result->epochs, .radius = radius, .stress = search.stress, .moves = moves};
        if (options->trace && result->trace_used < options->trace_room)
            options->trace[result->trace_used++] = epoch;
        bool go_on = !options->progress || options->progress(&epoch, options->context);
        if (search.stress == 0) {
            result->stop = MDS_STOP_ZERO;
            break;
        }
        if (previous - search.stress < options->tolerance * previous) radius *= options->shrink;
        if (radius < options->smallest_radius) {
            result->stop = MDS_STOP_RADIUS;
            break;
        }
        if (!go_on) {
            result->stop = MDS_STOP_CANCELLED;
            break;
        }
    }
    for (size_t j = 0; j < search.n; j++)
        for (size_t k = 0; k < p; k++) x[j * ldx + k] = search.x[k * search.row.stride + j];
    result->stress = search.stress;
    result->seconds = fs_clock_seconds() - begun;
cleanup:
    fs_free(search.x);
    fs_free(search.at);
    fs_free(search.partial);
    fs_free(search.sums);
    fs_free(search.scratch);
    fs_free(search.order);
    fs_free(search.tried);
    mds_team_destroy(search.team);
    return status;
}
