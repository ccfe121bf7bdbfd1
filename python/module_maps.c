/* What is asked of a map that is there: stress, disparities, places for new objects, likeness to another.
 * Output arrays are the caller's. */
#include "module.h"

/* stress(d, weights or None, x, per_point or None, (level, ties, degree, knots), threads, isa) */
PyObject *py_stress(PyObject *module, PyObject *args)
{
    PyObject *d_object, *weights_object, *x_object, *points_object, *result = NULL;
    const char *level_word, *ties_word, *isa;
    int level, ties;
    mds_stress_options options = {.size = sizeof options};
    if (!PyArg_ParseTuple(args, "OOOO(ssII)Is:stress", &d_object, &weights_object, &x_object, &points_object,
                          &level_word, &ties_word, &options.spline_degree, &options.spline_knots,
                          &options.threads, &isa) ||
        number_of("level", level_word, level_name, &level) != 0 ||
        number_of("ties", ties_word, ties_name, &ties) != 0 || isa_from_name(isa, &options.isa) != 0)
        return NULL;
    options.level = (mds_level)level;
    options.ties = (mds_ties)ties;
    enum { D, WEIGHTS, X, POINTS, VIEWS };
    Py_buffer views[VIEWS] = {0};
    mds_problem problem;
    if (get_problem(d_object, weights_object, views, &problem) != 0) goto cleanup;
    if (get_matrix(x_object, "x", (Py_ssize_t)problem.n, -1, 0, &views[X]) != 0) goto cleanup;
    if (points_object != Py_None) {
        if (get_array(points_object, "per_point", 1, 1, &views[POINTS]) != 0) goto cleanup;
        if ((size_t)views[POINTS].shape[0] != problem.n) {
            PyErr_SetString(PyExc_ValueError, "per_point has another length");
            goto cleanup;
        }
        options.per_point = views[POINTS].buf;
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

/* disparities(d, weights or None, x, out, (level, ties, degree, knots), threads, isa) */
PyObject *py_disparities(PyObject *module, PyObject *args)
{
    PyObject *d_object, *weights_object, *x_object, *out_object, *result = NULL;
    const char *level_word, *ties_word, *isa;
    int level, ties;
    mds_disparity_options options = {.size = sizeof options};
    if (!PyArg_ParseTuple(args, "OOOO(ssII)Is:disparities", &d_object, &weights_object, &x_object,
                          &out_object, &level_word, &ties_word, &options.spline_degree, &options.spline_knots,
                          &options.threads, &isa) ||
        number_of("level", level_word, level_name, &level) != 0 ||
        number_of("ties", ties_word, ties_name, &ties) != 0 || isa_from_name(isa, &options.isa) != 0)
        return NULL;
    options.level = (mds_level)level;
    options.ties = (mds_ties)ties;
    enum { D, WEIGHTS, X, OUT, VIEWS };
    Py_buffer views[VIEWS] = {0};
    mds_problem problem;
    if (get_problem(d_object, weights_object, views, &problem) == 0 &&
        get_matrix(x_object, "x", (Py_ssize_t)problem.n, -1, 0, &views[X]) == 0 &&
        get_matrix(out_object, "out", (Py_ssize_t)problem.n, (Py_ssize_t)problem.n, 1, &views[OUT]) == 0) {
        size_t p = (size_t)views[X].shape[1];
        mds_error error;
        mds_status status;
        Py_BEGIN_ALLOW_THREADS
            status =
                mds_disparities(&problem, p, views[X].buf, p, &options, views[OUT].buf, problem.n, &error);
        Py_END_ALLOW_THREADS
        result = status == MDS_OK ? Py_NewRef(Py_None) : raise_mds(module, &error);
    }
    release_views(views, VIEWS);
    return result;
}
