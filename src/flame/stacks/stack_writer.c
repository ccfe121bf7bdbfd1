#include "stack_writer.h"

#include <string.h>

flame_output_form flame_output_form_of(const char *path)
{
    if (strcmp(path, "-") == 0 || fs_path_ends(path, ".folded") || fs_path_ends(path, ".txt"))
        return FLAME_OUTPUT_FOLDED;
    if (fs_path_ends(path, ".trace.json")) return FLAME_OUTPUT_CHROME;
    if (fs_path_ends(path, ".json")) return FLAME_OUTPUT_SPEEDSCOPE;
    if (fs_path_ends(path, ".pb.gz") || fs_path_ends(path, ".pprof")) return FLAME_OUTPUT_PPROF;
    return FLAME_OUTPUT_UNKNOWN;
}

fs_status flame_write(const flame_tree *tree, const flame_profile *profile, flame_output_form form,
                      fs_output *output, fs_error *error)
{
    switch (form) {
    case FLAME_OUTPUT_FOLDED:
        return flame_write_folded(tree, output, error);
    case FLAME_OUTPUT_SPEEDSCOPE:
        return flame_write_speedscope(tree, profile, output, error);
    case FLAME_OUTPUT_PPROF:
        return flame_write_pprof(tree, profile, output, error);
    case FLAME_OUTPUT_CHROME:
        return flame_write_chrome(tree, profile, output, error);
    case FLAME_OUTPUT_UNKNOWN:
        break;
    }
    return fs_fail(error, FS_ARGUMENT, "no format goes with that ending");
}
