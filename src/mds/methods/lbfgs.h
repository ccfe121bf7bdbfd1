/*
 * lbfgs.h - the limited-memory quasi-Newton method for smooth losses (Nocedal, "Updating quasi-Newton
 * matrices with limited storage", Math. Comp. 35, 1980). mdscale.h tells the algorithm.
 */
#ifndef MDS_LBFGS_H
#define MDS_LBFGS_H

#include "gradient.h"
#include "method.h"

extern const mds_method mds_lbfgs_method;

/* How a descent ended. */
typedef struct mds_descent_end {
    double loss;     /* of what x holds, in the precision of the descent */
    double gradient; /* its norm, as mds_gradient_norm has it */
    uint64_t iterations;
    mds_stop stop;
} mds_descent_end;

typedef struct mds_lbfgs_settings {
    uint64_t iterations; /* the most */
    double tolerance;    /* converged when the norm of the gradient is not above it */
    double decrease;     /* or when an iteration lowers the loss by less than this share; 0: never */
    double fraction_from, fraction_to; /* what part of the whole work it is, for progress */
    bool silent;                       /* the caller is told nothing; the time limit holds all the same */
    bool single;                       /* in single precision, where lay_out_single made room for it */
    bool rough;                        /* and with the processor's estimates of roots (gradient.h) */
} mds_lbfgs_settings;

typedef struct mds_lbfgs {
    mds_job *job;
    mds_gradient gradient;
    size_t memory, used, next; /* steps that are kept, in a ring: the most, now, where the next one goes */
    size_t cells;              /* p x stride */
    double *steps, *changes;   /* memory x cells: of x and of the gradient */
    double *curvature, *scale; /* memory: 1 / s.y, s.y / y.Dy */
    double *factor;            /* memory: scratch */
    double *inverse_weight;    /* p x stride: the diagonal that stands for the inverse of the Hessian */
    double *direction, *slope, *trial, *trial_slope;
    bool prepared;
    uint64_t evaluations;
} mds_lbfgs;

/* Room for steps: 8 of them are kept. */
void mds_lbfgs_lay_out(mds_lbfgs *lbfgs, mds_job *job, mds_workspace *workspace);
void mds_lbfgs_lay_out_memory(mds_lbfgs *lbfgs, mds_job *job, size_t memory, mds_workspace *workspace);
void mds_lbfgs_lay_out_single(mds_lbfgs *lbfgs, mds_workspace *workspace); /* see gradient.h */

/* Lower the loss from x, which holds the best configuration afterwards: never a worse one than before, in the
 * precision asked for. */
mds_descent_end mds_lbfgs_minimize(mds_lbfgs *lbfgs, const mds_lbfgs_settings *settings, double *x);

/* The norm of the gradient at x, as mds_result has it, and the loss. */
double mds_lbfgs_gradient(mds_lbfgs *lbfgs, const double *x, double *loss);

/* The functions of its row. */
unsigned mds_lbfgs_useful_workers(const mds_job *job, unsigned granted);
void mds_lbfgs_measure(const mds_job *job, mds_workspace *workspace);
FS_CHECK fs_status mds_lbfgs_solve(mds_job *job, fs_error *error);

#endif
