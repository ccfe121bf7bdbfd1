/*
 * svg_chart.h - the frame of a diagram: axes, grid, titles, in light and dark.
 *
 * A diagram stands alone, as an SVG file with a title and its own style, or in a page, which has both: the
 * classes are the same (ch-...), and page/report.css has them too.
 */
#ifndef MDS_SVG_CHART_H
#define MDS_SVG_CHART_H

#include "file.h"

#include <stdbool.h>

typedef struct mds_axis {
    double low, high;
    const char *title;
    bool whole; /* only whole numbers are marked */
} mds_axis;

typedef struct mds_chart {
    fs_output *out;
    bool alone;
    const char *title, *subtitle; /* of a file */
    double width, height;         /* of the picture; 0: 440 x 376, smaller in a page */
    mds_axis x, y;
    double left, top, right, bottom; /* of the plot area, set by mds_chart_lay_out */
} mds_chart;

/* Widen an axis a little, to steps that read well; both ends may be equal. */
void mds_axis_round(mds_axis *axis);

/* Where the plot area is, so that axes can be chosen to suit it. `left`: room for what stands there (0: for
 * numbers). */
void mds_chart_lay_out(mds_chart *chart, double left);

/* The picture begins: frame, grid, numbers, titles. */
void mds_chart_open(mds_chart *chart);
void mds_chart_close(mds_chart *chart);

double mds_chart_x(const mds_chart *chart, double value); /* in pixels */
double mds_chart_y(const mds_chart *chart, double value);

/* "0.25", "1,200": a number for people, with so many significant digits. */
const char *mds_chart_number(double value, int digits, char out[32]);

#endif
