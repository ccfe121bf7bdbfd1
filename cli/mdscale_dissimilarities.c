/* From a table to checked dissimilarities: squares, rounding, symmetry, similarities. */
#include "mdscale_input.h"

#include "rounding.h"
#include "text.h"

#include <math.h>
#include <stdio.h>

static const char *layout_word(mds_layout layout, const mds_table *t)
{
    if (t->shape) return t->shape;
    switch (layout) {
    case MDS_LAYOUT_UPPER:
        return "upper triangle";
    case MDS_LAYOUT_UPPER_STRICT:
        return "upper triangle without diagonal";
    case MDS_LAYOUT_LOWER:
        return "lower triangle";
    case MDS_LAYOUT_LOWER_STRICT:
        return "lower triangle without diagonal";
    case MDS_LAYOUT_CONDENSED:
        return "condensed";
    default:
        return t->rows == 1 || t->columns == 1 ? "condensed" : "square";
    }
}

static const char *object_name(const input_data *data, size_t i, char out[64])
{
    const mds_table *t = &data->table;
    if (t->labels && i < t->label_count)
        snprintf(out, 64, "%.60s", t->labels[i]);
    else
        snprintf(out, 64, "object %zu", i + 1);
    return out;
}

static void value_words(double value, char out[48])
{
    if (isnan(value))
        snprintf(out, 48, "nothing");
    else
        fs_number_format(value, out);
}

static int check_symmetry(const char *path, const input_data *data)
{
    const double tolerance = 1e-9;
    size_t n = data->n;
    mds_asymmetry worst = mds_matrix_asymmetry(data->delta, n, tolerance);
    if (worst.pairs == 0) return COMMAND_OK;
    if (input.symmetrize) {
        mds_matrix_symmetrize(data->delta, n);
        return COMMAND_OK;
    }
    size_t i = worst.row, j = worst.column;
    char pairs[FS_NUMBER_SIZE], one[48], other[48], by[64], first[64], second[64];
    fs_number_grouped(worst.pairs, pairs);
    value_words(data->delta[i * n + j], one);
    value_words(data->delta[j * n + i], other);
    if (isinf(worst.relative))
        snprintf(by, sizeof by, "one of the two is missing");
    else
        snprintf(by, sizeof by, "they differ by %.3g, %.3g %%", worst.difference, worst.relative * 100);
    command_complain(
        "%s is not symmetric: %s pair%s from %s mirror image. Worst are %s and %s: row %zu, column %zu "
        "holds %s, row %zu, column %zu holds %s (%s). With --symmetrize each pair becomes its mean. "
        "Features? Say --input features",
        path, pairs, worst.pairs == 1 ? " differs" : "s differ", worst.pairs == 1 ? "its" : "their",
        object_name(data, i, first), object_name(data, j, second), i + 1, j + 1, one, j + 1, i + 1, other,
        by);
    return COMMAND_FAILED;
}

static int check_problem(const char *path, const input_data *data)
{
    mds_problem problem = {.size = sizeof problem, .n = data->n, .delta = data->delta, .ld = data->n};
    mds_error error;
    if (mds_problem_check(&problem, 0, &error) != MDS_OK) return input_fail(path, &error);
    return COMMAND_OK;
}

static void tell_repairs(const char *path, const input_data *data, const mds_repairs *m)
{
    if (input.quiet) return;
    char diagonal[64] = "", pairs[64] = "", negative[64] = "";
    if (m->mirrored)
        command_complain(
            "%s: one half of the matrix holds nothing but zeros; the other is taken for a triangle "
            "and mirrored",
            path);
    if (m->diagonal) snprintf(diagonal, sizeof diagonal, "%zu on the diagonal", m->diagonal);
    if (m->pairs)
        snprintf(pairs, sizeof pairs, "%s%zu pair%s that differ%s", m->diagonal ? ", " : "", m->pairs,
                 m->pairs == 1 ? "" : "s", m->pairs == 1 ? "s" : "");
    if (m->negative)
        snprintf(negative, sizeof negative, "%s%zu below zero", m->diagonal || m->pairs ? ", " : "",
                 m->negative);
    if (m->diagonal || m->pairs || m->negative)
        command_complain("%s: rounding is corrected, by at most %.2g, within what %s can tell: %s%s%s", path,
                         m->most, data->table.form, diagonal, pairs, negative);
}

/* ---- similarities ---- */

/* What the numbers beside the diagonal are like. */
typedef struct beside {
    double least, most;
    bool whole;
} beside;

static beside look_beside(const input_data *data)
{
    beside b = {INFINITY, -INFINITY, true};
    for (size_t i = 0; i < data->n; i++)
        for (size_t j = 0; j < data->n; j++) {
            double value = data->delta[i * data->n + j];
            if (i == j || isnan(value)) continue;
            b.least = fmin(b.least, value);
            b.most = fmax(b.most, value);
            b.whole = b.whole && value == floor(value);
        }
    return b;
}

/* Whether more than a third of the triangles of the first objects have a side of more than twice the two
 * others together, which few dissimilarities do and most counts of what is shared. */
static bool few_triangles(const input_data *data)
{
    size_t n = data->n < 40 ? data->n : 40, all = 0, broken = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            for (size_t k = 0; k < j; k++) {
                double a = data->delta[i * data->n + j], b = data->delta[i * data->n + k],
                       c = data->delta[j * data->n + k], most = fmax(a, fmax(b, c));
                if (isnan(a) || isnan(b) || isnan(c)) continue;
                all++;
                broken += most > 2 * (a + b + c - most);
            }
    return 3 * broken > all && all > 0;
}

