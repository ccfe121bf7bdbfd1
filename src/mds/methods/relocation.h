/*
 * relocation.h - single points that sit in the wrong place are carried to a better one.
 *
 * A descent leaves a map of many points with a few of them on the wrong side of the others, held there by the
 * points between. For each point the cost of its row is taken at the nodes of a coarse grid over the map's
 * disc (with other than two dimensions: at places of the map's own points), a few majorization steps follow
 * from the cheapest nodes, and a place that costs less is kept.
 *
 * Only points whose row costs more than 1.1 times the mean one are tried, where all pairs count alike: what
 * moved on digits and on clusters cost at least 1.13 times the mean.
 *
 * Points are searched a block at a time, in parallel, against the configuration at the block's beginning; the
 * moves are then judged again, in order, each with those before it made. So the result does not depend on the
 * number of threads. The search works in single precision, the judgement in double.
 */
#ifndef MDS_RELOCATION_H
#define MDS_RELOCATION_H

#include "job.h"
#include "workspace.h"

enum { MDS_RELOCATION_NODES = 144, MDS_RELOCATION_BLOCK = 64 };

typedef struct mds_relocation_settings {
    size_t nodes;  /* about how many places are tried, <= MDS_RELOCATION_NODES */
    double margin; /* majorization follows where a node costs less than this times the point's row */
    unsigned steps;
} mds_relocation_settings;

/* Where a point might go. */
typedef struct mds_move {
    size_t point;
    double change; /* of the loss, before anything else moves */
} mds_move;

typedef struct mds_relocation {
    mds_job *job;
    float unit, weight_unit; /* dissimilarities and weights are multiplied by these */
    size_t columns;          /* n, padded */
    float *x;                /* the configuration, in single precision */
    float *rows;             /* delta and weights of a row, for each worker */
    float *place;            /* p for each point: where it might go */
    float *present;          /* for each point: what its row costs at the beginning of a pass, times unit^2 */
    float *gain;             /* for each point: how much less its row costs there; may be negative */
    float *nodes, *losses;   /* of the grid; losses for each worker */
    float *distances;        /* from each node to each point */
    size_t node_count;
    float spacing; /* of the nodes */
    double *moved; /* p, and a multiple of MDS_STRIDE */
    const mds_relocation_settings *settings;
    size_t first;  /* point of the block that is searched */
    bool known;    /* `present` is filled */
    float least;   /* points whose row costs less stay where they are */
    bool anywhere; /* look for the best place elsewhere, though it costs more */
} mds_relocation;

void mds_relocation_lay_out(mds_relocation *relocation, mds_job *job, mds_workspace *workspace);

/* Try points of x, whose loss is `loss`, once, and keep the moves that lower it, by what is returned.
 * `known`: what each point's pairs add to it is in relocation->present, so that cheap points need not be
 * looked at. O(n^2 nodes). */
double mds_relocation_pass(mds_relocation *relocation, const mds_relocation_settings *settings, double loss,
                           bool known, double *x, size_t *moves);

/* For small problems: the `wanted` points whose best place elsewhere raises the loss of x the least,
 * ascending. Returns how many there are; x is unchanged. */
size_t mds_relocation_find(mds_relocation *relocation, const mds_relocation_settings *settings,
                           const double *x, size_t wanted, mds_move *moves);

/* Carry a point to the place that was found for it. */
void mds_relocation_apply(const mds_relocation *relocation, const mds_move *move, double *x);

#endif
