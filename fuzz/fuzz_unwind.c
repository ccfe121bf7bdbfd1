/*
 * Damaged native stacks: snapshots of a process of this program's own, taken when the target starts, with
 * registers and words of the stack changed by the input: unwinding must come to an end and stay inside of its
 * own memory.
 *
 * Input: the number of the snapshot (1 byte), then changes: place (2 bytes: a register, or beyond them a word
 * of the stack), kind (1 byte), value (8 bytes).
 */
#include "native.h"
#include "ptrace_stop.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SNAPSHOTS = 3, COPIED = 32768, CHANGE = 11, CHANGES_MOST = 64, REOPEN_EVERY = 2000, NAMED = 4 };

static struct {
    flame_process *process;
    flame_native_files *files;
    flame_native *native;
    flame_native_snapshot snapshots[SNAPSHOTS];
    uint8_t bytes[SNAPSHOTS][COPIED], damaged[COPIED];
    unsigned inputs;
} own;

static volatile int never;

static void require(bool held)
{
    if (!held) abort();
}

/* ---- the process that is looked at: it stands in a recursion, in a handler, in the C library ---- */

__attribute__((noinline)) static void stay(void)
{
    while (!never) pause();
}

__attribute__((noinline)) static void deeper(unsigned depth)
{
    volatile char room[200];
    room[depth % sizeof room] = (char)depth;
    if (depth)
        deeper(depth - 1);
    else
        stay();
    room[depth % sizeof room]++;
}

static void on_signal(int number)
{
    (void)number;
    deeper(3);
}

static int compare(const void *a, const void *b)
{
    deeper(5);
    return *(const int *)a - *(const int *)b;
}

static void stand(int which)
{
    int values[] = {3, 1, 2};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGUSR1, on_signal);
    if (which == 0) deeper(40);
    if (which == 1) raise(SIGUSR1);
    qsort(values, 3, sizeof *values, compare);
}

static void record(int which)
{
    flame_ptrace_stop stop;
    const pid_t child = fork();
    if (child == 0) {
        stand(which);
        _exit(1);
    }
    require(child > 0);
    usleep(200000); /* until it stands; if not, another stack is recorded */
    require(flame_native_stop_and_copy(&stop, child, child, own.bytes[which], COPIED,
                                       &own.snapshots[which]) == FLAME_PTRACE_STOPPED);
    if (which + 1 == SNAPSHOTS) { /* all have the same code at the same places; one stays */
        require(flame_process_open(child, &own.process, NULL) == FS_OK);
        return;
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void open_native(void)
{
    flame_native_close(own.native);
    flame_native_files_destroy(own.files);
    require(flame_native_files_create(&own.files, NULL) == FS_OK);
    require(flame_native_open(own.process, own.files, &own.native, NULL) == FS_OK);
}

/* ---- damage ---- */

static uint64_t changed(const flame_native_snapshot *snapshot, uint8_t kind, uint64_t before, uint64_t value)
{
    switch (kind % 4) {
    case 0:
        return value;
    case 1: /* somewhere on the stack */
        return snapshot->base + value % (COPIED + 64);
    case 2: /* somewhere in the code near that of the snapshot */
        return snapshot->registers.value[FLAME_REG_PC] + value % (1 << 20) - (1 << 19);
    default: /* the code of another frame, or the like */
        return before + (uint64_t)(int64_t)(int16_t)value;
    }
}

static void change(flame_native_snapshot *damaged, const flame_native_snapshot *snapshot,
                   const uint8_t *input)
{
    uint64_t value, word;
    const unsigned place = input[0] | (unsigned)input[1] << 8;
    memcpy(&value, input + 3, sizeof value);
    if (place < FLAME_REGISTERS) {
        uint64_t *target = &damaged->registers.value[place];
        *target = changed(snapshot, input[2], *target, value);
        return;
    }
    const size_t at = (place - FLAME_REGISTERS) * sizeof word % (COPIED - sizeof word);
    memcpy(&word, own.damaged + at, sizeof word);
    word = changed(snapshot, input[2], word, value);
    memcpy(own.damaged + at, &word, sizeof word);
}

int LLVMFuzzerInitialize(int *count, char ***words);
int LLVMFuzzerInitialize(int *count, char ***words)
{
    (void)count, (void)words;
    for (int i = 0; i < SNAPSHOTS; i++) record(i);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (own.inputs++ % REOPEN_EVERY == 0) open_native(); /* places are never forgotten */
    if (size < 1) return 0;
    const flame_native_snapshot *snapshot = &own.snapshots[data[0] % SNAPSHOTS];
    flame_native_snapshot damaged = *snapshot;
    memcpy(own.damaged, snapshot->bytes, COPIED);
    damaged.bytes = own.damaged;
    for (size_t i = 1; i + CHANGE <= size && i < CHANGES_MOST * CHANGE; i += CHANGE)
        change(&damaged, snapshot, data + i);
    flame_native_stack stack;
    require(flame_native_unwind(own.native, &damaged, &stack, NULL) == FS_OK);
    require(stack.depth >= 1 && stack.depth <= FLAME_NATIVE_DEPTH + 1);
    for (uint32_t i = 0; i < stack.depth && i < NAMED; i++) {
        flame_native_name names[4];
        require(flame_native_describe(own.native, stack.places[i], true, names, 4) >= 1);
    }
    return 0;
}
