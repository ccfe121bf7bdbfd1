/*
 * mdscale_checkpoint.h - what a fit that is killed goes on from, in a file: --checkpoint, --every, --resume.
 */
#ifndef CLI_MDSCALE_CHECKPOINT_H
#define CLI_MDSCALE_CHECKPOINT_H

#include "command.h"
#include "mdscale.h"

/* Set by the options. */
typedef struct checkpoint_settings {
    const char *path, *every, *resume;
} checkpoint_settings;

extern checkpoint_settings checkpoint_setting;

#define CHECKPOINT_OPTIONS                                                                                   \
    {.kind = COMMAND_TEXT,                                                                                   \
     .name = "checkpoint",                                                                                   \
     .value = "FILE",                                                                                        \
     .help =                                                                                                 \
         "Write here from time to time, whole or not at all, all that the fit needs to go on, should it "    \
         "be killed; and once more on Ctrl-C.",                                                              \
     .target = &checkpoint_setting.path},                                                                    \
        {.kind = COMMAND_TEXT,                                                                               \
         .name = "every",                                                                                    \
         .value = "TIME",                                                                                    \
         .help = "How often: 30s, 5m, 1.5h. Default: 5m.",                                                   \
         .target = &checkpoint_setting.every},                                                               \
    {                                                                                                        \
        .kind = COMMAND_TEXT, .name = "resume", .value = "FILE",                                             \
        .help =                                                                                              \
            "Go on from this checkpoint of the same data and options, which ends with the same map, bit "    \
            "by bit, as if nothing had happened. May be the file of --checkpoint.",                          \
        .target = &checkpoint_setting.resume                                                                 \
    }

typedef struct checkpoint_file {
    char *resumed; /* what is gone on from, or NULL */
    size_t resumed_bytes;
    unsigned written, failed;
    fs_error error; /* the last failure */
} checkpoint_file;

/* Check the options and read what is resumed. COMMAND_OK, or the exit status after complaining. */
int checkpoint_begin(checkpoint_file *file, double *seconds);

/* Write one. False: it was the first, and could not be written. A later failure leaves the one before, and is
 * told at the end. */
bool checkpoint_write(checkpoint_file *file, const void *bytes, size_t count);

/* Say what went wrong; COMMAND_FAILED where the first could not be written. */
int checkpoint_end(checkpoint_file *file);

#endif
