#include "table_shape.h"

#include "text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- rows and columns of numbers ---- */

static double at(const mds_table *t, size_t i, size_t j)
{
    return t->values[i * t->columns + j];
}

static bool whole(double value)
{
    return fabs(value) < 1e15 && value == floor(value);
}

bool mds_table_first_row_counts(const mds_table *t)
{
    if (t->columns < 2 || t->rows < 2 || (at(t, 0, 0) != 0 && at(t, 0, 0) != 1)) return false;
    for (size_t j = 1; j < t->columns; j++)
        if (at(t, 0, j) != at(t, 0, 0) + (double)j) return false;
    return true;
}

bool mds_table_first_column_counts(const mds_table *t)
{
    if (t->columns < 2 || t->rows < 2 || (at(t, 0, 0) != 0 && at(t, 0, 0) != 1)) return false;
    for (size_t i = 1; i < t->rows; i++)
        if (at(t, i, 0) != at(t, 0, 0) + (double)i) return false;
    return true;
}

static void drop_first(char **names, size_t *count)
{
    if (!names || *count == 0) return;
    memmove(names, names + 1, --*count * sizeof *names);
}

void mds_table_drop_first_row(mds_table *t)
{
    t->rows--;
    t->count -= t->columns;
    memmove(t->values, t->values + t->columns, t->count * sizeof *t->values);
    drop_first(t->labels, &t->label_count);
    drop_first(t->groups, &t->group_count);
}

void mds_table_drop_first_column(mds_table *t)
{
    size_t columns = t->columns - 1;
    for (size_t i = 0; i < t->rows; i++)
        memmove(t->values + i * columns, t->values + i * t->columns + 1, columns * sizeof *t->values);
    t->columns = columns;
    t->count = t->rows * columns;
    drop_first(t->names, &t->name_count);
}

/* Different whole numbers along the first row (by_row) or column, from `first` on. */
static bool whole_labels(const mds_table *t, bool by_row)
{
    size_t count = by_row ? t->columns : t->rows;
    bool rises = true, falls = true;
    for (size_t k = 0; k < count; k++) {
        double value = by_row ? at(t, 0, k) : at(t, k, 0);
        double before = k == 0 ? 0 : by_row ? at(t, 0, k - 1) : at(t, k - 1, 0);
        if (!whole(value)) return false;
        if (k && value == before) return false;
        rises = rises && (k == 0 || value > before);
        falls = falls && (k == 0 || value < before);
    }
    return count > 1 && (rises || falls || count < 1000); /* the square decides */
}

static bool same(double a, double b)
{
    return a == b || isnan(a) || isnan(b) || fabs(a - b) <= 1e-6 * fmax(fabs(a), fabs(b));
}

/* The n x n values from (i0, j0) on: symmetric where both are known, with nothing or zero on the diagonal, or
 * (`alike`) one value all along it; and something beside it. */
static bool symmetric_square(const mds_table *t, size_t i0, size_t j0, size_t n, bool alike)
{
    double own = at(t, i0, j0), most = 0;
    bool some = false;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) most = fmax(most, fabs(at(t, i0 + i, j0 + j)));
    for (size_t i = 0; i < n; i++) {
        double d = at(t, i0 + i, j0 + i);
        if (fabs(d) > 2e-6 * most && !(alike && d == own)) return false;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double a = at(t, i0 + i, j0 + j), b = at(t, i0 + j, j0 + i);
            if (!same(a, b) && fabs(a - b) > 2e-6 * most) return false;
            some = some || (a == a && a != 0) || (b == b && b != 0);
        }
    return some && n > 1;
}

/* The numbers of a row or column as names. */
static fs_status name_by_numbers(mds_table *t, size_t first, size_t step, size_t n, char ***names,
                                 size_t *count, fs_error *error)
{
    char **list = fs_alloc(n, sizeof *list);
    if (!list) return fs_fail_memory(error, "reading labels", n * sizeof *list);
    for (size_t k = 0; k < n; k++) {
        char text[FS_NUMBER_SIZE];
        snprintf(text, sizeof text, "%.0f", t->values[first + k * step]);
        list[k] = fs_arena_strndup(&t->names_arena, text, strlen(text));
        if (!list[k]) {
            fs_free(list);
            return fs_fail_memory(error, "reading labels", 0);
        }
    }
    *names = list;
    *count = n;
    return FS_OK;
}

