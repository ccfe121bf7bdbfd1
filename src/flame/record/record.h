/*
 * record.h - watch one program, or a family of them, and count its stacks.
 *
 * A recorder waits for an interpreter to start, samples every thread at a fixed rate (without stopping it,
 * but for native stacks and tasks), notices exec, new children and the end, and says exactly what it missed.
 * Its memory grows with the number of distinct stacks, not with time.
 *
 *     flame_recorder_create(&options, &recorder, error);
 *     flame_recorder_attach(recorder, pid, error);          or flame_recorder_follow(recorder, child, error)
 *     flame_recorder_run(recorder, error);
 *     flame_recorder_tree(recorder, &layers, &tree, error); -> flame_write_svg and friends
 *     flame_recorder_destroy(recorder);
 */
#ifndef FLAME_RECORD_H
#define FLAME_RECORD_H

#include "interpreter.h"
#include "launch.h"
#include "status.h"
#include "text.h"
#include "tree.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One consistent stack, as it is taken. Everything is borrowed for the call. */
typedef struct flame_taken {
    uint64_t time; /* fs_clock_nanoseconds */
    const flame_interpreter *interpreter;
    const flame_thread_sample *thread; /* NULL: the whole program was idle at this tick */
} flame_taken;

typedef struct flame_recorder_options {
    size_t size;    /* of this struct */
    double rate;    /* samples a second; 0: 1000 */
    double seconds; /* from the first sample on; 0: until the program ends */
    double budget;  /* part of its time that holding its threads may take; 0: 0.006 */

    bool idle;      /* count threads that sleep in the kernel as well */
    bool cpu;       /* only threads that are on a CPU or in the queue for one */
    bool gil;       /* only the thread that holds the interpreter lock */
    bool functions; /* the lines of a function count as one */
    bool freeze;    /* stop the program while it is read */
    bool children;  /* follow the processes it starts */
    bool merge;     /* do not tell threads apart: no layer of threads, and no memory for each */
    bool in_time; /* keep the order in time, for flame_recorder_timeline: memory for each change of a stack */
    pid_t thread; /* only this one (kernel thread id); 0: all */
    bool names;   /* plain function names (co_name) and whole paths, as pyflame writes them; otherwise
                     qualified names, and paths without the part that every module of a library shares */
    bool no_lines;  /* frames are `file:function` */
    bool native;    /* also programs that are no Python: their native stacks */
    bool mixed;     /* native frames of Python programs too, whose threads are held for each sample */
    bool mixed_all; /* ... with the interpreter's own */
    bool tasks;     /* below a task of asyncio those that wait for it; threads are held for each sample */
    bool inlines;   /* ... with inlined functions as frames of their own */
    bool kernel; /* by perf events, with the kernel's frames: native stacks of all programs, none of Python;
                    then none of idle, cpu, gil, freeze, mixed and tasks */

    const sigset_t *waiting;       /* signal mask while waiting; NULL: unchanged */
    bool (*attend)(void *context); /* asked after each wait, so it must be quick; true ends the recording */
    double attend_every;           /* at least this often, in seconds; 0: 0.25 */
    void (*taken)(const flame_taken *taken, void *context); /* each stack in the order of time; NULL */
    void *context;
} flame_recorder_options;

void flame_recorder_options_default(flame_recorder_options *options);

typedef enum flame_stop {
    FLAME_STOP_ENDED,  /* the program ended */
    FLAME_STOP_TIME,   /* the seconds asked for are over */
    FLAME_STOP_BARRED, /* the program may no longer be read (flame_statistics.barred) */
    FLAME_STOP_ASKED   /* attend said so: Ctrl-C, or the user left */
} flame_stop;

/* What was measured, and how well. A sample is one thread's stack at one tick; it stands for others too when
 * the thread moves too fast to be read at each (interpreter.h). */
typedef struct flame_statistics {
    flame_stop stop;
    const char *unread; /* why some process could not be read, the recorder's; NULL: all could */
    const char
        *barred; /* why a process that was read could not be read any longer, the recorder's; or NULL */
    double barred_after; /* seconds after the first tick */
    pid_t barred_pid;
    double seconds; /* from the first tick to the last */
    double rate;    /* asked for */

    uint64_t ticks;    /* begun */
    uint64_t looks;    /* the same, each counted for every process that was read at it */
    uint64_t skipped;  /* ticks whose whole period went by before this program got a CPU */
    uint64_t lost;     /* ... as ticks of threads: as many as were wanted at those begun, on average */
    uint64_t late;     /* ticks begun more than half a period late */
    double worst_late; /* seconds */

    uint64_t samples;   /* stacks that were read */
    uint64_t wanted;    /* ticks of threads: taken + missed */
    uint64_t taken;     /* ... that the samples stand for */
    uint64_t broken;    /* of those taken: of native stacks whose callers could not all be found */
    uint64_t unordered; /* likewise: whose native and Python frames could not be put in order */
    uint64_t empty;     /* of `looks`: nothing was to be taken, every thread slept, or nobody held the lock */
    uint64_t missed[FLAME_MISSED_KINDS];

    uint64_t threads;   /* distinct threads seen */
    uint64_t processes; /* programs read: interpreters, and native ones */
    bool others; /* a native program had children, which were not watched for want of the option children */
    uint64_t stacks; /* distinct */

    double own_cpu;   /* seconds of CPU this program used meanwhile */
    double stopped;   /* seconds the target was held still (freeze), or its threads were, added up (native) */
    pid_t halted_pid; /* the first process that is still stopped so; 0: none */
    double halted;    /* seconds a signal or a debugger had stopped it, to a quarter of a second */
    double target_ran;    /* seconds of CPU the target used meanwhile, threads that have ended too */
    double target_waited; /* seconds its threads were ready but waited for a CPU, whoever used it */
    bool by_events;       /* recorded so (options.kernel): it ran as long as it was seen to, and how long it
                             waited is not known */
} flame_statistics;

