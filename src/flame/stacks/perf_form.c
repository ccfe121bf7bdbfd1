#include "perf_form.h"

#include "count_text.h"
#include "perf_line.h"
#include "read_formats.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool perf_begins_heading(const char *line, size_t length)
{
    static const char edge[] = "# ========";
    return length == sizeof edge - 1 && memcmp(line, edge, length) == 0;
}

/* Of a first line with a frame that perf padded, and with neither time nor processor: each line is a sample
 * if the next is another, or its place in the source. Nothing but a frame may also begin a stack (-F ip,sym),
 * which an empty line ends, or whose tabs became blanks. */
static void find_flat_form(const char *line, size_t length, const perf_header *header, const char *next,
                           const char *end, perf_form *form)
{
    perf_frame frame;
    perf_header second = {0};
    if (!perf_split_frame(line + header->frame, length - header->frame, true, &frame)) return;
    bool whole = frame.symbol_length || frame.module;
    bool tab_less = header->bare && header->frame + frame.address_length > 17;
    next = flame_block_line(&next, end, &length);
    bool another = next && length && perf_split_header(next, length, &second) && second.frame;
    bool source = next && length > 2 && memcmp(next, "  ", 2) == 0 && !memchr(next + 2, ' ', length - 2);
    form->flat = whole && !tab_less && (!next || another || source);
    form->headless = form->chain = whole && !form->flat && header->bare && (length == 0 || second.bare);
    form->sure = form->flat;
}

perf_form perf_find_form(const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length, *line;
    perf_form form = {0};
    bool heading = false;
    while ((line = flame_block_line(&at, end, &length))) {
        perf_header header;
        perf_frame frame;
        flame_exact count;
        if (form.head && length == 0) return form;
        if (length && *line == '#' && perf_begins_heading(line, length)) heading = !heading;
        if (length == 0 || *line == '#') continue;
        if (heading && !(perf_split_header(line, length, &header) && header.placed)) continue;
        if (!form.head && *line == '\t') {
            form.headless = form.chain = perf_split_frame(line, length, true, &frame);
            return form;
        }
        if (!form.head) {
            size_t stack = length;
            form.counted = flame_count_take(line, &stack, &count) == FLAME_COUNT_OK;
            form.stacked = form.counted && memchr(line, ';', stack);
            form.head = perf_split_header(line, length, &header);
            form.sure = form.head && header.sure;
            form.placed = form.head && header.placed;
            if (header.frame && !header.placed) find_flat_form(line, length, &header, at, end, &form);
            if (!form.head || (header.frame && !header.placed)) return form;
            continue;
        }
        if (perf_split_header(line, length, &header) && header.placed) return form;
        bool indented = is_blank(line[0]);
        bool unsure =
            !form.sure && line[0] != '\t'; /* a table of counts and words, such as that of uniq -c */
        bool addressed = perf_split_frame(line, length, true, &frame) &&
                         (frame.symbol_length || frame.address_length > 4 || frame.address > line + 8) &&
                         (indented || frame.module) && !(unsure && frame.address_length < 5);
        /* Without an address: "f (/a)", or a name alone below what can only be a sample's head. */
        form.nameless = !addressed && indented && perf_split_frame(line, length, false, &frame) &&
                        (frame.module || (form.placed && frame.symbol_length > 0 &&
                                          !memchr(frame.symbol, ' ', frame.symbol_length)));
        form.chain = addressed || form.nameless;
        return form;
    }
    return form;
}

void perf_note_fact(const char *line, size_t length, fs_text *notes)
{
    static const char *const facts[] = {"hostname", "os release", "perf version", "arch",    "nrcpus online",
                                        "cpudesc",  "cmdline",    "captured on",  "duration"};
    size_t at = 1;
    while (at < length && is_blank(line[at])) at++;
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        size_t n = strlen(facts[i]), colon = at + n;
        if (length - at < n || memcmp(line + at, facts[i], n) != 0) continue;
        while (colon < length && is_blank(line[colon])) colon++;
        if (colon >= length || line[colon] != ':') continue;
        colon++;
        while (colon < length && is_blank(line[colon])) colon++;
        if (colon == length || notes->length > 2000) return;
        fs_text_format(notes, "%s%s: ", notes->length ? "; " : "", facts[i]);
        fs_text_append(notes, line + colon, length - colon < 300 ? length - colon : 300);
        return;
    }
}
