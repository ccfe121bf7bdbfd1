#include "core_file.h"

#include "ascending.h"
#include "core_file_private.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- memory ---- */

bool core_pread(int file, uint64_t offset, void *bytes, size_t length)
{
    uint8_t *out = bytes;
    while (length) {
        if (offset > INT64_MAX) return false;
        const ssize_t got = pread(file, out, length, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        out += got;
        offset += (uint64_t)got;
        length -= (size_t)got;
    }
    return true;
}

/* The segment that an address lies in, or NULL. */
static const core_segment *find_segment(const flame_core *self, uint64_t address)
{
    const size_t begun = fs_count_up_to(self->segments, self->segment_count, sizeof *self->segments, address);
    if (begun == 0 || address - self->segments[begun - 1].address >= self->segments[begun - 1].dumped)
        return NULL;
    return &self->segments[begun - 1];
}

/* Is the file what the process had mapped? The core has the first page of most. */
static bool is_same_file(const flame_core *self, int file, const char *path)
{
    enum { PAGE = 4096 };
    uint8_t then[PAGE], now[PAGE];
    for (size_t i = 0; i < self->maps.count; i++) {
        const flame_map *map = &self->maps.items[i];
        const core_segment *segment = find_segment(self, map->start);
        if (map->offset || strcmp(map->path, path) != 0 || !segment) continue;
        const uint64_t into = map->start - segment->address, left = segment->dumped - into;
        const size_t length = left < PAGE ? (size_t)left : PAGE;
        struct stat info;
        if (fstat(file, &info) != 0 || !core_pread(self->file, segment->offset + into, then, length))
            return false;
        const size_t there = (uint64_t)info.st_size < length ? (size_t)info.st_size : length;
        return core_pread(file, 0, now, there) && memcmp(then, now, there) == 0;
    }
    return true;
}

/* Where the program's own file is now. */
static const char *place_of(const flame_core *self, const char *path)
{
    return self->executable && self->program && strcmp(path, self->program) == 0 ? self->executable : path;
}

fs_status core_open_mapped(const flame_core *self, const char *path, int *file, fs_error *error)
{
    const char *place = place_of(self, path);
    *file = open(place, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*file < 0)
        return fs_fail(error, FS_NOT_FOUND, "%s: the file that the process had mapped cannot be opened (%s)",
                       place, strerror(errno));
    if (is_same_file(self, *file, path)) return FS_OK;
    close(*file);
    *file = -1;
    return fs_fail(error, FS_DATA, "%s: another file than the one that the process of %s had mapped", place,
                   self->path);
}

/* The open file of a mapping, -1: cannot be had. Few are kept open. */
static int mapped_file(flame_core *self, const flame_map *map)
{
    for (size_t i = 0; i < CORE_FILES; i++)
        if (self->files[i].path && strcmp(self->files[i].path, map->path) == 0) return self->files[i].file;
    core_mapped *oldest = &self->files[self->next_file++ % CORE_FILES];
    if (oldest->path && oldest->file >= 0) close(oldest->file);
    oldest->path = map->path;
    fs_error why;
    if (core_open_mapped(self, map->path, &oldest->file, &why) != FS_OK && !self->missing.code)
        self->missing = why;
    return oldest->file;
}

/* As much as lies in one piece; 0: nothing can be read there. */
static size_t read_piece(flame_core *self, uint64_t address, uint8_t *bytes, size_t length)
{
    const core_segment *segment = find_segment(self, address);
    if (segment) {
        const uint64_t into = address - segment->address, left = segment->dumped - into;
        if (left < length) length = (size_t)left;
        return core_pread(self->file, segment->offset + into, bytes, length) ? length : 0;
    }
    const flame_map *map = flame_maps_find(&self->maps, address);
    if (!map) return 0;
    const uint64_t into = address - map->start, left = map->end - address;
    if (left < length) length = (size_t)left;
    /* What was dumped of the mapping's rest is newer than the file. */
    const size_t page = 4096 - (size_t)(address % 4096);
    if (page < length) length = page;
    const int file = mapped_file(self, map);
    return file >= 0 && core_pread(file, map->offset + into, bytes, length) ? length : 0;
}

static size_t read_core(void *context, const flame_span *spans, size_t count, int *reason)
{
    flame_core *self = context;
    for (size_t i = 0; i < count; i++) {
        uint8_t *bytes = spans[i].bytes;
        for (size_t done = 0; done < spans[i].length;) {
            const uint64_t address = spans[i].address + done;
            const size_t got = address < spans[i].address
                                   ? 0
                                   : read_piece(self, address, bytes + done, spans[i].length - done);
            if (got == 0) {
                if (reason) *reason = EFAULT;
                return i;
            }
            done += got;
        }
    }
    return count;
}

/* ---- what is asked of a core ---- */

const fs_error *flame_core_missing(const flame_core *self)
{
    return self->missing.code ? &self->missing : NULL;
}

void flame_core_close(flame_core *self)
{
    if (!self) return;
    for (size_t i = 0; i < CORE_FILES; i++)
        if (self->files[i].path && self->files[i].file >= 0) close(self->files[i].file);
    if (self->file >= 0) close(self->file);
    fs_free(self->segments);
    fs_free(self->threads);
    fs_free(self->notes);
    flame_maps_fini(&self->maps);
    fs_free(self->path);
    fs_free(self->executable);
    fs_free(self);
}

static fs_status check_executable(const flame_core *self, fs_error *error)
{
    int file;
    if (!self->executable) return FS_OK;
    if (!self->program)
        return fs_fail(error, FS_DATA, "%s does not say which files the process had mapped", self->path);
    fs_status status = core_open_mapped(self, self->program, &file, error);
    if (file >= 0) close(file);
    return status;
}

fs_status flame_core_open(const char *path, const char *executable, flame_core **out, fs_error *error)
{
    *out = NULL;
    flame_core *self = fs_alloc_0(1, sizeof *self);
    if (!self) return fs_fail_memory(error, "opening a core file", sizeof *self);
    fs_status status = FS_OK;
    struct stat info;
    self->file = -1;
    self->path = fs_strdup(path);
    self->executable = executable ? fs_strdup(executable) : NULL;
    self->reader = (flame_reader){.read = read_core, .self = self};
    if (!self->path || (executable && !self->executable)) {
        status = fs_fail_memory(error, "opening a core file", 0);
        goto cleanup;
    }
    self->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (self->file < 0 || fstat(self->file, &info) != 0) {
        status = fs_fail_errno(error, "read", path, errno);
        goto cleanup;
    }
    if (!S_ISREG(info.st_mode)) {
        status = fs_fail(error, FS_FORMAT, "%s: not a regular file", path);
        goto cleanup;
    }
    self->size = (uint64_t)info.st_size;
    status = core_read_headers(self, error);
    if (!status) status = check_executable(self, error);
cleanup:
    if (status == FS_OK)
        *out = self;
    else
        flame_core_close(self);
    return status;
}

fs_status flame_core_elf(const flame_core *self, const flame_map *map, flame_elf **elf, fs_error *error)
{
    int file;
    *elf = NULL;
    fs_status status = core_open_mapped(self, map->path, &file, error);
    return status ? status : flame_elf_open_file(file, place_of(self, map->path), elf, error);
}

const flame_reader *flame_core_reader(const flame_core *self)
{
    return &self->reader;
}

const flame_maps *flame_core_maps(const flame_core *self)
{
    return &self->maps;
}

pid_t flame_core_pid(const flame_core *self)
{
    return self->pid;
}

const char *flame_core_command(const flame_core *self)
{
    return self->command;
}

int flame_core_signal(const flame_core *self)
{
    return self->signal;
}

pid_t flame_core_thread(const flame_core *self, uint64_t ident)
{
    for (size_t i = 0; ident && i < self->thread_count; i++)
        if (self->threads[i].pointer == ident) return self->threads[i].tid;
    return 0;
}
