/*
 * survey.h - what is known of a problem once it has been checked.
 */
#ifndef MDS_SURVEY_H
#define MDS_SURVEY_H

#include <stdbool.h>
#include <stddef.h>

/* The numbers are those of the dissimilarities times 2^-delta_exponent and the weights times
 * 2^-weight_exponent, as a method is to have them (scale.h). */
typedef struct mds_survey {
    double largest;        /* dissimilarity */
    double largest_weight; /* 1 without weights */
    double mean_square;    /* of the dissimilarities, weighted; 0 when there are none */
    size_t pairs;          /* i < j that count */
    bool plain;            /* no weights, and nothing missing */
    int delta_exponent, weight_exponent;
} mds_survey;

#endif
