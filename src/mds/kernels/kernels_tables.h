/*
 * kernels_tables.h - the tables that are compiled in; kernels.c alone chooses between them.
 */
#ifndef MDS_KERNELS_TABLES_H
#define MDS_KERNELS_TABLES_H

#include "kernels.h"

extern const mds_kernels mds_kernels_scalar;

#endif
