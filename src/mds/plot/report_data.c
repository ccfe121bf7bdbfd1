/* What the page's script draws from: the map, its names and groups, how well each object fits. */
#include "json_writer.h"
#include "map_groups.h"
#include "memory.h"
#include "report_page.h"

#include <math.h>
#include <stdio.h>

/* Five digits are more than a screen shows. */
static void number(fs_json *json, double value)
{
    char text[32];
    if (!isfinite(value)) {
        fs_json_null(json);
        return;
    }
    snprintf(text, sizeof text, "%.5g", value);
    fs_json_number_text(json, text);
}

static void numbers(fs_json *json, const char *key, const double *values, size_t count)
{
    fs_json_key_array(json, key);
    for (size_t k = 0; k < count; k++) number(json, values[k]);
    fs_json_end_array(json);
}

static void names(fs_json *json, const char *key, const char *const *list, size_t count)
{
    fs_json_key_array(json, key);
    for (size_t k = 0; k < count; k++) fs_json_string(json, list[k]);
    fs_json_end_array(json);
}

/* The first three axes, of places or of covariances. */
static void axes(fs_json *json, const mds_report_view *view)
{
    size_t n = view->pairs.n, p = view->pairs.p, shown = p < 3 ? p : 3;
    fs_json_key_integer(json, "shown", (int64_t)shown);
    fs_json_key_array(json, "x");
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < shown; k++) number(json, view->pairs.x[i * p + k]);
    fs_json_end_array(json);
}

static void covariances(fs_json *json, const char *key, const double *of, size_t n, size_t p)
{
    size_t shown = p < 3 ? p : 3;
    if (!of) return;
    fs_json_key_array(json, key);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < shown; k++)
            for (size_t l = 0; l < shown; l++) number(json, of[(i * p + k) * p + l]);
    fs_json_end_array(json);
}

static void partners(fs_json *json, const mds_report_view *view)
{
    const mds_pairs *pairs = &view->pairs;
    size_t n = pairs->n;
    fs_json_key(json, "partners"); /* object, dissimilarity, what the distance is to be, distance */
    fs_json_array(json);
    for (size_t i = 0; i < n; i++) {
        fs_json_array(json);
        for (size_t k = 0; k < MDS_WORST_PARTNERS; k++) {
            size_t j = view->facts.partners[i * MDS_WORST_PARTNERS + k];
            if (j >= n) break;
            fs_json_integer(json, (int64_t)j);
            number(json, pairs->delta[i * n + j]);
            number(json, mds_pair_disparity(pairs, i, j));
            number(json, mds_pair_distance(pairs, i, j));
        }
        fs_json_end_array(json);
    }
    fs_json_end_array(json);
}

static fs_status groups(fs_json *json, const mds_report_view *view, fs_error *error)
{
    mds_groups groups;
    if (!view->groups) return FS_OK;
    fs_status status = mds_groups_init(&groups, view->groups, view->pairs.n, error);
    if (status) return status;
    names(json, "groups", groups.names, groups.count);
    fs_json_key_array(json, "of");
    for (size_t i = 0; i < view->pairs.n; i++) fs_json_integer(json, (int64_t)groups.of[i]);
    fs_json_end_array(json);
    mds_groups_fini(&groups);
    return FS_OK;
}

fs_status mds_report_data_write(fs_output *out, const mds_report_view *view, fs_error *error)
{
    size_t n = view->pairs.n, p = view->pairs.p;
    fs_json json;
    fs_json_init(&json, out, false);
    fs_json_object(&json);
    fs_json_key_integer(&json, "n", (int64_t)n);
    fs_json_key_integer(&json, "p", (int64_t)p);
    axes(&json, view);
    if (view->labels) names(&json, "names", view->labels, n);
    fs_status status = groups(&json, view, error);
    numbers(&json, "shares", view->shares, n);
    partners(&json, view);
    covariances(&json, "bootstrap", view->bootstrap_covariances, n, p);
    covariances(&json, "jackknife", view->jackknife_covariances, n, p);
    if (view->influence) numbers(&json, "influence", view->influence, n);
    fs_json_end_object(&json);
    if (status == FS_OK && json.failed) status = fs_fail_memory(error, "writing a report", 0);
    fs_json_fini(&json);
    return status;
}
