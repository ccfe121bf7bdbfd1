/*
 * sgd.h - stochastic descent over pairs with a capped, annealed step, on all cores with the same bits.
 *
 * One pass takes every pair once and moves both of its points along their line, by half of mu (delta - d)
 * each, where mu = min(1, step * weight): Zheng, Pawar, Goodman, "Graph drawing by stochastic gradient
 * descent", arXiv:1710.04626. The step falls geometrically from pass to pass.
 *
 * Order. The points are dealt into groups of MDS_SGD_GROUP at random, once for all descents; then every pair
 * within a group is taken, and the groups meet in a round-robin tournament. So all points advance together,
 * each meeting others evenly, and every pass has the same order. That matters: a new order in every pass ends
 * at a lower loss but, polished by gradient, at a higher one, and blocks of groups that meet one after the
 * other end far worse.
 *
 * Threads. Pair i of a round needs pairs i - 1 and i + 1 of the round before, no others. So a band of rounds
 * is done in two stages: stretches of pairs between cuts, fewer by one at each cut with every round, which
 * need nothing of one another; then the triangles left around the cuts. Whatever the cuts, every pair sees
 * the same: the bits do not depend on threads.
 *
 * Memory: n floats a dimension, and half a matrix of halves (half.h; with weights, of floats beside; from
 * 1,024 objects without weights on, of bytes), in the order in which the tiles run: gathered from the matrix
 * in each pass, they take seventy times as long where it is larger than the caches.
 */
#ifndef MDS_SGD_H
#define MDS_SGD_H

#include "method.h"

extern const mds_method mds_sgd_method;

typedef struct mds_sgd_settings {
    unsigned passes;
    /* The step of the first and the last pass, in units of 1 / weight: the first for the smallest weight, the
     * last for the largest (so that without weights mu falls from one to the other). */
    double first_step, last_step;
    double fraction_from, fraction_to; /* of the job's work, for the progress */
    bool silent;                       /* the caller is told nothing; the time limit holds all the same */
} mds_sgd_settings;

typedef struct mds_sgd {
    mds_job *job;
    size_t n, p, groups, stride;
    size_t cuts, band; /* of the pairs of a round, for the threads; rounds that are done in two stages */
    bool weighted, ordered, dealt;          /* there is an order; tiles follow it */
    double smallest_weight, largest_weight; /* of pairs that count; 0: not looked for yet */
    size_t *order;                          /* the point in each slot of a group; n for a slot without one */
    float *x;                               /* p * stride, by slot */
    mds_half *delta;                        /* all tiles, in the order in which they run; or: */
    uint8_t *codes;                         /* the same as codes (sgd_tiles.h) */
    double unit;                            /* of `x`, and of what the tiles hold: per unit of the job */
    float *weights;
    size_t *first_tile; /* of each task of each stage */
    float *rows;        /* for each worker, a row of the matrix (with weights: two) */
    uint32_t *numbers;  /* groups * groups: which tile, in that order, holds the pairs of two groups */

    /* The stage at hand. */
    size_t stage;
    float step;
    size_t *numbering; /* not NULL: tiles are not run, but told their numbers, from this one on */
} mds_sgd;

/* Lay out the arrays of a descent (workspace.h). */
void mds_sgd_lay_out(mds_sgd *sgd, mds_job *job, mds_workspace *workspace);

/* Threads that are worth having. */
unsigned mds_sgd_useful_workers(const mds_job *job, unsigned granted);

/* Descend from x (as job->x) and leave the map there, centred. The loss may end higher than it was. Returns
 * false when it was to stop early, as job->stop says; the map is then that of the last pass. Squared loss.
 * Cost of a pass: n^2 / 2 times 0.5 ns (AVX-512, p = 2). */
bool mds_sgd_descend(mds_sgd *sgd, const mds_sgd_settings *settings, fs_random *random, double *x);

#endif
