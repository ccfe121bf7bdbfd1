/*
 * python_find.h - the interpreter of a process: where it is, which version it is, how its memory is laid out.
 */
#ifndef FLAME_PYTHON_FIND_H
#define FLAME_PYTHON_FIND_H

#include "elf_image.h"
#include "process.h"
#include "python_layout.h"
#include "python_version.h"

/* Where an interpreter was found. */
typedef struct python_runtime {
    uint64_t address;   /* of _PyRuntime */
    uint64_t code_type; /* of PyCode_Type; 0: not known */
    python_layout layout;
    flame_python_version version;
    char *file; /* owned; version.file points to it */
} python_runtime;

/* Where images are searched: a living process, or a core file. */
typedef struct python_source {
    const flame_reader *reader;
    const flame_maps *maps;
    fs_status (*open_elf)(const void *self, const flame_map *map, flame_elf **elf, fs_error *error);
    const void *self;
    const char *name; /* for messages: "process 123" */
    const char *what; /* ... and what runs in it, "" or " (sleep)" */
} python_source;

/* Of a process; both are borrowed. */
python_source python_process_source(flame_process *process, const flame_maps *maps);

/* *state is READY, or what kind of failure it is; the message names what was found. */
FS_CHECK fs_status python_runtime_search(const python_source *source, python_runtime *runtime,
                                         flame_python_state *state, fs_error *error);

/* Where an ELF section of this name lies in memory, in any of the images. FS_NOT_FOUND: none has it; FS_IO:
 * none that could be read. */
FS_CHECK fs_status python_section_find(const python_source *source, const char *section, uint64_t *address);

/* Search the process's images. As flame_interpreter_open about *state and the message. */
FS_CHECK fs_status python_runtime_find(flame_process *process, python_runtime *runtime,
                                       flame_python_state *state, fs_error *error);
void python_runtime_fini(python_runtime *runtime);

#endif
