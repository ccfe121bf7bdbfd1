/*
 * target.h - inside the record folder: one process that is watched, from before its interpreter starts to its
 * end, and the interpreters that were found.
 */
#ifndef FLAME_TARGET_H
#define FLAME_TARGET_H

#include "calls.h"
#include "cpu_wait.h"
#include "interpreter.h"
#include "kernel_symbols.h"
#include "launch.h"
#include "mixed_stacks.h"
#include "native_names.h"
#include "native_sampler.h"
#include "process.h"
#include "record.h"
#include "timeline.h"

/* An interpreter that is or was read. The names of its code are needed to the end; when it has gone, they are
 * all that is kept. */
typedef struct flame_image {
    flame_interpreter *interpreter; /* NULL once it has gone */
    flame_process *process;
    flame_code *codes; /* what is left of it then */
    uint32_t code_count;
    fs_arena names;
    flame_native *native;          /* its native code; NULL: not looked at */
    flame_native_sampler *sampler; /* of native stacks, with those of Python or of a program that is none;
                                      NULL: there is none, or it has gone */
    mixed_stacks *mixed;           /* ... with an interpreter */
    native_names native_names;
    pid_t pid;
    char *label;  /* "python3 slow.py (12345)" */
    char *folder; /* the process's current folder with a '/' at the end, NULL when not known */
} flame_image;

/* Takes over both, also on failure. `interpreter` may be NULL. */
FS_CHECK fs_status flame_image_init(flame_image *image, flame_process *process,
                                    flame_interpreter *interpreter, fs_error *error);
void flame_image_fini(flame_image *image);

/* Let go of the process; the names stay. */
void flame_image_retire(flame_image *image);

const flame_code *flame_image_code(const flame_image *image, uint32_t id);

/* Labels: what stands at the root above the frames. A key with this bit names a label. */
#define FLAME_KEY_LABEL   (UINT64_C(1) << 63)
#define FLAME_KEY_PROCESS (UINT64_C(1) << 62) /* with FLAME_KEY_LABEL: the low bits are an image's index */

#define FLAME_KEY_NATIVE                                                                                     \
    (UINT64_C(1) << 61) /* without FLAME_KEY_LABEL: the low bits are a place (native.h) */

#define FLAME_KEY_KERNEL                                                                                     \
    (UINT64_C(1) << 60) /* without FLAME_KEY_LABEL: the low bits are those of an address of the kernel */
#define FLAME_KEY_KERNEL_PLACE ((UINT64_C(1) << 48) - 1)

static inline uint64_t flame_key_frame(uint32_t code, uint32_t line)
{
    return (uint64_t)code << 32 | line;
}

typedef struct flame_labels {
    char **items;
    size_t count, capacity;
} flame_labels;

/* Index of a new label. Labels of the same text become one frame in the tree. */
FS_CHECK fs_status flame_label(flame_labels *labels, const char *text, uint32_t *index, fs_error *error);

typedef struct flame_watched_thread {
    uint64_t ident;
    pid_t tid;
    uint32_t node;
    flame_path path;
    size_t stretch;              /* its last in the timeline (flame_timeline_add) */
    uint64_t seen;               /* number of the target's sample in which it was there last */
    uint64_t owed_from, owed_to; /* in time: ticks in a row, to before the second, at which it was not read */
    uint32_t last;               /* the call of its last sample, + 1; 0: none yet */
    uint32_t pending;            /* ticks since then for which a later sample is to stand */
} flame_watched_thread;

typedef enum flame_target_state {
    FLAME_TARGET_SEARCHING, /* for an interpreter */
    FLAME_TARGET_READING,
    FLAME_TARGET_ENDED
} flame_target_state;

typedef struct flame_target {
    pid_t pid;
    int pidfd;          /* -1 when not owned here and not available */
    flame_child *child; /* the command that was started; NULL: any other process */
    flame_target_state state;
    flame_process *process; /* while searching */
    uint32_t image;         /* while reading */
    uint32_t process_node;
    uint64_t next_search;     /* fs_clock_nanoseconds */
    uint64_t pause;           /* before the search after the next */
    flame_python_state found; /* what the last search found */
    fs_error trouble;         /* its message */
    uint64_t barred_since;    /* when searches began to find something that will not be read; 0: not so */
    flame_watched_thread *threads;
    size_t thread_count, thread_capacity;
    uint64_t samples;
    flame_cpu_wait cpu;
    bool halted;         /* by a signal or a debugger, when it was asked last, ... */
    uint64_t asked;      /* ... which was then */
    uint64_t halted_for; /* nanoseconds between two answers that said so */
} flame_target;

