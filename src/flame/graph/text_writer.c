/* Flame graphs for machines without a browser: an indented tree with bars, and tables of functions. */
#include "cells.h"
#include "difference.h"
#include "frame_label.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct text_page {
    const flame_tree *tree;
    const flame_graph_options *options;
    flame_text_options text;
    flame_decoder decoder;
    fs_output *output;
    double total, total_before;
    bool diff;
    bool started; /* something was written */
    fs_text line;
} text_page;

typedef enum tone { TONE_PLAIN, TONE_FAINT, TONE_BOLD, TONE_BAR, TONE_MORE, TONE_LESS } tone;

static void tint(text_page *p, tone t)
{
    static const char *const codes[] = {"\033[0m", "\033[2m", "\033[1m", "\033[33m", "\033[31m", "\033[34m"};
    if (p->text.colour) fs_text_add(&p->line, codes[t]);
}

static fs_status end_line(text_page *p, fs_error *error)
{
    while (p->line.length && p->line.data[p->line.length - 1] == ' ') p->line.length--;
    fs_text_char(&p->line, '\n');
    if (p->line.failed) return fs_fail_memory(error, "writing text", 0);
    fs_output_write(p->output, p->line.data, p->line.length);
    fs_text_clear(&p->line);
    p->started = true;
    return FS_OK;
}

/* A name in at most `room` cells, made safe for a terminal. Returns the cells it took. */
static size_t add_name(text_page *p, const char *name, size_t length, size_t room)
{
    bool dots = false;
    size_t used, kept = flame_cells_fit(name, length, room, &used);
    if (kept < length) {
        kept = room < 3 ? 0 : flame_cells_cut(name, length, room, &dots);
        flame_cells_fit(name, kept, room, &used);
    }
    fs_text_add_printable(&p->line, name, kept, false);
    if (dots) fs_text_add(&p->line, "..");
    return used + (dots ? 2 : 0);
}

static void add_bar(text_page *p, double share, size_t cells)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    double fill = fmin(fmax(share, 0), 1) * (double)cells;
    size_t whole = (size_t)fill, part = (size_t)((fill - (double)whole) * 8), used = whole;
    if (whole == 0 && part == 0 && share > 0) part = 1;
    tint(p, TONE_BAR);
    for (size_t i = 0; i < whole; i++) fs_text_add(&p->line, p->text.ascii ? "#" : "█");
    if (whole < cells && !p->text.ascii && part) {
        fs_text_add(&p->line, eighths[part]);
        used++;
    }
    tint(p, TONE_PLAIN);
    for (; used < cells; used++) fs_text_char(&p->line, ' ');
}

/* "+1.23%" in ten cells, red for more. */
static void add_change(text_page *p, double change)
{
    bool flip = p->options->negate;
    double shown = fabs(change) < 0.005 ? 0 : change;
    tint(p, shown == 0 ? TONE_FAINT : (shown > 0) != flip ? TONE_MORE : TONE_LESS);
    fs_text_format(&p->line, shown == 0 ? "%8.2f%% " : "%+8.2f%% ", shown);
    tint(p, TONE_PLAIN);
}

static void add_right(text_page *p, const fs_text *cell, size_t width)
{
    for (size_t i = cell->length; i < width; i++) fs_text_char(&p->line, ' ');
    fs_text_append(&p->line, cell->data ? cell->data : "", cell->length);
}

static void add_count_right(text_page *p, double count, size_t width)
{
    fs_text cell;
    fs_text_init(&cell);
    flame_add_count(&cell, rint(count));
    add_right(p, &cell, width);
    if (cell.failed) p->line.failed = true;
    fs_text_fini(&cell);
}

/* ---- the tree ---- */

typedef struct pick {
    uint32_t node;
    double weight;
} pick;

static double weight_of(const text_page *p, uint32_t index)
{
    flame_counts counts = flame_tree_counts(p->tree, index);
    double before = p->total_before > 0 ? counts.total_before / p->total_before * p->total : 0;
    return fmax(counts.total_after, before);
}

static int by_weight(const void *left, const void *right)
{
    const pick *a = left, *b = right;
    if (a->weight != b->weight) return a->weight > b->weight ? -1 : 1;
    return (a->node > b->node) - (a->node < b->node); /* a caller before what it calls */
}

/* A frame that passes all it has to one callee shares a line with it. */
static bool joins_parent(const text_page *p, uint32_t index)
{
    const flame_node *node = flame_tree_node(p->tree, index);
    if (node->parent == FLAME_NONE || node->parent == 0) return false;
    flame_counts own = flame_tree_counts(p->tree, index), above = flame_tree_counts(p->tree, node->parent);
    return own.total_after == above.total_after && own.total_before == above.total_before;
}

