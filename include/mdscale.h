/*
 * mdscale.h - multidimensional scaling: from dissimilarities to a map.
 *
 * Given the dissimilarities delta_ij of n objects, multidimensional scaling places n points in p dimensions
 * so that the distances d_ij between them follow the dissimilarities. How well they do is the stress.
 *
 *     double delta[] = { 0, 3, 4,   3, 0, 5,   4, 5, 0 };
 *     mds_problem problem = { .size = sizeof problem, .n = 3, .delta = delta, .ld = 3 };
 *     mds_result result = { .size = sizeof result };
 *     double map[3 * 2];
 *     mds_error error;
 *     if (mds_fit(&problem, 2, NULL, map, 2, &result, &error) != MDS_OK)
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
 * Structs begin with their own size, which the caller sets, in those that receive results too: `struct s = {
 * .size = sizeof s }`. They grow only at the end, and zero in a field means its default. A struct from an
 * older header, shorter than the library's, is accepted: what it lacks counts as zero, and results are
 * written up to its size. A longer one, from a newer header, is accepted when all that the library does not
 * know in it is zero; else it asks for what this library cannot do, which is MDS_ARGUMENT, as is a size that
 * no version has (less than two words, or above 4096). What a longer result has beyond the library's is set
 * to zero. Three structs never grow, and have no size: mds_error, mds_pair and mds_plan_stage.
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
    X(MEMORY, 3, "out of memory")                                                                            \
    X(UNSUPPORTED, 4, "not supported here")                                                                  \
    X(INTERNAL, 5, "a defect in this library")                                                               \
    X(IO, 6, "a file cannot be read")

typedef enum mds_status {
#define MDS_STATUS_ENUM(name, value, text) MDS_##name = (value),
    MDS_STATUS_TABLE(MDS_STATUS_ENUM)
#undef MDS_STATUS_ENUM
} mds_status;

/* Filled when a call fails. It has no size and never grows, so that a mistake in any other argument can be
 * told. */
typedef struct mds_error {
    mds_status code;
    char message[1000]; /* UTF-8, NUL-terminated */
} mds_error;

MDS_API const char *mds_status_text(mds_status status); /* "success", ...; "unknown status" */

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

/* a and b are two rows, sums run over their features. 0 / 0 counts as 0 unless it says otherwise. */
typedef enum mds_metric {
    MDS_EUCLIDEAN = 0,
    MDS_SQEUCLIDEAN = 1, /* squared Euclidean */
    MDS_MANHATTAN = 2,
    MDS_CHEBYSHEV = 3,
    MDS_COSINE = 4,      /* 1 - cosine of the angle; a zero row is MDS_DATA */
    MDS_CORRELATION = 5, /* 1 - Pearson correlation; a constant row is MDS_DATA */
    MDS_BRAYCURTIS = 6,  /* sum |a - b| / sum (a + b); negative numbers and two rows of zeros are MDS_DATA */
    MDS_CANBERRA = 7,    /* sum of |a - b| / (|a| + |b|) */
    MDS_MINKOWSKI = 8,   /* (sum |a - b|^p) ^ (1 / p), p being `exponent` */
    MDS_HAMMING = 9,     /* the share of the features that differ */
    MDS_JACCARD = 10,    /* of those present in either row (not 0), the share that is present in one only;
                            negative numbers are MDS_DATA */
    MDS_WEIGHTED_JACCARD = 11, /* 1 - sum min(a, b) / sum max(a, b) (Ruzicka 1958); as Bray-Curtis */
    MDS_GOWER = 12, /* the mean of what the columns say (mds_column), each between 0 and 1, over those known
                       in both rows (Gower 1971); NaN, a missing distance, where there is none */
    MDS_MAHALANOBIS = 13, /* Euclidean after a linear map that makes the covariance of the features (divisor
                             n - 1) the unit matrix; a singular one is MDS_DATA */
    MDS_HELLINGER = 14,   /* Euclidean distance of the roots of each row's proportions, 0 to sqrt(2); negative
                             numbers and a row of zeros are MDS_DATA */
    MDS_JENSENSHANNON = 15, /* root of the Jensen-Shannon divergence of the rows' proportions, natural
                               logarithm (Endres and Schindelin 2003), 0 to sqrt(log 2); as Hellinger */
    MDS_HAVERSINE = 16 /* kilometres along the great circle on a sphere of radius 6371.0088 km; two features,
                          latitude (-90 to 90) and longitude (-360 to 360) in degrees */
} mds_metric;

/* What is done with each column of features before the distances. A constant column becomes 0. */
typedef enum mds_scaling {
    MDS_SCALING_NONE = 0,
    MDS_SCALING_SD = 1,    /* less its mean, over its standard deviation (divisor n - 1) */
    MDS_SCALING_RANGE = 2, /* less its minimum, over maximum - minimum */
    MDS_SCALING_ROBUST = 3 /* less its median, over the distance of its quartiles (interpolated) */
} mds_scaling;

/* What a column of features means to MDS_GOWER. NaN is a missing cell. */
typedef enum mds_column {
    MDS_COLUMN_NUMBER = 0,   /* |a - b| / (maximum - minimum of the column) */
    MDS_COLUMN_CATEGORY = 1, /* 0 where a = b, else 1 */
    MDS_COLUMN_PRESENCE = 2  /* 0 or not: as a category, but that both are 0 says nothing */
} mds_column;

MDS_API const char *mds_metric_name(mds_metric metric);    /* "euclidean", ...; NULL when unknown */
MDS_API const char *mds_scaling_name(mds_scaling scaling); /* "none", "sd", "range", "robust"; NULL */

typedef struct mds_distance_options {
    size_t size; /* sizeof(mds_distance_options) */
    mds_metric metric;
    unsigned threads; /* 0: one per available core */
    mds_isa isa;
    double exponent;           /* of Minkowski's distance, from 1 to 1000; 0: 2 */
    const mds_column *columns; /* of Gower's, m of them; NULL: all numbers */
    mds_scaling scaling; /* not for the metrics that go by presence, categories or angles on the globe, or
                            that scale by themselves: Jaccard, Hamming, Gower, haversine */
} mds_distance_options;

/*
 * Fill the n x n matrix `delta` (leading dimension ldd >= n) with the distances between the rows of the
 * n x m matrix `features` (leading dimension ldf >= m). Exactly symmetric, exactly zero diagonal. Distances
 * are computed by differences, not through inner products, so near points keep all their digits. NULL
 * options: Euclidean, all cores. The bits do not depend on the number of threads. Cost: n(n-1)/2 * m
 * multiply-adds (Canberra: divisions; Minkowski: powers; Jensen-Shannon: two logarithms; haversine: n^2 / 2
 * of the formula in plain C; Mahalanobis: n m^2 more); memory beyond `delta`: 400 KB for each thread (cosine
 * and correlation: and 3n numbers; from Bray-Curtis on, and with a scaling: a copy of the features, Gower up
 * to three). Errors: MDS_ARGUMENT, MDS_DATA (NaN, infinity or more than 1e300, named by row and column;
 * features that are not all zero, but all below 1e-290 in size; for squared Euclidean distances 1e150 and
 * 1e-140, for Manhattan 1e300 / m; what the metric does not take), MDS_MEMORY, MDS_UNSUPPORTED. `delta` is
 * untouched on error.
 */
MDS_API MDS_CHECK mds_status mds_distances(const double *features, size_t n, size_t m, size_t ldf,
                                           const mds_distance_options *options, double *delta, size_t ldd,
                                           mds_error *error);

/*
 * The distances of `count` other objects (count x m `others`) to those n: delta is count x n, row by row what
 * each of the others alone would get, bit by bit. Scalings, covariance and ranges are those of `features`.
 * With it, new objects come into a map that was made with mds_distances (mds_place). Everything else is as
 * there; messages count the rows of `others` as new ones.
 */
MDS_API MDS_CHECK mds_status mds_distances_between(const double *features, size_t n, size_t m, size_t ldf,
                                                   const double *others, size_t count, size_t ldo,
                                                   const mds_distance_options *options, double *delta,
                                                   size_t ldd, mds_error *error);

/* ---- dissimilarities from similarities ---- */

