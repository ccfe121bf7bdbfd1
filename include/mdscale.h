/*
 * mdscale.h - multidimensional scaling: from dissimilarities to a map.
 *
 * Given the dissimilarities delta_ij of n objects, multidimensional scaling places n points in p dimensions
 * so that the distances d_ij between them follow the dissimilarities. How well they do is the stress.
 *
 *     double delta[] = { 0, 3, 4,   3, 0, 5,   4, 5, 0 };
 *     mds_problem problem = { .size = sizeof problem, .n = 3, .delta = delta, .ld = 3 };
 *     mds_pattern_options options = mds_pattern_defaults();
 *     double map[3 * 2];
 *     mds_result result;
 *     mds_error error;
 *     if (mds_pattern_search(&problem, 2, &options, map, 2, &result, &error) != MDS_OK)
 *         fprintf(stderr, "%s\n", error.message);
 *
 * Conventions
 *   n      number of objects; p number of embedding dimensions; m number of features
 *   delta  dissimilarity matrix, n rows of n doubles, symmetric, zero diagonal
 *   x      configuration ("map"): n rows of p doubles
 *   ld...  leading dimension: doubles from the start of one row to the start of the next (>= row length),
 *          so that a part of a larger array passes without a copy
 * Inputs are const and borrowed for the call. Outputs belong to the caller. There is no global state and
 * nothing is printed. All functions may be called from several threads at once.
 *
 * Magnitude: numbers of any size are welcome, from 1e-290 to 1e300. They are scaled inside by powers of two,
 * so that no square overflows or vanishes, and the answer for data 2^k times as large is 2^k times as large,
 * bit by bit. A sum of squares that a double cannot hold is given as infinity or 0; ratios (the normalised
 * stress, stress-1) and maps are right all the same.
 *
 * Errors: a function that can fail returns mds_status (0 is success) and fills the optional `error` with a
 * message that names what is wrong and where (row, column, value). Not converging is not an error: the
 * result says why the iterations stopped.
 *
 * Options structs begin with their own size and grow only at the end; zero in a field means its default.
 * Start from the ..._defaults() function, or zero the struct and set `size`.
 */
#ifndef MDSCALE_H
#define MDSCALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MDS_API   __attribute__((visibility("default")))
#define MDS_CHECK __attribute__((warn_unused_result))
#else
#define MDS_API
#define MDS_CHECK
#endif

/* The version of this header. The number stands here alone: the build, the packages and the programs read it.
 */
#define MDS_VERSION_MAJOR 0
#define MDS_VERSION_MINOR 2
#define MDS_VERSION_PATCH 0

/* The version of the library that is linked, as "MAJOR.MINOR.PATCH". */
MDS_API const char *mds_version(void);

/* ---- status ---- */

/* name, value, meaning: this table makes the enum, mds_status_text and the bindings' exceptions. */
#define MDS_STATUS_TABLE(X)                                                                                  \
    X(OK, 0, "success")                                                                                      \
    X(ARGUMENT, 1, "an argument or option is not acceptable")                                                \
    X(DATA, 2, "the data breaks a rule of the method")                                                       \
    X(FORMAT, 3, "the input is not in the format it claims")                                                 \
    X(IO, 4, "reading or writing failed")                                                                    \
    X(MEMORY, 5, "out of memory")                                                                            \
    X(UNSUPPORTED, 6, "not supported here")                                                                  \
    X(PERMISSION, 7, "not permitted")                                                                        \
    X(NOT_FOUND, 8, "not found")                                                                             \
    X(GONE, 9, "the other process has ended")                                                                \
    X(INTERNAL, 10, "a defect in this program")

typedef enum mds_status {
#define MDS_STATUS_ENUM(name, value, text) MDS_##name = (value),
    MDS_STATUS_TABLE(MDS_STATUS_ENUM)
#undef MDS_STATUS_ENUM
} mds_status;

typedef struct mds_error {
    mds_status code;
    char message[1000]; /* UTF-8, NUL-terminated */
} mds_error;

