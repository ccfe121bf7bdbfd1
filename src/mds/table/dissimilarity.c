#include "dissimilarity.h"

#include "label_match.h"
#include "rounding.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 64 }; /* both triangles of a block pair stay in cache */

/* The n whose n (n - 1) / 2 is `count`, or 0. */
static size_t condensed_objects(size_t count)
{
    size_t n = (size_t)((1 + sqrt(1 + 8 * (double)count)) / 2 + 0.5);
    for (size_t candidate = n > 2 ? n - 1 : 2; candidate <= n + 1; candidate++)
        if (candidate % 2 ? candidate * ((candidate - 1) / 2) == count
                          : candidate / 2 * (candidate - 1) == count)
            return candidate;
    return 0;
}

/* Nothing but zeros, or nothing, on the diagonal, rounding aside. */
static bool zero_diagonal(const mds_table *t)
{
    double rounding = mds_diagonal_rounding(t->values, t->rows, t->columns, t->epsilon);
    for (size_t i = 0; i < t->rows; i++)
        if (fabs(t->values[i * t->columns + i]) > rounding) return false;
    return true;
}

/* The columns bear the names of the rows, in whatever order. */
static fs_status names_match(const mds_table *t, bool *match, fs_error *error)
{
    *match = false;
    if (!t->labels || t->name_count != t->rows || t->label_count != t->rows) return FS_OK;
    size_t *order = fs_alloc(t->rows, sizeof *order);
    mds_label_match found;
    if (!order) return fs_fail_memory(error, "matching labels", 0);
    fs_status status =
        mds_labels_match(t->labels, t->label_count, t->names, t->name_count, order, &found, error);
    *match = status == FS_OK && (found.kind == MDS_MATCH_SAME || found.kind == MDS_MATCH_ORDER);
    fs_free(order);
    return status;
}

static bool symmetric_part(const mds_table *t)
{
    for (size_t i = 0; i < t->rows; i++)
        for (size_t j = 0; j < i; j++) {
            double a = t->values[i * t->columns + j], b = t->values[j * t->columns + i];
            if (fabs(a - b) > 1e-6 * fmax(fabs(a), fabs(b))) return false;
        }
    return true;
}

bool mds_table_is_dissimilarities(const mds_table *t, bool part)
{
    if (t->layout != MDS_LAYOUT_RECTANGLE || t->shape) return true;
    if (t->rows < 2) return t->columns > 1 && condensed_objects(t->columns) != 0;
    bool named = t->labels && t->label_count == t->rows; /* each line, so it is an object and not a pair */
    if (t->columns == 1) return t->rows > 2 && !named && condensed_objects(t->rows) != 0;
    if (part ? t->columns < t->rows : t->columns != t->rows) return false;
    bool match = false;
    fs_error ignored; /* without memory the table is what its numbers say */
    if (!part && names_match(t, &match, &ignored) == FS_OK && match) return true;
    bool zero = zero_diagonal(t);
    return part ? zero && symmetric_part(t) : zero || (t->rows > 2 && symmetric_part(t));
}

/* ---- to a square, in place ---- */

static fs_status make_room(mds_table *t, size_t n, fs_error *error)
{
    size_t total;
    if (!fs_size_mul(n, n, &total)) return fs_fail_memory(error, "making a square matrix", 0);
    if (total > t->capacity) {
        double *grown = fs_realloc(t->values, total, sizeof *grown);
        if (!grown) return fs_fail_memory(error, "making a square matrix", total * sizeof(double));
        t->values = grown;
        t->capacity = total;
    }
    t->count = total;
    t->rows = t->columns = n;
    return FS_OK;
}

static void mirror_lower(double *values, size_t n)
{
    for (size_t bi = 0; bi < n; bi += BLOCK)
        for (size_t bj = 0; bj <= bi; bj += BLOCK)
            for (size_t i = bi; i < n && i < bi + BLOCK; i++)
                for (size_t j = bj; j < i && j < bj + BLOCK; j++) values[j * n + i] = values[i * n + j];
}

static void mirror_upper(double *values, size_t n)
{
    for (size_t bi = 0; bi < n; bi += BLOCK)
        for (size_t bj = 0; bj <= bi; bj += BLOCK)
            for (size_t i = bi; i < n && i < bi + BLOCK; i++)
                for (size_t j = bj; j < i && j < bj + BLOCK; j++) values[i * n + j] = values[j * n + i];
}

