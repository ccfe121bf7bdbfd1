/*
 * layout.h - where each frame of a flame graph lies: a call tree in, rectangles out. Pure: nothing here knows
 * about pixels, colours or files.
 *
 * The picture is the one that B. Gregg's flamegraph.pl draws ("The Flame Graph", ACM Queue 14(2), 2016): the
 * stacks are sorted byte-wise as lines of folded text, neighbours that begin alike share their rectangles. A
 * frame that has samples of its own and callees can therefore lie in two places: "f 3" sorts before "f2;g 1",
 * which sorts before "f;h 5". A sum over the rectangles of a node gives the node's total.
 */
#ifndef FLAME_LAYOUT_H
#define FLAME_LAYOUT_H

#include "tree.h"

typedef enum flame_order {
    FLAME_ORDER_BYTES = 0, /* stacks sorted byte-wise; the order of the input does not matter */
    FLAME_ORDER_TIME       /* as the tree holds them (flame charts, --no-sort) */
} flame_order;

/* What a width stands for. */
typedef enum flame_measure {
    FLAME_AFTER = 0, /* the samples of the profile; of a difference, those of the second profile */
    FLAME_BEFORE,    /* those of the first profile */
    FLAME_GONE       /* those of the first profile under frames that the second one does not have at all */
} flame_measure;

/* What counts as a frame's change in a difference. */
typedef enum flame_delta {
    FLAME_DELTA_SELF = 0, /* in the samples that end in the frame itself: points at the cause */
    FLAME_DELTA_TOTAL     /* in those of everything it calls as well: shows the way there */
} flame_delta;

typedef struct flame_layout_options {
    flame_order order;
    flame_measure measure;
    flame_delta delta;
    double least;   /* samples; a narrower frame is left out with all that it calls */
    uint32_t first; /* the first level to keep, 0 is the root's; rectangles keep their level */
    uint32_t last;  /* the last level to keep; 0: no limit */
} flame_layout_options;

/* What of a node a rectangle shows. In byte order the samples of the frame itself (the line "f 3") and those
 * of its callees ("f;g 1") are two rectangles unless nothing sorts between them. */
typedef enum flame_part {
    FLAME_PART_SELF = 1,
    FLAME_PART_CALLEES = 2,
    FLAME_PART_WHOLE = FLAME_PART_SELF | FLAME_PART_CALLEES
} flame_part;

typedef struct flame_rect {
    double start, end; /* in samples from the left; end - start is the width */
    double delta;      /* samples more (or, negative, fewer) than before; 0 in a plain profile */
    uint32_t node;     /* of the tree */
    uint32_t name;     /* the node's, so that drawing need not look at the tree */
    uint32_t level;    /* 0 is the root's */
    flame_part part;
} flame_rect;

typedef struct flame_layout {
    flame_rect *rects; /* by level; within a level from left to right */
    size_t count;
    double total;      /* samples of the root */
    double most_delta; /* the largest |delta| in the whole tree, the root and left-out frames included */
    uint32_t levels;   /* the largest level that is kept, plus one; 0 when nothing is */
} flame_layout;

/* Lay out a finished tree. The result is the caller's, to be released with flame_layout_fini even after a
 * failure. Cost: O(children of kept frames), sorted per frame; a difference adds O(nodes). No recursion. */
FS_CHECK fs_status flame_layout_make(const flame_tree *tree, const flame_layout_options *options,
                                     flame_layout *layout, fs_error *error);
void flame_layout_fini(flame_layout *layout);

#endif