MDS_API const char *mds_status_text(mds_status status);

/* ---- instruction sets ---- */

/* Kernels exist as plain C and for wider vector units; the widest that the processor has is used unless a
 * level is asked for. The same input, options, seed and level give the same bits at any thread count; the
 * pattern search and the stress give the same bits at every level too. (Distances from features may differ in
 * their last bit between the plain C level and the others, which fuse multiplication and addition.) */
typedef enum mds_isa {
    MDS_ISA_AUTO = 0,
    MDS_ISA_SCALAR = 1, /* the plain C reference */
    MDS_ISA_AVX2 = 2,   /* AVX2 and FMA */
    MDS_ISA_AVX512 = 3, /* AVX-512 F, DQ, VL */
    MDS_ISA_NEON = 4    /* AArch64 */
} mds_isa;

MDS_API mds_isa mds_isa_best(void);            /* what MDS_ISA_AUTO means on this machine */
MDS_API bool mds_isa_available(mds_isa isa);   /* compiled in, and the processor has it */
MDS_API const char *mds_isa_name(mds_isa isa); /* "scalar", "avx2", "avx512", "neon", "auto" */

/* ---- distances from features ---- */

typedef enum mds_metric {
    MDS_EUCLIDEAN = 0,
    MDS_SQEUCLIDEAN = 1, /* squared Euclidean */
    MDS_MANHATTAN = 2,
    MDS_CHEBYSHEV = 3,
    MDS_COSINE = 4,     /* 1 - cosine of the angle; a zero row is MDS_DATA */
    MDS_CORRELATION = 5 /* 1 - Pearson correlation; a constant row is MDS_DATA */
} mds_metric;

MDS_API const char *mds_metric_name(mds_metric metric); /* "euclidean", ...; NULL when unknown */

typedef struct mds_distance_options {
    size_t size; /* sizeof(mds_distance_options) */
    mds_metric metric;
    unsigned threads; /* 0: one per available core */
    mds_isa isa;
} mds_distance_options;

/*
 * Fill the n x n matrix `delta` (leading dimension ldd >= n) with the distances between the rows of the
 * n x m matrix `features` (leading dimension ldf >= m). Exactly symmetric, exactly zero diagonal. Distances
 * are computed by differences, not through inner products, so near points keep all their digits. NULL
 * options: Euclidean, all cores. The bits do not depend on the number of threads. Cost: n(n-1)/2 * m
 * multiply-adds; memory beyond `delta`: 300 KB for each thread (cosine and correlation: and 3n numbers).
 * Errors: MDS_ARGUMENT, MDS_DATA (NaN, infinity or more than 1e300, named by row and column; features that
 * are not all zero, but all below 1e-290 in size; for squared Euclidean distances 1e150 and 1e-140, for
 * Manhattan 1e300 / m; a row without a direction), MDS_MEMORY, MDS_UNSUPPORTED.
 * `delta` is untouched on error.
 */
MDS_API MDS_CHECK mds_status mds_distances(const double *features, size_t n, size_t m, size_t ldf,
                                           const mds_distance_options *options, double *delta, size_t ldd,
                                           mds_error *error);

/* ---- the problem ---- */

/* What is to be embedded. Borrowed: the arrays must stay unchanged during a call. */
typedef struct mds_problem {
    size_t size; /* sizeof(mds_problem) */
    size_t n;
    const double *delta;   /* n x n, symmetric, zero diagonal, nonnegative; NaN: missing */
    size_t ld;             /* leading dimension of delta */
    const double *weights; /* n x n, symmetric, nonnegative, 0: missing; NULL: all 1 */
    size_t ldw;
} mds_problem;

/* Check everything that the solvers rely on: sizes, symmetry (relative difference above `tolerance`; 0 means
 * 1e-9), diagonal, signs, infinities and numbers above 1e300, an object without any known dissimilarity, a
 * largest dissimilarity or weight between 0 and 1e-290, a weight less than 1e-180 of the largest (but not 0).
 * The message names row and column, counted from 1, and the value. Cost: one pass over the matrix, two where
 * numbers are below 1e-30 or above 1e30. */
