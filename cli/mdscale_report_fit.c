/* What `mdscale report` computes: the map, and what tells how far it can be trusted. */
#include "mdscale_level.h"
#include "mdscale_report.h"
#include "principal_axes.h"
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- notes and progress ---- */

static void note(report_work *w, const char *format, ...) FS_PRINTF(2, 3);
static void note(report_work *w, const char *format, ...)
{
    size_t used = w->view.note_count;
    va_list arguments;
    if (used == REPORT_NOTES) return;
    va_start(arguments, format);
    vsnprintf(w->notes[used], sizeof w->notes[used], format, arguments);
    va_end(arguments);
    w->note_list[used] = w->notes[used];
    w->view.notes = w->note_list;
    w->view.note_count = used + 1;
}

static bool told(double fraction, void *context)
{
    report_work *w = context;
    progress_update(&w->bar, fraction, w->doing);
    return !interrupt_seen();
}

static bool after_iteration(const mds_iteration *iteration, void *context)
{
    return told(iteration->fraction, context);
}

static int out_of_memory(const report_work *w)
{
    command_complain("out of memory for %zu objects", w->data.n);
    return COMMAND_FAILED;
}

/* ---- the map ---- */

static mds_fit_options fit_options(void)
{
    return (mds_fit_options){.size = sizeof(mds_fit_options),
                             .level = (mds_level)level_setting.level,
                             .ties = (mds_ties)level_setting.ties,
                             .spline_degree = (unsigned)level_setting.degree,
                             .spline_knots = (unsigned)level_setting.knots,
                             .effort = (mds_effort)report_setting.effort,
                             .seed = (uint64_t)report_setting.seed,
                             .threads = (unsigned)input.threads,
                             .isa = (mds_isa)input.isa};
}

static int judge_map(report_work *w)
{
    mds_stress_values values = {.size = sizeof values};
    mds_stress_options how = {.size = sizeof how,
                              .threads = (unsigned)input.threads,
                              .isa = (mds_isa)input.isa,
                              .per_point = w->shares,
                              .level = (mds_level)level_setting.level,
                              .ties = (mds_ties)level_setting.ties,
                              .spline_degree = (unsigned)level_setting.degree,
                              .spline_knots = (unsigned)level_setting.knots};
    mds_error error;
    mds_report_view *v = &w->view;
    size_t p = v->pairs.p;
    if (mds_stress(&w->problem, p, &how, w->x, p, &values, &error) != MDS_OK)
        return input_fail(w->path, &error);
    if (report_setting.map_path && values.scale > 0) { /* a map may have any size */
        for (size_t k = 0; k < w->data.n * p; k++) w->x[k] *= values.scale;
        if (mds_stress(&w->problem, p, &how, w->x, p, &values, &error) != MDS_OK)
            return input_fail(w->path, &error);
    }
    v->fit.raw = values.raw;
    v->fit.normalized = values.normalized;
    v->fit.stress1 = values.stress1;
    v->fit.scale = values.scale;
    v->fit.absolute = values.absolute;
    v->fit.pairs = values.pairs;
    v->squares = values.normalized > 0 ? values.raw / (values.normalized * values.normalized) : 0;
    return COMMAND_OK;
}

static int make_map(report_work *w)
{
    mds_report_view *v = &w->view;
    size_t n = w->data.n, p = (size_t)report_setting.dims;
    if (report_setting.map_path) {
        int status = input_load_map(report_setting.map_path, "the map", &w->data, 0, &w->x, &p);
        v->pairs.p = p;
        note(w, "The map is %s, not fitted here.", report_setting.map_path);
        return status;
    }
    v->pairs.p = p;
    w->x = fs_alloc_0(n, p * sizeof *w->x);
    w->outcomes = fs_alloc(REPORT_OUTCOMES, sizeof *w->outcomes);
    if (!w->x || !w->outcomes) return out_of_memory(w);
    mds_fit_options o = fit_options();
    mds_error error;
    o.outcomes = w->outcomes;
    o.outcome_capacity = REPORT_OUTCOMES;
    o.outcome_step = sizeof *w->outcomes;
    o.progress = after_iteration;
    o.context = w;
    w->doing = "the map";
    v->fit.size = sizeof v->fit;
    if (mds_fit(&w->problem, p, &o, w->x, p, &v->fit, &error) != MDS_OK) return input_fail(w->path, &error);
    v->outcomes = w->outcomes;
    v->outcome_count = v->fit.starts < REPORT_OUTCOMES ? v->fit.starts : REPORT_OUTCOMES;
    v->interrupted = v->fit.stop == MDS_STOP_CANCELLED;
    if (v->fit.heaps) {
        note(w,
             "The map is degenerate: its points lie in %zu places, though objects of one place differ. Level "
             "%s "
             "asks for too little of these data; say --level interval, or --ties secondary.",
             v->fit.heaps, level_names[level_setting.level]);
        v->warning = w->notes[v->note_count - 1];
    }
    return COMMAND_OK;
}