/* s: similarity, large for objects that are alike; d: the dissimilarity made of it. */
typedef enum mds_similarity {
    MDS_SIMILARITY_ONE_MINUS = 0, /* d = 1 - s: correlations, shares, similarities from 0 to 1 */
    MDS_SIMILARITY_MAX_MINUS = 1, /* d = max(s) - s: counts, percentages */
    MDS_SIMILARITY_ROOT = 2,      /* d = sqrt(1 - s): Euclidean where s is a matrix of inner products */
    MDS_SIMILARITY_KERNEL = 3,    /* d_ij = sqrt(s_ii - 2 s_ij + s_jj): kernels, covariances */
    MDS_SIMILARITY_LOG = 4        /* d = -log(s): probabilities, shares of identical sites */
} mds_similarity;

MDS_API const char *mds_similarity_name(mds_similarity how); /* "one-minus", ...; NULL when unknown */

/*
 * Fill the n x n matrix `out` (leading dimension ldout >= n) with the dissimilarities that the n x n
 * similarities (leading dimension ld >= n) stand for. Exactly symmetric, exactly zero diagonal; NaN (missing)
 * stays NaN. Only `kernel` reads the diagonal, beside max-minus, whose maximum is over all n x n. A
 * dissimilarity that rounding made negative (2e-6 of the largest similarity, or of 1) becomes 0. `out` may be
 * `similarities` itself, with the same leading dimension. Cost: three passes.
 * Errors, with `out` untouched: MDS_ARGUMENT; MDS_DATA (not symmetric, infinite, above 1 for one-minus, root
 * and log, not positive for log, no kernel), named by row and column.
 */
MDS_API MDS_CHECK mds_status mds_dissimilarities_from_similarities(const double *similarities, size_t n,
                                                                   size_t ld, mds_similarity how, double *out,
                                                                   size_t ldout, mds_error *error);

/* ---- the problem ---- */

/* One of the pairs of a sparse problem. Never grows, and has no size. */
typedef struct mds_pair {
    size_t i, j; /* objects, counted from 0; in either order, at most once */
    double delta;
    double weight; /* 0: 1 */
} mds_pair;

/* What stands for pairs that a sparse problem does not name. */
typedef enum mds_completion {
    MDS_COMPLETION_NONE = 0, /* nothing: they are missing */
    MDS_COMPLETION_PATHS = 1 /* the shortest path along pairs that it does name (Isomap: Tenenbaum, de Silva
                                and Langford, Science 290, 2000; graph drawing) */
} mds_completion;

/* How the dissimilarities of a problem are held while it is worked on. */
typedef enum mds_storage {
    MDS_STORAGE_AUTO = 0, /* `delta` as it is; others as a matrix up to 10,000 objects, above as rows. (Pairs
                             as rows where less than a quarter of all pairs are named, and none completed) */
    MDS_STORAGE_MATRIX = 1, /* as a matrix: n^2 numbers, and everything can be done with them */
    MDS_STORAGE_ROWS = 2 /* as rows: read, or computed, whenever they are needed, and never held; mds_fit and
                            mds_stress say what can be done so */
} mds_storage;

/*
 * What is to be embedded. Borrowed: the arrays must stay unchanged during a call. Where the dissimilarities
 * come from: exactly one of delta, condensed, path, features and pairs. (All but delta: in mds_fit and
 * mds_stress only.)
 */
typedef struct mds_problem {
    size_t size; /* sizeof(mds_problem) */
    size_t n;
    const double *delta; /* n x n, symmetric, zero diagonal, nonnegative; NaN: missing */
    size_t ld;           /* leading dimension of delta */
    const double
        *weights; /* n x n, symmetric, nonnegative, 0: missing; NULL: all 1. With delta, as a matrix */
    size_t ldw;
    const double *condensed; /* the pairs i < j row by row, n (n - 1) / 2 of them; NaN: missing */
    const char *path;       /* an .npy file of float64 or float32: a square, or the pairs i < j. As rows it is
                               read in blocks, never whole, and the pairs i < j of a square are what counts */
    const double *features; /* n x m: distances are computed, in single precision (relative errors of some
                               1e-7, and as much of the features' size) where they are not held */
    size_t m, ldf;
    const mds_distance_options *distances; /* of the features; NULL: Euclidean. Threads are not used */
    const mds_pair *pairs; /* as rows: 24 bytes each, with weights 40, at most 2^32 - 2 objects. Their chains
                              are to join all objects */
    size_t pair_count;
    mds_completion completion; /* of the pairs; as a matrix only */
    mds_storage storage;
} mds_problem;

/* Check everything that the solvers rely on: sizes, symmetry (relative difference above `tolerance`; 0 means
 * 1e-9), diagonal, signs, infinities and numbers above 1e300, an object without any known dissimilarity, a
 * largest dissimilarity or weight between 0 and 1e-290, a weight less than 1e-180 of the largest (but not 0).
 * The message names row and column, counted from 1, and the value. Cost: one pass over the matrix, two where
 * numbers are below 1e-30 or above 1e30. */
MDS_API MDS_CHECK mds_status mds_problem_check(const mds_problem *problem, double tolerance,
                                               mds_error *error);

/* ---- scale levels ---- */

/* How the distances are to follow the dissimilarities: as they are (ratio), or after a transformation of
 * them, which the fit chooses among those that the level allows. What the dissimilarities become is called
 * disparities, d^. */
typedef enum mds_level {
    MDS_LEVEL_RATIO = 0,    /* d^ = delta: twice as dissimilar, twice as far */
    MDS_LEVEL_INTERVAL = 1, /* d^ = a + b delta, b >= 0, nowhere negative */
    MDS_LEVEL_ORDINAL = 2,  /* any d^ in the order of delta (nonmetric scaling) */
    MDS_LEVEL_SPLINE = 3,   /* a smooth rising curve of few parameters, nowhere negative */
    MDS_LEVEL_LOG = 4       /* d^ = c delta^b, b >= 0: a straight line in logarithms */
} mds_level;

/* Level ordinal: what equal dissimilarities become. */
typedef enum mds_ties {
    MDS_TIES_PRIMARY = 0,   /* disparities that may differ */
    MDS_TIES_SECONDARY = 1, /* equal disparities */
    MDS_TIES_TERTIARY = 2   /* disparities that may differ, but whose means keep the order */
} mds_ties;

MDS_API const char *mds_level_name(mds_level level); /* "ratio", ...; NULL when unknown */
MDS_API const char *mds_ties_name(mds_ties ties);    /* "primary", ...; NULL when unknown */

typedef struct mds_disparity_options {
    size_t size; /* sizeof(mds_disparity_options) */
    mds_level level;
    mds_ties ties;
    unsigned spline_degree; /* 1 to 5; 0: 2 */
    unsigned spline_knots;  /* interior ones, at quantiles of the dissimilarities, at most 20; 0: 3 */
    unsigned threads;       /* 0: one per available core */
    mds_isa isa;
} mds_disparity_options;

/*
 * The disparities of a map: of all numbers that the level allows, those with the least sum w (d^ - d)^2 for
 * its distances d, as a Shepard diagram shows them beside the distances. (Ratio: b delta with the best b.)
 * Sets the n x n matrix `disparities` (leading dimension ld), symmetric, 0 on the diagonal, NaN for pairs
 * that are missing or of weight 0. NULL options: ratio.
 *
 * Ordinal: by pooling adjacent violators (Kruskal, Psychometrika 29, 1964, both papers; tertiary ties: de
 * Leeuw, "Correctness of Kruskal's algorithms for monotone regression with ties", Psychometrika 42, 1977).
 * Spline: I-splines with nonnegative coefficients and a constant (Ramsay, Statistical Science 3, 1988). Among
 * more than 2^23 different dissimilarities every two, four, ... that follow each other count as equal.
 *
 * Cost: O(n^2 log n) for the order of the pairs. Memory: n^2 numbers and half as many of 4 bytes. The bits
 * depend neither on threads nor on the instruction set. Errors: MDS_ARGUMENT, MDS_DATA (see
 * mds_problem_check; a map with NaN, infinity or numbers above 1e300; all dissimilarities equal, but for
 * ratio), MDS_MEMORY, MDS_UNSUPPORTED (n above 92,000 but for ratio). `disparities` is untouched on error.
 */
MDS_API MDS_CHECK mds_status mds_disparities(const mds_problem *problem, size_t p, const double *x,
                                             size_t ldx, const mds_disparity_options *options,
                                             double *disparities, size_t ld, mds_error *error);

/* ---- stress ---- */

