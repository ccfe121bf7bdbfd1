/*
 * core_file.h - a core file as the memory of a process: what the kernel (core(5)) or gcore wrote of it.
 *
 * A core leaves out what lies unchanged in files (code, constants): that is read from the files that the core
 * names, as long as they are still those that were mapped.
 */
#ifndef FLAME_CORE_FILE_H
#define FLAME_CORE_FILE_H

#include "elf_image.h"
#include "process.h"

typedef struct flame_core flame_core;

/* `executable` (may be NULL) stands in for the program's own file, which may lie elsewhere now. FS_FORMAT: no
 * core file of a 64-bit little-endian process, or one that makes no sense; FS_DATA: it is cut off, or
 * `executable` is not the program that it is of; FS_NOT_FOUND, FS_IO, FS_MEMORY. The message names the file.
 * Cost: the headers and notes are read, the memory not. */
FS_CHECK fs_status flame_core_open(const char *path, const char *executable, flame_core **core,
                                   fs_error *error);
void flame_core_close(flame_core *core); /* NULL is legal */

const flame_reader *flame_core_reader(const flame_core *core);
/* Why memory that was asked for could not be read of the file that it lies in: of the first such file; NULL:
 * all could. */
const fs_error *flame_core_missing(const flame_core *core);

const flame_maps *flame_core_maps(const flame_core *core); /* those of files; borrowed */

/* The file behind one of the mappings. Errors: those of flame_elf_open, FS_DATA when it is another file now.
 */
FS_CHECK fs_status flame_core_elf(const flame_core *core, const flame_map *map, flame_elf **elf,
                                  fs_error *error);

pid_t flame_core_pid(const flame_core *core);           /* 0: the core does not say */
const char *flame_core_command(const flame_core *core); /* up to 80 characters, "" when not known */
int flame_core_signal(const flame_core *core);          /* that ended it; 0: none */

/* The kernel's thread whose pthread_self() is `ident`; 0: not known (always on AArch64). */
pid_t flame_core_thread(const flame_core *core, uint64_t ident);

#endif
