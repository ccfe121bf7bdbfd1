/*
 * interpreter_private.h - what the files of this folder share about an interpreter, and the way in for tests
 * that have recorded memory instead of a process.
 */
#ifndef FLAME_INTERPRETER_PRIVATE_H
#define FLAME_INTERPRETER_PRIVATE_H

#include "cpu_hold.h"
#include "hold_schedule.h"
#include "interpreter.h"
#include "process_freeze.h"
#include "python_find.h"
#include "still_frames.h"
#include "thread_activity.h"
#include "thread_stack.h"

/* What tells a thread from another that had, or has later, the same PyThreadState. */
typedef struct thread_identity {
    uint64_t ident, native, serial; /* as in python_layout; 0 where the version has none */
    pid_t tid;                      /* of the kernel; 0: not found */
    bool known;                     /* it was searched for, and the state is still that thread's */
} thread_identity;

/* What is done about a thread in a sample. */
typedef enum thread_plan {
    THREAD_READ,
    THREAD_ASLEEP,  /* it has not run since its stack was read: that is its stack */
    THREAD_SKIPPED, /* its state is read, its frames are not: most likely it is not to be held now */
    THREAD_EXCLUDED /* by the options, for what it does */
} thread_plan;

/* When a thread is read in which way. */
typedef struct thread_schedule {
    int32_t failure_rate; /* how often the copies differed at the first reading lately */
    uint32_t owed;        /* ticks at which it was not read, for which its next sample is to stand */
    uint32_t failed;      /* samples in a row that could not be taken */
} thread_schedule;

/* When a running thread is held next: of the threads that take turns with the interpreter's lock one for all.
 */
typedef struct hold_turn {
    hold_schedule schedule;
    bool due;       /* a hold is */
    uint64_t after; /* nanoseconds: no hold before */
} hold_turn;

/* What a sample says of a thread. */
typedef struct thread_result {
    flame_missed missed;
    uint32_t ticks;
    bool wanted; /* it is part of the sample */
} thread_result;

/* One PyThreadState that is followed. */
typedef struct python_thread {
    thread_identity identity;
    thread_activity activity;
    stack_thread stack;
    code_generation generation; /* of its interpreter, as of its own reading */
    thread_schedule schedule;
    hold_turn turn; /* of a free-threaded build */
    thread_plan plan;
    thread_result result;
    bool seen;         /* in the list in this sample */
    bool fresh;        /* its block was read in this sample */
    bool reads_frames; /* its frames are read with its block */
    bool asked;        /* whether it runs is known for this sample */
    bool held_lock;    /* when the states of all threads were read for this sample */
    bool has_stack;    /* `stack` was read, and the thread has not run since as far as is known */
} python_thread;

/* One PyInterpreterState. */
typedef struct python_state {
    uint64_t address;
    int64_t id;
    code_generation generation;
    uint64_t threads;       /* the list's head, as read last */
    uint8_t copies[4];      /* the counter of copies of code, where there is one */
    uint8_t *block;         /* the part of the structure that is read each time */
    uint64_t running_tasks; /* to 3.13: asyncio's dict of the tasks that run; 0: not found */
} python_state;

/* Holding running threads (cpu_hold.h), one at a time, within a budget. */
typedef struct interpreter_holds {
    flame_cpu_holder *holder; /* NULL: none yet, or ... */
    bool refused;             /* ... it is not to be had */
    hold_turn turn;
    double cost;          /* nanoseconds that a hold takes of the program's time, on average */
    int32_t failure_rate; /* of the thread that was read last */
    uint32_t orphan;      /* ticks owed by threads that have ended */
    uint32_t count;       /* in this sample */
    fs_random random;
} interpreter_holds;

typedef struct interpreter_tasks interpreter_tasks;

struct flame_interpreter {
    flame_process *process; /* NULL: recorded memory */
    const flame_reader *reader;
    flame_interpreter_options options;
    python_runtime runtime;
    code_cache cache;
    stack_reader stacks;
    pid_t pid;

    python_state *states;
    size_t state_count, state_capacity;
    uint32_t block_from, block_size; /* of the interpreter state that is read each time */
    uint8_t *runtime_block;          /* the same of _PyRuntime */
    uint32_t runtime_from, runtime_size;
    uint64_t gil_holder; /* thread state that holds the GIL (to 3.11) */

    python_thread **threads; /* in the order of the lists; then those not in use */
    size_t thread_count, thread_capacity;
    fs_map index; /* of the threads, by address of the state */
    bool listed;