/* What the level makes of the dissimilarities. */
static int find_disparities(report_work *w)
{
    size_t n = w->data.n, p = w->view.pairs.p;
    mds_disparity_options how = {.size = sizeof how,
                                 .level = (mds_level)level_setting.level,
                                 .ties = (mds_ties)level_setting.ties,
                                 .spline_degree = (unsigned)level_setting.degree,
                                 .spline_knots = (unsigned)level_setting.knots,
                                 .threads = (unsigned)input.threads,
                                 .isa = (mds_isa)input.isa};
    mds_error error;
    if (!(w->disparities = fs_alloc(n, n * sizeof *w->disparities))) return out_of_memory(w);
    if (mds_disparities(&w->problem, p, w->x, p, &how, w->disparities, n, &error) != MDS_OK)
        return input_fail(w->path, &error);
    w->view.pairs.disparities = w->disparities;
    return COMMAND_OK;
}

/* A map of unjoined parts looks as good as any, so say that it is not. */
static int find_parts(report_work *w)
{
    size_t parts = 1;
    fs_error error;
    if (!w->weights && w->data.table.missing == 0) return COMMAND_OK;
    if (mds_matrix_components(w->data.delta, w->weights, w->data.n, &parts, &error) != FS_OK)
        return command_fail(&error);
    if (parts > 1) {
        note(w,
             "No dissimilarity joins %zu parts of the objects: where the parts stand to each other means "
             "nothing.",
             parts);
        w->view.warning = w->notes[w->view.note_count - 1];
    }
    return COMMAND_OK;
}

int report_fit(report_work *w)
{
    mds_report_view *v = &w->view;
    fs_error error;
    size_t n = w->data.n;
    v->pairs.n = n;
    w->shares = fs_alloc(n, sizeof *w->shares);
    if (!w->shares) return out_of_memory(w);
    int status = find_parts(w);
    if (status == COMMAND_OK) status = make_map(w);
    if (status) return status;
    size_t p = v->pairs.p;
    if (mds_principal_axes(w->x, n, p, p, &error) != FS_OK) return command_fail(&error);
    if ((status = judge_map(w))) return status;
    v->level = (mds_level)level_setting.level;
    v->shares = w->shares;
    v->pairs.x = w->x;
    v->pairs.delta = w->data.delta;
    v->pairs.weights = w->weights;
    if (v->level != MDS_LEVEL_RATIO && (status = find_disparities(w))) return status;
    if (mds_pair_facts_init(&v->facts, &v->pairs, &error) != FS_OK) return command_fail(&error);
    return COMMAND_OK;
}

/* ---- what tells how far it can be trusted ---- */

/* How many maps by default: what fits into seconds. */
static size_t budget(size_t n, size_t small, int64_t asked)
{
    if (asked >= 0) return (size_t)asked;
    return n <= 500 ? small : n <= 2000 ? small / 5 : n <= 5000 ? small / 10 : 0;
}

static mds_resample_options resample_options(report_work *w, const mds_fit_options *fit, size_t count)
{
    return (mds_resample_options){.size = sizeof(mds_resample_options),
                                  .fit = fit,
                                  .count = count,
                                  .seed = (uint64_t)report_setting.seed,
                                  .threads = (unsigned)input.threads,
                                  .progress = told,
                                  .context = w};
}

static mds_distance_options distance_options(void)
{
    return (mds_distance_options){.size = sizeof(mds_distance_options),
                                  .metric = (mds_metric)input.metric,
                                  .exponent = input.exponent,
                                  .scaling = (mds_scaling)input.scaling,
                                  .isa = (mds_isa)input.isa};
}

