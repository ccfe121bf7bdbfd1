/*
 * _mdscale: a thin CPython extension over mdscale.h, limited API from 3.11 on, no glue library.
 *
 * Arrays come and go through the buffer protocol: C-contiguous float64. The GIL is released around every
 * computation. numpy.empty is looked up when a result array has to be made, so NumPy is a run-time wish and
 * not a build requirement.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "mdscale.h"

#include <string.h>

#if PY_VERSION_HEX < 0x030A0000 /* both came with Python 3.10 */
static PyObject *Py_NewRef(PyObject *object)
{
    Py_INCREF(object);
    return object;
}

static int PyModule_AddObjectRef(PyObject *module, const char *name, PyObject *value)
{
    Py_INCREF(value);
    int failed = PyModule_AddObject(module, name, value);
    if (failed) Py_DECREF(value);
    return failed;
}
#endif

typedef struct module_state {
    PyObject *error;       /* mdscale.MdsError */
    PyObject *numpy_empty; /* numpy.empty, or NULL until it is wanted */
    mds_isa isa;           /* of mdscale.kernels; use_isa */
} module_state;

static PyObject *raise_mds(PyObject *module, const mds_error *error)
{
    const module_state *state = PyModule_GetState(module);
    if (error->code == MDS_MEMORY) return PyErr_NoMemory();
    PyErr_SetString(state->error, error->message);
    return NULL;
}

/* A float64 C-contiguous view with `dimensions` dimensions; `name` is for the message. */
static int get_array(PyObject *object, const char *name, int dimensions, int writable, Py_buffer *view)
{
    int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object, view, flags) != 0) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Format(PyExc_TypeError, "%s must be an array (anything with the buffer protocol)", name);
            return -1;
        }
        if (PyErr_ExceptionMatches(PyExc_BufferError) || PyErr_ExceptionMatches(PyExc_ValueError)) {
            PyErr_Format(PyExc_ValueError,
                         "%s must be a%s C-contiguous float64 array (numpy.ascontiguousarray helps)", name,
                         writable ? " writable" : "");
        }
        return -1;
    }
    const char *format = view->format ? view->format : "B";
    if (*format == '@' || *format == '=') format++;
    if (strcmp(format, "d") != 0 || view->itemsize != (Py_ssize_t)sizeof(double)) {
        PyErr_Format(PyExc_TypeError, "%s must hold float64, not format '%s' (use .astype(float))", name,
                     format);
    } else if (view->ndim != dimensions) {
        PyErr_Format(PyExc_ValueError, "%s must have %d dimension%s, not %d", name, dimensions,
                     dimensions == 1 ? "" : "s", view->ndim);
    } else {
        return 0;
    }
    PyBuffer_Release(view);
    return -1;
}

static PyObject *new_array(PyObject *module, Py_ssize_t length)
{
    module_state *state = PyModule_GetState(module);
    if (!state->numpy_empty) {
        PyObject *numpy = PyImport_ImportModule("numpy");
        if (!numpy) {
            PyErr_Clear();
            PyErr_SetString(PyExc_ImportError, "NumPy is not installed: pass out= to receive the result");
            return NULL;
        }
        state->numpy_empty = PyObject_GetAttrString(numpy, "empty");
        Py_DECREF(numpy);
        if (!state->numpy_empty) return NULL;
    }
    return PyObject_CallFunction(state->numpy_empty, "n", length);
}

static mds_isa kernel_isa(PyObject *module)
{
    return ((const module_state *)PyModule_GetState(module))->isa;
}

PyDoc_STRVAR(
    dist_from_point_doc,
    "dist_from_point(x, y, out=None)\n--\n\n"
    "Euclidean distance of each row of x (n x p) to the point y (p numbers): n numbers, in `out` or a new "
    "array.");

