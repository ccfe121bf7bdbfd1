/*
 * recording_output.h - what was recorded, written in any form that is a file (output_format.h).
 */
#ifndef FLAME_RECORDING_OUTPUT_H
#define FLAME_RECORDING_OUTPUT_H

#include "output_format.h"

typedef struct flame_recording_info {
    const char *title;
    const char *subtitle; /* NULL: none */
    const char *note;     /* of a profile (flame_profile); NULL: none */
    double period;        /* nanoseconds between samples */
    uint64_t start;       /* nanoseconds since 1970; 0: not known */
    bool threads;         /* the root's children are threads */
} flame_recording_info;

/* Write without committing. A tree without samples gives an empty file of the form, or a picture that says
 * that nothing was recorded. */
FS_CHECK fs_status flame_recording_write(const flame_tree *tree, flame_output_form form,
                                         const flame_recording_info *info, fs_output *output,
                                         fs_error *error);

#endif
