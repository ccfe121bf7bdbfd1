/*
 * thread_stack.h - the stack of one thread, read so that it is one that existed.
 *
 * What is read for a thread, in this order and in one system call:
 *
 *     the frames, as far as they are known from last time      (first copy)
 *     what proves the cached code objects (code_cache.h)
 *     the thread state, which names the top frame               <- the moment of the sample
 *     the frames again                                          (second copy)
 *     the interpreter's counters and list heads
 *
 * A frame that waits for its callee does not change. So when the chain of frames that hangs on the top frame
 * is the same in both copies (links, code, the instruction where each waits, and on the interpreter's data
 * stack every byte of the waiting frames), it was so at the moment between them, barring a change and an
 * exact change back within that microsecond.
 *
 * A program that changes and changes back faster than that can be read has two defences against it. A step
 * (this caller, waiting at this instruction, this callee) that was never seen before is believed only when
 * several readings in a row agree on the whole stack; and a reading during which the kernel took the
 * processor away from us is not looked at.
 *
 * When the innermost frames did move, they are taken from one of the copies only if every step in them is
 * known. Otherwise the reading is repeated, and after some attempts the sample is missed.
 *
 * Addresses that were not known beforehand are found by following the chain; then everything is read anew, so
 * what comes out was always read together.
 */
#ifndef FLAME_THREAD_STACK_H
#define FLAME_THREAD_STACK_H

#include "code_cache.h"
#include "gather.h"
#include "interpreter.h"
#include "python_layout.h"

/* Steps of unmoving stacks: caller, instruction, callee. A set of hashes. */
typedef struct step_set {
    uint64_t *slots;
    size_t capacity, count;
} step_set;

typedef struct stack_reader {
    const flame_reader *reader;
    const python_layout *layout;
    code_cache *cache;
    step_set steps;
    uint32_t max_depth;
    uint32_t block_size; /* bytes of a thread state that are read */
    uint64_t page;       /* the page in `scratch`, while a chain is followed; 0: none */
    uint32_t page_length;
    uint8_t scratch[8192];
    uint32_t calls;
    uint32_t serial; /* of evaluations */
} stack_reader;

enum { STACK_BLOCK = 1024 };

typedef struct stack_thread {
    uint64_t state;       /* address of the PyThreadState */
    uint64_t interpreter; /* address of its PyInterpreterState */
    uint32_t interpreter_index;
    gather frames, evidence;
    uint64_t cframe; /* 3.11, 3.12: the _PyCFrame that is expected */
    uint8_t detour[8];
    uint8_t block[STACK_BLOCK]; /* the start of the thread state */

    uint64_t *chain; /* addresses of all frames of the last walk, top first */
    size_t chain_count, chain_capacity;
    uint32_t now, quiet;
    uint32_t gathered; /* walks since the evidence was dropped last */
    flame_frame *out;
    size_t out_capacity;
    uint32_t depth;
    uint64_t orphan_since; /* nanoseconds: since when the outermost frame is a generator; 0: it is not */
    uint64_t candidate;    /* hash of a stack with a step not seen before ... */
    uint32_t agreed;       /* ... and how many readings in a row agreed on it */
    uint32_t settled;      /* depth of the last stack, if it did not move: its steps are known */
} stack_thread;

typedef enum stack_outcome {
    STACK_OK = 0,
    STACK_AGAIN, /* more is known now of what must be read: read again, nothing was wrong */
    STACK_TORN,
    STACK_UNMAPPED,
    STACK_DEEP,
    STACK_CODE,
    STACK_FOREIGN, /* this is no thread state of that interpreter any more */
    STACK_MEMORY   /* out of memory here */
} stack_outcome;

void stack_reader_init(stack_reader *reader, const flame_reader *memory, const python_layout *layout,
                       code_cache *cache, uint32_t max_depth);
void stack_reader_fini(stack_reader *reader);
void stack_thread_init(stack_thread *thread, uint64_t state, uint64_t interpreter);
void stack_thread_fini(stack_thread *thread);

/* How many spans the thread needs now, and the spans. FS_MEMORY is the only failure. */
FS_CHECK fs_status stack_thread_spans(const stack_reader *reader, stack_thread *thread, bool with_frames,
                                      flame_span **spans, size_t *count, size_t *capacity, fs_error *error);

/* A span of the thread could not be read: forget what made us want it. False: the thread state itself. */
bool stack_thread_unreadable(stack_thread *thread, uint64_t address, uint64_t length);

/* Work out the stack from what was read. `witness` was read after the rest in the same call,
 * `witness_before` in an earlier call (known when has_before). */
stack_outcome stack_thread_evaluate(stack_reader *reader, stack_thread *thread, uint64_t witness,
                                    uint64_t witness_before, bool has_before);

#endif
