/* A rung's section of the page, and the section between two rungs. */
#include "ladder_page.h"

#include "difference.h"
#include "figures.h"
#include "graph.h"
#include "html_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CHANGES_SHOWN = 8 };

static void fact(flame_page *page, const char *value, const char *what)
{
    flame_page_format(page, "<li><b>%s</b>%s</li>", value, what);
}

static void write_facts(flame_page *page, const flame_rung *rung)
{
    static const char *const sources[] = {"median, whole process", "median CPU time",
                                          "median, as it prints it"};
    const flame_figures *f = &rung->figures;
    char text[FLAME_FIGURE_SIZE], low[FLAME_FIGURE_SIZE], what[3 * FLAME_FIGURE_SIZE];
    flame_page_raw(page, "<ul class=\"facts\">");
    flame_seconds_text(f->time, text);
    fact(page, text, sources[rung->source]);
    if (rung->run_count >= 3) {
        flame_spread_text(rung, text);
        flame_seconds_text(f->least, low);
        char high[FLAME_FIGURE_SIZE];
        flame_seconds_text(f->most, high);
        snprintf(what, sizeof what, "spread of %zu runs, %s to %s", rung->run_count, low, high);
        fact(page, text, what);
    } else {
        snprintf(text, sizeof text, "%zu", rung->run_count);
        fact(page, text, rung->run_count == 1 ? "run" : "runs");
    }
    if (f->over_first > 0) {
        flame_times_text(f->over_first, text);
        fact(page, text, "over the first");
    }
    if (f->over_previous > 0) {
        flame_times_text(f->over_previous, text);
        fact(page, text, "over the one before");
    }
    flame_seconds_text(f->cpu, text);
    fact(page, text, "CPU time");
    flame_bytes_text(f->peak_memory, text);
    fact(page, text, "peak memory");
    flame_page_raw(page, "</ul>\n");
}

static void write_answer(flame_page *page, const flame_rung *rung)
{
    for (size_t i = 0; i < rung->answer_count; i++) {
        flame_page_raw(page, i ? "; " : "<p class=\"small\">Answer: ");
        flame_page_text(page, rung->answers[i].summary ? rung->answers[i].summary : "");
        if (i + 1 == rung->answer_count)
            flame_page_raw(page, rung->state == FLAME_RUNG_DONE ? " <span class=\"good\">✓</span></p>\n"
                                                                : "</p>\n");
    }
}

static void write_problem(flame_page *page, const flame_rung *rung)
{
    if (rung->problem.length) {
        flame_page_raw(page, rung->state == FLAME_RUNG_FAILED ? "<p class=\"problem\"><b>Failed:</b> "
                                                              : "<p class=\"problem\"><b>Wrong:</b> ");
        flame_page_text(page, fs_text_string(&rung->problem));
        flame_page_raw(page, "</p>\n");
    }
    if (rung->errors.length) {
        flame_page_raw(page, "<p class=\"small\">The end of its standard error:</p><pre>");
        flame_page_text(page, fs_text_string(&rung->errors));
        flame_page_raw(page, "</pre>\n");
    }
}

static fs_status write_graph(flame_page *page, size_t index, fs_error *error)
{
    const flame_rung *rung = &page->ladder->rungs[index];
    const char *slug = fs_text_string(&rung->slug);
    if (!page->trees[index]) {
        if (rung->no_profile.length) {
            flame_page_raw(page, "<p class=\"small\">No flame graph: ");
            flame_page_text(page, fs_text_string(&rung->no_profile));
            flame_page_raw(page, "</p>\n");
        }
        return FS_OK;
    }
    flame_graph_options options;
    flame_graph_options_default(&options);
    options.title = fs_text_string(&rung->name);
    char id[200], samples[FS_NUMBER_SIZE];
    snprintf(id, sizeof id, "graph-%s", slug);
    fs_number_grouped((uint64_t)rung->samples, samples);
    flame_html_place place = {.id = id, .heading = "Flame graph", .height = 460};
    fs_status status = flame_html_embed(page->trees[index], &options, &place, page->output, error);
    flame_page_format(
        page,
        "<p class=\"links\">%s samples by %s. The flame graph alone: <a href=\"%s.html\">%s.html</a>, <a "
        "href=\"%s.svg\">%s.svg</a>, <a href=\"%s.folded\">%s.folded</a></p>\n",
        samples, fs_text_string(&rung->recorder), slug, slug, slug, slug, slug, slug);
    return status;
}

