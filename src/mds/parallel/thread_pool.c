#include "thread_pool.h"

#include "memory.h"
#include "pause.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* How often a worker asks for a task before it yields, and yields before it sleeps. A spin is a pause
 * instruction, some tens of nanoseconds. */
enum { SPINS = 400, YIELDS = 200, CACHE_LINE = 64 };

struct worker {
    struct mds_thread_pool *pool;
    unsigned index;
    pthread_t thread;
};

struct mds_thread_pool {
    /* The number of the job in the upper half, tasks not yet taken in the lower. A worker that takes a task
     * of a job thereby keeps the job from ending, so only then may it read what the job is. */
    _Alignas(CACHE_LINE) _Atomic uint64_t ticket;
    _Alignas(CACHE_LINE) atomic_size_t unfinished;
    _Alignas(CACHE_LINE) atomic_uint sleepers;
    atomic_bool stopping;
    mds_task *run;
    void *context;
    size_t tasks;
    unsigned workers, spins;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct worker *threads; /* workers - 1 */
};

/* Take tasks and run them until none is left. */
static void run_tasks(mds_thread_pool *pool, unsigned worker)
{
    uint64_t ticket = atomic_load(&pool->ticket);
    while ((uint32_t)ticket) {
        if (!atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket - 1)) continue;
        pool->run(pool->context, worker, pool->tasks - (uint32_t)ticket);
        atomic_fetch_sub_explicit(&pool->unfinished, 1, memory_order_release);
        ticket = atomic_load(&pool->ticket);
    }
}

static bool must_wake(mds_thread_pool *pool)
{
    return (uint32_t)atomic_load(&pool->ticket) || atomic_load(&pool->stopping);
}

/* Wait until there are tasks to take, or the pool is being destroyed. */
static void wait_for_tasks(mds_thread_pool *pool)
{
    for (unsigned i = 0; i < pool->spins; i++) {
        if (must_wake(pool)) return;
        fs_pause();
    }
    for (unsigned i = 0; i < YIELDS; i++) {
        if (must_wake(pool)) return;
        sched_yield();
    }
    /* Sequentially consistent, as is the change of the ticket: either the tasks are seen here, or the sleeper
     * is seen by the thread that brings them. */
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    while (!must_wake(pool)) pthread_cond_wait(&pool->changed, &pool->mutex);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
}

static void wake_sleepers(mds_thread_pool *pool)
{
    if (!atomic_load(&pool->sleepers)) return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument)
{
    const struct worker *worker = argument;
    mds_thread_pool *pool = worker->pool;
    while (!atomic_load(&pool->stopping)) {
        run_tasks(pool, worker->index);
        wait_for_tasks(pool);
    }
    return NULL;
}

unsigned mds_available_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return (unsigned)CPU_COUNT(&set);
    return 1;
}

fs_status mds_thread_pool_create(unsigned workers, mds_thread_pool **out, fs_error *error)
{
    *out = NULL;
    if (workers < 1) workers = 1;
    mds_thread_pool *pool = fs_alloc_aligned(1, sizeof *pool);
    if (!pool) return fs_fail_memory(error, "starting threads", sizeof *pool);
    *pool = (mds_thread_pool){.workers = 1};
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->changed, NULL);
    if (workers > 1) {
        pool->threads = fs_alloc(workers - 1, sizeof *pool->threads);
        if (!pool->threads) {
            mds_thread_pool_destroy(pool);
            return fs_fail_memory(error, "starting threads", 0);
        }
        pool->spins = workers <= mds_available_processors() ? SPINS : 0;
        for (; pool->workers < workers; pool->workers++) {
            struct worker *worker = &pool->threads[pool->workers - 1];
            *worker = (struct worker){.pool = pool, .index = pool->workers};
            if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0) break;
        }
    }
    *out = pool;
    return FS_OK;
}

void mds_thread_pool_destroy(mds_thread_pool *pool)
{
    if (!pool) return;
    atomic_store(&pool->stopping, true);
    wake_sleepers(pool);
    for (unsigned i = 0; i + 1 < pool->workers; i++) pthread_join(pool->threads[i].thread, NULL);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->mutex);
    fs_free(pool->threads);
    fs_free(pool);
}

unsigned mds_thread_pool_workers(const mds_thread_pool *pool)
{
    return pool->workers;
}

void mds_thread_pool_run(mds_thread_pool *pool, size_t tasks, mds_task *run, void *context)
{
    if (pool->workers == 1 || tasks < 2) {
        for (size_t task = 0; task < tasks; task++) run(context, 0, task);
        return;
    }
    pool->run = run;
    pool->context = context;
    pool->tasks = tasks;
    atomic_store_explicit(&pool->unfinished, tasks, memory_order_relaxed);
    uint64_t job = (atomic_load(&pool->ticket) >> 32) + 1;
    atomic_store(&pool->ticket, job << 32 | tasks);
    wake_sleepers(pool);
    run_tasks(pool, 0);
    /* The rest is being done; a worker that does not run cannot finish, so let it run. */
    for (unsigned i = 0; atomic_load_explicit(&pool->unfinished, memory_order_acquire); i++)
        if (i < pool->spins)
            fs_pause();
        else
            sched_yield();
}
