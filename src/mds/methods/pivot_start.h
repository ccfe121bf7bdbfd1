/*
 * pivot_start.h - where to begin with sparse pairs: classical scaling by some pivots (pivot_map.h).
 *
 * Pivots are objects that lie as far from each other as can be, by the number of pairs between (the next is
 * always the one farthest from those before: Gonzalez, Theor. Comput. Sci. 38, 1985). The map is sized to fit
 * the pairs.
 *
 * Cost: for each of 50 pivots (or 2 p + 10) a search breadth first and Dijkstra's algorithm, these on all
 * threads; n 50^2 multiply-adds. Memory: 200 bytes an object, and 16 for each thread.
 */
#ifndef MDS_PIVOT_START_H
#define MDS_PIVOT_START_H

#include "job.h"
#include "workspace.h"

void mds_pivot_measure(const mds_job *job, mds_workspace *workspace);

/* Place job->x; works in job->workspace. The same bits at any number of threads. */
void mds_pivot_start(mds_job *job);

#endif
