/*
 * event_recorder.h - inside the record folder: recording by the kernel's perf events (perf_events.h), with
 * the kernel's frames, in place of reading and stopping the program. Processes that live for a moment are
 * seen as well as others, for they are told of. Python has native frames here as any program: its own are not
 * where the kernel could copy them from.
 *
 * Programs go by their names, so that the hundred processes of a shell script that are called alike are one
 * frame.
 */
#ifndef FLAME_EVENT_RECORDER_H
#define FLAME_EVENT_RECORDER_H

#include "perf_events.h"
#include "target.h"

typedef struct event_recorder event_recorder;

/* Begin to collect events; what they are of is said later. What flame_events_open says. */
FS_CHECK fs_status event_recorder_open(const flame_recorder_options *options, event_recorder **recorder,
                                       fs_error *error);
void event_recorder_close(event_recorder *recorder); /* NULL is legal */

/* Watch a process: a command that was started since event_recorder_open (`started`), or one that runs.
 * FS_MEMORY, and of one that runs what flame_process_open and flame_maps_read say. */
FS_CHECK fs_status event_recorder_watch(event_recorder *recorder, flame_recording *recording, pid_t pid,
                                        bool started, fs_error *error);

/* Count what came since the last call (`last`: to the end, nothing follows). FS_MEMORY. */
FS_CHECK fs_status event_recorder_update(event_recorder *recorder, flame_recording *recording, bool last,
                                         fs_error *error);

/* When the first program was seen, fs_clock_nanoseconds; 0: not yet. */
uint64_t event_recorder_began(const event_recorder *recorder);

/* Whether all that are watched have ended and have left none behind. To be asked between updates. */
bool event_recorder_over(event_recorder *recorder);

#endif
