/*
 * recorder_parts.h - inside the record folder: what a recorder is made of.
 */
#ifndef FLAME_RECORDER_PARTS_H
#define FLAME_RECORDER_PARTS_H

#include "alarm.h"
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

#endif
