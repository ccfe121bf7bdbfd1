/*
 * table.h - a table of numbers, with names of its rows and columns.
 */
#ifndef MDS_TABLE_H
#define MDS_TABLE_H

#include "memory.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the numbers stand in `values`. */
typedef enum mds_layout {
    MDS_LAYOUT_AUTO = 0,         /* in options: work it out */
    MDS_LAYOUT_RECTANGLE = 1,    /* every row has the same number of values */
    MDS_LAYOUT_LOWER = 2,        /* lower triangle with diagonal: row i has i + 1 values */
    MDS_LAYOUT_LOWER_STRICT = 3, /* lower triangle without it: row i has i values; one value or none first */
    MDS_LAYOUT_CONDENSED = 4,    /* one line: pairs (0,1) (0,2) ... (0,n-1) (1,2) ..., as SciPy's pdist */
    MDS_LAYOUT_UPPER = 5,        /* upper triangle with diagonal: row i has n - i values */
    MDS_LAYOUT_UPPER_STRICT = 6, /* upper triangle without it: row i has n - 1 - i values; none last */
    MDS_LAYOUT_PAIRS = 7         /* in options: a line for each pair: from, to, value */
} mds_layout;

/* What may be meant where a table cannot be read or used as it stands; a caller knows how a person says so.
 */
typedef enum mds_table_hint {
    MDS_HINT_NONE = 0,
    MDS_HINT_HEADER,          /* the first line names the columns */
    MDS_HINT_NO_HEADER,       /* it does not */
    MDS_HINT_LABEL_COLUMN,    /* the first column holds labels */
    MDS_HINT_TEXT_COLUMNS,    /* which columns hold labels, which groups, and which nothing wanted */
    MDS_HINT_DECIMAL_COMMA,   /* the decimal mark is a comma */
    MDS_HINT_DECIMAL_POINT,   /* the decimal mark is a point */
    MDS_HINT_FEATURES,        /* the rows hold features */
    MDS_HINT_NAMES_COLUMN,    /* the column of labels or groups; or names from elsewhere */
    MDS_HINT_WEIGHTS,         /* weights come from a file of their own */
    MDS_HINT_PAIRS,           /* the lines are pairs of objects */
    MDS_HINT_DISSIMILARITIES, /* the numbers are dissimilarities */
    MDS_HINT_MEANS            /* each pair is the mean of its two directions */
} mds_table_hint;

/* What a person should know about how the file was understood: what was put right, or what else might have
 * been meant, with a hint at the option that decides. */
typedef struct mds_table_note {
    char text[240];
    mds_table_hint hint;
} mds_table_note;

enum { MDS_TABLE_NOTES = 8 };

/* One of a list of pairs that stayed a list. */
typedef struct mds_table_pair {
    uint32_t from, to;
    double value;
} mds_table_pair;

typedef struct mds_table {
    mds_layout layout;     /* never AUTO; PAIRS: `pairs` in place of values */
    size_t rows;           /* lower triangles: lines with values; condensed: 1 */
    size_t columns;        /* rectangle: values in a row; condensed: how many values; else 0 */
    double *values;        /* NaN: missing */
    size_t count;          /* how many values */
    size_t capacity;       /* room in `values` */
    mds_table_pair *pairs; /* NULL, or what mds_pair_list_keep makes of a long list */
    size_t pair_count;
    char **labels; /* one for each row, or NULL */
    size_t label_count;
    char **groups; /* one for each row, or NULL */
    size_t group_count;
    char **names; /* header: names of the value columns, or NULL */
    size_t name_count;
    size_t missing;          /* how many values are missing */
    char first_missing[160]; /* where the first stands: "line 3 (row 2), column 5 (income)" */
    char form[48];           /* what was read: "CSV", "TSV", "NPY float32" */
    const char *shape;       /* how they stood there, where that is no layout: "pairs"; or NULL */
    char labelled[96];       /* where the labels stood: "labels in the first column"; "" without */
    /* How exactly the numbers are written, for what counts as rounding (rounding.h): of an NPY file the
     * relative precision of its type (2^-23); of a text the most significant digits, and digits after the
     * decimal mark, of a number with such a mark. Zero: whole numbers, which are exact. */
    double epsilon;
    int digits, decimals;
    bool no_diagonal;   /* of a square (mds_table_to_square): it was all empty, or not written */
    bool keep_diagonal; /* set by who reads similarities: an empty diagonal stays empty in the square */
    mds_table_note notes[MDS_TABLE_NOTES];
    size_t note_count;
    mds_table_hint hint; /* after a failure: what may be meant */
    fs_arena names_arena;
} mds_table;

/* Room for `more` values; FS_MEMORY if there is none. */
FS_CHECK fs_status mds_table_reserve(mds_table *table, size_t more, fs_error *error);

/* Add a note; what finds no room is left out. */
void mds_table_add_note(mds_table *table, mds_table_hint hint, const char *format, ...) FS_PRINTF(3, 4);

/* Take back the notes with that hint, as it does not matter any more. */
void mds_table_drop_notes(mds_table *table, mds_table_hint hint);

/* Frees what the table holds, and leaves it empty but for the hint. */
void mds_table_fini(mds_table *table);

#endif
