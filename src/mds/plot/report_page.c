#include "report_page.h"

#include "map_groups.h"
#include "memory.h"
#include "svg_chart.h"
#include "svg_text.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Made from page/ at build. */
extern const char mds_report_style[];
extern const size_t mds_report_style_length;
extern const char mds_report_script[];
extern const size_t mds_report_script_length;

const char *mds_report_verdict(double stress1)
{
    /* Kruskal, "Multidimensional scaling by optimizing goodness of fit", Psychometrika 29, 1964. */
    return stress1 <= 0.025  ? "excellent"
           : stress1 <= 0.05 ? "good"
           : stress1 <= 0.1  ? "fair"
           : stress1 <= 0.2  ? "between fair and poor"
                             : "poor";
}

double mds_report_spread(const double *covariances, size_t i, size_t p)
{
    double sum = 0;
    for (size_t k = 0; k < p; k++) sum += covariances[(i * p + k) * p + k];
    return sqrt(sum);
}

/* ---- the top ---- */

static bool diagram_there(const mds_report_diagram *d, const mds_report_view *view)
{
    return !d->there || d->there(view);
}

static void write_top(fs_output *out, const mds_report_view *view)
{
    char objects[FS_NUMBER_SIZE];
    fs_number_grouped(view->pairs.n, objects);
    fs_output_string(out, "<header class=\"top\">\n<h1>");
    mds_svg_text(out, view->title);
    fs_output_string(out,
                     "</h1>\n<button class=\"theme\" type=\"button\" aria-label=\"Colours\">\u263e</button>\n"
                     "<p class=\"lead\">");
    fs_output_format(out, "%s objects in %zu dimension%s, from ", objects, view->pairs.p,
                     view->pairs.p == 1 ? "" : "s");
    mds_svg_text(out, view->read_as);
    fs_output_format(
        out,
        "</p>\n<p class=\"headline\"><b>%.*f</b><span><em>stress-1</em>: %s by Kruskal\u2019s rule "
        "of thumb%s; %.1f\u00a0%% of the dissimilarities\u2019 dispersion is accounted for</span></p>\n",
        view->fit.stress1 < 0.01 ? 4 : 3, view->fit.stress1, mds_report_verdict(view->fit.stress1),
        view->pairs.n > 60 ? ", made for a few dozen objects: more have more stress" : "",
        100 * view->facts.accounted);
    if (view->warning) {
        fs_output_string(out, "<p class=\"warn\">");
        mds_svg_text(out, view->warning);
        fs_output_string(out, "</p>\n");
    }
    if (view->interrupted)
        fs_output_string(out,
                         "<p class=\"warn\">This report was interrupted: what had not been computed by then "
                         "is missing.</p>\n");
    fs_output_string(out, "<nav aria-label=\"Parts of this page\"><a href=\"#map\">Map</a>");
    for (size_t k = 0; k < mds_report_diagram_count; k++)
        if (diagram_there(&mds_report_diagrams[k], view)) {
            fs_output_format(out, "<a href=\"#%s\">", mds_report_diagrams[k].name);
            mds_svg_text(out, mds_report_diagrams[k].title);
            fs_output_string(out, "</a>");
        }
    fs_output_string(out, "<a href=\"#pairs\">Worst pairs</a><a href=\"#made\">How it was made</a><a "
                          "href=\"#objects\">Objects</a></nav>\n</header>\n<main>\n");
}

/* ---- the map ---- */

static fs_status write_map(fs_output *out, const mds_report_view *view, fs_error *error)
{
    fs_output_string(
        out, "<section id=\"map\"><h2>Map</h2>\n<div class=\"viewer\">\n<noscript><p class=\"wait\">The map "
             "is drawn "
             "with JavaScript, which is turned off here. The diagrams below do without.</p></noscript>\n"
             "<script type=\"application/json\" class=\"map-data\">");
    fs_status status = mds_report_data_write(out, view, error);
    fs_output_string(out, "</script>\n</div>\n");
    if (view->pairs.p > 3)
        fs_output_format(out, "<p class=\"small\">The first three principal axes of %zu dimensions.</p>\n",
                         view->pairs.p);
    fs_output_string(out, "</section>\n");
    return status;
}

/* ---- the diagrams, each with what it says in words ---- */

static void shepard_words(fs_output *out, const mds_report_view *view)
{
    fs_output_format(
        out,
        "Each %s shows how far apart two objects are in the map (upwards) and in the data (to the "
        "right). In a perfect map all lie on the line. Correlation %.4f, r\u00b2 %.4f.",
        view->facts.pairs > 1500 ? "spot" : "dot", view->facts.correlation,
        view->facts.correlation * view->facts.correlation);
}

