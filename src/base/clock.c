#include "clock.h"

#include <time.h>

uint64_t fs_clock_nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

double fs_clock_seconds(void)
{
    return (double)fs_clock_nanoseconds() * 1e-9;
}

static double cpu_seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double fs_clock_cpu_seconds(void)
{
    return cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

double fs_clock_thread_cpu_seconds(void)
{
    return cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
}
