#include "graph.h"

void flame_graph_options_default(flame_graph_options *options)
{
    *options = (flame_graph_options){.size = sizeof *options,
                                     .count_name = "samples",
                                     .name_type = "Function:",
                                     .width = 1200,
                                     .frame_height = 16,
                                     .min_width = 0.1,
                                     .font_type = "Verdana",
                                     .font_size = 12,
                                     .font_width = 0.59,
                                     .search_colour = "rgb(230,0,230)",
                                     .seed = 1,
                                     .factor = 1};
}

const char *flame_graph_title(const flame_graph_options *options)
{
    if (options->title && options->title[0]) return options->title;
    if (options->flame_chart) return "Flame Chart";
    return options->inverted ? "Icicle Graph" : "Flame Graph";
}
