/* mdscale.distances: from features. The output array is the caller's. */
#include "module.h"

/* distances(features, out, metric, threads, isa) */
PyObject *py_distances(PyObject *module, PyObject *args)
{
    PyObject *features_object, *out_object, *result = NULL;
    const char *metric_word, *isa;
    mds_distance_options options = {.size = sizeof options};
    int metric;
    if (!PyArg_ParseTuple(args, "OOsIs:distances", &features_object, &out_object, &metric_word,
                          &options.threads, &isa) ||
        number_of("metric", metric_word, metric_name, &metric) != 0 || isa_from_name(isa, &options.isa) != 0)
        return NULL;
    options.metric = (mds_metric)metric;
    enum { FEATURES, OUT, VIEWS };
    Py_buffer views[VIEWS] = {0};
    if (get_array(features_object, "features", 2, 0, &views[FEATURES]) != 0) return NULL;
    Py_ssize_t n = views[FEATURES].shape[0];
    if (get_matrix(out_object, "out", n, n, 1, &views[OUT]) == 0) {
        size_t rows = (size_t)n, columns = (size_t)views[FEATURES].shape[1];
        mds_error error;
        mds_status status;
        Py_BEGIN_ALLOW_THREADS
            status = mds_distances(views[FEATURES].buf, rows, columns, columns, &options, views[OUT].buf,
                                   rows, &error);
        Py_END_ALLOW_THREADS
        result = status == MDS_OK ? Py_NewRef(Py_None) : raise_mds(module, &error);
    }
    release_views(views, VIEWS);
    return result;
}
