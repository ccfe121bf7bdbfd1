/*
 * line_table.h - which source line an instruction belongs to, for the three formats CPython has had.
 *
 * Formats: Objects/lnotab_notes.txt (to 3.9 and 3.10, PEP 626) and InternalDocs/code_objects.md (from 3.11)
 * of CPython. Tables come out of another process: any bytes are accepted and give at worst wrong lines.
 */
#ifndef FLAME_LINE_TABLE_H
#define FLAME_LINE_TABLE_H

#include "frame.h"
#include "python_layout.h"
#include "status.h"

/* The line of every instruction, by index of its two-byte unit; 0: no line. `units` is the length of the code
 * where the format needs it (to 3.9) and a limit elsewhere. *lines is of *count elements; free with fs_free.
 * Cost: linear. */
FS_CHECK fs_status line_table_decode(python_lines format, const uint8_t *table, size_t length,
                                     uint32_t first_line, size_t units, uint32_t **lines, size_t *count,
                                     fs_error *error);

/* Lines and columns of one instruction, by a walk over the table; only PYTHON_LOCATIONS has columns. */
flame_position line_table_position(const uint8_t *table, size_t length, uint32_t first_line, size_t unit);

#endif
