#include "module.h"

#include <string.h>

PyObject *raise_mds(PyObject *module, const mds_error *error)
{
    const module_state *state = PyModule_GetState(module);
    if (error->code == MDS_MEMORY) return PyErr_NoMemory();
    PyErr_SetString(state->error, error->message);
    return NULL;
}

int get_array(PyObject *object, const char *name, int dimensions, int writable, Py_buffer *view)
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

int number_of(const char *what, const char *word, const char *(*name)(int), int *number)
{
    char all[200] = "";
    for (int i = 0; name(i); i++) {
        if (strcmp(name(i), word) == 0) {
            *number = i;
            return 0;
        }
        size_t used = strlen(all);
        PyOS_snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", name(i));
    }
    PyErr_Format(PyExc_ValueError, "%s '%s' is not one of %s", what, word, all);
    return -1;
}

const char *isa_name(int i)
{
    return mds_isa_name((mds_isa)i);
}

const char *level_name(int i)
{
    return mds_level_name((mds_level)i);
}

const char *loss_name(int i)
{
    return mds_loss_name((mds_loss)i);
}

const char *ties_name(int i)
{
    return mds_ties_name((mds_ties)i);
}

const char *metric_name(int i)
{
    return mds_metric_name((mds_metric)i);
}

int isa_from_name(const char *word, mds_isa *isa)
{
    int number;
    if (number_of("isa", word, isa_name, &number) != 0) return -1;
    *isa = (mds_isa)number;
    return 0;
}

bool py_on_iteration(const mds_iteration *iteration, void *context)
{
    watch *w = context;
    PyEval_RestoreThread(w->thread);
    bool go_on = PyErr_CheckSignals() == 0;
    if (!go_on) {
        w->failed = 1;
    } else if (w->progress != Py_None) {
        PyObject *answer =
            PyObject_CallFunction(w->progress, "KddK", (unsigned long long)iteration->iteration,
                                  iteration->step, iteration->loss, (unsigned long long)iteration->moves);
        int wish = !answer ? -1 : answer == Py_None ? 1 : PyObject_IsTrue(answer);
        Py_XDECREF(answer);
        if (wish < 0) w->failed = 1;
        go_on = wish > 0;
    }
    w->thread = PyEval_SaveThread();
    return go_on;
}

int check_progress(PyObject *progress)
{
    if (progress == Py_None || PyCallable_Check(progress)) return 0;
    PyErr_SetString(PyExc_TypeError, "progress must be callable");
    return -1;
}

void release_views(Py_buffer *views, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (views[i].obj) PyBuffer_Release(&views[i]);
}

int get_matrix(PyObject *object, const char *name, Py_ssize_t rows, Py_ssize_t columns, int writable,
               Py_buffer *view)
{
    if (get_array(object, name, 2, writable, view) != 0) return -1;
    if (view->shape[0] == rows && (columns < 0 || view->shape[1] == columns)) return 0;
    if (columns < 0)
        PyErr_Format(PyExc_ValueError, "%s has %zd rows instead of %zd", name, view->shape[0], rows);
    else
        PyErr_Format(PyExc_ValueError, "%s is %zd x %zd instead of %zd x %zd", name, view->shape[0],
                     view->shape[1], rows, columns);
    return -1;
}

int get_problem(PyObject *d, PyObject *weights, Py_buffer *views, mds_problem *problem)
{
    if (get_array(d, "d", 2, 0, &views[0]) != 0) return -1;
    Py_ssize_t n = views[0].shape[0];
    if (views[0].shape[1] != n) {
        PyErr_Format(PyExc_ValueError, "d is not square: %zd x %zd", n, views[0].shape[1]);
        return -1;
    }
    *problem = (mds_problem){.size = sizeof *problem, .n = (size_t)n, .delta = views[0].buf, .ld = (size_t)n};
    if (weights == Py_None) return 0;
    if (get_array(weights, "weights", 2, 0, &views[1]) != 0) return -1;
    if (views[1].shape[0] != n || views[1].shape[1] != n) {
        PyErr_Format(PyExc_ValueError, "weights are %zd x %zd where d is %zd x %zd", views[1].shape[0],
                     views[1].shape[1], n, n);
        return -1;
    }
    problem->weights = views[1].buf;
    problem->ldw = (size_t)n;
    return 0;
}