/* The frames to show as lists: the first shown callee of each node, heaviest first, and the next one after
 * each node. */
typedef struct choice {
    uint32_t *first, *next; /* FLAME_NONE ends a list */
} choice;

static void list_picks(const text_page *p, const pick *picks, size_t count, const uint8_t *shown, choice *c)
{
    for (size_t i = count; i-- > 0;) {
        uint32_t node = picks[i].node, parent = flame_tree_node(p->tree, node)->parent;
        if (!shown[node] || parent == FLAME_NONE) continue;
        c->next[node] = c->first[parent];
        c->first[parent] = node;
    }
}

/* The heaviest nodes, so that callers come with their callees. */
static fs_status choose_nodes(const text_page *p, choice *c, fs_error *error)
{
    uint32_t nodes = flame_tree_nodes(p->tree);
    double least = p->text.rows < 0 ? 0 : weight_of(p, 0) / 1000;
    size_t count = 0, lines = 0;
    pick *picks = fs_alloc(nodes, sizeof *picks);
    uint8_t *shown = fs_alloc_0(nodes, 1);
    c->first = fs_alloc(nodes, sizeof *c->first);
    c->next = fs_alloc(nodes, sizeof *c->next);
    fs_status status = FS_OK;
    if (!picks || !shown || !c->first || !c->next) {
        status = fs_fail_memory(error, "choosing what to show", nodes * sizeof *picks);
        goto cleanup;
    }
    for (uint32_t i = 0; i < nodes; i++) {
        double weight = weight_of(p, i);
        c->first[i] = c->next[i] = FLAME_NONE;
        if (weight > 0 && weight >= least) picks[count++] = (pick){i, weight};
    }
    qsort(picks, count, sizeof *picks, by_weight);
    for (size_t i = 0; i < count; i++) {
        bool joins = joins_parent(p, picks[i].node);
        if (!joins && p->text.rows > 0 && lines >= (size_t)p->text.rows) continue;
        uint32_t parent = flame_tree_node(p->tree, picks[i].node)->parent;
        if (parent != FLAME_NONE && !shown[parent]) continue;
        shown[picks[i].node] = 1;
        if (!joins) lines++;
    }
    list_picks(p, picks, count, shown, c);
cleanup:
    fs_free(picks);
    fs_free(shown);
    return status;
}

/* The end of the chain that starts at `node`; *more counts the frames after the first. */
static uint32_t end_of_chain(const text_page *p, const choice *c, uint32_t node, uint32_t *more)
{
    for (*more = 0; c->first[node] != FLAME_NONE && joins_parent(p, c->first[node]); ++*more)
        node = c->first[node];
    return node;
}

/* The name in at most *room cells, which what it takes is taken from. */
static fs_status add_named(text_page *p, uint32_t id, size_t *room, fs_error *error)
{
    const char *name;
    size_t length;
    fs_status status = flame_decode_name(&p->decoder, p->tree, id, &name, &length, error);
    if (status == FS_OK) *room -= add_name(p, name, length, *room);
    return status;
}

static fs_status tree_line(text_page *p, uint32_t first, uint32_t last, uint32_t more, uint32_t depth,
                           fs_error *error)
{
    flame_counts counts = flame_tree_counts(p->tree, first);
    const char *arrow = p->text.ascii ? " > " : " › ";
    size_t columns = (size_t)p->text.columns, bar = columns / 4 > 40 ? 40 : columns / 4;
    double share = 100 * counts.total_after / p->total;
    fs_text_format(&p->line, "%6.2f%% ", share);
    if (p->diff)
        add_change(p, share - (p->total_before > 0 ? 100 * counts.total_before / p->total_before : 0));
    add_bar(p, counts.total_after / p->total, bar);
    size_t indent = 2 * (size_t)depth, most = columns / 3;
    if (indent > most) indent = most;
    size_t used = (p->diff ? 18u : 8u) + bar + 1 + indent;
    size_t room = columns > used + 12 ? columns - used : 12;
    for (size_t i = 0; i <= indent; i++) fs_text_char(&p->line, ' ');
    if (more) tint(p, TONE_FAINT);
    fs_status status = FS_OK;
    if (more) { /* "first › 3 more › last", the last one in full if it can be */
        size_t half = room / 3 > 6 ? room / 3 : 6, left = half;
        status = add_named(p, flame_tree_node(p->tree, first)->name, &left, error);
        room -= half - left;
        fs_text_add(&p->line, arrow);
        room -= room > 3 ? 3 : room;
        if (more > 1) {
            size_t start = p->line.length;
            fs_text_format(&p->line, "%u more", more - 1);
            size_t length = p->line.length - start;
            fs_text_add(&p->line, arrow);
            room -= room > length + 3 ? length + 3 : room;
        }
        tint(p, TONE_PLAIN);
    }
    if (status == FS_OK) status = add_named(p, flame_tree_node(p->tree, last)->name, &room, error);
    return status == FS_OK ? end_line(p, error) : status;
}

