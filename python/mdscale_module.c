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

#include <stddef.h>
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

/* After every iteration, on the thread that called: take the GIL back, look for Ctrl-C, tell the caller. */
static bool on_iteration(const mds_iteration *iteration, void *context)
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

/* The number whose name is `word`, among those that `name` knows; complains with all of them. */
static int number_of(const char *what, const char *word, const char *(*name)(int), int *number)
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

static const char *isa_name(int i)
{
    return mds_isa_name((mds_isa)i);
}

static const char *level_name(int i)
{
    return mds_level_name((mds_level)i);
}

static const char *loss_name(int i)
{
    return mds_loss_name((mds_loss)i);
}

static const char *start_name(int i)
{
    return mds_start_name((mds_start)i);
}

static const char *effort_name(int i)
{
    return mds_effort_name((mds_effort)i);
}

static const char *weighting_name(int i)
{
    return mds_weighting_name((mds_weighting)i);
}

static int isa_from_name(const char *word, mds_isa *isa)
{
    int number;
    if (number_of("isa", word, isa_name, &number) != 0) return -1;
    *isa = (mds_isa)number;
    return 0;
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

/* ---- fit ---- */

enum { METHOD_STRUCT = 256 }; /* bytes that hold the options or statistics of any method */

static const mds_option_info *find_option(const mds_method_info *method, const char *name)
{
    const mds_option_info *info;
    for (size_t i = 0; (info = mds_method_option(method, i)); i++)
        if (strcmp(info->name, name) == 0) return info;
    PyErr_Format(PyExc_TypeError, "method '%s' has no option '%s'", method->name, name);
    return NULL;
}

/* Store one option in the method's struct. */
static int set_option(const mds_method_info *method, char *options, PyObject *key, PyObject *value)
{
    const char *name = PyUnicode_AsUTF8AndSize(key, NULL);
    const mds_option_info *info = name ? find_option(method, name) : NULL;
    if (!info) return -1;
    char *field = options + info->offset;
    if (info->kind == MDS_OPTION_CHOICE) {
        const char *word = PyUnicode_AsUTF8AndSize(value, NULL);
        if (!word) return -1;
        int number = 0;
        while (info->choices[number] && strcmp(info->choices[number], word) != 0) number++;
        if (!info->choices[number]) {
            PyErr_Format(PyExc_ValueError, "%s '%s' is not one of the choices", name, word);
            return -1;
        }
        memcpy(field, &number, sizeof number);
    } else if (info->kind == MDS_OPTION_COUNT) {
        uint64_t count = PyLong_AsUnsignedLongLong(value);
        if (PyErr_Occurred()) return -1;
        memcpy(field, &count, sizeof count);
    } else {
        double number = PyFloat_AsDouble(value);
        if (PyErr_Occurred()) return -1;
        memcpy(field, &number, sizeof number);
    }
    return 0;
}

static int set_options(const mds_method_info *method, char *options, PyObject *given)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    if (method->options_size > METHOD_STRUCT || method->statistics_size > METHOD_STRUCT) {
        PyErr_SetString(PyExc_SystemError, "the method's structs are larger than this module knows");
        return -1;
    }
    memcpy(options, &method->options_size, sizeof method->options_size);
    while (PyDict_Next(given, &at, &key, &value))
        if (set_option(method, options, key, value) != 0) return -1;
    return 0;
}

/* A field of a struct that the table of methods describes. */
static PyObject *field_value(const mds_option_info *info, const char *bytes)
{
    uint64_t count;
    double number;
    if (info->kind == MDS_OPTION_COUNT) {
        memcpy(&count, bytes + info->offset, sizeof count);
        return PyLong_FromUnsignedLongLong(count);
    }
    memcpy(&number, bytes + info->offset, sizeof number);
    return PyFloat_FromDouble(number);
}

static PyObject *statistics_of(const mds_method_info *method, const char *bytes)
{
    const mds_option_info *info;
    PyObject *all = PyDict_New();
    for (size_t i = 0; all && (info = mds_method_statistic(method, i)); i++) {
        PyObject *value = field_value(info, bytes);
        if (!value || PyDict_SetItemString(all, info->name, value) != 0) Py_CLEAR(all);
        Py_XDECREF(value);
    }
    return all;
}

enum { OUTCOMES = 1000 }; /* starts whose ends are told */

static PyObject *list_outcomes(const mds_outcome *outcomes, size_t count)
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *end =
            Py_BuildValue("{s:s,s:d,s:K,s:s}", "start", mds_start_name(outcomes[i].start), "loss",
                          outcomes[i].loss, "iterations", (unsigned long long)outcomes[i].iterations, "stop",
                          mds_stop_name(outcomes[i].stop));
        if (!end || PyList_Append(list, end) != 0) Py_CLEAR(list);
        Py_XDECREF(end);
    }
    return list;
}

PyDoc_STRVAR(fit_doc, "Used by mdscale.fit, which has the documentation.");

