#include "memory_limit.h"

#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { TEXT = 16384, PATH = 4096, LITTLE = 1 << 26 };

/* A file of the kernel's, as far as there is room; false: it is not there. */
static bool read_text(const char *root, const char *path, const char *name, char text[TEXT])
{
    char whole[3 * PATH];
    size_t used = 0;
    snprintf(whole, sizeof whole, "%s%s%s", root, path, name);
    int file = open(whole, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t got = 1;
    while (used < TEXT - 1 && (got = read(file, text + used, TEXT - 1 - used)) > 0) used += (size_t)got;
    close(file);
    text[used] = '\0';
    return got >= 0;
}

/* The number behind a word at the beginning of a line; 0: there is none. */
static double number_after(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, word, length) == 0 && strchr(" :\t", line[length]))
            return strtod(line + length + 1, NULL);
    }
    return 0;
}

static void lower(fs_memory_limit *limit, double bytes, const char *by)
{
    if (bytes < limit->bytes) *limit = (fs_memory_limit){fmax(bytes, 0), by};
}

/* ---- control groups ---- */

/* How the two versions name what they know. */
struct version {
    const char *mounted, *most, *used, *active, *inactive;
};

static const struct version versions[] = {
    {"/sys/fs/cgroup/memory", "/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_active_file",
     "total_inactive_file"},
    {"/sys/fs/cgroup", "/memory.max", "/memory.current", "active_file", "inactive_file"}};

/* One group and those above it. In a container the path may be that of another view: then the root counts. */
static void ask_groups(const char *root, const struct version *v, char *path, fs_memory_limit *limit)
{
    char folder[2 * PATH], text[TEXT];
    for (;;) {
        snprintf(folder, sizeof folder, "%s%s", v->mounted, strcmp(path, "/") ? path : "");
        double most = 0, used = 0, files = 0;
        if (read_text(root, folder, v->most, text) && text[0] != 'm') most = strtod(text, NULL);
        if (most > 0 && most < 0x1p60 && read_text(root, folder, v->used, text)) {
            used = strtod(text, NULL);
            if (read_text(root, folder, "/memory.stat", text))
                files = number_after(text, v->active) + number_after(text, v->inactive);
            lower(limit, most - fmax(used - files, 0), "the control group (cgroup)");
        }
        char *slash = strrchr(path, '/');
        if (!slash || strcmp(path, "/") == 0) return;
        slash[slash == path] = '\0'; /* one up; "/" at last */
    }
}

/* Lines are "4:memory:/path" (version 1, perhaps with other words beside that one) and "0::/path" (2). */
static void ask_control_groups(const char *root, fs_memory_limit *limit)
{
    char text[TEXT], path[PATH], *rest;
    if (!read_text(root, "/proc/self/", "cgroup", text)) return;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *words = strchr(line, ':'), *at = words ? strchr(words + 1, ':') : NULL;
        if (!at) continue;
        *at++ = '\0';
        char *memory = strstr(words + 1, "memory");
        if (words[1] && !memory) continue;
        snprintf(path, sizeof path, "%s", at);
        ask_groups(root, &versions[words[1] == '\0'], path, limit);
    }
}

/* ---- all ---- */

fs_memory_limit fs_memory_left(const char *root)
{
    fs_memory_limit limit = {HUGE_VAL, "this machine"};
    char text[TEXT];
    struct rlimit space;
    if (read_text(root, "/proc/", "meminfo", text)) {
        double available = number_after(text, "MemAvailable") + number_after(text, "SwapFree");
        if (available > 0) lower(&limit, 1024 * available, "this machine");
    }
    ask_control_groups(root, &limit);
    if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY &&
        read_text(root, "/proc/self/", "statm", text)) {
        double held = strtod(text, NULL) * (double)sysconf(_SC_PAGESIZE);
        lower(&limit, (double)space.rlim_cur - held, "the limit of the address space (ulimit -v)");
    }
    return limit;
}

fs_status fs_memory_check(double needed, const char *what, double objects, double power, fs_error *error)
{
    if (needed < LITTLE) return FS_OK;
    fs_memory_limit left = fs_memory_left("");
    if (needed <= left.bytes) return FS_OK;
    fs_status status = fs_fail(error, FS_MEMORY, "%s takes %.3g GB, and %s leaves %.3g GB", what,
                               needed * 1e-9, left.by, left.bytes * 1e-9);
    double fit = floor(objects * pow(left.bytes / needed, 1 / power));
    if (objects > 0 && error) {
        size_t used = strlen(error->message);
        snprintf(error->message + used, sizeof error->message - used, ", enough for some %.0f objects", fit);
    }
    return status;
}
