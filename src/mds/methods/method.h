/*
 * method.h - what a method is: a row of a table, from which mds_fit, the command and the bindings take it.
 *
 * A new method is a file with such a row and its name in method_table.c.
 */
#ifndef MDS_METHOD_H
#define MDS_METHOD_H

#include "job.h"
#include "status.h"
#include "workspace.h"

#include <stddef.h>

/* What a method needs to know to judge its options. */
typedef struct mds_option_context {
    size_t n, p;
    double length; /* the largest dissimilarity, in the caller's unit (where all are 0: the start's size) */
} mds_option_context;

typedef struct mds_method {
    mds_method_info info;
    const mds_option_info *options; /* see MDS_TABLE */
    size_t options_count;
    const mds_option_info *statistics;
    size_t statistics_count;
    bool places_itself; /* it needs no start: x is 0, and its loss the sum of w delta^2 */

    uint64_t rows_iterations; /* info.iterations of a problem that is kept as rows; 0: the same */

    /* Iterations that a fit usually takes, as docs/scale.md tells; of a problem that is kept as rows, passes
     * over all pairs. 0: it has none, or their number says nothing of the time. */
    struct mds_usual {
        double least, most;
    } usual, rows_usual;

    bool any_start; /* points that are all in one place or on a line are a start too */

    /* Replace zeros in its options by what they stand for, and check them; lengths are in the caller's unit.
     */
    fs_status (*check)(void *options, const mds_option_context *context, fs_error *error);

    /* What MDS_START_DEFAULT stands for with n objects, of which so many pairs are known; NULL: info.start
     * always. */
    mds_start (*default_start)(size_t n, size_t pairs, mds_effort effort);

    /* How many of the workers that the caller grants (at least 1) are worth having. */
    unsigned (*useful_workers)(const mds_job *job, unsigned granted);

    /* Lay the arrays out that `solve` works in, which does the same with job->workspace. */
    void (*measure)(const mds_job *job, mds_workspace *workspace);

    /* Iterate from the start in job->x. */
    fs_status (*solve)(mds_job *job, fs_error *error);
} mds_method;

/* A row of its table of options: `field` of the struct `type`, which is the option's name too, its kind, its
 * help, and what else is said of it: .placeholder, .least, .most, .choices. */
#define MDS_OPTION(type, field, kind_, help_, ...)                                                           \
    {                                                                                                        \
        .size = sizeof(mds_option_info), .name = #field, .kind = (kind_), .help = (help_),                   \
        .offset = offsetof(type, field), __VA_ARGS__                                                         \
    }

/* The same for a number of its statistics. */
#define MDS_STATISTIC(type, field, kind_, help_)                                                             \
    {                                                                                                        \
        .size = sizeof(mds_option_info), .name = #field, .kind = (kind_), .help = (help_),                   \
        .offset = offsetof(type, field)                                                                      \
    }

/* The tables in the row of the method: `which` is options or statistics, as the array is called too. */
#define MDS_TABLE(which) .which = (which), .which##_count = sizeof(which) / sizeof *(which)

/* mds_method_info.starts of a method that begins anywhere. */
#define MDS_EVERY_START                                                                                      \
    (1u << MDS_START_DEFAULT | 1u << MDS_START_RANDOM | 1u << MDS_START_GIVEN | 1u << MDS_START_CLASSICAL)

/* mds_method_info.levels of a method that has its disparities brought up to date. */
#define MDS_EVERY_LEVEL                                                                                      \
    (1u << MDS_LEVEL_RATIO | 1u << MDS_LEVEL_INTERVAL | 1u << MDS_LEVEL_ORDINAL | 1u << MDS_LEVEL_SPLINE |   \
     1u << MDS_LEVEL_LOG)

/* Number `index` of the table, "auto" first; NULL behind the last. */
const mds_method *mds_method_row(size_t index);

/* The one of that name; NULL when there is none. A NULL name is "auto". */
const mds_method *mds_method_named(const char *name);

/* Bytes that hold the options or the statistics of any method. */
enum { MDS_METHOD_STRUCT_SIZE = 256 };

#endif
