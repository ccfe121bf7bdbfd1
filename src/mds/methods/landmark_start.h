/*
 * landmark_start.h - a start for problems that are kept as rows: a map of a few objects, the landmarks, and
 * all others placed among them.
 *
 * The landmarks are fitted by `auto`, as a problem of their own, so the start has the shape of a good map,
 * not of the first projection that comes to mind. Each other object begins where the squared dissimilarities
 * to the landmarks put it by least squares (Gower, Biometrika 55, 1968; landmark MDS: de Silva and Tenenbaum,
 * "Global versus local methods in nonlinear dimensionality reduction", NIPS 15, 2003), or at the node of a
 * coarse grid over the map that suits it better, and takes a few majorization steps from there.
 *
 * Cost: 512 dissimilarities an object, and some 60 estimates of roots for each. Memory: 512^2 numbers and
 * what `auto` needs for so many objects.
 */
#ifndef MDS_LANDMARK_START_H
#define MDS_LANDMARK_START_H

#include "job.h"
#include "workspace.h"

/* Landmarks; places that are judged for an object, at most; majorization steps from the best. */
enum { MDS_LANDMARKS = 512, MDS_LANDMARK_NODES = 64, MDS_LANDMARK_STEPS = 6 };

/* What the start needs of job->workspace. */
void mds_landmark_measure(const mds_job *job, mds_workspace *workspace);

/* Fill job->x. The same bits at any number of threads. */
FS_CHECK fs_status mds_landmark_start(mds_job *job, fs_error *error);

#endif
