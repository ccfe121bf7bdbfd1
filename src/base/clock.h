/*
 * clock.h - seconds from the kernel's clocks.
 */
#ifndef FS_CLOCK_H
#define FS_CLOCK_H

#include <stdint.h>

double fs_clock_seconds(void); /* monotonic; for intervals */
uint64_t fs_clock_nanoseconds(void);
double fs_clock_cpu_seconds(void);        /* CPU time of this process, all threads */
double fs_clock_thread_cpu_seconds(void); /* of the calling thread */

#endif
