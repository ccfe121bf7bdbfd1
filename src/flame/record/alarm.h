/*
 * alarm.h - inside the record folder: being woken for each tick cheaply.
 *
 * Whoever sets the earliest timer of a processor has to tell the timer's hardware, and in a virtual machine
 * that alone takes several microseconds; but when a timer fires, the kernel tells the hardware of the next
 * one anyway. So there are two timers that take turns, and each is set while the other, which is due a tick
 * earlier, is still running. That makes the cost of a wake-up a third less, or more.
 */
#ifndef FLAME_ALARM_H
#define FLAME_ALARM_H

#include <stdint.h>

typedef struct flame_alarm {
    int files[2];    /* timerfd; -1: none */
    uint64_t set[2]; /* when each is due; 0: not set */
} flame_alarm;

/* Without descriptors left there is no alarm, and flame_alarm_set says so each time. */
void flame_alarm_init(flame_alarm *alarm);
void flame_alarm_fini(flame_alarm *alarm);

/* A descriptor that can be read (but need not be) from `due` on (fs_clock_nanoseconds); -1: wait in another
 * way. `next`, later than due, is what will most likely be asked for after that. */
int flame_alarm_set(flame_alarm *alarm, uint64_t due, uint64_t next);

#endif
