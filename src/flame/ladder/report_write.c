/* The files of a report. */
#include "report.h"

#include "file.h"
#include "graph.h"
#include "html_writer.h"
#include "ladder_page.h"
#include "stack_reader.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

/* Made from page/ at build. */
extern const char flame_ladder_style[];
extern const size_t flame_ladder_style_length;
extern const char flame_ladder_script[];
extern const size_t flame_ladder_script_length;

typedef struct report {
    const flame_ladder *ladder;
    const flame_plan *plan;
    const char *directory;
    flame_tree **trees;
    fs_arena arena;
} report;

/* directory/stem.ending, NULL when out of memory. */
static const char *file_path(report *r, const char *stem, const char *ending)
{
    fs_text name;
    fs_text_init(&name);
    fs_text_format(&name, "%s%s", stem, ending);
    const char *path = name.failed ? NULL : flame_path_join(r->directory, fs_text_string(&name), &r->arena);
    fs_text_fini(&name);
    return path;
}

static fs_status open_file(report *r, const char *stem, const char *ending, fs_output **output,
                           fs_error *error)
{
    const char *path = file_path(r, stem, ending);
    if (!path) return fs_fail_memory(error, "naming a file", 0);
    return fs_output_open(path, output, error);
}

static fs_status close_file(fs_output *output, fs_status status, fs_error *error)
{
    if (status == FS_OK) return fs_output_commit(output, error);
    fs_output_discard(output);
    return status;
}

static fs_status write_markdown(report *r, fs_error *error)
{
    fs_output *output = NULL;
    fs_text text;
    fs_text_init(&text);
    fs_status status = flame_report_markdown(r->ladder, &text, error);
    if (status == FS_OK) status = open_file(r, "ladder", ".md", &output, error);
    if (status == FS_OK) {
        fs_output_write(output, text.data, text.length);
        status = fs_output_commit(output, error);
    }
    fs_text_fini(&text);
    return status;
}

/* ---- profiles ---- */

/* A profile that cannot be read any more leaves its rung without a picture. */
static fs_status read_trees(report *r, fs_error *error)
{
    for (size_t i = 0; i < r->ladder->rung_count; i++) {
        const flame_rung *rung = &r->ladder->rungs[i];
        if (!(rung->samples > 0) || rung->state == FLAME_RUNG_FAILED) continue;
        const char *path = file_path(r, fs_text_string(&rung->slug), ".folded");
        if (!path) return fs_fail_memory(error, "naming a file", 0);
        fs_status status = flame_tree_create(&r->trees[i], error);
        if (status != FS_OK) return status;
        flame_read_options options;
        flame_read_options_default(&options);
        options.format = FLAME_FOLDED;
        options.pairs = FLAME_PAIRS_NO;
        fs_error ignored;
        if (flame_stacks_read(path, &options, r->trees[i], NULL, &ignored) == FS_OK) {
            flame_tree_finish(r->trees[i]);
            continue;
        }
        flame_tree_destroy(r->trees[i]);
        r->trees[i] = NULL;
    }
    return FS_OK;
}

static fs_status write_graphs(report *r, size_t index, fs_error *error)
{
    const flame_rung *rung = &r->ladder->rungs[index];
    const char *slug = fs_text_string(&rung->slug);
    flame_graph_options options;
    flame_graph_options_default(&options);
    fs_text title;
    fs_text_init(&title);
    fs_text_format(&title, "%s: %s", fs_text_string(&r->ladder->title), fs_text_string(&rung->name));
    options.title = fs_text_string(&title);
    options.subtitle = fs_text_string(&rung->command);
    fs_output *output = NULL;
    fs_status status = title.failed ? fs_fail_memory(error, "naming a flame graph", 0)
                                    : open_file(r, slug, ".svg", &output, error);
    if (status == FS_OK)
        status = close_file(output, flame_write_svg(r->trees[index], &options, output, error), error);
    if (status == FS_OK) status = open_file(r, slug, ".html", &output, error);
    if (status == FS_OK)
        status = close_file(output, flame_write_html(r->trees[index], &options, output, error), error);
    fs_text_fini(&title);
    return status;
}

/* ---- the page ---- */

static fs_status fill_page(flame_page *page, fs_error *error)
{
    fs_output *output = page->output;
    fs_output_string(output, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    flame_html_policy(output);
    fs_output_string(output,
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    flame_page_text(page, fs_text_string(&page->ladder->title));
    fs_output_string(output, "</title>\n<style>\n");
    fs_output_write(output, flame_ladder_style, flame_ladder_style_length);
    fs_output_string(output, "</style>\n<script>\n");
    fs_output_write(output, flame_ladder_script, flame_ladder_script_length);
    fs_output_string(output, "</script>\n");
    flame_html_assets(output);
    fs_output_string(output, "</head>\n<body class=\"ladder\">\n");
    flame_page_top(page);
    flame_page_table(page);
    flame_page_chart(page);
    fs_status status = FS_OK;
    for (size_t i = 0; i < page->ladder->rung_count && status == FS_OK; i++) {
        status = flame_page_difference(page, i, error);
        if (status == FS_OK) status = flame_page_rung(page, i, error);
    }
    flame_page_machine(page);
    fs_output_string(output,
                     "</main>\n<footer>Made by flame ladder. Everything is in this one file; it asks the "
                     "network for nothing.</footer>\n</body>\n</html>\n");
    return status;
}

static fs_status write_page(report *r, fs_error *error)
{
    flame_page page = {.ladder = r->ladder, .plan = r->plan, .trees = r->trees};
    fs_status status = open_file(r, "index", ".html", &page.output, error);
    if (status != FS_OK) return status;
    fs_arena_init(&page.arena);
    status = close_file(page.output, fill_page(&page, error), error);
    fs_text_fini(&page.scratch);
    fs_arena_fini(&page.arena);
    return status;
}

fs_status flame_report_write(const flame_ladder *ladder, const flame_plan *plan, const char *directory,
                             fs_error *error)
{
    report r = {.ladder = ladder, .plan = plan, .directory = directory};
    fs_arena_init(&r.arena);
    r.trees = fs_alloc_0(ladder->rung_count, sizeof *r.trees);
    const char *json = file_path(&r, "ladder", ".json");
    fs_status status = FS_OK;
    if (!r.trees || !json) {
        status = fs_fail_memory(error, "writing a report", 0);
        goto cleanup;
    }
    status = flame_ladder_write(ladder, json, error);
    if (status == FS_OK) status = write_markdown(&r, error);
    if (status == FS_OK) status = read_trees(&r, error);
    for (size_t i = 0; i < ladder->rung_count && status == FS_OK; i++)
        if (r.trees[i]) status = write_graphs(&r, i, error);
    if (status == FS_OK) status = write_page(&r, error);
cleanup:
    for (size_t i = 0; r.trees && i < ladder->rung_count; i++) flame_tree_destroy(r.trees[i]);
    fs_free(r.trees);
    fs_arena_fini(&r.arena);
    return status;
}
