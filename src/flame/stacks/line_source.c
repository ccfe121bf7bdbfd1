#include "line_source.h"

#include <inttypes.h>
#include <string.h>

enum { BLOCK = 256 * 1024, LINE_MOST = 256 << 20 };

void flame_lines_init(flame_lines *lines, flame_read_some read, void *context, const char *name,
                      const flame_read_options *options)
{
    *lines = (flame_lines){.read = read,
                           .context = context,
                           .name = name,
                           .progress = options ? options->progress : NULL,
                           .progress_context = options ? options->context : NULL};
}

void flame_lines_fini(flame_lines *lines)
{
    fs_free(lines->buffer);
    fs_free(lines->raw);
    lines->buffer = NULL;
    lines->raw = NULL;
}

/* Decode what stands in `raw` onto the end of the buffer, which has room: a unit gives at most three bytes,
 * and a lone surrogate that waited for it three more. An odd byte stays. */
static void decode_utf16(flame_lines *lines, bool last)
{
    size_t i = 0;
    char *out = lines->buffer + lines->end;
    for (; i + 1 < lines->raw_used; i += 2) {
        unsigned low = lines->raw[i + (lines->utf16 == 2)], high = lines->raw[i + (lines->utf16 == 1)];
        uint32_t unit = high << 8 | low;
        if (lines->surrogate) {
            uint32_t first = lines->surrogate;
            lines->surrogate = 0;
            if (unit >= 0xDC00 && unit < 0xE000) {
                out += fs_utf8_encode(0x10000 + ((first - 0xD800) << 10) + (unit - 0xDC00), out);
                continue;
            }
            out += fs_utf8_encode(0xFFFD, out);
        }
        if (unit >= 0xD800 && unit < 0xDC00)
            lines->surrogate = unit;
        else
            out += fs_utf8_encode(unit, out);
    }
    if (last && (lines->surrogate || i < lines->raw_used)) {
        out += fs_utf8_encode(0xFFFD, out);
        lines->surrogate = 0;
        i = lines->raw_used;
    }
    lines->raw_used -= i;
    if (lines->raw_used) lines->raw[0] = lines->raw[i];
    lines->end = (size_t)(out - lines->buffer);
}

/* Append a block to the buffer; at the end of the input sets at_end instead. */
static fs_status fill(flame_lines *lines, fs_error *error)
{
    if (lines->begin > 0 && lines->begin >= lines->end - lines->begin) {
        memmove(lines->buffer, lines->buffer + lines->begin, lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->scanned -= lines->begin;
        lines->begin = 0;
        lines->has_nul = lines->has_nul && memchr(lines->buffer, 0, lines->end) != NULL;
    }
    size_t need, block = lines->utf16 ? 2 * BLOCK : BLOCK;
    bool room = lines->capacity - lines->end >= block / 2;
    if (!room && (!fs_size_add(lines->end, block, &need) || !FS_GROW(lines->buffer, lines->capacity, need)))
        return fs_fail_memory(error, "holding a long line", lines->end);
    size_t got = 0, old = lines->end;
    fs_status status;
    if (lines->utf16) {
        status = lines->read(lines->context, lines->raw + lines->raw_used, BLOCK / 2, &got, error);
        if (status) return status;
        lines->raw_used += got;
        decode_utf16(lines, got == 0);
    } else {
        status = lines->read(lines->context, lines->buffer + lines->end, lines->capacity - lines->end, &got,
                             error);
        if (status) return status;
        lines->end += got;
    }
    if (got == 0) lines->at_end = true;
    lines->bytes += got;
    if (!lines->has_nul && lines->end > old)
        lines->has_nul = memchr(lines->buffer + old, 0, lines->end - old) != NULL;
    if (lines->progress && got > 0 && !lines->progress(lines->progress_context, lines->bytes)) {
        lines->stopped = lines->at_end = true;
        lines->end = old; /* what was just read was not wanted any more */
    }
    return FS_OK;
}

fs_status flame_lines_start(flame_lines *lines, fs_error *error)
{
    if (lines->started) return FS_OK;
    lines->started = true;
    /* A pipe may hand over a few bytes at a time: go on until there is enough to judge. */
    while (lines->end < 4096 && !lines->at_end) {
        fs_status status = fill(lines, error);
        if (status) return status;
    }
    const unsigned char *first = (const unsigned char *)lines->buffer;
    if (lines->end >= 2 &&
        ((first[0] == 0xFF && first[1] == 0xFE) || (first[0] == 0xFE && first[1] == 0xFF))) {
        int order = first[0] == 0xFF ? 1 : 2;
        size_t room = lines->end > BLOCK ? lines->end : BLOCK;
        lines->raw = fs_alloc(room, 1);
        if (!lines->raw) return fs_fail_memory(error, "reading UTF-16", room);
        lines->raw_used = lines->end - 2;
        memcpy(lines->raw, first + 2, lines->raw_used);
        lines->utf16 = order;
        if (!FS_GROW(lines->buffer, lines->capacity, lines->end * 3 + 16))
            return fs_fail_memory(error, "reading UTF-16", lines->end * 3);
        lines->end = 0;
        decode_utf16(lines, lines->at_end);
        lines->has_nul = memchr(lines->buffer, 0, lines->end) != NULL;
    } else if (lines->end >= 3 && first[0] == 0xEF && first[1] == 0xBB && first[2] == 0xBF) {
        lines->begin = lines->scanned = 3;
    }
    return FS_OK;
}

fs_status flame_lines_next(flame_lines *lines, const char **line, size_t *length, fs_error *error)
{
    for (;;) {
        const char *newline = memchr(lines->buffer + lines->scanned, '\n', lines->end - lines->scanned);
        size_t end;
        if (newline) {
            end = (size_t)(newline - lines->buffer);
            lines->scanned = end + 1;
        } else if (!lines->at_end) {
            lines->scanned = lines->end;
            if (lines->end - lines->begin > LINE_MOST)
                return fs_fail(error, FS_DATA,
                               "%s: line %" PRIu64 " is longer than 256 MiB: no stack is written so",
                               lines->name, lines->number + 1);
            fs_status status = fill(lines, error);
            if (status) return status;
            continue;
        } else if (lines->begin == lines->end || lines->stopped) {
            *line = NULL;
            *length = 0;
            return FS_OK;
        } else {
            end = lines->scanned = lines->end;
        }
        *line = lines->buffer + lines->begin;
        *length = end - lines->begin;
        if (*length > 0 && lines->buffer[end - 1] == '\r') --*length;
        lines->begin = lines->scanned;
        lines->number++;
        return FS_OK;
    }
}

fs_status flame_lines_hold(flame_lines *lines, fs_error *error)
{
    while (!lines->at_end) {
        fs_status status = fill(lines, error);
        if (status) return status;
    }
    return FS_OK;
}

fs_status flame_lines_rest(flame_lines *lines, char **bytes, size_t *length, fs_error *error)
{
    fs_status status = flame_lines_hold(lines, error);
    if (status) return status;
    *bytes = lines->buffer + lines->begin;
    *length = lines->end - lines->begin;
    lines->begin = lines->scanned = lines->end;
    return FS_OK;
}

void flame_report_skip(flame_report *report, uint64_t number, const char *line, size_t length,
                       const char *reason)
{
    if (report->skipped++ > 0) return;
    report->first_skipped = number;
    report->reason = reason;
    fs_utf8_excerpt(line, length, report->excerpt, sizeof report->excerpt);
}