/* Sums run over pairs i < j with weight w_ij (1 when there are no weights; missing pairs are left out). At
 * another level than ratio, delta stands for the disparities, scaled so that sum w d^^2 = sum w delta^2; then
 * stress1 is sqrt(min sum w (d^ - d)^2 / sum w d^2) over all that the level allows. */
typedef struct mds_stress_values {
    size_t size;       /* sizeof(mds_stress_values) */
    double raw;        /* sum w (delta - d)^2 */
    double normalized; /* sqrt(raw / sum w delta^2) */
    double
        stress1; /* Kruskal's stress-1 at the best scale: sqrt(min_b sum w (delta - b d)^2 / sum w delta^2) */
    double scale;         /* that b = sum w delta d / sum w d^2 */
    double absolute;      /* sum w |delta - d| */
    size_t pairs;         /* pairs that count */
    size_t sampled_pairs; /* 0: the sums are over all pairs. Else so many were drawn, raw and absolute are
                             estimates for all of them, and the following are standard errors: */
    double normalized_error, stress1_error;
} mds_stress_values;

typedef struct mds_stress_options {
    size_t size;      /* sizeof(mds_stress_options) */
    unsigned threads; /* 0: one per available core */
    mds_isa isa;
    double *per_point; /* NULL, or room for n numbers: the share of each object in the raw stress (half the
                          sum over its pairs, divided by raw; they add to 1) */
    mds_level level;
    mds_ties ties;
    unsigned spline_degree, spline_knots; /* as in mds_disparity_options */
    size_t sample; /* 0: all pairs. Else draw so many, with replacement, each as probable as any: an estimate
                      of the stress and its standard error. For problems that are kept as rows (sparse pairs
                      are all summed all the same) */
    uint64_t seed; /* of the sample */
} mds_stress_options;

/*
 * Stress of the n x p configuration x (leading dimension ldx). NULL options: the defaults. The bits do not
 * depend on the number of threads or the instruction set. Cost: n^2 / 2 * (p + 1 square root), twice with
 * per_point. Errors: MDS_ARGUMENT, MDS_DATA (see mds_problem_check; NaN, infinity or more than 1e300 in x),
 * MDS_MEMORY, MDS_UNSUPPORTED (an instruction set this machine lacks).
 */
MDS_API MDS_CHECK mds_status mds_stress(const mds_problem *problem, size_t p,
                                        const mds_stress_options *options, const double *x, size_t ldx,
                                        mds_stress_values *values, mds_error *error);

/* ---- fitting ---- */

/* What is minimised, over pairs i < j. */
typedef enum mds_loss {
    MDS_LOSS_SQUARED = 0,  /* sum w (delta - d)^2 */
    MDS_LOSS_ABSOLUTE = 1, /* sum w |delta - d| */
    MDS_LOSS_HUBER = 2 /* sum w e^2 where |e| = |delta - d| <= h, and w h (2 |e| - h) beyond (Huber 1964) */
} mds_loss;

typedef enum mds_start {
    MDS_START_DEFAULT = 0,  /* what the method prefers */
    MDS_START_RANDOM = 1,   /* drawn from the seed: uniform in a cube centred at the origin, of the size that
                               makes the mean squared distance equal to that of the dissimilarities */
    MDS_START_GIVEN = 2,    /* x holds it */
    MDS_START_CLASSICAL = 3 /* classical scaling (method "classical"), missing dissimilarities estimated:
                               where fewer than half are known, by the shortest paths over those if that
                               fits better */
} mds_start;

typedef enum mds_stop {
    MDS_STOP_CONVERGED = 0, /* the method's own criterion was met */
    MDS_STOP_LIMIT = 1,     /* the most iterations were done */
    MDS_STOP_CANCELLED = 2, /* the callback asked for it; the map is the best so far */
    MDS_STOP_EXACT = 3,     /* the loss is exactly zero */
    MDS_STOP_TIME = 4       /* max_seconds have passed; the map is the best so far */
} mds_stop;

/* How much work a method with several starts puts into finding the best map. */
typedef enum mds_effort {
    MDS_EFFORT_NORMAL = 0,
    MDS_EFFORT_LOW = 1, /* one start; few repairs */
    MDS_EFFORT_HIGH = 2 /* more starts, more repairs, a finer polish */
} mds_effort;

/* Weights by name. They multiply those of the problem; a dissimilarity of 0 counts like the smallest positive
 * one. */
typedef enum mds_weighting {
    MDS_WEIGHTING_NONE = 0,
    MDS_WEIGHTING_INVERSE = 1,       /* 1 / delta: near pairs count more (Sammon's choice) */
    MDS_WEIGHTING_INVERSE_SQUARE = 2 /* 1 / delta^2: relative errors (usual in graph drawing) */
} mds_weighting;

/* "squared", ...; "default", "random", "given", ...; "converged", ...; "normal", "low", "high";
 * "none", "inverse", "inverse-square"; NULL when unknown. */
MDS_API const char *mds_loss_name(mds_loss loss);
MDS_API const char *mds_start_name(mds_start start);
MDS_API const char *mds_stop_name(mds_stop stop);
MDS_API const char *mds_effort_name(mds_effort effort);
MDS_API const char *mds_weighting_name(mds_weighting weighting);

/* One iteration that is over, as callbacks and traces are told of it. */
typedef struct mds_iteration {
    size_t size;        /* set by the library to its sizeof(mds_iteration) or the trace's step, the less */
    uint64_t iteration; /* from 1 */
    double loss;        /* after it, over pairs i < j; its last digits may differ between instruction sets */
    double step;        /* how far points could move in it (pattern search: the radius) */
    uint64_t moves;     /* points that moved */
    double fraction;    /* how much of the work is probably done, 0 to 1 */
} mds_iteration;

/* How one of several starts ended. */
typedef struct mds_outcome {
    size_t size;     /* set by the library to its sizeof(mds_outcome) or the caller's step, the less */
    mds_start start; /* where it began: classical, random or given */
    mds_stop stop;
    double loss; /* at its end */
    uint64_t iterations;
} mds_outcome;

/* Called after every iteration, from the calling thread. Return false to stop. */
typedef bool (*mds_progress)(const mds_iteration *iteration, void *context);

/*
 * Processes that fit one problem together: ranks, each of which calls mds_fit with the same problem and
 * options. What takes long is shared among them, in tasks that are cut by n and p alone: all ranks get the
 * same map, with the same bits at any number of them. Callbacks are called on rank 0 alone, but all ranks
 * have them or none. Where one fails, all return its error. mdscale_mpi.h has the table for MPI.
 */
typedef struct mds_ranks {
    size_t size;          /* sizeof(mds_ranks) */
    unsigned rank, count; /* which one this is, from 0; of how many */
    unsigned local;       /* how many of them share this machine's processors, if they are not bound to some;
                             0: one */
    /* Rank r has the bytes begin[r] <= b < begin[r + 1] at data (begin: count + 1 numbers, from 0 on, the
     * same on all ranks); afterwards each has them all. Called by all ranks, in the same order, each on the
     * thread that called mds_fit. False: the others cannot be reached, and it is not called again. */
    bool (*all_gather)(void *data, const size_t *begin, void *context);
    void *context;
    /* Each of the numbers becomes the sum of those of all ranks, as integers, which wrap; called as
     * all_gather. NULL: all_gather does it, and every rank gets the numbers of all. */
    bool (*add)(uint64_t *numbers, size_t count, void *context);
} mds_ranks;

/* Parts that the gradient over all pairs is cut into, at most, of fewer than MDS_MANY_OBJECTS objects: with
 * more ranks some have none of it, and gain only where pairs are sampled, or the loss and the stress are
 * summed. Of so many objects and more it has n / (64 p) parts, in one dimension n / 128. */
enum { MDS_MOST_PARTS = 16, MDS_MANY_OBJECTS = 16384 };

/* Called from the calling thread with all that a fit needs to go on from here, should it be killed: keep
 * these bytes, whole, until they are given again; they are the library's. Return false to stop. */
typedef bool (*mds_checkpoint_write)(const void *bytes, size_t count, void *context);

