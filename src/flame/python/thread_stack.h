/*
 * thread_stack.h - the stack of one thread, read so that it is one that existed.
 *
 * What is read for a thread, in this order and in one system call:
 *
 *     which frame the thread state says is on top (ask_first)   <- what the sample has to show
 *     the frames, as far as they are known from last time      (first copy)
 *     the thread state, which names the top frame               <- the moment of the stack
 *     frame objects (to 3.10) far below the top                 (the only copy)
 *     the other frames again                                    (second copy)
 *     what validates the cached code objects (code_cache.h) that the last stack had
 *     the interpreter's counters and list heads
 *
 * The two copies lie as close together as they can: what need not be read between them is read after them,
 * and what validates code that the last stack did not have in a call of its own, once the stack is known.
 *
 * A frame that waits for its callee does not change. So when the chain of frames that hangs on the top frame
 * is the same in both copies (links, code, the instruction where each waits, and on the interpreter's data
 * stack every byte of the waiting frames), it was so at the moment between them, barring a change and an
 * exact change back within that microsecond.
 *
 * A frame cannot go on while its callee lives. So of frame objects, each of which costs a span of its own,
 * only the innermost are read twice: while they are what they were, those below them wait.
 *
 * A program that changes and changes back faster than that can be read has defences against it. A step (this
 * caller, waiting at this instruction, this callee, and what that has called in turn for a few frames) that
 * was never seen before is believed only when several readings in a row, each of another duration so that
 * they do not keep time with a loop, agree on the whole stack, or one that was made while the thread stood
 * still (cpu_hold.h); and a reading during which the kernel took the processor away from us is not used.
 *
 * When the innermost frames did move, they are taken from one of the copies only if every step in them is
 * known. Two things that a frame loses as it is left are put back from what is known: its link to its caller,
 * and where its caller waited, when that has gone on since and it is known from where it calls this one. (A
 * link is not put back where the stack made no sense with it: a function that was called from Python once may
 * now be called from outside.)
 *
 * What comes first in the first reading of a sample says which function is on top, and only a stack with that
 * on top counts: one that can be put together from this reading, or one of a reading that is made again. Else
 * what is quickly over, which is what moves under a reading, would get less than its due. It comes first
 * because to read a line of memory is to take it away from the processor that writes to it: what the program
 * does a moment later is not a matter of chance. Where even that is not enough, for a processor need not show
 * others what it writes twice in ten nanoseconds, threads are read while they are held
 * (thread_sample.c).
 *
 * Addresses that were not known beforehand are found by following the chain; then everything is read anew, so
 * what comes out was always read together.
 */
#ifndef FLAME_THREAD_STACK_H
#define FLAME_THREAD_STACK_H

#include "call_sites.h"
#include "code_cache.h"
#include "frame.h"
#include "gather.h"
#include "python_layout.h"
#include "random.h"

typedef struct stack_reader {
    const flame_reader *reader;
    const python_layout *layout;
    code_cache *cache;
    call_sites sites; /* the steps that are known */
    bool still;       /* what was read last stood still meanwhile */
    bool repairs;     /* links that a frame has lost are put back */
    bool ask_first; /* samples come at moments of the clock: see what was on top before anything is touched */
    uint32_t max_depth;
    uint32_t block_size; /* bytes of a thread state that are read */
    uint64_t page;       /* the page in `scratch`, while a chain is followed; 0: none */
    uint32_t page_length;
    uint8_t scratch[8192];
    flame_span *spans; /* of what is read by itself */
    size_t span_capacity;
    uint32_t calls;
    uint32_t serial; /* of evaluations */
    fs_random random;
} stack_reader;

/* Who called a frame, as long as the frame said so. */
typedef struct frame_link {
    uint64_t frame, code, caller;
} frame_link;

