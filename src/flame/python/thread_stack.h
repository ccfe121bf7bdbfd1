/*
 * thread_stack.h - the stack of one thread, read so that it is one that existed.
 *
 * What is read for a thread, in this order and in one system call:
 *
 *     which frame is on top
 *     the frames, as far as they are known from last time       (first copy)
 *     the thread state, which names the top frame               <- the moment of the stack
 *     whether garbage is collected, and from which frame or by which thread
 *     the frames again                                          (second copy)
 *     which frame is on top
 *     what validates the cached code objects (code_cache.h) that the last stack had
 *     the interpreter's counters and list heads
 *
 * A frame that waits for its callee does not change. So when the chain of frames that hangs on the top frame
 * is the same in both copies (links, code, the instruction where each waits, and every byte of the waiting
 * frames or what is read of it), and the same frame was on top all three times, it was so at the moment
 * between them, barring a change and an exact change back within some microseconds. That happens in programs
 * that never stand still for so long, so threads whose copies often differ are read in another way
 * (thread_sample.c).
 *
 * Addresses that were not known beforehand are found by following the chain; then everything is read anew, so
 * what comes out was always read together. What validates code that the last stack did not have is read in a
 * call of its own, once the stack is known.
 */
#ifndef FLAME_THREAD_STACK_H
#define FLAME_THREAD_STACK_H

#include "code_cache.h"
#include "frame.h"
#include "gather.h"
#include "python_layout.h"

/* What the threads' stacks are read with. */
typedef struct stack_reader {
    const flame_reader *reader;
    const python_layout *layout;
    uint64_t runtime; /* address of _PyRuntime */
    code_cache *cache;
    uint32_t max_depth;
    uint32_t block_size;    /* bytes of a thread state that are read */
    uint32_t collect_spans; /* in which is what tells of garbage collection */
    bool calls_only;        /* ... which is not shown */
    uint64_t page;          /* the page in `scratch`, while a chain is followed; 0: none */
    uint32_t page_length;
    uint8_t scratch[8192];
    flame_span *spans; /* of what is read by itself */
    size_t span_capacity;
    uint32_t calls;
    uint32_t serial;            /* of evaluations */
    uint64_t copies_generation; /* of the thread's interpreter, as read with the stack */
} stack_reader;

/* The interpreter's counter (code_cache.h), as it was read with the stack, and in an earlier call: another
 * value when that is not known. */
typedef struct code_generation {
    uint64_t now, before;
    uint64_t copies; /* the counter of copies (python_layout.h), as it was read with the stack */
} code_generation;

/* The memory of a thread that is read each time. */
typedef struct stack_snapshot {
    gather frames; /* two copies; 3.11, 3.12: and the _PyCFrames that point to the top one */
    uint8_t block[PYTHON_THREAD_BLOCK];       /* the start of the thread state */
    uint8_t top[2][8];                        /* which frame it names, before and after the rest was read */
    uint8_t collecting[4], collected_from[8]; /* as of python_layout's interpreter */
    uint8_t holder[8];                        /* ... and of runtime.current */
    uint64_t reading;                         /* number of the one that it is from */
    uint32_t time;                            /* of the pieces' use */
    uint32_t shorter; /* the limit of depth is halved so often, for larger frames than fit in memory */
} stack_snapshot;

/* What makes sure of the code objects in a stack. */
typedef struct stack_validation {
    gather spans;
    uint64_t *codes; /* where the code objects of the stack are, and that of a frame that made no sense */
    size_t code_count, code_capacity;
    uint64_t outside; /* code object beyond whose end a frame stood; 0: none */
    bool pending;     /* some are what they were when they were validated last, but not validated yet */
} stack_validation;

typedef struct stack_thread {
    uint64_t state;       /* address of the PyThreadState */
    uint64_t interpreter; /* address of its PyInterpreterState */
    uint32_t interpreter_index;
    stack_snapshot memory;
    stack_validation validation;
    uint64_t *chain; /* addresses of all frames of the last walk, top first */
    size_t chain_count, chain_capacity;
    flame_frame *frames; /* those that are Python, innermost first */
    size_t frame_capacity;
    uint32_t depth;
    flame_evaluation *evaluations; /* innermost first; by stack_find_evaluations */
    size_t evaluation_count, evaluation_capacity;
    uint32_t uncalled; /* readings in a row whose outermost frame was a generator's that named no caller */
    uint64_t collects; /* the frame of the chain above which FLAME_COLLECTION stands; 0: none */
    bool finalizes;    /* a method __del__ is */
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
                       uint64_t runtime, code_cache *cache, uint32_t max_depth);
