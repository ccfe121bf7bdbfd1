/*
 * problem_statistics.h - what is known of a problem once it has been checked.
 */
#ifndef MDS_PROBLEM_STATISTICS_H
#define MDS_PROBLEM_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

/* The numbers are those of the dissimilarities times 2^-delta_exponent and the weights times
 * 2^-weight_exponent, as methods are given them (scale.h). */
typedef struct mds_problem_statistics {
    double largest;        /* dissimilarity */
    double largest_weight; /* 1 without weights */
    double mean_square;    /* of the dissimilarities, weighted; 0 when there are none */
    double weight;         /* sum over the pairs that count */
    size_t pairs;          /* i < j that count */
    bool plain;            /* no weights, and nothing missing */
    bool missing;          /* a dissimilarity is NaN */
    bool asymmetric;       /* a number is not exactly its mirror image, though within the tolerance */
    int delta_exponent, weight_exponent;
} mds_problem_statistics;

#endif
