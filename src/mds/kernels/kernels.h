/*
 * kernels.h - the inner loops of mdscale, one table of function pointers, chosen once per call.
 *
 * Every kernel exists as plain C (kernels_scalar.c, the reference) and once per vector instruction set
 * (kernels_avx2.c and so on: a few lines of parameters in front of the shared template). All work in double
 * precision. A kernel allocates nothing and has no state.
 *
 * How to add one: docs/kernels.md.
 */
#ifndef MDS_KERNELS_H
#define MDS_KERNELS_H

#include "gradient_kernels.h"
#include "mdscale.h"
#include "place_kernels.h"
#include "relocation_kernels.h"
#include "sgd_tiles.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    MDS_STRIDE = 8,   /* coordinate arrays are padded to a multiple of this many doubles */
    MDS_CHUNK = 512,  /* columns in one partial sum, whatever the number of threads */
    MDS_LANES = 8,    /* partial sums of a stress row, whatever the vector */
    MDS_CHECKED = 8,  /* rows that are compared with their mirror image at once */
    MDS_ROW_TILE = 8, /* points whose row errors stand side by side */
    MDS_PANEL = 8,    /* columns of a panel: vectors side by side that a matrix is multiplied with at once */
    MDS_TILE_ROWS = 4,
    MDS_TILE_COLUMNS = 16,
    MDS_SINGLE_TILE = 32 /* points on both sides of a tile in single precision */
};

/* Doubles of scratch that the pattern kernels need for p dimensions. */
#define MDS_PATTERN_SCRATCH(p) ((5 * (size_t)(p) + 3) * 8)

/*
 * One row of the problem as the pattern kernels see it: point i against all the others.
 *
 * Coordinates are a structure of arrays: coordinate k of point j is x[k * stride + j]. The point's own column
 * is not left out: the caller takes off what it adds.
 */
typedef struct mds_pattern_row {
    const double *x;
    size_t stride;         /* a multiple of MDS_STRIDE; x is 64-byte aligned */
    const double *at;      /* p coordinates of the point */
    const double *delta;   /* the row of the dissimilarities; no alignment asked */
    const double *weights; /* the row of the weights, or NULL */
    const double *ahead;   /* the dissimilarities of the row that is wanted next, or NULL; the stress kernel
                              asks the memory for them */
    size_t p;
    double radius;
    const size_t *dimensions; /* those to be tried, ascending */
    size_t tried;             /* how many */
    double *scratch;          /* MDS_PATTERN_SCRATCH(p) doubles, for the pattern kernels */
} mds_pattern_row;

/*
 * Row errors over the columns first <= j < last: sums[0] where the point is, sums[1 + 2t] and sums[2 + 2t]
 * with coordinate dimensions[t] at its value +radius and -radius. `first` is a multiple of MDS_STRIDE. The
 * sums are written, not added to; their order of summation is the kernel's own. A squared distance is right
 * to a few units in the last place, as long as it is below 1e300; distances under 1e-138 are taken for that.
 */
typedef void mds_pattern_kernel(const mds_pattern_row *row, size_t first, size_t last, double *sums);

/* Points that have moved, as MDS_ROW_TILE other points see them. Coordinate k of move e was from[k * stride +
 * e] and is to[k * stride + e]; delta[e] and weights[e] are MDS_ROW_TILE numbers, what the point is to each
 * of the others. */
typedef struct mds_moves {
    const double *from, *to;
    size_t stride, count;
    const double *const *delta;
    const double *const *weights; /* or NULL */
} mds_moves;

/* The row errors of MDS_ROW_TILE points at all their positions: that of point l at try t is
 * sums[t * MDS_ROW_TILE + l], with the tries as in a pattern kernel that tries all p dimensions. */
typedef struct mds_row_tile {
    const double *at; /* coordinate k of point l is at[k * stride + l]; no alignment asked */
    size_t stride, p;
    double radius;
    double *sums;     /* brought up to date */
    double *turnover; /* for each point: what was added and taken off is added, the most of its tries */
    double *gain; /* for each point: how much less than sums[0] the least of its tries is, below 0 if none */
    double *scratch; /* MDS_PATTERN_SCRATCH(p) doubles */
} mds_row_tile;

