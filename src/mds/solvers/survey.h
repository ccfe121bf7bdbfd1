/*
 * survey.h - what is known of a problem once it has been checked.
 */
#ifndef MDS_SURVEY_H
#define MDS_SURVEY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mds_survey {
    double largest;        /* dissimilarity */
    double largest_weight; /* 1 without weights */
    double mean_square;    /* of the dissimilarities, weighted; 0 when there are none */
    size_t pairs;          /* i < j that count */
    bool plain;            /* no weights, and nothing missing */
} mds_survey;

#endif
