#include "python_find.h"

#include "elf_image.h"
#include "file.h"
#include "gather.h"
#include "memory.h"
#include "text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * An interpreter is found by what its executable or library exports (_PyRuntime, from 3.7), by the ELF
 * section .PyRuntime (from 3.10, also where symbols are hidden), or by the cookie that _PyRuntime begins with
 * (from 3.13, in memory). Every image is checked as often as it is mapped: only the mapping whose
 * _PyRuntime is alive counts.
 */

enum symbol { RUNTIME, VERSION, CODE_TYPE, GET_VERSION, PYTHON_2, PYPY, SYMBOLS };

static const char *const symbols[SYMBOLS] = {
    [RUNTIME] = "_PyRuntime",        [VERSION] = "Py_Version",     [CODE_TYPE] = "PyCode_Type",
    [GET_VERSION] = "Py_GetVersion", [PYTHON_2] = "PyString_Type", [PYPY] = "pypy_main_startup"};

typedef struct search {
    const python_source *source;
    python_runtime *runtime;
    fs_error refused; /* the best thing to say when nothing can be read */
    bool any_refused, starting;
    fs_error unread; /* why the file of an interpreter, or of what may be one, could not be read */
    bool any_unread;
} search;

void python_runtime_fini(python_runtime *runtime)
{
    fs_free(runtime->file);
    *runtime = (python_runtime){0};
}

static bool read_bytes(const search *self, uint64_t address, void *bytes, size_t length)
{
    return flame_read(self->source->reader, address, bytes, length, NULL) == FS_OK;
}

/* ---- versions ---- */

/* From PY_VERSION_HEX. */
static void version_from_hex(uint64_t hex, flame_python_version *version)
{
    static const char *const levels[16] = {[0xA] = "a", [0xB] = "b", [0xC] = "rc"};
    unsigned level = hex >> 4 & 15, serial = hex & 15;
    version->major = hex >> 24 & 255;
    version->minor = hex >> 16 & 255;
    version->micro = hex >> 8 & 255;
    version->level = level == 0xA ? 'a' : level == 0xB ? 'b' : level == 0xC ? 'c' : 'f';
    version->serial = (int)serial;
    if (levels[level])
        snprintf(version->text, sizeof version->text, "%d.%d.%d%s%u", version->major, version->minor,
                 version->micro, levels[level], serial);
    else
        snprintf(version->text, sizeof version->text, "%d.%d.%d", version->major, version->minor,
                 version->micro);
}

/* "3.9.18", "3.10.0rc1+": the whole of [at, end). */
static bool version_from_text(const char *at, const char *end, flame_python_version *version)
{
    char text[24], *next;
    if (end - at < 5 || end - at >= (ptrdiff_t)sizeof text) return false;
    if ((at[0] != '2' && at[0] != '3') || at[1] != '.' || !isdigit((unsigned char)at[2])) return false;
    memcpy(text, at, (size_t)(end - at));
    text[end - at] = '\0';
    long minor = strtol(text + 2, &next, 10);
    if (*next != '.' || !isdigit((unsigned char)next[1]) || minor > 99) return false;
    long micro = strtol(next + 1, &next, 10);
    char level = 'f';
    long serial = 0;
    if (*next == 'a' || *next == 'b' || (next[0] == 'r' && next[1] == 'c')) {
        level = *next == 'r' ? 'c' : *next;
        next += *next == 'r' ? 2 : 1;
        if (!isdigit((unsigned char)*next)) return false;
        serial = strtol(next, &next, 10);
    }
    if (*next == '+') next++;
    if (*next || micro > 255) return false;
    *version = (flame_python_version){.major = text[0] - '0',
                                      .minor = (int)minor,
                                      .micro = (int)micro,
                                      .level = level,
                                      .serial = (int)serial};
    memcpy(version->text, text, sizeof text);
    return true;
}

/* "libpython3.9.so.1.0", "python3.9": the minor version in a file's name; -1 when it has none. */
static int minor_in_name(const char *path, int *major)
{
    const char *base = strstr(fs_path_base(path), "python");
    if (!base || (base[6] != '2' && base[6] != '3') || base[7] != '.' || !isdigit((unsigned char)base[8]))
        return -1;
    *major = base[6] - '0';
    return (int)strtol(base + 8, NULL, 10);
}

