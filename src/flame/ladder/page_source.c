/* The hot lines of a rung with their text, and its sources with each line's share beside it. */
#include "ladder_page.h"

#include "words.h"

#include <string.h>

enum { LINES_SHOWN = 12, FILES_MOST = 8, FILE_BYTES_MOST = 1 << 20, FILE_LINES_MOST = 5000 };

static const double least_share = 0.005;

typedef struct source_line {
    const char *text;
    size_t length;      /* without its end */
    double self, total; /* shares */
} source_line;

typedef struct source {
    const char *name; /* as the plan or the profile says it */
    char *text;
    source_line *lines;
    size_t count;
} source;

typedef struct sources {
    source files[FILES_MOST];
    size_t count;
    const char *directory;
    size_t rung;
} sources;

static void sources_fini(sources *all)
{
    for (size_t i = 0; i < all->count; i++) {
        fs_free(all->files[i].text);
        fs_free(all->files[i].lines);
    }
}

/* The source that a frame's file means: the same path, or the same name when the paths differ. */
static source *find_source(sources *all, const char *file, size_t length)
{
    for (size_t i = 0; i < all->count; i++) {
        const char *name = all->files[i].name;
        if (strlen(name) == length && memcmp(name, file, length) == 0) return &all->files[i];
    }
    size_t base = length;
    while (base > 0 && file[base - 1] != '/') base--;
    for (size_t i = 0; i < all->count; i++) {
        const char *name = fs_path_base(all->files[i].name);
        if (strlen(name) == length - base && memcmp(name, file + base, length - base) == 0)
            return &all->files[i];
    }
    return NULL;
}

/* A file that cannot be read is left out. */
static fs_status add_source(flame_page *page, sources *all, const char *name, size_t length, fs_error *error)
{
    if (all->count == FILES_MOST || find_source(all, name, length)) return FS_OK;
    source *file = &all->files[all->count];
    *file = (source){.name = fs_arena_strndup(&page->arena, name, length)};
    const char *path = file->name ? flame_path_join(all->directory, file->name, &page->arena) : NULL;
    if (!path) return fs_fail_memory(error, "reading a source", 0);
    fs_error ignored;
    if (fs_file_read(path, FILE_BYTES_MOST, &file->text, &length, &ignored) != FS_OK) return FS_OK;
    all->count++;
    const char *end = file->text + length;
    size_t count = 1;
    for (size_t i = 0; i < length; i++) count += file->text[i] == '\n';
    file->lines = fs_alloc_0(count, sizeof *file->lines);
    if (!file->lines) return fs_fail_memory(error, "reading a source", 0);
    for (const char *at = file->text, *next; at < end; at = next + 1) {
        next = memchr(at, '\n', (size_t)(end - at));
        if (!next) next = end;
        size_t whole = (size_t)(next - at);
        file->lines[file->count++] =
            (source_line){.text = at, .length = whole > 0 && next[-1] == '\r' ? whole - 1 : whole};
    }
    return FS_OK;
}

/* The line of a source that a frame is in; NULL: its text is not there. */
static source_line *find_line(sources *all, const flame_frame_parts *frame)
{
    source *file = frame->file && frame->line > 0 ? find_source(all, frame->file, frame->file_length) : NULL;
    return file && (size_t)frame->line <= file->count ? &file->lines[frame->line - 1] : NULL;
}

/* Files of the program itself, not of a library: those below the rung's directory. */
static bool is_own(const flame_frame_parts *frame)
{
    return frame->file && frame->file_length > 0 && frame->file[0] != '/' && frame->file[0] != '<' &&
           frame->file[0] != '.' && frame->line > 0;
}

/* "file:line", leading to the line below when its text is there. */
static void write_place(flame_page *page, sources *all, const flame_frame_parts *frame, bool linked)
{
    fs_output *out = page->output;
    if (linked)
        fs_output_format(out, "<a class=\"line\" href=\"#s%zu-%zu-%d\">", all->rung,
                         (size_t)(find_source(all, frame->file, frame->file_length) - all->files),
                         frame->line);
    fs_output_string(out, frame->file ? flame_page_bytes(page, frame->file, frame->file_length) : "–");
    if (frame->file && frame->line > 0) fs_output_format(out, ":%d", frame->line);
    if (linked) fs_output_string(out, "</a>");
}