typedef struct mds_fit_options {
    size_t size;        /* sizeof(mds_fit_options) */
    const char *method; /* a name from the table of methods; NULL: "auto" */
    mds_level level;
    mds_loss loss;
    mds_start start;
    unsigned starts;     /* how many starts are tried, at most 1e6; 0: the method decides. All but the first
                            are random */
    uint64_t iterations; /* the most of them, from each start; 0: the method's default */
    double tolerance;    /* the method says of what; 0: its default */
    uint64_t seed;       /* of all that is random; 0 is a seed like any other */
    unsigned threads;    /* 0: one per available core */
    mds_isa isa;
    mds_progress progress; /* NULL: none */
    void *context;
    mds_iteration *trace; /* NULL, or room for so many iterations, the first ones of the fit, */
    size_t trace_capacity;
    size_t trace_step; /* each so many bytes behind the one before: sizeof(mds_iteration) */
    const void
        *method_options; /* NULL: the defaults; else the method's own struct, such as mds_pattern_options */
    void *method_statistics; /* NULL, or the method's own struct, to be filled */
    mds_effort effort;       /* for methods that choose their own starts */
    mds_weighting weighting;
    double huber;          /* loss huber: its h, in the unit of the dissimilarities; 0: a tenth of their root
                              mean square */
    double max_seconds;    /* stop when so much wall time has passed; 0: no limit. A limit that is met makes
                              the result depend on the machine */
    mds_outcome *outcomes; /* NULL, or room for how so many starts ended, the first ones, */
    size_t outcome_capacity;
    size_t outcome_step;                  /* each so many bytes behind the one before: sizeof(mds_outcome) */
    mds_ties ties;                        /* level ordinal */
    unsigned spline_degree, spline_knots; /* level spline, as in mds_disparity_options */
    size_t stress_sample; /* the stress at the end: 0: over all pairs, but where the fit itself goes by a
                             sample (method auto), from a sample of 2^20; else from a sample of so many, where
                             the problem is kept as rows; MDS_ALL_PAIRS: over all, however many they are */
    mds_checkpoint_write checkpoint; /* NULL, or called before the first iteration, and then again */
    double checkpoint_seconds;       /* after at least so much time; 0: 300 */
    const void *resume;              /* NULL, or what it was called with, to go on from there */
    size_t resume_bytes;
    const mds_ranks *ranks; /* NULL: this process alone */
} mds_fit_options;

#define MDS_ALL_PAIRS SIZE_MAX

typedef struct mds_result {
    size_t size;                                      /* sizeof(mds_result) */
    double loss;                                      /* what was minimised, at the end, over pairs i < j */
    double start_loss;                                /* the same of the starting configuration */
    double raw, normalized, stress1, scale, absolute; /* of the map, as mds_stress_values has them */
    size_t pairs;
    uint64_t iterations;
    double seconds;     /* wall time of the starts and the iterations */
    const char *method; /* the one that ran */
    size_t trace_used;  /* iterations written to the trace */
    mds_stop stop;
    mds_isa isa;         /* the level that ran */
    unsigned threads;    /* the threads that ran */
    unsigned best_start; /* which start the map comes from, counted from 0 */
    unsigned starts;     /* how many were tried */
    unsigned best_count; /* how many of them ended in a map as good as this one, to 1e-5 of its stress */
    double gradient; /* methods smacof, lbfgs and auto (but on a line), squared and Huber loss: |gradient of
                        the loss| / (2 n mean w |x|), the share of its own size by which one majorization step
                        would move the map; 0 at a stationary point. Else NaN */
    double intercept, slope; /* level interval: of the line; else 0 */
    double power;            /* level log: b of c delta^b; else 0 */
    size_t heaps; /* levels but ratio: 0, or into how few places nearly all points have fallen, though objects
                     of one place are not alike: a degenerate map, which fits well and says nothing */
    size_t
        sampled_pairs; /* as in mds_stress_values: 0, or the stress above is an estimate from so many pairs */
    double normalized_error, stress1_error; /* its standard errors */
} mds_result;

/*
 * Place n points in p dimensions so that their distances follow the dissimilarities: from the start, the
 * method lowers the loss until its criterion is met, the iterations are used up, or the callback says so.
 *
 * x (n x p, leading dimension ldx) is the start when options->start says so, and receives the map. Any p >=
 * 1, also p >= n. n >= 1. NULL options: the defaults. `result` may be NULL. The same problem, options and
 * seed give the same bits at any number of threads; see mds_isa for instruction sets, and each method for its
 * cost. Memory: O(n p + n threads) and what the method needs, beyond the problem, and a copy of
 * dissimilarities or weights whose largest is below 1e-30 or above 1e30.
 *
 * At another level than ratio the loss is that of the disparities nearest to the distances, scaled so that
 * sum w d^^2 = sum w delta^2; its gradient is that with these held fixed, so methods find new ones wherever
 * they compute the loss (pattern search: after each epoch; stochastic descent: after each pass of its second
 * half), and what they lower is, at the best scale of the map, the square of stress-1. Squared loss only.
 * Memory: n^2 numbers and half as many of 4 bytes more; cost: see mds_disparities, and two passes over the
 * pairs for each evaluation, and a sort where ties are primary and the matrix has some.
 *
 * Problems that are kept as rows (mds_problem): methods auto, lbfgs, smacof and sgd, level ratio, squared or
 * Huber loss (smacof: Huber where dissimilarities are not computed from features), no weights but of sparse
 * pairs, of which more below. The default
 * start is a map of 512 objects, the landmarks, fitted by auto with high effort, and all others placed among
 * them. lbfgs, smacof  as ever, over all pairs: a pass costs as much as from a matrix, and what making the
 *                  dissimilarities takes (features: m multiply-adds a pair)
 *   sgd            an iteration is a round, in which each object meets 64 others that are drawn, and moves by
 * the mean of their pulls: n 32 pairs. The default number of iterations is 1000, from step 0.5 to 0.001 auto
 * 1000 such rounds, then, unless all pairs are too many, lbfgs over all until an iteration lowers the loss by
 * less than 1e-5 of itself or its tolerance is met. All pairs are too many when n^2 / 2 (m + 16 p + 16) >
 * 1e12 (a file: 16 for m; else 0): about 134,000 objects of 64 features in the plane. Then the stress is an
 * estimate (stress_sample) start_loss is an estimate. Memory: n (m + 24 p) numbers at most, of which features
 * take half the room.
 *
 * Sparse pairs that are kept as rows: the same methods, and weights, also by name; all pairs that are named
 * count, each time, and the stress is that of all of them. A pass costs 2 m roots for m pairs. The default
 * start is classical scaling by 50 pivots (or 2 p + 10): objects far from each other, and the shortest paths
 * from them along the pairs (Brandes and Pich 2006). auto goes on by lbfgs, from a random start after 30
 * epochs of sgd; an iteration of sgd is an epoch, in which each pair moves its points once (Zheng, Pawar and
 * Goodman 2018), 30 by default. Where near pairs only are named, the shape at large hangs on few of them, and
 * the last steps are slow. Memory: 24 bytes a pair (with weights 40) beside the caller's, and n (22 p + 1)
 * numbers at most, or 25 + p for the start. Ranks all do the same.
 *
 * Checkpoints. A fit that was killed, and is called again with `resume`, ends with the same bits as one that
 * was not, at any number of threads; only the iterations before the checkpoint are missing in what progress
 * and trace are told. A checkpoint of another problem, with other options or by another version of this
 * library is MDS_DATA, by the name of what differs; one that was cut off is refused too. It holds the state
 * of the descent under way and what those before it led to: at most some 20 n p numbers a start. Where
 * `progress` ends the fit, one more iteration is done and a last checkpoint written. Methods classical and
 * unidimensional begin again. Cost: a pass over the data at the beginning, and a copy of the
 * state each time.
 *
 * Errors: MDS_ARGUMENT (also an option that the method does not have); MDS_DATA (see mds_problem_check; all
 * dissimilarities equal, at another level than ratio; a start 1e90 times as far away as the largest
 * dissimilarity; one in a single place or on a line, which methods that follow a gradient do not leave);
 * MDS_MEMORY; MDS_UNSUPPORTED (a level, loss, start or number of starts that the method does not support, and
 * the message says what it does; an instruction set this machine lacks); MDS_IO, and MDS_DATA where a
 * file has changed meanwhile. On error x is unchanged.
 */
MDS_API MDS_CHECK mds_status mds_fit(const mds_problem *problem, size_t p, const mds_fit_options *options,
                                     double *x, size_t ldx, mds_result *result, mds_error *error);

/* ---- what a fit will cost ---- */