/* Before 3.11 nothing in memory tells the version; the text that sys.version begins with is a constant of the
 * program. Other such texts (the Unicode database's "3.2.0") are told apart by the file's name, or are less.
 */
static bool version_from_constants(const flame_elf *elf, const char *path, flame_python_version *version)
{
    flame_section section;
    int major = 0, minor = minor_in_name(path, &major);
    bool found = false;
    if (flame_elf_section(elf, ".rodata", &section) && section.bytes) {
        const char *end = section.bytes + section.size;
        for (const char *at = section.bytes; at < end;) {
            const char *stop = memchr(at, 0, (size_t)(end - at));
            if (!stop) break;
            /* The linker lets a text share the end of a longer one: only the end is certain. */
            const char *first = stop;
            while (first > at && stop - first < 20 && (isalnum((unsigned char)first[-1]) || first[-1] == '.'))
                first--;
            while (first < stop && first[0] != '2' && first[0] != '3') first++;
            flame_python_version seen;
            if (version_from_text(first, stop, &seen)) {
                bool named = minor >= 0 && seen.minor == minor && seen.major == major;
                bool greater = !found || seen.major > version->major ||
                               (seen.major == version->major && seen.minor > version->minor);
                if (named || (minor < 0 && greater)) {
                    *version = seen;
                    found = true;
                    if (named) return true;
                }
            }
            at = stop + 1;
        }
    }
    if (found || minor < 0) return found;
    *version = (flame_python_version){.major = major, .minor = minor, .micro = -1};
    snprintf(version->text, sizeof version->text, "%d.%d", major, minor);
    return true;
}

/* ---- one image ---- */

static void refuse(search *self, const char *format, const char *what, const char *where)
{
    if (self->any_refused) return;
    self->any_refused = true;
    fs_fail(&self->refused, FS_UNSUPPORTED, format, what, where);
}

#define READS "flame reads CPython 3.8 to 3.15"

/* Is there a life in what is at `address`? Then the runtime is taken. */
static bool try_runtime(search *self, uint64_t address, uint64_t version_address, uint64_t code_type,
                        const flame_elf *elf, const flame_map *map)
{
    python_runtime *runtime = self->runtime;
    uint64_t words[PYTHON_TABLE_WORDS], hex = 0;
    flame_python_version version = {0};
    python_layout layout;
    bool table = read_bytes(self, address, words, sizeof words) && memcmp(words, PYTHON_COOKIE, 8) == 0;
    if (table) {
        version_from_hex(words[1], &version);
        version.free_threaded = words[2] != 0;
        if (version.free_threaded) strncat(version.text, "t", sizeof version.text - strlen(version.text) - 1);
    } else if (version_address && read_bytes(self, version_address, &hex, sizeof hex) && hex >> 24 == 3) {
        version_from_hex(hex, &version);
    } else if (!elf || !version_from_constants(elf, map->path, &version)) {
        return false;
    }
    if (version.major == 3 && version.minor >= 13 && !table) {
        self->starting = true; /* the cookie is written at start-up */
        return false;
    }
    if (version.major != 3 || version.minor < PYTHON_OLDEST || version.minor > PYTHON_NEWEST) {
        refuse(self, "Python %s in %s is not a version that flame knows; " READS, version.text, map->path);
        return false;
    }
    if (table) {
        fs_error why;
        if (python_layout_from_table(words, &layout, &why) != FS_OK) {
            refuse(self, "%s, in %s", why.message, map->path);
            return false;
        }
    } else {
        layout = *python_layout_fixed((unsigned)version.minor);
    }
    /* Alive: an interpreter with a thread in it. */
    uint64_t interpreter = 0, thread = 0, back = 0;
    if (!read_bytes(self, address + layout.runtime.interpreters, &interpreter, sizeof interpreter) ||
        !interpreter || !read_bytes(self, interpreter + layout.interpreter.threads, &thread, sizeof thread) ||
        !thread || !read_bytes(self, thread + layout.thread.interpreter, &back, sizeof back) ||
        back != interpreter) {
        self->starting = true;
        return false;
    }
    runtime->file = fs_strdup(map->path);
    if (!runtime->file) return false;
    runtime->address = address;
    runtime->code_type = code_type;
    runtime->layout = layout;
    runtime->version = version;
    runtime->version.file = runtime->file;
    return true;
}

