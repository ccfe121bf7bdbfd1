/*
 * flame_signals.h - signals while another program is watched: what ends the recording, and what is handed on
 * to the command that was started.
 *
 * The signals are blocked except while the recorder waits (ppoll with flame_signals_waiting), so none is
 * missed between a check and a wait.
 */
#ifndef CLI_FLAME_SIGNALS_H
#define CLI_FLAME_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* Take over the ending signals (ending_signals.h), and with `launching` also SIGQUIT. A signal that was
 * ignored (nohup) stays ignored. */
void flame_signals_take(bool launching);

const sigset_t *flame_signals_original(void); /* the mask to start a command with */
const sigset_t *flame_signals_waiting(void);  /* the mask to wait with */

/* Hand what arrived on to `child` (0 or less: there is none), except what the kernel sent: the child, in the
 * same process group, has had what the terminal sends already, and a limit or a timer is this program's own.
 * True once a signal asked for the end of the recording: any but SIGUSR1 and SIGUSR2 to a child. */
bool flame_signals_attend(pid_t child);

#endif
