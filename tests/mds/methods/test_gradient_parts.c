/* A pass that is cut into many parts sums what one of few does, whoever adds what when. */
#include "gradient.h"
#include "memory.h"
#include "thread_ranks.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 613, FEW = 7, MANY = 41, MOST_P = 5, RANKS = 8, ROOM = (N + 15) * MOST_P };

static double delta[N * N], weights[N * N], map[ROOM], along[ROOM];

static double wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return t - floor(t);
}

static int make_data(void **state)
{
    (void)state;
    static double features[N * 4];
    for (size_t i = 0; i < N * 4; i++) features[i] = 0.5 * wave(i);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++) weights[i * N + j] = weights[j * N + i] = wave(j * N + i);
    const mds_distance_options options = {.size = sizeof options};
    return mds_distances(features, N, 4, 4, &options, delta, N, NULL) != MDS_OK;
}

/* A pass of one kind. */
enum pass {
    PLAIN,
    WEIGHTED,
    HUBER,
    LAPLACIAN,
    REWEIGHTED,
    SINGLE,
    SINGLE_WEIGHTED,
    ROUGH,
    ROW_LOSSES,
    PASSES
};

struct trial {
    enum pass pass;
    size_t p, parts;
    unsigned threads;
    double largest; /* dissimilarity, as it is told */
    bool no_add;    /* the ranks have none */
    bool broken;    /* a coordinate is no number */
    double loss[RANKS];
    double to[RANKS][ROOM];
    float losses[RANKS][N];
};

static double run_pass(mds_gradient *g, const struct trial *t, double *to, float *losses)
{
    g->threshold = 0.3;
    g->single = t->pass >= SINGLE;
    g->rough = t->pass >= ROUGH;
    if (t->pass == LAPLACIAN || t->pass == REWEIGHTED)
        return mds_gradient_laplacian(g, t->pass == REWEIGHTED, g->job->x, along, to);
    if (t->pass == ROW_LOSSES) return mds_gradient_row_losses(g, g->job->x, 0.5, losses) ? 1 : NAN;
    return mds_gradient_compute(g, g->job->x, to);
}

