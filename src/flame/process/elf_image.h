/*
 * elf_image.h - an ELF file as a process has it mapped: where its symbols and sections lie in memory.
 */
#ifndef FLAME_ELF_IMAGE_H
#define FLAME_ELF_IMAGE_H

#include "process.h"

typedef struct flame_elf flame_elf;

/* Open the file behind a mapping of the process that `thread` is of, as the process sees it: through
 * /proc/PID/root (containers, chroots), then by its own path, then /proc/PID/exe or /proc/PID/map_files (a
 * file that was deleted or replaced). FS_FORMAT when it is no 64-bit little-endian ELF file, FS_NOT_FOUND
 * when no way leads to it. */
FS_CHECK fs_status flame_elf_open(pid_t thread, const flame_map *map, flame_elf **elf, fs_error *error);
/* The same of an open file, which is taken over, also on failure; `name` is for messages. */
FS_CHECK fs_status flame_elf_open_file(int file, const char *name, flame_elf **elf, fs_error *error);
void flame_elf_close(flame_elf *elf); /* NULL is legal */

/* A descriptor of the file for the caller to keep and close; -1 and errno. */
int flame_elf_duplicate(const flame_elf *elf);

/* What is added to an address of the file to get the address in memory, when `map` is one of the file's
 * mappings. False when the mapping is of no loadable segment. */
bool flame_elf_bias(const flame_elf *elf, const flame_map *map, uint64_t *bias);

/* Addresses in the file of the `count` symbols named, 0 where there is none: the dynamic symbols, then the
 * full table if the file has one. */
void flame_elf_symbols(const flame_elf *elf, const char *const *names, size_t count, uint64_t *addresses);

/* Whether it is linked with a shared library whose name begins so: it will be mapped soon, or is already. */
bool flame_elf_needs(const flame_elf *elf, const char *library);

typedef struct flame_section {
    uint64_t address, size;
    const char *bytes; /* in the file, borrowed; NULL for .bss and the like */
} flame_section;

bool flame_elf_section(const flame_elf *elf, const char *name, flame_section *section);

#endif
