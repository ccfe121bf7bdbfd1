/*
 * read_formats.h - the readers behind flame_stacks_read, one for each format. Each takes the lines (or the
 * whole content) from `lines`, adds to the tree and fills the report; flame_stacks_read says what it means
 * when no stack was found.
 */
#ifndef FLAME_READ_FORMATS_H
#define FLAME_READ_FORMATS_H

#include "line_source.h"

FS_CHECK fs_status flame_read_folded(flame_lines *lines, const flame_read_options *options, flame_tree *tree,
                                     flame_report *report, fs_error *error);
FS_CHECK fs_status flame_read_perf(flame_lines *lines, const flame_read_options *options, flame_tree *tree,
                                   flame_report *report, fs_error *error);
FS_CHECK fs_status flame_read_speedscope(flame_lines *lines, const flame_read_options *options,
                                         flame_tree *tree, flame_report *report, fs_error *error);
FS_CHECK fs_status flame_read_pprof(flame_lines *lines, const flame_read_options *options, flame_tree *tree,
                                    flame_report *report, fs_error *error);

/* Whether a line is one that `perf script` writes: the head of a sample or a frame. */
bool flame_looks_like_perf(const char *line, size_t length);

/* Whether bytes begin a serialized pprof profile. */
bool flame_looks_like_pprof(const char *bytes, size_t length);

/* Count one stack of `weight` that ends at `node`, on the side that the options say. */
void flame_read_count(const flame_read_options *options, flame_tree *tree, uint32_t node, flame_exact weight,
                      flame_report *report);

#endif