static PyObject *fit(PyObject *module, PyObject *args)
{
    PyObject *d_object, *x_object, *weights_object, *own, *progress, *result = NULL;
    mds_fit_options options = {.size = sizeof options};
    _Alignas(max_align_t) char own_options[METHOD_STRUCT] = {0}, own_statistics[METHOD_STRUCT] = {0};
    int level, loss, start, effort, weighting;
    unsigned long long iterations, seed;
    const char *level_word, *loss_word, *start_word, *effort_word, *weighting_word, *isa;
    if (!PyArg_ParseTuple(args, "OOOssssssIKdddKIsO!O:fit", &d_object, &x_object, &weights_object,
                          &options.method, &start_word, &weighting_word, &level_word, &loss_word,
                          &effort_word, &options.starts, &iterations, &options.tolerance, &options.huber,
                          &options.max_seconds, &seed, &options.threads, &isa, &PyDict_Type, &own, &progress))
        return NULL;
    if (isa_from_name(isa, &options.isa) != 0 || number_of("level", level_word, level_name, &level) != 0 ||
        number_of("loss", loss_word, loss_name, &loss) != 0 ||
        number_of("init", start_word, start_name, &start) != 0 ||
        number_of("effort", effort_word, effort_name, &effort) != 0 ||
        number_of("weights", weighting_word, weighting_name, &weighting) != 0)
        return NULL;
    if (progress != Py_None && !PyCallable_Check(progress)) {
        PyErr_SetString(PyExc_TypeError, "progress must be callable");
        return NULL;
    }
    const mds_method_info *method = mds_method_find(options.method);
    if (method && method->options_size) {
        if (set_options(method, own_options, own) != 0) return NULL;
        options.method_options = own_options;
    }
    if (method && method->statistics_size) {
        memcpy(own_statistics, &method->statistics_size, sizeof method->statistics_size);
        options.method_statistics = own_statistics;
    }
    options.level = (mds_level)level;
    options.loss = (mds_loss)loss;
    options.start = (mds_start)start;
    options.effort = (mds_effort)effort;
    options.weighting = (mds_weighting)weighting;
    options.iterations = iterations;
    options.seed = seed;

    mds_outcome *outcomes = NULL;
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
    mds_result out = {.size = sizeof out};
    mds_error error;
    outcomes = PyMem_Calloc(OUTCOMES, sizeof *outcomes);
    if (!outcomes) {
        PyErr_NoMemory();
        goto cleanup;
    }
    options.outcomes = outcomes;
    options.outcome_capacity = OUTCOMES;
    options.outcome_step = sizeof *outcomes;
    watch w = {.progress = progress};
    options.progress = on_iteration;
    options.context = &w;
    size_t p = (size_t)x.shape[1];
    w.thread = PyEval_SaveThread();
    mds_status status = mds_fit(&problem, p, &options, x.buf, p, &out, &error);
    PyEval_RestoreThread(w.thread);
    if (w.failed) goto cleanup;
    if (status != MDS_OK) {
        raise_mds(module, &error);
        goto cleanup;
    }
    PyObject *statistics = statistics_of(method, own_statistics);
    PyObject *ends =
        statistics ? list_outcomes(outcomes, out.starts < OUTCOMES ? out.starts : OUTCOMES) : NULL;
    if (!ends)
        Py_XDECREF(statistics);
    else
        result = Py_BuildValue(
            "{s:s,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:n,s:K,s:s,s:d,s:I,s:s,s:I,s:I,s:I,s:d,s:N,s:N}", "method",
            out.method, "loss", out.loss, "start_loss", out.start_loss, "raw", out.raw, "normalized",
            out.normalized, "stress1", out.stress1, "scale", out.scale, "absolute", out.absolute, "pairs",
            (Py_ssize_t)out.pairs, "iterations", (unsigned long long)out.iterations, "stop",
            mds_stop_name(out.stop), "seconds", out.seconds, "threads", out.threads, "isa",
            mds_isa_name(out.isa), "best_start", out.best_start, "starts", out.starts, "best_count",
            out.best_count, "gradient", out.gradient, "outcomes", ends, "statistics", statistics);
cleanup:
    PyMem_Free(outcomes);
    if (weights.obj) PyBuffer_Release(&weights);
    if (x.obj) PyBuffer_Release(&x);
    PyBuffer_Release(&d);
    return result;
}

PyDoc_STRVAR(method_auto_doc, "method_auto(n, p)\n--\n\nThe name of the method that \"auto\" stands for.");

static PyObject *method_auto(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_ssize_t n, p;
    if (!PyArg_ParseTuple(args, "nn:method_auto", &n, &p)) return NULL;
    return PyUnicode_FromString(mds_method_auto((size_t)n, (size_t)p)->name);
}

PyDoc_STRVAR(methods_doc, "Used by mdscale.methods, which has the documentation.");

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

static PyObject *methods_list(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
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
    {"fit", fit, METH_VARARGS, fit_doc},
    {"method_auto", method_auto, METH_VARARGS, method_auto_doc},
    {"methods", methods_list, METH_NOARGS, methods_doc},
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