/* What sampling adds to; the recorder's parts. */
typedef struct flame_recording {
    const flame_recorder_options *options;
    flame_calls calls;
    flame_timeline timeline; /* with the option in_time */
    uint64_t tick;           /* the number of the tick that is sampled */
    flame_labels labels;
    flame_image *images;
    size_t image_count, image_capacity;
    flame_native_files *native_files; /* NULL: none yet */
    flame_kernel_symbols *kernel;     /* NULL: none yet */
    bool raised;                      /* the priority of this thread, since there is a native sampler; */
    int nice;                         /* before that */
    uint64_t *keys;
    size_t key_count, key_capacity;
    flame_statistics statistics;
    pid_t unread_pid; /* the first process that could not be read though it may have been Python; 0: none
                       */
    fs_error unread;  /* why */
    pid_t barred_pid; /* the first process that was read and then might not be; 0: none */
    uint64_t barred_at;
    fs_error barred; /* why */
} flame_recording;

/* Ticks for which a sample that is still to come was to stand. */
uint64_t flame_statistics_pending(const flame_statistics *statistics);

void flame_recording_note_unread(flame_recording *recording, pid_t pid, const fs_error *trouble);

/* Take hold of a process that runs. `child` (may be NULL) lends its pidfd. */
FS_CHECK fs_status flame_target_init(flame_target *target, pid_t pid, flame_child *child, fs_error *error);
void flame_target_fini(flame_target *target);

/* Search for an interpreter when it is time to. Only lack of memory is a failure: what was found instead is
 * in target->found and target->trouble. */
FS_CHECK fs_status flame_target_search(flame_target *target, flame_recording *recording, uint64_t now,
                                       fs_error *error);

/* Take a sample of a target that is being read; it may turn out to have ended or to have called exec. */
FS_CHECK fs_status flame_target_sample(flame_target *target, flame_recording *recording, uint64_t now,
                                       fs_error *error);

/* ---- between target.c and target_native.c ---- */

/* The process found, with an interpreter or (NULL) without, becomes an image that is read. Takes over both.
 */
FS_CHECK fs_status flame_target_add_image(flame_target *target, flame_recording *recording,
                                          flame_interpreter *interpreter, fs_error *error);

/* Count a stack that was taken of `thread`: recording->keys, outermost first. `earlier`: it stands only for
 * ticks before this one. `from` is where the search for the thread begins, 0 at first. */
FS_CHECK fs_status flame_target_add_stack(flame_target *target, flame_recording *recording,
                                          const flame_thread_sample *thread, bool earlier, size_t *from,
                                          fs_error *error);

/* Keep count of the ticks for which a later sample of the thread is to stand. One that comes stands for some
 * before its own, whatever becomes of it; of one that stood still while others ran they stay open. */
void flame_target_count_pending(flame_target *target, const flame_thread_sample *thread, size_t *from);

/* What was read can be read no more: it ended, or another program took its place, or (`why`) it is barred. */
void flame_target_changed(flame_target *target, flame_recording *recording, fs_status why, uint64_t now);

/* The key of a frame of Python. FS_MEMORY: there are too many functions. */
FS_CHECK fs_status flame_target_key(const flame_recorder_options *options, const flame_frame *frame,
                                    uint64_t *key, fs_error *error);

/* Read native stacks of a target that has just become an image, with an interpreter or without. */
FS_CHECK fs_status flame_target_open_sampler(flame_target *target, flame_recording *recording, uint64_t now,
                                             fs_error *error);

/* Read the native stacks of a process in which no interpreter was found, if that is wanted and none is to be
 * expected. */
FS_CHECK fs_status flame_target_open_native(flame_target *target, flame_recording *recording, uint64_t now,
                                            fs_error *error);
FS_CHECK fs_status flame_target_sample_native(flame_target *target, flame_recording *recording, uint64_t now,
                                              fs_error *error);

/* ---- */

/* From time to time while it is read, and at the end: CPU times, and whether it is stopped. */
void flame_target_update(flame_target *target, const flame_recording *recording, uint64_t now);

/* The process has ended. */
void flame_target_end(flame_target *target, flame_recording *recording);

/* No sample comes any more: what the next of each thread was to stand for, its last one does. Once, at the
 * end.
 */
void flame_target_settle(flame_target *target, flame_recording *recording);

#endif
