/*
 * team.h - a few threads that stay together for one solve.
 *
 * A solver hands the team many short jobs (a row of a matrix takes microseconds), each cut into pieces. Who
 * is free takes the next piece. The caller works too, and waits only for pieces that another has begun: when
 * the processors are busy with something else, it simply does most of them itself. Members without work look
 * at a counter for a moment, then give up their turn, then sleep.
 *
 * Which member does which piece is chance; results must depend on the piece alone.
 */
#ifndef MDS_TEAM_H
#define MDS_TEAM_H

#include "status.h"

#include <stddef.h>

typedef struct mds_team mds_team;

/* Processors this process may run on; at least 1. */
unsigned mds_team_processors(void);

/* A team of `members`, the caller among them (so 1 makes no thread). When the system gives fewer threads
 * than asked for, the team is smaller. */
FS_CHECK fs_status mds_team_create(unsigned members, mds_team **team, fs_error *error);
void mds_team_destroy(mds_team *team); /* NULL is legal */

unsigned mds_team_members(const mds_team *team);

/* Call work(context, member, piece) once for every piece below `pieces` (less than 2^32), taken in ascending
 * order, the caller being member 0, and return when all are done. What was written before is seen by the
 * work, and what the work wrote is seen after. */
typedef void mds_team_work(void *context, unsigned member, size_t piece);
void mds_team_run(mds_team *team, size_t pieces, mds_team_work *work, void *context);

#endif