/* Takes off the row errors what the moved points gave before and adds what they give now; each of the two is
 * summed on its own, one move after the other, and their difference is added to the sum. Also without a move,
 * for the gains. An infinite sum stays infinite. */
typedef void mds_change_kernel(const mds_row_tile *tile, const mds_moves *moves);

/* What one row adds to the stress. */
typedef struct mds_stress_sums {
    double raw;      /* w (delta - d)^2 */
    double delta2;   /* w delta^2 */
    double delta_d;  /* w delta d */
    double d2;       /* w d^2 */
    double absolute; /* w |delta - d| */
    double pairs;    /* pairs that count */
} mds_stress_sums;

static inline void mds_stress_sums_add(mds_stress_sums *to, const mds_stress_sums *from)
{
    to->raw += from->raw;
    to->delta2 += from->delta2;
    to->delta_d += from->delta_d;
    to->d2 += from->d2;
    to->absolute += from->absolute;
    to->pairs += from->pairs;
}

/* Adds the columns first <= j < last of a row to *sums (x, stride, at, delta, weights and p are used). Lane l
 * sums the columns first + l, first + l + MDS_LANES, ... with separate multiplications and additions, and
 * mds_lanes_sum adds the lanes: the same bits at every level. */
typedef void mds_stress_kernel(const mds_pattern_row *row, size_t first, size_t last, mds_stress_sums *sums);

/* What a comparison with the mirror image has met. */
typedef struct mds_mirror_sums {
    double squares[MDS_CHECKED]; /* of each row: sum of (scale * number)^2, one after the other without fused
                                    operations: the same bits at every level */
    double largest, least;
    double unlike; /* 0, unless a number is not its mirror image, or not a finite number */
} mds_mirror_sums;

/* Rows of a matrix beside their mirror image: rows[r * ld + c] and image[c * ld + r] for r < MDS_CHECKED and
 * c < columns, a multiple of MDS_CHECKED. *sums goes on from what it holds. Where `unlike` is not 0, the rest
 * is not to be used. Cost: both are read once; the MDS_CHECKED rows, and columns of the image, behind them
 * are asked for meanwhile. */
typedef void mds_mirror_kernel(const double *rows, const double *image, size_t ld, size_t columns,
                               double scale, mds_mirror_sums *sums);

/* A tile of distances: for each of MDS_TILE_ROWS points a and MDS_TILE_COLUMNS points b adds (or takes the
 * maximum of) the m differences to sums[row * ld + column]. Points are packed by feature: a[f *
 * MDS_TILE_ROWS + row], b[f * MDS_TILE_COLUMNS + column], 64-byte aligned. */
typedef void mds_tile_kernel(const double *a, const double *b, size_t m, double *sums, size_t ld);

/* The same of |a - b|^exponent, the exponent being 1 or more: right to a few ulp of the logarithm of the
 * power; powers below 1e-307 count as 0. */
typedef void mds_power_tile_kernel(const double *a, const double *b, size_t m, double exponent, double *sums,
                                   size_t ld);

/* What becomes of the sum of a pair of a tile in single precision. */
enum mds_single_finish { MDS_SINGLE_SUM, MDS_SINGLE_ROOT, MDS_SINGLE_HALF };

/* Distances of MDS_SINGLE_TILE points a and as many points b in single precision: out[row * ld + column] is
 * the sum (or the maximum) over m features of what the kernel is of, or its root or its half. Points are
 * packed by feature: a[f * MDS_SINGLE_TILE + row], b the same, 64-byte aligned; numbers near 1. Right to
 * 2^-23 m, as a share of itself, beyond what the features have been rounded by. */
typedef void mds_single_tile_kernel(const float *a, const float *b, size_t m, enum mds_single_finish finish,
                                    float *out, size_t ld);

/* What those kernels add. */
enum mds_single_term { MDS_SINGLE_SQUARED, MDS_SINGLE_ABSOLUTE, MDS_SINGLE_MAXIMUM, MDS_SINGLE_TERMS };

/*
 * Panels: MDS_PANEL vectors side by side, row i of them at v + i * MDS_PANEL, 64-byte aligned. These multiply
 * a symmetric matrix, of which each cell is read once, with a panel, and panels with each other. A number is
 * off by eps times the sum of the sizes of what it is a sum of, for each term.
 */

