/* What `mdscale report` writes: the page, pictures, JSON and tables. */
#include "csv_write.h"
#include "map_plot.h"
#include "mdscale_report.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void list_paths(const char *paths[REPORT_OUTPUTS])
{
    const report_settings *s = &report_setting;
    paths[REPORT_PAGE] = s->page_path;
    paths[REPORT_MAP_PLOT] = s->map_plot_path;
    paths[REPORT_OBJECTS] = s->objects_path;
    paths[REPORT_PAIRS] = s->pairs_path;
    for (size_t k = 0; k < REPORT_DIAGRAMS; k++) paths[REPORT_FIRST_DIAGRAM + k] = s->diagram_paths[k];
    paths[REPORT_JSON] = s->json_path;
}

bool report_to_standard(void)
{
    const char *paths[REPORT_OUTPUTS];
    list_paths(paths);
    return output_any_is_standard(paths, REPORT_OUTPUTS);
}

/* Before anything is read, so that a place that cannot be written is found at once. */
int report_open_outputs(const report_work *work, fs_output *out[REPORT_OUTPUTS])
{
    const char *paths[REPORT_OUTPUTS];
    const char *const inputs[] = {work->path, report_setting.weights_path, report_setting.map_path};
    bool any = false;
    list_paths(paths);
    for (size_t k = 0; k < REPORT_OUTPUTS; k++) {
        const char *ending = k == REPORT_PAGE ? ".html" : k == REPORT_JSON ? NULL : ".svg";
        if (!paths[k]) continue;
        any = true;
        if (k == REPORT_OBJECTS || k == REPORT_PAIRS) ending = ".csv";
        if (ending && !output_is_standard(paths[k]) && !fs_path_ends(paths[k], ending))
            return command_usage("%s holds %s; let its name end in %s", paths[k],
                                 k == REPORT_PAGE   ? "an HTML page"
                                 : ending[1] == 'c' ? "CSV"
                                                    : "an SVG picture",
                                 ending);
    }
    if (!any) return command_usage("say where the report goes: -o report.html");
    int status = output_check(inputs, sizeof inputs / sizeof *inputs, paths, REPORT_OUTPUTS);
    return status == COMMAND_OK ? output_open_all(paths, REPORT_OUTPUTS, out) : status;
}

/* ---- tables ---- */

/* Columns of the table of objects: the place, and what is known of each. */
typedef struct columns {
    size_t count;
    double *values; /* n x count */
    char (*names)[24];
    const char **heads;
} columns;

static bool make_columns(columns *c, size_t n, size_t most)
{
    c->values = fs_alloc(n, most * sizeof *c->values);
    c->names = fs_alloc(most, sizeof *c->names);
    c->heads = fs_alloc(most, sizeof *c->heads);
    return c->values && c->names && c->heads;
}

static void write_objects(const report_work *w, columns *c, size_t most, fs_output *out)
{
    const mds_report_view *v = &w->view;
    size_t n = v->pairs.n, p = v->pairs.p;
    const char *const heads[] = {"stress_share", "bootstrap_spread", "jackknife_spread", "influence"};
    c->count = most;
    for (size_t k = 0; k < p; k++) snprintf(c->names[k], sizeof *c->names, "dim%zu", k + 1);
    for (size_t k = p; k < most; k++) snprintf(c->names[k], sizeof *c->names, "%s", heads[k - p]);
    for (size_t k = 0; k < most; k++) c->heads[k] = c->names[k];
    for (size_t i = 0; i < n; i++) {
        double *row = c->values + i * most;
        memcpy(row, v->pairs.x + i * p, p * sizeof *row);
        row[p] = v->shares[i];
        row[p + 1] =
            v->bootstrap_covariances ? mds_report_spread(v->bootstrap_covariances, i, p) : (double)NAN;
        row[p + 2] =
            v->jackknife_covariances ? mds_report_spread(v->jackknife_covariances, i, p) : (double)NAN;
        row[p + 3] = v->influence ? v->influence[i] : (double)NAN;
    }
    mds_write_csv(out, c->values, n, most, most, ',', "label", v->labels, c->heads);
}

