/*
 * native_file.h - an ELF file with code in it: its call-frame information, symbols, source lines.
 *
 * Read by elfutils' libdw, each table when it is first asked for. Addresses are those of the file (its
 * program headers). Everything in the file is hostile; what libdw refuses counts as not there.
 */
#ifndef FLAME_NATIVE_FILE_H
#define FLAME_NATIVE_FILE_H

#include "elf_image.h"

#include <elfutils/libdwfl.h>

typedef struct native_symbol {
    uint64_t start, size; /* size: of a label up to the end of its section */
    const char *name;     /* as the linker knows it */
    uint8_t rank;         /* of several at one address the highest is shown */
    bool label;           /* without a size of its own: it ends where the next one begins */
} native_symbol;

/* A piece of the code that a compilation unit describes. */
typedef struct native_unit {
    uint64_t start, end, reach; /* reach: the largest end up to here, for pieces that overlap */
    Dwarf_Off die;
} native_unit;

typedef struct native_file {
    char *path;       /* as the process sees it */
    char *root;       /* what stands before it, as "/proc/1234/root"; "" */
    const char *name; /* the last part of path */
    uint64_t device, inode, size;
    int64_t changed; /* with the three before it, tells a file from another */
    flame_elf *elf;  /* NULL: of the vdso */
    Dwfl *session;
    Dwfl_Module *module;
    GElf_Addr bias; /* added to an address by libdwfl */

    bool has_frames, has_symbols, has_units; /* these were read: */
    Dwarf_CFI *frames[2];                    /* .eh_frame, .debug_frame; NULL: none */
    GElf_Addr frames_bias[2];
    native_symbol *symbols; /* by start */
    size_t symbol_count;
    native_unit *units; /* by start */
    size_t unit_count;
    Dwarf *debug; /* NULL: no debug information */
    GElf_Addr debug_bias;
} native_file;

/* The file behind a mapping of the process that `thread` is of. What flame_elf_open says. */
FS_CHECK fs_status native_file_open(pid_t thread, const flame_map *map, native_file **file, fs_error *error);

/* A file by its descriptor, which is taken over, also on failure. `path` is for messages and names. */
FS_CHECK fs_status native_file_take(int descriptor, const char *path, const char *root, native_file **file,
                                    fs_error *error);
void native_file_close(native_file *file); /* NULL is legal */

/* The call-frame information for an address; false when there is none. *frame is to be freed by free(). A few
 * microseconds. */
bool native_file_frame(native_file *file, uint64_t address, Dwarf_Frame **frame);

/* Where the file begins to run; 0: nowhere. */
uint64_t native_file_entry(native_file *file);

/* The symbol around an address, NULL when there is none. The first call reads the tables of the file, and of
 * the separate debug file or the compressed table (.gnu_debugdata) that it has. */
const native_symbol *native_file_symbol(native_file *file, uint64_t address);

/* The function that a stub of the procedure linkage table around an address jumps to; NULL when it is no stub
 * of a function with a name. Reads the relocations anew each time. native_stub.c. */
const char *native_file_stub(native_file *file, uint64_t address);

/* Up to `length` bytes of the code at an address; returns how many. */
size_t native_file_code(native_file *file, uint64_t address, uint8_t *bytes, size_t length);

/* A place in the source that an address belongs to. */
typedef struct native_place {
    const char
        *function;      /* inlined there, as the linker would know it; NULL: the one that the symbol names */
    const char *source; /* path of the source file; NULL: not known */
    uint32_t line;      /* 0: not known */
} native_place;

/* Where an address is in the source: with `inlines` first the functions that were inlined there, innermost
 * first, and last the one whose code it is. Returns how many, `room` at most; 0 without debug information. */
size_t native_file_places(native_file *file, uint64_t address, bool inlines, native_place *places,
                          size_t room);

/* ---- native_debug_file.c ---- */

/* libdwfl's callback that looks for separate debug information: by build id, then by the debug link's name,
 * below the root that the file was found in, then in this system's. Never by network. */
int native_find_debug_file(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                           const char *path, const char *link, GElf_Word link_sum, char **found);

#endif
