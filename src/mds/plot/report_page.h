/*
 * report_page.h - a report as one HTML page and as JSON.
 *
 * The page holds all that it shows and asks the network for nothing: diagrams as SVG, the map's numbers as
 * JSON, from which a script draws a map that can be turned, enlarged and searched.
 */
#ifndef MDS_REPORT_PAGE_H
#define MDS_REPORT_PAGE_H

#include "report_plots.h"

/* Errors: FS_MEMORY; failed writes are remembered by `out`. */
FS_CHECK fs_status mds_report_page_write(fs_output *out, const mds_report_view *view, fs_error *error);

/* Every number of the page. `pretty`: on many lines. */
FS_CHECK fs_status mds_report_json_write(fs_output *out, const mds_report_view *view, bool pretty,
                                         fs_error *error);

/* What the script of the page draws from (report_data.c). */
FS_CHECK fs_status mds_report_data_write(fs_output *out, const mds_report_view *view, fs_error *error);

/* "excellent", ..., by Kruskal's rule of thumb for stress-1. */
const char *mds_report_verdict(double stress1);

/* How far an object's place varies: the root of the sum of the variances. */
double mds_report_spread(const double *covariances, size_t i, size_t p);

#endif
