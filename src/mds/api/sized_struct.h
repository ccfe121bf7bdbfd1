/*
 * sized_struct.h - structs of callers that were compiled with an older or a newer header.
 *
 * Every public struct begins with a size_t, its size where the caller was compiled; mdscale.h tells the
 * rules. A field is added at the end only, and never into the padding behind the last field of an earlier
 * version, which an older caller leaves unset.
 */
#ifndef MDS_SIZED_STRUCT_H
#define MDS_SIZED_STRUCT_H

#include "status.h"

#include <stddef.h>

/* Copy the caller's `given` (NULL: all zero) to `to`, a struct of `known` bytes; fields that the caller does
 * not have are zero. `type` is its name in messages. FS_ARGUMENT: a size that no version has, or fields that
 * this library does not know and that are not zero. */
FS_CHECK fs_status mds_struct_take(const char *type, const void *given, void *to, size_t known,
                                   fs_error *error);

/* Whether a struct that is to receive results has a size that some version has. NULL passes. */
FS_CHECK fs_status mds_struct_check(const char *type, const void *to, fs_error *error);

/* Fill the caller's `to` (NULL: nothing) from `from`, a struct of `known` bytes, as far as it goes; its size
 * stays. */
void mds_struct_give(void *to, const void *from, size_t known);

#endif