/* Features can be drawn again, one more often and another not at all, where each counts for itself. */
static bool features_exchangeable(const report_work *w)
{
    return w->features && input.metric != MDS_GOWER && input.metric != MDS_MAHALANOBIS &&
           input.metric != MDS_HAVERSINE;
}

static int diagnose_dimensions(report_work *w, const mds_fit_options *fit)
{
    size_t n = w->data.n, most = report_setting.most_dims >= 0 ? (size_t)report_setting.most_dims
                                 : n <= 2000                   ? 6
                                 : n <= 5000                   ? 4
                                                               : 0;
    mds_resample_options o = resample_options(w, fit, 0);
    mds_stop stop = MDS_STOP_CONVERGED;
    mds_error error;
    if (most > n - 1) most = n - 1;
    if (most == 0) return COMMAND_OK;
    if (!(w->dimension_stress = fs_alloc(most, sizeof *w->dimension_stress))) return out_of_memory(w);
    w->doing = "dimensions";
    if (mds_stress_by_dimension(&w->problem, most, &o, w->dimension_stress, &w->view.elbow, &stop, &error) !=
        MDS_OK)
        return input_fail(w->path, &error);
    if (stop == MDS_STOP_CANCELLED) return COMMAND_OK;
    w->view.dimension_stress = w->dimension_stress;
    w->view.dimensions = most;
    return COMMAND_OK;
}

static int diagnose_starts(report_work *w, const mds_fit_options *fit)
{
    mds_report_view *v = &w->view;
    size_t count = budget(w->data.n, 100, report_setting.starts), n = w->data.n, p = v->pairs.p;
    mds_resample_options o = resample_options(w, fit, count);
    mds_error error;
    if (count == 0) return COMMAND_OK;
    w->minima_maps = fs_alloc(count, n * p * sizeof *w->minima_maps);
    w->minima_stress = fs_alloc(count, sizeof *w->minima_stress);
    w->minima_group = fs_alloc(count, sizeof *w->minima_group);
    if (!w->minima_maps || !w->minima_stress || !w->minima_group) return out_of_memory(w);
    w->doing = "random starts";
    v->minima.size = sizeof v->minima;
    if (mds_local_minima(&w->problem, p, &o, w->minima_maps, w->minima_stress, w->minima_group, &v->minima,
                         &error) != MDS_OK)
        return input_fail(w->path, &error);
    if (v->minima.stop == MDS_STOP_CANCELLED) return COMMAND_OK;
    v->minima_maps = w->minima_maps;
    v->minima_stress = w->minima_stress;
    v->minima_group = w->minima_group;
    return COMMAND_OK;
}

static int diagnose_jackknife(report_work *w, const mds_fit_options *fit)
{
    mds_report_view *v = &w->view;
    size_t n = w->data.n, p = v->pairs.p;
    size_t count = report_setting.jackknife < 0 && n <= 200 ? n : budget(n, 200, report_setting.jackknife);
    mds_resample_options o = resample_options(w, fit, count);
    mds_error error;
    if (count < 2) return COMMAND_OK;
    w->jackknife = fs_alloc(n, p * p * sizeof *w->jackknife);
    w->influence = fs_alloc(n, sizeof *w->influence);
    if (!w->jackknife || !w->influence) return out_of_memory(w);
    w->doing = "jackknife";
    v->jackknife.size = sizeof v->jackknife;
    mds_status status =
        mds_jackknife(&w->problem, p, w->x, p, &o, w->jackknife, w->influence, &v->jackknife, &error);
    if (status == MDS_DATA) { /* such as an object whose only known partner is left out */
        note(w, "Jackknife: not possible: %.180s.", error.message);
        return COMMAND_OK;
    }
    if (status != MDS_OK) return input_fail(w->path, &error);
    if (v->jackknife.stop == MDS_STOP_CANCELLED) return COMMAND_OK;
    v->jackknife_covariances = w->jackknife;
    v->influence = w->influence;
    if (count < n)
        note(w, "Jackknife: %zu of the %zu objects were left out in turn (--jackknife).", count, n);
    return COMMAND_OK;
}

