/* Every number of a report, for programs. */
#include "json_writer.h"
#include "report_page.h"

#include "memory.h"

#include <math.h>
#include <string.h>

static void text(fs_json *json, const char *key, const char *value)
{
    if (!value) return;
    fs_json_key_string(json, key, value);
}

static void count(fs_json *json, const char *key, uint64_t value)
{
    fs_json_key_integer(json, key, (int64_t)value);
}

static void numbers(fs_json *json, const char *key, const double *values, size_t n)
{
    fs_json_key_array(json, key);
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
    fs_json_key_number(json, "stress1", r->stress1);
    fs_json_key_number(json, "stress2", f->stress2);
    fs_json_key_number(json, "stress_raw", r->raw);
    fs_json_key_number(json, "stress_normalized", r->normalized);
    fs_json_key_number(json, "dispersion_accounted_for", f->accounted);
    fs_json_key_number(json, "congruence", f->congruence);
    fs_json_key_number(json, "correlation", f->correlation);
    fs_json_key_number(json, "r2", f->correlation * f->correlation);
    fs_json_key_number(json, "residual_root_mean_square", f->residual_deviation);
    text(json, "verdict", mds_report_verdict(r->stress1));
    count(json, "pairs", f->pairs);
    fs_json_key_bool(json, "interrupted", view->interrupted);
}

static void write_stability(fs_json *json, const mds_stability *s)
{
    count(json, "maps", s->maps);
    fs_json_key_number(json, "stability", s->stability);
    fs_json_key_number(json, "cross_validity", s->cross_validity);
    fs_json_key_number(json, "dispersion", s->dispersion);
    fs_json_key_number(json, "stress1_mean", s->stress_mean);
    fs_json_key_number(json, "stress1_deviation", s->stress_deviation);
    fs_json_key_number(json, "stress1_low", s->stress_low);
    fs_json_key_number(json, "stress1_high", s->stress_high);
}

static void write_resampled(fs_json *json, const mds_report_view *view)
{
    if (view->jackknife_covariances) {
        fs_json_key_object(json, "jackknife");
        write_stability(json, &view->jackknife);
        fs_json_end_object(json);
    }
    if (view->bootstrap_covariances) {
        fs_json_key_object(json, "bootstrap");
        text(json, "drawn", view->features_drawn ? "features" : "residuals");
        write_stability(json, &view->bootstrap);
        numbers(json, "stress1", view->bootstrap_stress, view->bootstrap.maps);
        fs_json_end_object(json);
    }
    if (view->permutation_stress) {
        fs_json_key_object(json, "permutation");
        count(json, "maps", view->permutation.maps);
        fs_json_key_number(json, "observed", view->permutation.observed);
        fs_json_key_number(json, "p_value", view->permutation.p_value);
        fs_json_key_number(json, "mean", view->permutation.mean);
        numbers(json, "stress1", view->permutation_stress, view->permutation.maps);
        fs_json_end_object(json);
    }
}

static void write_searched(fs_json *json, const mds_report_view *view)
{
    if (view->dimension_stress) {
        fs_json_key_object(json, "dimensions");
        numbers(json, "stress1", view->dimension_stress, view->dimensions);
        count(json, "elbow", view->elbow);
        fs_json_end_object(json);
    }
    if (view->minima_stress) {
        fs_json_key_object(json, "minima");
        count(json, "starts", view->minima.starts);
        count(json, "groups", view->minima.groups);
        count(json, "in_best", view->minima.best_count);
        numbers(json, "stress1", view->minima_stress, view->minima.starts);
        fs_json_key_array(json, "group");
        for (size_t k = 0; k < view->minima.starts; k++)
            fs_json_integer(json, (int64_t)view->minima_group[k] + 1);
        fs_json_end_array(json);
        fs_json_end_object(json);
    }
    if (view->outcome_count == 0) return;
    fs_json_key_array(json, "starts");
    for (size_t k = 0; k < view->outcome_count; k++) {
        fs_json_object(json);
        text(json, "start", mds_start_name(view->outcomes[k].start));
        fs_json_key_number(json, "stress", view->outcomes[k].loss);
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
    fs_json_key_number(json, "stress_share", view->shares[i]);
    if (view->influence) fs_json_key_number(json, "influence", view->influence[i]);
    if (view->jackknife_covariances)
        numbers(json, "jackknife_covariance", view->jackknife_covariances + i * p * p, p * p);
    if (view->bootstrap_covariances)
        numbers(json, "bootstrap_covariance", view->bootstrap_covariances + i * p * p, p * p);
    fs_json_end_object(json);
}

static void write_worst(fs_json *json, const mds_report_view *view)
{
    fs_json_key_array(json, "worst_pairs");
    for (size_t k = 0; k < view->facts.worst_count; k++) {
        const mds_pair_residual *pair = &view->facts.worst[k];
        fs_json_object(json);
        count(json, "from", pair->i + 1);
        count(json, "to", pair->j + 1);
        fs_json_key_number(json, "dissimilarity", pair->delta);
        fs_json_key_number(json, "disparity", pair->disparity);
        fs_json_key_number(json, "distance", pair->distance);
        fs_json_key_number(json, "residual", pair->residual);
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
    fs_json_key_array(&json, "objects");
    for (size_t i = 0; i < view->pairs.n; i++) write_object(&json, view, i);
    fs_json_end_array(&json);
    fs_json_key_array(&json, "notes");
    for (size_t k = 0; k < view->note_count; k++) fs_json_string(&json, view->notes[k]);
    fs_json_end_array(&json);
    fs_json_end_object(&json);
    if (!pretty) fs_output_string(out, "\n");
    fs_status status = json.failed ? fs_fail_memory(error, "writing a report", 0) : FS_OK;
    fs_json_fini(&json);
    return status;
}
