#include "alarm.h"

#include <stdbool.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

void flame_alarm_init(flame_alarm *alarm)
{
    *alarm = (flame_alarm){.files = {-1, -1}};
    for (int i = 0; i < 2; i++) alarm->files[i] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
}

void flame_alarm_fini(flame_alarm *alarm)
{
    for (int i = 0; i < 2; i++)
        if (alarm->files[i] >= 0) close(alarm->files[i]);
    *alarm = (flame_alarm){.files = {-1, -1}};
}

static bool set(flame_alarm *alarm, int which, uint64_t due)
{
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(due / 1000000000), .tv_nsec = (long)(due % 1000000000)}};
    if (alarm->set[which] == due) return true;
    /* Setting it also makes it unreadable again. */
    bool done = timerfd_settime(alarm->files[which], TFD_TIMER_ABSTIME, &when, NULL) == 0;
    alarm->set[which] = done ? due : 0;
    return done;
}

int flame_alarm_set(flame_alarm *alarm, uint64_t due, uint64_t next)
{
    if (alarm->files[0] < 0 || alarm->files[1] < 0) return -1;
    int which = alarm->set[1] == due;
    if (!set(alarm, which, due) || !set(alarm, 1 - which, next)) return -1;
    return alarm->files[which];
}