typedef struct mds_plan_options {
    size_t size;        /* sizeof(mds_plan_options) */
    size_t n, m;        /* objects; features of each, 0: their dissimilarities are given as a matrix */
    size_t p;           /* dimensions of the map; 0: 2 */
    const char *method; /* NULL: "auto" */
    mds_effort effort;
    mds_metric metric; /* of the features */
    mds_isa isa;
    unsigned threads; /* of each rank; 0: one per available core */
    unsigned ranks;   /* each on a machine like this one; 0: 1 */
    double latency;   /* seconds that a message takes from rank to rank; 0: 20e-6 */
    double bandwidth; /* bytes that a rank receives in a second; 0: 1e9 */
    size_t pairs;     /* 0, or how many pairs are named of dissimilarities that are not all known */
} mds_plan_options;

/* A stretch of the work: `least` to `most` steps, each of so much. What is counted is counted for all ranks
 * together, bytes of the network for one. Never grows, and has no size. */
typedef struct mds_plan_stage {
    double least, most;     /* steps; 0 and 0: there are none */
    double pairs;           /* dissimilarities that a step needs */
    double multiply_adds;   /* m + 3 p + 1 a pair, m being 0 where they are held */
    double roots;           /* one a pair, two where its distance is one of features */
    double bytes;           /* read from memory, at most (some of it the caches still have) */
    double network;         /* bytes that each rank receives */
    double seconds;         /* of one step, */
    double network_seconds; /* of which the network takes so many */
} mds_plan_stage;

typedef struct mds_plan_result {
    size_t size; /* sizeof(mds_plan_result) */
    const char *method;
    bool rows;               /* the problem is kept as rows: nothing is as large as n^2 */
    bool all_pairs_are_many; /* so many that auto goes by a sample of them */
    unsigned threads, ranks,
        shared; /* shared: workers that share a pass over all pairs, at most threads x ranks */
    mds_isa isa;
    double memory;                      /* bytes of each rank at most, the caller's arrays among them */
    double input;                       /* bytes of those: n x m features, or n x n dissimilarities */
    double machine;                     /* bytes of memory that can be had here, now: what this machine has
                                           available, or what limits leave; 0: not known */
    mds_plan_stage start;               /* what comes before the descent, one step */
    mds_plan_stage rounds;              /* descent over sampled pairs */
    mds_plan_stage passes;              /* iterations over all pairs */
    mds_plan_stage stress;              /* that of the map at the end, one step */
    double least_seconds, most_seconds; /* all of it */
} mds_plan_result;

/*
 * What mds_fit will need for a problem of this size, without the data: memory, bytes, seconds, and what auto
 * does with it. Seconds are from the rates of this machine, measured in some tenths of a second by running
 * the fit's own loops over a small problem of random numbers on as many threads (at most as there are
 * processors), on a machine that does nothing else meanwhile. A step of a problem that is kept as rows takes
 * what is said within 30 %; of a matrix, twice or half of it. How many steps it takes hangs on the data: the
 * range is that of the sets named at docs/scale.md. Ranks: as if each had such a machine, and the network
 * took log2(ranks) messages for what all ranks are to have, and their bytes.
 * Errors: MDS_ARGUMENT (no objects, no such method, a size that no address space holds), MDS_UNSUPPORTED (a
 * method that does not do it), MDS_MEMORY.
 */
MDS_API MDS_CHECK mds_status mds_plan(const mds_plan_options *options, mds_plan_result *result,
                                      mds_error *error);

/* ---- methods ---- */

/* What a method can do, bits of mds_method_info.abilities. */
typedef enum mds_ability {
    MDS_ABILITY_WEIGHTS = 1, /* problem.weights */
    MDS_ABILITY_MISSING = 2, /* NaN among the dissimilarities */
    MDS_ABILITY_STARTS = 4,  /* chooses its starts itself, by effort */
    MDS_ABILITY_ROWS = 8     /* problems that are kept as rows, and not held */
} mds_ability;

typedef enum mds_option_kind {
    MDS_OPTION_REAL = 0,   /* double */
    MDS_OPTION_LENGTH = 1, /* double, in the unit of the dissimilarities */
    MDS_OPTION_CHOICE = 2, /* an enum: the index of the word in `choices` */
    MDS_OPTION_COUNT = 3   /* uint64_t */
} mds_option_kind;

/* One option of a method, or one number of its statistics: enough for a command or a binding to offer it.
 * Owned by the library, never changes. */
typedef struct mds_option_info {
    size_t size;             /* bytes of this struct that the library has filled */
    const char *name;        /* words joined by '_', as the field's */
    const char *placeholder; /* "R" */
    const char *help;        /* sentences, the default among them */
    mds_option_kind kind;
    size_t offset;              /* of the field in the struct */
    double least, most;         /* bounds of a number; 0 in the field is the default all the same */
    const char *const *choices; /* words, then NULL; NULL for numbers */
} mds_option_info;

/* One method. Owned by the library, never changes. */
typedef struct mds_method_info {
    size_t size;           /* bytes of this struct that the library has filled */
    const char *name;      /* "pattern" */
    const char *title;     /* "pattern search", as it stands in a sentence */
    const char *summary;   /* a sentence or two on what it is for */
    unsigned abilities;    /* mds_ability bits */
    unsigned losses;       /* bit 1 << loss for each mds_loss it supports */
    unsigned levels;       /* the same for mds_level */
    unsigned starts;       /* the same for mds_start */
    const char *iteration; /* what it calls an iteration: "epoch" */
    const char *step;      /* what it calls mds_iteration.step: "radius" */
    uint64_t iterations;   /* defaults of the common options */
    double tolerance;
    const char *tolerance_help;           /* what the tolerance is of; NULL: it takes none */
    const char *stop_help;                /* when it has converged: "the radius fell below the smallest" */
    size_t options_size, statistics_size; /* of its structs in this version; 0: it has none */
    mds_start start;  /* what MDS_START_DEFAULT stands for; itself where that depends on n */
    const char *cost; /* "n^2 / 2 square roots an iteration" */
} mds_method_info;

/* The table of methods: number `index` of them, the first being "auto", the default; NULL behind the last.
 */
MDS_API const mds_method_info *mds_method_at(size_t index);
MDS_API const mds_method_info *mds_method_find(const char *name); /* NULL when there is none */

/* Option number `index` of a method; NULL behind the last. No two methods have options of one name. */
MDS_API const mds_option_info *mds_method_option(const mds_method_info *method, size_t index);

/* The same for what is in a method's statistics. */
MDS_API const mds_option_info *mds_method_statistic(const mds_method_info *method, size_t index);

/* The default method, whatever n and p: that of the name "auto". */
MDS_API const mds_method_info *mds_method_auto(size_t n, size_t p);

/* ---- classical scaling: method "classical" ---- */

typedef enum mds_correction {
    MDS_CORRECTION_NONE = 0,
    MDS_CORRECTION_LINGOES = 1, /* sqrt(delta^2 + 2 c) in place of delta */
    MDS_CORRECTION_CAILLIEZ = 2 /* delta + c in place of delta */
} mds_correction;

typedef struct mds_classical_options {
    size_t size; /* sizeof(mds_classical_options) */
    mds_correction correction;
} mds_classical_options;

enum { MDS_EIGENVALUES = 10 };

typedef struct mds_classical_statistics {
    size_t size;                     /* sizeof(mds_classical_statistics) */
    uint64_t axes;                   /* of the map that are not all 0: positive eigenvalues, at most p */
    uint64_t eigenvalues_known;      /* how many were computed: all n up to n = 500, else p */
    double goodness_of_fit;          /* sum of those used / sum of |all|; NaN where not all are known */
    double goodness_of_fit_positive; /* sum of those used / sum of the positive ones; the same */
    double smallest_eigenvalue;      /* where not all are known: the smallest met, an upper bound */
    double negative_share;           /* sum of |negative ones| / sum of |all|; NaN where not all are known */
    double constant;                 /* c of the correction; 0 where none was needed */
    double residual;                 /* the largest |B v - value v| / value of an axis */
    double eigenvalues[MDS_EIGENVALUES]; /* the largest, falling; NaN behind the last known */
} mds_classical_statistics;

