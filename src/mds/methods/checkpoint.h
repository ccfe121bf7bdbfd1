/*
 * checkpoint.h - what a fit that was killed goes on from.
 *
 * A fit is deterministic, so that to go on it needs no more than what its long parts have led to. A *stage*
 * is such a part: a descent, or a loop over starts with the descents within. It names the pieces of memory
 * that it changes. The log holds one record for each stage, in the order in which they began: its name,
 * whether it is over, and what was in its pieces then. When a stage has gone round, or is over, the records
 * of the stages within it are dropped: its own pieces hold what they led to. A checkpoint is the log.
 *
 * A fit that is resumed runs from its beginning as ever, but a stage that is found in the log gets its pieces
 * back: one that was over is not run again, the others go on from there. What lies between stages is computed
 * anew; it is short.
 *
 *     const mds_piece pieces[] = {{x, bytes}, MDS_PIECE(loss)};
 *     mds_stage stage = MDS_STAGE("descent", pieces);
 *     if (mds_stage_begin(job, &stage) == MDS_STAGE_OVER) return;
 *     while (...) {
 *         ...
 *         mds_stage_pass(job, &stage);
 *     }
 *     mds_stage_end(job, &stage);
 *
 * The random numbers and counters of the job, and the configuration that disparities follow, are pieces of
 * every stage. Without a checkpoint asked for nothing is done.
 */
#ifndef MDS_CHECKPOINT_H
#define MDS_CHECKPOINT_H

#include "job.h"
#include "status.h"

typedef struct mds_piece {
    void *at;
    size_t bytes;
} mds_piece;

#define MDS_PIECE(what)                                                                                      \
    {                                                                                                        \
        &(what), sizeof(what)                                                                                \
    }

typedef struct mds_stage {
    const char *name; /* at most 15 bytes */
    const mds_piece *pieces;
    size_t count;
    size_t result; /* when the stage is over, so many of them, the first ones, are all that is needed */
    bool nests;    /* there are stages within: it is recorded whenever it has gone round */
    size_t record; /* where in the log; set by mds_stage_begin */
} mds_stage;

#define MDS_STAGE(name_, pieces_, ...)                                                                       \
    {                                                                                                        \
        .name = (name_), .pieces = (pieces_), .count = sizeof(pieces_) / sizeof *(pieces_),                  \
        .result = sizeof(pieces_) / sizeof *(pieces_), __VA_ARGS__                                           \
    }

typedef enum mds_stage_state {
    MDS_STAGE_NEW,     /* begin with it */
    MDS_STAGE_RESUMED, /* its pieces are as they were at some pass: go on with it */
    MDS_STAGE_OVER     /* its result is there: nothing is to be done */
} mds_stage_state;

mds_stage_state mds_stage_begin(mds_job *job, mds_stage *stage);

/* The stage has gone round and its pieces are whole; when it is time a checkpoint is written. */
void mds_stage_pass(mds_job *job, mds_stage *stage);

void mds_stage_end(mds_job *job, mds_stage *stage);

/* What indices rely on in what was taken from a checkpoint; where it does not hold, the fit ends and fails.
 */
bool mds_stage_require(mds_job *job, bool holds);

/* ---- for mds_fit ---- */

/* The checkpoints of one fit. */
typedef struct mds_checkpoint {
    mds_checkpoint_write write; /* NULL: only resumed */
    void *context;
    double every, written; /* seconds; when the last one was */
    char *bytes;           /* the identity, the log and, while it is written, what follows it */
    size_t used, capacity;
    size_t log;       /* where the log begins */
    size_t cursor;    /* of what is resumed; `used` when there is nothing more */
    fs_status status; /* what has gone wrong: the job is ended by it */
    fs_error error;
} mds_checkpoint;

/* Begin the log of the job's fit, job->checkpoint. `identity` is text, lines of "name: value": a checkpoint
 * with other lines is refused by the name of the first that differs. With fit->resume, the log is what that
 * holds. FS_DATA: it is no checkpoint, cut off, damaged or of another fit. Writes the first checkpoint, so
 * that a place that cannot be written to is found at once. */
FS_CHECK fs_status mds_checkpoint_create(mds_job *job, const char *identity, fs_error *error);
/* FS_DATA, by the name of the first line of `text`, the identity of what is `what`, that is not as in
 * `identity`. */
FS_CHECK fs_status mds_identity_differs(const char *text, size_t bytes, const char *identity,
                                        const char *what, fs_error *error);

void mds_checkpoint_destroy(mds_checkpoint *checkpoint); /* NULL is legal */

#endif