static fs_status write_tree(text_page *p, fs_error *error)
{
    choice c = {0};
    uint32_t depth = 0, at = 0;
    fs_status status = choose_nodes(p, &c, error);
    if (status == FS_OK) status = tree_line(p, 0, 0, 0, 0, error);
    while (status == FS_OK) {
        uint32_t child = c.first[at], more;
        if (child != FLAME_NONE) {
            c.first[at] = c.next[child]; /* it will not come again */
            at = end_of_chain(p, &c, child, &more);
            status = tree_line(p, child, at, more, ++depth, error);
            continue;
        }
        if (at == 0) break;
        /* Up to the caller of the line: past the frames that share it. */
        while (joins_parent(p, at)) at = flame_tree_node(p->tree, at)->parent;
        at = flame_tree_node(p->tree, at)->parent;
        depth--;
    }
    fs_free(c.first);
    fs_free(c.next);
    return status;
}

/* ---- tables of functions ---- */

static int by_self(const void *left, const void *right)
{
    const flame_function_change *a = left, *b = right;
    if (a->self_after != b->self_after) return a->self_after > b->self_after ? -1 : 1;
    return (a->name > b->name) - (a->name < b->name);
}

static int by_total(const void *left, const void *right)
{
    const flame_function_change *a = left, *b = right;
    if (a->total_after != b->total_after) return a->total_after > b->total_after ? -1 : 1;
    return (a->name > b->name) - (a->name < b->name);
}

static fs_status heading(text_page *p, const char *words, fs_error *error)
{
    fs_status status = p->started ? end_line(p, error) : FS_OK; /* an empty line between */
    tint(p, TONE_BOLD);
    fs_text_add(&p->line, words);
    tint(p, TONE_PLAIN);
    return status == FS_OK ? end_line(p, error) : status;
}

static fs_status top_table(text_page *p, const flame_function_change *rows, size_t count, bool self,
                           fs_error *error)
{
    fs_status status =
        heading(p, self ? "Most samples of their own" : "Most samples with what they call", error);
    for (size_t i = 0; i < count && i < (size_t)p->text.functions && status == FS_OK; i++) {
        double value = self ? rows[i].self_after : rows[i].total_after;
        if (!(value > 0)) break;
        fs_text_format(&p->line, "%6.2f%% ", 100 * value / p->total);
        add_count_right(p, value * p->options->factor, 14);
        fs_text_add(&p->line, "  ");
        size_t room = (size_t)p->text.columns - 24;
        status = add_named(p, rows[i].name, &room, error);
        if (status == FS_OK) status = end_line(p, error);
    }
    return status;
}

/* "+1,234", red for more. */
static void add_difference(text_page *p, double change, size_t width)
{
    fs_text cell;
    fs_text_init(&cell);
    if (change > 0) fs_text_char(&cell, '+');
    flame_add_count(&cell, rint(change));
    tint(p, (change > 0) != p->options->negate ? TONE_MORE : TONE_LESS);
    add_right(p, &cell, width);
    tint(p, TONE_PLAIN);
    if (cell.failed) p->line.failed = true;
    fs_text_fini(&cell);
}