static int diagnose_bootstrap(report_work *w, const mds_fit_options *fit)
{
    mds_report_view *v = &w->view;
    size_t n = w->data.n, p = v->pairs.p, count = budget(n, 100, report_setting.bootstrap);
    mds_resample_options o = resample_options(w, fit, count);
    mds_distance_options distances = distance_options();
    mds_error error;
    if (count < 2) return COMMAND_OK;
    o.features = features_exchangeable(w) ? w->features : NULL;
    o.m = o.ldf = w->feature_count;
    o.distances = &distances;
    w->bootstrap = fs_alloc(n, p * p * sizeof *w->bootstrap);
    w->bootstrap_stress = fs_alloc(count, sizeof *w->bootstrap_stress);
    if (!w->bootstrap || !w->bootstrap_stress) return out_of_memory(w);
    w->doing = "bootstrap";
    v->bootstrap.size = sizeof v->bootstrap;
    mds_status status =
        mds_bootstrap(&w->problem, p, w->x, p, &o, w->bootstrap, w->bootstrap_stress, &v->bootstrap, &error);
    if (status == MDS_DATA && o.features) { /* such as a row without a direction */
        note(w, "Bootstrap: of residuals, since features drawn again cannot be used: %.120s.", error.message);
        o.features = NULL;
        status = mds_bootstrap(&w->problem, p, w->x, p, &o, w->bootstrap, w->bootstrap_stress, &v->bootstrap,
                               &error);
    }
    if (status != MDS_OK) return input_fail(w->path, &error);
    if (v->bootstrap.stop == MDS_STOP_CANCELLED) return COMMAND_OK;
    v->bootstrap_covariances = w->bootstrap;
    v->bootstrap_stress = w->bootstrap_stress;
    v->features_drawn = o.features != NULL;
    return COMMAND_OK;
}

static int diagnose_permutation(report_work *w, const mds_fit_options *fit)
{
    mds_report_view *v = &w->view;
    size_t n = w->data.n, count = budget(n, 100, report_setting.permutations);
    mds_resample_options o = resample_options(w, fit, count);
    mds_distance_options distances = distance_options();
    mds_error error;
    if (count == 0) return COMMAND_OK;
    o.features = features_exchangeable(w) ? w->features : NULL;
    o.m = o.ldf = w->feature_count;
    o.distances = &distances;
    w->permutation_stress = fs_alloc(count, sizeof *w->permutation_stress);
    if (!w->permutation_stress) return out_of_memory(w);
    w->doing = "permutation test";
    v->permutation.size = sizeof v->permutation;
    mds_status status = mds_permutation_test(&w->problem, v->pairs.p, v->fit.stress1, &o,
                                             w->permutation_stress, &v->permutation, &error);
    if (status == MDS_DATA && o.features) {
        note(w, "Permutation test: of dissimilarities, since permuted features cannot be used: %.120s.",
             error.message);
        o.features = NULL;
        status = mds_permutation_test(&w->problem, v->pairs.p, v->fit.stress1, &o, w->permutation_stress,
                                      &v->permutation, &error);
    }
    if (status != MDS_OK) return input_fail(w->path, &error);
    if (v->permutation.stop != MDS_STOP_CANCELLED) v->permutation_stress = w->permutation_stress;
    return COMMAND_OK;
}

int report_diagnose(report_work *w)
{
    static int (*const steps[])(report_work *, const mds_fit_options *) = {
        diagnose_dimensions, diagnose_starts, diagnose_jackknife, diagnose_bootstrap, diagnose_permutation};
    size_t n = w->data.n;
    if (n < 4) {
        note(w, "With %zu objects there is nothing to be told about how far the map can be trusted.", n);
        return COMMAND_OK;
    }
    mds_fit_options fit = fit_options();
    /* Many maps: one short descent each where more would take minutes. */
    if (n > 60 && fit.effort == MDS_EFFORT_NORMAL) fit.effort = MDS_EFFORT_LOW;
    int status = COMMAND_OK;
    for (size_t k = 0; k < sizeof steps / sizeof *steps && status == COMMAND_OK && !interrupt_seen(); k++)
        status = steps[k](w, &fit);
    w->view.interrupted |= interrupt_seen();
    if (n > 5000)
        note(w,
             "%zu objects are too many for diagnostics that fit many maps within minutes; ask for them one "
             "by one "
             "(--bootstrap 20).",
             n);
    else if (n > 500)
        note(w,
             "With %zu objects fewer maps are fitted than with a few; --bootstrap, --jackknife, "
             "--permutations and "
             "--starts say how many.",
             n);
    return status;
}
