/*
 * mdscale_map_output.h - maps and summaries as the subcommands write them.
 */
#ifndef CLI_MDSCALE_MAP_OUTPUT_H
#define CLI_MDSCALE_MAP_OUTPUT_H

#include "file.h"
#include "json_writer.h"

#include <stddef.h>
#include <stdint.h>

/* Whether the name of a map says what to write (.csv, .tsv, .npy, standard output; NULL is fine): COMMAND_OK,
 * or the exit status after complaining. */
int map_check_path(const char *path);

/* The n x p map, in the form that the path's ending says, with labels (or NULL) and columns dim1, dim2, ...
 */
int map_write(fs_output *output, const char *path, const double *x, size_t n, size_t p,
              const char *const *labels);

#endif