/* Rows are spread from the last to the first: each only moves up, onto what has been moved already. */
static fs_status spread_lower(mds_table *t, fs_error *error)
{
    bool strict = t->layout == MDS_LAYOUT_LOWER_STRICT;
    size_t n = t->rows;
    if (strict && t->count == n * (n + 1) / 2) n++; /* the first object has no line of its own */
    fs_status status = make_room(t, n, error);
    if (status) return status;
    for (size_t i = n; i-- > 0;) {
        size_t from = strict ? (i > 0 ? i * (i - 1) / 2 : 0) : i * (i + 1) / 2, length = strict ? i : i + 1;
        memmove(t->values + i * n, t->values + from, length * sizeof(double));
        if (strict) t->values[i * n + i] = 0;
    }
    mirror_lower(t->values, n);
    return FS_OK;
}

static fs_status spread_condensed(mds_table *t, const char *name, fs_error *error)
{
    size_t n = condensed_objects(t->count);
    if (n == 0)
        return fs_fail(
            error, FS_DATA,
            "%s holds %zu numbers; condensed dissimilarities of n objects are n(n-1)/2 (3, 6, 10, 15, "
            "...)",
            name, t->count);
    fs_status status = make_room(t, n, error);
    if (status) return status;
    for (size_t i = n; i-- > 0;) {
        size_t from = i * n - i * (i + 1) / 2;
        memmove(t->values + i * n + i + 1, t->values + from, (n - i - 1) * sizeof(double));
        t->values[i * n + i] = 0;
    }
    mirror_upper(t->values, n);
    return FS_OK;
}

/* An upper triangle with its diagonal: rows of n, n - 1, ... 1 values, spread from the last to the first. */
static fs_status spread_upper(mds_table *t, const char *name, fs_error *error)
{
    size_t n = condensed_objects(t->count);
    if (n < 2)
        return fs_fail(error, FS_DATA, "%s holds %zu numbers, which make no upper triangle", name, t->count);
    n--; /* as many values as the condensed form of one object more */
    fs_status status = make_room(t, n, error);
    if (status) return status;
    for (size_t i = n; i-- > 0;) {
        size_t from = i == 0 ? 0 : i * n - i * (i - 1) / 2;
        memmove(t->values + i * n + i, t->values + from, (n - i) * sizeof(double));
    }
    mirror_upper(t->values, n);
    return FS_OK;
}

/* Columns that stand in another order than the rows are brought into theirs. */
static fs_status order_columns(mds_table *t, const char *name, fs_error *error)
{
    size_t n = t->rows;
    if (!t->labels || t->name_count != n || t->label_count != n || t->columns != n) return FS_OK;
    mds_label_match match;
    size_t *order = fs_alloc(n, sizeof *order);
    double *row = fs_alloc(n, sizeof *row);
    fs_status status = order && row ? mds_labels_match(t->labels, n, t->names, n, order, &match, error)
                                    : fs_fail_memory(error, "matching labels", 0);
    if (status == FS_OK && match.kind == MDS_MATCH_ORDER) {
        for (size_t i = 0; i < n; i++) {
            memcpy(row, t->values + i * n, n * sizeof *row);
            for (size_t j = 0; j < n; j++) t->values[i * n + j] = row[order[j]];
        }
        t->names = t->labels;
        mds_table_add_note(t, MDS_HINT_NONE,
                           "the columns stand in another order than the rows; they are matched by label");
    } else if (status == FS_OK && match.kind == MDS_MATCH_REPEATED) {
        status =
            fs_fail(error, FS_DATA,
                    "%s: the label '%.60s' stands for several objects, and the columns are in another order "
                    "than the rows, so they cannot be matched",
                    name, match.one);
    } else if (status == FS_OK && match.kind == MDS_MATCH_DIFFERENT && match.one && match.other &&
               !mds_labels_count(t->labels, n) && !mds_labels_count(t->names, n)) {
        mds_table_add_note(
            t, MDS_HINT_NONE,
            "the columns have other names than the rows (%.40s, %.40s, ...), so rows and columns "
            "are taken in the order in which they stand",
            match.one, match.other);
    }
    fs_free(order);
    fs_free(row);
    return status;
}

