/* The files of a report: all are written out before the first gets its name. */
#include "report.h"

#include "file.h"
#include "graph.h"
#include "ladder_page.h"
#include "stack_reader.h"
#include "words.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

typedef struct report {
    const flame_ladder *ladder;
    const flame_plan *plan;
    const char *directory;
    flame_tree **trees;
    fs_output **outputs; /* in the order in which they get their names */
    size_t count;
    fs_arena arena;
} report;

/* stem.ending in the directory, NULL when out of memory. */
static const char *file_path(report *r, const char *stem, const char *ending)
{
    const char *name = stem ? flame_arena_format(&r->arena, "%s%s", stem, ending) : NULL;
    return name ? flame_path_join(r->directory, name, &r->arena) : NULL;
}

static fs_status open_file(report *r, const char *stem, const char *ending, fs_output **output,
                           fs_error *error)
{
    const char *path = file_path(r, stem, ending);
    if (!path) return fs_fail_memory(error, "naming a file", 0);
    fs_status status = fs_output_open(path, output, error);
    if (status == FS_OK) r->outputs[r->count++] = *output;
    return status;
}

static fs_status write_markdown(report *r, fs_error *error)
{
    fs_output *output;
    fs_text text;
    fs_text_init(&text);
    fs_status status = flame_report_markdown(r->ladder, &text, error);
    if (status == FS_OK) status = open_file(r, "ladder", ".md", &output, error);
    if (status == FS_OK) fs_output_write(output, text.data, text.length);
    fs_text_fini(&text);
    return status;
}

/* The long answers that later rungs are compared with, for --resume and --only. */
static fs_status write_answers(report *r, const flame_rung *rung, fs_error *error)
{
    if (flame_ladder_reference(r->ladder, rung) != rung) return FS_OK;
    fs_status status = FS_OK;
    for (size_t i = 0; i < rung->answer_count && status == FS_OK; i++) {
        const flame_answer *answer = &rung->answers[i];
        if (!answer->text || answer->length <= FLAME_ANSWER_SHORT) continue;
        const char *folder = file_path(r, "answers", "");
        if (folder && mkdir(folder, 0777) != 0 && errno != EEXIST)
            return fs_fail(error, FS_IO, "cannot make the directory '%s': %s", folder, strerror(errno));
        fs_output *output;
        status = open_file(r, flame_answer_file(rung->slug, i, &r->arena), "", &output, error);
        if (status == FS_OK) fs_output_write(output, answer->text, answer->length);
    }
    return status;
}

/* A profile that cannot be read any more leaves its rung without a picture. */
static fs_status read_tree(report *r, size_t index, fs_error *error)
{
    const flame_rung *rung = &r->ladder->rungs[index];
    if (!(rung->samples > 0) || rung->state == FLAME_RUNG_FAILED) return FS_OK;
    const char *path = file_path(r, rung->slug, ".folded");
    if (!path) return fs_fail_memory(error, "naming a file", 0);
    flame_tree *tree;
    fs_status status = flame_tree_create(&tree, error);
    if (status != FS_OK) return status;
    flame_read_options options;
    flame_read_options_default(&options);
    options.format = FLAME_FOLDED;
    options.pairs = FLAME_PAIRS_NO;
    fs_error ignored;
    if (flame_stacks_read(path, &options, tree, NULL, &ignored) != FS_OK) {
        flame_tree_destroy(tree);
        return FS_OK;
    }
    flame_tree_finish(tree);
    r->trees[index] = tree;
    return FS_OK;
}

static fs_status write_graphs(report *r, size_t index, fs_error *error)
{
    const flame_rung *rung = &r->ladder->rungs[index];
    flame_graph_options options = FLAME_GRAPH_DEFAULTS;
    options.title = flame_arena_format(&r->arena, "%s: %s", r->ladder->title, rung->name);
    options.subtitle = rung->command;
    if (!options.title) return fs_fail_memory(error, "naming a flame graph", 0);
    fs_output *output;
    fs_status status = open_file(r, rung->slug, ".svg", &output, error);
    if (status == FS_OK) status = flame_write_svg(r->trees[index], &options, output, error);
    if (status == FS_OK) status = open_file(r, rung->slug, ".html", &output, error);
    if (status == FS_OK) status = flame_write_html(r->trees[index], &options, output, error);
    return status;
}

static fs_status write_page(report *r, fs_error *error)
{
    flame_page page = {.ladder = r->ladder, .plan = r->plan, .trees = r->trees};
    fs_status status = open_file(r, "index", ".html", &page.output, error);
    if (status != FS_OK) return status;
    fs_arena_init(&page.arena);
    status = flame_page_write(&page, error);
    fs_text_fini(&page.scratch);
    fs_arena_fini(&page.arena);
    return status;
}

/* Every file stays open, with its folder, until all get their names: for a hundred rungs that is more than
 * many systems allow without being asked. */
static void allow_files(size_t count)
{
    struct rlimit limit;
    const rlim_t wanted = 2 * count + 100;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

fs_status flame_report_write(const flame_ladder *ladder, const flame_plan *plan, const char *directory,
                             fs_error *error)
{
    report r = {.ladder = ladder, .plan = plan, .directory = directory};
    fs_arena_init(&r.arena);
    size_t count = ladder->rung_count;
    r.trees = fs_alloc_0(count, sizeof *r.trees);
    /* Two graphs of each rung and its answers, and three files of the ladder. */
    const size_t most = (2 + FLAME_ANSWERS_MOST) * count + 3;
    r.outputs = fs_alloc_0(most, sizeof *r.outputs);
    allow_files(most);
    fs_status status = r.trees && r.outputs ? FS_OK : fs_fail_memory(error, "writing a report", 0);
    for (size_t i = 0; i < count && status == FS_OK; i++) {
        status = write_answers(&r, &ladder->rungs[i], error);
        if (status == FS_OK) status = read_tree(&r, i, error);
        if (status == FS_OK && r.trees[i]) status = write_graphs(&r, i, error);
    }
    if (status == FS_OK) status = write_markdown(&r, error);
    if (status == FS_OK) status = write_page(&r, error);
    fs_output *results; /* last, for it tells that the others are there */
    if (status == FS_OK) status = open_file(&r, "ladder", ".json", &results, error);
    if (status == FS_OK) {
        flame_ladder_write_to(ladder, results);
        status = fs_outputs_commit(r.outputs, r.count, error);
        r.count = 0;
    }
    for (size_t i = 0; r.outputs && i < r.count; i++) fs_output_discard(r.outputs[i]);
    for (size_t i = 0; r.trees && i < count; i++) flame_tree_destroy(r.trees[i]);
    fs_free(r.trees);
    fs_free(r.outputs);
    fs_arena_fini(&r.arena);
    return status;
}
