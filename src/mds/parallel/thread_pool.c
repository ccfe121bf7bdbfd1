#include "thread_pool.h"

#include "memory.h"
#include "pause.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* How long a member looks for work before it yields, and yields before it sleeps. A look is a pause
 * instruction, some tens of nanoseconds. */
enum { LOOKS = 400, YIELDS = 200, CACHE_LINE = 64 };

struct member {
    struct mds_team *team;
    unsigned index;
    pthread_t thread;
};

struct mds_team {
    /* The number of the job in the upper half, pieces not yet taken in the lower. A member that takes a piece
     * of a job thereby keeps the job from ending, so only then may it read what the job is. */
    _Alignas(CACHE_LINE) _Atomic uint64_t ticket;
    _Alignas(CACHE_LINE) atomic_size_t unfinished;
    _Alignas(CACHE_LINE) atomic_uint sleepers;
    atomic_bool over;
    mds_team_work *work;
    void *context;
    size_t pieces;
    unsigned members, looks;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct member *threads; /* members - 1 */
};

/* Take pieces and do them until none is left. */
static void help(mds_team *team, unsigned member)
{
    uint64_t ticket = atomic_load(&team->ticket);
    while ((uint32_t)ticket) {
        if (!atomic_compare_exchange_weak(&team->ticket, &ticket, ticket - 1)) continue;
        team->work(team->context, member, team->pieces - (uint32_t)ticket);
        atomic_fetch_sub_explicit(&team->unfinished, 1, memory_order_release);
        ticket = atomic_load(&team->ticket);
    }
}

static bool wanted(mds_team *team)
{
    return (uint32_t)atomic_load(&team->ticket) || atomic_load(&team->over);
}

/* Wait until there are pieces to take, or the team is over. */
static void await_work(mds_team *team)
{
    for (unsigned i = 0; i < team->looks; i++) {
        if (wanted(team)) return;
        fs_pause();
    }
    for (unsigned i = 0; i < YIELDS; i++) {
        if (wanted(team)) return;
        sched_yield();
    }
    /* Sequentially consistent, as is the change of the ticket: either the work is seen here, or the sleeper
     * is seen by who brings it. */
    pthread_mutex_lock(&team->mutex);
    atomic_fetch_add(&team->sleepers, 1);
    while (!wanted(team)) pthread_cond_wait(&team->changed, &team->mutex);
    atomic_fetch_sub(&team->sleepers, 1);
    pthread_mutex_unlock(&team->mutex);
}

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
    while (!atomic_load(&team->over)) {
        help(team, member->index);
        await_work(team);
    }
    return NULL;
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
    atomic_store(&team->over, true);
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

void mds_team_run(mds_team *team, size_t pieces, mds_team_work *work, void *context)
{
    if (team->members == 1 || pieces < 2) {
        for (size_t piece = 0; piece < pieces; piece++) work(context, 0, piece);
        return;
    }
    team->work = work;
    team->context = context;
    team->pieces = pieces;
    atomic_store_explicit(&team->unfinished, pieces, memory_order_relaxed);
    uint64_t job = (atomic_load(&team->ticket) >> 32) + 1;
    atomic_store(&team->ticket, job << 32 | pieces);
    wake(team);
    help(team, 0);
    /* The rest is being done; a member that does not run cannot finish, so let it run. */
    for (unsigned i = 0; atomic_load_explicit(&team->unfinished, memory_order_acquire); i++)
        if (i < team->looks)
            fs_pause();
        else
            sched_yield();
}
