/*
 * sampled.h - descent over sampled pairs, for problems of which all pairs are too many.
 *
 * The objects stand in groups of MDS_SAMPLED_GROUP. In a round the groups are dealt into pairs at random, and
 * each object meets the objects of the group that its own meets: their pulls, which majorization would
 * average over all others (gradient.h), are averaged over those, an unbiased estimate of the same (any two
 * objects of different groups meet with one probability, and the groups themselves are a random dealing where
 * the source's order is). The object then moves by a step of its running mean (momentum). The step falls, so
 * that the noise of the sample dies away: stochastic approximation (Robbins and Monro, Ann. Math. Statist.
 * 22, 1951; Polyak, USSR Comput. Math. 4, 1964).
 *
 * Pairs of groups share no object, so they are worked on in any order, by any number of threads, with the
 * same bits. Cost of a round: n MDS_SAMPLED_GROUP / 2 pairs. Memory: 2 n p numbers. Ranks share the pairs of
 * groups, and send each other 2 n p numbers a round.
 */
#ifndef MDS_SAMPLED_H
#define MDS_SAMPLED_H

#include "job.h"
#include "workspace.h"

enum { MDS_SAMPLED_GROUP = 64 };

typedef struct mds_sampled_settings {
    uint64_t rounds;
    double first_step, last_step; /* 1: a majorization step; falls from one to the other */
    double fraction_from, fraction_to;
} mds_sampled_settings;

typedef struct mds_sampled {
    mds_job *job;
    size_t groups;
    size_t *order;    /* of the groups, in the round at hand */
    double *velocity; /* as job->x */
    double *loss;     /* of each pair of groups */
    size_t *pairs;    /* how many pairs of objects that is of */
    double *moved;    /* NULL alone; else where each pair's points went, and how fast, for the other ranks */
    char *room;       /* for each worker */
    size_t room_size, tile;
    double step;
    double *x;
} mds_sampled;

void mds_sampled_lay_out(mds_sampled *sampled, mds_job *job, mds_workspace *workspace);

/* Descend from x (as job->x). False when it was to stop early, as job->stop says. The loss that is reported
 * is the estimate from the round's own pairs. */
bool mds_sampled_descend(mds_sampled *sampled, const mds_sampled_settings *settings, double *x);

#endif
