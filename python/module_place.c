/* Places for new objects, and likeness to another map. Output arrays are the caller's. */
#include "module.h"

/* place(map, d, weights or None, out, stress, loss, huber, starts, iterations, tolerance, seed, threads, isa,
 * progress) */
PyObject *py_place(PyObject *module, PyObject *args)
{
    PyObject *objects[5], *progress, *result = NULL;
    enum { MAP, D, WEIGHTS, OUT, STRESS, VIEWS };
    const char *loss_word, *isa;
    unsigned long long iterations, seed;
    mds_place_options options = {.size = sizeof options};
    int loss;
    if (!PyArg_ParseTuple(args, "OOOOOsdIKdKIsO:place", &objects[MAP], &objects[D], &objects[WEIGHTS],
                          &objects[OUT], &objects[STRESS], &loss_word, &options.huber, &options.starts,
                          &iterations, &options.tolerance, &seed, &options.threads, &isa, &progress) ||
        number_of("loss", loss_word, loss_name, &loss) != 0 || isa_from_name(isa, &options.isa) != 0 ||
        check_progress(progress) != 0)
        return NULL;
    options.loss = (mds_loss)loss;
    options.iterations = iterations;
    options.seed = seed;
    Py_buffer views[VIEWS] = {0};
    if (get_array(objects[MAP], "x", 2, 0, &views[MAP]) != 0) return NULL;
    Py_ssize_t n = views[MAP].shape[0], p = views[MAP].shape[1];
    if (get_array(objects[D], "d", 2, 0, &views[D]) != 0) goto cleanup;
    Py_ssize_t count = views[D].shape[0];
    if (views[D].shape[1] != n) {
        PyErr_Format(PyExc_ValueError, "d has %zd columns where the map has %zd objects", views[D].shape[1],
                     n);
        goto cleanup;
    }
    if (objects[WEIGHTS] != Py_None &&
        get_matrix(objects[WEIGHTS], "weights", count, n, 0, &views[WEIGHTS]) != 0)
        goto cleanup;
    if (get_matrix(objects[OUT], "out", count, p, 1, &views[OUT]) != 0 ||
        get_array(objects[STRESS], "stress", 1, 1, &views[STRESS]) != 0)
        goto cleanup;
    if (views[STRESS].shape[0] != count) {
        PyErr_SetString(PyExc_ValueError, "stress has another length");
        goto cleanup;
    }
    watch w = {.progress = progress};
    options.progress = py_on_iteration;
    options.context = &w;
    mds_error error;
    size_t ld = (size_t)n, ldx = (size_t)p;
    w.thread = PyEval_SaveThread();
    mds_status status =
        mds_place(views[MAP].buf, ld, ldx, ldx, views[D].buf, (size_t)count, ld, views[WEIGHTS].buf, ld,
                  &options, views[OUT].buf, ldx, views[STRESS].buf, &error);
    PyEval_RestoreThread(w.thread);
    if (!w.failed) result = status == MDS_OK ? Py_NewRef(Py_None) : raise_mds(module, &error);
cleanup:
    release_views(views, VIEWS);
    return result;
}

/* procrustes(reference, x, scaling), which changes x */
PyObject *py_procrustes(PyObject *module, PyObject *args)
{
    PyObject *reference_object, *x_object, *result = NULL;
    int scaling;
    if (!PyArg_ParseTuple(args, "OOp:procrustes", &reference_object, &x_object, &scaling)) return NULL;
    enum { REFERENCE, X, VIEWS };
    Py_buffer views[VIEWS] = {0};
    if (get_array(reference_object, "reference", 2, 0, &views[REFERENCE]) != 0) return NULL;
    Py_ssize_t n = views[REFERENCE].shape[0], p = views[REFERENCE].shape[1];
    if (get_matrix(x_object, "x", n, p, 1, &views[X]) == 0) {
        mds_procrustes_result out = {.size = sizeof out};
        mds_error error;
        mds_status status;
        size_t ld = (size_t)p;
        Py_BEGIN_ALLOW_THREADS
            status = mds_procrustes(views[REFERENCE].buf, ld, views[X].buf, ld, (size_t)n, ld, scaling != 0,
                                    &out, &error);
        Py_END_ALLOW_THREADS
        result = status == MDS_OK ? Py_BuildValue("{s:d,s:d,s:d,s:d}", "scale", out.scale, "r2", out.r2, "m2",
                                                  out.m2, "congruence", out.congruence)
                                  : raise_mds(module, &error);
    }
    release_views(views, VIEWS);
    return result;
}