/* A header or a column of numbers around a square. */
static fs_status find_number_names(mds_table *t, bool part, fs_error *error)
{
    size_t rows = t->rows, columns = t->columns;
    fs_status status = FS_OK;
    bool above = rows == columns + 1 || (part && rows > 2 && columns + 1 >= rows);
    if (!t->names && above && columns > 1 && whole_labels(t, true) &&
        symmetric_square(t, 1, 0, rows - 1, mds_table_first_row_counts(t))) {
        bool labelled = t->labels != NULL;
        char **names = NULL;
        size_t count = 0;
        if (!labelled) status = name_by_numbers(t, 0, 1, columns, &names, &count, error);
        if (status) return status;
        mds_table_drop_first_row(t);
        if (!labelled) {
            t->labels = names;
            t->label_count = count;
            snprintf(t->labelled, sizeof t->labelled, "labels in the first line");
        }
        mds_table_add_note(
            t, MDS_HINT_NONE,
            "the first line holds numbers, but without it the rest is a symmetric square: it is "
            "taken for a header");
    } else if (!t->labels && columns == rows + 1 && rows > 1 && whole_labels(t, false) &&
               symmetric_square(t, 0, 1, rows, mds_table_first_column_counts(t))) {
        char **names = NULL;
        size_t count = 0;
        status = name_by_numbers(t, 0, columns, rows, &names, &count, error);
        if (status) return status;
        mds_table_drop_first_column(t);
        t->labels = names;
        t->label_count = count;
        snprintf(t->labelled, sizeof t->labelled, "labels in the first column");
        mds_table_add_note(
            t, MDS_HINT_NONE,
            "the first column holds numbers, but without it the rest is a symmetric square: it "
            "is taken for labels");
    }
    return FS_OK;
}

/* ---- triangles in a rectangle ---- */

typedef struct triangle {
    mds_layout layout;
    size_t n;
    /* Row i holds values from column first(i) on, as many as `layout` says. */
    bool left; /* an upper triangle pushed to the left */
} triangle;

static size_t row_begins(const triangle *s, size_t i)
{
    bool upper = s->layout == MDS_LAYOUT_UPPER || s->layout == MDS_LAYOUT_UPPER_STRICT;
    return upper && !s->left ? i : 0;
}

static size_t row_length(const triangle *s, size_t i)
{
    switch (s->layout) {
    case MDS_LAYOUT_LOWER_STRICT:
        return i;
    case MDS_LAYOUT_UPPER:
        return s->n - i;
    default: /* upper, strict */
        return s->n - 1 - i;
    }
}

/* Nothing where the triangle has none, and something in each row of it. */
static bool is_triangle(const mds_table *t, const triangle *s)
{
    if (t->rows != s->n || s->n < 3) return false;
    for (size_t i = 0; i < s->n; i++) {
        size_t first = row_begins(s, i), length = row_length(s, i);
        bool some = length == 0;
        for (size_t j = 0; j < t->columns; j++) {
            bool inside = j >= first && j < first + length;
            if (!inside && !isnan(at(t, i, j))) return false;
            some = some || (inside && !isnan(at(t, i, j)));
        }
        if (!some) return false;
    }
    return true;
}

static void keep_triangle(mds_table *t, const triangle *s)
{
    size_t to = 0;
    for (size_t i = 0; i < s->n; i++) {
        size_t first = row_begins(s, i), length = row_length(s, i);
        memmove(t->values + to, t->values + i * t->columns + first, length * sizeof *t->values);
        to += length;
    }
    t->missing = 0;
    for (size_t k = 0; k < to; k++) t->missing += isnan(t->values[k]) != 0;
    t->layout = s->layout;
    t->count = to;
    t->columns = 0;
}