/* Where to search_images first: what is called python, then the executable and everything else. */
static int rank(const flame_map *map)
{
    const char *base = fs_path_base(map->path);
    if (strncmp(base, "libpython", 9) == 0) return 0;
    if (strncmp(base, "python", 6) == 0 || strncmp(base, "pypy", 4) == 0 || strncmp(base, "libpypy", 7) == 0)
        return 1;
    return 2;
}

static bool try_image(search *self, const flame_map *map)
{
    flame_elf *elf = NULL;
    flame_section section;
    uint64_t bias, found[SYMBOLS];
    bool taken = false;
    fs_error why;
    fs_status status = self->source->open_elf(self->source->self, map, &elf, &why);
    /* Without descriptors nothing is known of any file; else only a name tells that it mattered. */
    if (!self->any_unread && (status == FS_IO || status == FS_MEMORY || (status && rank(map) < 2))) {
        self->any_unread = true;
        self->unread = why;
    }
    if (status != FS_OK) return false;
    if (!flame_elf_bias(elf, map, &bias)) goto cleanup;
    flame_elf_symbols(elf, symbols, SYMBOLS, found);
    uint64_t runtime = found[RUNTIME];
    if (!runtime && flame_elf_section(elf, ".PyRuntime", &section)) runtime = section.address;
    if (runtime) {
        taken = try_runtime(self, bias + runtime, found[VERSION] ? bias + found[VERSION] : 0,
                            found[CODE_TYPE] ? bias + found[CODE_TYPE] : 0, elf, map);
        goto cleanup;
    }
    flame_python_version version;
    if (found[PYPY] || strstr(fs_path_base(map->path), "pypy"))
        refuse(self, "%s in %s is another implementation of Python; " READS, "PyPy", map->path);
    else if (found[GET_VERSION] && version_from_constants(elf, map->path, &version))
        refuse(self, "Python %s in %s is too old; " READS, version.text, map->path);
    else if (found[GET_VERSION])
        refuse(self, "Python %s in %s is too old; " READS, found[PYTHON_2] ? "2" : "before 3.7", map->path);
cleanup:
    flame_elf_close(elf);
    return taken;
}

/* The cookie, in the writable memory of any file: in the data of a program or library. To read what is shared
 * with others would be to allocate it, and that may be gigabytes. */
static bool try_cookie(search *self)
{
    enum { PIECE = 1 << 16, DATA_MOST = 64 << 20 };
    bool taken = false;
    uint8_t *bytes = fs_alloc(PIECE, 1);
    for (size_t i = 0; bytes && i < self->source->maps->count && !taken; i++) {
        const flame_map *map = &self->source->maps->items[i];
        if (!map->readable || !map->writable || !map->inode || map->shared) continue;
        if (map->end - map->start > DATA_MOST) continue;
        for (uint64_t at = map->start; at < map->end && !taken; at += PIECE) {
            size_t length = map->end - at < PIECE ? (size_t)(map->end - at) : PIECE;
            if (!read_bytes(self, at, bytes, length)) break;
            for (size_t k = 0; k + 8 <= length && !taken; k += 8)
                if (memcmp(bytes + k, PYTHON_COOKIE, 8) == 0)
                    taken = try_runtime(self, at + k, 0, 0, NULL, map);
        }
    }
    fs_free(bytes);
    return taken;
}

/* ---- all images ---- */

static bool looks_like_elf(const python_source *source, const flame_map *map)
{
    char magic[4];
    return map->inode && map->offset == 0 && map->readable && map->path[0] == '/' &&
           flame_read(source->reader, map->start, magic, sizeof magic, NULL) == FS_OK &&
           memcmp(magic, "\177ELF", 4) == 0;
}

