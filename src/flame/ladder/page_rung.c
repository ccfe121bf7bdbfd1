/* A rung's section of the page, and the section between two rungs. */
#include "ladder_page.h"

#include "difference.h"
#include "figures.h"
#include "graph.h"
#include "html_writer.h"
#include "words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CHANGES_SHOWN = 8 };

static void write_fact(flame_page *page, const char *value, const char *what)
{
    fs_output_format(page->output, "<li><b>%s</b>%s</li>", value, what);
}

static void write_facts(flame_page *page, const flame_rung *rung)
{
    static const char *const sources[] = {"median, whole process", "median CPU time",
                                          "median, as it prints it"};
    const flame_figures *f = &rung->figures;
    char text[FLAME_FIGURE_SIZE], low[FLAME_FIGURE_SIZE], high[FLAME_FIGURE_SIZE],
        what[3 * FLAME_FIGURE_SIZE];
    flame_cell cells[FLAME_COLUMNS];
    flame_rung_cells(page->ladder, rung, cells);
    fs_output_string(page->output, "<ul class=\"facts\">");
    flame_seconds_text(f->time, text);
    write_fact(page, text, sources[rung->source]);
    if (rung->run_count >= 3) {
        flame_seconds_text(f->least, low);
        flame_seconds_text(f->most, high);
        snprintf(what, sizeof what, "spread of %zu runs, %s to %s", rung->run_count, low, high);
        write_fact(page, cells[2].text, what);
    } else {
        snprintf(text, sizeof text, "%zu", rung->run_count);
        write_fact(page, text, rung->run_count == 1 ? "run" : "runs");
    }
    if (f->over_first > 0) write_fact(page, cells[3].text, "over the first");
    if (f->over_previous > 0) write_fact(page, cells[4].text, "over the one before");
    flame_seconds_text(f->cpu, text);
    write_fact(page, text, "CPU time");
    flame_bytes_text(f->peak_memory, text);
    write_fact(page, text, "peak memory");
    fs_output_string(page->output, "</ul>\n");
}

static void write_answer(flame_page *page, size_t index)
{
    const flame_rung *rung = &page->ladder->rungs[index];
    const flame_rung_plan *plan = &page->plan->rungs[index];
    const size_t first = plan->answer_first, end = first + plan->answer_count;
    for (size_t i = first; i < end && i < rung->answer_count; i++)
        fs_output_format(page->output, "%s%s", i > first ? "; " : "<p class=\"small\">Answer: ",
                         flame_page_text(page, rung->answers[i].summary));
    if (rung->better.length)
        fs_output_format(page->output, ". This is another answer, %s",
                         flame_page_text(page, fs_text_string(&rung->better)));
    if (rung->answer_count && end > first)
        fs_output_string(page->output,
                         rung->state == FLAME_RUNG_DONE ? " <span class=\"good\">✓</span></p>\n" : "</p>\n");
}

static void write_problem(flame_page *page, const flame_rung *rung)
{
    if (rung->problem.length)
        fs_output_format(page->output, "<p class=\"problem\"><b>%s:</b> %s</p>\n",
                         rung->state == FLAME_RUNG_FAILED ? "Failed" : "Wrong",
                         flame_page_text(page, fs_text_string(&rung->problem)));
    if (rung->errors.length)
        fs_output_format(page->output, "<p class=\"small\">The end of its standard error:</p><pre>%s</pre>\n",
                         flame_page_text(page, fs_text_string(&rung->errors)));
}

/* A flame graph among the rest of the page: `kind`-`slug` is its id. */
static fs_status embed(flame_page *page, const flame_tree *tree, const flame_graph_options *options,
                       const char *kind, const char *slug, const char *heading, unsigned height,
                       fs_error *error)
{
    const char *id = flame_arena_format(&page->arena, "%s-%s", kind, slug);
    if (!id) return fs_fail_memory(error, "writing a report", 0);
    flame_html_place place = {.id = id, .heading = heading, .height = height};
    return flame_html_embed(tree, options, &place, page->output, error);
}

static fs_status write_graph(flame_page *page, size_t index, fs_error *error)
{
    const flame_rung *rung = &page->ladder->rungs[index];
    const char *slug = rung->slug;
    if (!page->trees[index]) {
        if (rung->no_profile.length)
            fs_output_format(page->output, "<p class=\"small\">No flame graph: %s</p>\n",
                             flame_page_text(page, fs_text_string(&rung->no_profile)));
        return FS_OK;
    }
    flame_graph_options options = FLAME_GRAPH_DEFAULTS;
    options.title = rung->name;
    char samples[FS_NUMBER_SIZE];
    fs_number_grouped((uint64_t)rung->samples, samples);
    fs_status status = embed(page, page->trees[index], &options, "graph", slug, "Flame graph", 460, error);
    fs_output_format(
        page->output,
        "<p class=\"links\">%s samples by %s. The flame graph alone: <a href=\"%s.html\">%s.html</a>, <a "
        "href=\"%s.svg\">%s.svg</a>, <a href=\"%s.folded\">%s.folded</a></p>\n",
        samples, fs_text_string(&rung->recorder), slug, slug, slug, slug, slug, slug);
    return status;
}

