#include "core_file_private.h"

#include "memory.h"
#include "text.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The kernel's own limit on mappings is 65,530 by default; notes are some hundred bytes for each thread and
 * mapping. */
enum { SEGMENTS_MOST = 1 << 20, NOTES_MOST = 64 << 20 };

/* Fields of elf_prstatus and elf_prpsinfo (linux/elfcore.h), the same on x86-64 and AArch64 but for the
 * registers. */
enum {
    STATUS_SIGNAL = 12,
    STATUS_TID = 32,
    STATUS_FS_BASE = 112 + 21 * 8, /* x86-64 */
    INFO_PID = 24,
    INFO_ARGUMENTS = 56,
    INFO_ARGUMENTS_LENGTH = 80
};

static fs_status nonsense(const flame_core *self, const char *what, fs_error *error)
{
    return fs_fail(error, FS_FORMAT, "%s: a damaged core file (%s)", self->path, what);
}

static uint64_t load(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, bytes, size); /* little-endian, as all that is read */
    return value;
}

/* ---- notes ---- */

/* Of a process or a thread; 0, "not known", for what is no such number. */
static pid_t load_number(const uint8_t *bytes)
{
    const uint64_t number = load(bytes, 4);
    return number <= INT32_MAX ? (pid_t)number : 0;
}

static bool add_thread(flame_core *self, const uint8_t *status, size_t length, unsigned machine)
{
    if (length < STATUS_TID + 4) return true;
    if (!FS_GROW(self->threads, self->thread_capacity, self->thread_count + 1)) return false;
    core_thread *thread = &self->threads[self->thread_count++];
    *thread = (core_thread){.tid = load_number(status + STATUS_TID)};
    if (machine == EM_X86_64 && length >= STATUS_FS_BASE + 8)
        thread->pointer = load(status + STATUS_FS_BASE, 8);
    /* The thread that a signal ended comes first. */
    if (self->thread_count == 1) self->signal = (int)load(status + STATUS_SIGNAL, 2);
    return true;
}

/* What the kernel says of the segment that a mapping begins in. */
static uint32_t flags_at(const flame_core *self, uint64_t address)
{
    for (size_t i = 0; i < self->segment_count; i++)
        if (address - self->segments[i].address < self->segments[i].length) return self->segments[i].flags;
    return PF_R;
}

/* NT_FILE: count, page size, then start, end, offset in pages of each, then the paths. */
static fs_status read_files(flame_core *self, const uint8_t *note, size_t length, fs_error *error)
{
    if (length < 16 || self->maps.items) return FS_OK;
    const uint64_t count = load(note, 8), page = load(note + 8, 8);
    if (count > (length - 16) / 24 || page == 0 || page > 1 << 30)
        return nonsense(self, "its list of files is longer than it can be", error);
    const char *paths = (const char *)note + 16 + 24 * count, *end = (const char *)note + length;
    self->maps.items = fs_alloc_0((size_t)count, sizeof *self->maps.items);
    if (!self->maps.items) return fs_fail_memory(error, "reading a core file", 0);
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *entry = note + 16 + 24 * i;
        const char *stop = paths < end ? memchr(paths, '\0', (size_t)(end - paths)) : NULL;
        const uint64_t pages = load(entry + 16, 8);
        if (!stop || pages > UINT64_MAX / page) return nonsense(self, "its list of files ends early", error);
        const flame_map map = {.start = load(entry, 8),
                               .end = load(entry + 8, 8),
                               .offset = pages * page,
                               .inode = 1,
                               .path = paths};
        paths = stop + 1;
        /* Ascending, for they are searched. */
        const uint64_t last = self->maps.count ? self->maps.items[self->maps.count - 1].end : 0;
        if (map.start < last || map.end <= map.start)
            return nonsense(self, "its list of files is not in order", error);
        self->maps.items[self->maps.count++] = map;
    }
    return FS_OK;
}

