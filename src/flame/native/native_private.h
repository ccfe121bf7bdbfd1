/*
 * native_private.h - inside the native folder: what is known of one process's code.
 */
#ifndef FLAME_NATIVE_PRIVATE_H
#define FLAME_NATIVE_PRIVATE_H

#include "hash_map.h"
#include "jit_symbols.h"
#include "memory.h"
#include "native.h"
#include "native_rule.h"

struct flame_native_files {
    native_file **items;
    size_t count, capacity;
};

/* A mapping of code. */
typedef struct native_region {
    uint64_t start, end, offset, inode;
    char *path;
    bool opened;       /* it was tried: */
    native_file *file; /* NULL: in no file that can be read */
    uint64_t bias;     /* address in memory - address in the file */
} native_region;

/* Code that was seen on a stack. What it stands for does not change with the mappings. */
typedef struct native_place_of {
    uint64_t address;  /* in memory */
    native_file *file; /* NULL: none */
    uint64_t offset;   /* in the file; else from the start of the region */
    const char *label; /* without a file: what the region is called */
} native_place_of;

struct flame_native {
    const flame_process *process; /* NULL: its mappings are told, or it was released */
    pid_t thread;                 /* through whose /proc files are found; 0: released */
    flame_native_files *files;
    native_region *regions; /* by address */
    size_t region_count;
    uint64_t opened, refreshing; /* nanoseconds: since when, and how long the mappings were read in all */

    native_rule *rules; /* a hash table by address, at most half full; they hold for the regions of now */
    size_t rule_capacity, rule_count;
    native_place_of *places;
    size_t place_count, place_capacity;
    fs_arena names;
    uint32_t *stack;  /* FLAME_NATIVE_DEPTH + 1 */
    uint64_t *frames; /* of each of those: the stack pointer */
    jit_symbols jit;
};

/* The region that holds an address; NULL: no code is mapped there. Looks at the mappings anew when they were
 * read some time ago. */
native_region *native_region_at(flame_native *native, uint64_t address);

/* The rule for an address: *rule is NULL when no code is mapped there. FS_MEMORY. It may move at the next
 * call. */
FS_CHECK fs_status native_rule_find(flame_native *native, uint64_t address, const native_rule **rule,
                                    fs_error *error);

/* The slot of the address, or the empty one where it belongs. */
static inline native_rule *native_rule_slot(const flame_native *native, uint64_t address)
{
    const size_t mask = native->rule_capacity - 1;
    size_t at = (size_t)(address * UINT64_C(0x9E3779B97F4A7C15) >> 32) & mask;
    while (native->rules[at].address != address && native->rules[at].address != 0) at = (at + 1) & mask;
    return &native->rules[at];
}

/* What is known of a frame, while all registers are followed. */
typedef struct native_frame {
    flame_registers registers;
    uint64_t known;   /* a bit for each */
    bool exact;       /* its program counter is where it was interrupted, not where a call returns to */
    uint64_t missing; /* address of the memory for want of which its caller is not known; 0: none */
} native_frame;

/* From a frame to its caller, by the call-frame information. False when that cannot be known. */
bool native_step(flame_native *native, const flame_native_snapshot *snapshot, native_frame *frame);

#endif
