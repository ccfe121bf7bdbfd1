#include "cells.h"

typedef struct range {
    uint32_t first, last;
} range;

/* The blocks that are wide as a whole (Unicode Standard Annex 11), near enough for cutting a label. The same
 * lists stand in svg_page.js. */
static const range wide[] = {{0x1100, 0x115F}, {0x2E80, 0x303E},   {0x3040, 0xA4CF},   {0xA960, 0xA97F},
                             {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                             {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
static const range combining[] = {
    {0x300, 0x36F}, {0x1AB0, 0x1AFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}};

static bool within(const range *ranges, size_t count, uint32_t code_point)
{
    for (size_t i = 0; i < count; i++)
        if (code_point >= ranges[i].first && code_point <= ranges[i].last) return true;
    return false;
}

unsigned flame_cells_of(uint32_t code_point)
{
    if (code_point < 0x300) return 1;
    if (within(combining, sizeof combining / sizeof *combining, code_point)) return 0;
    return within(wide, sizeof wide / sizeof *wide, code_point) ? 2 : 1;
}

size_t flame_cells_fit(const char *text, size_t length, size_t most, size_t *used)
{
    size_t at = 0, cells = 0;
    while (at < length) {
        uint32_t code_point = 0;
        size_t n = fs_utf8_decode(text + at, length - at, &code_point);
        size_t width = n ? flame_cells_of(code_point) : 1;
        if (cells + width > most) break;
        cells += width;
        at += n ? n : 1;
    }
    *used = cells;
    return at;
}

size_t flame_cells(const char *text, size_t length, size_t most)
{
    size_t used;
    return flame_cells_fit(text, length, most, &used) < length ? most + 1 : used;
}

size_t flame_cells_cut(const char *text, size_t length, size_t most, bool *dots)
{
    size_t used;
    *dots = false;
    if (most < 3) return 0;
    if (flame_cells_fit(text, length, most, &used) == length) return length;
    *dots = true;
    return flame_cells_fit(text, length, most - 2, &used);
}
