/*
 * flame_record_output.h - where flame record writes, and what: at the end, and before it when it is asked to.
 */
#ifndef CLI_FLAME_RECORD_OUTPUT_H
#define CLI_FLAME_RECORD_OUTPUT_H

#include "file.h"
#include "output_format.h"
#include "record.h"

#include <stdbool.h>

typedef struct record_output {
    const char *path;       /* as the user gave it, or NULL; worked out by record_output_choose */
    const char *append;     /* the folded file to add to; NULL: `path` is written */
    int format;             /* index of FLAME_FILE_FORMATS ... */
    bool format_given;      /* ... if it was given */
    flame_output_form form; /* worked out */
    bool named;             /* by the user */
    bool threads, split;    /* layers of threads were asked for or forbidden, and which */
    bool imports;
    const char *title; /* NULL: the command */
    uint64_t start;    /* nanoseconds since 1970 */
} record_output;

/* Work out the file's name and the form. `pid` is what {pid} stands for. COMMAND_OK, or COMMAND_USAGE after
 * complaining. */
int record_output_choose(record_output *wanted, long long pid);

FS_CHECK fs_status record_output_open(const record_output *wanted, fs_output **output, fs_error *error);

/* "2,410 samples for 9,998 ticks" */
void record_output_counts(const flame_statistics *measured, char *text, size_t room);

/* Write without committing. */
FS_CHECK fs_status record_output_write(const record_output *wanted, const flame_recorder *recorder,
                                       fs_output *output, fs_error *error);

/* Write what there is so far over the file and say so; `output` is the one that is open for the end. */
void record_output_snapshot(const record_output *wanted, flame_recorder *recorder, const fs_output *output,
                            bool quiet);

#endif