typedef struct stack_thread {
    uint64_t state;       /* address of the PyThreadState */
    uint64_t interpreter; /* address of its PyInterpreterState */
    uint32_t interpreter_index;
    gather frames, validation;
    gather cframes; /* 3.11, 3.12: where the _PyCFrames seen last point: a call through C has its own */
    uint32_t cframes_now;
    uint8_t block[PYTHON_THREAD_BLOCK]; /* the start of the thread state */
    uint64_t reading;                   /* number of the one that its memory is from */

    uint64_t *chain; /* addresses of all frames of the last walk, top first */
    size_t chain_count, chain_capacity;
    uint32_t shorter; /* the limit of depth is halved so often, for larger frames than fit in memory */
    bool rechained;   /* the chain has changed since a stack was taken */
    uint32_t now, quiet;
    frame_link *links; /* STACK_LINKS of them, by address; NULL: none yet */
    flame_frame *out;
    size_t out_capacity;
    uint64_t *codes; /* where the code objects of `out` are, and that of a frame that made no sense */
    size_t code_count, code_capacity;
    uint32_t depth;
    uint64_t outside;  /* code object beyond whose end a frame stood; 0: none */
    bool unvalidated;  /* some of them are what they were when they were validated last, but not validated yet
                        */
    bool learns;       /* the steps of the stack are to be learnt, once it is valid */
    flame_frame *kept; /* a stack put aside, see stack_thread_swap */
    size_t kept_capacity;
    uint32_t kept_depth;
    bool has_first;         /* `first` was read this time */
    bool wanted;            /* the sample's top frame is known: */
    uint64_t wanted_frame;  /* its address ... */
    uint32_t wanted_code;   /* ... and id of its code, UINT32_MAX: not known */
    uint64_t wanted_cframe; /* 3.11, 3.12: the evaluation it belongs to */
    uint64_t pending_hash;  /* hash of a frame read once whose step to its callee was not known */
    bool unknown_step;      /* since the sample began, a reading failed for want of a known step */
    bool shifted;           /* another frame came to be on top during the last reading */
    bool unlearned;         /* the last reading failed for that alone: nothing had moved */
    bool guessed;           /* the stack's call sites are partly those known, not those read */
    uint64_t orphan_since;  /* nanoseconds: since when the outermost frame was a generator; 0: it was not */
    uint32_t orphan_code;   /* id of the code that it runs */
    uint64_t candidate;     /* hash of a stack with a step not seen before ... */
    uint32_t agreed;        /* ... and how many readings in a row agreed on it */
    uint32_t stagger[2];    /* spans of no use that the next reading has, before and after the thread state */
    uint8_t unused[8];
    uint8_t first[8];         /* what the thread state said of the top frame before anything else was read */
    uint32_t confirmed_depth; /* depth of the last stack, if it did not move: its steps are known */
} stack_thread;

typedef enum stack_outcome {
    STACK_OK = 0,
    STACK_AGAIN, /* more is known now of what must be read: read again, nothing was wrong */
    STACK_TORN,
    STACK_OTHER, /* a good stack, but not with the top frame that the sample began with */
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

/* Another thread has come to have this state: forget what only this one knew. */
void stack_thread_forget(stack_thread *thread);

/* A sample begins. */
void stack_thread_begin(stack_thread *thread);

/* Put the stack aside, for another evaluation; or take back the one that was put aside. */
void stack_thread_swap(stack_thread *thread);

/* How many spans the thread needs now, and the spans. FS_MEMORY is the only failure. */
FS_CHECK fs_status stack_thread_spans(const stack_reader *reader, stack_thread *thread, bool with_frames,
                                      flame_span **spans, size_t *count, size_t *capacity, fs_error *error);

/* How many those are, with frames, once they were asked for. */
size_t stack_thread_span_count(const stack_thread *thread);

/* A span of the thread could not be read: forget what made us want it. */
void stack_thread_unreadable(stack_thread *thread, uint64_t address, uint64_t length);

/* Work out the stack from what was read. `generation` was read after the rest in the same call,
 * `generation_before` in an earlier call (known when has_before). A stack with STACK_OK must still be
 * validated. */
stack_outcome stack_thread_evaluate(stack_reader *reader, stack_thread *thread, uint64_t generation,
                                    uint64_t generation_before, bool has_before);

/* Validate the code of the stack that was worked out, by reading what was not read with it: one call at most,
 * none when the stack has the code of the last one. STACK_OK, or what stack_thread_evaluate might have said.
 * Where that found no stack (but `unvalidated` or `outside`), STACK_AGAIN says that it was for a code object
 * that is now another. */
stack_outcome stack_thread_validate(stack_reader *reader, stack_thread *thread, uint64_t generation);

#endif
