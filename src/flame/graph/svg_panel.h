/*
 * svg_panel.h - the frames of one flame graph as SVG elements.
 */
#ifndef FLAME_SVG_PANEL_H
#define FLAME_SVG_PANEL_H

#include "frame_label.h"

enum { FLAME_SVG_LEFT = 10 }; /* px on either side of the frames */

typedef struct flame_svg_panel {
    const char *id; /* "frames" or "gone" */
    const flame_tree *tree;
    const flame_graph_options *options;
    const flame_layout *layout;
    flame_measure measure;
    double total;          /* samples that the whole width stands for */
    double scale;          /* px a sample */
    double base;           /* y of the edge that the first level stands on, or hangs from */
    bool down;             /* the first level on top */
    bool differential;     /* colours tell changes */
    const uint8_t *wakers; /* by node: below a "--" (the chain palette); NULL: none */
} flame_svg_panel;

/* Write <g id=...> with all frames. `decoder` is scratch. */
FS_CHECK fs_status flame_svg_write_panel(const flame_svg_panel *panel, flame_decoder *decoder,
                                         fs_output *output, fs_error *error);

/* A pixel position in tenths, rounded as printf("%.1f") does. */
int64_t flame_svg_tenths(double pixels);

#endif
