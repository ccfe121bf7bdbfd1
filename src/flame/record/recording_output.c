#include "recording_output.h"

#include "graph.h"
#include "stack_writer.h"

#include <string.h>

bool flame_recording_form_of(const char *path, flame_recording_form *form)
{
    static const struct {
        const char *ending;
        flame_recording_form form;
    } endings[] = {{".svg", FLAME_RECORDING_SVG},     {".html", FLAME_RECORDING_HTML},
                   {".htm", FLAME_RECORDING_HTML},    {".folded", FLAME_RECORDING_FOLDED},
                   {".txt", FLAME_RECORDING_FOLDED},  {".json", FLAME_RECORDING_SPEEDSCOPE},
                   {".pb.gz", FLAME_RECORDING_PPROF}, {".pprof", FLAME_RECORDING_PPROF}};
    if (strcmp(path, "-") == 0) {
        *form = FLAME_RECORDING_FOLDED;
        return true;
    }
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (!fs_path_ends(path, endings[i].ending)) continue;
        *form = endings[i].form;
        return true;
    }
    return false;
}

const char *flame_recording_ending(flame_recording_form form)
{
    static const char *const endings[] = {"svg", "html", "folded", "json", "pb.gz"};
    return endings[form];
}

fs_status flame_recording_write(const flame_tree *tree, flame_recording_form form,
                                const flame_recording_words *words, fs_output *output, fs_error *error)
{
    flame_graph_options picture;
    flame_graph_options_default(&picture);
    picture.title = words->title;
    picture.subtitle = words->subtitle;
    picture.min_width = 0.3;
    flame_profile profile = {
        .title = words->title, .period = words->period, .start = words->start, .threads = words->threads};
    bool empty = flame_tree_node(tree, 0)->total_after <= 0;
    switch (form) {
    case FLAME_RECORDING_SVG:
        if (empty) return flame_write_svg_message("Nothing was recorded", &picture, output, error);
        return flame_write_svg(tree, &picture, output, error);
    case FLAME_RECORDING_HTML:
        if (empty) {
            fs_output_string(output, "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>Nothing was "
                                     "recorded</title>\n<p>Nothing was recorded.</p>\n");
            return FS_OK;
        }
        return flame_write_html(tree, &picture, output, error);
    case FLAME_RECORDING_FOLDED:
        return flame_write_folded(tree, output, error);
    case FLAME_RECORDING_SPEEDSCOPE:
        return flame_write_speedscope(tree, &profile, output, error);
    case FLAME_RECORDING_PPROF:
        return flame_write_pprof(tree, &profile, output, error);
    }
    return fs_fail(error, FS_INTERNAL, "an output form without a writer");
}
