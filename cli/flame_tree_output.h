/*
 * flame_tree_output.h - stacks in, stacks out: what `flame collapse` and `flame convert` share.
 */
#ifndef CLI_FLAME_TREE_OUTPUT_H
#define CLI_FLAME_TREE_OUTPUT_H

#include "output_format.h"

/* Read the inputs and write them to `path`. The output is opened before anything is read, and appears whole
 * or not at all. `profile` may be NULL; its unit is filled in from the input where it has none. Returns an
 * exit status. */
int flame_tree_convert(int count, char **inputs, const char *path, flame_output_form form,
                       const flame_profile *profile);

#endif
