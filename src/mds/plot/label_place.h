/*
 * label_place.h - where labels go so that they do not cover each other.
 *
 * Greedy: labels are placed one after the other, each at the first of its candidate positions that hits
 * neither a placed label nor a point nor the edge. After the eight positions around the point, and when `far`
 * is set, come wider rings joined to the point by a line (the candidate positions of Imhof's rules for point
 * names, "Positioning names on maps", 1975). Deterministic.
 */
#ifndef MDS_LABEL_PLACE_H
#define MDS_LABEL_PLACE_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct mds_label {
    double x, y;          /* the point it belongs to, in pixels */
    double width, height; /* of the text */
    double left, top;     /* result */
    bool placed;          /* result: there was room */
    bool line;            /* result: so far off that a line should join it to its point */
} mds_label;

typedef struct mds_label_space {
    const double *points; /* count x 2: what labels keep off; NULL: nothing */
    size_t count;
    double radius; /* of the points */
    double left, top, right, bottom;
    bool centred; /* first try is on the point itself */
    bool far;     /* allow the wider rings */
    bool forced;  /* a label with no room goes where it hits least */
} mds_label_space;

/* Places labels[0], labels[1], ...; earlier ones win. Cost: for each label its candidates times (labels
 * placed + points under it). Errors: FS_MEMORY. */
FS_CHECK fs_status mds_place_labels(const mds_label_space *space, mds_label *labels, size_t count,
                                    fs_error *error);

/* Labels along a line: placed[k], between `low` and `high` and at least a pitch apart, as near as can be
 * (least squares) to wanted[k], which ascend. There must be room: (count - 1) * pitch <= high - low, count >
 * 0. Cost: O(count). Errors: FS_MEMORY. */
FS_CHECK fs_status mds_spread_labels(const double *wanted, size_t count, double pitch, double low,
                                     double high, double *placed, fs_error *error);

#endif
