/*
 * stack_writer.h - a call tree out to the formats of other tools.
 *
 *   folded      one stack a line, root first; `before` and `after` counts for a difference
 *   speedscope  https://www.speedscope.app, its JSON file format; "evented" when the order in time is known,
 *               else "sampled"
 *   pprof       profile.proto of github.com/google/pprof, gzipped
 *   chrome      the Trace Event format of Chromium and Perfetto; needs a tree in time order
 *   cpuprofile  V8's, for the developer tools of Chrome and VS Code
 *   firefox     processed, for profiler.firefox.com
 *
 * The tree must be finished (flame_tree_finish). What a name says of function, file and line
 * (frame_name.h) goes to the fields the format has for it. Names are any bytes: what a format cannot hold
 * (a ';' or a newline in folded, bytes that are not UTF-8 in JSON) is replaced, and nothing else is lost.
 * Linear in the size of the output.
 */
#ifndef FLAME_STACK_WRITER_H
#define FLAME_STACK_WRITER_H

#include "file.h"
#include "tree.h"

typedef struct flame_profile {
    const char *title; /* NULL: "flame" */
    const char *note;  /* what a person should know of the counts, one line; NULL: nothing */
    const char *unit;  /* of the counts: "samples" (NULL), "nanoseconds", "bytes", ... */
    double period;     /* nanoseconds that one sample stands for; 0: not known */
    uint64_t start;    /* when it began, nanoseconds since 1970; 0: not known */
    bool threads;      /* the root's children are threads, named so */
} flame_profile;

struct flame_graph_options; /* graph.h */
struct flame_text_options;

/* What writers are told; each takes what concerns it. */
typedef struct flame_output_settings {
    const flame_profile *profile;              /* may be NULL */
    const struct flame_graph_options *picture; /* not NULL for SVG, HTML and text */
    const struct flame_text_options *text;     /* not NULL for text */
} flame_output_settings;

/* Each writes to `output` without committing it. `profile` may be NULL. */
FS_CHECK fs_status flame_write_folded(const flame_tree *tree, fs_output *output, fs_error *error);
FS_CHECK fs_status flame_write_speedscope(const flame_tree *tree, const flame_profile *profile,
                                          fs_output *output, fs_error *error);
FS_CHECK fs_status flame_write_pprof(const flame_tree *tree, const flame_profile *profile, fs_output *output,
                                     fs_error *error);
/* pprof's counts are whole. What those of a finished tree are multiplied by so that none loses a fraction: a
 * power of ten, 1 when all are whole, at most 10^9. A comment in the profile says it, from which the reader
 * knows it. */
enum { FLAME_PPROF_DIGITS = 9 };
#define FLAME_PPROF_SCALED "counts are those of the input times "
double flame_pprof_scale(const flame_tree *tree);
FS_CHECK fs_status flame_write_chrome(const flame_tree *tree, const flame_profile *profile, fs_output *output,
                                      fs_error *error);
FS_CHECK fs_status flame_write_cpuprofile(const flame_tree *tree, const flame_profile *profile,
                                          fs_output *output, fs_error *error);
FS_CHECK fs_status flame_write_firefox(const flame_tree *tree, const flame_profile *profile,
                                       fs_output *output, fs_error *error);

/* A form that stacks come out in: defined beside its writer, and listed in output_format.h. */
typedef struct flame_output_format {
    const char *endings[3]; /* of its files: ".pb.gz", ".pprof", the usual one first, and NULL */
    bool exact;             /* counts beyond 2^53 come out as they are, unless the tree is in time */
    bool in_time;           /* the tree must be in the order of time */
    bool packed;            /* it is gzip already */
    fs_status (*write)(const flame_tree *tree, const flame_output_settings *settings, fs_output *output,
                       fs_error *error);
} flame_output_format;

extern const flame_output_format flame_writer_folded, flame_writer_speedscope, flame_writer_pprof,
    flame_writer_chrome, flame_writer_cpuprofile, flame_writer_firefox;

#endif
