#include "share.h"

#include "memory.h"

#include <math.h>
#include <string.h>

enum { MOST_RANKS = 1 << 20, PIECE = 2048 };

fs_status mds_share_init(mds_share *share, const mds_ranks *ranks, fs_error *error)
{
    *share = (mds_share){0};
    if (!ranks || ranks->count == 1) return FS_OK;
    if (!ranks->all_gather || ranks->count == 0 || ranks->count > MOST_RANKS || ranks->rank >= ranks->count)
        return fs_fail(error, FS_ARGUMENT, "rank %u of %u: there is no such rank, or nothing to reach it by",
                       ranks->rank, ranks->count);
    share->begin = fs_alloc((size_t)ranks->count + 1, sizeof *share->begin);
    if (!ranks->add) share->pieces = fs_alloc_0(ranks->count, PIECE * sizeof *share->pieces);
    if (!share->begin || (!ranks->add && !share->pieces))
        return fs_fail_memory(error, "joining the ranks", 0);
    share->ranks = ranks;
    return FS_OK;
}

void mds_share_fini(mds_share *share)
{
    fs_free(share->begin);
    fs_free(share->pieces);
    *share = (mds_share){0};
}

unsigned mds_share_rank(const mds_share *share)
{
    return share->ranks ? share->ranks->rank : 0;
}

unsigned mds_share_count(const mds_share *share)
{
    return share->ranks ? share->ranks->count : 1;
}

/* Of a triangle of T rows the share 1 - (1 - t / T)^2 lies above row t. */
static size_t first_of(const mds_share *share, size_t tasks, mds_share_costs costs, unsigned rank)
{
    unsigned count = mds_share_count(share);
    double part = (double)rank / count;
    if (costs == MDS_SHARE_TRIANGLE) part = 1 - sqrt(1 - part);
    size_t first = (size_t)floor(part * (double)tasks + 0.5);
    return rank >= count || first > tasks ? tasks : first;
}

static bool splits(const mds_share *share, size_t tasks)
{
    return share->ranks && tasks >= (share->strict ? 1 : 2);
}

void mds_share_own(const mds_share *share, size_t tasks, mds_share_costs costs, size_t *first, size_t *last)
{
    bool all = !splits(share, tasks);
    *first = all ? 0 : first_of(share, tasks, costs, share->ranks->rank);
    *last = all ? tasks : first_of(share, tasks, costs, share->ranks->rank + 1);
}

/* ---- handing over ---- */

/* Bytes begin[r] to begin[r + 1] of `data` are rank r's. */
static void gather(mds_share *share, void *data)
{
    if (share->failed) return;
    share->failed = !share->ranks->all_gather(data, share->begin, share->ranks->context);
}

/* By callers from before there was `add`: every rank gets the numbers of all, in pieces. */
static void add_pieces(mds_share *share, uint64_t *numbers, size_t count)
{
    unsigned ranks = share->ranks->count, own = share->ranks->rank;
    for (size_t at = 0; at < count; at += PIECE) {
        size_t size = count - at < PIECE ? count - at : PIECE;
        for (unsigned r = 0; r <= ranks; r++) share->begin[r] = r * size * sizeof *numbers;
        memcpy(share->pieces + own * size, numbers + at, size * sizeof *numbers);
        gather(share, share->pieces);
        memset(numbers + at, 0, size * sizeof *numbers);
        for (unsigned r = 0; r < ranks; r++)
            for (size_t i = 0; i < size; i++) numbers[at + i] += share->pieces[r * size + i];
    }
}

void mds_share_add(mds_share *share, uint64_t *numbers, size_t count)
{
    if (!share->ranks || share->failed) return;
    if (share->pieces)
        add_pieces(share, numbers, count);
    else
        share->failed = !share->ranks->add(numbers, count, share->ranks->context);
}

void mds_share_from(mds_share *share, unsigned from, void *data, size_t bytes)
{
    if (!share->ranks) return;
    for (size_t r = 0; r <= share->ranks->count; r++) share->begin[r] = r > from ? bytes : 0;
    gather(share, data);
}

uint64_t mds_share_agree(mds_share *share, uint64_t word)
{
    mds_share_from(share, 0, &word, sizeof word);
    return word;
}

bool mds_share_same(mds_share *share, uint64_t word)
{
    uint64_t first = mds_share_agree(share, word), others = first != word;
    if (!share->ranks) return false;
    mds_share_add(share, &others, 1);
    return !share->failed && first != 0 && others == 0;
}

fs_status mds_share_status(mds_share *share, fs_status status, fs_error *error)
{
    for (unsigned r = 0; r < mds_share_count(share) && share->ranks; r++) {
        fs_error told = {.code = FS_OK};
        if (r == share->ranks->rank && status) told = *error;
        mds_share_from(share, r, &told, sizeof told);
        if (share->failed) return fs_fail(error, FS_GONE, "another rank has ended");
        if (told.code == FS_OK) continue;
        *error = told;
        return r == 0 ? told.code : fs_error_context(error, told.code, "rank %u", r);
    }
    return status;
}

/* ---- tasks ---- */

struct own_tasks {
    mds_task *run;
    void *context;
    size_t first;
};

static void run_own(void *context, unsigned worker, size_t task)
{
    const struct own_tasks *own = context;
    own->run(own->context, worker, own->first + task);
}

void mds_share_run(mds_share *share, mds_thread_pool *pool, size_t tasks, mds_share_costs costs,
                   mds_task *run, void *context, const mds_shared *results, size_t count)
{
    if (!splits(share, tasks)) {
        mds_thread_pool_run(pool, tasks, run, context);
        return;
    }
    struct own_tasks own = {.run = run, .context = context};
    size_t last;
    mds_share_own(share, tasks, costs, &own.first, &last);
    mds_thread_pool_run(pool, last - own.first, run_own, &own);
    for (size_t i = 0; i < count; i++) mds_share_hand_over(share, tasks, costs, &results[i], SIZE_MAX);
}

void mds_share_hand_over(mds_share *share, size_t tasks, mds_share_costs costs, const mds_shared *result,
                         size_t end)
{
    if (!splits(share, tasks)) return;
    for (unsigned r = 0; r <= share->ranks->count; r++) {
        size_t begin = result->bytes * first_of(share, tasks, costs, r);
        share->begin[r] = begin < end ? begin : end;
    }
    gather(share, result->at);
}
