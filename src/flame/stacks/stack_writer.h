/*
 * stack_writer.h - a call tree out to the formats of other tools.
 *
 *   folded      one stack a line, root first; `before` and `after` counts for a difference
 *   speedscope  https://www.speedscope.app, its JSON file format; "evented" when the order in time is known,
 *               else "sampled"
 *   pprof       profile.proto of github.com/google/pprof, gzipped
 *   chrome      the Trace Event format of Chromium and Perfetto; needs a tree in time order
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
    const char *unit;  /* of the counts: "samples" (NULL), "nanoseconds", "bytes", ... */
    double period;     /* nanoseconds that one sample stands for; 0: not known */
    uint64_t start;    /* when it began, nanoseconds since 1970; 0: not known */
    bool threads;      /* the root's children are threads, named so */
} flame_profile;

/* Each writes to `output` without committing it. `profile` may be NULL. */
FS_CHECK fs_status flame_write_folded(const flame_tree *tree, fs_output *output, fs_error *error);
FS_CHECK fs_status flame_write_speedscope(const flame_tree *tree, const flame_profile *profile,
                                          fs_output *output, fs_error *error);
FS_CHECK fs_status flame_write_pprof(const flame_tree *tree, const flame_profile *profile, fs_output *output,
                                     fs_error *error);
FS_CHECK fs_status flame_write_chrome(const flame_tree *tree, const flame_profile *profile, fs_output *output,
                                      fs_error *error);

typedef enum flame_output_form {
    FLAME_OUTPUT_UNKNOWN = 0,
    FLAME_OUTPUT_FOLDED,     /* .folded, .txt, "-" */
    FLAME_OUTPUT_SPEEDSCOPE, /* .speedscope.json, .json */
    FLAME_OUTPUT_PPROF,      /* .pb.gz, .pprof */
    FLAME_OUTPUT_CHROME      /* .trace.json */
} flame_output_form;

/* The form that a path's ending asks for. */
flame_output_form flame_output_form_of(const char *path);

/* Any of them, by `form`. */
FS_CHECK fs_status flame_write(const flame_tree *tree, const flame_profile *profile, flame_output_form form,
                               fs_output *output, fs_error *error);

#endif
