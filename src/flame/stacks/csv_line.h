/*
 * csv_line.h - the cells of one line of comma-separated values (RFC 4180, without line breaks in cells), as
 * VTune, Visual Studio and memray write them.
 */
#ifndef FLAME_CSV_LINE_H
#define FLAME_CSV_LINE_H

#include "text.h"

typedef struct flame_csv {
    const char *at, *end; /* what is left of the line; NULL: nothing */
    char separator;
} flame_csv;

flame_csv flame_csv_line(const char *line, size_t length, char separator);

/* The next cell, its quotes undone (into `scratch` where it holds quotes itself); false after the last, or
 * when memory ran out, which scratch->failed tells. */
bool flame_csv_next(flame_csv *csv, fs_text *scratch, const char **cell, size_t *length);

/* Which cell of a heading has that text; SIZE_MAX: none. */
size_t flame_csv_column(const char *line, size_t length, char separator, const char *name);

#endif
