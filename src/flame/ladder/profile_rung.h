/*
 * profile_rung.h - record one rung: Python by flame's own sampler, native programs by perf.
 */
#ifndef FLAME_PROFILE_RUNG_H
#define FLAME_PROFILE_RUNG_H

#include "plan.h"
#include "text.h"

typedef struct flame_profile_job {
    const flame_rung_plan *rung;
    const char *const *words; /* the command, nothing left to fill in */
    double seconds;           /* how long one run takes */
    const char *recorder;     /* path of flame; NULL: no sampler */
    const char *scratch;      /* directory for what is in between */
    const char *folded;       /* file to write */
    bool (*tick)(void *context, double seconds);
    void *context;
} flame_profile_job;

typedef struct flame_profile_result {
    double samples;       /* 0: there is no profile, and `problem` says why */
    const char *recorder; /* "flame record" or "perf" */
    fs_text problem;
    bool stopped; /* `tick` said so */
} flame_profile_result;

/* Run the rung under the recorder, again and again while it is short, until there are enough samples, and
 * write its folded stacks. What goes wrong is said in the result; FS_MEMORY is the only failure. */
FS_CHECK fs_status flame_profile_rung(const flame_profile_job *job, flame_profile_result *result,
                                      fs_error *error);

/* Whether the command starts a Python program, by its words and by the first line of a script. */
bool flame_profile_is_python(const flame_rung_plan *rung, const char *const *words);

#endif
