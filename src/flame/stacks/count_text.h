/*
 * count_text.h - the counts at the end of a folded line.
 */
#ifndef FLAME_COUNT_TEXT_H
#define FLAME_COUNT_TEXT_H

#include "exact_count.h"

typedef enum flame_count {
    FLAME_COUNT_OK = 0,
    FLAME_COUNT_NONE, /* not a number */
    FLAME_COUNT_NEGATIVE,
    FLAME_COUNT_HUGE /* above 2^64 - 1, infinite, NaN */
} flame_count;

/* Read all of `text` as digits[.digits][e[+-]digits]; independent of the locale. Whole numbers are exact. */
flame_count flame_count_parse(const char *text, size_t length, flame_exact *value);

/* Take a count off the end of a line: *length becomes that of what stands before it and its spaces. After a
 * ';' only one blank belongs to the count: `a;b;  3` has a frame of one blank. A line that is one word has
 * none. */
flame_count flame_count_take(const char *line, size_t *length, flame_exact *value);

/* Why a count was refused, for a report. */
const char *flame_count_reason(flame_count verdict);

#endif
