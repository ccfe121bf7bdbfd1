/* Words for the numbers of mdscale.h. */
#include "mdscale.h"

#define NAME_OF(value, ...)                                                                                  \
    static const char *const names[] = {__VA_ARGS__};                                                        \
    return (size_t)(value) < sizeof names / sizeof *names ? names[value] : NULL

const char *mds_status_text(mds_status status)
{
    switch (status) {
#define TEXT(name, value, text)                                                                              \
    case MDS_##name:                                                                                         \
        return text;
        MDS_STATUS_TABLE(TEXT)
#undef TEXT
    }
    return "unknown status";
}

const char *mds_metric_name(mds_metric metric)
{
    NAME_OF(metric, "euclidean", "sqeuclidean", "manhattan", "chebyshev", "cosine", "correlation",
            "braycurtis", "canberra", "minkowski", "hamming", "jaccard", "weighted-jaccard", "gower",
            "mahalanobis", "hellinger", "jensenshannon", "haversine");
}

const char *mds_scaling_name(mds_scaling scaling)
{
    NAME_OF(scaling, "none", "sd", "range", "robust");
}

const char *mds_similarity_name(mds_similarity how)
{
    NAME_OF(how, "one-minus", "max-minus", "root", "kernel", "log");
}

const char *mds_loss_name(mds_loss loss)
{
    NAME_OF(loss, "squared", "absolute", "huber");
}

const char *mds_level_name(mds_level level)
{
    NAME_OF(level, "ratio", "interval", "ordinal", "spline", "log");
}

const char *mds_ties_name(mds_ties ties)
{
    NAME_OF(ties, "primary", "secondary", "tertiary");
}

const char *mds_start_name(mds_start start)
{
    NAME_OF(start, "default", "random", "given", "classical");
}

const char *mds_stop_name(mds_stop stop)
{
    NAME_OF(stop, "converged", "limit", "cancelled", "exact", "time");
}

const char *mds_effort_name(mds_effort effort)
{
    NAME_OF(effort, "normal", "low", "high");
}

const char *mds_weighting_name(mds_weighting weighting)
{
    NAME_OF(weighting, "none", "inverse", "inverse-square");
}
