#include "thread_ranks.h"

#include <pthread.h>
#include <string.h>

enum { MOST = 64 };

struct meeting {
    pthread_barrier_t barrier;
    unsigned count;
    void *data[MOST];
};

struct one {
    struct meeting *meeting;
    mds_ranks ranks;
    thread_ranks_body *body;
    void *context;
};

static bool all_gather(void *data, const size_t *begin, void *context)
{
    const struct one *one = context;
    struct meeting *meeting = one->meeting;
    meeting->data[one->ranks.rank] = data;
    pthread_barrier_wait(&meeting->barrier);
    for (unsigned r = 0; r < meeting->count; r++)
        if (r != one->ranks.rank && begin[r] < begin[r + 1])
            memcpy((char *)data + begin[r], (const char *)meeting->data[r] + begin[r],
                   begin[r + 1] - begin[r]);
    pthread_barrier_wait(&meeting->barrier);
    return true;
}

/* Each rank adds up a stretch of the numbers for all. */
static bool add(uint64_t *numbers, size_t count, void *context)
{
    const struct one *one = context;
    struct meeting *meeting = one->meeting;
    unsigned rank = one->ranks.rank, ranks = meeting->count;
    meeting->data[rank] = numbers;
    pthread_barrier_wait(&meeting->barrier);
    for (size_t i = count * rank / ranks; i < count * (rank + 1) / ranks; i++) {
        uint64_t sum = 0;
        for (unsigned r = 0; r < ranks; r++) sum += ((const uint64_t *)meeting->data[r])[i];
        for (unsigned r = 0; r < ranks; r++) ((uint64_t *)meeting->data[r])[i] = sum;
    }
    pthread_barrier_wait(&meeting->barrier);
    return true;
}

static void *run(void *argument)
{
    const struct one *one = argument;
    one->body(&one->ranks, one->context);
    return NULL;
}

void thread_ranks_run(unsigned count, thread_ranks_body *body, void *context)
{
    struct meeting meeting = {.count = count};
    struct one ones[MOST];
    pthread_t threads[MOST];
    pthread_barrier_init(&meeting.barrier, NULL, count);
    for (unsigned r = 0; r < count; r++) {
        ones[r] = (struct one){.meeting = &meeting, .body = body, .context = context};
        ones[r].ranks = (mds_ranks){.size = sizeof(mds_ranks),
                                    .rank = r,
                                    .count = count,
                                    .all_gather = all_gather,
                                    .context = &ones[r],
                                    .add = add};
        pthread_create(&threads[r], NULL, run, &ones[r]);
    }
    for (unsigned r = 0; r < count; r++) pthread_join(threads[r], NULL);
    pthread_barrier_destroy(&meeting.barrier);
}