void stack_reader_fini(stack_reader *reader);
void stack_thread_init(stack_thread *thread, uint64_t state, uint64_t interpreter);
void stack_thread_fini(stack_thread *thread);
size_t stack_thread_bytes(const stack_thread *thread);

/* Add the spans that the thread needs now to *spans, of which *count are in use. FS_MEMORY is the only
 * failure. */
FS_CHECK fs_status stack_thread_spans(const stack_reader *reader, stack_thread *thread, bool with_frames,
                                      flame_span **spans, size_t *count, size_t *capacity, fs_error *error);

/* How many those are, with frames, once they were asked for. */
size_t stack_thread_span_count(const stack_reader *reader, const stack_thread *thread);

/* A span of the thread could not be read: forget what made us want it. */
void stack_thread_unreadable(stack_thread *thread, uint64_t address, uint64_t length);

/* Work out the stack from what was read; `generation` was read after the rest in the same call. A stack with
 * STACK_OK must still be validated. */
stack_outcome stack_thread_evaluate(stack_reader *reader, stack_thread *thread,
                                    const code_generation *generation);

/* Did the thread hold the interpreter's lock when its frames were read last? In free-threaded builds: might
 * it run Python code? */
bool stack_holds_lock(const stack_reader *reader, const stack_thread *thread);

/* Validate the code of the stack that was worked out, by reading what was not read with it: one call at most,
 * none when the stack has the code of the last one. STACK_OK, or what stack_thread_evaluate might have said.
 * Where that found no stack (but `pending` or `outside`), STACK_AGAIN says that it was for a code object that
 * is now another. */
stack_outcome stack_thread_validate(stack_reader *reader, stack_thread *thread, uint64_t generation);

/* To 3.14: leave FLAME_COLLECTION out after all. */
void stack_drop_collection(stack_thread *thread);

/* ---- thread_walk.c: along a chain of frames ---- */

typedef struct stack_walk {
    const code_generation *generation;
    uint64_t collects; /* the frame from which garbage is collected; 0: none */
    bool validated;    /* some code needed more than the counter */
    bool entering;     /* the top frame is one of the interpreter's own */
    bool uncalled;     /* the outermost frame is a generator's or coroutine's that names no caller */
} stack_walk;

/* The address of the top frame, as the thread state says that was read; 0 with STACK_OK: there is none. */
uint64_t stack_top_frame(const stack_reader *reader, stack_thread *thread, stack_outcome *outcome);

/* The top frame is one of the interpreter's own, and names its caller: is that right? */
stack_outcome stack_check_entry(const stack_reader *reader, stack_thread *thread);

/* The outermost frame is a generator's that names no caller: can that be? */
stack_outcome stack_check_uncalled(const stack_reader *reader, stack_thread *thread);

/* Walk the chain in both copies, into thread->frames. STACK_TORN: they differ. STACK_AGAIN: something on it
 * was not read. */
stack_outcome stack_walk_chain(stack_reader *reader, stack_thread *thread, uint64_t top, stack_walk *walk);

/* Follow the chain from `frame` on in the other process, adding what it is made of to what will be read.
 * STACK_AGAIN when that went well. */
stack_outcome stack_explore(stack_reader *reader, stack_thread *thread, uint64_t frame);

/* Find the evaluations of the stack that was worked out last. Only of a thread that stands still. False: they
 * cannot be read, or one is just being entered or left. 3.11 takes a system call for each. */
bool stack_find_evaluations(stack_reader *reader, stack_thread *thread);

/* How many frames of the stack that was worked out last there are down to a frame of the chain, from which
 * Python code runs; 0: it is not there. */
uint32_t stack_frames_to(const stack_reader *reader, const stack_thread *thread, uint64_t frame);

/* What was taken for this code object is another: read it again. STACK_AGAIN when that went well. */
stack_outcome stack_code_renew(stack_reader *reader, code_entry **entry);

#endif
