#include "memory.h"
#include "proc_files.h"
#include "process.h"
#include "scheduling.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int by_number(const void *a, const void *b)
{
    pid_t left = *(const pid_t *)a, right = *(const pid_t *)b;
    return (left > right) - (left < right);
}

static bool push(pid_t **ids, size_t *count, size_t *capacity, pid_t id)
{
    if (!FS_GROW(*ids, *capacity, *count + 1)) return false;
    (*ids)[(*count)++] = id;
    return true;
}

/* The numbers that name the entries of a directory of /proc. */
static fs_status numbered_entries(const char *path, pid_t **ids, size_t *count, fs_error *error)
{
    size_t capacity = 0;
    *ids = NULL;
    *count = 0;
    DIR *directory = opendir(path);
    if (!directory) return flame_proc_failed(path, errno, error);
    fs_status status = FS_OK;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char *end;
        long id = strtol(entry->d_name, &end, 10);
        if (*end || id <= 0 || id > INT32_MAX) continue;
        if (!push(ids, count, &capacity, (pid_t)id)) {
            status = fs_fail_memory(error, "listing processes", 0);
            break;
        }
    }
    closedir(directory);
    if (status != FS_OK) {
        fs_free(*ids);
        *ids = NULL;
        *count = 0;
    } else if (*count) {
        qsort(*ids, *count, sizeof **ids, by_number);
    }
    return status;
}

fs_status flame_process_threads(pid_t pid, pid_t **tids, size_t *count, fs_error *error)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    return numbered_entries(path, tids, count, error);
}

/* Without /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN): ask every process for its parent. */
static fs_status children_by_parent(pid_t pid, pid_t **pids, size_t *count, fs_error *error)
{
    pid_t *all = NULL;
    size_t total = 0;
    fs_status status = numbered_entries("/proc", &all, &total, error);
    if (status != FS_OK) return status;
    size_t kept = 0;
    for (size_t i = 0; i < total; i++) {
        flame_thread_usage usage;
        if (flame_thread_usage_read(all[i], all[i], &usage, NULL) == FS_OK && usage.parent == pid)
            all[kept++] = all[i];
    }
    *pids = all;
    *count = kept;
    return FS_OK;
}

fs_status flame_process_children(pid_t pid, pid_t **pids, size_t *count, fs_error *error)
{
    *pids = NULL;
    *count = 0;
    pid_t *tids = NULL;
    size_t threads = 0, capacity = 0;
    fs_status status = flame_process_threads(pid, &tids, &threads, error);
    if (status != FS_OK) return status;
    for (size_t i = 0; i < threads && status == FS_OK; i++) {
        char path[96];
        snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)tids[i]);
        FILE *file = fopen(path, "re");
        int reason = file ? 0 : errno;
        if (i == 0 && reason == ENOENT && access("/proc/self/task", F_OK) == 0) {
            fs_free(tids);
            return children_by_parent(pid, pids, count, error);
        }
        if (flame_no_descriptor(reason)) status = flame_proc_failed(path, reason, error);
        if (!file) continue; /* that thread has ended */
        int child;
        while (status == FS_OK && fscanf(file, "%d", &child) == 1)
            if (child > 0 && !push(pids, count, &capacity, (pid_t)child))
                status = fs_fail_memory(error, "listing processes", 0);
        fclose(file);
    }
    fs_free(tids);
    if (status != FS_OK) {
        fs_free(*pids);
        *pids = NULL;
        *count = 0;
    } else if (*count) {
        qsort(*pids, *count, sizeof **pids, by_number);
    }
    return status;
}

