/*
 * process.h - another process, from outside: its memory, mappings, threads and children.
 *
 * Nothing here ever writes to the process. Everything that comes out of it is hostile: addresses are only
 * ever handed to the kernel, which refuses the bad ones.
 */
#ifndef FLAME_PROCESS_H
#define FLAME_PROCESS_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- memory ---- */

/* A piece of the process's memory and where its copy goes. */
typedef struct flame_span {
    uint64_t address;
    void *bytes;
    size_t length;
} flame_span;

/* Where memory comes from: the living process, or a recording of one in the tests. */
typedef struct flame_reader {
    /* Copy the spans in order, in as few system calls as can be (one for up to 1024 spans). Returns how many
     * spans, counted from the first, were copied whole; when that is not all of them, the next one could not
     * be read and *reason (may be NULL) is EFAULT, ESRCH, EPERM or ENOMEM. */
    size_t (*read)(void *self, const flame_span *spans, size_t count, int *reason);
    void *self;
} flame_reader;

/* One span; FS_GONE when the process has ended, FS_NOT_FOUND when nothing is mapped there, FS_PERMISSION. */
FS_CHECK fs_status flame_read(const flame_reader *reader, uint64_t address, void *bytes, size_t length,
                              fs_error *error);

/* ---- the process ---- */

typedef struct flame_process flame_process;

/* Take hold of a process by its id. FS_NOT_FOUND: no such process. FS_GONE: it is a zombie. FS_PERMISSION:
 * its memory may not be read; the message says which rule forbids it and what to do about it. */
FS_CHECK fs_status flame_process_open(pid_t pid, flame_process **process, fs_error *error);
void flame_process_close(flame_process *process); /* NULL is legal */

pid_t flame_process_pid(const flame_process *process);

/* A thread of it that lives. /proc/TID holds what /proc/PID does until the first thread ends (the program
 * goes on without it), and is not empty afterwards. */
pid_t flame_process_thread(const flame_process *process);
const flame_reader *flame_process_reader(flame_process *process);

typedef enum flame_life {
    FLAME_ALIVE = 0,
    FLAME_REPLACED, /* it has called exec: another program runs under the same id; close and open again */
    FLAME_ENDED     /* gone, or a zombie that waits for its parent */
} flame_life;

/* Some ten microseconds: meant to be asked whenever reads begin to fail. */
flame_life flame_process_life(const flame_process *process);

/* Whether its memory is still that of the program that was opened: false after exec and at the end. A
 * microsecond; only flame_process_life tells which, and of a child of vfork. */
bool flame_process_unchanged(const flame_process *process);

/* True when the process is stopped by a signal (SIGSTOP, Ctrl-Z) or by a debugger. */
bool flame_process_stopped(const flame_process *process);

/* ---- mappings ---- */

typedef struct flame_map {
    uint64_t start, end, offset; /* offset: in the file, bytes */
    uint64_t inode;              /* 0: not a file */
    bool readable, writable, executable, shared;
    const char *path; /* "" for anonymous memory; as the process sees it */
} flame_map;

typedef struct flame_maps {
    flame_map *items;
    size_t count;
    char *text; /* owns the paths */
} flame_maps;

FS_CHECK fs_status flame_maps_read(const flame_process *process, flame_maps *maps, fs_error *error);
void flame_maps_fini(flame_maps *maps);
const flame_map *flame_maps_find(const flame_maps *maps, uint64_t address); /* NULL: nothing there */

/* ---- threads and children (pid or tid of any process) ---- */

typedef struct flame_thread_usage {
    char state;       /* R running or runnable, S sleeping, D waiting for a disk, T stopped, Z zombie, ... */
    double cpu;       /* seconds of CPU time so far, all of it user and system */
    pid_t parent;     /* of the process */
    uint64_t started; /* clock ticks since boot: with the id, tells a thread from a later one */
    uint64_t stack;   /* where the program's stack begins, another place after each exec; 0: not told */
} flame_thread_usage;

/* Ids of the kernel's threads of the process, ascending. Free with fs_free. */
FS_CHECK fs_status flame_process_threads(pid_t pid, pid_t **tids, size_t *count, fs_error *error);

/* Direct children of the process (of all its threads), ascending. Free with fs_free. */
FS_CHECK fs_status flame_process_children(pid_t pid, pid_t **pids, size_t *count, fs_error *error);

#define FLAME_THREAD_NAME_SIZE 64

/* The kernel's name for a thread (at most 15 bytes), as valid UTF-8. */
FS_CHECK fs_status flame_thread_name(pid_t pid, pid_t tid, char name[FLAME_THREAD_NAME_SIZE],
                                     fs_error *error);

/* tid == pid: the first thread; FS_GONE when there is no such thread any more. */
FS_CHECK fs_status flame_thread_usage_read(pid_t pid, pid_t tid, flame_thread_usage *usage, fs_error *error);

/* The first thread, or another one when that has ended; 0 when the process has. */
pid_t flame_living_thread(pid_t pid);

/* CPU seconds of the whole process. */
FS_CHECK fs_status flame_process_cpu(pid_t pid, double *seconds, fs_error *error);

#endif
