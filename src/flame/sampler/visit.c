#include "visit.h"

#include "clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PROCESSOR_FIELD = 39 }; /* of proc(5)'s stat, counted from 1 */

/* As in linux/sched/types.h, first version; sched_setattr(2) has no wrapper in older C libraries. */
typedef struct sched_attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
} sched_attributes;

/* With a short time slice the kernel (from 6.12 on) lets the caller in at once; otherwise it might wait until
 * the thread's own slice ends, milliseconds. Older kernels ignore it. */
enum { SLICE = 100000 };

static bool change_slice(uint64_t runtime, uint64_t *before)
{
    sched_attributes attributes = {.size = sizeof attributes};
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return false;
    if (attributes.policy != SCHED_OTHER) return false;
    if (before) *before = attributes.runtime;
    attributes.size = sizeof attributes;
    attributes.runtime = runtime;
    return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}

/* The processor that the thread runs or waits on; -1 when it does neither. */
static int processor_of(int stat)
{
    char text[1024];
    ssize_t got = pread(stat, text, sizeof text - 1, 0);
    if (got <= 0) return -1;
    text[got] = '\0';
    const char *at = strrchr(text, ')'); /* the name may hold anything */
    if (!at || at[1] != ' ' || at[2] != 'R') return -1;
    at += 2;
    for (int field = 3; field < PROCESSOR_FIELD && at; field++) {
        at = strchr(at, ' ');
        if (at) at++;
    }
    return at ? (int)strtol(at, NULL, 10) : -1;
}

/* How often the caller left its processor: it was made to, or it waited (for a lock on the process's memory,
 * for a page from disk). */
static long interruptions(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw + usage.ru_nvcsw : -1;
}

bool flame_visit_begin(flame_visit *visit, pid_t pid, pid_t tid)
{
    char path[64];
    cpu_set_t there;
    *visit = (flame_visit){.stat = -1, .processor = -1};
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)tid);
    visit->stat = open(path, O_RDONLY | O_CLOEXEC);
    if (visit->stat < 0) return false;
    visit->processor = processor_of(visit->stat);
    bool may = visit->processor >= 0 && visit->processor < CPU_SETSIZE &&
               sched_getaffinity(0, sizeof visit->home, &visit->home) == 0 &&
               CPU_ISSET((size_t)visit->processor, &visit->home);
    if (may) {
        visit->sliced = change_slice(SLICE, &visit->runtime);
        CPU_ZERO(&there);
        CPU_SET((size_t)visit->processor, &there);
        may = sched_setaffinity(0, sizeof there, &there) == 0;
        visit->interruptions = interruptions();
        visit->busy = fs_clock_thread_cpu_seconds();
        if (!may && visit->sliced) change_slice(visit->runtime, NULL);
    }
    if (!may) close(visit->stat);
    return may;
}

bool flame_visit_undisturbed(const flame_visit *visit)
{
    return sched_getcpu() == visit->processor && processor_of(visit->stat) == visit->processor &&
           interruptions() == visit->interruptions && visit->interruptions >= 0;
}

double flame_visit_end(flame_visit *visit)
{
    /* To another processor first: here the thread gets its turn as soon as we ask for anything, and it may
     * last for milliseconds. */
    cpu_set_t elsewhere = visit->home;
    CPU_CLR((size_t)visit->processor, &elsewhere);
    if (CPU_COUNT(&elsewhere)) sched_setaffinity(0, sizeof elsewhere, &elsewhere);
    double busy = fs_clock_thread_cpu_seconds() - visit->busy;
    if (visit->sliced) change_slice(visit->runtime, NULL);
    sched_setaffinity(0, sizeof visit->home, &visit->home);
    close(visit->stat);
    return busy * 1e9;
}