static int write_object_table(const report_work *w, fs_output *out)
{
    columns c = {0};
    size_t most = w->view.pairs.p + 4;
    bool made = make_columns(&c, w->view.pairs.n, most);
    if (made)
        write_objects(w, &c, most, out);
    else
        command_complain("out of memory while writing %s", report_setting.objects_path);
    fs_free(c.values);
    fs_free(c.names);
    fs_free(c.heads);
    return made ? COMMAND_OK : COMMAND_FAILED;
}

static void write_pair_table(const report_work *w, fs_output *out)
{
    const mds_pairs *pairs = &w->view.pairs;
    fs_output_string(out, "from,to,dissimilarity,disparity,distance,residual,weight\n");
    for (size_t j = 0; j < pairs->n; j++)
        for (size_t i = j + 1; i < pairs->n; i++) {
            if (!mds_pair_counts(pairs, i, j)) continue;
            char first[24], second[24];
            double disparity = mds_pair_disparity(pairs, i, j), distance = mds_pair_distance(pairs, i, j);
            const double values[] = {pairs->delta[i * pairs->n + j], disparity, distance,
                                     disparity - distance,
                                     pairs->weights ? pairs->weights[i * pairs->n + j] : 1};
            mds_csv_field(out, mds_report_name(&w->view, j, first), ',');
            fs_output_string(out, ",");
            mds_csv_field(out, mds_report_name(&w->view, i, second), ',');
            for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
                fs_output_string(out, ",");
                mds_csv_number(out, values[k]);
            }
            fs_output_string(out, "\n");
        }
}

/* ---- pictures ---- */

static fs_status write_map_plot(const report_work *w, fs_output *out, fs_error *error)
{
    const mds_report_view *v = &w->view;
    char subtitle[160], count[FS_NUMBER_SIZE];
    fs_number_grouped(v->pairs.n, count);
    snprintf(subtitle, sizeof subtitle, "n = %s, stress-1 = %.4f", count, v->fit.stress1);
    mds_map_plot plot = {.x = v->pairs.x,
                         .n = v->pairs.n,
                         .p = v->pairs.p,
                         .ld = v->pairs.p,
                         .labels = v->labels,
                         .groups = v->groups,
                         .title = v->title,
                         .subtitle = subtitle};
    return mds_map_plot_write(out, &plot, error);
}

static fs_status write_diagram(const report_work *w, size_t k, fs_output *out, fs_error *error)
{
    const mds_report_diagram *d = &mds_report_diagrams[k];
    if (d->there && !d->there(&w->view))
        return fs_fail(
            error, FS_ARGUMENT,
            "--plot-%s: there is nothing to draw, since that was not computed (see the notes, or ask for "
            "it)",
            d->name);
    return d->plot(out, &w->view, true, error);
}

int report_write_outputs(report_work *w, fs_output *out[REPORT_OUTPUTS])
{
    fs_error error;
    fs_status status = FS_OK;
    if (out[REPORT_PAGE]) status = mds_report_page_write(out[REPORT_PAGE], &w->view, &error);
    if (status == FS_OK && out[REPORT_MAP_PLOT]) status = write_map_plot(w, out[REPORT_MAP_PLOT], &error);
    for (size_t k = 0; k < REPORT_DIAGRAMS && status == FS_OK; k++)
        if (out[REPORT_FIRST_DIAGRAM + k])
            status = write_diagram(w, k, out[REPORT_FIRST_DIAGRAM + k], &error);
    if (status == FS_OK && out[REPORT_JSON])
        status = mds_report_json_write(out[REPORT_JSON], &w->view,
                                       !output_is_standard(report_setting.json_path), &error);
    if (status) return command_fail(&error);
    if (out[REPORT_OBJECTS] && write_object_table(w, out[REPORT_OBJECTS])) return COMMAND_FAILED;
    if (out[REPORT_PAIRS]) write_pair_table(w, out[REPORT_PAIRS]);
    return output_commit(out, REPORT_OUTPUTS);
}
