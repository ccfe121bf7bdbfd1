/*
 * team.h - a few threads that stay together for one solve.
 *
 * A solver hands the team many short pieces of work (a row of a matrix takes microseconds), so that starting
 * one must cost a fraction of a microsecond: the members wait by looking at a counter, briefly; then they
 * give up their turn; then they sleep. With more members than processors they do not look in vain.
 */
#ifndef MDS_TEAM_H
#define MDS_TEAM_H

#include "status.h"

typedef struct mds_team mds_team;

/* Processors this process may run on; at least 1. */
unsigned mds_team_processors(void);

/* A team of `members`, the caller among them (so 1 makes no thread). When the system gives fewer threads
 * than asked for, the team is smaller. */
FS_CHECK fs_status mds_team_create(unsigned members, mds_team **team, fs_error *error);
void mds_team_destroy(mds_team *team); /* NULL is legal */

unsigned mds_team_members(const mds_team *team);

/* Call work(context, member, members) once for each member, the caller being member 0, and return when all
 * are done. What was written before is seen by the work, and what the work wrote is seen after. */
typedef void mds_team_work(void *context, unsigned member, unsigned members);
void mds_team_run(mds_team *team, mds_team_work *work, void *context);

#endif