static PyObject *dist_from_point(PyObject *module, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"x", "y", "out", NULL};
    PyObject *x_object, *y_object, *out = Py_None, *result = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "OO|O:dist_from_point", names, &x_object, &y_object,
                                     &out))
        return NULL;
    Py_buffer x = {0}, y = {0}, d = {0};
    if (get_array(x_object, "x", 2, 0, &x) != 0) return NULL;
    if (get_array(y_object, "y", 1, 0, &y) != 0) goto cleanup;
    if (x.shape[1] != y.shape[0]) {
        PyErr_Format(PyExc_ValueError, "x has %zd columns and y has %zd numbers", x.shape[1], y.shape[0]);
        goto cleanup;
    }
    if (out == Py_None) {
        out = new_array(module, x.shape[0]);
        if (!out) goto cleanup;
    } else {
        Py_INCREF(out);
    }
    if (get_array(out, "out", 1, 1, &d) == 0) {
        if (d.shape[0] != x.shape[0]) {
            PyErr_Format(PyExc_ValueError, "out has %zd numbers where x has %zd rows", d.shape[0],
                         x.shape[0]);
        } else {
            size_t n = (size_t)x.shape[0], p = (size_t)x.shape[1];
            mds_isa isa = kernel_isa(module);
            mds_status status;
            Py_BEGIN_ALLOW_THREADS
                status = mds_distance_from_point(x.buf, n, p, p, y.buf, d.buf, isa);
            Py_END_ALLOW_THREADS
            if (status == MDS_OK)
                result = Py_NewRef(out);
            else
                PyErr_SetString(PyExc_ValueError, "x has no columns");
        }
        PyBuffer_Release(&d);
    }
    Py_DECREF(out);
cleanup:
    if (y.obj) PyBuffer_Release(&y);
    PyBuffer_Release(&x);
    return result;
}

PyDoc_STRVAR(mse_doc, "mse(d_goal, d)\n--\n\nSum over all numbers of (d_goal - d)^2.");

static PyObject *mse(PyObject *module, PyObject *args)
{
    PyObject *goal_object, *d_object;
    if (!PyArg_ParseTuple(args, "OO:mse", &goal_object, &d_object)) return NULL;
    Py_buffer goal, d;
    PyObject *result = NULL;
    if (get_array(goal_object, "d_goal", 1, 0, &goal) != 0) return NULL;
    if (get_array(d_object, "d", 1, 0, &d) == 0) {
        if (goal.shape[0] != d.shape[0]) {
            PyErr_Format(PyExc_ValueError, "d_goal has %zd numbers and d has %zd", goal.shape[0], d.shape[0]);
        } else {
            double sum;
            mds_isa isa = kernel_isa(module);
            Py_BEGIN_ALLOW_THREADS
                sum = mds_sum_squared_difference(goal.buf, d.buf, (size_t)goal.shape[0], isa);
            Py_END_ALLOW_THREADS
            result = PyFloat_FromDouble(sum);
        }
        PyBuffer_Release(&d);
    }
    PyBuffer_Release(&goal);
    return result;
}

PyDoc_STRVAR(update_distance_matrix_doc,
             "update_distance_matrix(x, d, i)\n--\n\n"
             "Write the distances of the rows of x (n x p) to row i into row i and column i of d (n x n).");

static PyObject *update_distance_matrix(PyObject *module, PyObject *args)
{
    PyObject *x_object, *d_object, *result = NULL;
    Py_ssize_t i;
    if (!PyArg_ParseTuple(args, "OOn:update_distance_matrix", &x_object, &d_object, &i)) return NULL;
    Py_buffer x, d;
    if (get_array(x_object, "x", 2, 0, &x) != 0) return NULL;
    if (get_array(d_object, "d", 2, 1, &d) == 0) {
        size_t n = (size_t)x.shape[0], p = (size_t)x.shape[1];
        if (d.shape[0] != x.shape[0] || d.shape[1] != x.shape[0]) {
            PyErr_Format(PyExc_ValueError, "d is %zd x %zd where x has %zd rows", d.shape[0], d.shape[1],
                         x.shape[0]);
        } else if (i < 0 || i >= x.shape[0]) {
            PyErr_Format(PyExc_IndexError, "row %zd of %zd", i, x.shape[0]);
        } else {
            const double *point = (const double *)x.buf + (size_t)i * p;
            double *matrix = d.buf, *row = matrix + (size_t)i * n;
            mds_isa isa = kernel_isa(module);
            mds_status status;
            Py_BEGIN_ALLOW_THREADS
                status = mds_distance_from_point(x.buf, n, p, p, point, row, isa);
                for (size_t j = 0; status == MDS_OK && j < n; j++) matrix[j * n + (size_t)i] = row[j];
            Py_END_ALLOW_THREADS
            if (status == MDS_OK)
                result = Py_NewRef(Py_None);
            else
                PyErr_SetString(PyExc_ValueError, "x has no columns");
        }
        PyBuffer_Release(&d);
    }
    PyBuffer_Release(&x);
    return result;
}

