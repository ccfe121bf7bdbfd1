#include "elf_image.h"

#include "memory.h"
#include "proc_files.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct flame_elf {
    int file;
    Elf *elf;
    size_t names; /* index of the section with section names */
};

enum { PATH_ROOM = 8192 };

/* Does the open file stand behind the mapping? Overlay file systems report another device and sometimes
 * another inode, so a mismatch is only a reason to look further first. */
static bool same_file(int file, const flame_map *map)
{
    struct stat info;
    return fstat(file, &info) == 0 && (uint64_t)info.st_ino == map->inode;
}

static int open_mapped(pid_t thread, const flame_map *map)
{
    char path[PATH_ROOM];
    int pid = (int)thread, fallback = -1, reason = 0;
    for (int way = 0; way < 4; way++) {
        int length = 0;
        if (way == 0) length = snprintf(path, sizeof path, "/proc/%d/root%s", pid, map->path);
        if (way == 1) length = snprintf(path, sizeof path, "%s", map->path);
        if (way == 2)
            length = snprintf(path, sizeof path, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, map->start,
                              map->end);
        if (way == 3) length = snprintf(path, sizeof path, "/proc/%d/exe", pid);
        if (length < 0 || length >= PATH_ROOM || path[0] != '/') continue;
        /* O_NONBLOCK: a path that leads to a pipe by accident must not hang us. */
        int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (file < 0) {
            reason = reason && !flame_no_descriptor(errno) ? reason : errno; /* of the best way there is */
            continue;
        }
        if (same_file(file, map)) {
            if (fallback >= 0) close(fallback);
            return file;
        }
        /* Of a process that has ended nothing tells whether the path leads there in its root, too. */
        if (way < 2 && fallback < 0 && flame_living_thread(thread))
            fallback = file;
        else
            close(file);
    }
    if (fallback < 0) errno = reason;
    return fallback;
}

fs_status flame_elf_open_file(int file, const char *name, flame_elf **out, fs_error *error)
{
    *out = NULL;
    fs_status status = FS_OK;
    struct stat info;
    GElf_Ehdr header;
    flame_elf *elf = elf_version(EV_CURRENT) == EV_NONE ? NULL : fs_alloc_0(1, sizeof *elf);
    if (!elf) {
        close(file);
        return elf_version(EV_CURRENT) == EV_NONE ? fs_fail(error, FS_INTERNAL, "libelf is too old")
                                                  : fs_fail_memory(error, "opening an ELF file", sizeof *elf);
    }
    elf->file = file;
    if (fstat(elf->file, &info) != 0 || !S_ISREG(info.st_mode)) {
        status = fs_fail(error, FS_FORMAT, "%s: not a regular file", name);
        goto cleanup;
    }
    elf->elf = elf_begin(elf->file, ELF_C_READ_MMAP, NULL);
    if (!elf->elf || elf_kind(elf->elf) != ELF_K_ELF || !gelf_getehdr(elf->elf, &header) ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        elf_getshdrstrndx(elf->elf, &elf->names) != 0)
        status = fs_fail(error, FS_FORMAT, "%s: not a 64-bit little-endian ELF file", name);
cleanup:
    if (status == FS_OK)
        *out = elf;
    else
        flame_elf_close(elf);
    return status;
}

fs_status flame_elf_open(pid_t thread, const flame_map *map, flame_elf **out, fs_error *error)
{
    *out = NULL;
    const int file = open_mapped(thread, map);
    if (file < 0)
        return fs_fail(error, flame_no_descriptor(errno) ? FS_IO : FS_NOT_FOUND,
                       "%s: the file that process %d has mapped cannot be opened (%s)", map->path,
                       (int)thread, strerror(errno));
    return flame_elf_open_file(file, map->path, out, error);
}

void flame_elf_close(flame_elf *elf)
{
    if (!elf) return;
    if (elf->elf) elf_end(elf->elf);
    if (elf->file >= 0) close(elf->file);
    fs_free(elf);
}

int flame_elf_duplicate(const flame_elf *elf)
{
    return fcntl(elf->file, F_DUPFD_CLOEXEC, 0);
}

bool flame_elf_bias(const flame_elf *elf, const flame_map *map, uint64_t *bias)
{
    size_t count;
    if (elf_getphdrnum(elf->elf, &count) != 0) return false;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < count && i < INT32_MAX; i++) {
        GElf_Phdr segment;
        if (!gelf_getphdr(elf->elf, (int)i, &segment) || segment.p_type != PT_LOAD) continue;
        uint64_t first = segment.p_offset & ~(page - 1);
        uint64_t last = (segment.p_offset + segment.p_filesz + page - 1) & ~(page - 1);
        if (map->offset < first || map->offset >= last) continue;
        /* Two segments may share a page of the file; their protections tell them apart. */
        if (((segment.p_flags & PF_X) != 0) != map->executable) continue;
        *bias = map->start - ((segment.p_vaddr & ~(page - 1)) + (map->offset - first));
        return true;
    }
    return false;
}

static void look_up(const flame_elf *elf, Elf_Scn *section, const char *const *names, size_t count,
                    uint64_t *addresses)
{
    GElf_Shdr header;
    Elf_Data *data = elf_getdata(section, NULL);
    if (!data || !gelf_getshdr(section, &header) || header.sh_entsize == 0) return;
    size_t symbols = data->d_size / header.sh_entsize;
    for (size_t i = 0; i < symbols && i < INT32_MAX; i++) {
        GElf_Sym symbol;
        if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx == SHN_UNDEF) continue;
        const char *name = elf_strptr(elf->elf, header.sh_link, symbol.st_name);
        if (!name) continue;
        for (size_t k = 0; k < count; k++)
            if (!addresses[k] && strcmp(name, names[k]) == 0) addresses[k] = symbol.st_value;
    }
}

void flame_elf_symbols(const flame_elf *elf, const char *const *names, size_t count, uint64_t *addresses)
{
    memset(addresses, 0, count * sizeof *addresses);
    static const uint32_t kinds[] = {SHT_DYNSYM, SHT_SYMTAB};
    for (size_t kind = 0; kind < 2; kind++) {
        for (Elf_Scn *section = NULL; (section = elf_nextscn(elf->elf, section));) {
            GElf_Shdr header;
            if (gelf_getshdr(section, &header) && header.sh_type == kinds[kind])
                look_up(elf, section, names, count, addresses);
        }
    }
}

bool flame_elf_section(const flame_elf *elf, const char *name, flame_section *out)
{
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf->elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header)) continue;
        const char *text = elf_strptr(elf->elf, elf->names, header.sh_name);
        if (!text || strcmp(text, name) != 0) continue;
        *out = (flame_section){.address = header.sh_addr, .size = header.sh_size};
        if (header.sh_type != SHT_NOBITS) {
            Elf_Data *data = elf_rawdata(section, NULL);
            if (data && data->d_buf && data->d_size >= header.sh_size) out->bytes = data->d_buf;
        }
        return true;
    }
    return false;
}

bool flame_elf_needs(const flame_elf *elf, const char *library)
{
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf->elf, section));) {
        GElf_Shdr header;
        GElf_Dyn entry;
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNAMIC) continue;
        Elf_Data *data = elf_getdata(section, NULL);
        for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
            if (entry.d_tag != DT_NEEDED) continue;
            const char *name = elf_strptr(elf->elf, header.sh_link, entry.d_un.d_val);
            if (name && strncmp(name, library, strlen(library)) == 0) return true;
        }
    }
    return false;
}