/* A square written with one triangle left empty. */
static void fill_empty_triangle(double *values, size_t n)
{
    bool lower = false, upper = false; /* holds a value */
    for (size_t i = 0; i < n && !(lower && upper); i++)
        for (size_t j = 0; j < n && !(lower && upper); j++) {
            if (isnan(values[i * n + j]) || i == j) continue;
            if (j < i)
                lower = true;
            else
                upper = true;
        }
    if (lower && !upper) mirror_lower(values, n);
    if (upper && !lower) mirror_upper(values, n);
}

static fs_status make_square(mds_table *t, const char *name, size_t first, fs_error *error)
{
    size_t n = first && first < t->rows ? first : t->rows;
    bool part = first != 0 && t->rows == n && t->columns > n;
    if (t->columns != t->rows && !part) {
        t->hint = t->columns + 1 == t->rows                 ? MDS_HINT_HEADER
                  : t->columns == t->rows + 1 && !t->labels ? MDS_HINT_LABEL_COLUMN
                                                            : MDS_HINT_FEATURES;
        return fs_fail(
            error, FS_DATA,
            "%s is not square: it has %zu rows of %zu numbers, and dissimilarities need as many rows as "
            "columns%s",
            name, t->rows, t->columns,
            t->hint == MDS_HINT_HEADER         ? " (is the first row a header?)"
            : t->hint == MDS_HINT_LABEL_COLUMN ? " (is the first column labels?)"
                                               : " (a feature table?)");
    }
    if (n < t->columns) /* close the rows up */
        for (size_t i = 1; i < n; i++)
            memmove(t->values + i * n, t->values + i * t->columns, n * sizeof(double));
    t->rows = t->columns = n;
    t->count = n * n;
    fill_empty_triangle(t->values, n);
    return FS_OK;
}

/* The labels of the objects, from a header when the rows have none, and for a triangle's first object. */
static fs_status complete_labels(mds_table *t, mds_layout before, fs_error *error)
{
    size_t n = t->rows;
    if (before == MDS_LAYOUT_UPPER_STRICT && t->labels && t->label_count + 1 == n) {
        char **labels = fs_realloc(t->labels, n, sizeof *labels);
        if (!labels) return fs_fail_memory(error, "reading labels", 0);
        t->labels = labels;
        labels[n - 1] =
            t->name_count ? t->names[t->name_count - 1] : fs_arena_strndup(&t->names_arena, "(last)", 6);
        if (!labels[n - 1]) return fs_fail_memory(error, "reading labels", 0);
        t->label_count = n;
    }
    if (before == MDS_LAYOUT_LOWER_STRICT && t->labels && t->label_count + 1 == n && t->name_count > 0) {
        char **labels = fs_realloc(t->labels, n, sizeof *labels);
        if (!labels) return fs_fail_memory(error, "reading labels", 0);
        memmove(labels + 1, labels, (n - 1) * sizeof *labels);
        t->labels = labels;
        labels[0] = t->names[0]; /* unless that is the name of the label column */
        for (size_t k = 1; k < t->name_count; k++)
            if (strcmp(t->names[k], labels[1]) == 0) labels[0] = t->names[k - 1];
        t->label_count = n;
    }
    if (!t->labels && t->name_count >= n && before != MDS_LAYOUT_CONDENSED) {
        t->labels = fs_alloc(n, sizeof *t->labels);
        if (!t->labels) return fs_fail_memory(error, "reading labels", 0);
        memcpy(t->labels, t->names, n * sizeof *t->labels);
        t->label_count = n;
        snprintf(t->labelled, sizeof t->labelled, "labels in the first line");
    }
    return FS_OK;
}

