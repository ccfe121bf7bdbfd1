/*
 * pair_cloud.h - one mark for each pair of objects; where they are many, how densely they lie.
 */
#ifndef MDS_PAIR_CLOUD_H
#define MDS_PAIR_CLOUD_H

#include "report_plots.h"
#include "svg_chart.h"

/* Pairs that are drawn one by one, each with its names: more make a picture of densities. */
enum { MDS_CLOUD_MOST = 1500 };

/* Draw `value` of every pair over what `across` says. Cost: O(pairs). Errors: FS_MEMORY. */
typedef double mds_pair_value(const mds_report_view *view, size_t i, size_t j);
FS_CHECK fs_status mds_pair_cloud(const mds_chart *chart, const mds_report_view *view, mds_pair_value *across,
                                  mds_pair_value *value, fs_error *error);

#endif
