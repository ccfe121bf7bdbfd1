/*
 * stack_text.h - for tests of stacks: read from a string, and a tree as folded text.
 */
#ifndef STACK_TEXT_H
#define STACK_TEXT_H

#include "stack_reader.h"
#include "stack_writer.h"

/* The defaults but for these. */
flame_read_options stack_text_options(bool in_time, bool lines);

/* Read `length` bytes of `text` into a fresh tree and finish it; *tree is NULL on failure. */
fs_status stack_text_read(const char *text, size_t length, const flame_read_options *options,
                          flame_tree **tree, flame_report *report, fs_error *error);

/* The bytes that a writer puts out, NUL-terminated; free with fs_free. Fails the test when writing fails. */
typedef fs_status (*stack_text_writer)(const flame_tree *tree, const flame_profile *profile,
                                       fs_output *output, fs_error *error);
char *stack_text_written(const flame_tree *tree, const flame_profile *profile, stack_text_writer writer,
                         size_t *length);

/* The tree as folded text, lines sorted. Free with fs_free. */
char *stack_text_folded(const flame_tree *tree);

/* Read `text`, write it as folded, compare with `expected` (lines sorted). */
void stack_text_expect(const char *text, const flame_read_options *options, const char *expected);

#endif
