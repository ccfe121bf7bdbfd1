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
                                    .context = &ones[r]};
        pthread_create(&threads[r], NULL, run, &ones[r]);
    }
    for (unsigned r = 0; r < count; r++) pthread_join(threads[r], NULL);
    pthread_barrier_destroy(&meeting.barrier);
}
