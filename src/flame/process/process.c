#include "process.h"

#include "memory.h"
#include "permission.h"
#include "proc_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct flame_process {
    pid_t pid;
    pid_t thread;      /* one that lives: the first may have ended, and then its /proc files are empty */
    int handle;        /* pidfd; -1 where the kernel has none */
    int memory;        /* /proc/PID/mem */
    uint64_t started;  /* clock ticks since boot */
    uint64_t stack;    /* where the program's stack begins */
    uint64_t landmark; /* an address that is mapped as long as this program image lives; 0: none */
    flame_reader reader;
};

/* ---- memory ---- */

enum { SPANS_PER_CALL = 1024 }; /* UIO_MAXIOV of the kernel */

/* The thread has ended; false when no other lives. */
static bool find_thread(flame_process *process)
{
    pid_t other = flame_living_thread(process->pid);
    int reason = other ? errno : ESRCH;
    if (other) process->thread = other;
    errno = reason;
    return other != 0;
}

static size_t read_live(void *self, const flame_span *spans, size_t count, int *reason)
{
    flame_process *process = self;
    size_t done = 0;
    while (done < count) {
        struct iovec local[SPANS_PER_CALL], remote[SPANS_PER_CALL];
        size_t batch = count - done < SPANS_PER_CALL ? count - done : SPANS_PER_CALL;
        size_t wanted = 0;
        for (size_t i = 0; i < batch; i++) {
            const flame_span *span = &spans[done + i];
            local[i] = (struct iovec){.iov_base = span->bytes, .iov_len = span->length};
            /* An address is a number here: only the kernel follows it. */
            memcpy(&remote[i].iov_base, &span->address, sizeof remote[i].iov_base);
            remote[i].iov_len = span->length;
            wanted += span->length;
        }
        ssize_t got = process_vm_readv(process->thread, local, batch, remote, batch, 0);
        if (got < 0 && errno == ESRCH && find_thread(process))
            got = process_vm_readv(process->thread, local, batch, remote, batch, 0);
        if (got >= 0 && (size_t)got == wanted) {
            done += batch;
            continue;
        }
        if (reason) *reason = got < 0 ? errno : EFAULT;
        /* The copy stopped inside some span: those before it are whole. */
        size_t left = got < 0 ? 0 : (size_t)got;
        while (batch > 0 && left >= spans[done].length) {
            left -= spans[done].length;
            done++;
            batch--;
        }
        return done;
    }
    return done;
}

fs_status flame_read(const flame_reader *reader, uint64_t address, void *bytes, size_t length,
                     fs_error *error)
{
    flame_span span = {.address = address, .bytes = bytes, .length = length};
    int reason = 0;
    if (reader->read(reader->self, &span, 1, &reason) == 1) return FS_OK;
    if (reason == ESRCH) return fs_fail(error, FS_GONE, "the process has ended");
    if (reason == EPERM || reason == EACCES)
        return fs_fail(error, FS_PERMISSION, "the process's memory may not be read");
    return fs_fail(error, FS_NOT_FOUND, "nothing can be read at address 0x%" PRIx64, address);
}

static fs_status denied(pid_t pid, fs_error *error)
{
    flame_permission facts;
    flame_permission_read(&facts, pid);
    return flame_permission_explain(&facts, "flame ...", error);
}

/* ---- the process ---- */

/* An address that stays mapped as long as this program image lives: the start of its first file mapping. */
static fs_status find_landmark(flame_process *process, fs_error *error)
{
    flame_maps maps;
    fs_status status = flame_maps_read(process, &maps, error);
    if (status != FS_OK) return status;
    for (size_t i = 0; i < maps.count; i++) {
        if (!maps.items[i].readable || !maps.items[i].inode) continue;
        process->landmark = maps.items[i].start;
        break;
    }
    bool empty = maps.count == 0;
    flame_maps_fini(&maps);
    if (empty)
        return fs_fail(error, FS_GONE, "process %d has no memory: it is ending, or a thread of the kernel",
                       (int)process->pid);
    return FS_OK;
}

/* When it started, a thread that lives, and where its stack begins. */
static fs_status identify(flame_process *process, fs_error *error)
{
    const pid_t pid = process->pid;
    flame_thread_usage usage;
    fs_status status = flame_thread_usage_read(pid, pid, &usage, error);
    if (status == FS_GONE) return fs_fail(error, FS_NOT_FOUND, "there is no process %d", (int)pid);
    if (status != FS_OK) return status;
    const pid_t parent = usage.parent;
    process->started = usage.started;
    if (usage.state == 'Z' || usage.state == 'X') {
        process->thread = flame_living_thread(pid);
        if (!process->thread || flame_thread_usage_read(pid, process->thread, &usage, error) != FS_OK)
            return fs_fail(error, FS_GONE,
                           "process %d has ended already (a zombie that waits for its parent, process %d)",
                           (int)pid, (int)parent);
    }
    process->stack = usage.stack;
    return FS_OK;
}