/*
 * Classical scaling, also called principal coordinates (Torgerson 1952, Gower 1966). With D2 the squared
 * dissimilarities and J = I - 11^T/n, the map's column k is the eigenvector of the k-th largest eigenvalue of
 * B = -1/2 J D2 J, of length 1, times the root of that eigenvalue: where the dissimilarities are Euclidean
 * distances of points in p dimensions, the map is those points, centred on their mean and turned to their
 * principal axes. It is what R's cmdscale gives. Axes are reflected so that their third moments are negative,
 * so the map does not flip from run to run. An axis whose eigenvalue is not positive is 0.
 *
 * It minimises strain, the misfit of inner products, in closed form: there is one answer, and no start. Its
 * stress is higher than that of methods which minimise stress, above all in few dimensions; mds_result.loss
 * is that stress. The eigenvalues are in the unit of the dissimilarities squared. Negative ones mean that no
 * points in any number of dimensions have these dissimilarities as their distances: a negative_share of a few
 * percent is noise; a large one says that a correction, or a method that minimises stress, suits the data
 * better. goodness_of_fit and goodness_of_fit_positive are the pair that cmdscale calls GOF.
 *
 * A correction adds the smallest constant c >= 0 that leaves no eigenvalue negative: to all delta^2 / 2 off
 * the diagonal (Lingoes 1971) or to all delta (Cailliez 1983). Then B and its eigenvalues are of the
 * corrected dissimilarities, and the stress is still of the given ones.
 *
 * Largest eigenpairs by block Lanczos, from products of B, which is never stored, with 8 vectors, to
 * residuals of `tolerance` (default 1e-10) of the eigenvalue; `iterations` bounds the products (default
 * 1000). Weights and missing dissimilarities are not supported, and the start is ignored. The bits depend
 * neither on threads nor, but for plain C, on the instruction set.
 *
 * Cost of a product: half of the matrix read, 8 n^2 multiply-adds; 3 to 15 products of ordinary data, and
 * more where eigenvalues lie close together. Up to n = 500 all eigenvalues: 2 n^3 more. Lingoes: about as
 * much again; Cailliez: about six times. Memory: 500 n numbers, twice that with a correction, and n^2 up to n
 * = 500.
 */

/* ---- pattern search: method "pattern" ---- */

typedef enum mds_order {
    MDS_ORDER_NATURAL = 0, /* points 0, 1, ... n-1 in every epoch */
    MDS_ORDER_SHUFFLED = 1 /* a new permutation in every epoch, from the seed */
} mds_order;

typedef struct mds_pattern_options {
    size_t size; /* sizeof(mds_pattern_options) */
    mds_order order;
    double radius;          /* start radius; 0: a quarter of the largest dissimilarity */
    double shrink;          /* radius is multiplied by this, 0 < shrink < 1; 0: 0.5 */
    double smallest_radius; /* stop when the radius is below this, <= radius; 0: 1e-4 of the start radius */
    double point_share;     /* share of the points tried in an epoch, (0, 1]; 0: 1 */
    double dimension_share; /* share of the dimensions tried for a point, (0, 1]; 0: 1 */
} mds_pattern_options;

typedef struct mds_pattern_statistics {
    size_t size;    /* sizeof(mds_pattern_statistics) */
    uint64_t moves; /* how many times a point moved */
    double radius;  /* the last one used */
} mds_pattern_statistics;

/*
 * Pattern search (Paraskevopoulos, Tzinis, Ellinas, Giannakopoulos, Potamianos, "A pattern search
 * alternative to MDS", arXiv:1806.00416). The method needs no gradient, so any loss can be minimised.
 *
 *   r = radius; previous = loss of the start
 *   for each epoch, at most `iterations` (default 10000):
 *     for each point i in order:
 *       E = row error of i: sum over j != i of w_ij (delta_ij - d_ij)^2        (absolute loss: w |delta - d|)
 *       for k = 0 .. p-1: for move in (+r, -r): E' = row error with coordinate k of point i moved
 *       best = the first of the least E' in this order
 *       if best < E: make that move; it counts for the points that follow
 *     loss = the loss over pairs i < j
 *     if previous - loss < tolerance * previous: r = r * shrink        (tolerance: default 1e-4)
 *     stop if the loss is 0 (exact) or r < smallest_radius (converged)
 *     previous = loss
 *
 * A point moves only when that lowers its row error, so the loss never rises.
 *
 * Row errors that are too near to each other for the rounding of a sum to be trusted are summed again in
 * one fixed way, so every instruction set and every number of threads takes the same decisions and ends at
 * the same map and the same loss, bit by bit. (The loss in a trace is kept up to date as points move; its
 * last digits may differ.)
 *
 * point_share < 1: in each epoch ceil(share * n) points, drawn anew, are tried; dimension_share < 1: for
 * each point ceil(share * p) dimensions, drawn anew, are tried. The default start is random.
 *
 * Cost of an epoch: (2p + 1) n^2 square roots at most; where only m points have moved since a point was last
 * tried, 2m in place of n columns are summed. The rows of 32 points at a time are summed by all threads.
 * Memory: O((n + threads) p). A radius 1e90 times the largest
 * dissimilarity is MDS_ARGUMENT.
 */

/* ---- majorization: method "smacof" ---- */

/* How steps are lengthened. */
typedef enum mds_acceleration {
    MDS_ACCELERATION_SQUARED = 0, /* extrapolation from two steps (Varadhan and Roland 2008) */
    MDS_ACCELERATION_RELAXED = 1, /* 1.8 steps (de Leeuw and Heiser 1980) */
    MDS_ACCELERATION_NONE = 2
} mds_acceleration;

typedef enum mds_precision {
    MDS_PRECISION_DOUBLE = 0,
    MDS_PRECISION_SINGLE = 1 /* dissimilarities and coordinates rounded to float; sums of rows in double. Of a
                                matrix; problems that are kept as rows are as they are */
} mds_precision;

typedef struct mds_smacof_options {
    size_t size; /* sizeof(mds_smacof_options) */
    mds_acceleration acceleration;
    mds_precision precision;
} mds_smacof_options;

typedef struct mds_smacof_statistics {
    size_t size;       /* sizeof(mds_smacof_statistics) */
    uint64_t products; /* passes over the pairs that went into solving for steps; 0 without weights */
    uint64_t rejected; /* extrapolations that would have raised the loss, and were not made */
} mds_smacof_statistics;

/*
 * Majorization by the Guttman transform (de Leeuw, "Applications of convex analysis to multidimensional
 * scaling", 1977; Borg and Groenen, "Modern Multidimensional Scaling", 2005, ch. 8).
 *
 *   for each iteration, at most `iterations` (default 10000):
 *     x = x - V^+ gradient / 2        (V: Laplacian of the weights; without weights V^+ = 1 / n)
 *     stop when the loss fell by no more than `tolerance` of itself (default 1e-10; converged)
 *
 * The loss never rises. Accelerations: `relaxed` takes 1.8 of each step, which can raise the loss no more
 * than the step can; `squared` goes on after every second step to where both point, by SQUAREM (Varadhan and
 * Roland, Scand. J. Statist. 35, 2008), unless that would raise the loss. See also de Leeuw and Heiser,
 * "Multidimensional scaling with restrictions on the configuration", 1980, and de Leeuw, arXiv:2512.00232.
 *
 * Weights and missing pairs: V s = -gradient / 2 is solved to 1e-4 by conjugate gradients, without a matrix.
 * Part solutions lower the loss too. Where no pair ties some objects to the others, each such part keeps its
 * place.
 *
 * Huber loss: weights w min(1, huber / |e|), e = delta - d, renewed in every step. Absolute loss: the same
 * with a threshold that falls from a tenth to a ten-thousandth of the root mean square of the dissimilarities
 * as the map comes to rest, and a tolerance of at least 1e-6; what is followed, and reported in a trace, is
 * the Huber loss / 2h + w h / 2, which is above the absolute loss by at most half a threshold a pair.
 *
 * Cost of an iteration: one pass over half of the matrix, n^2 / 2 roots; with weights some ten passes more.
 * Memory: 5 n p numbers (10 with weights), and sums for up to 16 tasks of n p each, at most n^2 / 32; with
 * precision single, n^2 / 2 floats (n^2 with weights). Different instruction sets end at maps that differ by
 * what the tolerance leaves open.
 */

/* ---- the quasi-Newton method: method "lbfgs" ---- */

typedef struct mds_lbfgs_options {
    size_t size;      /* sizeof(mds_lbfgs_options) */
    uint64_t history; /* how many steps are kept, at most 100; 0: 8 */
} mds_lbfgs_options;

typedef struct mds_lbfgs_statistics {
    size_t size;          /* sizeof(mds_lbfgs_statistics) */
    uint64_t evaluations; /* of the loss and its gradient */
} mds_lbfgs_statistics;

