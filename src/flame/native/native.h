/*
 * native.h - the native stacks of another process: unwound from copies of its registers and stack, and named.
 *
 *     flame_native_files_create(&files, &error);                  one for all processes
 *     flame_native_open(process, files, &native, &error);
 *     ... copy a thread's registers and stack into a snapshot while it stands still ...
 *     flame_native_unwind(native, &snapshot, &stack, &error);     afterwards, without the process
 *     flame_native_describe(native, stack.places[i], ...)         at any time, also when the process has
 * ended
 *
 * How a frame is left is told by the call-frame information of the file that the code is from (DWARF 5,
 * section 6.4, .eh_frame as in the Linux Standard Base). It is turned once for each program counter into a
 * rule of a few numbers (native_rule.h); where there is none, frame pointers are followed. A stack is
 * followed to its end or to code of which nothing is known, and then its outermost frame says so: nothing is
 * guessed.
 */
#ifndef FLAME_NATIVE_H
#define FLAME_NATIVE_H

#include "native_snapshot.h"
#include "process.h"
#include "status.h"

/* Program files that were read, shared by all processes that have them mapped. */
typedef struct flame_native_files flame_native_files;

FS_CHECK fs_status flame_native_files_create(flame_native_files **files, fs_error *error);
void flame_native_files_destroy(flame_native_files *files); /* after all that use them; NULL is legal */

/* One program image: open another after exec. */
typedef struct flame_native flame_native;

/* Both are borrowed. Errors: those of flame_maps_read. */
FS_CHECK fs_status flame_native_open(const flame_process *process, flame_native_files *files,
                                     flame_native **native, fs_error *error);
void flame_native_close(flame_native *native); /* NULL is legal */

/* One whose mappings of code are told as they are made, by who is told of them (perf_events.h). Files are
 * looked for in /proc of `thread`, or by their paths once it has ended. */
FS_CHECK fs_status flame_native_create(pid_t pid, pid_t thread, flame_native_files *files,
                                       flame_native **native, fs_error *error);
FS_CHECK fs_status flame_native_map(flame_native *native, const flame_map *map, fs_error *error);

/* All that `other` has mapped. */
FS_CHECK fs_status flame_native_map_as(flame_native *native, const flame_native *other, fs_error *error);

/* Read the mappings anew: code may have been mapped or unmapped. Names of what was seen stay. Some hundred
 * microseconds. What flame_maps_read says. */
FS_CHECK fs_status flame_native_refresh(flame_native *native, fs_error *error);

/* Let go of the process, which may end now: only naming is still possible. */
void flame_native_release(flame_native *native);

/* Whether code is mapped from a file whose name begins so. */
bool flame_native_has_file(const flame_native *native, const char *name);

/* ---- stacks ---- */

/* Places are numbered from 0, and a number is never used again. These stand for no code: */
enum {
    FLAME_NATIVE_TRUNCATED = 0, /* the callers beyond the limit of depth or of the copy */
    FLAME_NATIVE_UNKNOWN = 1,   /* callers that cannot be found: no information about the code before */
    FLAME_NATIVE_UNORDERED = 2, /* between native frames and others of an order that is not known */
    FLAME_NATIVE_FIRST = 3      /* the first that is code */
};

typedef enum flame_native_end {
    FLAME_NATIVE_WHOLE, /* the stack ends there */
    FLAME_NATIVE_SHORT, /* more of the stack is needed than was copied: FLAME_NATIVE_TRUNCATED is outermost */
    FLAME_NATIVE_TOO_DEEP, /* likewise */
    FLAME_NATIVE_LOST      /* FLAME_NATIVE_UNKNOWN is outermost */
} flame_native_end;

typedef struct flame_native_stack {
    const uint32_t *places; /* innermost first; valid until the next call */
    const uint64_t *frames; /* of each place where its part of the stack begins: the stack pointer there */
    uint32_t depth;
    flame_native_end end;
    size_t reach; /* bytes of the copy that were needed */
} flame_native_stack;

enum { FLAME_NATIVE_DEPTH = 4096 }; /* frames of a stack at most */

/* FS_MEMORY is the only failure. Once the code has been seen: tens of nanoseconds a frame. */
FS_CHECK fs_status flame_native_unwind(flame_native *native, const flame_native_snapshot *snapshot,
                                       flame_native_stack *stack, fs_error *error);

/* ---- names ---- */

/* The file, as the process sees it, and the function (NULL: no symbol) of a place, without debug information:
 * a few microseconds. False: it is in no file. They live as long as `native` and its files. */
bool flame_native_code(flame_native *native, uint32_t place, const char **path, const char **function);

typedef struct flame_native_name {
    const char *function; /* as the linker knows it, still mangled; NULL: no symbol */
    const char *module;   /* the file's name without its folders, "[vdso]", "[anonymous]" */
    const char *source;   /* path of the source file; NULL: no debug information */
    uint32_t line;        /* 0: not known */
    uint64_t offset;      /* of the code in the module, for what has no symbol */
    bool inlined;         /* into the next one */
    bool stub;            /* a stub of the procedure linkage table, which only jumps to the function */
} flame_native_name;

/* The functions at a place, innermost first: one, or with `inlines` also those inlined there. Returns how
 * many, `room` at most and at least one. The first name of a file costs the reading of its symbols and debug
 * information. Names live as long as `native` and its files. */
size_t flame_native_describe(flame_native *native, uint32_t place, bool inlines, flame_native_name *names,
                             size_t room);

#endif