/* `places`: the table has a column for them. */
static void write_hot_row(flame_page *page, sources *all, const flame_line_share *hot, double samples,
                          bool places)
{
    const flame_frame_parts *frame = &hot->frame;
    fs_output *out = page->output;
    const source_line *line = find_line(all, frame);
    double percent = 100 * (hot->self / samples);
    fs_output_format(out, "<tr><td><span class=\"share\"><i style=\"--part:%.1f%%\"></i>%.1f%%</span>",
                     percent, percent);
    if (places) {
        fs_output_string(out, "</td><td class=\"text\">");
        write_place(page, all, frame, line != NULL);
    }
    fs_output_string(out, "</td><td class=\"text code\"><code>");
    if (line) {
        size_t blank = 0;
        while (blank < line->length && (line->text[blank] == ' ' || line->text[blank] == '\t')) blank++;
        fs_output_string(out, flame_page_bytes(page, line->text + blank, line->length - blank));
    } else {
        if (frame->line > 0) fs_output_string(out, "<span class=\"none\">in </span>");
        fs_output_string(out, flame_page_bytes(page, frame->function, frame->function_length));
    }
    fs_output_string(out, "</code></td></tr>\n");
}

/* The hottest lines; of a program whose profile tells no lines, the hottest functions. */
static void write_hot_table(flame_page *page, sources *all, const flame_line_share *hot, size_t count,
                            double samples)
{
    bool lines = hot[0].frame.line > 0;
    fs_output_format(page->output,
                     "<h3>%s</h3>\n<div class=\"scroll\"><table class=\"hot\"><thead><tr><th class=\"text\">"
                     "time of its own</th>%s<th class=\"text\">%s</th></tr></thead><tbody>\n",
                     lines ? "Hot lines" : "Hot functions", lines ? "<th class=\"text\">line</th>" : "",
                     lines ? "source" : "function");
    for (size_t i = 0; i < count && i < LINES_SHOWN && hot[i].self >= least_share * samples; i++)
        write_hot_row(page, all, &hot[i], samples, lines);
    fs_output_string(page->output, "</tbody></table></div>\n");
}

static void write_source(flame_page *page, const sources *all, const source *file)
{
    fs_output *out = page->output;
    fs_output_format(out,
                     "<details class=\"file\"><summary>%s</summary><div class=\"source\"><table><tbody>\n",
                     flame_page_text(page, file->name));
    for (size_t i = 0; i < file->count && i < FILE_LINES_MOST; i++) {
        const source_line *line = &file->lines[i];
        fs_output_format(out, "<tr id=\"s%zu-%zu-%zu\"", all->rung, (size_t)(file - all->files), i + 1);
        if (line->self > 0) fs_output_format(out, " style=\"--part:%.3f\"", line->self);
        if (line->total > 0)
            fs_output_format(out, " title=\"%.1f%% with all that it calls\"", 100 * line->total);
        fs_output_format(out, "><td>%zu</td><td>", i + 1);
        if (line->self >= 0.0005) fs_output_format(out, "%.1f%%", 100 * line->self);
        fs_output_format(out, "</td><td><code>%s</code></td></tr>\n",
                         flame_page_bytes(page, line->text, line->length));
    }
    fs_output_string(out, "</tbody></table></div></details>\n");
}

/* Read the sources that are shown, and give each of their lines its share. */
static fs_status collect(flame_page *page, size_t index, const flame_line_share *hot, size_t count,
                         double samples, sources *all, fs_error *error)
{
    const flame_rung_plan *rung = &page->plan->rungs[index];
    fs_status status = FS_OK;
    for (size_t i = 0; i < rung->source_count && status == FS_OK; i++)
        status = add_source(page, all, rung->sources[i], strlen(rung->sources[i]), error);
    for (size_t i = 0; i < count && i < LINES_SHOWN && status == FS_OK; i++)
        if (hot[i].self >= least_share * samples && is_own(&hot[i].frame))
            status = add_source(page, all, hot[i].frame.file, hot[i].frame.file_length, error);
    for (size_t i = 0; i < count && status == FS_OK; i++) {
        source_line *line = find_line(all, &hot[i].frame);
        if (!line) continue;
        line->self += hot[i].self / samples;
        line->total += hot[i].total / samples;
    }
    return status;
}

fs_status flame_page_hot_lines(flame_page *page, size_t index, fs_error *error)
{
    flame_tree *tree = page->trees[index];
    sources all = {.directory = page->plan->rungs[index].directory, .rung = index};
    flame_line_share *hot = NULL;
    size_t count = 0;
    double samples = 1;
    fs_status status = FS_OK;
    if (tree) {
        status = flame_line_shares(tree, &hot, &count, error);
        samples = flame_tree_counts(tree, 0).total_after;
        if (!(samples > 0)) count = 0;
    }
    if (status == FS_OK) status = collect(page, index, hot, count, samples, &all, error);
    if (status != FS_OK) goto cleanup;
    if (count > 0) write_hot_table(page, &all, hot, count, samples);
    for (size_t i = 0; i < all.count; i++) write_source(page, &all, &all.files[i]);
cleanup:
    sources_fini(&all);
    fs_free(hot);
    return status;
}
