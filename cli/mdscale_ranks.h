/*
 * mdscale_ranks.h - mdscale started by mpirun: every process is a rank of one fit, and the first speaks for
 * all.
 */
#ifndef CLI_MDSCALE_RANKS_H
#define CLI_MDSCALE_RANKS_H

#include "mdscale.h"

/* Find out whether mpirun has started several of this, and join them; the others than the first are silent
 * from then on. COMMAND_OK, or COMMAND_FAILED after complaining: this build has no MPI. */
int ranks_begin(void);

/* Returns the exit status of this process: the first rank's tells that of all, since mpirun ends all
 * processes, in the middle of a word, when one has another than 0. */
int ranks_end(int status);

const mds_ranks *ranks_joined(void); /* NULL: this process is alone */
bool ranks_first(void); /* alone, or the rank that reads the caller's wishes and writes results */

/* Whether all of several ranks say the same, and not 0. */
bool ranks_same(uint64_t word);

/* The status of all ranks: COMMAND_OK where it is for all of them; else, on all, that of the first which has
 * another. What that one has said, the first rank says again. */
int ranks_agree(int status);

#endif
