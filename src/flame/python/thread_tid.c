#include "thread_tid.h"

#include "gather.h"
#include "memory.h"
#include "proc_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * From 3.11 a thread state holds gettid() of its thread, as seen in the process's own pid namespace, and as
 * of before a fork in some versions; before 3.11 only pthread_self(). A number that is none of the threads
 * that the kernel lists is of one that has ended, or of the one that forked: the new process's first.
 */

enum { DESCRIPTOR = 1024 }; /* bytes of the C library's thread descriptor that are searched */

static bool is_thread(pid_t pid, uint64_t tid)
{
    char path[96];
    if (tid == 0 || tid > INT32_MAX) return false;
    snprintf(path, sizeof path, "/proc/%d/task/%d", (int)pid, (int)tid);
    return access(path, F_OK) == 0;
}

/* The id of a thread in the process's own namespace: the last number of NSpid in its status. */
static uint64_t id_inside(pid_t pid, pid_t tid)
{
    char path[96], text[8192];
    uint64_t inside = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/status", (int)pid, (int)tid);
    if (flame_proc_read(path, text, sizeof text, NULL, NULL) != FS_OK) return 0;
    char *at = strstr(text, "\nNSpid:"), *line_end = at ? strchr(at + 1, '\n') : NULL;
    if (!line_end) return 0;
    *line_end = '\0';
    at += strlen("\nNSpid:");
    for (char *end;; at = end) {
        uint64_t id = strtoull(at, &end, 10);
        if (end == at) return inside;
        inside = id;
    }
}

static bool other_namespace(pid_t pid)
{
    char path[64], theirs[64], ours[64];
    snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)pid);
    ssize_t a = readlink(path, theirs, sizeof theirs), b = readlink("/proc/self/ns/pid", ours, sizeof ours);
    return a > 0 && b > 0 && (a != b || memcmp(theirs, ours, (size_t)a) != 0);
}

static pid_t from_inside(pid_t pid, uint64_t inside)
{
    pid_t *tids, found = 0;
    size_t count;
    if (flame_process_threads(pid, &tids, &count, NULL) != FS_OK) return 0;
    for (size_t i = 0; i < count && !found; i++)
        if (id_inside(pid, tids[i]) == inside) found = tids[i];
    fs_free(tids);
    return found;
}

/* pthread_self() is the address of the C library's descriptor of the thread, which holds the thread's id:
 * glibc at byte 720 on x86-64 and 208 on AArch64, musl at 48 and 32; elsewhere it is the one number there
 * that is a thread. */
static uint64_t from_descriptor(pid_t pid, const flame_reader *reader, uint64_t ident)
{
#if defined(__aarch64__)
    static const size_t usual[] = {208, 32};
#else
    static const size_t usual[] = {720, 48};
#endif
    uint8_t bytes[DESCRIPTOR];
    if (flame_read(reader, ident, bytes, sizeof bytes, NULL) != FS_OK) return 0;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        uint32_t id = load_32(bytes + usual[i]);
        if (is_thread(pid, id)) return id;
    }
    uint64_t found = 0;
    for (size_t at = 0; at + 4 <= sizeof bytes; at += 4) {
        uint32_t id = load_32(bytes + at);
        if (id == found || id < 2 || !is_thread(pid, id)) continue;
        if (found) return 0; /* two candidates */
        found = id;
    }
    return found;
}

pid_t python_thread_tid(pid_t pid, const flame_reader *reader, uint64_t ident, uint64_t native)
{
    if (other_namespace(pid)) return native ? from_inside(pid, native) : 0;
    if (native && is_thread(pid, native)) return (pid_t)native;
    pid_t tid = (pid_t)from_descriptor(pid, reader, ident);
    /* The first thread stays listed when it has ended and the program goes on, but its descriptor is cleared.
     */
    if (!tid && !native && flame_living_thread(pid) != pid) tid = pid;
    return native && native <= INT32_MAX && tid != pid ? (pid_t)native : tid;
}
