/* Folded stacks: frames joined by ';', a space, a count; or two counts, before and after. */
#include "count_text.h"
#include "read_formats.h"
#include "stack_builder.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Whether every line of the first block that has a count has two. */
static bool first_block_has_pairs(const flame_lines *lines)
{
    const char *at = lines->buffer + lines->begin, *end = lines->buffer + lines->end, *line;
    size_t pairs = 0, length;
    while ((line = flame_block_line(&at, end, &length))) {
        if (at == end && end[-1] != '\n' && !lines->at_end) break; /* it goes on in the next block */
        flame_exact value;
        if (flame_count_take(line, &length, &value) != FLAME_COUNT_OK) continue;
        if (flame_count_take(line, &length, &value) != FLAME_COUNT_OK) return false;
        pairs++;
    }
    return pairs > 0;
}

static fs_status read_folded(flame_lines *lines, const flame_read_options *options, flame_tree *tree,
                             flame_report *report, fs_error *error)
{
    bool pairs = options->pairs == FLAME_PAIRS_YES ||
                 (options->pairs == FLAME_PAIRS_AUTO && first_block_has_pairs(lines));
    report->pairs = pairs;
    flame_builder builder;
    flame_builder_init(&builder, tree, options->in_time);
    fs_status status = FS_OK;
    while (!status) {
        const char *line;
        size_t length;
        status = flame_lines_next(lines, &line, &length, error);
        if (status || !line) break;
        if (length == 0) continue;
        size_t stack = length;
        flame_exact after = {0}, before = {0};
        flame_count verdict = flame_count_take(line, &stack, &after);
        if (verdict == FLAME_COUNT_OK && pairs) verdict = flame_count_take(line, &stack, &before);
        if (verdict != FLAME_COUNT_OK) {
            size_t blank = 0;
            while (blank < length && is_space(line[blank])) blank++;
            if (blank < length)
                flame_report_skip(report, lines->number, line, length,
                                  pairs && stack < length && verdict == FLAME_COUNT_NONE
                                      ? "it has one count, not two"
                                      : flame_count_reason(verdict));
            continue;
        }
        if (lines->has_nul && memchr(line, 0, stack)) {
            flame_report_skip(report, lines->number, line, length, "it holds a NUL byte");
            continue;
        }
        uint32_t node;
        status = flame_builder_text(&builder, line, stack, &node, error);
        if (status) break;
        if (options->before && !pairs) {
            before = after;
            after = (flame_exact){0};
        }
        flame_tree_add_exact(tree, node, after, before);
        report->stacks++;
        report->total_after += after.value;
        report->total_before += before.value;
    }
    report->lines = lines->number;
    flame_builder_fini(&builder);
    return status;
}

const flame_stack_format flame_reader_folded = {
    .item = "line",
    .read = read_folded,
};