/* Sorted by the change in samples, so that column is shown beside that of the share. */
static fs_status change_table(text_page *p, const flame_function_change *rows, size_t count, fs_error *error)
{
    double factor = p->options->factor;
    fs_status status = heading(p, "Largest changes in samples of their own", error);
    bool none = count == 0 || rows[0].self_after == rows[0].self_before; /* they are sorted by it */
    if (none && status == FS_OK) {
        fs_text_add(&p->line, "  none");
        return end_line(p, error);
    }
    if (status == FS_OK) {
        tint(p, TONE_FAINT);
        fs_text_format(&p->line, "%12s %12s %12s %9s", "before", "after", "change", "of all");
        tint(p, TONE_PLAIN);
        status = end_line(p, error);
    }
    for (size_t i = 0; i < count && i < (size_t)p->text.functions && status == FS_OK; i++) {
        const flame_function_change *c = &rows[i];
        if (c->self_after == c->self_before) break;
        double before = p->total_before > 0 ? c->self_before / p->total_before : 0;
        double after = p->total > 0 ? c->self_after / p->total : 0;
        add_count_right(p, c->self_before * factor, 12);
        fs_text_char(&p->line, ' ');
        add_count_right(p, c->self_after * factor, 12);
        fs_text_char(&p->line, ' ');
        add_difference(p, (c->self_after - c->self_before) * factor, 12);
        fs_text_char(&p->line, ' ');
        add_change(p, 100 * (after - before));
        fs_text_add(&p->line, c->total_before == 0 ? " new   " : c->total_after == 0 ? " gone  " : "       ");
        size_t room = p->text.columns > 67 ? (size_t)p->text.columns - 55 : 12;
        status = add_named(p, c->name, &room, error);
        if (status == FS_OK) status = end_line(p, error);
    }
    return status;
}

static fs_status begin(text_page *p, const flame_tree *tree, const flame_graph_options *options,
                       const flame_text_options *text, fs_output *output, fs_error *error)
{
    *p = (text_page){.tree = tree, .options = options, .text = *text, .output = output};
    if (p->text.columns <= 0) p->text.columns = 80;
    if (p->text.columns < 40) p->text.columns = 40;
    if (p->text.rows == 0) p->text.rows = 60;
    if (p->text.functions <= 0) p->text.functions = 10;
    p->total = flame_tree_counts(tree, 0).total_after;
    p->total_before = flame_tree_counts(tree, 0).total_before;
    p->diff = flame_tree_is_diff(tree);
    if (p->text.colour) fs_output_has_escapes(output);
    fs_text_init(&p->line);
    return flame_decoder_init(&p->decoder, options->encoding, error);
}

static void end(text_page *p)
{
    flame_decoder_fini(&p->decoder);
    fs_text_fini(&p->line);
}

fs_status flame_write_text(const flame_tree *tree, const flame_graph_options *options,
                           const flame_text_options *text, fs_output *output, fs_error *error)
{
    text_page p;
    flame_function_change *rows = NULL;
    size_t count = 0;
    fs_status status = begin(&p, tree, options, text, output, error);
    if (status == FS_OK && !(p.total > 0))
        status = fs_fail(error, FS_DATA, "there are no samples to show: all counts are zero or missing");
    if (status != FS_OK) goto cleanup;
    tint(&p, TONE_BOLD);
    const char *title = flame_graph_title(options);
    fs_text_add_printable(&p.line, title, strlen(title), false);
    tint(&p, TONE_PLAIN);
    fs_text_add(&p.line, ": ");
    flame_add_count(&p.line, p.total * options->factor);
    fs_text_char(&p.line, ' '); /* the name comes from the input */
    fs_text_add_printable(&p.line, options->count_name, strlen(options->count_name), false);
    status = end_line(&p, error);
    if (status == FS_OK) status = write_tree(&p, error);
    if (status == FS_OK) status = flame_tree_changes(tree, &rows, &count, error);
    if (status != FS_OK) goto cleanup;
    if (p.diff) status = change_table(&p, rows, count, error);
    if (count) qsort(rows, count, sizeof *rows, by_self);
    if (status == FS_OK) status = top_table(&p, rows, count, true, error);
    if (count) qsort(rows, count, sizeof *rows, by_total);
    if (status == FS_OK) status = top_table(&p, rows, count, false, error);
cleanup:
    fs_free(rows);
    end(&p);
    return status;
}

fs_status flame_write_changes(const flame_tree *tree, const flame_graph_options *options,
                              const flame_text_options *text, fs_output *output, fs_error *error)
{
    text_page p;
    flame_function_change *rows = NULL;
    size_t count = 0;
    fs_status status = begin(&p, tree, options, text, output, error);
    if (status == FS_OK) status = flame_tree_changes(tree, &rows, &count, error);
    if (status == FS_OK) status = change_table(&p, rows, count, error);
    fs_free(rows);
    end(&p);
    return status;
}

static fs_status write_text_form(const flame_tree *tree, const flame_output_settings *settings,
                                 fs_output *output, fs_error *error)
{
    return flame_write_text(tree, settings->picture, settings->text, output, error);
}

const flame_output_format flame_writer_text = {
    .endings = {NULL},
    .write = write_text_form,
};