fs_status flame_page_rung(flame_page *page, size_t index, fs_error *error)
{
    const flame_rung *rung = &page->ladder->rungs[index];
    fs_output *out = page->output;
    fs_output_format(out, "<section id=\"rung-%s\"><h2>%s</h2>\n", rung->slug,
                     flame_page_text(page, rung->name));
    if (rung->note[0]) fs_output_format(out, "<p class=\"lead\">%s</p>\n", flame_page_text(page, rung->note));
    fs_output_format(out, "<code class=\"command\">%s</code>\n", flame_page_text(page, rung->command));
    write_problem(page, rung);
    if (rung->run_count > 0 && rung->state != FLAME_RUNG_FAILED) {
        write_facts(page, rung);
        write_answer(page, index);
    }
    if (rung->state == FLAME_RUNG_WAITING)
        fs_output_string(out, "<p class=\"small\">Not measured in this climb.</p>\n");
    fs_status status = write_graph(page, index, error);
    if (status == FS_OK) status = flame_page_hot_lines(page, index, error);
    fs_output_string(out, "</section>\n");
    return status;
}

/* ---- between two rungs ---- */

/* The rung before `index` in the same job, SIZE_MAX: none. */
static size_t rung_before(const flame_ladder *ladder, size_t index)
{
    for (size_t i = index; i-- > 0;)
        if (flame_same_job(&ladder->rungs[i], &ladder->rungs[index])) return i;
    return SIZE_MAX;
}

/* Milliseconds of CPU time in one run that a sample stands for. */
static double milliseconds(const flame_page *page, size_t index)
{
    double samples = flame_tree_counts(page->trees[index], 0).total_after;
    double cpu = page->ladder->rungs[index].figures.cpu;
    return samples > 0 && cpu > 0 ? 1000 * cpu / samples : 0;
}

static void write_change(flame_page *page, const flame_tree *tree, const flame_function_change *change)
{
    const flame_name *name = flame_tree_name_of(tree, change->name);
    char before[FLAME_FIGURE_SIZE] = "–", after[FLAME_FIGURE_SIZE] = "–", by[FLAME_FIGURE_SIZE];
    if (change->self_before > 0) flame_seconds_text(change->self_before / 1000, before);
    if (change->self_after > 0) flame_seconds_text(change->self_after / 1000, after);
    double delta = change->self_after - change->self_before;
    flame_seconds_text(fabs(delta) / 1000, by);
    fs_output_format(page->output,
                     "<tr><td class=\"text\"><code>%s</code></td><td>%s</td><td>%s</td><td class=\"%s\">"
                     "%s%s</td></tr>\n",
                     flame_page_bytes(page, name->text, name->length), before, after,
                     delta < 0 ? "good" : "bad", delta < 0 ? "−" : "+", by);
}

static fs_status write_changes(flame_page *page, const flame_tree *tree, fs_error *error)
{
    flame_function_change *changes;
    size_t count;
    fs_status status = flame_tree_changes(tree, &changes, &count, error);
    if (status != FS_OK) return status;
    fs_output_string(page->output,
                     "<div class=\"scroll\"><table class=\"hot\"><thead><tr><th class=\"text\">function</th>"
                     "<th>before</th><th>after</th><th>change</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < count && i < CHANGES_SHOWN; i++)
        if (changes[i].self_before != changes[i].self_after) write_change(page, tree, &changes[i]);
    fs_output_string(page->output,
                     "</tbody></table></div>\n<p class=\"small\">CPU time of one run spent in each function "
                     "itself, worked out from the samples. Below, red has a larger share than before, blue a "
                     "smaller one.</p>\n");
    fs_free(changes);
    return FS_OK;
}

fs_status flame_page_difference(flame_page *page, size_t index, fs_error *error)
{
    size_t before = rung_before(page->ladder, index);
    if (before == SIZE_MAX || !page->trees[before] || !page->trees[index]) return FS_OK;
    const flame_rung *from = &page->ladder->rungs[before], *to = &page->ladder->rungs[index];
    double scale_from = milliseconds(page, before), scale_to = milliseconds(page, index);
    if (!(scale_from > 0) || !(scale_to > 0)) return FS_OK;
    flame_tree *tree;
    fs_status status = flame_tree_create(&tree, error);
    if (status != FS_OK) return status;
    status = flame_function_merge(page->trees[before], scale_from, true, tree, error);
    if (status == FS_OK) status = flame_function_merge(page->trees[index], scale_to, false, tree, error);
    if (status != FS_OK) goto cleanup;
    flame_tree_finish(tree);
    fs_output_format(page->output, "<section id=\"change-%s\"><h2>What changed: %s → %s</h2>\n", to->slug,
                     flame_page_text(page, from->name), flame_page_text(page, to->name));
    status = write_changes(page, tree, error);
    if (status != FS_OK) goto cleanup;
    flame_graph_options options = FLAME_GRAPH_DEFAULTS;
    options.title = "Difference";
    options.count_name = "ms";
    options.show_gone = true;
    status = embed(page, tree, &options, "difference", to->slug,
                   "Milliseconds of CPU time in one run, by function: red more, blue less", 380, error);
    fs_output_string(page->output, "</section>\n");
cleanup:
    flame_tree_destroy(tree);
    return status;
}
