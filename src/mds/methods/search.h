/*
 * search.h - what `auto` does: descents from several starts, and searches for a better map near the best
 * ones.
 *
 * Small problems (search_small.c): every start is polished, points that have changed places are exchanged,
 * and from the best few maps the most promising exchanges and moves of single points are tried. Large ones
 * (search_large.c): the best of some short stochastic descents, polish, and relocation of points that sit in
 * the wrong place. docs/choosing.md tells why.
 */
#ifndef MDS_SEARCH_H
#define MDS_SEARCH_H

#include "checkpoint.h"
#include "lbfgs.h"
#include "relocation.h"
#include "sgd.h"
#include "swaps.h"

enum { MDS_SEARCH_KEPT = 8 };

/* A polish that ends at so large a gradient may compute with estimates of roots. */
#define MDS_SEARCH_ROUGH 1e-4

/* What is done: it follows from n, the number of pairs, p, the loss, the effort and the starts asked for. */
typedef struct mds_search_plan {
    bool small;
    bool single;           /* descents in single precision */
    unsigned starts, most; /* at least; at most, while fewer than `agreeing` end in the best map */
    unsigned agreeing;
    double rough, coarse,
        fine;            /* tolerances of the polish: of what is not promising, of all else, at the end */
    uint64_t iterations; /* the most of a polish, but at the end */
    unsigned kept;       /* small: distinct maps from which trials are made, <= MDS_SEARCH_KEPT */
    size_t swaps, moves; /* small: trials from each of them */
    unsigned trials;     /* large: descents, of which the best goes on, each polished */
    uint64_t trial_iterations;
    unsigned passes;              /* of stochastic descent, */
    double first_step, last_step; /* whose step falls from the one to the other */
    unsigned relocations;         /* large: of the best map */
    mds_relocation_settings relocation;
} mds_search_plan;

mds_search_plan mds_search_plan_for(const mds_job *job);
mds_start mds_search_default_start(size_t n, size_t pairs, mds_effort effort);

/* A map that a start, and trials from its end, have led to. */
typedef struct mds_found {
    double *x;
    double loss;
    unsigned start; /* which */
    bool tried;     /* no trial from it has led to a better one */
} mds_found;

typedef struct mds_search {
    mds_job *job;
    mds_search_plan plan;
    mds_lbfgs lbfgs;
    mds_sgd sgd;
    mds_swaps swaps;
    mds_relocation relocation;
    double *trial, *rough;            /* configurations as job->x */
    mds_found found[MDS_SEARCH_KEPT]; /* distinct, ascending by loss */
    unsigned kept;
    double *ends; /* the loss at the end of each start */
    unsigned starts;
    double squares; /* sum of w delta^2 */
    bool limited;   /* a polish was cut by the iterations allowed to a start */
    bool stopped;   /* the caller or the time limit says so */
    mds_swap swap_list[MDS_SWAPS_MOST];
    mds_move move_list[MDS_SWAPS_MOST];
} mds_search;

void mds_search_lay_out(mds_search *search, mds_job *job, mds_workspace *workspace);

/* Leave the maps in search->found, the best first. job->x holds the first start. */
void mds_search_small(mds_search *search);
void mds_search_large(mds_search *search);

/* ---- what both need ---- */

size_t mds_search_bytes(const mds_search *search); /* of a configuration */

/* Put start `number` into search->trial, and lower its loss, which is returned. */
void mds_search_start(mds_search *search, unsigned number);
double mds_search_polish(mds_search *search, double *x, double tolerance, uint64_t iterations);

/* Whether two losses are as good as each other. */
bool mds_search_same(const mds_search *search, double a, double b);

/* Whether the map fits, but for rounding errors. */
bool mds_search_exact(const mds_search *search, double loss);

/* Keep search->trial if it is among the best, and a map that is not yet there. */
void mds_search_keep(mds_search *search, double loss, unsigned start);

/* Start `number` has ended. */
void mds_search_ended(mds_search *search, unsigned number, double loss, uint64_t begun);

/* The loop over starts as a stage of a checkpoint: begun, with the number of the next start, and gone round.
 */
enum { MDS_SEARCH_PIECES = 8 + 4 * MDS_SEARCH_KEPT };
typedef struct mds_search_stage {
    mds_stage stage;
    mds_piece pieces[MDS_SEARCH_PIECES];
    unsigned number;
} mds_search_stage;
void mds_search_begin(mds_search *search, mds_search_stage *loop);
void mds_search_pass(mds_search *search, mds_search_stage *loop);

/* How many starts have ended in a map as good as the best. */
unsigned mds_search_agreed(const mds_search *search);

#endif
