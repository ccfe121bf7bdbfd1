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

/* Half the distance between the quartiles, in percent of the median: "±1.3%"; "–" below three runs. */
void flame_spread_text(const flame_rung *rung, char out[FLAME_FIGURE_SIZE]);

/* "✓", "✗ wrong", "failed", "–" (not measured, or nothing is compared). */
const char *flame_answer_text(const flame_ladder *ladder, const flame_rung *rung);

/* Columns that UTF-8 text takes on a terminal, one a character. */
size_t flame_columns(const char *text);

#endif
