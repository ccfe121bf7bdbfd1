/*
 * unidimensional.h - unidimensional scaling: points on a line, squared loss. mdscale.h tells the algorithm.
 */
#ifndef MDS_UNIDIMENSIONAL_H
#define MDS_UNIDIMENSIONAL_H

#include "method.h"

extern const mds_method mds_unidimensional_method;

/* The functions of its row, which another method may call for a job with p = 1: job->x holds the first start.
 */
void mds_unidimensional_measure(const mds_job *job, mds_workspace *workspace);
FS_CHECK fs_status mds_unidimensional_solve(mds_job *job, fs_error *error);

/* ---- its parts ---- */

enum { MDS_LINE_EXACT = 20 }; /* the most objects of which every order is considered */

/* Numbers and objects of the exact search and the searches by order, n objects without weights. An order's
 * quality is the sum of r_i^2, where r_i is the sum of the dissimilarities to the objects before i less those
 * behind it: with the coordinates r_i / n the loss is sum delta^2 - quality / n or less, and where r ascends
 * along the order it is that, the least for the order (Defays, "A short note on a method of seriation", Brit.
 * J. Math. Stat. Psych. 31, 1978). */
typedef struct mds_line_order {
    const mds_problem *problem;
    size_t n;
    uint32_t *order;     /* n: the objects from left to right */
    uint32_t *position;  /* n: where each is */
    double *r;           /* n, by object */
    double *best, *sums; /* of the exact search, else NULL */
} mds_line_order;

/* Room; `exact`: for mds_line_exact too. */
void mds_line_order_lay_out(mds_line_order *line, const mds_problem *problem, bool exact,
                            mds_workspace *workspace);

/* The best of all orders, by dynamic programming over subsets (Hubert and Golledge, Psychometrika 46, 1981;
 * Hubert and Arabie 1986). n <= MDS_LINE_EXACT. Cost: about 2^n n / 4 steps, 8 * 2^n bytes. */
void mds_line_exact(mds_line_order *line);

/* r of the order; returns its quality. O(n^2). */
double mds_line_quality(mds_line_order *line);

/* Try each object at every other place, and move it to the best where that is better by more than `margin`:
 * O(n) for an object. Returns how many moved. */
size_t mds_line_insert(mds_line_order *line, double margin);

/* Try each pair of objects exchanged: O(n^3). Returns how many were. */
size_t mds_line_exchange(mds_line_order *line, double margin);

/* With weights or missing pairs: put each object where its own sum of w (delta - d)^2 is the least, the
 * others standing still, found exactly by passing along the line once (in all intervals between neighbours
 * the sum is a parabola). x: n coordinates; order: n, the objects from left to right, kept so. Returns by how
 * much the loss fell. O(n^2). */
double mds_line_relocate(const mds_problem *problem, double *x, uint32_t *order);

/* The same by exchanging the coordinates of two objects. O(n^3). Returns how many pairs were exchanged. */
size_t mds_line_swap(const mds_problem *problem, double *x, uint32_t *order);

#endif
