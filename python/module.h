/*
 * module.h - what the files of the extension module _mdscale share.
 *
 * Functions that return an int give 0, or -1 with a Python exception set.
 */
#ifndef MODULE_H
#define MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "mdscale.h"

#if PY_VERSION_HEX < 0x030A0000 /* both came with Python 3.10 */
static inline PyObject *Py_NewRef(PyObject *object)
{
    Py_INCREF(object);
    return object;
}

static inline int PyModule_AddObjectRef(PyObject *module, const char *name, PyObject *value)
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

/* Set the exception for what went wrong in the library, and return NULL. */
PyObject *raise_mds(PyObject *module, const mds_error *error);

/* A float64 C-contiguous view with `dimensions` dimensions; `name` is for the message. */
int get_array(PyObject *object, const char *name, int dimensions, int writable, Py_buffer *view);

/* The same of a matrix of so many rows and columns; columns < 0: any number of them. */
int get_matrix(PyObject *object, const char *name, Py_ssize_t rows, Py_ssize_t columns, int writable,
               Py_buffer *view);

/* Dissimilarities and weights (or None) as a problem, whose views come first and second in `views`; on
 * failure too those that have an object are to be released. */
int get_problem(PyObject *d, PyObject *weights, Py_buffer *views, mds_problem *problem);

/* mds_column numbers from a sequence of `count` of them; NULL with an exception. Free with PyMem_Free. */
mds_column *get_columns(PyObject *sequence, Py_ssize_t count);

/* The number of a scaling, and its name. */
const char *scaling_name(int i);

/* Release those of `count` views that have an object. */
void release_views(Py_buffer *views, size_t count);

typedef struct watch {
    PyThreadState *thread;
    PyObject *progress;   /* a callable or None; borrowed */
    PyObject *checkpoint; /* a callable, called with the bytes of each; borrowed */
    int failed;           /* a Python exception is set */
} watch;

/* An mds_progress, whose context is a watch: after every iteration, on the thread that called, it takes the
 * GIL back, looks for Ctrl-C and tells the caller. */
bool py_on_iteration(const mds_iteration *iteration, void *context);
int check_progress(PyObject *progress);

/* The number whose name is `word`, among those that `name` knows; complains with all of them. */
int number_of(const char *what, const char *word, const char *(*name)(int), int *number);

const char *effort_name(int i);
const char *isa_name(int i);
const char *level_name(int i);
const char *loss_name(int i);
const char *metric_name(int i);
const char *ties_name(int i);

int isa_from_name(const char *word, mds_isa *isa);

/* The functions of the module, whose documentation stands beside them in mdscale_module.c. */
PyObject *py_dist_from_point(PyObject *module, PyObject *args, PyObject *keywords);
PyObject *py_mse(PyObject *module, PyObject *args);
PyObject *py_update_distance_matrix(PyObject *module, PyObject *args);
PyObject *py_use_isa(PyObject *module, PyObject *name);
PyObject *py_fit(PyObject *module, PyObject *args);
PyObject *py_method_auto(PyObject *module, PyObject *args);
PyObject *py_methods_list(PyObject *module, PyObject *args);
PyObject *py_metrics(PyObject *module, PyObject *args);
PyObject *py_distances(PyObject *module, PyObject *args);
PyObject *py_stress(PyObject *module, PyObject *args);
PyObject *py_disparities(PyObject *module, PyObject *args);
PyObject *py_place(PyObject *module, PyObject *args);
PyObject *py_plan(PyObject *module, PyObject *args);
PyObject *py_procrustes(PyObject *module, PyObject *args);

#endif
