/*
 * gradient_scalar.h - the gradient kernels in plain C, for the table of kernels_scalar.c.
 */
#ifndef MDS_GRADIENT_SCALAR_H
#define MDS_GRADIENT_SCALAR_H

#include "gradient_kernels.h"

mds_gradient_kernel mds_gradient_plain, mds_gradient_weighted, mds_gradient_huber;
mds_gradient_kernel mds_laplacian, mds_laplacian_reweighted;
mds_gradient_kernel_single mds_single_plain, mds_single_weighted, mds_single_huber;
mds_gradient_kernel_rough mds_gradient_rough;

#endif
