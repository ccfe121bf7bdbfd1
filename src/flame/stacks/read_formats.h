/*
 * read_formats.h - the readers behind flame_read, one for each format. Each takes the lines (or the whole
 * text) from `lines`, adds to the tree and fills the report; flame_read says what it means when no stack was
 * found.
 */
#ifndef FLAME_READ_FORMATS_H
#define FLAME_READ_FORMATS_H

#include "line_source.h"

FS_CHECK fs_status flame_read_folded(flame_lines *lines, const flame_read_options *options, flame_tree *tree,
                                     flame_report *report, fs_error *error);

#endif
