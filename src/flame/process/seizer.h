/*
 * seizer.h - inside the process folder: seizing a thread while others of its process are held.
 *
 * While a thread calls exec the kernel has it wait until all the others are gone, and those that we hold are
 * not before we have waited for them; but whoever seizes a thread of that process waits for the exec. So
 * there is an alarm while we do, which waits for them in our place.
 */
#ifndef FLAME_SEIZER_H
#define FLAME_SEIZER_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/* `reap` is called by a signal handler, now and then during flame_seize alone: flame_reap_ended for each
 * thread that is held. The rest is all zero at first. */
typedef struct flame_seizer {
    void (*reap)(void *context);
    void *context;
    timer_t alarm;
    bool has_alarm;
} flame_seizer;

/* Around the calls. The signal SIGRTMAX - 2 is taken for the alarm. */
void flame_seizer_alarm(flame_seizer *seizer, bool on);
void flame_seizer_fini(flame_seizer *seizer);

/* PTRACE_SEIZE. Returns 0 or errno. `seizer` may be NULL when no other thread of the process is held. */
int flame_seize(flame_seizer *seizer, pid_t tid);

/* Wait for a thread, not the first of its process, if it has ended: true then. */
bool flame_reap_ended(pid_t tid);

#endif
