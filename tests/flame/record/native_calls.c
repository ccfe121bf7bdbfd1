/*
 * native_calls - a module whose functions call back into Python through named functions of C, for the tests
 * of native frames. Built once for the stable ABI, it loads in every Python from 3.8 on.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x03080000
#include <Python.h>

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ALONE __attribute__((noinline, noclone))

static volatile unsigned long work;

/* ---- through ---- */

ALONE static PyObject *inner_call(PyObject *function)
{
    PyObject *result = PyObject_CallObject(function, NULL);
    work++; /* no tail call */
    return result;
}

ALONE static PyObject *outer_call(PyObject *function)
{
    PyObject *result = inner_call(function);
    work++;
    return result;
}

/* through(f): calls f() below outer_call and inner_call. */
static PyObject *through(PyObject *self, PyObject *function)
{
    (void)self;
    return outer_call(function);
}

/* ---- order: the C library's qsort with a comparison in Python ---- */

static PyObject *comparison;

ALONE static int compare_items(const void *a, const void *b)
{
    PyObject *result =
        PyObject_CallFunctionObjArgs(comparison, *(PyObject *const *)a, *(PyObject *const *)b, NULL);
    long order = result ? PyLong_AsLong(result) : 0;
    Py_XDECREF(result);
    return order < 0 ? -1 : order > 0;
}

/* order(list, compare): how many items were sorted. */
static PyObject *order(PyObject *self, PyObject *arguments)
{
    PyObject *list, *items[64];
    (void)self;
    if (!PyArg_ParseTuple(arguments, "OO", &list, &comparison)) return NULL;
    Py_ssize_t count = PyList_Size(list);
    if (count > 64) count = 64;
    for (Py_ssize_t i = 0; i < count; i++) items[i] = PyList_GetItem(list, i);
    qsort(items, (size_t)count, sizeof *items, compare_items);
    return PyErr_Occurred() ? NULL : PyLong_FromSsize_t(count);
}

/* ---- shares: functions that use a known part of the time ---- */

static double thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

ALONE static void use(double seconds)
{
    for (const double end = thread_seconds() + seconds; thread_seconds() < end;)
        for (int i = 0; i < 2000; i++) work += (unsigned long)i;
}

ALONE static void use_quarter(double seconds)
{
    use(seconds);
    work++;
}

ALONE static void use_rest(double seconds)
{
    use(seconds);
    work += 2; /* no twin of the one above, which the compiler would make one of */
}

/* share(quarter, rest): use so many seconds of CPU in use_quarter and use_rest. */
static PyObject *share(PyObject *self, PyObject *arguments)
{
    double quarter, rest;
    (void)self;
    if (!PyArg_ParseTuple(arguments, "dd", &quarter, &rest)) return NULL;
    use_quarter(quarter);
    use_rest(rest);
    Py_RETURN_NONE;
}

/* ---- a thread without Python ---- */

static double stranger_seconds;

ALONE static void stranger(void)
{
    use(stranger_seconds);
    for (;;) pause();
}

static void *run_stranger(void *unused)
{
    stranger();
    return unused;
}

/* start_stranger(seconds): it uses so many of CPU, then it sleeps. */
static PyObject *start_stranger(PyObject *self, PyObject *seconds)
{
    pthread_t thread;
    (void)self;
    stranger_seconds = PyFloat_AsDouble(seconds);
    if (PyErr_Occurred()) return NULL;
    if (pthread_create(&thread, NULL, run_stranger, NULL) != 0) return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"through", through, METH_O, NULL},
    {"order", order, METH_VARARGS, NULL},
    {"share", share, METH_VARARGS, NULL},
    {"start_stranger", start_stranger, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "native_calls", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_native_calls(void);

PyMODINIT_FUNC PyInit_native_calls(void)
{
    return PyModule_Create(&module);
}
