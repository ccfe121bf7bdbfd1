/* Every number of a report, for programs. */
#include "json_writer.h"
#include "report_page.h"

#include "memory.h"

#include <math.h>
#include <string.h>

static void text(fs_json *json, const char *key, const char *value)
{
    if (!value) return;
    fs_json_key(json, key);
    fs_json_string(json, value);
}

static void number(fs_json *json, const char *key, double value)
{
    fs_json_key(json, key);
    fs_json_number(json, value);
}

static void count(fs_json *json, const char *key, uint64_t value)
{
    fs_json_key(json, key);
    fs_json_integer(json, (int64_t)value);
}

static void numbers(fs_json *json, const char *key, const double *values, size_t n)
{
    fs_json_key(json, key);
    fs_json_array(json);
    for (size_t k = 0; k < n; k++) fs_json_number(json, values[k]);
    fs_json_end_array(json);
}

static void write_fit(fs_json *json, const mds_report_view *view)
{
    const mds_result *r = &view->fit;
    const mds_pair_facts *f = &view->facts;
    text(json, "version", FLAMESCALE_VERSION);
    text(json, "input", view->input);
    text(json, "read_as", view->read_as);
    text(json, "metric", view->metric);
    count(json, "n", view->pairs.n);
    count(json, "dims", view->pairs.p);
    text(json, "method", r->method);
    text(json, "level", mds_level_name(view->level));
    number(json, "stress1", r->stress1);
    number(json, "stress2", f->stress2);
    number(json, "stress_raw", r->raw);
    number(json, "stress_normalized", r->normalized);
    number(json, "dispersion_accounted_for", f->accounted);
    number(json, "congruence", f->congruence);
    number(json, "correlation", f->correlation);
    number(json, "r2", f->correlation * f->correlation);
    number(json, "residual_root_mean_square", f->residual_deviation);
    text(json, "verdict", mds_report_verdict(r->stress1));
    count(json, "pairs", f->pairs);
    fs_json_key(json, "interrupted");
    fs_json_bool(json, view->interrupted);
}

static void write_stability(fs_json *json, const mds_stability *s)
{
    count(json, "maps", s->maps);
    number(json, "stability", s->stability);
    number(json, "cross_validity", s->cross_validity);
    number(json, "dispersion", s->dispersion);
    number(json, "stress1_mean", s->stress_mean);
    number(json, "stress1_deviation", s->stress_deviation);
    number(json, "stress1_low", s->stress_low);
    number(json, "stress1_high", s->stress_high);
}

static void write_resampled(fs_json *json, const mds_report_view *view)
{
    if (view->jackknife_covariances) {
        fs_json_key(json, "jackknife");
        fs_json_object(json);
        write_stability(json, &view->jackknife);
        fs_json_end_object(json);
    }
    if (view->bootstrap_covariances) {
        fs_json_key(json, "bootstrap");
        fs_json_object(json);
        text(json, "drawn", view->features_drawn ? "features" : "residuals");
        write_stability(json, &view->bootstrap);
        numbers(json, "stress1", view->bootstrap_stress, view->bootstrap.maps);
        fs_json_end_object(json);
    }
    if (view->permutation_stress) {
        fs_json_key(json, "permutation");
        fs_json_object(json);
        count(json, "maps", view->permutation.maps);
        number(json, "observed", view->permutation.observed);
        number(json, "p_value", view->permutation.p_value);
        number(json, "mean", view->permutation.mean);
        numbers(json, "stress1", view->permutation_stress, view->permutation.maps);
        fs_json_end_object(json);
    }
}

static void write_searched(fs_json *json, const mds_report_view *view)
{
    if (view->dimension_stress) {
        fs_json_key(json, "dimensions");
        fs_json_object(json);
        numbers(json, "stress1", view->dimension_stress, view->dimensions);
        count(json, "elbow", view->elbow);
        fs_json_end_object(json);
    }
    if (view->minima_stress) {
        fs_json_key(json, "minima");
        fs_json_object(json);
        count(json, "starts", view->minima.starts);
        count(json, "groups", view->minima.groups);
        count(json, "in_best", view->minima.best_count);
        numbers(json, "stress1", view->minima_stress, view->minima.starts);
        fs_json_key(json, "group");
        fs_json_array(json);
        for (size_t k = 0; k < view->minima.starts; k++)
            fs_json_integer(json, (int64_t)view->minima_group[k] + 1);
        fs_json_end_array(json);
        fs_json_end_object(json);
    }
    if (view->outcome_count == 0) return;
    fs_json_key(json, "starts");
    fs_json_array(json);
    for (size_t k = 0; k < view->outcome_count; k++) {
        fs_json_object(json);
        text(json, "start", mds_start_name(view->outcomes[k].start));
        number(json, "stress", view->outcomes[k].loss);
        text(json, "stop", mds_stop_name(view->outcomes[k].stop));
        fs_json_end_object(json);
    }
    fs_json_end_array(json);
}

static void write_object(fs_json *json, const mds_report_view *view, size_t i)
{
    size_t p = view->pairs.p;
    fs_json_object(json);
    if (view->labels) text(json, "label", view->labels[i]);
    if (view->groups) text(json, "group", view->groups[i]);
    numbers(json, "place", view->pairs.x + i * p, p);
    number(json, "stress_share", view->shares[i]);
    if (view->influence) number(json, "influence", view->influence[i]);
    if (view->jackknife_covariances)
        numbers(json, "jackknife_covariance", view->jackknife_covariances + i * p * p, p * p);
    if (view->bootstrap_covariances)
        numbers(json, "bootstrap_covariance", view->bootstrap_covariances + i * p * p, p * p);
    fs_json_end_object(json);
}

static void write_worst(fs_json *json, const mds_report_view *view)
{
    fs_json_key(json, "worst_pairs");
    fs_json_array(json);
    for (size_t k = 0; k < view->facts.worst_count; k++) {
        const mds_pair_residual *pair = &view->facts.worst[k];
        fs_json_object(json);
        count(json, "from", pair->i + 1);
        count(json, "to", pair->j + 1);
        number(json, "dissimilarity", pair->delta);
        number(json, "disparity", pair->disparity);
        number(json, "distance", pair->distance);
        number(json, "residual", pair->residual);
        fs_json_end_object(json);
    }
    fs_json_end_array(json);
}

fs_status mds_report_json_write(fs_output *out, const mds_report_view *view, bool pretty, fs_error *error)
{
    fs_json json;
    fs_json_init(&json, out, pretty);
    fs_json_object(&json);
    write_fit(&json, view);
    write_resampled(&json, view);
    write_searched(&json, view);
    write_worst(&json, view);
    fs_json_key(&json, "objects");
    fs_json_array(&json);
    for (size_t i = 0; i < view->pairs.n; i++) write_object(&json, view, i);
    fs_json_end_array(&json);
    fs_json_key(&json, "notes");
    fs_json_array(&json);
    for (size_t k = 0; k < view->note_count; k++) fs_json_string(&json, view->notes[k]);
    fs_json_end_array(&json);
    fs_json_end_object(&json);
    if (!pretty) fs_output_string(out, "\n");
    fs_status status = json.failed ? fs_fail_memory(error, "writing a report", 0) : FS_OK;
    fs_json_fini(&json);
    return status;
}
