#include "cpu_wait.h"

#include "memory.h"
#include "process.h"
#include "scheduling.h"

#include <unistd.h>

static bool read_thread(pid_t pid, pid_t tid, flame_cpu_thread *thread)
{
    flame_schedstat stat;
    int file = flame_schedstat_open(pid, tid);
    if (file < 0) return false;
    bool told = flame_schedstat_read(file, &stat);
    close(file);
    *thread = (flame_cpu_thread){.tid = tid, .waited = stat.waited};
    return told;
}

static void update_clock(flame_cpu_wait *wait, pid_t pid)
{
    double now;
    if (flame_process_cpu(pid, &now, NULL) != FS_OK) return;
    if (!wait->begun)
        wait->clock = now;
    else if (now - wait->clock > wait->ran)
        wait->ran = now - wait->clock;
}

void flame_cpu_wait_update(flame_cpu_wait *wait, pid_t pid)
{
    update_clock(wait, pid);
    pid_t *tids = NULL;
    size_t count = 0, kept = 0, before = 0;
    flame_cpu_thread *now = NULL;
    if (flame_process_threads(pid, &tids, &count, NULL) != FS_OK) return;
    now = fs_alloc(count, sizeof *now);
    if (!now) goto cleanup;
    for (size_t i = 0; i < count; i++) {
        if (!read_thread(pid, tids[i], &now[kept])) continue;
        while (before < wait->count && wait->threads[before].tid < tids[i]) before++;
        flame_cpu_thread *old =
            before < wait->count && wait->threads[before].tid == tids[i] ? &wait->threads[before] : NULL;
        const uint64_t earlier = old ? old->waited : 0;
        if (wait->begun && now[kept].waited >= earlier) wait->waited += now[kept].waited - earlier;
        kept++;
    }
    fs_free(wait->threads);
    wait->threads = now;
    wait->count = kept;
    wait->begun = true;
    now = NULL;
cleanup:
    fs_free(now);
    fs_free(tids);
}

void flame_cpu_wait_fini(flame_cpu_wait *wait)
{
    fs_free(wait->threads);
    *wait = (flame_cpu_wait){0};
}
