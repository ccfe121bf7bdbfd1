/*
 * core_file_private.h - what core_file.c (memory) and core_notes.c (headers and notes) share.
 */
#ifndef FLAME_CORE_FILE_PRIVATE_H
#define FLAME_CORE_FILE_PRIVATE_H

#include "core_file.h"

/* Memory that is in the core: `dumped` bytes of it from `offset` on. */
typedef struct core_segment {
    uint64_t address, dumped, offset;
    uint64_t length; /* in memory */
    uint32_t flags;  /* PF_R, PF_W, PF_X */
} core_segment;

typedef struct core_thread {
    uint64_t pointer; /* to its thread-local storage; 0: not known */
    pid_t tid;
} core_thread;

typedef struct core_mapped {
    const char *path; /* of a mapping; NULL: the place is free */
    int file;
} core_mapped;

enum { CORE_FILES = 32 }; /* that are kept open */

struct flame_core {
    int file;
    uint64_t size;
    char *path, *executable;
    flame_reader reader;
    core_segment *segments; /* ascending */
    size_t segment_count, segment_capacity;
    flame_maps maps;
    const char *program; /* path of the program's own mapping; NULL: not known */
    core_thread *threads;
    size_t thread_count, thread_capacity;
    core_mapped files[CORE_FILES];
    size_t next_file;
    fs_error missing; /* why the first of them cannot be had; FS_OK: all can */
    uint8_t *notes;   /* as they are in the core */
    pid_t pid;
    int signal;
    char command[88];
};

/* `length` bytes at `offset`, all of them or false. */
bool core_pread(int file, uint64_t offset, void *bytes, size_t length);

/* The file that a mapping's path names, checked to be that one. *file is -1 on failure. */
FS_CHECK fs_status core_open_mapped(const flame_core *core, const char *path, int *file, fs_error *error);

/* core_notes.c: segments, mappings, threads and the rest from the open file. */
FS_CHECK fs_status core_read_headers(flame_core *core, fs_error *error);

#endif