static void describe_maps(flame_core *self, uint64_t headers)
{
    for (size_t i = 0; i < self->maps.count; i++) {
        flame_map *map = &self->maps.items[i];
        const uint32_t flags = flags_at(self, map->start);
        map->readable = flags & PF_R;
        map->writable = flags & PF_W;
        map->executable = flags & PF_X;
    }
    /* The program's headers are where the kernel told the program that they are; else the program is what
     * lies lowest. */
    const flame_map *program = flame_maps_find(&self->maps, headers);
    if (!program && self->maps.count) program = &self->maps.items[0];
    self->program = program ? program->path : NULL;
}

static void read_info(flame_core *self, const uint8_t *info, size_t length)
{
    if (length < INFO_ARGUMENTS + INFO_ARGUMENTS_LENGTH) return;
    fs_text text;
    fs_text_init(&text);
    self->pid = load_number(info + INFO_PID);
    const char *arguments = (const char *)info + INFO_ARGUMENTS;
    size_t used = strnlen(arguments, INFO_ARGUMENTS_LENGTH);
    while (used && arguments[used - 1] == ' ') used--;
    fs_text_add_utf8(&text, arguments, used);
    used = text.length < sizeof self->command ? text.length : sizeof self->command - 1;
    memcpy(self->command, fs_text_string(&text), fs_utf8_clip(fs_text_string(&text), used));
    fs_text_fini(&text);
}

static uint64_t headers_of_program(const uint8_t *vector, size_t length)
{
    for (size_t i = 0; i + 16 <= length; i += 16)
        if (load(vector + i, 8) == AT_PHDR) return load(vector + i + 8, 8);
    return 0;
}

static fs_status read_notes(flame_core *self, const uint8_t *notes, size_t length, unsigned machine,
                            uint64_t *headers, fs_error *error)
{
    fs_status status = FS_OK;
    for (size_t at = 0; !status && length - at >= 12;) {
        const size_t name = (size_t)load(notes + at, 4), size = (size_t)load(notes + at + 4, 4);
        const uint32_t type = (uint32_t)load(notes + at + 8, 4);
        const size_t body = at + 12 + (name + 3) / 4 * 4, next = body + (size + 3) / 4 * 4;
        if (body > length || size > length - body)
            return nonsense(self, "a note reaches past the end", error);
        if (name == 5 && memcmp(notes + at + 12, "CORE", 5) == 0) {
            if (type == NT_PRSTATUS && !add_thread(self, notes + body, size, machine))
                status = fs_fail_memory(error, "reading a core file", 0);
            if (type == NT_PRPSINFO) read_info(self, notes + body, size);
            if (type == NT_FILE) status = read_files(self, notes + body, size, error);
            if (type == NT_AUXV) *headers = headers_of_program(notes + body, size);
        }
        if (next >= length) break;
        at = next;
    }
    return status;
}

/* ---- headers ---- */

static int by_address(const void *a, const void *b)
{
    const uint64_t left = ((const core_segment *)a)->address, right = ((const core_segment *)b)->address;
    return left < right ? -1 : left > right;
}

static fs_status add_segment(flame_core *self, const Elf64_Phdr *header, fs_error *error)
{
    if (header->p_memsz < header->p_filesz || header->p_vaddr + header->p_memsz < header->p_vaddr)
        return nonsense(self, "a segment longer than it can be", error);
    if (!FS_GROW(self->segments, self->segment_capacity, self->segment_count + 1))
        return fs_fail_memory(error, "reading a core file", 0);
    self->segments[self->segment_count++] = (core_segment){.address = header->p_vaddr,
                                                           .dumped = header->p_filesz,
                                                           .offset = header->p_offset,
                                                           .length = header->p_memsz,
                                                           .flags = header->p_flags};
    return FS_OK;
}

static fs_status cut_off(const flame_core *self, uint64_t wanted, fs_error *error)
{
    char is[FS_NUMBER_SIZE], should[FS_NUMBER_SIZE];
    fs_number_grouped(self->size, is);
    fs_number_grouped(wanted, should);
    return fs_fail(error, FS_DATA,
                   "%s: cut off: %s of %s bytes are there (was the disk full, or ulimit -c too low?)",
                   self->path, is, should);
}