    flame_span *spans;
    size_t span_count, span_capacity;
    flame_thread_sample *samples;
    size_t sample_capacity;
    flame_sample sample;
    uint32_t calls, retries;
    flame_freezer *freezer; /* with options.freeze */
    interpreter_holds holds;
    interpreter_tasks *tasks; /* with options.tasks */
};

/* Read through `reader` what `runtime` (taken over) describes. */
FS_CHECK fs_status interpreter_attach(const flame_reader *reader, flame_process *process,
                                      const flame_interpreter_options *options, python_runtime *runtime,
                                      flame_interpreter **interpreter, fs_error *error);

/* ---- interpreter_read.c: what is read, and who is there ---- */

/* Read the states of threads[from..to), the frames of some, and the heads after them; with `runtime`,
 * _PyRuntime's part too. A thread whose memory could not be read has fresh == false afterwards. */
FS_CHECK fs_status interpreter_read_threads(flame_interpreter *self, size_t from, size_t to, bool runtime,
                                            fs_error *error);

/* The same for one thread, with its frames. */
FS_CHECK fs_status interpreter_read_frames(flame_interpreter *self, size_t at, fs_error *error);

/* The state of every thread, and all heads. */
FS_CHECK fs_status interpreter_read_states(flame_interpreter *self, fs_error *error);

/* From nothing, or when things changed: heads first, then the threads. FS_NOT_FOUND: they changed again. */
FS_CHECK fs_status interpreter_list_all(flame_interpreter *self, fs_error *error);

/* Bring the list of threads up to date with the heads and blocks that were read. FS_NOT_FOUND: as above. */
FS_CHECK fs_status interpreter_update_threads(flame_interpreter *self, fs_error *error);

/* Are the interpreters those that were listed? _PyRuntime's part has just been read. */
bool interpreter_states_listed(const flame_interpreter *self);

void interpreter_destroy_thread(python_thread *thread); /* NULL is legal */
bool interpreter_lives(const flame_interpreter *self);
fs_status interpreter_gone(const flame_interpreter *self, fs_error *error);

/* May the thread run Python now? Where there is an interpreter lock: does it hold that? */
bool interpreter_may_run(const flame_interpreter *self, const python_thread *thread);

/* What a sample says of it. */
bool interpreter_holds_gil(const flame_interpreter *self, const python_thread *thread);

/* Whose state it is, by the block that was read last. */
void interpreter_identify(flame_interpreter *self, python_thread *thread);

/* ---- interpreter_still.c ---- */

/* The thread of a sample; NULL: it has gone. */
python_thread *interpreter_thread_of(const flame_interpreter *self, const flame_thread_sample *sample);

/* A frame that was read of a program that stands still, with the names of its code, checked or read anew:
 * that is taken off memory->reads_left, page by page. False: they make no sense, or memory->failed. */
bool interpreter_still_frame(flame_interpreter *self, object_memory *memory, const still_frame *frame,
                             flame_frame *out);

/* ---- interpreter_collection.c ---- */

/* Of the threads that were sampled, leave FLAME_COLLECTION out where another one collects, or miss the thread
 * where that is not sure. Cost: nothing while none collects, else a reading for each thread that was not
 * read. */
FS_CHECK fs_status interpreter_check_collections(flame_interpreter *self, fs_error *error);

/* ---- interpreter_tasks.c ---- */

FS_CHECK fs_status interpreter_tasks_create(const flame_interpreter *self, interpreter_tasks **tasks,
                                            fs_error *error);
void interpreter_tasks_destroy(interpreter_tasks *tasks); /* NULL is legal */

/* ---- thread_sample.c ---- */

/* Read threads[at], which stands still: its stack, and thread->result.missed. */
FS_CHECK fs_status interpreter_read_standing(flame_interpreter *self, size_t at, fs_error *error);

/* Before memory is read: need its frames be read along? */
bool interpreter_skips_frames(flame_interpreter *self, python_thread *thread);

/* Make of what was read of threads[at] a sample, reading again or holding the thread where that takes it. */
FS_CHECK fs_status interpreter_sample_thread(flame_interpreter *self, size_t at, fs_error *error);

/* What was read for a sample turned out not to be of a moment that counts: it is missed, and what the thread
 * was owed it is owed still. */
void interpreter_miss(python_thread *thread);

/* Another thread has come to have the state, or none has. */
void interpreter_forget_schedule(flame_interpreter *self, python_thread *thread);

#endif
