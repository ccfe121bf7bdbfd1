/*
 * svg_text.h - what all pictures share: text, its width, steps of an axis, colours of groups.
 */
#ifndef MDS_SVG_TEXT_H
#define MDS_SVG_TEXT_H

#include "file.h"

enum { MDS_COLOURS = 10 };

/* Ten hues that differ in lightness too, so that they stay apart for colour-blind readers (after Okabe and
 * Ito, "Color Universal Design", 2008, and P. Tol's schemes); each has a lighter twin for dark pages. */
extern const char *const mds_light_colours[MDS_COLOURS], *const mds_dark_colours[MDS_COLOURS];

/* Text with what XML does not take escaped. */
void mds_svg_text(fs_output *out, const char *text);

/* The first `most` characters, with an ellipsis when there are more. */
void mds_svg_cut(const char *text, size_t most, char *out, size_t room);

/* A generous guess at the width of text in a common sans-serif, in pixels. */
double mds_svg_width(const char *text, double size);

/* 1, 2 or 5 times a power of ten: the step of about so many lines over a span. */
double mds_nice_step(double span, double lines);

#endif
