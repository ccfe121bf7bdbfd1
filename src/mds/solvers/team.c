#include "team.h"

#include "memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* How long a member looks at a counter before it yields, and yields before it sleeps. A look is a pause
 * instruction, some tens of nanoseconds. */
enum { LOOKS = 400, YIELDS = 200, CACHE_LINE = 64 };

struct member {
    struct mds_team *team;
    unsigned index;
    pthread_t thread;
};

struct mds_team {
    _Alignas(CACHE_LINE) atomic_uint round; /* counts the pieces of work handed out */
    _Alignas(CACHE_LINE) atomic_uint busy;  /* members that have not finished this round */
    _Alignas(CACHE_LINE) atomic_uint sleepers;
    mds_team_work *work;
    void *context;
    bool over;
    unsigned members, looks;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct member *threads; /* members - 1 */
};

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static bool passed(atomic_uint *counter, unsigned value, bool until_equal)
{
    return (atomic_load_explicit(counter, memory_order_acquire) == value) == until_equal;
}

/* Wait until *counter is equal to `value`, or until it is not. */
static void await(mds_team *team, atomic_uint *counter, unsigned value, bool until_equal)
{
    for (unsigned i = 0; i < team->looks; i++) {
        if (passed(counter, value, until_equal)) return;
        pause_briefly();
    }
    for (unsigned i = 0; i < YIELDS; i++) {
        if (passed(counter, value, until_equal)) return;
        sched_yield();
    }
    pthread_mutex_lock(&team->mutex);
    atomic_fetch_add(&team->sleepers, 1);
    while ((atomic_load(counter) == value) != until_equal) pthread_cond_wait(&team->changed, &team->mutex);
    atomic_fetch_sub(&team->sleepers, 1);
    pthread_mutex_unlock(&team->mutex);
}

/* After a counter changed (sequentially consistent, as is the count of sleepers: either the change is seen
 * by who goes to sleep, or the sleeper is seen here). */
static void wake(mds_team *team)
{
    if (!atomic_load(&team->sleepers)) return;
    pthread_mutex_lock(&team->mutex);
    pthread_cond_broadcast(&team->changed);
    pthread_mutex_unlock(&team->mutex);
}

static void *serve(void *argument)
{
    const struct member *member = argument;
    mds_team *team = member->team;
    for (unsigned round = 0;; round++) {
        await(team, &team->round, round, false);
        if (team->over) return NULL;
        team->work(team->context, member->index, team->members);
        if (atomic_fetch_sub(&team->busy, 1) == 1) wake(team);
    }
}

unsigned mds_team_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return (unsigned)CPU_COUNT(&set);
    return 1;
}

fs_status mds_team_create(unsigned members, mds_team **out, fs_error *error)
{
    *out = NULL;
    if (members < 1) members = 1;
    mds_team *team = fs_alloc_aligned(1, sizeof *team);
    if (!team) return fs_fail_memory(error, "starting threads", sizeof *team);
    *team = (mds_team){.members = 1};
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->changed, NULL);
    if (members > 1) {
        team->threads = fs_alloc(members - 1, sizeof *team->threads);
        if (!team->threads) {
            mds_team_destroy(team);
            return fs_fail_memory(error, "starting threads", 0);
        }
        team->looks = members <= mds_team_processors() ? LOOKS : 0;
        /* The members read these when the first round begins, which is after the last of them is made. */
        for (; team->members < members; team->members++) {
            struct member *member = &team->threads[team->members - 1];
            *member = (struct member){.team = team, .index = team->members};
            if (pthread_create(&member->thread, NULL, serve, member) != 0) break;
        }
    }
    *out = team;
    return FS_OK;
}

void mds_team_destroy(mds_team *team)
{
    if (!team) return;
    team->over = true;
    atomic_fetch_add(&team->round, 1);
    wake(team);
    for (unsigned i = 0; i + 1 < team->members; i++) pthread_join(team->threads[i].thread, NULL);
    pthread_cond_destroy(&team->changed);
    pthread_mutex_destroy(&team->mutex);
    fs_free(team->threads);
    fs_free(team);
}

unsigned mds_team_members(const mds_team *team)
{
    return team->members;
}

void mds_team_run(mds_team *team, mds_team_work *work, void *context)
{
    if (team->members > 1) {
        team->work = work;
        team->context = context;
        atomic_store(&team->busy, team->members - 1);
        atomic_fetch_add(&team->round, 1);
        wake(team);
    }
    work(context, 0, team->members);
    if (team->members > 1) await(team, &team->busy, 0, true);
}