MDS_API MDS_CHECK mds_status mds_problem_check(const mds_problem *problem, double tolerance,
                                               mds_error *error);

/* ---- stress ---- */

/* Sums run over pairs i < j with weight w_ij (1 when there are no weights; missing pairs are left out). */
typedef struct mds_stress_values {
    double raw;        /* sum w (delta - d)^2 */
    double normalized; /* sqrt(raw / sum w delta^2) */
    double
        stress1; /* Kruskal's stress-1 at the best scale: sqrt(min_b sum w (delta - b d)^2 / sum w delta^2) */
    double scale;    /* that b = sum w delta d / sum w d^2 */
    double absolute; /* sum w |delta - d| */
    size_t pairs;    /* pairs that count */
} mds_stress_values;

/*
 * Stress of the n x p configuration x (leading dimension ldx). `per_point`, when not NULL, receives n
 * numbers: the share of each object in the raw stress (half the sum over its pairs, divided by raw; they add
 * to 1). Cost: n^2 / 2 * (p + 1 square root). Errors: MDS_ARGUMENT, MDS_DATA (NaN, infinity or more than
 * 1e300 in x), MDS_MEMORY.
 */
MDS_API MDS_CHECK mds_status mds_stress(const mds_problem *problem, const double *x, size_t p, size_t ldx,
                                        unsigned threads, mds_isa isa, mds_stress_values *values,
                                        double *per_point, mds_error *error);

/* ---- pattern search ---- */

typedef enum mds_loss {
    MDS_LOSS_SQUARED = 0, /* sum w (delta - d)^2 */
    MDS_LOSS_ABSOLUTE = 1 /* sum w |delta - d| */
} mds_loss;

typedef enum mds_order {
    MDS_ORDER_NATURAL = 0, /* points 0, 1, ... n-1 in every epoch */
    MDS_ORDER_SHUFFLED = 1 /* a new permutation in every epoch, from the seed */
} mds_order;

typedef enum mds_stop {
    MDS_STOP_RADIUS = 0,    /* the radius fell below the smallest: converged */
    MDS_STOP_EPOCHS = 1,    /* the most epochs were done */
    MDS_STOP_CANCELLED = 2, /* the callback asked for it; the map is the best so far */
    MDS_STOP_ZERO = 3       /* the stress is exactly zero */
} mds_stop;

MDS_API const char *mds_stop_name(mds_stop stop); /* "radius", "epochs", "cancelled", "zero" */

typedef struct mds_epoch {
    uint64_t epoch; /* from 1 */
    double radius;  /* used in this epoch */
    double stress;  /* the loss after it, over pairs i < j */
    uint64_t moves; /* points that moved */
} mds_epoch;

/* Called after every epoch, from the calling thread. Return false to stop. */
typedef bool (*mds_progress)(const mds_epoch *epoch, void *context);

typedef struct mds_pattern_options {
    size_t size;            /* sizeof(mds_pattern_options) */
    double radius;          /* start radius; 0: a quarter of the largest dissimilarity */
    double shrink;          /* radius is multiplied by this, 0 < shrink < 1; 0: 0.5 */
    double tolerance;       /* shrink when an epoch lowered the loss by less than this share; 0: 1e-4 */
    double smallest_radius; /* stop when the radius is below this, <= radius; 0: 1e-4 of the start radius */
    uint64_t epochs;        /* most epochs; 0: 10000 */
    double point_share;     /* share of the points tried in an epoch, (0, 1]; 0: 1 */
    double dimension_share; /* share of the dimensions tried for a point, (0, 1]; 0: 1 */
    mds_order order;
    mds_loss loss;
    uint64_t seed;    /* 0 is a seed like any other */
    bool start_given; /* x holds the starting configuration; otherwise it is drawn */
    unsigned threads; /* 0: one per available core */
    mds_isa isa;
    mds_progress progress; /* NULL: none */
    void *context;
    mds_epoch *trace; /* NULL, or room for trace_room epochs */
    size_t trace_room;
} mds_pattern_options;