/* out[j] = (delta[j] + add)^2 - shift for j < n. */
typedef void mds_panel_square_kernel(const double *delta, size_t n, double add, double shift, double *out);

/* A tile d of MDS_PANEL rows i (d + i * ld) and so many columns j, and its mirror image:
 * yi[i] += d[i][j] vj[j] and yj[j] += d[i][j] vi[i]. yi is an array apart from yj. Meanwhile it asks for so
 * many columns of MDS_PANEL rows, `ahead_ld` apart, from `ahead` on, which are wanted next; with ahead_ld 0
 * for hardly anything. */
typedef void mds_panel_tile_kernel(const double *d, size_t ld, size_t columns, const double *vi, double *yi,
                                   const double *vj, double *yj, const double *ahead, size_t ahead_ld);

/* g (MDS_PANEL x MDS_PANEL) += a^T b, over so many rows. */
typedef void mds_panel_inner_kernel(const double *a, const double *b, size_t rows, double *g);

/* y += a g, over so many rows. */
typedef void mds_panel_combine_kernel(const double *a, const double *g, size_t rows, double *y);

/* What a pair adds to a row error. But for PLAIN, weights count when they are there, and NaN in delta is
 * missing. */
enum mds_term {
    MDS_TERM_PLAIN,    /* (delta - d)^2: no weights, nothing missing */
    MDS_TERM_SQUARED,  /* w (delta - d)^2 */
    MDS_TERM_ABSOLUTE, /* w |delta - d| */
    MDS_TERMS
};

/* Pattern kernels for two and three dimensions that are all tried, and for any number of them. */
enum mds_shape { MDS_SHAPE_PLANE, MDS_SHAPE_SPACE, MDS_SHAPE_ANY, MDS_SHAPES };

typedef struct mds_kernels {
    mds_isa isa;
    mds_pattern_kernel *pattern[MDS_TERMS][MDS_SHAPES];
    mds_change_kernel *change[MDS_TERMS][MDS_SHAPES];
    mds_stress_kernel *stress; /* weights or NULL, NaN in delta is missing */
    mds_mirror_kernel *mirror;
    mds_tile_kernel *tile_squared;   /* += (a - b)^2 */
    mds_tile_kernel *tile_absolute;  /* += |a - b| */
    mds_tile_kernel *tile_maximum;   /* max= |a - b| */
    mds_tile_kernel *tile_known;     /* += |a - b| where both are numbers */
    mds_tile_kernel *tile_differing; /* += 1 where a != b and both are numbers */
    mds_tile_kernel *tile_canberra;  /* += |a - b| / (|a| + |b|); 0 / 0 is 0 */
    /* += (a log(a / c) + b log(b / c)) / 2 with c = (a + b) / 2, for a, b from 0 to 1; 0 log 0 is 0 */
    mds_tile_kernel *tile_divergence;
    mds_power_tile_kernel *tile_power;
    mds_single_tile_kernel *single_tile[MDS_SINGLE_TERMS];
    mds_panel_square_kernel *panel_square;
    mds_panel_tile_kernel *panel_tile;
    mds_panel_inner_kernel *panel_inner;
    mds_panel_combine_kernel *panel_combine;
    void (*square_root)(double *values, size_t n);
    /* rows of a row-major n x p matrix against y */
    void (*distance_from_point)(const double *x, size_t n, size_t p, size_t ldx, const double *y,
                                double *out);
    double (*sum_squared_difference)(const double *a, const double *b, size_t n);
    mds_gradient_kernels gradient;
    mds_relocation_kernels relocation;
    mds_place_kernel *place;
    mds_sgd_kernel *sgd[2][MDS_SGD_KINDS][MDS_SHAPES];   /* between two groups or within one */
    void (*square_root_single)(float *values, size_t n); /* to 22 bits; NaN stays */
} mds_kernels;

/* The table of a level; NULL when it is not compiled in or the processor lacks it. AUTO is the best one. */
const mds_kernels *mds_kernels_for(mds_isa isa);

/* Whether the level is in this build, whatever the processor. */
bool mds_isa_compiled(mds_isa isa);

#endif
