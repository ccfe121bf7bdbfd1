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
    *thread = (flame_cpu_thread){.tid = tid, .ran = stat.ran, .waited = stat.waited};
    return told;
}

void flame_cpu_wait_update(flame_cpu_wait *wait, pid_t pid)
{
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
        if (wait->begun && now[kept].ran >= (old ? old->ran : 0)) {
            wait->ran += now[kept].ran - (old ? old->ran : 0);
            if (now[kept].waited >= (old ? old->waited : 0))
                wait->waited += now[kept].waited - (old ? old->waited : 0);
        }
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