static void run(const mds_ranks *ranks, void *context)
{
    struct trial *t = context;
    unsigned rank = ranks ? ranks->rank : 0;
    bool weighted = t->pass == WEIGHTED || t->pass == REWEIGHTED || t->pass == SINGLE_WEIGHTED;
    const mds_problem problem = {
        .n = N, .delta = delta, .ld = N, .weights = weighted ? weights : NULL, .ldw = N};
    const mds_problem_statistics statistics = {
        .largest = t->largest, .largest_weight = 1, .plain = !weighted};
    mds_ranks own = ranks ? *ranks : (mds_ranks){.count = 1};
    if (t->no_add) own.add = NULL;
    mds_share share;
    double x[ROOM];
    memcpy(x, map, sizeof x);
    if (t->broken) x[77] = NAN;
    mds_job job = {.problem = &problem,
                   .statistics = &statistics,
                   .p = t->p,
                   .loss = t->pass == HUBER || t->pass == REWEIGHTED ? MDS_LOSS_HUBER : MDS_LOSS_SQUARED,
                   .kernels = mds_kernels_for(MDS_ISA_AUTO),
                   .share = &share,
                   .x = x,
                   .stride = (N + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE};
    mds_gradient g;
    mds_workspace workspace = {0};
    assert_int_equal(mds_share_init(&share, &own, NULL), FS_OK);
    assert_int_equal(mds_thread_pool_create(t->threads, &job.pool, NULL), FS_OK);
    for (int turn = 0; turn < 2; turn++) {
        mds_gradient_lay_out_parts(&g, &job, t->parts, &workspace);
        mds_gradient_lay_out_single(&g, &workspace);
        if (turn == 0) workspace = (mds_workspace){.next = fs_alloc_aligned(1, workspace.bytes)};
        assert_non_null(workspace.next);
    }
    void *block = (char *)g.begin;
    memset(t->to[rank], 0, sizeof t->to[rank]);
    (void)run_pass(&g, t, t->to[rank], t->losses[rank]); /* twice, as what is left of one is the other's */
    t->loss[rank] = run_pass(&g, t, t->to[rank], t->losses[rank]);
    mds_thread_pool_destroy(job.pool);
    mds_share_fini(&share);
    fs_free(block);
}

static struct trial want, got;

/* A map of p dimensions, in the layout of a job; what pads a row is 0. */
static void make_map(size_t p, double far)
{
    size_t stride = (N + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE;
    memset(map, 0, sizeof map);
    memset(along, 0, sizeof along);
    for (size_t k = 0; k < p; k++)
        for (size_t i = 0; i < N; i++) {
            map[k * stride + i] = wave(i * p + k + 1000000);
            along[k * stride + i] = wave(i * p + k + 2000000);
        }
    map[5] += far;
}

static void assert_near(double a, double b, double by)
{
    if (!(fabs(a - b) <= by)) fail_msg("%.17g and %.17g: more than %g apart", a, b, by);
}

static void compare(double precision)
{
    double size = 0;
    assert_near(got.loss[0], want.loss[0], precision * fabs(want.loss[0]));
    for (size_t i = 0; i < ROOM; i++) size = fmax(size, fabs(want.to[0][i]));
    for (size_t i = 0; i < ROOM; i++) assert_near(got.to[0][i], want.to[0][i], precision * size);
    for (size_t i = 0; i < N && want.pass == ROW_LOSSES; i++)
        assert_near((double)got.losses[0][i], (double)want.losses[0][i],
                    precision * (double)want.losses[0][i]);
}

static struct trial trial_of(enum pass pass, size_t p, size_t parts)
{
    return (struct trial){.pass = pass, .p = p, .parts = parts, .threads = 1, .largest = 1.1};
}

static void many_parts_sum_what_few_do(void **state)
{
    (void)state;
    for (enum pass pass = 0; pass < PASSES; pass++)
        for (size_t p = 1; p <= MOST_P; p++) {
            if (pass >= ROUGH && (p < 2 || p > 3)) continue;
            make_map(p, 0);
            want = trial_of(pass, p, FEW);
            got = trial_of(pass, p, MANY);
            run(NULL, &want);
            run(NULL, &got);
            compare(pass >= ROUGH ? 1e-5 : 1e-12);
        }
}

/* What is told of the dissimilarities may be far too little, where they are disparities; or a point far off.
 */
static void bounds_that_are_none(void **state)
{
    (void)state;
    static const double largest[] = {1e-9, 1e9};
    for (size_t l = 0; l < 2; l++) {
        make_map(2, 0);
        memset(map, 0, sizeof map); /* all in one place: all that pulls are dissimilarities */
        map[0] = 1e-7;
        want = trial_of(PLAIN, 2, FEW);
        got = trial_of(PLAIN, 2, MANY);
        got.largest = largest[l];
        run(NULL, &want);
        run(NULL, &got);
        compare(l ? 1e-7 : 1e-12); /* a unit that is 1e9 times too coarse */
    }
    make_map(2, 1e6);
    want = trial_of(PLAIN, 2, FEW);
    got = trial_of(PLAIN, 2, MANY);
    run(NULL, &want);
    run(NULL, &got);
    compare(1e-12);
    make_map(2, 0);
    got.broken = true;
    run(NULL, &got);
    assert_true(isnan(got.loss[0]));
}

static void the_order_does_not_matter(void **state)
{
    (void)state;
    static const unsigned counts[] = {1, 2, 3, RANKS};
    for (enum pass pass = 0; pass < PASSES; pass++) {
        make_map(2, 0);
        want = trial_of(pass, 2, MANY);
        run(NULL, &want);
        for (size_t c = 0; c < 5; c++) {
            unsigned count = c < 4 ? counts[c] : 3;
            got = trial_of(pass, 2, MANY);
            got.threads = 1 + (unsigned)c % 3;
            got.no_add = c == 4;
            thread_ranks_run(count, run, &got);
            for (unsigned r = 0; r < count; r++) {
                assert_memory_equal(got.to[r], want.to[0], sizeof want.to[0]);
                assert_memory_equal(&got.loss[r], &want.loss[0], sizeof want.loss[0]);
                assert_memory_equal(got.losses[r], want.losses[0], sizeof want.losses[0]);
            }
        }
    }
}

static void parts_follow_from_the_number_of_objects(void **state)
{
    (void)state;
    assert_int_equal(mds_gradient_parts(10, 2), 1);
    assert_int_equal(mds_gradient_parts(3000, 2), 16);
    assert_int_equal(mds_gradient_parts(MDS_MANY_OBJECTS - 1, 2), MDS_MOST_PARTS);
    assert_int_equal(mds_gradient_parts(MDS_MANY_OBJECTS, 1), 128);
    assert_int_equal(mds_gradient_parts(MDS_MANY_OBJECTS, 2), 128);
    assert_int_equal(mds_gradient_parts(MDS_MANY_OBJECTS, 100), 5); /* 16,384 / 32 numbers of 100 sums */
    assert_int_equal(mds_gradient_parts(1000000, 2), 7812);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_parts_sum_what_few_do),
        cmocka_unit_test(bounds_that_are_none),
        cmocka_unit_test(the_order_does_not_matter),
        cmocka_unit_test(parts_follow_from_the_number_of_objects),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
