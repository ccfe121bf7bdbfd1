/*
 * job.h - one solve, as a method is given it: checked, scaled, started, with threads and memory.
 *
 * mds_fit makes it (fit.c). A method iterates on x and says how it ended.
 */
#ifndef MDS_JOB_H
#define MDS_JOB_H

#include "kernels.h"
#include "problem_statistics.h"
#include "random.h"
#include "share.h"
#include "source.h"
#include "thread_pool.h"
#include "transform.h"

enum { MDS_LOSS_ROWS = 32 }; /* in a task of mds_job_loss */

typedef struct mds_job {
    const mds_problem *problem; /* scaled: numbers near 1; its dissimilarities are the disparities, if any */
    mds_source *source; /* NULL, or where the dissimilarities come from, of which problem->delta then has
                           none; they need double or single precision as it says, and only sparse ones have
                           weights */
    mds_transform *transform; /* which makes them, above the diagonal; NULL: level ratio */
    const mds_problem_statistics *statistics;
    size_t p;
    mds_level level;
    mds_loss loss;
    uint64_t iterations; /* `done` is not to exceed it */
    double tolerance;
    double huber; /* of the loss of that name */
    mds_effort effort;
    mds_start start;     /* which one x holds */
    unsigned starts;     /* how many are wanted; 0: the method decides (those with MDS_ABILITY_STARTS) */
    const void *options; /* the method's: complete, lengths scaled */
    const mds_kernels *kernels;
    mds_thread_pool *pool;
    mds_share *share; /* among ranks */
    void *workspace;  /* as large as the method has asked for */
    fs_random random;
    double start_loss;

    /* The configuration: the start, and where the method leaves the map. A structure of arrays, coordinate k
     * of point j is x[k * stride + j]; stride is a multiple of MDS_STRIDE, and zeros pad it. */
    double *x;
    size_t stride;

    /* Written by the method. (best_start and best_count: by one that chooses its starts itself.) */
    mds_stop stop;
    unsigned best_start, best_count;
    double end_loss;         /* of where x is left; NAN: not known */
    double gradient;         /* its norm where x is left, as mds_result has it; NAN before */
    void *method_statistics; /* the method's struct, in the unit of the caller */

    /* Used by mds_job_report and mds_job_told_loss. */
    bool ended;     /* the caller or the clock wants it, and nobody is asked again */
    mds_stop asked; /* ... and which of them */
    bool leaving;   /* the caller wants it, one iteration from now: a checkpoint is written before */
    double told_loss, told_at;
    uint64_t done;                 /* iterations so far, over all starts */
    uint64_t done_before;          /* this start */
    double deadline;               /* fs_clock_seconds, or infinity */
    double share_from, share_size; /* which part of all the work this start is */
    double fraction;               /* of the work that the caller was told is done */
    unsigned outcomes;             /* starts that have ended */
    size_t trace_used;
    int length_exponent, loss_exponent; /* the caller's numbers are 2^these as large */
    const mds_fit_options *fit;         /* callback and trace */
    struct mds_checkpoint *checkpoint;  /* NULL: none is written, and nothing resumed */
    double *row_loss;                   /* n + MDS_LOSS_ROWS, for mds_job_loss */
    double *row_point;                  /* p for each worker, a multiple of MDS_STRIDE apart */
    size_t row_point_size;
} mds_job;

/* An iteration is over: count it, write the trace, tell the caller. `fraction` is the method's guess at how
 * much of the work is done. False: the caller wants to stop or the time is up, and job->stop says which. */
bool mds_job_report(mds_job *job, double loss, double step, uint64_t moves, double fraction);

/* Whether the time is up, for a method that works on without reporting; then job->stop says so. The ranks
 * agree. */
bool mds_job_time_is_up(mds_job *job);

/* For methods that do not know their loss: the last that was summed for those who listen. It is summed anew,
 * by `sum` of the configuration at hand, for each iteration of a trace, else ten times a second, as it costs
 * about as much as an iteration. */
double mds_job_told_loss(mds_job *job, double (*sum)(void *context), void *context);

/* A start is over: tell the caller how it ended. */
void mds_job_start_ended(mds_job *job, mds_start start, double loss, uint64_t iterations, mds_stop stop);

/* Point i of the configuration x as a row for the kernels; its coordinates are copied to `at`. */
void mds_job_row(const mds_job *job, const double *x, size_t i, double *at, mds_pattern_row *row);

/* Whether a map of this loss is as good as the best: to 1e-5 of its stress, or to 1e-7 where that is nearly
 * 0. */
bool mds_job_as_good(const mds_job *job, double loss, double best);

/* What one pair adds to the loss, squared or absolute. */
double mds_pair_loss(mds_loss loss, double weight, double error);

/* The same for the Huber loss with threshold h. */
double mds_huber_pair_loss(double h, double weight, double error);

/*
 * Whether a fit goes by a sample of the pairs, as all of them cost too much for as many passes as a descent
 * takes: n^2 / 2 pairs, of each its dissimilarity and some 16 p + 16 multiply-adds, are more than 1e12 (some
 * 10 seconds on one core of 2023). It follows from n, m and p alone, so that everybody gets the same.
 */
bool mds_job_samples(const mds_job *job);

/* Bring the disparities up to date with the configuration x, both halves; at level ratio nothing is done. */
void mds_job_follow(const mds_job *job, const double *x);

/* The largest dissimilarity or disparity. */
double mds_job_largest(const mds_job *job);

/* The loss of the configuration x over pairs i < j, for which disparities are brought up to date: the same
 * bits at every level and number of threads. Each row is summed by a kernel in n / MDS_LANES + MDS_LANES
 * additions, and the rows exactly. */
double mds_job_loss(mds_job *job, const double *x);

#endif
