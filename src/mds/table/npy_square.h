/*
 * npy_square.h - a square of dissimilarities in an .npy file that can stay there, to be read by rows.
 */
#ifndef MDS_NPY_SQUARE_H
#define MDS_NPY_SQUARE_H

#include "status.h"

#include <stddef.h>

/* Which part of the numbers is looked at, of how many that are as large; { 0, 1 }: all. */
typedef struct mds_npy_part {
    unsigned number, count;
} mds_npy_part;

/*
 * *n becomes the number of objects where the file is an .npy file of float64 or float32 of two equal axes of
 * more than `least`, all numbers are finite and none negative, the diagonal is 0 and each number is its
 * mirror image (to 1e-9 of it, float32: 1e-6). Else it becomes 0: then it is for mds_table_read, which knows
 * what to say and to put right. Cost: the file, or that part of it, is read once; memory: 16 MB. Errors:
 * FS_MEMORY, FS_IO and its kin; FS_DATA: the file is shorter than its header says, or ends meanwhile.
 */
FS_CHECK fs_status mds_npy_square(const char *path, size_t least, mds_npy_part part, size_t *n,
                                  fs_error *error);

#endif
