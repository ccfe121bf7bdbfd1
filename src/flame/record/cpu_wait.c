#include "cpu_wait.h"

#include "memory.h"
#include "process.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool read_schedstat(pid_t pid, pid_t tid, flame_cpu_thread *thread)
{
    char path[64], text[96];
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)pid, (int)tid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t got = read(file, text, sizeof text - 1);
    close(file);
    if (got <= 0) return false;
    text[got] = '\0';
    unsigned long long ran, waited;
    if (sscanf(text, "%llu %llu", &ran, &waited) != 2) return false;
    *thread = (flame_cpu_thread){.tid = tid, .ran = ran, .waited = waited};
    return true;
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
        if (!read_schedstat(pid, tids[i], &now[kept])) continue;
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
