#include "mdscale_map_output.h"

#include "csv_write.h"
#include "mdscale_input.h"
#include "npy.h"

#include <stdio.h>

int map_check_path(const char *path)
{
    if (!path || output_is_standard(path) || fs_path_ends(path, ".csv") || fs_path_ends(path, ".tsv") ||
        fs_path_ends(path, ".npy"))
        return COMMAND_OK;
    return command_usage("the map %s should end in .csv, .tsv or .npy, which says what to write", path);
}

int map_write(fs_output *output, const char *path, const double *x, size_t n, size_t p,
              const char *const *labels)
{
    if (path && fs_path_ends(path, ".npy")) {
        fs_npy_write(output, x, n, p, p);
        return COMMAND_OK;
    }
    char(*names)[24] = fs_alloc(p, sizeof *names);
    const char **heads = fs_alloc(p, sizeof *heads);
    if (names && heads) {
        for (size_t k = 0; k < p; k++) {
            snprintf(names[k], sizeof names[k], "dim%zu", k + 1);
            heads[k] = names[k];
        }
        mds_write_csv(output, x, n, p, p, path && fs_path_ends(path, ".tsv") ? '\t' : ',', "label", labels,
                      heads);
    } else {
        command_complain("out of memory while writing the map");
    }
    int status = names && heads ? COMMAND_OK : COMMAND_FAILED;
    fs_free(names);
    fs_free(heads);
    return status;
}