fs_status mds_table_to_square(mds_table *t, const char *name, size_t first, fs_error *error)
{
    mds_layout before = t->layout;
    t->no_diagonal = true;
    mds_table_drop_notes(t, MDS_HINT_PAIRS);
    bool line = t->rows == 1 ? t->columns > 1 : t->columns == 1 && t->rows > 1;
    if (before == MDS_LAYOUT_RECTANGLE && line) before = MDS_LAYOUT_CONDENSED;
    /* A label for each line of a condensed column names a pair, not an object. */
    if (before == MDS_LAYOUT_CONDENSED && t->label_count == t->rows && t->columns <= 1) {
        fs_free(t->labels);
        t->labels = NULL;
        t->label_count = 0;
    }
    fs_status status = FS_OK;
    if (before == MDS_LAYOUT_LOWER || before == MDS_LAYOUT_LOWER_STRICT)
        status = spread_lower(t, error);
    else if (before == MDS_LAYOUT_UPPER)
        status = spread_upper(t, name, error);
    else if (before == MDS_LAYOUT_CONDENSED || before == MDS_LAYOUT_UPPER_STRICT)
        status = spread_condensed(t, name, error);
    else if (!first)
        status = order_columns(t, name, error);
    if (status) return status;
    t->layout = MDS_LAYOUT_RECTANGLE;
    status = make_square(t, name, first, error);
    if (status == FS_OK) status = complete_labels(t, before, error);
    if (status) return status;
    bool strict = before == MDS_LAYOUT_LOWER_STRICT || before == MDS_LAYOUT_UPPER_STRICT ||
                  before == MDS_LAYOUT_CONDENSED;
    for (size_t i = 0; i < t->rows; i++) {
        double *own = &t->values[i * t->rows + i];
        t->no_diagonal = t->no_diagonal && (strict || isnan(*own));
        if (t->keep_diagonal && strict) *own = NAN;
        if (!t->keep_diagonal && isnan(*own)) *own = 0;
    }
    if (t->label_count > t->rows) t->label_count = t->rows;
    if (t->group_count > t->rows) t->group_count = t->rows;
    return FS_OK;
}

/* ---- symmetry ---- */

static void compare(double a, double b, size_t i, size_t j, double tolerance, mds_asymmetry *worst)
{
    if (a == b || (isnan(a) && isnan(b))) return;
    double difference = fabs(a - b), scale = fmax(fabs(a), fabs(b));
    double relative = isnan(difference) ? (double)INFINITY : difference / scale;
    if (relative > tolerance) worst->pairs++;
    if (relative <= worst->relative) return;
    worst->relative = relative;
    worst->difference = difference;
    worst->row = i;
    worst->column = j;
}

mds_asymmetry mds_matrix_asymmetry(const double *matrix, size_t n, double tolerance)
{
    mds_asymmetry worst = {0};
    for (size_t bi = 0; bi < n; bi += BLOCK)
        for (size_t bj = 0; bj <= bi; bj += BLOCK)
            for (size_t i = bi; i < n && i < bi + BLOCK; i++)
                for (size_t j = bj; j < i && j < bj + BLOCK; j++)
                    compare(matrix[i * n + j], matrix[j * n + i], i, j, tolerance, &worst);
    return worst;
}

void mds_matrix_symmetrize(double *matrix, size_t n)
{
    for (size_t bi = 0; bi < n; bi += BLOCK)
        for (size_t bj = 0; bj <= bi; bj += BLOCK)
            for (size_t i = bi; i < n && i < bi + BLOCK; i++)
                for (size_t j = bj; j < i && j < bj + BLOCK; j++) {
                    double a = matrix[i * n + j], b = matrix[j * n + i];
                    double mean = isnan(a) ? b : isnan(b) ? a : a + (b - a) / 2;
                    matrix[i * n + j] = matrix[j * n + i] = mean;
                }
}

/* ---- connected components ---- */

/* Breadth first: `queue` holds the objects reached, in the order they were; behind `reached` are the others.
 */
fs_status mds_matrix_components(const double *matrix, const double *weights, size_t n, size_t *components,
                                fs_error *error)
{
    size_t *queue = fs_alloc(n, sizeof *queue);
    if (!queue) return fs_fail_memory(error, "looking for parts", n * sizeof *queue);
    for (size_t i = 0; i < n; i++) queue[i] = i;
    *components = 0;
    for (size_t at = 0, reached = 0; at < n; at++) {
        if (at == reached) {
            ++*components;
            reached++;
        }
        size_t row = queue[at] * n;
        for (size_t k = reached; k < n; k++) {
            size_t other = queue[k];
            if (isnan(matrix[row + other]) || (weights && weights[row + other] == 0)) continue;
            queue[k] = queue[reached];
            queue[reached++] = other;
        }
    }
    fs_free(queue);
    return FS_OK;
}
