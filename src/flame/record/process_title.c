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

char *flame_current_folder(pid_t pid)
{
    char path[64], folder[4096];
    snprintf(path, sizeof path, "/proc/%d/cwd", (int)flame_living_thread(pid));
    ssize_t got = readlink(path, folder, sizeof folder - 1);
    if (got <= 1) return NULL; /* unknown, or "/": nothing to shorten */
    folder[got++] = '/';
    return fs_strndup(folder, (size_t)got);
}
