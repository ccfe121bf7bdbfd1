/* The table of methods, as lists and dictionaries. */
#include "module.h"

PyObject *py_method_auto(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_ssize_t n, p;
    if (!PyArg_ParseTuple(args, "nn:method_auto", &n, &p)) return NULL;
    return PyUnicode_FromString(mds_method_auto((size_t)n, (size_t)p)->name);
}

static PyObject *option_facts(const mds_option_info *info)
{
    PyObject *choices = PyList_New(0);
    for (size_t i = 0; choices && info->choices && info->choices[i]; i++) {
        PyObject *word = PyUnicode_FromString(info->choices[i]);
        if (!word || PyList_Append(choices, word) != 0) Py_CLEAR(choices);
        Py_XDECREF(word);
    }
    return choices
               ? Py_BuildValue("{s:s,s:s,s:N}", "name", info->name, "help", info->help, "choices", choices)
               : NULL;
}

static PyObject *words_of(unsigned mask, const char *(*name)(int))
{
    PyObject *words = PyList_New(0);
    for (int i = 0; words && name(i); i++) {
        if (!(mask >> i & 1)) continue;
        PyObject *word = PyUnicode_FromString(name(i));
        if (!word || PyList_Append(words, word) != 0) Py_CLEAR(words);
        Py_XDECREF(word);
    }
    return words;
}

static PyObject *method_facts(const mds_method_info *method)
{
    const mds_option_info *info;
    PyObject *options = PyList_New(0);
    for (size_t i = 0; options && (info = mds_method_option(method, i)); i++) {
        PyObject *facts = option_facts(info);
        if (!facts || PyList_Append(options, facts) != 0) Py_CLEAR(options);
        Py_XDECREF(facts);
    }
    PyObject *losses = words_of(method->losses, loss_name), *levels = words_of(method->levels, level_name);
    if (options && losses && levels)
        return Py_BuildValue("{s:s,s:s,s:s,s:N,s:N,s:N,s:K,s:d}", "name", method->name, "title",
                             method->title, "summary", method->summary, "losses", losses, "levels", levels,
                             "options", options, "iterations", (unsigned long long)method->iterations,
                             "tolerance", method->tolerance);
    Py_XDECREF(options);
    Py_XDECREF(losses);
    Py_XDECREF(levels);
    return NULL;
}

PyObject *py_methods_list(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    const mds_method_info *method;
    PyObject *all = PyList_New(0);
    for (size_t i = 0; all && (method = mds_method_at(i)); i++) {
        PyObject *facts = method_facts(method);
        if (!facts || PyList_Append(all, facts) != 0) Py_CLEAR(all);
        Py_XDECREF(facts);
    }
    return all;
}

PyObject *py_metrics(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    return words_of(~0U, metric_name);
}
