/*
 * csv_fields.h - the grammar of a line of delimited text: where a field ends, and what it holds.
 */
#ifndef MDS_CSV_FIELDS_H
#define MDS_CSV_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum mds_field_stop {
    MDS_FIELD_SEPARATOR, /* another field of the line follows */
    MDS_FIELD_LINE,      /* the line ends */
    MDS_FIELD_END,       /* the input ends */
    MDS_FIELD_MORE,      /* the bytes at hand do not tell: bring more and ask again */
    MDS_FIELD_BAD_QUOTE  /* text after a closing quote, or a quote that never closes */
} mds_field_stop;

typedef struct mds_field {
    const char *text; /* without quotes and blanks around it; doubled quotes still doubled */
    size_t length;
    bool quoted;
    bool doubled;     /* holds "" that stand for " */
    size_t lines;     /* line ends inside the quotes */
    const char *next; /* where the next field or line begins */
    mds_field_stop stop;
} mds_field;

/* Runs of blanks separate, but a single one does not: "New York   0   12". */
#define MDS_WIDE_BLANK '\v'

/* The field that begins at `at`; bytes end at `end`, which is the input's end when `final`. */
mds_field mds_field_next(const char *at, const char *end, bool final, char separator);

typedef enum mds_field_kind { MDS_KIND_MISSING, MDS_KIND_NUMBER, MDS_KIND_TEXT } mds_field_kind;

/*
 * What a field holds. `decimal` is '.' or ','. The text must be followed by a byte that is no part of a
 * number, as it is inside a line, and then MDS_NUMBER_PADDING readable ones. Infinities ("inf") are numbers.
 * Groups of three digits may have a mark between them: the point or comma that is not the decimal mark, an
 * apostrophe, a blank (a no-break or thin one in UTF-8, and Windows-1252's). A minus may be U+2212. Missing:
 * nothing; NA, NaN, null, None, nil, <NA>, n.a., n.d., ND; ?, ., -, --, *, a dash; and Excel's #N/A with its
 * translations (#NV, #N/D) and errors (#DIV/0!).
 */
mds_field_kind mds_field_value(const char *text, size_t length, char decimal, double *value);

#endif
