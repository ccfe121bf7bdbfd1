/* mdscale report: a map, and all that tells how far it can be trusted, on one page. */
#include "mdscale_report.h"
#include "map_groups.h"
#include "mdscale_commands.h"

#include <stdio.h>
#include <string.h>

/* The name of the input without folders and endings. */
static void find_title(report_work *w)
{
    static const char *const endings[] = {".gz", ".csv", ".tsv", ".txt", ".npy"};
    const char *name = input_is_standard(w->path) ? "map" : fs_path_base(w->path);
    snprintf(w->title, sizeof w->title, "%s", report_setting.title ? report_setting.title : name);
    for (size_t i = 0; !report_setting.title && i < sizeof endings / sizeof *endings; i++) {
        size_t length = strlen(w->title), end = strlen(endings[i]);
        if (length > end && fs_path_ends(w->title, endings[i])) w->title[length - end] = '\0';
    }
    w->view.title = w->title;
    w->view.input = input_is_standard(w->path) ? "standard input" : w->path;
}

/* Labels that repeat mean groups, as on the plain map; the objects are numbered then. */
static int name_objects(report_work *w)
{
    mds_groups groups;
    fs_error error;
    const char *const *labels = (const char *const *)w->data.table.labels;
    w->view.labels = labels;
    w->view.groups = (const char *const *)w->data.table.groups;
    if (!labels || w->view.groups) return COMMAND_OK;
    if (mds_groups_init(&groups, labels, w->data.n, &error) != FS_OK) return command_fail(&error);
    if (groups.count > 1 && groups.count <= w->data.n / 2) {
        w->view.groups = labels;
        w->view.labels = NULL;
    }
    mds_groups_fini(&groups);
    return COMMAND_OK;
}

static int load(report_work *w)
{
    input.keep_features = true;
    int status = input_load(w->path, &w->data);
    if (status) return status;
    size_t n = w->data.n;
    if (n < 2) {
        command_complain("%s has %zu object%s: there is nothing to report", w->path, n, n == 1 ? "" : "s");
        return COMMAND_FAILED;
    }
    w->problem = (mds_problem){.size = sizeof w->problem, .n = n, .delta = w->data.delta, .ld = n, .ldw = n};
    if (report_setting.weights_path) {
        mds_error error;
        if ((status = input_load_weights(report_setting.weights_path, &w->data, &w->weights))) return status;
        w->problem.weights = w->weights;
        if (mds_problem_check(&w->problem, 0, &error) != MDS_OK)
            return input_fail(report_setting.weights_path, &error);
    }
    if (w->data.features) {
        w->features = w->data.table.values;
        w->feature_count = w->data.features;
        w->view.metric = input_metrics[input.metric];
    }
    w->view.read_as = w->data.taken;
    return name_objects(w);
}

static void print_summary(const report_work *w)
{
    const mds_report_view *v = &w->view;
    printf("read         %s\n", w->data.taken);
    printf("stress-1     %.6f   (%s by Kruskal's rule of thumb)\n", v->fit.stress1,
           mds_report_verdict(v->fit.stress1));
    printf("accounted    %.2f %% of the dissimilarities' dispersion\n", 100 * v->facts.accounted);
    if (v->dimension_stress && v->elbow)
        printf("elbow        at %zu dimension%s\n", v->elbow, v->elbow == 1 ? "" : "s");
    if (v->minima_stress)
        printf("starts       %zu of %zu random ones ended in the best map; %zu different map%s\n",
               v->minima.best_count, v->minima.starts, v->minima.groups, v->minima.groups == 1 ? "" : "s");
    if (v->jackknife_covariances)
        printf("jackknife    stability %.4f, cross-validity %.4f\n", v->jackknife.stability,
               v->jackknife.cross_validity);
    if (v->bootstrap_covariances)
        printf("bootstrap    stability %.4f, of %s\n", v->bootstrap.stability,
               v->features_drawn ? "features drawn again" : "residuals drawn again");
    if (v->permutation_stress)
        printf("permutation  p = %.3g, of %zu maps\n", v->permutation.p_value, v->permutation.maps);
    for (size_t k = 0; k < v->note_count; k++) command_print("note         %s\n", v->notes[k]);
    if (report_setting.page_path) command_print("report       %s\n", report_setting.page_path);
}

static void fini(report_work *w)
{
    mds_pair_facts_fini(&w->view.facts);
    input_fini(&w->data);
    double *const arrays[] = {
        w->weights,       w->x,          w->shares,           w->dimension_stress,   w->jackknife,
        w->influence,     w->bootstrap,  w->bootstrap_stress, w->permutation_stress, w->minima_maps,
        w->minima_stress, w->disparities};
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++) fs_free(arrays[k]);
    fs_free(w->minima_group);
    fs_free(w->outcomes);
}

static int run(int count, char **arguments)
{
    (void)count;
    fs_output *out[REPORT_OUTPUTS] = {NULL};
    report_work w = {.path = arguments[0]};
    interrupt_end("mdscale report");
    int status = report_open_outputs(&w, out);
    if (status == COMMAND_OK) status = load(&w);
    if (status == COMMAND_OK) {
        find_title(&w);
        interrupt_catch(); /* from now on there is a map to save */
        progress_begin(&w.bar, "report", input.quiet);
        status = report_fit(&w);
        if (status == COMMAND_OK) status = report_diagnose(&w);
        progress_end(&w.bar);
    }
    if (status == COMMAND_OK) status = report_write_outputs(&w, out);
    if (status == COMMAND_OK && !input.quiet && !report_to_standard()) print_summary(&w);
    if (status == COMMAND_OK && w.view.interrupted) {
        command_complain("interrupted: the report holds what had been computed by then");
        status = interrupt_status();
    }
    output_discard_all(out, REPORT_OUTPUTS);
    fini(&w);
    return status;
}

const command mdscale_report_command = {
    .name = "report",
    .summary = "Show a map, and all that tells how far it can be trusted, on one page.",
    .arguments = "INPUT",
    .description =
        "INPUT is what `mdscale fit` takes. The page holds the map (to be enlarged, turned, searched), the "
        "Shepard "
        "diagram, residuals, stress per point, stress by dimension, where random starts end, the jackknife, "
        "the "
        "bootstrap and a permutation test; docs/report.md explains each. Every diagram can be had as SVG, "
        "every "
        "number as JSON or CSV.\n\n"
        "Results appear whole or not at all. Ctrl-C writes what had been computed by then and exits 130.",
    .examples = "  mdscale report cities.csv -o report.html\n"
                "  mdscale report digits.csv --labels digit -o digits.html\n"
                "  mdscale report D.npy --map map.csv --json - -q\n"
                "  mdscale report cities.csv --plot-shepard shepard.svg --csv objects.csv",
    .options = report_option_table,
    .least = 1,
    .most = 1,
    .run = run,
};