/*
 * The limited-memory BFGS method (Nocedal, "Updating quasi-Newton matrices with limited storage", Math. Comp.
 * 35, 1980) on the squared or the Huber loss.
 *
 *   g = gradient of the loss at x
 *   for each iteration, at most `iterations` (default 10000):
 *     stop when mds_result.gradient, of g and x, <= tolerance (default 1e-7; converged)
 *     direction = -H g, H from the last `history` steps and the diagonal of the weights' Laplacian
 *     x = x + step direction, for the first step of 1 and shorter ones that lowers the loss by 1e-4 of what
 *       its slope promises; where none does, from the diagonal alone; where that does not either: converged,
 *       as far as doubles can tell
 *
 * The loss never rises. Nearly always the first step is taken, so an iteration costs one pass over half of
 * the matrix: n^2 / 2 roots. Memory: (2 history + 6) n p numbers, and sums for up to 16 tasks of n p each, at
 * most n^2 / 32. Different instruction sets end at maps that differ by the tolerance, about.
 */

/* ---- stochastic descent: method "sgd" ---- */

typedef struct mds_sgd_options {
    size_t size;       /* sizeof(mds_sgd_options) */
    double first_step; /* in (0, 1]; 0: 0.5 */
    double last_step;  /* in (0, first_step]; 0: 0.001 */
} mds_sgd_options;

typedef struct mds_sgd_statistics {
    size_t size;         /* sizeof(mds_sgd_statistics) */
    double step;         /* of the last epoch */
    uint64_t best_epoch; /* the one that the map comes from: the last, or 0 where the start was better */
} mds_sgd_statistics;

/*
 * Stochastic descent over pairs (Zheng, Pawar, Goodman, "Graph drawing by stochastic gradient descent", IEEE
 * TVCG 25, 2019, arXiv:1710.04626). Squared loss.
 *
 *   for each epoch, `iterations` of them (default 30):
 *     for each pair i, j once:
 *       mu = min(1, step * w_ij)
 *       move both points along the line through them by mu (delta_ij - d_ij) / 2, apart where that is > 0
 *     step = step * (last / first) ^ (1 / (epochs - 1))
 *
 * where `first` is first_step / smallest weight and `last` is last_step / largest weight. Noise of the size
 * of the step carries the map over small hills of the loss, so that good maps are found from random starts;
 * what is left of it at the end is about last_step of the errors. A map that ends worse than its start is
 * replaced by the start.
 *
 * The order of the pairs is drawn from the seed once, and depends on n alone otherwise: tiles of 16 x 16
 * pairs between two groups of points, whose 16 diagonals are pairs without a common point. The arithmetic is
 * in single precision: levels of instruction sets differ by roundings of relative size 4e-4 (AVX2) or less,
 * and may end in different maps where several are nearly as good.
 *
 * Cost of an epoch: n^2 / 2 pairs (0.5 ns each with AVX-512 at p = 2). Memory: n^2 / 2 floats, a quarter of
 * the matrix (n^2 with weights).
 */

/* ---- unidimensional scaling: method "unidimensional", p = 1 ---- */

typedef enum mds_optimum {
    MDS_OPTIMUM_LOCAL = 0, /* no object, and no pair of objects, can be moved to a better place */
    MDS_OPTIMUM_GLOBAL = 1 /* no map is better */
} mds_optimum;

typedef struct mds_unidimensional_statistics {
    size_t size; /* sizeof(mds_unidimensional_statistics) */
    mds_optimum optimum;
} mds_unidimensional_statistics;

/*
 * Objects on a line. For a given order of the objects the best coordinates are known: without weights, x_i is
 * the sum of the dissimilarities to the objects before i, less those behind it, over n. So what is searched
 * is the order (de Leeuw and Heiser 1977; Defays 1978; Hubert, Arabie and Meulman, "Combinatorial data
 * analysis", SIAM 2001), and methods that follow a slope stop at the order they happen to begin with.
 *
 *   n <= 20, no weights, nothing missing: every order is considered, by dynamic programming over subsets of
 *     the objects; no map has a lower loss (optimum: global)
 *   n > 20: from each start, objects one at a time to the best other place in the order, then (n <= 400)
 *     pairs exchanged, until nothing helps; then (n <= 400) the same again after two stretches of the order
 *     have been exchanged at random, until that has not led further 20 times (100 for the smallest n)
 *   with weights or missing dissimilarities: objects one at a time to where their own loss is the least of
 *     the whole line, the others standing still, then (n <= 100) the coordinates of pairs exchanged
 *
 * The loss never rises. `starts`: the first is classical scaling or the given one, the others are random; 2
 * to 10 by default, fewer the larger n; effort low takes 1, high 10 times as many. `iterations`: the most
 * sweeps from each start, default 10000.
 *
 * Cost: 2^n n / 4 steps and 8 * 2^n bytes (n = 20: 8 MB); above, n^2 steps a sweep (and n^3 / 6 for the
 * exchanges). One thread. Squared loss. p other than 1 is MDS_ARGUMENT.
 */

/* ---- new objects in a map ---- */

typedef struct mds_place_options {
    size_t size; /* sizeof(mds_place_options) */
    mds_loss loss;
    double huber;    /* as mds_fit_options has it; 0: a tenth of the root mean square of the object's own */
    unsigned starts; /* how many descents for each object, at most 64; 0: 4 */
    uint64_t iterations; /* the most steps from the best end; 0: 200 */
    double tolerance;    /* a descent has come to rest when a step is so small a part of the map's width; 0:
                            1e-9 */
    uint64_t seed;       /* of the mapped objects that descents may begin at, in four dimensions or more */
    unsigned threads;    /* 0: one per available core */
    mds_isa isa;
    mds_progress progress; /* NULL: none. `iteration` is how many objects have their place */
    void *context;
} mds_place_options;

/*
 * Give `count` new objects their places among those of a map (n x p, leading dimension ldmap), which stays as
 * it is. Row i of `delta` (count x n) holds the dissimilarities of object i to the mapped ones, NaN where
 * unknown, and row i of `weights` (NULL: all 1) their weights. out (count x p) receives for each object the
 * place y of the least loss: sum over j of w_j (delta_j - |y - x_j|)^2, or what `loss` says. An object at
 * dissimilarity 0 from a mapped one (of positive weight; the first such) gets exactly that one's place.
 *
 * Objects do not see each other: the bits of an object's place depend on its own row, the map and the
 * options only, not on the other rows or the number of threads. stress (NULL, or room for `count`) receives
 * sqrt(sum w (delta - d)^2 / sum w delta^2) of each object.
 *
 * The loss of one point has several minima. Judged first, in single precision: the nodes of a grid over the
 * map (p <= 3; else 64 mapped objects), the place by Gower's formula (Biometrika 55, 1968, "Adding a point to
 * vector diagrams"), and one at the given distance from the nearest object. From the best `starts` of them
 * that lie apart: six steps of Newton's method each, of majorization where those do not lower the loss; and
 * from the best end on, until it comes to rest. Absolute loss: Huber losses of falling threshold, down to
 * 1e-4 of the root mean square.
 *
 * Cost for an object: 64 n estimates of roots, and some 8 n (p^2 / 2 + 10) multiply-adds for each start.
 * Memory: 3 n p numbers, and 4 n for each thread. Errors: MDS_ARGUMENT, MDS_DATA (a negative or infinite
 * dissimilarity or weight, named by row and column; an object without any known dissimilarity), MDS_MEMORY,
 * MDS_UNSUPPORTED. On error `out` is unchanged. Where the callback ends it, the places of the objects that
 * have none yet are NaN.
 */
MDS_API MDS_CHECK mds_status mds_place(const double *map, size_t n, size_t p, size_t ldmap,
                                       const double *delta, size_t count, size_t ld, const double *weights,
                                       size_t ldw, const mds_place_options *options, double *out,
                                       size_t ldout, double *stress, mds_error *error);

/* ---- comparing maps ---- */

typedef struct mds_procrustes_result {
    size_t size;  /* sizeof(mds_procrustes_result) */
    double scale; /* by which x was multiplied; 1 without scaling */
    double r2;    /* squared correlation of the two maps at their best fit, 0 to 1 */
    double m2;    /* 1 - r2: what is left of the squares when both are centred, of size 1 and fitted (what
                     scipy.spatial.procrustes calls disparity, and vegan's protest m12 squared) */
    double congruence; /* of the distances: sum d d' / sqrt(sum d^2 sum d'^2), pairs i < j (Borg and Groenen
                          2005, section 19.7) */
} mds_procrustes_result;

