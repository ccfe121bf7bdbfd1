/*
 * counted_rows.h - how the rows of a matrix stand below a line that says how many objects there are: what is
 * the name, how many values follow. Worked out by trying, in a fixed order, which reading fits all that is at
 * hand.
 */
#ifndef MDS_COUNTED_ROWS_H
#define MDS_COUNTED_ROWS_H

#include "byte_source.h"

/* Where an object's name ends and its values begin. In the order in which they are tried. */
typedef enum mds_naming {
    MDS_NAMED_NOT,  /* values only */
    MDS_NAMED_TAB,  /* up to the first tab */
    MDS_NAMED_WORD, /* up to the first blank */
    MDS_NAMED_TEN,  /* ten columns, as PHYLIP has it: "Homo sapie0.1" */
    MDS_NAMED_TEXT, /* up to the last word that is no number: "Homo sapiens 0.1" */
    MDS_NAMINGS
} mds_naming;

typedef struct mds_counted_rows {
    size_t n; /* objects, as the first line says */
    mds_naming naming;
    mds_layout layout; /* RECTANGLE for a square */
} mds_counted_rows;

/* How many values object i has. */
size_t mds_counted_values(const mds_counted_rows *rows, size_t i);

/* The values of line [line, end) behind the name, and where the name ends; NULL when there is no name. */
const char *mds_counted_name(mds_naming naming, const char *line, const char *end, const char **name_end);

/* The next value at *at, which moves behind it: false at the line's end. *number is false for what is no
 * number and not missing. Values stand between blanks, tabs, commas and semicolons. */
bool mds_counted_value(const char **at, const char *end, double *value, bool *number);

/* Whether the lines in [text, end), which is all of them if `whole`, are the rows; how many objects are there
 * in *objects. Several lines may make a row. Behind the last only another matrix may follow. */
bool mds_counted_fits(const mds_counted_rows *rows, const char *text, const char *end, bool whole,
                      size_t *objects);

/* Whether the text begins with a word that is no number; and whether the first object's row is one. */
bool mds_counted_named(const char *text, const char *end);
bool mds_counted_begins(const mds_counted_rows *rows, const char *text, const char *end, bool whole);

/* Past blank lines; NULL at the end, or where a line is cut off and the text goes on. */
const char *mds_counted_line(const char *text, const char *end, bool whole, const char **line_end,
                             const char **next);

/* A line with nothing but a whole number, and flags (*flags points behind the number). 0: it is not. */
size_t mds_counted_count(const char *line, const char *end, const char **flags);

#endif
