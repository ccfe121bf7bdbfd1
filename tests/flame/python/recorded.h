/* Interpreters whose memory was recorded (make_snapshots.py), one of each version. */
#ifndef RECORDED_H
#define RECORDED_H

#include "snapshot.h"

typedef struct recorded {
    char *bytes;
    snapshot memory;
    flame_reader reader;
    flame_interpreter *interpreter;
} recorded;

FS_CHECK fs_status recorded_open(recorded *self, unsigned minor, fs_error *error);
void recorded_close(recorded *self);

/* The thread of the recorded program that has the deeper stack. */
const flame_thread_sample *deepest(const flame_sample *sample);

#endif
