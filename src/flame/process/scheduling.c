#include "scheduling.h"

#include "proc_files.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As in linux/sched/types.h, first version; sched_setattr(2) has no wrapper in older C libraries. */
typedef struct sched_attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period; /* nanoseconds */
} sched_attributes;

void flame_time_slice_request(uint64_t nanoseconds)
{
    sched_attributes attributes = {.size = sizeof attributes};
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return;
    if (attributes.policy != SCHED_OTHER) return;
    attributes.size = sizeof attributes;
    attributes.runtime = nanoseconds;
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

/* On Linux the priority of "process 0" is that of the calling thread alone (setpriority(2)). */
int flame_priority_raise(void)
{
    enum { FIRST = -20 };
    const int before = getpriority(PRIO_PROCESS, 0);
    setpriority(PRIO_PROCESS, 0, FIRST);
    return before;
}

void flame_priority_restore(int nice)
{
    setpriority(PRIO_PROCESS, 0, nice);
}

int flame_schedstat_open(pid_t pid, pid_t tid)
{
    return flame_proc_thread_open(pid, tid, "schedstat");
}

bool flame_schedstat_read(int file, flame_schedstat *stat)
{
    char text[96], *at = text;
    *stat = (flame_schedstat){0};
    if (!flame_proc_read_again(file, text, sizeof text)) return false;
    stat->ran = strtoull(at, &at, 10);
    stat->waited = strtoull(at, &at, 10);
    stat->slices = strtoull(at, NULL, 10);
    return true;
}