/* No diagonal (of a form that could have one), and numbers that look like counts or percentages: nothing
 * proves that they are similarities, but a map of them would be inside out. `written`: as a square, whose
 * diagonal was left empty. */
static void suspect_similarities(const char *path, const input_data *data, bool written, bool condensed)
{
    if (input.quiet || !data->table.no_diagonal || data->n < 3 || condensed) return;
    beside b = look_beside(data);
    bool percent = b.most <= 100 && b.most >= 50 && b.least >= 0;
    bool counts = b.whole && few_triangles(data);
    if (!(percent || counts || (written && b.least >= 0))) return;
    command_complain("%s: there is no diagonal, and the numbers (%.6g to %.6g) may be %s: if large ones mean "
                     "alike, say --similarities %s",
                     path, b.least, b.most,
                     percent       ? "percentages"
                     : b.most <= 1 ? "similarities"
                     : b.whole     ? "counts"
                                   : "similarities",
                     b.most <= 1 ? "one-minus" : "max-minus");
}

/* The diagonal of similarities holds the largest number of each row. */
static const char *similarity_advice(const input_data *data)
{
    size_t n = data->n;
    bool one = true, most = true;
    for (size_t i = 0; i < n; i++) {
        double own = data->delta[i * n + i];
        one = one && fabs(own - 1) < 1e-6;
        for (size_t j = 0; j < n; j++) most = most && !(data->delta[i * n + j] > own * (1 + 1e-6));
    }
    return one && most ? "These look like similarities: say --similarities one-minus (or root, log)"
           : most      ? "These look like similarities: say --similarities max-minus (or kernel)"
                       : "Similarities? Say --similarities WORD";
}

/* The diagonal tells similarities and features from dissimilarities, so what to do depends on it. */
static int check_diagonal(const char *path, const input_data *data)
{
    for (size_t i = 0; i < data->n; i++) {
        double own = data->delta[i * data->n + i];
        char name[64], value[48];
        if (own == 0) continue;
        value_words(own, value);
        command_complain(
            "%s: row %zu, column %zu (%s): the diagonal holds %s, but an object's dissimilarity to "
            "itself is 0. %s. Features? Say --input features",
            path, i + 1, i + 1, object_name(data, i, name), value, similarity_advice(data));
        return COMMAND_FAILED;
    }
    return COMMAND_OK;
}

/* Similarities of which each object has the least with itself are none: their map would be inside out. */
static void suspect_dissimilarities(const char *path, const input_data *data)
{
    size_t n = data->n;
    if (input.quiet || data->table.no_diagonal || n < 3) return;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (i != j && !(data->delta[i * n + j] > data->delta[i * n + i])) return;
    command_complain("%s: the diagonal holds the smallest number of each row, so these look like "
                     "dissimilarities; then leave out --similarities",
                     path);
}

static int turn_similarities(const char *path, input_data *data)
{
    mds_error error;
    if (mds_dissimilarities_from_similarities(data->delta, data->n, data->n,
                                              (mds_similarity)input.similarities, data->delta, data->n,
                                              &error) != MDS_OK)
        return input_fail(path, &error);
    return COMMAND_OK;
}

static bool all_zero(const input_data *data)
{
    bool some = false;
    for (size_t k = 0; k < data->n * data->n; k++) {
        if (data->delta[k] > 0) return false;
        some = some || data->delta[k] == 0;
    }
    return some && data->n > 1;
}

static int check_values(const char *path, input_data *data, bool written, bool condensed)
{
    mds_repairs repairs;
    mds_table_repair(&data->table, &repairs);
    tell_repairs(path, data, &repairs);
    int status;
    if (input.similarities_given) {
        status = check_symmetry(path, data);
        if (status == COMMAND_OK) suspect_dissimilarities(path, data);
        if (status == COMMAND_OK) status = turn_similarities(path, data);
    } else {
        status = check_diagonal(path, data);
        if (status == COMMAND_OK) status = check_symmetry(path, data);
        if (status == COMMAND_OK) suspect_similarities(path, data, written, condensed);
    }
    if (status == COMMAND_OK) status = check_problem(path, data);
    if (status == COMMAND_OK && !input.quiet && all_zero(data))
        command_complain("%s: all dissimilarities are zero: every object stands in the same place", path);
    return status;
}

int input_take_dissimilarities(const char *path, input_data *data)
{
    mds_table *t = &data->table;
    const char *word = layout_word(t->layout, t);
    bool line = t->rows == 1 || t->columns == 1, rectangle = t->layout == MDS_LAYOUT_RECTANGLE;
    bool condensed = t->layout == MDS_LAYOUT_CONDENSED || (rectangle && line);
    bool written = rectangle && !line && !t->shape;
    fs_error error;
    t->keep_diagonal = input.similarities_given;
    if (mds_table_to_square(t, path, (size_t)input.rows, &error) != FS_OK) return input_fail_table(&error, t);
    data->n = t->rows;
    data->delta = t->values;
    snprintf(data->taken, sizeof data->taken, "%zu x %zu %s (%s, %s)%s%s", data->n, data->n,
             input.similarities_given ? "similarities" : "dissimilarities", t->form, word,
             t->labelled[0] ? ", " : "", t->labelled);
    input_tell_notes(path, t);
    int status = input_check_names(path, data);
    return status == COMMAND_OK ? check_values(path, data, written, condensed) : status;
}