static void residual_words(fs_output *out, const mds_report_view *view)
{
    (void)view;
    fs_output_string(out,
                     "What is left between line and dot of the Shepard diagram. A bow or a fan says that the "
                     "data follow the distances in another way than this level supposes.");
}

static void point_words(fs_output *out, const mds_report_view *view)
{
    fs_output_format(
        out,
        "Half of a pair\u2019s squared residual counts for each of its two objects. An average object "
        "has %.3g\u00a0%%; one with several times that does not belong where it stands, or needs "
        "another dimension.",
        100 / (double)view->pairs.n);
}

static void bubble_words(fs_output *out, const mds_report_view *view)
{
    (void)view;
    fs_output_string(out, "The same shares as areas, to see whether what fits badly lies together.");
}

static void dimension_words(fs_output *out, const mds_report_view *view)
{
    if (view->elbow)
        fs_output_format(
            out,
            "More dimensions always fit better. Beyond the elbow, here at %zu, they mostly fit noise. "
            "A curve without a sharp bend leaves the choice to what can be read from the map.",
            view->elbow);
    else
        fs_output_string(out, "More dimensions always fit better; this curve bends nowhere in particular.");
}

static void start_words(fs_output *out, const mds_report_view *view)
{
    if (!view->minima_stress) {
        fs_output_format(out, "%u of %u starts ended in this map.", view->fit.best_count, view->fit.starts);
        return;
    }
    fs_output_format(
        out,
        "One descent from each of %zu random starts; %zu (%.0f\u00a0%%) reached the best map found this "
        "way, whose stress-1 is %.4f. The map of this report comes from a deeper search and has %.4f.",
        view->minima.starts, view->minima.best_count,
        100 * (double)view->minima.best_count / (double)view->minima.starts, view->minima.smallest,
        view->fit.stress1);
}

static void minima_words(fs_output *out, const mds_report_view *view)
{
    fs_output_format(out, "Ends of those starts, counted as one where they can be turned onto each other. %s",
                     view->minima.groups == 1
                         ? "All are the same map."
                         : "Where a second map fits nearly as well and looks different, the "
                           "first is not the whole truth.");
}

static void stability_words(fs_output *out, const mds_stability *s)
{
    fs_output_format(
        out,
        " Stability %.4f (1: all maps alike), cross-validity %.4f (1: their average is this map), "
        "dispersion %.4f.",
        s->stability, s->cross_validity, s->dispersion);
}

static void bootstrap_words(fs_output *out, const mds_report_view *view)
{
    fs_output_format(out,
                     "%s, the map fitted again, %zu times; objects whose ellipses overlap are not told apart "
                     "by these data.",
                     view->features_drawn
                         ? "The features were drawn again with replacement"
                         : "Distances of the map plus residuals drawn anew stood in for the data",
                     view->bootstrap.maps);
    stability_words(out, &view->bootstrap);
    fs_output_format(out, " Stress-1 of the maps: %.4f to %.4f (the middle 95\u00a0%%).",
                     view->bootstrap.stress_low, view->bootstrap.stress_high);
}

static void jackknife_words(fs_output *out, const mds_report_view *view)
{
    fs_output_format(out, "The map fitted again %zu times, each time without one object.",
                     view->jackknife.maps);
    stability_words(out, &view->jackknife);
}

static void permutation_words(fs_output *out, const mds_report_view *view)
{
    const mds_permutation *q = &view->permutation;
    fs_output_format(
        out,
        "%zu maps of the same numbers in random order: stress-1 %.4f on average, %.4f at best. A map "
        "of data without structure would fit as well as this one with probability p\u00a0%s\u00a0%.3g.",
        q->maps, q->mean, q->smallest, q->p_value <= 1.5 / (double)(q->maps + 1) ? "\u2264" : "=",
        q->p_value);
}

static void write_words(fs_output *out, const char *name, const mds_report_view *view)
{
    static const struct {
        const char *name;
        void (*write)(fs_output *out, const mds_report_view *view);
    } words[] = {{"shepard", shepard_words},      {"residuals", residual_words},
                 {"points", point_words},         {"bubble", bubble_words},
                 {"dimensions", dimension_words}, {"starts", start_words},
                 {"minima", minima_words},        {"bootstrap", bootstrap_words},
                 {"jackknife", jackknife_words},  {"permutation", permutation_words}};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (strcmp(words[k].name, name) == 0) words[k].write(out, view);
}

/* ---- tables ---- */

