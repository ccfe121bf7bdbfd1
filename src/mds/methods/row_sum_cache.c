#include "row_sum_cache.h"

#include "memory.h"

#include <string.h>

/* Sums are brought up to date when at most this share of the columns has moved (1 in so many): both ways of
 * the change are summed, and the dissimilarities are gathered one by one. */
enum { PAYS = 3 };

static const uint64_t FORGOTTEN = UINT64_MAX;

struct mds_row_memory {
    size_t n, p, count;
    double *sums;    /* n * count */
    double *doubts;  /* n */
    uint64_t *since; /* n: how many moves there had been when the sums were right, or FORGOTTEN */

    /* The log of moves: entry e is move `first + e` of all. Coordinates are structures of arrays. */
    uint64_t first;
    size_t used, room;
    size_t *who;
    double *from, *to;       /* p * room */
    double *delta, *weights; /* room: gathered for the point at hand */
    void *block;
};

fs_status mds_row_memory_create(size_t n, size_t p, mds_row_memory **result, fs_error *error)
{
    *result = NULL;
    /* Twice what is looked back at, so that making room is rare; a vector more, since kernels load past the
     * last column. */
    size_t count = 2 * p + 1, room = (2 * (n / PAYS) / MDS_STRIDE + 4) * MDS_STRIDE, points, cells;
    if (!fs_size_mul(n, count, &points) || !fs_size_mul(room, p, &cells) || points > SIZE_MAX / 64 ||
        cells > SIZE_MAX / 64)
        return fs_fail(error, FS_ARGUMENT, "n = %zu by p = %zu is too large for this machine", n, p);
    mds_row_memory *memory = fs_alloc_0(1, sizeof *memory);
    size_t doubles = points + 2 * n + 2 * cells + 3 * room;
    void *block = fs_alloc_aligned(doubles + 8 * 8, sizeof(double));
    if (!memory || !block) {
        fs_free(memory);
        fs_free(block);
        return fs_fail_memory(error, "preparing the search", doubles * sizeof(double));
    }
    memset(block, 0, (doubles + 8 * 8) * sizeof(double));
    char *next = memory->block = block;
    memory->n = n;
    memory->p = p;
    memory->count = count;
    memory->room = room;
    memory->sums = fs_cut(&next, points, sizeof(double));
    memory->doubts = fs_cut(&next, n, sizeof(double));
    memory->since = fs_cut(&next, n, sizeof(uint64_t));
    memory->from = fs_cut(&next, cells, sizeof(double));
    memory->to = fs_cut(&next, cells, sizeof(double));
    memory->who = fs_cut(&next, room, sizeof(size_t));
    memory->delta = fs_cut(&next, room, sizeof(double));
    memory->weights = fs_cut(&next, room, sizeof(double));
    mds_row_memory_forget(memory);
    *result = memory;
    return FS_OK;
}

void mds_row_memory_destroy(mds_row_memory *memory)
{
    if (!memory) return;
    fs_free(memory->block);
    fs_free(memory);
}

void mds_row_memory_forget(mds_row_memory *memory)
{
    for (size_t i = 0; i < memory->n; i++) memory->since[i] = FORGOTTEN;
}

void mds_row_memory_keep(mds_row_memory *memory, size_t i, const double *sums, double doubt)
{
    memcpy(memory->sums + i * memory->count, sums, memory->count * sizeof *sums);
    memory->doubts[i] = doubt;
    memory->since[i] = memory->first + memory->used;
}

/* Drop the older half of the log. */
static void make_room(mds_row_memory *memory)
{
    size_t drop = memory->used / 2, keep = memory->used - drop;
    memmove(memory->who, memory->who + drop, keep * sizeof *memory->who);
    for (size_t k = 0; k < memory->p; k++) {
        double *from = memory->from + k * memory->room, *to = memory->to + k * memory->room;
        memmove(from, from + drop, keep * sizeof *from);
        memmove(to, to + drop, keep * sizeof *to);
    }
    memory->first += drop;
    memory->used = keep;
}

void mds_row_memory_move(mds_row_memory *memory, size_t i, const double *at, size_t k, double value)
{
    if (memory->used + MDS_STRIDE >= memory->room) make_room(memory);
    size_t entry = memory->used++;
    memory->who[entry] = i;
    for (size_t c = 0; c < memory->p; c++) {
        memory->from[c * memory->room + entry] = at[c];
        memory->to[c * memory->room + entry] = c == k ? value : at[c];
    }
    memory->since[i] = FORGOTTEN;
}

bool mds_row_memory_recall(mds_row_memory *memory, size_t i, const mds_pattern_row *row,
                           mds_row_change *change, double *sums)
{
    uint64_t since = memory->since[i];
    if (since == FORGOTTEN || since < memory->first) return false;
    size_t begin = (size_t)(since - memory->first), columns = memory->used - begin;
    if (columns > memory->n / PAYS) return false;
    const size_t *who = memory->who + begin;
    for (size_t e = 0; e < columns; e++) memory->delta[e] = row->delta[who[e]];
    if (row->weights)
        for (size_t e = 0; e < columns; e++) memory->weights[e] = row->weights[who[e]];
    change->before = *row;
    change->before.stride = memory->room;
    change->before.delta = memory->delta;
    change->before.weights = row->weights ? memory->weights : NULL;
    change->after = change->before;
    change->before.x = memory->from + begin;
    change->after.x = memory->to + begin;
    change->columns = columns;
    change->doubt = memory->doubts[i];
    memcpy(sums, memory->sums + i * memory->count, memory->count * sizeof *sums);
    return true;
}
