/*
 * flame_top.h - the live view: what it shows, and the two ways of showing it.
 */
#ifndef CLI_FLAME_TOP_H
#define CLI_FLAME_TOP_H

#include "hot.h"
#include "record.h"

#include <stdbool.h>

typedef struct top_view {
    const flame_recorder *recorder;
    const char *title;
    bool lines;   /* rows are lines, not functions */
    bool whole;   /* since the beginning, not the last interval */
    bool paused;  /* the table stands still; sampling goes on */
    bool help;    /* the keys are shown */
    int64_t only; /* label of the one thread shown; negative: all */
    flame_hot_order order;
    size_t first;        /* row at the top of the table */
    flame_hot hot;       /* the table as it is shown */
    flame_tree *tree;    /* the same interval as a tree, for the bar */
    double interval;     /* seconds between two tables */
    flame_statistics at; /* when the table was made */
} top_view;

typedef enum top_wish { TOP_NOTHING, TOP_REDRAW, TOP_REMAKE, TOP_RESET, TOP_QUIT } top_wish;

/* ---- the screen (ncurses) ---- */

/* Take the terminal over; false when it cannot be used. It is given back by top_screen_end, at exit, and even
 * when this program crashes. */
bool top_screen_begin(void);
void top_screen_end(void);

void top_screen_draw(const top_view *view);

/* Take the keys that were pressed and change the view by them. */
top_wish top_screen_keys(top_view *view);

/* ---- plain lines ---- */

void top_print(const top_view *view, size_t rows);

#endif
