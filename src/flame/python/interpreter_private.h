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
#include "thread_activity.h"
#include "thread_stack.h"

/* What tells a thread from another that had, or has later, the same PyThreadState. */
typedef struct python_identity {
    uint64_t ident, native, serial; /* as in python_layout; 0 where the version has none */
} python_identity;

/* One PyThreadState that is followed. */
typedef struct python_thread {
    stack_thread stack;
    thread_activity activity;
    python_identity identity;
    pid_t tid;
    bool known;       /* tid was worked out */
    bool seen;        /* in the list in this sample */
    bool fresh;       /* its block was read in this sample */
    bool excluded;    /* the options leave it out of this sample */
    bool asked;       /* whether it runs is known for this sample */
    bool slow;        /* its reading was interrupted: the copies lie far apart in time */
    bool taken;       /* its stack is that of this sample */
    bool late;        /* ... though not of its very moment */
    bool still;       /* it has not run since its stack was read: that is its stack */
    bool skip_frames; /* its frames are not read: most likely this sample is a held one or repeats one */
    bool has_stack;
    flame_missed missed;
    uint64_t generation, generation_before; /* of its interpreter, as of its own reading, and before */
    bool has_before;
    uint32_t failed;        /* samples in a row that could not be taken */
    int32_t failure_rate;   /* how often its stack was not consistent at the first reading lately */
    hold_schedule schedule; /* of a thread whose stack often is not */
    uint64_t age;           /* nanoseconds; not 0: its stack is that of the last held sample, */
    uint64_t held_at;       /* ... which was then; 0: none was seen yet */
    uint32_t held_depth;
    flame_frame *held_frames;
    size_t held_capacity;
} python_thread;

/* One PyInterpreterState. */
typedef struct python_state {
    uint64_t address;
    int64_t id;
    uint64_t generation, generation_before;
    bool has_generation, has_before;
    uint64_t threads; /* the list's head, as read last */
    uint8_t *block;   /* the part of the structure that is read each time */
} python_state;

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
    uint64_t holder; /* thread state that holds the GIL (to 3.11) */

    python_thread **threads; /* in the order of the lists; then those not in use */
    size_t thread_count, thread_capacity;
    fs_map index; /* of the threads, by address of the state */
    bool listed;
    uint32_t readings; /* of all threads */

    flame_span *spans;
    size_t span_count, span_capacity;
    flame_thread_sample *samples;
    size_t sample_capacity;
    flame_sample sample;
    uint32_t calls, retries, holds;
    flame_freezer *freezer;       /* with options.freeze */
    flame_cpu_holder *cpu_holder; /* NULL: none yet, or not to be had */
    bool no_cpu_holder;
    uint64_t hold_after; /* nanoseconds: no hold before */
    uint32_t learn_rest; /* how many times as long as the last hold until the next that is to learn */
    double hold_cost;    /* nanoseconds that a hold takes of the program's time */
    uint64_t read_at;    /* nanoseconds: when the last reading began */
    bool again;          /* the reading is not a sample's first: what it reads is at hand */
    double pace[2];      /* nanoseconds a unit of work, of an undisturbed reading; by `again` */
    bool slow;           /* the last reading took much longer: we were not running for a part of it */
};

/* Read through `reader` what `runtime` (taken over) describes. */
FS_CHECK fs_status interpreter_attach(const flame_reader *reader, flame_process *process,
                                      const flame_interpreter_options *options, python_runtime *runtime,
                                      flame_interpreter **interpreter, fs_error *error);

/* ---- interpreter_read.c: what is read, and who is there ---- */

/* Read the groups of threads[from..to) that are not excluded, and the heads after them. A thread whose memory
 * could not be read has fresh == false afterwards. */
FS_CHECK fs_status interpreter_read_threads(flame_interpreter *self, size_t from, size_t to, bool with_frames,
                                            bool runtime, fs_error *error);

/* From nothing, or when things changed: heads first, then the threads. FS_NOT_FOUND: they changed again. */
FS_CHECK fs_status interpreter_list_all(flame_interpreter *self, fs_error *error);

/* Bring the list of threads up to date with the heads and blocks that were read. FS_NOT_FOUND: as above. */
FS_CHECK fs_status interpreter_update_threads(flame_interpreter *self, fs_error *error);

/* Are the interpreters those that were listed? _PyRuntime's part has just been read. */
bool interpreter_states_listed(const flame_interpreter *self);

void interpreter_destroy_thread(python_thread *thread); /* NULL is legal */
bool interpreter_lives(const flame_interpreter *self);
fs_status interpreter_gone(const flame_interpreter *self, fs_error *error);

bool interpreter_holds_gil(const flame_interpreter *self, const python_thread *thread);

/* ---- thread_sample.c ---- */

/* Before memory is read: need its frames be read along? */
bool interpreter_skips_frames(flame_interpreter *self, const python_thread *thread);

/* Evaluate what was read of threads[at], and read again until it is consistent, or has to be given up. */
FS_CHECK fs_status interpreter_sample_thread(flame_interpreter *self, size_t at, fs_error *error);

#endif
