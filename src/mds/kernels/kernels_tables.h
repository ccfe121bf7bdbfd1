/*
 * kernels_tables.h - the tables that are compiled in; kernels.c alone chooses between them.
 */
#ifndef MDS_KERNELS_TABLES_H
#define MDS_KERNELS_TABLES_H

#include "kernels.h"

extern const mds_kernels mds_kernels_scalar;
extern const mds_kernels mds_kernels_avx2;
extern const mds_kernels mds_kernels_avx512;
extern const mds_kernels mds_kernels_neon;

/* The fields whose functions have the same names in the template and in plain C. */
#define KERNELS_OF_THESE_NAMES                                                                               \
    .stress = stress, .mirror = mirror, .panel_square = panel_square, .panel_tile = panel_tile,              \
    .panel_inner = panel_inner, .panel_combine = panel_combine, .square_root = square_root,                  \
    .distance_from_point = distance_from_point, .sum_squared_difference = sum_squared_difference

/* The kernels of tiles of distances, by names that begin and end so. */
#define TILE_KERNELS(before, after)                                                                          \
    .tile_squared = before##_squared##after, .tile_absolute = before##_absolute##after,                      \
    .tile_maximum = before##_maximum##after, .tile_known = before##_known##after,                            \
    .tile_differing = before##_differing##after, .tile_canberra = before##_canberra##after,                  \
    .tile_divergence = before##_divergence##after, .tile_power = before##_power##after

/* The references of whole families (NAME_scalar.c). */
void mds_relocation_losses_scalar(const mds_relocation_row *row, const float *places, size_t count,
                                  float *losses);
void mds_relocation_step_scalar(const mds_relocation_row *row, const float *at, float *sums);
void mds_relocation_known_scalar(const mds_relocation_row *row, const float *distances, size_t count,
                                 float *losses);
void mds_relocation_distances_scalar(const mds_relocation_row *row, const float *place, float *distances);
mds_relocation_narrow_kernel mds_relocation_narrow_scalar;

void mds_place_scalar(const mds_place_row *row, const double *at, double *sums);

mds_tile_kernel mds_tile_squared_scalar, mds_tile_absolute_scalar, mds_tile_maximum_scalar,
    mds_tile_known_scalar, mds_tile_differing_scalar, mds_tile_canberra_scalar, mds_tile_divergence_scalar;
mds_power_tile_kernel mds_tile_power_scalar;
mds_single_tile_kernel mds_single_tile_squared_scalar, mds_single_tile_absolute_scalar,
    mds_single_tile_maximum_scalar;

void mds_sgd_between_scalar(const mds_sgd_tiles *tiles);
void mds_sgd_within_scalar(const mds_sgd_tiles *tiles);
void mds_sgd_between_codes_scalar(const mds_sgd_tiles *tiles);
void mds_sgd_within_codes_scalar(const mds_sgd_tiles *tiles);
void mds_square_root_single_scalar(float *values, size_t n);

/* The one order in which the lanes of a stress row are added. */
static inline double mds_lanes_sum(const double lanes[MDS_LANES])
{
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

#endif
