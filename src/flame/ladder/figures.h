/*
 * figures.h - numbers as people read them in the tables of a report: three digits and a unit.
 */
#ifndef FLAME_FIGURES_H
#define FLAME_FIGURES_H

#include "ladder.h"

#include <stdint.h>

enum { FLAME_FIGURE_SIZE = 40 };

void flame_seconds_text(double seconds, char out[FLAME_FIGURE_SIZE]); /* "4.39 s", "83.1 ms", "512 µs" */
void flame_times_text(double times, char out[FLAME_FIGURE_SIZE]);     /* "12,345×", "12.3×"; 0: "–" */
void flame_bytes_text(uint64_t bytes, char out[FLAME_FIGURE_SIZE]);   /* "34.2 MB" */

/* Columns that UTF-8 text takes on a terminal, one a character. */
size_t flame_columns(const char *text);

/* The columns of the table of rungs, which is written for the terminal, in Markdown and in HTML: the rung's
 * name, time, spread ("±1.3%": half the distance between the quartiles, in percent of the median; from three
 * runs on), times faster than the first and than the one before, CPU time, peak memory, answer ("✓", "✓
 * better", "✗ wrong", "failed", "–": not measured, or nothing is compared). */
enum { FLAME_COLUMN_NAME, FLAME_COLUMN_TIMES = 3, FLAME_COLUMN_ANSWER = 7, FLAME_COLUMNS };

typedef struct flame_cell {
    char text[FLAME_FIGURE_SIZE]; /* "–" where there is none */
    double value;                 /* to sort by; 0: none */
} flame_cell;

extern const char *const flame_headings[FLAME_COLUMNS];

/* All but the first column, which is left empty. */
void flame_rung_cells(const flame_ladder *ladder, const flame_rung *rung, flame_cell cells[FLAME_COLUMNS]);

/* Whether the rung has figures to show: it was measured and gave an answer, if perhaps a wrong one. */
bool flame_rung_timed(const flame_rung *rung);

/* Whether rung `index` begins a job with a name. */
bool flame_begins_job(const flame_ladder *ladder, size_t index);

#endif