typedef struct watch {
    PyThreadState *thread;
    PyObject *progress; /* a callable or None; borrowed */
    int failed;         /* a Python exception is set */
} watch;

/* After every epoch, on the thread that called: take the GIL back, look for Ctrl-C, tell the caller. */
static bool on_epoch(const mds_epoch *epoch, void *context)
{
    watch *w = context;
    PyEval_RestoreThread(w->thread);
    bool go_on = PyErr_CheckSignals() == 0;
    if (!go_on) {
        w->failed = 1;
    } else if (w->progress != Py_None) {
        PyObject *answer =
            PyObject_CallFunction(w->progress, "KddK", (unsigned long long)epoch->epoch, epoch->radius,
                                  epoch->stress, (unsigned long long)epoch->moves);
        int wish = !answer ? -1 : answer == Py_None ? 1 : PyObject_IsTrue(answer);
        Py_XDECREF(answer);
        if (wish < 0) w->failed = 1;
        go_on = wish > 0;
    }
    w->thread = PyEval_SaveThread();
    return go_on;
}

static int isa_from_name(const char *name, mds_isa *isa)
{
    for (int i = MDS_ISA_AUTO; i <= MDS_ISA_NEON; i++) {
        if (strcmp(mds_isa_name((mds_isa)i), name) == 0) {
            *isa = (mds_isa)i;
            return 0;
        }
    }
    PyErr_Format(PyExc_ValueError, "isa '%s' is not one of auto, scalar, avx2, avx512, neon", name);
    return -1;
}

PyDoc_STRVAR(use_isa_doc,
             "use_isa(name)\n--\n\n"
             "From now on the kernels of this module are those of the instruction set `name`: "
             "\"auto\" (the widest, the\ndefault), \"scalar\" (plain C), \"avx2\", \"avx512\" or "
             "\"neon\". Returns the name of what runs.");

static PyObject *use_isa(PyObject *module, PyObject *name)
{
    module_state *state = PyModule_GetState(module);
    mds_isa isa;
    const char *text = PyUnicode_AsUTF8AndSize(name, NULL);
    if (!text || isa_from_name(text, &isa) != 0) return NULL;
    if (isa == MDS_ISA_AUTO) isa = mds_isa_best();
    if (!mds_isa_available(isa))
        return PyErr_Format(PyExc_ValueError, "isa '%s' is not available here; the widest is '%s'", text,
                            mds_isa_name(mds_isa_best()));
    state->isa = isa;
    return PyUnicode_FromString(mds_isa_name(isa));
}

PyDoc_STRVAR(pattern_search_doc, "Used by mdscale.pattern_search, which has the documentation.");

