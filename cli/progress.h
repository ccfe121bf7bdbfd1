/*
 * progress.h - a bar on a terminal, plain lines elsewhere, nothing when quiet; and what Ctrl-C does.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>

typedef struct progress {
    const char *label;
    bool quiet, terminal;
    double started, last; /* seconds */
    bool drawn;
} progress;

void progress_begin(progress *bar, const char *label, bool quiet);

/* `fraction` in 0..1 (negative: unknown), `detail` a few words ("epoch 41  radius 0.5  stress 0.123"). The
 * time left is worked out from the fraction. At most ten redraws a second, or one line in two seconds. */
void progress_update(progress *bar, double fraction, const char *detail);

/* Leave the line clean; what follows starts at its beginning. */
void progress_end(progress *bar);

/* While there is nothing to save: from here on the ending signals (ending_signals.h; SIGHUP and others not
 * where they are ignored, as under nohup) end the process at once, with the status of interrupt_status, after
 * removing what was being written and saying that `command` was interrupted. No code has to take part,
 * whatever it waits for or computes. */
void interrupt_end(const char *command);

/* Once there is: from here on they set a flag instead; a second SIGINT ends the process, as above. */
void interrupt_catch(void);
bool interrupt_seen(void);
int interrupt_status(void); /* 128 and the number of the signal, as a shell says it */

/* From here on writing to a pipe that nobody reads any longer fails instead of ending the process. */
void broken_pipe_catch(void);
bool broken_pipe_seen(void);

#endif
