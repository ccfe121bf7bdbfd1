#include "jit_symbols.h"

#include "ascending.h"
#include "clock.h"
#include "file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BYTES_MOST = 1 << 28, DUMP_HEADER = 40, RECORD_HEADER = 16, LOAD_FIELDS = 40, CODE_LOAD = 0 };

#define DUMP_MAGIC   0x4A695444u
#define UPDATE_EVERY UINT64_C(1000000000) /* nanoseconds */

void jit_symbols_init(jit_symbols *jit, pid_t pid, pid_t thread)
{
    *jit = (jit_symbols){.pid = pid, .thread = thread};
    fs_arena_init(&jit->names);
    /* In a container it writes its number as it knows it. */
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)jit->thread);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "NSpid:", 6) != 0) continue;
        const char *last = strrchr(line, '\t');
        long number = last ? strtol(last, NULL, 10) : 0;
        if (number > 0 && number <= INT32_MAX) jit->pid = (pid_t)number;
    }
    if (file) fclose(file);
}

void jit_symbols_fini(jit_symbols *jit)
{
    fs_free(jit->dump);
    fs_free(jit->items);
    fs_arena_fini(&jit->names);
    *jit = (jit_symbols){0};
}

void jit_symbols_notice(jit_symbols *jit, const flame_map *map)
{
    const char *name = fs_path_base(map->path);
    if (jit->dump || strncmp(name, "jit-", 4) != 0 || !fs_path_ends(name, ".dump")) return;
    char path[8192];
    int length = snprintf(path, sizeof path, "/proc/%d/root%s", (int)jit->thread, map->path);
    if (length > 0 && length < (int)sizeof path) jit->dump = fs_strdup(path);
}

static bool add(jit_symbols *jit, uint64_t start, uint64_t size, const char *name, size_t length)
{
    if (!FS_GROW(jit->items, jit->capacity, jit->count + 1)) return false;
    const char *copy = fs_arena_strndup(&jit->names, name, length);
    if (!copy) return false;
    jit->items[jit->count] =
        (jit_symbol){.start = start, .size = size, .name = copy, .order = (uint32_t)jit->count};
    jit->count++;
    return true;
}

/* A file of the process or, when that has ended, of this system: only a regular one, and not another user's.
 */
static bool read_file(const char *path, char **bytes, size_t *length)
{
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode)) return false;
    return fs_file_read(path, BYTES_MOST, bytes, length, NULL) == FS_OK;
}

/* Lines of "START SIZE name", both in hexadecimal. */
static void read_map(jit_symbols *jit, const char *text)
{
    while (*text) {
        const char *end = strchr(text, '\n');
        if (!end) return; /* the last line is being written */
        char *at;
        uint64_t start = strtoull(text, &at, 16), size = strtoull(at, &at, 16);
        if (at < end && *at == ' ' && size && !add(jit, start, size, at + 1, (size_t)(end - at - 1))) return;
        text = end + 1;
    }
}

static uint64_t number(const char *bytes, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, bytes, size);
    return value;
}

/* A header, then records: kind, total size, time, and for code: pid, tid, vma, address, size, index, name. */
static void read_dump(jit_symbols *jit, const char *bytes, size_t length)
{
    if (length < DUMP_HEADER || number(bytes, 4) != DUMP_MAGIC) return;
    size_t at = (size_t)number(bytes + 8, 4);
    while (at < length && length - at >= RECORD_HEADER) {
        size_t size = (size_t)number(bytes + at + 4, 4);
        if (size < RECORD_HEADER || size > length - at) return;
        const char *record = bytes + at;
        at += size;
        if (number(record, 4) != CODE_LOAD || size <= RECORD_HEADER + LOAD_FIELDS) continue;
        const char *fields = record + RECORD_HEADER, *name = fields + LOAD_FIELDS;
        size_t most = size - RECORD_HEADER - LOAD_FIELDS;
        if (!add(jit, number(fields + 16, 8), number(fields + 24, 8), name, strnlen(name, most))) return;
    }
}

static int by_start(const void *left, const void *right)
{
    const jit_symbol *a = left, *b = right;
    if (a->start != b->start) return a->start < b->start ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

void jit_symbols_read(jit_symbols *jit)
{
    char map[2][96], *bytes;
    size_t length;
    jit->count = 0;
    fs_arena_fini(&jit->names);
    fs_arena_init(&jit->names);
    jit->read_at = fs_clock_nanoseconds();
    snprintf(map[0], sizeof map[0], "/proc/%d/root/tmp/perf-%d.map", (int)jit->thread, (int)jit->pid);
    snprintf(map[1], sizeof map[1], "/tmp/perf-%d.map", (int)jit->pid);
    if (read_file(map[0], &bytes, &length) || read_file(map[1], &bytes, &length)) {
        read_map(jit, bytes);
        fs_free(bytes);
    }
    if (jit->dump && read_file(jit->dump, &bytes, &length)) {
        read_dump(jit, bytes, length);
        fs_free(bytes);
    }
    if (jit->count) qsort(jit->items, jit->count, sizeof *jit->items, by_start);
}

void jit_symbols_update(jit_symbols *jit)
{
    if (!jit->read_at || fs_clock_nanoseconds() - jit->read_at > UPDATE_EVERY) jit_symbols_read(jit);
}

const jit_symbol *jit_symbols_find(const jit_symbols *jit, uint64_t address)
{
    const size_t begun = fs_count_up_to(jit->items, jit->count, sizeof *jit->items, address);
    if (begun == 0 || address - jit->items[begun - 1].start >= jit->items[begun - 1].size) return NULL;
    return &jit->items[begun - 1];
}
