/* fit_plan_pairs.h - mds_plan for sparse pairs that are kept as rows. */
#ifndef MDS_FIT_PLAN_PAIRS_H
#define MDS_FIT_PLAN_PAIRS_H

#include "mdscale.h"
#include "status.h"

/* `o` is complete and checked. Takes about a second. */
FS_CHECK fs_status mds_plan_pairs(const mds_plan_options *o, mds_plan_result *result, fs_error *error);

#endif
