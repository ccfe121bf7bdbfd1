/*
 * gradient_single.h - what the gradient in single precision works with: half of the matrix, and the map.
 */
#ifndef MDS_GRADIENT_SINGLE_H
#define MDS_GRADIENT_SINGLE_H

#include "gradient.h"

enum { MDS_GRADIENT_FLOATS = 16 }; /* rows of floats are padded to a multiple of this */

/* The matrix, once, and x; false: these numbers need double precision. */
bool mds_gradient_pack(mds_gradient *gradient, const double *x);

/* x alone. */
bool mds_gradient_pack_map(mds_gradient *gradient, const double *x);

/* MDS_GRADIENT_ROWS rows of the packed matrix from `first` on, as the kernels take them. */
mds_gradient_rows_single mds_gradient_packed_rows(const mds_gradient *gradient, double *scratch,
                                                  size_t first);

#endif