fs_status flame_page_rung(flame_page *page, size_t index, fs_error *error)
{
    const flame_rung *rung = &page->ladder->rungs[index];
    flame_page_format(page, "<section id=\"rung-%s\"><h2>", fs_text_string(&rung->slug));
    flame_page_text(page, fs_text_string(&rung->name));
    flame_page_raw(page, "</h2>\n");
    if (rung->note.length) {
        flame_page_raw(page, "<p class=\"lead\">");
        flame_page_text(page, fs_text_string(&rung->note));
        flame_page_raw(page, "</p>\n");
    }
    flame_page_raw(page, "<code class=\"command\">");
    flame_page_text(page, fs_text_string(&rung->command));
    flame_page_raw(page, "</code>\n");
    write_problem(page, rung);
    bool timed = rung->run_count > 0 && rung->state != FLAME_RUNG_FAILED;
    if (timed) write_facts(page, rung);
    if (timed) write_answer(page, rung);
    if (rung->state == FLAME_RUNG_WAITING)
        flame_page_raw(page, "<p class=\"small\">Not measured in this climb.</p>\n");
    fs_status status = write_graph(page, index, error);
    if (status == FS_OK) status = flame_page_hot_lines(page, index, error);
    flame_page_raw(page, "</section>\n");
    return status;
}

/* ---- between two rungs ---- */

/* Milliseconds of CPU time in one run that a sample stands for. */
static double milliseconds(const flame_rung *rung, const flame_tree *tree)
{
    double samples = flame_tree_node(tree, 0)->total_after;
    return samples > 0 && rung->figures.cpu > 0 ? 1000 * rung->figures.cpu / samples : 0;
}

static void change_row(flame_page *page, const flame_tree *tree, const flame_function_change *change)
{
    const flame_name *name = flame_tree_name_of(tree, change->name);
    char before[FLAME_FIGURE_SIZE] = "–", after[FLAME_FIGURE_SIZE] = "–", by[FLAME_FIGURE_SIZE];
    if (change->self_before > 0) flame_seconds_text(change->self_before / 1000, before);
    if (change->self_after > 0) flame_seconds_text(change->self_after / 1000, after);
    double delta = change->self_after - change->self_before;
    char size[FLAME_FIGURE_SIZE];
    flame_seconds_text(fabs(delta) / 1000, size);
    snprintf(by, sizeof by, "%s%.30s", delta < 0 ? "−" : "+", size);
    flame_page_raw(page, "<tr><td class=\"text\"><code>");
    flame_page_bytes(page, name->text, name->length);
    flame_page_format(page, "</code></td><td>%s</td><td>%s</td><td class=\"%s\">%s</td></tr>\n", before,
                      after, delta < 0 ? "good" : "bad", by);
}

static fs_status write_changes(flame_page *page, const flame_tree *tree, fs_error *error)
{
    flame_function_change *changes;
    size_t count;
    fs_status status = flame_tree_changes(tree, &changes, &count, error);
    if (status != FS_OK) return status;
    flame_page_raw(page,
                   "<div class=\"scroll\"><table class=\"hot\"><thead><tr><th class=\"text\">function</th>"
                   "<th>before</th><th>after</th><th>change</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < count && i < CHANGES_SHOWN; i++)
        if (changes[i].self_before != changes[i].self_after) change_row(page, tree, &changes[i]);
    flame_page_raw(page,
                   "</tbody></table></div>\n<p class=\"small\">CPU time of one run spent in each function "
                   "itself, worked out from the samples. Below, red has a larger share than before, blue a "
                   "smaller one.</p>\n");
    fs_free(changes);
    return FS_OK;
}

fs_status flame_page_difference(flame_page *page, size_t index, fs_error *error)
{
    size_t before = flame_page_before(page, index);
    if (before == SIZE_MAX || !page->trees[before] || !page->trees[index]) return FS_OK;
    const flame_rung *from = &page->ladder->rungs[before], *to = &page->ladder->rungs[index];
    double scale_from = milliseconds(from, page->trees[before]),
           scale_to = milliseconds(to, page->trees[index]);
    if (!(scale_from > 0) || !(scale_to > 0)) return FS_OK;
    flame_tree *tree;
    fs_status status = flame_tree_create(&tree, error);
    if (status != FS_OK) return status;
    status = flame_function_merge(page->trees[before], scale_from, true, tree, error);
    if (status == FS_OK) status = flame_function_merge(page->trees[index], scale_to, false, tree, error);
    if (status != FS_OK) goto cleanup;
    flame_tree_finish(tree);
    flame_page_format(page, "<section id=\"change-%s\"><h2>What changed: ", fs_text_string(&to->slug));
    flame_page_text(page, fs_text_string(&from->name));
    flame_page_raw(page, " → ");
    flame_page_text(page, fs_text_string(&to->name));
    flame_page_raw(page, "</h2>\n");
    status = write_changes(page, tree, error);
    if (status != FS_OK) goto cleanup;
    flame_graph_options options;
    flame_graph_options_default(&options);
    options.title = "Difference";
    options.count_name = "ms";
    options.show_gone = true;
    char id[200];
    snprintf(id, sizeof id, "difference-%s", fs_text_string(&to->slug));
    flame_html_place place = {.id = id,
                              .heading =
                                  "Milliseconds of CPU time in one run, by function: red more, blue less",
                              .height = 380};
    status = flame_html_embed(tree, &options, &place, page->output, error);
    flame_page_raw(page, "</section>\n");
cleanup:
    flame_tree_destroy(tree);
    return status;
}
