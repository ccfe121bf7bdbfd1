#include "memory.h"
#include "proc_files.h"
#include "process.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Limits on what a process may make us hold: its own kernel limit is 65530 mappings by default. */
enum { MAPS_MOST = 1 << 20, MAPS_BYTES = 256 << 20 };

/* "7f00-7f10 r-xp 00001000 fe:00 1234    /usr/lib/x.so" */
static bool parse_line(char *line, flame_map *map)
{
    char read = 0, write = 0, execute = 0, kind = 0;
    unsigned long long start, end, offset, inode;
    int path = 0;
    if (sscanf(line, "%llx-%llx %c%c%c%c %llx %*x:%*x %llu %n", &start, &end, &read, &write, &execute, &kind,
               &offset, &inode, &path) < 8)
        return false;
    if (end <= start) return false;
    *map = (flame_map){.start = start,
                       .end = end,
                       .offset = offset,
                       .inode = inode,
                       .readable = read == 'r',
                       .writable = write == 'w',
                       .executable = execute == 'x',
                       .shared = kind == 's',
                       .path = path ? line + path : ""};
    return true;
}

fs_status flame_maps_read(const flame_process *process, flame_maps *maps, fs_error *error)
{
    *maps = (flame_maps){0};
    char path[64], buffer[65536];
    size_t capacity = 0;
    fs_text text;
    fs_text_init(&text);
    fs_status status = FS_OK;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)flame_process_thread(process));
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        status = flame_proc_failed(path, errno, error);
        goto cleanup;
    }
    for (;;) {
        ssize_t got = read(file, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            status = flame_proc_failed(path, errno, error);
            goto cleanup;
        }
        if (got == 0) break;
        if (text.length + (size_t)got > MAPS_BYTES || !fs_text_append(&text, buffer, (size_t)got)) {
            status = fs_fail_memory(error, "reading the mappings of a process", text.length + (size_t)got);
            goto cleanup;
        }
    }
    for (char *line = text.data; line && *line;) {
        char *end = strchr(line, '\n');
        if (end) *end = '\0';
        flame_map map;
        if (maps->count < MAPS_MOST && parse_line(line, &map)) {
            if (!FS_GROW(maps->items, capacity, maps->count + 1)) {
                status = fs_fail_memory(error, "reading the mappings of a process", 0);
                goto cleanup;
            }
            maps->items[maps->count++] = map;
        }
        line = end ? end + 1 : NULL;
    }
    maps->text = text.data; /* the paths point into it */
    text.data = NULL;
cleanup:
    if (file >= 0) close(file);
    if (status != FS_OK) flame_maps_fini(maps);
    fs_text_fini(&text);
    return status;
}

void flame_maps_fini(flame_maps *maps)
{
    fs_free(maps->items);
    fs_free(maps->text);
    *maps = (flame_maps){0};
}

const flame_map *flame_maps_find(const flame_maps *maps, uint64_t address)
{
    size_t low = 0, high = maps->count; /* the kernel lists them ascending */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const flame_map *map = &maps->items[middle];
        if (address < map->start)
            high = middle;
        else if (address >= map->end)
            low = middle + 1;
        else
            return map;
    }
    return NULL;
}
