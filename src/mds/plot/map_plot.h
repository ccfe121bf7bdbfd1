/*
 * map_plot.h - a map as an SVG picture that stands on its own.
 *
 * Equal scales on both axes, principal axes across the page, a title with n and stress-1, points coloured and
 * shaped by group with a legend that counts them, labels that do not cover each other, the full name of each
 * point on hover, and colours that follow the reader's light or dark preference; arrows where two maps are
 * compared.
 */
#ifndef MDS_MAP_PLOT_H
#define MDS_MAP_PLOT_H

#include "file.h"
#include "status.h"

#include <stddef.h>

typedef struct mds_map_plot {
    const double *x; /* n x p, finite; the first two principal axes are drawn */
    size_t n, p, ld;
    const double *from; /* another such map, or NULL: an arrow leads from each of its points to that of x */
    const char *const *labels; /* n names, or NULL: the numbers from 1 */
    const char *const *groups; /* n names of groups, or NULL: one colour */
    const char *title;         /* "eurodist" */
    const char *subtitle;      /* "21 objects, stress-1 0.0722" */
} mds_map_plot;

/* Errors: FS_MEMORY; failed writes are remembered by `output`. The same map gives the same bytes.
 * Cost: O(n) for points, O(candidates) for labels, which are tried in a grid of what is taken. */
FS_CHECK fs_status mds_map_plot_write(fs_output *output, const mds_map_plot *plot, fs_error *error);

#endif
