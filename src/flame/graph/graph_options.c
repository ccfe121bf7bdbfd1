#include "graph.h"

void flame_graph_options_default(flame_graph_options *options)
{
    *options = (flame_graph_options)FLAME_GRAPH_DEFAULTS;
}

const char *flame_graph_title(const flame_graph_options *options)
{
    if (options->title && options->title[0]) return options->title;
    if (options->flame_chart) return "Flame Chart";
    return options->inverted ? "Icicle Graph" : "Flame Graph";
}
