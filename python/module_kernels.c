/* The inner loops, and the choice of their instruction set: mdscale.kernels. */
#include "module.h"

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

PyObject *py_dist_from_point(PyObject *module, PyObject *args, PyObject *keywords)
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

PyObject *py_mse(PyObject *module, PyObject *args)
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

PyObject *py_update_distance_matrix(PyObject *module, PyObject *args)
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

PyObject *py_use_isa(PyObject *module, PyObject *name)
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
