/*
 * native_snapshot.h - what is copied of a thread that stands still, and unwound later: its registers and the
 * top of its stack.
 */
#ifndef FLAME_NATIVE_SNAPSHOT_H
#define FLAME_NATIVE_SNAPSHOT_H

#include "ptrace_stop.h"
#include "registers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes of a stack that are copied at most, and how many of them below the stack pointer: where registers
 * were that have just been restored, which call-frame information finds there until the return. */
#define FLAME_NATIVE_STACK ((size_t)1 << 20)
#define FLAME_NATIVE_BELOW 128

typedef struct flame_native_snapshot {
    flame_registers registers;
    uint64_t base; /* address of bytes[0] */
    const uint8_t *bytes;
    size_t length;
} flame_native_snapshot;

/* Copy the registers of a thread that stands still (flame_ptrace_begin, flame_freeze) and `wanted` bytes of
 * its stack, from FLAME_NATIVE_BELOW on and less where the stack's mapping ends, into `bytes`. False: it has
 * been killed. Some microseconds. */
bool flame_native_copy(pid_t tid, uint8_t *bytes, size_t wanted, flame_native_snapshot *snapshot);

/* Stop it, copy, let it go. Anything but FLAME_PTRACE_STOPPED: nothing was copied, and with FLAME_PTRACE_LATE
 * `stop` is still to be released. */
flame_ptrace_result flame_native_stop_and_copy(flame_ptrace_stop *stop, pid_t pid, pid_t tid, uint8_t *bytes,
                                               size_t wanted, flame_native_snapshot *snapshot);

/* Eight bytes at an address of the stack; false when it was not copied. */
static inline bool flame_native_load(const flame_native_snapshot *snapshot, uint64_t address, uint64_t *value)
{
    uint64_t at = address - snapshot->base;
    if (snapshot->length < sizeof *value || at > snapshot->length - sizeof *value) return false;
    memcpy(value, snapshot->bytes + at, sizeof *value);
    return true;
}

/* Whether a register was saved just below the stack pointer, where there is no copy: a copy that perf events
 * make begins at the stack pointer. Most often it has been restored by then and the function is about to
 * return, so that it has its value again; a leaf that keeps a register there without moving the stack pointer
 * is taken for that. */
static inline bool flame_native_restored(const flame_native_snapshot *snapshot, uint64_t address)
{
    const uint64_t stack = snapshot->registers.value[FLAME_REG_SP];
    return address < snapshot->base && address < stack && stack - address <= FLAME_NATIVE_BELOW;
}

#endif
