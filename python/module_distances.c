/* mdscale.distances: from features. The output array is the caller's. */
#include "module.h"

const char *scaling_name(int i)
{
    return mds_scaling_name((mds_scaling)i);
}

mds_column *get_columns(PyObject *sequence, Py_ssize_t count)
{
    if (PySequence_Size(sequence) != count) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_ValueError, "columns must have a word for each of the %zd features", count);
        return NULL;
    }
    mds_column *columns = PyMem_Calloc((size_t)count + 1, sizeof *columns);
    if (!columns) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PySequence_GetItem(sequence, i);
        long number = item ? PyLong_AsLong(item) : -1;
        Py_XDECREF(item);
        if (PyErr_Occurred()) {
            PyMem_Free(columns);
            return NULL;
        }
        columns[i] = (mds_column)number;
    }
    return columns;
}

/* distances(features, others or None, out, metric, exponent, scaling, columns or None, threads, isa) */
PyObject *py_distances(PyObject *module, PyObject *args)
{
    PyObject *features_object, *others_object, *out_object, *columns_object, *result = NULL;
    const char *metric_word, *scaling_word, *isa;
    mds_distance_options options = {.size = sizeof options};
    int metric, scaling;
    if (!PyArg_ParseTuple(args, "OOOsdsOIs:distances", &features_object, &others_object, &out_object,
                          &metric_word, &options.exponent, &scaling_word, &columns_object, &options.threads,
                          &isa) ||
        number_of("metric", metric_word, metric_name, &metric) != 0 ||
        number_of("scaling", scaling_word, scaling_name, &scaling) != 0 ||
        isa_from_name(isa, &options.isa) != 0)
        return NULL;
    options.metric = (mds_metric)metric;
    options.scaling = (mds_scaling)scaling;
    enum { FEATURES, OTHERS, OUT, VIEWS };
    Py_buffer views[VIEWS] = {0};
    mds_column *columns = NULL;
    if (get_array(features_object, "features", 2, 0, &views[FEATURES]) != 0) return NULL;
    Py_ssize_t n = views[FEATURES].shape[0], m = views[FEATURES].shape[1], rows = n;
    if (others_object != Py_None) {
        if (get_array(others_object, "others", 2, 0, &views[OTHERS]) != 0) goto cleanup;
        rows = views[OTHERS].shape[0];
        if (views[OTHERS].shape[1] != m) {
            PyErr_Format(PyExc_ValueError, "others have %zd features instead of %zd", views[OTHERS].shape[1],
                         m);
            goto cleanup;
        }
    }
    if (get_matrix(out_object, "out", rows, n, 1, &views[OUT]) != 0) goto cleanup;
    if (columns_object != Py_None && !(columns = get_columns(columns_object, m))) goto cleanup;
    options.columns = columns;
    mds_error error;
    mds_status status;
    size_t ldf = (size_t)m, ldd = (size_t)n;
    Py_BEGIN_ALLOW_THREADS
        if (views[OTHERS].obj)
            status = mds_distances_between(views[FEATURES].buf, (size_t)n, ldf, ldf, views[OTHERS].buf,
                                           (size_t)rows, ldf, &options, views[OUT].buf, ldd, &error);
        else
            status = mds_distances(views[FEATURES].buf, (size_t)n, ldf, ldf, &options, views[OUT].buf, ldd,
                                   &error);
    Py_END_ALLOW_THREADS
    result = status == MDS_OK ? Py_NewRef(Py_None) : raise_mds(module, &error);
cleanup:
    PyMem_Free(columns);
    release_views(views, VIEWS);
    return result;
}
