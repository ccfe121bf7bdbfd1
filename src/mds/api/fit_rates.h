/*
 * fit_rates.h - how fast this machine runs the loops of a fit, measured with them over a small problem of
 * random numbers.
 */
#ifndef MDS_FIT_RATES_H
#define MDS_FIT_RATES_H

#include "mdscale.h"
#include "status.h"

#include <stddef.h>

typedef struct mds_plan_rates {
    unsigned workers; /* that were measured with */
    double speed;     /* so many times as fast as one they are, all busy */
    double bandwidth; /* bytes that one reads from memory in a second */

    /* Seconds of one worker. Problems that are kept as rows: */
    double open;      /* for each of the n x m features */
    double landmarks; /* for the map of the landmarks */
    double place;     /* for each object, to its place among them */
    double round;     /* for each pair of a round of sampled pairs */
    double pass;      /* for each pair of a pass over all of them */
    double stress;    /* for each pair of the stress over all pairs */
    double draw;      /* for each pair of a stress from a sample */

    /* Matrices, for each of the n^2 / 2 pairs: */
    double distance; /* its distance from features */
    double once;     /* all that a fit does once */
    double step;     /* of an iteration */
} mds_plan_rates;

/* Some tenths of a second. `o`: complete and checked; `method`: what is measured of a matrix. */
FS_CHECK fs_status mds_plan_measure_rows(const mds_plan_options *o, mds_plan_rates *rates, fs_error *error);
FS_CHECK fs_status mds_plan_measure_matrix(const mds_plan_options *o, const char *method,
                                           mds_plan_rates *rates, fs_error *error);

#endif
