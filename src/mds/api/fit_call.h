/*
 * fit_call.h - one call of mds_fit: what was asked for, and what it works with.
 *
 * fit_options.c takes what the caller asks for and checks it; fit.c prepares and solves.
 */
#ifndef MDS_FIT_CALL_H
#define MDS_FIT_CALL_H

#include "levels.h"
#include "method.h"
#include "problem_open.h"
#include "source_sums.h"
#include "stress.h"

typedef struct mds_fit_call {
    mds_opened opened;
    mds_problem problem;  /* the caller's, as it was opened */
    mds_problem measured; /* the same with numbers near 1 */
    mds_problem scaled;   /* the same with disparities in place of the dissimilarities, if there are any */
    mds_transform_settings level;
    mds_transform *transform; /* NULL: level ratio */
    mds_problem_statistics statistics;
    mds_fit_options options;
    const mds_method *method;
    mds_ranks ranks; /* the caller's */
    mds_share share;
    bool one_file; /* all ranks read the same, and each checks and hashes a part of it */
    size_t p;
    double *x; /* the caller's */
    size_t ldx;

    _Alignas(max_align_t) char method_options[MDS_METHOD_STRUCT_SIZE]; /* complete, lengths scaled */
    _Alignas(max_align_t) char method_statistics[MDS_METHOD_STRUCT_SIZE];

    double *weighting;                     /* weights by name, times the caller's; or NULL */
    double *scaled_delta, *scaled_weights; /* NULL where nothing had to be scaled */
    double *best;                          /* the best map so far; before there is one, the first start */
    void *block;                           /* the arrays of the job and of the method */
    mds_thread_pool *pool;
    mds_stress_work *stress; /* NULL when nobody asks for the stress */
    mds_source_work *rows;   /* sums over a source; NULL: a matrix */
    mds_job job;
} mds_fit_call;

/* All that the bits of the result depend on, as lines of "name: value", the data as hashes. Cost: one pass
 * over them. */
void mds_fit_identity(mds_fit_call *f, char *to, size_t room);

/* Take the caller's structs into f, whose p, x and ldx are set: complete the options, choose the method,
 * weight the pairs, and refuse what is wrong or not supported. The method's lengths are scaled afterwards. */
FS_CHECK fs_status mds_fit_check(mds_fit_call *f, const mds_problem *problem, const mds_fit_options *options,
                                 const mds_result *result, fs_error *error);

/* Defaults of the options, and what the method cannot do, for a problem of which f has the size, the
 * statistics and the source, if any. */
FS_CHECK fs_status mds_fit_complete(mds_fit_call *f, fs_error *error);

/* The job of f, without threads and memory. */
void mds_fit_make_job(mds_fit_call *f);

/* Bytes of all arrays of the job, which has its threads; false when no address space holds them. */
bool mds_fit_measure(mds_fit_call *f, size_t *bytes);

/* Bytes of those arrays, and of what else is had before the first iteration. */
double mds_fit_memory(const mds_fit_call *f, size_t bytes);

/* FS_MEMORY, with what would fit, where there is less than that. */
FS_CHECK fs_status mds_fit_check_memory(const mds_fit_call *f, size_t bytes, fs_error *error);

/* After mds_fit_check: the job with its threads and memory; `judged`: the stress is wanted at the end. */
FS_CHECK fs_status mds_fit_prepare(mds_fit_call *f, bool judged, fs_error *error);

/* Give back all that f has; in any case. */
void mds_fit_close(mds_fit_call *f);

#endif
