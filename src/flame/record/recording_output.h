/*
 * recording_output.h - what was recorded, in the form that a file's ending asks for.
 */
#ifndef FLAME_RECORDING_OUTPUT_H
#define FLAME_RECORDING_OUTPUT_H

#include "file.h"
#include "tree.h"

typedef enum flame_recording_form {
    FLAME_RECORDING_SVG = 0,
    FLAME_RECORDING_HTML,
    FLAME_RECORDING_FOLDED,
    FLAME_RECORDING_SPEEDSCOPE,
    FLAME_RECORDING_PPROF
} flame_recording_form;

/* Their names, in that order. */
#define FLAME_RECORDING_FORMS "svg", "html", "folded", "speedscope", "pprof"

/* .svg, .html or .htm, .folded or .txt or "-", .json, .pb.gz or .pprof; false for any other ending. */
bool flame_recording_form_of(const char *path, flame_recording_form *form);

/* The usual ending of a form, without the first dot: "pb.gz". */
const char *flame_recording_ending(flame_recording_form form);

typedef struct flame_recording_words {
    const char *title;
    const char *subtitle; /* NULL: none */
    double period;        /* nanoseconds between samples */
    uint64_t start;       /* nanoseconds since 1970; 0: not known */
    bool threads;         /* the root's children are threads */
} flame_recording_words;

/* Write without committing. A tree without samples gives an empty file of the form, or a picture that says
 * that nothing was recorded. */
FS_CHECK fs_status flame_recording_write(const flame_tree *tree, flame_recording_form form,
                                         const flame_recording_words *words, fs_output *output,
                                         fs_error *error);

#endif
