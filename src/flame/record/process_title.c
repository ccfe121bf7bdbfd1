#include "record.h"

#include "memory.h"
#include "proc_files.h"
#include "process.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

char *flame_command_line(pid_t pid)
{
    enum { WORDS = 80 };
    char path[64], words[1024], label[WORDS + 64];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)flame_living_thread(pid));
    size_t length;
    if (flame_proc_read(path, words, sizeof words, &length, NULL) != FS_OK) length = 0;
    while (length && words[length - 1] == '\0') length--;
    words[length] = '\0';
    /* Only the program loses its folders: "python", not "/usr/bin/python". */
    const char *slash = strrchr(words, '/');
    size_t start = slash ? (size_t)(slash + 1 - words) : 0;
    for (size_t i = start; i < length; i++)
        if ((unsigned char)words[i] < ' ' || words[i] == ';' || words[i] == 127) words[i] = ' ';
    if (length == 0) snprintf(words, sizeof words, "process");
    bool cut = length > start && length - start > WORDS;
    snprintf(label, sizeof label, "%.*s%s (%d)", WORDS, words + start, cut ? "..." : "", (int)pid);
    return fs_strdup(label);
}

/* Where a link of /proc/PID leads, with a '/' at the end; its length, 0 when not known. */
static size_t read_folder(pid_t pid, const char *link, char *folder, size_t room)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, link);
    ssize_t got = readlink(path, folder, room - 1);
    if (got <= 0) return 0;
    if (folder[got - 1] != '/') folder[got++] = '/';
    return (size_t)got;
}

char *flame_current_folder(pid_t pid)
{
    char folder[4096], root[4096];
    const pid_t living = flame_living_thread(pid);
    const size_t length = read_folder(living, "cwd", folder, sizeof folder);
    /* What the process calls it, which may live in a root of its own. */
    const size_t outside = read_folder(living, "root", root, sizeof root);
    const bool inside = outside > 1 && length >= outside && memcmp(folder, root, outside) == 0;
    const size_t start = inside ? outside - 1 : 0;
    if (length - start <= 1) return NULL; /* unknown, or "/": nothing to shorten */
    return fs_strndup(folder + start, length - start);
}