static PyObject *pattern_search(PyObject *module, PyObject *args)
{
    PyObject *d_object, *x_object, *weights_object, *progress, *result = NULL;
    mds_pattern_options options = mds_pattern_defaults();
    int start_given, shuffle;
    unsigned long long epochs, seed;
    const char *loss, *isa;
    if (!PyArg_ParseTuple(args, "OOpOddddKddpsKIsO:pattern_search", &d_object, &x_object, &start_given,
                          &weights_object, &options.radius, &options.shrink, &options.tolerance,
                          &options.smallest_radius, &epochs, &options.point_share, &options.dimension_share,
                          &shuffle, &loss, &seed, &options.threads, &isa, &progress))
        return NULL;
    if (isa_from_name(isa, &options.isa) != 0) return NULL;
    if (strcmp(loss, "absolute") == 0) {
        options.loss = MDS_LOSS_ABSOLUTE;
    } else if (strcmp(loss, "squared") != 0) {
        PyErr_Format(PyExc_ValueError, "loss '%s' is not one of squared, absolute", loss);
        return NULL;
    }
    if (progress != Py_None && !PyCallable_Check(progress)) {
        PyErr_SetString(PyExc_TypeError, "progress must be callable");
        return NULL;
    }
    options.start_given = start_given != 0;
    options.order = shuffle ? MDS_ORDER_SHUFFLED : MDS_ORDER_NATURAL;
    options.epochs = epochs;
    options.seed = seed;

    Py_buffer d = {0}, x = {0}, weights = {0};
    if (get_array(d_object, "d", 2, 0, &d) != 0) return NULL;
    if (get_array(x_object, "init", 2, 1, &x) != 0) goto cleanup;
    if (weights_object != Py_None && get_array(weights_object, "weights", 2, 0, &weights) != 0) goto cleanup;
    Py_ssize_t n = d.shape[0];
    if (d.shape[1] != n) {
        PyErr_Format(PyExc_ValueError, "d is not square: %zd x %zd", n, d.shape[1]);
        goto cleanup;
    }
    if (x.shape[0] != n) {
        PyErr_Format(PyExc_ValueError, "init has %zd rows where d has %zd", x.shape[0], n);
        goto cleanup;
    }
    if (weights.obj && (weights.shape[0] != n || weights.shape[1] != n)) {
        PyErr_Format(PyExc_ValueError, "weights are %zd x %zd where d is %zd x %zd", weights.shape[0],
                     weights.shape[1], n, n);
        goto cleanup;
    }
    mds_problem problem = {.size = sizeof problem, .n = (size_t)n, .delta = d.buf, .ld = (size_t)n};
    if (weights.obj) {
        problem.weights = weights.buf;
        problem.ldw = (size_t)n;
    }
    mds_result out;
    mds_error error;
    watch w = {.progress = progress};
    options.progress = on_epoch;
    options.context = &w;
    size_t p = (size_t)x.shape[1];
    w.thread = PyEval_SaveThread();
    mds_status status = mds_pattern_search(&problem, p, &options, x.buf, p, &out, &error);
    PyEval_RestoreThread(w.thread);
    if (w.failed) goto cleanup;
    if (status != MDS_OK) {
        raise_mds(module, &error);
        goto cleanup;
    }
    result = Py_BuildValue("(ddKKdssId)", out.stress, out.start, (unsigned long long)out.epochs,
                           (unsigned long long)out.moves, out.radius, mds_stop_name(out.stop),
                           mds_isa_name(out.isa), out.threads, out.seconds);
cleanup:
    if (weights.obj) PyBuffer_Release(&weights);
    if (x.obj) PyBuffer_Release(&x);
    PyBuffer_Release(&d);
    return result;
}

PyDoc_STRVAR(version_doc, "version()\n--\n\nThe version of the library.");

static PyObject *version(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    return PyUnicode_FromString(mds_version());
}

PyDoc_STRVAR(isa_best_doc, "isa_best()\n--\n\nThe widest instruction set that is used on this machine.");

static PyObject *isa_best(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    return PyUnicode_FromString(mds_isa_name(mds_isa_best()));
}

static PyMethodDef methods[] = {
    {"dist_from_point", (PyCFunction)(void (*)(void))dist_from_point, METH_VARARGS | METH_KEYWORDS,
     dist_from_point_doc},
    {"mse", mse, METH_VARARGS, mse_doc},
    {"update_distance_matrix", update_distance_matrix, METH_VARARGS, update_distance_matrix_doc},
    {"use_isa", use_isa, METH_O, use_isa_doc},
    {"pattern_search", pattern_search, METH_VARARGS, pattern_search_doc},
    {"version", version, METH_NOARGS, version_doc},
    {"isa_best", isa_best, METH_NOARGS, isa_best_doc},
    {NULL, NULL, 0, NULL},
};

static int module_exec(PyObject *module)
{
    module_state *state = PyModule_GetState(module);
    state->error = PyErr_NewExceptionWithDoc("mdscale.MdsError", "The data or an option is not acceptable.",
                                             PyExc_ValueError, NULL);
    if (!state->error) return -1;
    return PyModule_AddObjectRef(module, "MdsError", state->error);
}

static int module_traverse(PyObject *module, visitproc visit, void *arg)
{
    module_state *state = PyModule_GetState(module);
    Py_VISIT(state->error);
    Py_VISIT(state->numpy_empty);
    return 0;
}

static int module_clear(PyObject *module)
{
    module_state *state = PyModule_GetState(module);
    Py_CLEAR(state->error);
    Py_CLEAR(state->numpy_empty);
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "mdscale._mdscale",
    .m_doc = "The C library's functions; see mdscale and mdscale.kernels.",
    .m_size = sizeof(module_state),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
};

PyMODINIT_FUNC PyInit__mdscale(void);
PyMODINIT_FUNC PyInit__mdscale(void)
{
    return PyModuleDef_Init(&definition);
}
