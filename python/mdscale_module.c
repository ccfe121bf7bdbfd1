/*
 * _mdscale: a thin CPython extension over mdscale.h, limited API from 3.11 on, no glue library.
 *
 * Arrays come and go through the buffer protocol: C-contiguous float64. The GIL is released around every
 * computation. numpy.empty is looked up when a result array has to be made, so NumPy is a run-time wish and
 * not a build requirement.
 */
#include "module.h"

PyDoc_STRVAR(
    dist_from_point_doc,
    "dist_from_point(x, y, out=None)\n--\n\n"
    "Euclidean distance of each row of x (n x p) to the point y (p numbers): n numbers, in `out` or a new "
    "array.");

PyDoc_STRVAR(mse_doc, "mse(d_goal, d)\n--\n\nSum over all numbers of (d_goal - d)^2.");

PyDoc_STRVAR(update_distance_matrix_doc,
             "update_distance_matrix(x, d, i)\n--\n\n"
             "Write the distances of the rows of x (n x p) to row i into row i and column i of d (n x n).");

PyDoc_STRVAR(use_isa_doc,
             "use_isa(name)\n--\n\n"
             "From now on the kernels of this module are those of the instruction set `name`: "
             "\"auto\" (the widest, the\ndefault), \"scalar\" (plain C), \"avx2\", \"avx512\" or "
             "\"neon\". Returns the name of what runs.");

PyDoc_STRVAR(fit_doc, "Used by mdscale.fit, which has the documentation.");

PyDoc_STRVAR(method_auto_doc, "method_auto(n, p)\n--\n\nThe name of the method that \"auto\" stands for.");

PyDoc_STRVAR(methods_doc, "Used by mdscale.methods, which has the documentation.");

PyDoc_STRVAR(metrics_doc, "Used by mdscale.metrics, which has the documentation.");

PyDoc_STRVAR(distances_doc, "Used by mdscale.distances, which has the documentation.");

PyDoc_STRVAR(stress_doc, "Used by mdscale.stress, which has the documentation.");

PyDoc_STRVAR(disparities_doc, "Used by mdscale.shepard, which has the documentation.");

PyDoc_STRVAR(place_doc, "Used by mdscale.place, which has the documentation.");

PyDoc_STRVAR(plan_doc, "Used by mdscale.plan, which has the documentation.");

PyDoc_STRVAR(procrustes_doc, "Used by mdscale.procrustes, which has the documentation.");

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
    {"dist_from_point", (PyCFunction)(void (*)(void))py_dist_from_point, METH_VARARGS | METH_KEYWORDS,
     dist_from_point_doc},
    {"mse", py_mse, METH_VARARGS, mse_doc},
    {"update_distance_matrix", py_update_distance_matrix, METH_VARARGS, update_distance_matrix_doc},
    {"use_isa", py_use_isa, METH_O, use_isa_doc},
    {"fit", py_fit, METH_VARARGS, fit_doc},
    {"method_auto", py_method_auto, METH_VARARGS, method_auto_doc},
    {"methods", py_methods_list, METH_NOARGS, methods_doc},
    {"metrics", py_metrics, METH_NOARGS, metrics_doc},
    {"distances", py_distances, METH_VARARGS, distances_doc},
    {"stress", py_stress, METH_VARARGS, stress_doc},
    {"disparities", py_disparities, METH_VARARGS, disparities_doc},
    {"place", py_place, METH_VARARGS, place_doc},
    {"plan", py_plan, METH_VARARGS, plan_doc},
    {"procrustes", py_procrustes, METH_VARARGS, procrustes_doc},
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
