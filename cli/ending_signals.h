/*
 * ending_signals.h - signals that end a program by default: what a command takes so that its work is kept.
 */
#ifndef CLI_ENDING_SIGNALS_H
#define CLI_ENDING_SIGNALS_H

#include <signal.h>

/* Those that ask a program to end or that it may be sent by mistake: SIGINT, SIGTERM, SIGHUP, timers
 * (SIGALRM, SIGVTALRM, SIGPROF), limits (SIGXCPU), SIGIO, SIGPWR, SIGSTKFLT, SIGUSR1, SIGUSR2 and the
 * real-time signals. Not SIGQUIT, the way out that leaves a core; not SIGPIPE and SIGXFSZ, which a failing
 * write tells too; not what a defect raises. */
void ending_signals(sigset_t *set);

/* Let a write beyond the largest file that is allowed (ulimit -f) fail with EFBIG and end nothing. Commands
 * that are started later have the signal as it was. */
void file_limit_catch(void);

#endif