static void cell(fs_output *out, double value, const char *format)
{
    if (!isfinite(value)) {
        fs_output_string(out, "<td class=\"none\" data-value=\"\">\u2013</td>");
        return;
    }
    char text[32];
    snprintf(text, sizeof text, format, value);
    bool negative = text[0] == '-';
    fs_output_format(out, "<td data-value=\"%.9g\">%s%s</td>", value, negative ? "\u2212" : "",
                     text + negative);
}

static void head(fs_output *out, const char *title, bool words)
{
    fs_output_format(out, "<th%s scope=\"col\"><button type=\"button\">%s</button></th>",
                     words ? " class=\"text\"" : "", title);
}

static void write_objects(fs_output *out, const mds_report_view *view)
{
    size_t n = view->pairs.n, p = view->pairs.p;
    fs_output_string(out,
                     "<section id=\"objects\"><h2>Objects</h2>\n<p class=\"small\">Spreads are root mean "
                     "squares in the unit of the map. A row chosen here is shown in the map.</p>\n<div "
                     "class=\"scroll tall\"><table class=\"figures\"><thead><tr>");
    head(out, "object", true);
    if (view->groups) head(out, "group", true);
    head(out, "% of the stress", false);
    if (view->bootstrap_covariances) head(out, "bootstrap spread", false);
    if (view->jackknife_covariances) head(out, "jackknife spread", false);
    if (view->influence) head(out, "moves the others by", false);
    fs_output_string(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < n; i++) {
        char number[24];
        fs_output_format(out, "<tr data-i=\"%zu\" tabindex=\"-1\"><td class=\"text\"", i);
        if (!view->labels) fs_output_format(out, " data-value=\"%zu\"", i + 1);
        fs_output_string(out, ">");
        mds_svg_text(out, mds_report_name(view, i, number));
        fs_output_string(out, "</td>");
        if (view->groups) {
            fs_output_string(out, "<td class=\"text\">");
            mds_svg_text(out, view->groups[i]);
            fs_output_string(out, "</td>");
        }
        cell(out, 100 * view->shares[i], "%.2f");
        if (view->bootstrap_covariances)
            cell(out, mds_report_spread(view->bootstrap_covariances, i, p), "%.3g");
        if (view->jackknife_covariances)
            cell(out, mds_report_spread(view->jackknife_covariances, i, p), "%.3g");
        if (view->influence) cell(out, view->influence[i], "%.3g");
        fs_output_string(out, "</tr>\n");
    }
    fs_output_string(out, "</tbody></table></div></section>\n");
}

static void write_worst(fs_output *out, const mds_report_view *view)
{
    fs_output_string(out, "<section id=\"pairs\" class=\"card\"><h2>Pairs that fit worst</h2>\n<div "
                          "class=\"scroll tall\"><table "
                          "class=\"figures\"><thead><tr>");
    head(out, "pair", true);
    head(out, "data", false);
    if (view->pairs.disparities) head(out, "to be", false);
    head(out, "map", false);
    head(out, "residual", false);
    fs_output_string(out, "</tr></thead>\n<tbody>\n");
    for (size_t k = 0; k < view->facts.worst_count; k++) {
        const mds_pair_residual *pair = &view->facts.worst[k];
        char first[24], second[24];
        fs_output_format(out, "<tr data-i=\"%zu\" data-j=\"%zu\"><td class=\"text\">", pair->i, pair->j);
        mds_svg_text(out, mds_report_name(view, pair->i, first));
        fs_output_string(out, " \u2013 ");
        mds_svg_text(out, mds_report_name(view, pair->j, second));
        fs_output_string(out, "</td>");
        cell(out, pair->delta, "%.5g");
        if (view->pairs.disparities) cell(out, pair->disparity, "%.5g");
        cell(out, pair->distance, "%.5g");
        cell(out, pair->residual, "%+.3g");
        fs_output_string(out, "</tr>\n");
    }
    fs_output_string(out, "</tbody></table></div></section>\n");
}

/* ---- how it was made ---- */

