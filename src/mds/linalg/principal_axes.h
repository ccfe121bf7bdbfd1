/*
 * principal_axes.h - a map turned the way it spreads, so that it looks the same every time.
 */
#ifndef MDS_PRINCIPAL_AXES_H
#define MDS_PRINCIPAL_AXES_H

#include "status.h"

#include <stddef.h>

/*
 * Move the n x p configuration (leading dimension ld) so that its mean is 0, turn it so that its axes are the
 * principal ones, widest first, and reflect each so that its third moment is negative: the longer tail of the
 * points lies on the left and below. (Maps of Europe and of the United States come out with north up.)
 * Distances stay what they are, up to rounding. The eigenvectors of the p x p scatter matrix come from cyclic
 * Jacobi rotations (Golub and Van Loan, Matrix Computations, section 8.5). Cost: n p^2 + p^3. Errors:
 * FS_MEMORY.
 */
FS_CHECK fs_status mds_principal_axes(double *x, size_t n, size_t p, size_t ld, fs_error *error);

/* Reflect one axis, n coordinates `step` apart and near 1, whose third moment is positive, or whose third
 * moment is 0 to within rounding and whose first coordinate off the middle is positive. */
void mds_axis_side(double *axis, size_t n, size_t step);

#endif
