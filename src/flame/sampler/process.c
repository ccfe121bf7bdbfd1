#include "process.h"

fs_status flame_process_open(pid_t pid, flame_process **process, fs_error *error)
{
    *process = NULL;
    return fs_fail(error, FS_UNSUPPORTED, "process %d: not built yet", (int)pid);
}
void flame_process_close(flame_process *process)
{
    (void)process;
}
pid_t flame_process_pid(const flame_process *process)
{
    (void)process;
    return 0;
}
const flame_reader *flame_process_reader(flame_process *process)
{
    (void)process;
    return NULL;
}
flame_life flame_process_life(const flame_process *process)
{
    (void)process;
    return FLAME_ENDED;
}
bool flame_process_stopped(const flame_process *process)
{
    (void)process;
    return false;
}
fs_status flame_process_threads(pid_t pid, pid_t **tids, size_t *count, fs_error *error)
{
    *tids = NULL;
    *count = 0;
    return fs_fail(error, FS_UNSUPPORTED, "threads of %d: not built yet", (int)pid);
}
fs_status flame_process_children(pid_t pid, pid_t **pids, size_t *count, fs_error *error)
{
    *pids = NULL;
    *count = 0;
    return fs_fail(error, FS_UNSUPPORTED, "children of %d: not built yet", (int)pid);
}
fs_status flame_thread_name(pid_t pid, pid_t tid, char name[FLAME_THREAD_NAME_SIZE], fs_error *error)
{
    (void)tid;
    name[0] = 0;
    return fs_fail(error, FS_UNSUPPORTED, "thread of %d: not built yet", (int)pid);
}
fs_status flame_thread_usage_read(pid_t pid, pid_t tid, flame_thread_usage *usage, fs_error *error)
{
    (void)tid;
    (void)usage;
    return fs_fail(error, FS_UNSUPPORTED, "thread of %d: not built yet", (int)pid);
}
fs_status flame_process_cpu(pid_t pid, double *seconds, fs_error *error)
{
    *seconds = 0;
    return fs_fail(error, FS_UNSUPPORTED, "process %d: not built yet", (int)pid);
}
