/* The hot lines of a rung with their text, and its sources with each line's share beside it. */
#include "ladder_page.h"

#include "words.h"

#include <string.h>

enum { LINES_SHOWN = 12, FILES_MOST = 8, FILE_BYTES_MOST = 1 << 20, FILE_LINES_MOST = 5000 };

static const double least_share = 0.005;

typedef struct source {
    const char *name; /* as the plan or the profile says it */
    char *text;       /* NULL: could not be read */
    size_t length;
    double *self, *total; /* shares by line, from 1 */
    size_t lines;
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
        fs_free(all->files[i].self);
        fs_free(all->files[i].total);
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

static fs_status add_source(flame_page *page, sources *all, const char *name, size_t length, fs_error *error)
{
    if (all->count == FILES_MOST || find_source(all, name, length)) return FS_OK;
    source *file = &all->files[all->count];
    *file = (source){.name = fs_arena_strndup(&page->arena, name, length)};
    const char *path = file->name ? flame_path_join(all->directory, file->name, &page->arena) : NULL;
    if (!path) return fs_fail_memory(error, "reading a source", 0);
    fs_error ignored;
    if (fs_file_read(path, FILE_BYTES_MOST, &file->text, &file->length, &ignored) != FS_OK) return FS_OK;
    for (size_t i = 0; i < file->length; i++) file->lines += file->text[i] == '\n';
    file->lines++;
    file->self = fs_alloc_0(file->lines + 1, sizeof *file->self);
    file->total = fs_alloc_0(file->lines + 1, sizeof *file->total);
    all->count++;
    return file->self && file->total ? FS_OK : fs_fail_memory(error, "reading a source", 0);
}

/* The text of a line, without its end; NULL when the file has none. */
static const char *line_text(const source *file, size_t line, size_t *length)
{
    if (!file || !file->text || line == 0 || line > file->lines) return NULL;
    const char *at = file->text;
    for (size_t i = 1; i < line; i++) at = strchr(at, '\n') + 1;
    *length = strcspn(at, "\r\n");
    return at;
}

/* Files of the program itself, not of a library: those below the rung's directory. */
static bool is_own(const flame_frame_parts *frame)
{
    return frame->file && frame->file_length > 0 && frame->file[0] != '/' && frame->file[0] != '<' &&
           frame->file[0] != '.' && frame->line > 0;
}

/* "file:line", leading to the line below when its text is there. */
static void write_place(flame_page *page, const sources *all, const flame_frame_parts *frame,
                        const source *file, bool linked)
{
    if (linked)
        flame_page_format(page, "<a class=\"line\" href=\"#s%zu-%zu-%d\">", all->rung,
                          (size_t)(file - all->files), frame->line);
    if (frame->file)
        flame_page_bytes(page, frame->file, frame->file_length);
    else
        flame_page_raw(page, "–");
    if (frame->file && frame->line > 0) flame_page_format(page, ":%d", frame->line);
    if (linked) flame_page_raw(page, "</a>");
}

/* `places`: the table has a column for them. */
static void write_hot_row(flame_page *page, sources *all, const flame_line_share *hot, double samples,
                          bool places)
{
    const flame_frame_parts *frame = &hot->frame;
    source *file = frame->file ? find_source(all, frame->file, frame->file_length) : NULL;
    size_t length = 0;
    const char *text = frame->line > 0 ? line_text(file, (size_t)frame->line, &length) : NULL;
    flame_page_raw(page, "<tr><td>");
    flame_page_share(page, hot->self / samples);
    if (places) {
        flame_page_raw(page, "</td><td class=\"text\">");
        write_place(page, all, frame, file, text != NULL);
    }
    flame_page_raw(page, "</td><td class=\"text code\"><code>");
    if (text) {
        size_t blank = 0;
        while (blank < length && (text[blank] == ' ' || text[blank] == '\t')) blank++;
        flame_page_bytes(page, text + blank, length - blank);
    } else {
        if (frame->line > 0) flame_page_raw(page, "<span class=\"none\">in </span>");
        flame_page_bytes(page, frame->function, frame->function_length);
    }
    flame_page_raw(page, "</code></td></tr>\n");
}

/* The hottest lines; of a program whose profile tells no lines, the hottest functions. */
static void write_hot_table(flame_page *page, sources *all, const flame_line_share *hot, size_t count,
                            double samples)
{
    bool lines = hot[0].frame.line > 0;
    flame_page_format(page,
                      "<h3>%s</h3>\n<div class=\"scroll\"><table class=\"hot\"><thead><tr><th class=\"text\">"
                      "time of its own</th>%s<th class=\"text\">%s</th></tr></thead><tbody>\n",
                      lines ? "Hot lines" : "Hot functions", lines ? "<th class=\"text\">line</th>" : "",
                      lines ? "source" : "function");
    for (size_t i = 0; i < count && i < LINES_SHOWN && hot[i].self >= least_share * samples; i++)
        write_hot_row(page, all, &hot[i], samples, lines);
    flame_page_raw(page, "</tbody></table></div>\n");
}

static void write_source(flame_page *page, const sources *all, const source *file)
{
    flame_page_raw(page, "<details class=\"file\"><summary>");
    flame_page_text(page, file->name);
    flame_page_raw(page, "</summary><div class=\"source\"><table><tbody>\n");
    const char *at = file->text;
    for (size_t line = 1; line <= file->lines && line <= FILE_LINES_MOST; line++) {
        size_t length = strcspn(at, "\n");
        bool last = at[length] == '\0';
        if (last && length == 0) break;
        double self = file->self[line], total = file->total[line];
        flame_page_format(page, "<tr id=\"s%zu-%zu-%zu\"", all->rung, (size_t)(file - all->files), line);
        if (self > 0) flame_page_format(page, " style=\"--part:%.3f\"", self);
        if (total > 0) flame_page_format(page, " title=\"%.1f%% with all that it calls\"", 100 * total);
        flame_page_format(page, "><td>%zu</td><td>", line);
        if (self >= 0.0005) flame_page_format(page, "%.1f%%", 100 * self);
        flame_page_raw(page, "</td><td><code>");
        flame_page_bytes(page, at, length > 0 && at[length - 1] == '\r' ? length - 1 : length);
        flame_page_raw(page, "</code></td></tr>\n");
        if (last) break;
        at += length + 1;
    }
    flame_page_raw(page, "</tbody></table></div></details>\n");
}

static fs_status gather(flame_page *page, size_t index, const flame_line_share *hot, size_t count,
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
        const flame_frame_parts *frame = &hot[i].frame;
        if (!frame->file || frame->line <= 0) continue;
        source *file = find_source(all, frame->file, frame->file_length);
        if (!file || !file->text || (size_t)frame->line > file->lines) continue;
        file->self[frame->line] += hot[i].self / samples;
        file->total[frame->line] += hot[i].total / samples;
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
        samples = flame_tree_node(tree, 0)->total_after;
        if (!(samples > 0)) count = 0;
    }
    if (status == FS_OK) status = gather(page, index, hot, count, samples, &all, error);
    if (status != FS_OK) goto cleanup;
    if (count > 0) write_hot_table(page, &all, hot, count, samples);
    for (size_t i = 0; i < all.count; i++)
        if (all.files[i].text) write_source(page, &all, &all.files[i]);
cleanup:
    sources_fini(&all);
    fs_free(hot);
    return status;
}
