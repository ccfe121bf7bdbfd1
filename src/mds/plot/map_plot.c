#include "map_plot.h"

fs_status mds_map_plot_write(fs_output *output, const mds_map_plot *plot, fs_error *error)
{
    (void)plot;
    (void)error;
    fs_output_string(output, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n");
    return FS_OK;
}
