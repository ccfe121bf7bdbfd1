/*
 * stack_reader.h - stacks from any profiler into a call tree.
 *
 * What the input is shows in its content (FLAME_READ_FORMATS; each reader says what it takes); it is plain or
 * gzipped, the texts also in UTF-16 with a byte-order mark. Reading is streaming and linear in the input; the
 * memory it needs is the tree and a bounded cache (JSON, XML, pprof and other binary forms are held whole).
 *
 * Bad lines are skipped, counted, and the first is kept for a message. Nothing is lost silently.
 */
#ifndef FLAME_STACK_READER_H
#define FLAME_STACK_READER_H

#include "name_change.h"
#include "text.h"
#include "tree.h"

/* The formats: X(constant, name). read_NAME.c defines the reader flame_reader_NAME (read_formats.h). From
 * what many a text may be to what cannot be mistaken: an input is the last one that it looks like. */
#define FLAME_READ_FORMATS(X)                                                                                \
    X(FLAME_FOLDED, folded)                                                                                  \
    X(FLAME_PERF_SCRIPT, perf)                                                                               \
    X(FLAME_DTRACE, dtrace)                                                                                  \
    X(FLAME_BPFTRACE, bpftrace)                                                                              \
    X(FLAME_SAMPLE, sample)                                                                                  \
    X(FLAME_GHC, ghc)                                                                                        \
    X(FLAME_VTUNE, vtune)                                                                                    \
    X(FLAME_VSPROF, vsprof)                                                                                  \
    X(FLAME_CALLGRIND, callgrind)                                                                            \
    X(FLAME_MEMRAY, memray)                                                                                  \
    X(FLAME_XCTRACE, xctrace)                                                                                \
    X(FLAME_SPEEDSCOPE, speedscope)                                                                          \
    X(FLAME_GPROF2DOT, gprof2dot)                                                                            \
    X(FLAME_FIREFOX, firefox)                                                                                \
    X(FLAME_CPUPROFILE, cpuprofile)                                                                          \
    X(FLAME_CHROME, chrome)                                                                                  \
    X(FLAME_PPROF_TEXT, pprof_text)                                                                          \
    X(FLAME_PPROF_CPU, pprof_cpu)                                                                            \
    X(FLAME_PPROF, pprof)                                                                                    \
    X(FLAME_MOJO, mojo)                                                                                      \
    X(FLAME_PSTATS, pstats)

typedef enum flame_format {
    FLAME_FORMAT_AUTO = 0, /* by content */
#define FLAME_READ_CONSTANT(constant, name) constant,
    FLAME_READ_FORMATS(FLAME_READ_CONSTANT)
#undef FLAME_READ_CONSTANT
} flame_format;

/* Whether folded lines end in two counts, before and after. One line cannot tell: a frame may itself end in
 * a space and a number. AUTO reads pairs only when every line of the first block ends in two numbers. */
typedef enum flame_pairs { FLAME_PAIRS_AUTO = 0, FLAME_PAIRS_NO, FLAME_PAIRS_YES } flame_pairs;

/* How stacks are taken from `perf script`; all off by default. The root frame is the process's name. */
typedef struct flame_perf_options {
    bool pid;          /* the root frame is comm-PID */
    bool tid;          /* the root frame is comm-PID/TID */
    bool kernel;       /* annotate kernel frames: _[k] */
    bool jit;          /* annotate frames compiled at run time: _[j] */
    bool inlined;      /* annotate inlined calls: _[i]; those of run-time compilers always are */
    bool addrs;        /* with the address where the symbol is not known */
    bool context;      /* keep names whole: C++ parameters, quotes, Java's leading L */
    bool samples;      /* count 1 for each sample instead of the event's period */
    bool no_command;   /* without the command as the root frame */
    bool every_event;  /* samples of all events; else of one: */
    const char *event; /* this one; NULL: the first that is seen */
} flame_perf_options;

typedef struct flame_read_options {
    size_t size; /* sizeof of this struct, as the caller knew it */
    flame_format format;
    flame_pairs pairs;
    bool in_time; /* keep the order of the input (flame charts) */
    bool before;  /* counts go to the `before` side: the older of two profiles */
    bool lines;   /* pprof, speedscope: name frames file:function:line (frame_name.h), not by function */
    flame_perf_options perf;
    const char *sample_type; /* pprof, speedscope: which of several kinds of value; NULL: the default */
    /* Called now and then with the bytes read so far; false stops the reading with what was read. */
    bool (*progress)(void *context, uint64_t bytes);
    void *context;
    uint64_t max_unpacked; /* bytes that gzip may unpack to; 0: FS_UNPACKED_MOST (file.h) */
    const char *name;      /* of the input in messages; NULL: its path */
    fs_text *content;      /* pprof: what was read is appended here, for flame_pprof_copy; NULL: not wanted */
    flame_name_options names; /* how names are changed; not at all by default */
} flame_read_options;

enum { FLAME_EXCERPT_SIZE = 160 };

typedef struct flame_report {
    flame_format format;
    uint64_t bytes;   /* read, after decompression */
    uint64_t lines;   /* text: lines; else samples */
    uint64_t stacks;  /* that were counted */
    uint64_t skipped; /* lines (or samples) with something wrong */
    uint64_t odd; /* folded lines without a ';' that lack a count, or a letter before it: no stacks, mostly */
    uint64_t filtered;                /* samples left out on purpose: of other events or units */
    uint64_t empty;                   /* pprof: samples that count 0 */
    uint64_t first_skipped;           /* its line number, from 1; 0: none */
    char excerpt[FLAME_EXCERPT_SIZE]; /* how it begins, as printable UTF-8 */
    const char *reason;               /* what is wrong with it; static text */
    const char *note; /* what to know of stacks from this format; static text; NULL: nothing */
    double total_after, total_before; /* samples */
    bool pairs;                       /* the counts came in pairs */
    bool stopped;                     /* `progress` said so */
    char event[64];                   /* perf: the event whose samples these are; bpftrace: the map */
    char unit[64];    /* what is counted when the input says: "samples", "nanoseconds", "bytes" */
    char title[64];   /* of a picture, when the input says what it is */
    char notes[1024]; /* what the input says of the machine and the recording */
    bool flat;        /* perf: no sample has more than one frame */
    bool unnamed;     /* pprof's legacy formats: some addresses have no name */
} flame_report;

void flame_read_options_default(flame_read_options *options);

/* Read `path` ("-": standard input) into `tree`, adding to what is there; call flame_tree_finish after the
 * last input. `report` (may be NULL) is filled even on failure.
 * Errors: FS_DATA: there is no stack in it, or most of its lines are none (the message says what was found
 * instead); FS_FORMAT: the content is damaged, or of a known format that is not read; FS_LIMIT: gzip unpacks
 * to more than max_unpacked; FS_NOT_FOUND, FS_PERMISSION, FS_IO, FS_MEMORY. */
FS_CHECK fs_status flame_stacks_read(const char *path, const flame_read_options *options, flame_tree *tree,
                                     flame_report *report, fs_error *error);

/* The same from memory; `name` is for messages. gzip is not undone here. */
FS_CHECK fs_status flame_stacks_read_memory(const char *bytes, size_t length, const char *name,
                                            const flame_read_options *options, flame_tree *tree,
                                            flame_report *report, fs_error *error);

/* "2 of 120 lines were skipped; the first is line 17: "..." (no count at its end)"; empty when none was. */
void flame_report_skipped(const flame_report *report, const char *name, fs_text *message);

#endif
