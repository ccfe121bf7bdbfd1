#include "recording_output.h"

#include "graph.h"

fs_status flame_recording_write(const flame_tree *tree, flame_output_form form,
                                const flame_recording_info *info, fs_output *output, fs_error *error)
{
    flame_graph_options picture;
    flame_graph_options_default(&picture);
    picture.title = info->title;
    picture.subtitle = info->subtitle;
    picture.min_width = 0.3;
    flame_profile profile = {.title = info->title,
                             .note = info->note,
                             .period = info->period,
                             .start = info->start,
                             .threads = info->threads};
    const bool empty = flame_tree_counts(tree, 0).total_after <= 0;
    fs_status status = flame_output_pack(form, output, error);
    if (status) return status;
    if (empty && form == FLAME_OUTPUT_SVG)
        return flame_write_svg_message("Nothing was recorded", &picture, output, error);
    if (empty && form == FLAME_OUTPUT_HTML) {
        fs_output_string(output, "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>Nothing was "
                                 "recorded</title>\n<p>Nothing was recorded.</p>\n");
        return FS_OK;
    }
    return flame_write(tree, form, &(flame_output_settings){.profile = &profile, .picture = &picture}, output,
                       error);
}
