/*
 * recorder_parts.h - inside the record folder: what a recorder is made of.
 */
#ifndef FLAME_RECORDER_PARTS_H
#define FLAME_RECORDER_PARTS_H

#include "alarm.h"
#include "event_recorder.h"
#include "pace.h"
#include "stop_signal.h"
#include "target.h"

#include <poll.h>

struct flame_recorder {
    flame_recorder_options options;
    flame_recording recording;
    flame_pace pace;
    flame_alarm alarm;
    flame_stop_signal stops; /* with the option native */
    event_recorder *events;  /* with the option kernel */
    char *title;             /* likewise: the command */
    flame_target **targets;
    size_t target_count, target_capacity;
    size_t alive, reading;
    bool paused; /* nobody was being read when the last tick was due, or flame_recorder_pause */
    struct pollfd *waits;
    size_t wait_capacity;
    uint64_t began;    /* when the pace started; 0: no interpreter was read yet */
    double cpu_before; /* own */
    uint64_t last;     /* time of the last tick */
    uint64_t next_children, next_cpu;
    double stopped;
    flame_stop stop;
    double cpu_ran, cpu_waited, halted; /* of targets that are gone */
};

/* The first sample comes: ticks are counted from here. Again it changes nothing. */
void recorder_begin(flame_recorder *recorder, uint64_t now);

/* What the command leaves behind is this process's child when it ends. */
void recorder_reap_orphans(const flame_recorder *recorder);

/* ---- record_events.c, with the option kernel ---- */

FS_CHECK fs_status recorder_open_events(flame_recorder *recorder, fs_error *error);
FS_CHECK fs_status recorder_watch_events(flame_recorder *recorder, pid_t pid, bool started, fs_error *error);
FS_CHECK fs_status recorder_loop_events(flame_recorder *recorder, fs_error *error);

#endif