fs_status python_section_find(const python_source *source, const char *section, uint64_t *address)
{
    bool found = false, unread = false;
    for (size_t i = 0; i < source->maps->count && !found; i++) {
        const flame_map *map = &source->maps->items[i];
        flame_elf *elf;
        flame_section there;
        uint64_t bias;
        if (!looks_like_elf(source, map)) continue;
        if (source->open_elf(source->self, map, &elf, NULL) != FS_OK) {
            unread = true;
            continue;
        }
        found = flame_elf_section(elf, section, &there) && flame_elf_bias(elf, map, &bias);
        if (found) *address = bias + there.address;
        flame_elf_close(elf);
    }
    return found ? FS_OK : unread ? FS_IO : FS_NOT_FOUND;
}

static bool search_images(search *self)
{
    for (int wanted = 0; wanted < 3; wanted++)
        for (size_t i = 0; i < self->source->maps->count; i++) {
            const flame_map *map = &self->source->maps->items[i];
            if (rank(map) == wanted && looks_like_elf(self->source, map) && try_image(self, map)) return true;
        }
    /* One that is only starting is better known when it is found by its symbols. */
    return !self->starting && try_cookie(self);
}

fs_status python_runtime_search(const python_source *source, python_runtime *runtime,
                                flame_python_state *state, fs_error *error)
{
    *runtime = (python_runtime){0};
    search self = {.source = source, .runtime = runtime};
    if (search_images(&self)) {
        *state = FLAME_PYTHON_READY;
        return FS_OK;
    }
    if (self.starting) {
        *state = FLAME_PYTHON_STARTING;
        return fs_fail(error, FS_NOT_FOUND, "%s holds a Python interpreter that has not started yet",
                       source->name);
    }
    if (self.any_refused) {
        *state = FLAME_PYTHON_REFUSED;
        return fs_fail(error, FS_UNSUPPORTED, "%s: %s", source->name, self.refused.message);
    }
    *state = FLAME_PYTHON_NONE;
    if (self.any_unread)
        return fs_fail(error, FS_IO, "whether %s is a Python process cannot be seen: %s", source->name,
                       self.unread.message);
    return fs_fail(error, FS_NOT_FOUND, "%s%s is not a Python process: no interpreter in it", source->name,
                   source->what);
}

static fs_status open_elf(const void *process, const flame_map *map, flame_elf **elf, fs_error *error)
{
    return flame_elf_open(flame_process_thread(process), map, elf, error);
}

python_source python_process_source(flame_process *process, const flame_maps *maps)
{
    return (python_source){.reader = flame_process_reader(process),
                           .maps = maps,
                           .open_elf = open_elf,
                           .self = process,
                           .name = "the process",
                           .what = ""};
}

fs_status python_runtime_find(flame_process *process, python_runtime *runtime, flame_python_state *state,
                              fs_error *error)
{
    const int pid = (int)flame_process_pid(process);
    char name[32], what[FLAME_THREAD_NAME_SIZE], text[FLAME_THREAD_NAME_SIZE + 8];
    flame_maps maps;
    flame_life life = FLAME_ALIVE;
    *runtime = (python_runtime){0};
    if (flame_thread_name(pid, pid, what, NULL) != FS_OK) what[0] = '\0';
    snprintf(name, sizeof name, "process %d", pid);
    snprintf(text, sizeof text, " (%s)", what);
    fs_status status = flame_maps_read(process, &maps, error);
    *state = FLAME_PYTHON_NONE;
    if (!status) {
        python_source source = python_process_source(process, &maps);
        source.name = name;
        source.what = text;
        status = python_runtime_search(&source, runtime, state, error);
        life = flame_process_life(process);
        if (life != FLAME_ALIVE)
            status = fs_fail(error, FS_GONE, "process %d has ended or become another program", pid);
    }
    if (status == FS_GONE) *state = life == FLAME_REPLACED ? FLAME_PYTHON_STARTING : FLAME_PYTHON_ENDED;
    if (status == FS_PERMISSION) *state = FLAME_PYTHON_DENIED;
    flame_maps_fini(&maps);
    return status;
}