fs_status flame_process_open(pid_t pid, flame_process **out, fs_error *error)
{
    *out = NULL;
    if (pid <= 0) return fs_fail(error, FS_ARGUMENT, "%d is not a process id", (int)pid);
    fs_status status = flame_proc_check(error);
    if (status) return status;
    flame_process *process = fs_alloc_0(1, sizeof *process);
    if (!process) return fs_fail_memory(error, "opening a process", sizeof *process);
    process->pid = process->thread = pid;
    process->memory = process->handle = -1;
    process->reader = (flame_reader){.read = read_live, .self = process};

    /* Kernels before 5.3 have no such call; then only /proc is asked whether the process lives. */
    process->handle = flame_pidfd_open(pid);
    if (process->handle < 0 && (errno == EINVAL || errno == ENOENT)) {
        status = fs_fail(error, FS_ARGUMENT, "%d is a thread, not a process: give the id of its process",
                         (int)pid);
        goto cleanup;
    }
    if (process->handle < 0 && (errno == ESRCH || flame_no_descriptor(errno))) {
        status = flame_pidfd_failed(pid, errno, error);
        goto cleanup;
    }
    status = identify(process, error);
    if (status != FS_OK) goto cleanup;

    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", (int)process->thread);
    process->memory = open(path, O_RDONLY | O_CLOEXEC);
    if (process->memory < 0 && (errno == EACCES || errno == EPERM)) {
        status = denied(pid, error);
        goto cleanup;
    }
    if (process->memory < 0 && errno == ESRCH) {
        status = fs_fail(error, FS_GONE, "process %d has no memory: it is ending, or a thread of the kernel",
                         (int)pid);
        goto cleanup;
    }
    if (process->memory < 0) {
        status = flame_proc_failed(path, errno, error);
        goto cleanup;
    }
    status = find_landmark(process, error);
    if (status != FS_OK) goto cleanup;

    char byte;
    flame_span span = {.address = process->landmark, .bytes = &byte, .length = 1};
    int reason = 0;
    if (process->landmark && process->reader.read(process, &span, 1, &reason) != 1) {
        if (reason == EPERM || reason == EACCES || reason == ENOSYS) status = denied(pid, error);
        if (reason == ESRCH) status = fs_fail(error, FS_GONE, "process %d has ended", (int)pid);
    }
cleanup:
    if (status == FS_OK)
        *out = process;
    else
        flame_process_close(process);
    return status;
}

void flame_process_close(flame_process *process)
{
    if (!process) return;
    if (process->memory >= 0) close(process->memory);
    if (process->handle >= 0) close(process->handle);
    fs_free(process);
}

pid_t flame_process_pid(const flame_process *process)
{
    return process->pid;
}

pid_t flame_process_thread(const flame_process *process)
{
    return process->thread;
}

const flame_reader *flame_process_reader(flame_process *process)
{
    return &process->reader;
}

flame_life flame_process_life(const flame_process *process)
{
    if (process->handle >= 0) {
        struct pollfd ended = {.fd = process->handle, .events = POLLIN};
        if (poll(&ended, 1, 0) > 0) return FLAME_ENDED;
    }
    flame_thread_usage usage;
    fs_status status = flame_thread_usage_read(process->pid, process->pid, &usage, NULL);
    if (status == FS_GONE) return FLAME_ENDED;
    if (status != FS_OK) return FLAME_ALIVE; /* no descriptor is left to ask with */
    if (usage.started != process->started) return FLAME_ENDED;
    if (usage.state == 'Z' || usage.state == 'X') {
        pid_t other = flame_living_thread(process->pid);
        if (!other || flame_thread_usage_read(process->pid, other, &usage, NULL) != FS_OK) return FLAME_ENDED;
    }
    /* /proc/PID/mem stays bound to the address space it was opened on, and reads nothing (not even an error)
     * once nobody lives in that space. But a child of vfork shares its parent's until it calls exec, and the
     * parent lives on in it: then the place of the stack tells. */
    if (flame_process_unchanged(process) && usage.stack == process->stack) return FLAME_ALIVE;
    return FLAME_REPLACED;
}

bool flame_process_unchanged(const flame_process *process)
{
    char byte;
    return pread(process->memory, &byte, 1, (off_t)process->landmark) != 0;
}

bool flame_process_stopped(const flame_process *process)
{
    flame_thread_usage usage;
    if (flame_thread_usage_read(process->pid, process->pid, &usage, NULL) != FS_OK) return false;
    return usage.state == 'T' || usage.state == 't';
}