MDS_API mds_pattern_options mds_pattern_defaults(void);

typedef struct mds_result {
    double stress; /* the loss at the end, over pairs i < j */
    double start;  /* the loss of the starting configuration */
    uint64_t epochs;
    uint64_t moves;
    double radius; /* the last radius used */
    mds_stop stop;
    mds_isa isa;       /* the level that ran */
    unsigned threads;  /* the threads that ran */
    size_t trace_used; /* epochs written to the trace */
    double seconds;    /* wall time of the solve */
} mds_result;

/*
 * Pattern search (Paraskevopoulos, Tzinis, Ellinas, Giannakopoulos, Potamianos, "A pattern search
 * alternative to MDS", arXiv:1806.00416). The method needs no gradient, so any loss can be minimised.
 *
 *   r = radius; previous = loss of the start
 *   for each epoch, at most `epochs`:
 *     for each point i in order:
 *       E = row error of i: sum over j != i of w_ij (delta_ij - d_ij)^2        (absolute loss: w |delta - d|)
 *       for k = 0 .. p-1: for move in (+r, -r): E' = row error with coordinate k of point i moved
 *       best = the first of the least E' in this order
 *       if best < E: make that move; it counts for the points that follow
 *     stress = the loss over pairs i < j
 *     if previous - stress < tolerance * previous: r = r * shrink
 *     stop if stress is 0 (zero) or r < smallest_radius (radius)
 *     previous = stress
 *
 * A point moves only when that lowers its row error, so the stress never rises.
 *
 * Row errors that are too near to each other for the rounding of a sum to be trusted are summed again in
 * one fixed way, so every instruction set and every number of threads takes the same decisions and ends at
 * the same map and the same stress, bit by bit. (The stress in a trace is kept up to date as points move; its
 * last digits may differ.)
 *
 * point_share < 1: in each epoch ceil(share * n) points, drawn anew, are visited; dimension_share < 1: for
 * each point ceil(share * p) dimensions, drawn anew, are tried. A drawn start is uniform in a cube centred at
 * the origin, of the size that makes the mean squared distance equal to that of the dissimilarities.
 *
 * x (n x p, leading dimension ldx) is the start when options->start_given, and receives the map.
 * Any p >= 1, also p >= n. n >= 1. NULL options: the defaults. `result` may be NULL.
 * Cost of an epoch: (2p + 1) n^2 square roots at most; where only m points have moved since the last visit of
 * a point, 2m in place of n columns are summed. Memory: O(n (p + threads)) beyond the problem, and a copy of
 * dissimilarities or weights whose largest is below 1e-30 or above 1e30. Errors: MDS_ARGUMENT (also a radius
 * 1e90 times the largest dissimilarity), MDS_DATA (see mds_problem_check; a start that far away), MDS_MEMORY,
 * MDS_UNSUPPORTED (an ISA this machine lacks). On error x is unchanged.
 */
MDS_API MDS_CHECK mds_status mds_pattern_search(const mds_problem *problem, size_t p,
                                                const mds_pattern_options *options, double *x, size_t ldx,
                                                mds_result *result, mds_error *error);

/* ---- kernels, for callers that bring their own loop ---- */

/* These check pointers and sizes only. A level that this machine lacks is replaced by plain C. Squares are
 * not scaled: differences from 1e-140 to 1e150 have distances. */

/* out[j] = Euclidean distance of row j of the n x p matrix x to y (p numbers). Errors: MDS_ARGUMENT. */
MDS_API mds_status mds_distance_from_point(const double *x, size_t n, size_t p, size_t ldx, const double *y,
                                           double *out, mds_isa isa);

/* Sum over n numbers of (a - b)^2; NaN for what MDS_ARGUMENT would stand for. */
MDS_API double mds_sum_squared_difference(const double *a, const double *b, size_t n, mds_isa isa);

#ifdef __cplusplus
}
#endif

#endif
