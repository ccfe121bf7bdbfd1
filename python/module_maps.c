/* What is asked of a map that is there: stress. Output arrays are the caller's. */
#include "module.h"

/* stress(d, weights or None, x, per_point or None, threads, isa) */
PyObject *py_stress(PyObject *module, PyObject *args)
{
    PyObject *d_object, *weights_object, *x_object, *points_object, *result = NULL;
    const char *isa;
    mds_stress_options options = {.size = sizeof options};
    if (!PyArg_ParseTuple(args, "OOOOIs:stress", &d_object, &weights_object, &x_object, &points_object,
                          &options.threads, &isa) ||
        isa_from_name(isa, &options.isa) != 0)
        return NULL;
    enum { D, WEIGHTS, X, POINTS, VIEWS };
    Py_buffer views[VIEWS] = {0};
    if (get_array(d_object, "d", 2, 0, &views[D]) != 0) return NULL;
    Py_ssize_t n = views[D].shape[0];
    if (views[D].shape[1] != n) {
        PyErr_Format(PyExc_ValueError, "d is not square: %zd x %zd", n, views[D].shape[1]);
        goto cleanup;
    }
    if (weights_object != Py_None && get_matrix(weights_object, "weights", n, n, 0, &views[WEIGHTS]) != 0)
        goto cleanup;
    if (get_matrix(x_object, "x", n, -1, 0, &views[X]) != 0) goto cleanup;
    if (points_object != Py_None) {
        if (get_array(points_object, "per_point", 1, 1, &views[POINTS]) != 0) goto cleanup;
        if (views[POINTS].shape[0] != n) {
            PyErr_SetString(PyExc_ValueError, "per_point has another length");
            goto cleanup;
        }
        options.per_point = views[POINTS].buf;
    }
    mds_problem problem = {.size = sizeof problem, .n = (size_t)n, .delta = views[D].buf, .ld = (size_t)n};
    if (views[WEIGHTS].obj) {
        problem.weights = views[WEIGHTS].buf;
        problem.ldw = (size_t)n;
    }
    size_t p = (size_t)views[X].shape[1];
    mds_stress_values values = {.size = sizeof values};
    mds_error error;
    mds_status status;
    Py_BEGIN_ALLOW_THREADS
        status = mds_stress(&problem, p, &options, views[X].buf, p, &values, &error);
    Py_END_ALLOW_THREADS
    if (status == MDS_OK)
        result = Py_BuildValue("{s:d,s:d,s:d,s:d,s:d,s:n}", "raw", values.raw, "normalized",
                               values.normalized, "stress1", values.stress1, "scale", values.scale,
                               "absolute", values.absolute, "pairs", (Py_ssize_t)values.pairs);
    else
        raise_mds(module, &error);
cleanup:
    release_views(views, VIEWS);
    return result;
}
