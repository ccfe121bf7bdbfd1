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

/* Take over the ending signals (ending_signals.h) and SIGQUIT. A signal that was ignored (nohup) stays
 * ignored, but for SIGINT and SIGQUIT, which a shell lets its background jobs ignore: they are taken by
 * flame_signals_take_ignored, which is called once a command was started, so that the command ignores them as
 * it would without us. With `snapshots` SIGUSR1 asks for one (flame_signals_snapshot) and ends nothing. */
void flame_signals_take(bool snapshots);
void flame_signals_take_ignored(void);

const sigset_t *flame_signals_original(void); /* the mask to start a command with */
const sigset_t *flame_signals_waiting(void);  /* the mask to wait with */

/* Hand what arrived on to `child` (0 or less: there is none), except what the kernel sent: the child, in the
 * same process group, has had what the terminal sends already, and a limit or a timer is this program's own.
 * A SIGUSR1 that asks for a snapshot is handed on only to a child that does not die of it. True once a signal
 * asked for the end of the recording: any but SIGUSR1 and SIGUSR2 to a child, and SIGUSR1 with snapshots. */
bool flame_signals_attend(pid_t child);

/* Whether a snapshot was asked for since the last call. */
bool flame_signals_snapshot(void);

#endif