/*
 * Move, turn and reflect (and with `scaling` stretch) the n x p configuration x so that it lies on the
 * reference as well as can be: sum |x_i - reference_i|^2 is the least (Procrustes analysis; Schoenemann and
 * Carroll 1970). x is changed in place. Objects are matched by row. `result` may be NULL. Cost: n p^2 + p^3,
 * and n^2 / 2 distances of both maps for the congruence when there is a result. Errors: MDS_ARGUMENT,
 * MDS_DATA (NaN or infinity; a configuration whose points are all in one place), MDS_MEMORY; x is then
 * unchanged.
 */
MDS_API MDS_CHECK mds_status mds_procrustes(const double *reference, size_t ldr, double *x, size_t ldx,
                                            size_t n, size_t p, bool scaling, mds_procrustes_result *result,
                                            mds_error *error);

/* ---- how far a map can be trusted ---- */

/* These fit many maps, of data that differ a little from those given, and tell what the maps have in common.
 * Each map is fitted by one thread, and as many at a time as there are threads. */
typedef struct mds_resample_options {
    size_t size;                /* sizeof(mds_resample_options) */
    const mds_fit_options *fit; /* how each map is fitted: level, loss, weighting, method ...; NULL: the
                                   defaults. Its threads, trace, outcomes and progress are not used; its start
                                   only where it is said so */
    size_t count;               /* how many maps, at most 1e6; 0: the function's default */
    uint64_t seed;              /* of what is drawn */
    unsigned threads;           /* 0: one per available core */
    bool (*progress)(double fraction, void *context); /* NULL, or called from the calling thread; return false
                                                         to stop */
    void *context;
    const double *features; /* bootstrap and permutation test: NULL, or the n x m features that the
                               dissimilarities were computed from */
    size_t m, ldf;
    const mds_distance_options *distances; /* how they were; NULL: Euclidean */
} mds_resample_options;

/* What many maps have in common. They are turned (not sized) onto their average, X' in the following, and
 * sums of squares taken over all of them; x is the map they are compared with. */
typedef struct mds_stability {
    size_t size;           /* sizeof(mds_stability) */
    size_t maps;           /* that were fitted */
    double stability;      /* 1 - sum |X_b - X'|^2 / sum |X_b|^2: how alike they are; 1: all the same */
    double cross_validity; /* 1 - maps |x - X'|^2 / sum |X_b|^2: how near x is to their average */
    double dispersion; /* 2 - stability - cross_validity = sum |X_b - x|^2 / sum |X_b|^2: how far from x */
    double stress_mean, stress_deviation; /* of the maps' stress-1 */
    double stress_low, stress_high;       /* its middle 95 % */
    mds_stop stop;                        /* MDS_STOP_CANCELLED: nothing else is filled in */
} mds_stability;

/*
 * The jackknife (de Leeuw and Meulman, "A special jackknife for multidimensional scaling", J. Classification
 * 3, 1986): the map x (n x p) is fitted again without each object in turn, from where the others stand. An
 * object that is left out stands where the average of the maps has it.
 *
 * covariances  NULL, or n x p x p: the covariance matrix of each object's place, along the axes of x
 * influence    NULL, or n: how far leaving the object out moves the others (root mean square); NaN for those
 *              that were not left out
 *
 * options->count: how many objects are left out, drawn from the seed; default all n up to 200, then 100.
 * Methods other than auto begin at the map too; auto stands for lbfgs (to 1e-5 above 200 objects; smacof
 * where that does not do, and unidimensional on a line). Cost: so many short fits. Memory: count n p numbers,
 * and n^2 a thread. Errors: those of mds_fit and mds_stress.
 */
MDS_API MDS_CHECK mds_status mds_jackknife(const mds_problem *problem, size_t p, const double *x, size_t ldx,
                                           const mds_resample_options *options, double *covariances,
                                           double *influence, mds_stability *result, mds_error *error);

/*
 * The bootstrap (Weinberg, Carroll and Cohen, Psychometrika 49, 1984; Jacoby and Armstrong, Am. J. Political
 * Science 58, 2014): x is fitted again to data as they might have been, from where it stands. With features
 * these are drawn with replacement, and distances computed from what was drawn. Without, each dissimilarity
 * is the distance in x plus a residual delta - d (at other levels than ratio: disparity - d) drawn from those
 * of all pairs; residuals are first moved to
 * mean 0 and made sqrt(pairs / (pairs - np + p(p + 1)/2)) times as large (at most twice), since a map follows
 * the errors in part; below 0 it is 0.
 *
 * covariances  NULL, or n x p x p, as above: the ellipse (y - x_i)' C_i^-1 (y - x_i) = 5.99 holds 95 % where
 *              the places are normally distributed (p = 2)
 * stress       NULL, or count: stress-1 of the maps, ascending
 *
 * options->count: how many maps, default 100. Cost: a fit each. The rest as above.
 */
MDS_API MDS_CHECK mds_status mds_bootstrap(const mds_problem *problem, size_t p, const double *x, size_t ldx,
                                           const mds_resample_options *options, double *covariances,
                                           double *stress, mds_stability *result, mds_error *error);

typedef struct mds_permutation {
    size_t size; /* sizeof(mds_permutation) */
    size_t maps;
    double observed; /* the caller's */
    double p_value;  /* (1 + how many maps fit as well as observed) / (1 + maps) */
    double mean, smallest;
    mds_stop stop; /* MDS_STOP_CANCELLED: nothing else is filled in */
} mds_permutation;

/*
 * Is there more structure than in the same numbers at random? Each map is fitted, as options->fit says, to
 * dissimilarities that were dealt out to the pairs in a random order; with features, to distances after the
 * values of each feature were dealt out to the objects (Mair, Borg and Rusch, "Goodness-of-fit assessment in
 * multidimensional scaling and unfolding", Multivar. Behav. Res. 51, 2016). `observed` is the stress-1 of the
 * map of the data themselves, to be fitted in the same way. The p-value is never 0 (Phipson and Smyth, Stat.
 * Appl. Genet. Mol. Biol. 9, 2010). `stress`: NULL, or count: stress-1 of the maps, ascending.
 * options->count: how many maps, default 100. Weights and gaps stay with their pairs.
 */
MDS_API MDS_CHECK mds_status mds_permutation_test(const mds_problem *problem, size_t p, double observed,
                                                  const mds_resample_options *options, double *stress,
                                                  mds_permutation *result, mds_error *error);

/*
 * Stress-1 of maps of 1, 2, ... `most` dimensions, fitted as options->fit says, into stress[0 ... most - 1].
 * *elbow (NULL: not wanted) becomes the number of dimensions where the curve bends most, by its second
 * difference; 0 where it bends nowhere. options->count must be 0. *stop (or NULL): MDS_STOP_CANCELLED:
 * nothing was filled in.
 */
MDS_API MDS_CHECK mds_status mds_stress_by_dimension(const mds_problem *problem, size_t most,
                                                     const mds_resample_options *options, double *stress,
                                                     size_t *elbow, mds_stop *stop, mds_error *error);

typedef struct mds_minima {
    size_t size;       /* sizeof(mds_minima) */
    size_t starts;     /* random ones that were tried */
    size_t groups;     /* different maps they ended in */
    size_t best_count; /* how many ended in the best */
    double smallest;   /* its stress-1 */
    mds_stop stop;     /* MDS_STOP_CANCELLED: nothing else is filled in */
} mds_minima;

/*
 * Where one descent from each of many random starts ends (Borg and Mair, "The choice of initial
 * configurations in multidimensional scaling", Austrian J. Statistics 46, 2017). Two ends are one minimum
 * when, turned and sized onto each other, no more than 0.005 of the squares is left, and their stress differs
 * by no more than 0.2 %. Groups are numbered from 0 by their lowest stress.
 *
 * maps    NULL, or starts x n x p: the ends, turned onto the best, which is on its principal axes
 * stress  NULL, or their stress-1
 * group   NULL, or the group of each
 *
 * options->count: how many starts, default 100. auto stands for the methods named at mds_jackknife.
 */
MDS_API MDS_CHECK mds_status mds_local_minima(const mds_problem *problem, size_t p,
                                              const mds_resample_options *options, double *maps,
                                              double *stress, size_t *group, mds_minima *result,
                                              mds_error *error);

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