typedef struct flame_recorder flame_recorder;

FS_CHECK fs_status flame_recorder_create(const flame_recorder_options *options, flame_recorder **recorder,
                                         fs_error *error);
void flame_recorder_destroy(flame_recorder *recorder); /* NULL is legal */

/* Watch a running process. Fails at once when there is no such process (FS_NOT_FOUND), when it may not be
 * read (FS_PERMISSION, with the reason and what to do about it), when it is a zombie (FS_GONE), and,
 * unless children are followed or the option native is set, when it is no Python (FS_UNSUPPORTED). `action`
 * is the user's command, for messages. */
FS_CHECK fs_status flame_recorder_attach(flame_recorder *recorder, pid_t pid, const char *action,
                                         fs_error *error);

/* Watch a command just started; its interpreter may appear later. `child` must outlive the recorder. */
FS_CHECK fs_status flame_recorder_follow(flame_recorder *recorder, flame_child *child, fs_error *error);

/* Whether a process that is read is stopped by a signal or a debugger, and so will show nothing new. */
bool flame_recorder_stopped(const flame_recorder *recorder);

/* Sample until the end. FS_NOT_FOUND: there never was an interpreter; FS_UNSUPPORTED, FS_GONE: it ended, or
 * was interrupted, before one could be read (the message says what there was instead). What was recorded
 * before a failure stays valid. */
FS_CHECK fs_status flame_recorder_run(flame_recorder *recorder, fs_error *error);

/* What comes until the next tick is not of the recording: nothing counts as wanted then. For `attend`, before
 * it does something that takes long: no thread is held then. */
void flame_recorder_pause(flame_recorder *recorder);

/* Valid at any time; complete after run. */
void flame_recorder_statistics(const flame_recorder *recorder, flame_statistics *statistics);

/* Whether threads and processes become frames of their own under the root. */
typedef enum flame_layer {
    FLAME_LAYER_AUTO = 0, /* when there was more than one */
    FLAME_LAYER_SHOW,
    FLAME_LAYER_HIDE
} flame_layer;

typedef struct flame_layers {
    flame_layer processes;
    flame_layer threads;
    int64_t only;    /* only the label with this index (flame_recorder_label); negative: all */
    bool since_mark; /* only what came since flame_recorder_mark */
    bool imports;    /* with the import system's own frames. Otherwise they are left out between a module and
                        what it imports, as Python leaves them out of tracebacks; where they use time
                        themselves, the innermost stays */
} flame_layers;

/* The recorded stacks as a tree (totals worked out), frames named `file:function:line`. O(nodes). */
FS_CHECK fs_status flame_recorder_tree(const flame_recorder *recorder, const flame_layers *layers,
                                       flame_tree **tree, fs_error *error);

/* The stacks in the order of time (flame_tree_in_time), one count a tick: each thread is a child of the root,
 * and begins with the first tick; ticks at which nothing was taken of it are its own. Needs the option
 * in_time, and threads told apart. O(n log n) in what was kept. */
FS_CHECK fs_status flame_recorder_timeline(const flame_recorder *recorder, bool imports, flame_tree **tree,
                                           fs_error *error);

/* From here on counts a new interval (for live views). */
void flame_recorder_mark(flame_recorder *recorder);

/* Forget the counts so far; stacks and threads stay known. */
void flame_recorder_reset(flame_recorder *recorder);

/* Names of the threads that were seen: "MainThread", "thread 1234"; NULL past the last. */
const char *flame_recorder_label(const flame_recorder *recorder, size_t index);

/* The command line of the first interpreter read, and its process id; NULL when there was none. */
const char *flame_recorder_title(const flame_recorder *recorder);

/* ---- names, for those who read an interpreter themselves ---- */

/* "python3 slow.py (1234)": the command line of a process, at most 80 bytes of it; free with fs_free. */
char *flame_command_line(pid_t pid);

/* Its current folder with a '/' at the end, NULL when it is not known or is "/"; free with fs_free. */
char *flame_current_folder(pid_t pid);

/* What is left of a path (a part of it) without the front that says only where Python or its packages are
 * installed, or the current `folder` (may be NULL). */
const char *flame_path_short(const char *path, const char *folder);

/* Append a frame's name: `file:function:line`, by the options `names`, `no_lines` and `functions`. `folder`
 * (may be NULL) is the process's current one, taken off the front of paths. */
void flame_frame_text(const flame_recorder_options *options, const flame_code *code, uint32_t line,
                      const char *folder, fs_text *text);

#endif
