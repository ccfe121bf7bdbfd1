/*
 * cells.h - how much room text takes, counted in cells of one average character: 2 for the wide characters of
 * East Asia and for emoji, 0 for marks that combine with the character before them.
 */
#ifndef FLAME_CELLS_H
#define FLAME_CELLS_H

#include "text.h"

unsigned flame_cells_of(uint32_t code_point);

/* Cells of a text, but no more than `most` + 1 are counted. A byte that is not UTF-8 takes one cell. */
size_t flame_cells(const char *text, size_t length, size_t most);

/* How many bytes of `text` fit in `most` cells, ending at a character. *used gets the cells. */
size_t flame_cells_fit(const char *text, size_t length, size_t most, size_t *used);

/* The part of `text` that fits in `most` cells: all of it, or what leaves room for ".." at its end. Returns
 * the bytes to keep; *dots tells whether ".." follows. Less than three cells hold nothing. */
size_t flame_cells_cut(const char *text, size_t length, size_t most, bool *dots);

#endif
