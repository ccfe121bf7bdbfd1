/* Where separate debug information lies, as gdb's manual says ("Debugging Information in Separate Files"). */
#include "native_file.h"

#include "memory.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { PATH_ROOM = 8192 };

#define DEBUG_FOLDER "/usr/lib/debug"

typedef struct build_id {
    const unsigned char *bytes;
    int length;
} build_id;

/* The sum over the whole file that a debug link carries. */
static bool has_sum(int file, GElf_Word sum)
{
    unsigned char buffer[65536];
    uLong found = crc32(0, NULL, 0);
    ssize_t got;
    off_t at = 0;
    while ((got = pread(file, buffer, sizeof buffer, at)) > 0) {
        found = crc32(found, buffer, (uInt)got);
        at += got;
    }
    return got == 0 && found == sum;
}

static bool has_build_id(int file, build_id wanted)
{
    const void *bytes;
    Elf *elf = elf_begin(file, ELF_C_READ_MMAP, NULL);
    ssize_t length = elf ? dwelf_elf_gnu_build_id(elf, &bytes) : -1;
    bool same = length == wanted.length && memcmp(bytes, wanted.bytes, (size_t)length) == 0;
    elf_end(elf);
    return same;
}

/* Open `path` when it is what the build id, or without one the sum, says; -1. */
static int open_if_right(const char *path, build_id id, GElf_Word sum)
{
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return -1;
    bool right = fstat(file, &about) == 0 && S_ISREG(about.st_mode) &&
                 (id.length > 0 ? has_build_id(file, id) : has_sum(file, sum));
    if (right) return file;
    close(file);
    return -1;
}

static int by_build_id(const char *root, build_id id, char path[PATH_ROOM])
{
    char hexadecimal[2 * 64 + 1];
    if (id.length < 2 || id.length > 64) return -1;
    for (int i = 0; i < id.length; i++) snprintf(hexadecimal + 2 * i, 3, "%02x", id.bytes[i]);
    snprintf(path, PATH_ROOM, "%s" DEBUG_FOLDER "/.build-id/%.2s/%s.debug", root, hexadecimal,
             hexadecimal + 2);
    return open_if_right(path, id, 0);
}

static int by_link(const char *root, const char *of, const char *link, GElf_Word sum, build_id id,
                   char path[PATH_ROOM])
{
    const char *const before[] = {"", "", DEBUG_FOLDER}, *const between[] = {"/", "/.debug/", "/"};
    const char *slash = strrchr(of, '/');
    if (!slash) return -1;
    for (size_t i = 0; i < 3; i++) {
        int length = snprintf(path, PATH_ROOM, "%s%s%.*s%s%s", root, before[i], (int)(slash - of), of,
                              between[i], link);
        int file = length > 0 && length < PATH_ROOM ? open_if_right(path, id, sum) : -1;
        if (file >= 0) return file;
    }
    return -1;
}

int native_find_debug_file(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                           const char *of, const char *link, GElf_Word link_sum, char **found)
{
    (void)name, (void)base;
    const native_file *self = *data;
    char path[PATH_ROOM];
    build_id id = {0};
    GElf_Addr where;
    int file = -1;
    if (!self) return -1;
    id.length = dwfl_module_build_id(module, &id.bytes, &where);
    const char *const roots[] = {self->root, ""};
    for (int i = self->root[0] ? 0 : 1; i < 2 && file < 0; i++) {
        file = by_build_id(roots[i], id, path);
        if (file < 0 && link && of) file = by_link(roots[i], of, link, link_sum, id, path);
    }
    if (file >= 0) *found = strdup(path);
    return file;
}