static void term(fs_output *out, const char *name, const char *format, ...) FS_PRINTF(3, 4);
static void term(fs_output *out, const char *name, const char *format, ...)
{
    char value[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    value[fs_utf8_clip(value, strlen(value))] = '\0';
    fs_output_format(out, "<dt>%s</dt><dd>", name);
    mds_svg_text(out, value);
    fs_output_string(out, "</dd>\n");
}

static void write_made(fs_output *out, const mds_report_view *view)
{
    const mds_result *r = &view->fit;
    const mds_pair_facts *f = &view->facts;
    char number[FS_NUMBER_SIZE];
    fs_output_string(out, "<section id=\"made\" class=\"card\"><h2>How it was made</h2>\n<dl>\n");
    term(out, "Input", "%s", view->input);
    term(out, "Read as", "%s", view->read_as);
    if (view->metric) term(out, "Distances", "%s", view->metric);
    fs_number_grouped(f->pairs, number);
    term(out, "Pairs", "%s", number);
    term(out, "Level", "%s", mds_level_name(view->level));
    if (r->method) {
        term(out, "Method", "%s", r->method);
        term(out, "Starts", "%u, of which %u ended in this map", r->starts, r->best_count);
        term(out, "Stopped", "%s", mds_stop_name(r->stop));
    }
    term(out, "Stress-1", "%.6f", r->stress1);
    term(out, "Stress-2", "%.6f", f->stress2);
    term(out, "Normalised raw stress", "%.6f", r->normalized * r->normalized);
    term(out, "Dispersion accounted for", "%.6f", f->accounted);
    term(out, "Tucker\u2019s congruence", "%.6f", f->congruence);
    term(out, "Pearson\u2019s r, and r\u00b2", "%.6f, %.6f", f->correlation, f->correlation * f->correlation);
    for (size_t k = 0; k < view->note_count; k++) term(out, "Note", "%s", view->notes[k]);
    term(out, "mdscale", "%s", FLAMESCALE_VERSION);
    fs_output_string(out, "</dl></section>\n");
}

/* ---- the page ---- */

static fs_status write_diagrams(fs_output *out, const mds_report_view *view, fs_error *error)
{
    fs_status status = FS_OK;
    fs_output_string(out, "<div class=\"cards\">\n");
    for (size_t k = 0; k < mds_report_diagram_count && status == FS_OK; k++) {
        const mds_report_diagram *d = &mds_report_diagrams[k];
        if (!diagram_there(d, view)) continue;
        fs_output_format(out, "<section id=\"%s\" class=\"card\"><h2>", d->name);
        mds_svg_text(out, d->title);
        fs_output_string(out, "</h2>\n<p class=\"small\">");
        write_words(out, d->name, view);
        fs_output_string(out, "</p>\n");
        status = d->plot(out, view, false, error);
        fs_output_string(out, "</section>\n");
    }
    write_worst(out, view);
    write_made(out, view);
    fs_output_string(out, "</div>\n");
    return status;
}

/* The colours of groups, as variables of the page and as classes of its diagrams. */
static void write_colours(fs_output *out, const char *selector, const char *const *colours)
{
    fs_output_format(out, "%s{", selector);
    for (size_t k = 0; k < MDS_COLOURS; k++) fs_output_format(out, "--c%zu:%s;", k, colours[k]);
    fs_output_string(out, "}\n");
}

static void write_style(fs_output *out)
{
    fs_output_string(out, "<style>\n");
    write_colours(out, ":root", mds_light_colours);
    fs_output_string(out, "@media (prefers-color-scheme:dark){\n");
    write_colours(out, ":root:not([data-theme=\"light\"])", mds_dark_colours);
    fs_output_string(out, "}\n");
    write_colours(out, ":root[data-theme=\"dark\"]", mds_dark_colours);
    for (size_t k = 0; k < MDS_COLOURS; k++) fs_output_format(out, ".c%zu{fill:var(--c%zu)}", k, k);
    fs_output_string(out, "\n");
    fs_output_write(out, mds_report_style, mds_report_style_length);
    fs_output_string(out, "</style>\n");
}

fs_status mds_report_page_write(fs_output *out, const mds_report_view *view, fs_error *error)
{
    /* Nothing may be fetched, from anywhere. */
    fs_output_string(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
                          "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src "
                          "'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; "
                          "form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width, "
                          "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta "
                          "name=\"generator\" content=\"mdscale " FLAMESCALE_VERSION "\">\n<title>");
    mds_svg_text(out, view->title);
    fs_output_string(out, "</title>\n");
    write_style(out);
    fs_output_string(out, "<script>\n(() => {\n'use strict';\n");
    fs_output_write(out, mds_report_script, mds_report_script_length);
    fs_output_string(out, "})();\n</script>\n</head>\n<body class=\"report\">\n");
    write_top(out, view);
    fs_status status = write_map(out, view, error);
    if (status == FS_OK) status = write_diagrams(out, view, error);
    write_objects(out, view);
    fs_output_string(out,
                     "</main>\n<footer>Made by mdscale report. Everything is in this one file; it asks the "
                     "network for nothing.</footer>\n</body>\n</html>\n");
    return status;
}