fs_status flame_thread_name(pid_t pid, pid_t tid, char name[FLAME_THREAD_NAME_SIZE], fs_error *error)
{
    char path[96], raw[64];
    size_t length = 0;
    name[0] = '\0';
    snprintf(path, sizeof path, "/proc/%d/task/%d/comm", (int)pid, (int)tid);
    fs_status status = flame_proc_read(path, raw, sizeof raw, &length, error);
    if (status != FS_OK) return status;
    if (length && raw[length - 1] == '\n') length--;
    /* Any program may put any bytes there; the kernel cuts at 15, perhaps inside a character. */
    fs_text clean;
    fs_text_init(&clean);
    fs_text_add_printable(&clean, raw, length, false);
    size_t kept = clean.length < FLAME_THREAD_NAME_SIZE ? clean.length : FLAME_THREAD_NAME_SIZE - 1;
    kept = fs_utf8_clip(fs_text_string(&clean), kept);
    memcpy(name, fs_text_string(&clean), kept);
    name[kept] = '\0';
    if (clean.failed) status = fs_fail_memory(error, "reading a thread's name", 0);
    fs_text_fini(&clean);
    return status;
}

fs_status flame_thread_usage_read(pid_t pid, pid_t tid, flame_thread_usage *usage, fs_error *error)
{
    char path[96], text[1024];
    size_t length = 0;
    *usage = (flame_thread_usage){0};
    /* The file of the process (not of its first thread) when tid == pid: its parent and state are the same,
     * its CPU time is that of all threads, so it is not used for that. */
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)tid);
    fs_status status = flame_proc_read(path, text, sizeof text, &length, error);
    if (status != FS_OK) return status;
    /* The name may hold anything, parentheses too: the fields begin after the last one. */
    const char *fields = strrchr(text, ')');
    int parent = 0;
    unsigned long user = 0, system = 0;
    unsigned long long started = 0, stack = 0;
    /* state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime cutime cstime
     * priority nice num_threads itrealvalue starttime vsize rss rsslim startcode endcode startstack */
    if (!fields || sscanf(fields + 1,
                          " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %llu"
                          " %*u %*d %*u %*u %*u %llu",
                          &usage->state, &parent, &user, &system, &started, &stack) != 6)
        return fs_fail(error, FS_FORMAT, "%s: not in the form that proc(5) describes", path);
    usage->parent = (pid_t)parent;
    usage->started = started;
    usage->stack = stack;
    usage->cpu = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    /* Nanoseconds where the kernel keeps them. */
    flame_schedstat stat;
    int file = flame_schedstat_open(pid, tid);
    if (file >= 0 && flame_schedstat_read(file, &stat)) usage->cpu = (double)stat.ran * 1e-9;
    if (file >= 0) close(file);
    return FS_OK;
}

static bool thread_lives(pid_t pid, pid_t tid)
{
    flame_thread_usage usage;
    return flame_thread_usage_read(pid, tid, &usage, NULL) == FS_OK && usage.state != 'Z' &&
           usage.state != 'X';
}

pid_t flame_living_thread(pid_t pid)
{
    pid_t *tids, found = 0;
    size_t count;
    if (thread_lives(pid, pid)) return pid;
    if (flame_process_threads(pid, &tids, &count, NULL) != FS_OK) return 0;
    for (size_t i = 0; i < count && !found; i++)
        if (thread_lives(pid, tids[i])) found = tids[i];
    fs_free(tids);
    return found;
}

fs_status flame_process_cpu(pid_t pid, double *seconds, fs_error *error)
{
    char path[64], text[1024];
    size_t length = 0;
    *seconds = 0;
    /* The process's CPU-time clock has nanoseconds and remembers threads that have ended. */
    clockid_t clock = (clockid_t)(~(unsigned)pid << 3 | 2U); /* as clock_getcpuclockid(3) makes it */
    struct timespec now;
    if (clock_gettime(clock, &now) == 0) {
        *seconds = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
        return FS_OK;
    }
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    fs_status status = flame_proc_read(path, text, sizeof text, &length, error);
    if (status != FS_OK) return status;
    const char *fields = strrchr(text, ')');
    unsigned long user, system;
    if (!fields ||
        sscanf(fields + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        return fs_fail(error, FS_FORMAT, "%s: not in the form that proc(5) describes", path);
    *seconds = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    return FS_OK;
}