/* How many program headers there are: more than fit in the ELF header are counted in the first section's. */
static fs_status count_headers(const flame_core *self, const Elf64_Ehdr *elf, uint64_t *count,
                               fs_error *error)
{
    Elf64_Shdr section;
    *count = elf->e_phnum;
    if (elf->e_phnum == PN_XNUM) {
        if (elf->e_shoff == 0 || !core_pread(self->file, elf->e_shoff, &section, sizeof section))
            return cut_off(self, elf->e_shoff + sizeof section, error);
        *count = section.sh_info;
    }
    if (elf->e_phentsize != sizeof(Elf64_Phdr) || *count == 0 || *count > SEGMENTS_MOST)
        return nonsense(self, "no segments, or too many", error);
    return FS_OK;
}

/* All segments, and how long the file must be; the notes' header into *note. */
static fs_status read_segments(flame_core *self, const Elf64_Ehdr *elf, Elf64_Phdr *note, fs_error *error)
{
    uint64_t count, wanted = 0;
    fs_status status = count_headers(self, elf, &count, error);
    if (status) return status;
    for (uint64_t i = 0; i < count && !status; i++) {
        Elf64_Phdr header;
        const uint64_t at = elf->e_phoff + i * sizeof header;
        if (!core_pread(self->file, at, &header, sizeof header))
            return cut_off(self, at + sizeof header, error);
        if (header.p_offset > INT64_MAX || header.p_filesz > INT64_MAX - header.p_offset)
            return nonsense(self, "a segment longer than it can be", error);
        if (header.p_offset + header.p_filesz > wanted) wanted = header.p_offset + header.p_filesz;
        if (header.p_type == PT_LOAD && header.p_memsz) status = add_segment(self, &header, error);
        if (header.p_type == PT_NOTE && header.p_filesz > note->p_filesz) *note = header;
    }
    if (!status && wanted > self->size) return cut_off(self, wanted, error);
    if (self->segment_count) qsort(self->segments, self->segment_count, sizeof *self->segments, by_address);
    for (size_t i = 1; i < self->segment_count && !status; i++)
        if (self->segments[i].address - self->segments[i - 1].address < self->segments[i - 1].length)
            status = nonsense(self, "segments that lie over each other", error);
    return status;
}

fs_status core_read_headers(flame_core *self, fs_error *error)
{
    Elf64_Ehdr elf;
    Elf64_Phdr note = {0};
    uint64_t headers = 0;
    if (!core_pread(self->file, 0, &elf, sizeof elf) || memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0)
        return fs_fail(error, FS_FORMAT, "%s: not a core file (no ELF file at all)", self->path);
    if (elf.e_type != ET_CORE)
        return fs_fail(error, FS_FORMAT, "%s: an ELF file, but not a core file", self->path);
    if (elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_ident[EI_DATA] != ELFDATA2LSB)
        return fs_fail(error, FS_UNSUPPORTED, "%s: not the core of a 64-bit little-endian process",
                       self->path);
    fs_status status = read_segments(self, &elf, &note, error);
    if (status) return status;
    if (note.p_filesz == 0 || note.p_filesz > NOTES_MOST)
        return nonsense(self, "no notes, or too many", error);
    const size_t length = (size_t)note.p_filesz;
    self->notes = fs_alloc(length, 1);
    if (!self->notes) return fs_fail_memory(error, "reading a core file", length);
    if (!core_pread(self->file, note.p_offset, self->notes, length))
        return cut_off(self, note.p_offset + length, error);
    status = read_notes(self, self->notes, length, elf.e_machine, &headers, error);
    if (!status) describe_maps(self, headers);
    if (!status && !self->pid && self->thread_count) self->pid = self->threads[0].tid;
    return status;
}