static void find_triangle(mds_table *t)
{
    size_t n = t->rows;
    triangle shapes[] = {{MDS_LAYOUT_LOWER_STRICT, n, false},
                         {MDS_LAYOUT_UPPER_STRICT, n, false},
                         {MDS_LAYOUT_UPPER_STRICT, n, true},
                         {MDS_LAYOUT_UPPER, n, true}};
    for (size_t k = 0; k < 4; k++) {
        bool square = shapes[k].layout == MDS_LAYOUT_UPPER;
        if (t->columns != n - !square || !is_triangle(t, &shapes[k])) continue;
        bool zero = true;
        for (size_t i = 0; i < n && square; i++) zero = zero && !(fabs(at(t, i, 0)) > 0);
        if (!zero) continue;
        keep_triangle(t, &shapes[k]);
        return;
    }
}

/* ---- the whole ---- */

/* Rows without a label and a value at the end, unless a square needs them. */
static void drop_empty_rows(mds_table *t)
{
    size_t rows = t->rows;
    while (rows > 0) {
        bool empty = !(t->labels && rows <= t->label_count && t->labels[rows - 1][0]);
        for (size_t j = 0; j < t->columns && empty; j++) empty = isnan(at(t, rows - 1, j));
        if (!empty) break;
        rows--;
    }
    if (rows == t->rows || rows == 0) return;
    if (rows + 1 == t->columns) rows = t->columns;
    if (rows >= t->rows) return;
    t->missing -= (t->rows - rows) * t->columns;
    t->rows = rows;
    t->count = rows * t->columns;
    if (t->label_count > rows) t->label_count = rows;
    if (t->group_count > rows) t->group_count = rows;
}

/* No row but the first is nothing but whole numbers. */
static bool only_first_whole(const mds_table *t)
{
    for (size_t i = 1; i < t->rows; i++) {
        bool all = true;
        for (size_t j = 0; j < t->columns && all; j++) all = isnan(at(t, i, j)) || whole(at(t, i, j));
        if (all) return false;
    }
    return true;
}

/* A first row, or column, that counts, of a table that is no square. */
static void judge_counts(mds_table *t)
{
    if (!t->names && t->rows > 2 && mds_table_first_row_counts(t) && t->columns > 2) {
        bool header = only_first_whole(t);
        mds_table_add_note(t, header ? MDS_HINT_NO_HEADER : MDS_HINT_HEADER,
                           "the first line counts %.0f, %.0f, %.0f, ... and is taken for %s", at(t, 0, 0),
                           at(t, 0, 1), at(t, 0, 2),
                           header ? "names of the columns; if it is an object"
                                  : "an object; if it names the columns");
        if (header) mds_table_drop_first_row(t);
    }
    if (!t->labels && t->rows > 2 && mds_table_first_column_counts(t))
        mds_table_add_note(t, MDS_HINT_LABEL_COLUMN,
                           "the first column counts %.0f, %.0f, %.0f, ... and is taken for a feature; if it "
                           "numbers the rows",
                           at(t, 0, 0), at(t, 1, 0), at(t, 2, 0));
}

fs_status mds_table_find_shape(mds_table *t, const mds_read_options *options, fs_error *error)
{
    if (t->layout != MDS_LAYOUT_RECTANGLE || t->columns == 0) return FS_OK;
    drop_empty_rows(t);
    bool any = options->layout == MDS_LAYOUT_AUTO && options->use != MDS_USE_FEATURES;
    fs_status status = FS_OK;
    if (any && !options->rows) find_triangle(t);
    if (any && !options->header && t->layout == MDS_LAYOUT_RECTANGLE)
        status = find_number_names(t, options->rows != 0, error);
    if (status) return status;
    if (options->rows && t->rows > options->rows) { /* the row that was read in case */
        t->rows = options->rows;
        t->count = t->rows * t->columns;
        if (t->label_count > t->rows) t->label_count = t->rows;
        if (t->group_count > t->rows) t->group_count = t->rows;
    }
    if (options->layout == MDS_LAYOUT_AUTO && !options->labels_only && !options->header &&
        t->layout == MDS_LAYOUT_RECTANGLE && t->rows != t->columns)
        judge_counts(t);
    return FS_OK;
}
