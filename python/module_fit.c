/* mdscale.fit: options in, the map and its facts out. */
#include "module.h"

#include <stddef.h>
#include <string.h>

static const char *start_name(int i)
{
    return mds_start_name((mds_start)i);
}

const char *effort_name(int i)
{
    return mds_effort_name((mds_effort)i);
}

static const char *weighting_name(int i)
{
    return mds_weighting_name((mds_weighting)i);
}

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

/* What the call says, in the library's structs. */
typedef struct fit_call {
    PyObject *d, *x, *weights, *progress, *checkpoint, *resume; /* borrowed */
    mds_fit_options options;
    const mds_method_info *method; /* NULL: the library does not know it, and will say so */
    _Alignas(max_align_t) char own_options[METHOD_STRUCT];
    _Alignas(max_align_t) char own_statistics[METHOD_STRUCT];
} fit_call;

static int find_method(fit_call *call, PyObject *own)
{
    call->method = mds_method_find(call->options.method);
    if (!call->method) return 0;
    if (call->method->options_size) {
        if (set_options(call->method, call->own_options, own) != 0) return -1;
        call->options.method_options = call->own_options;
    }
    if (call->method->statistics_size) {
        memcpy(call->own_statistics, &call->method->statistics_size, sizeof call->method->statistics_size);
        call->options.method_statistics = call->own_statistics;
    }
    return 0;
}

static int parse_fit(PyObject *args, fit_call *call)
{
    mds_fit_options *options = &call->options;
    PyObject *own;
    int level, ties, loss, start, effort, weighting;
    unsigned long long iterations, seed;
    const char *level_word, *ties_word, *loss_word, *start_word, *effort_word, *weighting_word, *isa;
    if (!PyArg_ParseTuple(args, "OOOsss(ssII)ssIKdddKIsO!OOdO:fit", &call->d, &call->x, &call->weights,
                          &options->method, &start_word, &weighting_word, &level_word, &ties_word,
                          &options->spline_degree, &options->spline_knots, &loss_word, &effort_word,
                          &options->starts, &iterations, &options->tolerance, &options->huber,
                          &options->max_seconds, &seed, &options->threads, &isa, &PyDict_Type, &own,
                          &call->progress, &call->checkpoint, &options->checkpoint_seconds, &call->resume) ||
        isa_from_name(isa, &options->isa) != 0 || number_of("level", level_word, level_name, &level) != 0 ||
        number_of("ties", ties_word, ties_name, &ties) != 0 ||
        number_of("loss", loss_word, loss_name, &loss) != 0 ||
        number_of("init", start_word, start_name, &start) != 0 ||
        number_of("effort", effort_word, effort_name, &effort) != 0 ||
        number_of("weights", weighting_word, weighting_name, &weighting) != 0 ||
        check_progress(call->progress) != 0)
        return -1;
    options->level = (mds_level)level;
    options->ties = (mds_ties)ties;
    options->loss = (mds_loss)loss;
    options->start = (mds_start)start;
    options->effort = (mds_effort)effort;
    options->weighting = (mds_weighting)weighting;
    options->iterations = iterations;
    options->seed = seed;
    return find_method(call, own);
}

/* An mds_checkpoint_write. */
static bool on_checkpoint(const void *bytes, size_t count, void *context)
{
    watch *w = context;
    PyEval_RestoreThread(w->thread);
    PyObject *answer = PyObject_CallFunction(w->checkpoint, "y#", bytes, (Py_ssize_t)count);
    if (!answer) w->failed = 1;
    Py_XDECREF(answer);
    w->thread = PyEval_SaveThread();
    return answer != NULL;
}

static PyObject *fit_facts(const fit_call *call, const mds_result *out, const mds_outcome *outcomes)
{
    PyObject *statistics = statistics_of(call->method, call->own_statistics);
    PyObject *ends =
        statistics ? list_outcomes(outcomes, out->starts < OUTCOMES ? out->starts : OUTCOMES) : NULL;
    if (!ends) {
        Py_XDECREF(statistics);
        return NULL;
    }
    return Py_BuildValue("{s:s,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:n,s:K,s:s,s:d,s:I,s:s,s:I,s:I,s:I,s:d,s:d,s:d,s:"
                         "d,s:n,s:n,s:d,s:d,s:N,s:N}",
                         "method", out->method, "loss", out->loss, "start_loss", out->start_loss, "raw",
                         out->raw, "normalized", out->normalized, "stress1", out->stress1, "scale",
                         out->scale, "absolute", out->absolute, "pairs", (Py_ssize_t)out->pairs, "iterations",
                         (unsigned long long)out->iterations, "stop", mds_stop_name(out->stop), "seconds",
                         out->seconds, "threads", out->threads, "isa", mds_isa_name(out->isa), "best_start",
                         out->best_start, "starts", out->starts, "best_count", out->best_count, "gradient",
                         out->gradient, "intercept", out->intercept, "slope", out->slope, "power", out->power,
                         "heaps", (Py_ssize_t)out->heaps, "sampled_pairs", (Py_ssize_t)out->sampled_pairs,
                         "normalized_error", out->normalized_error, "stress1_error", out->stress1_error,
                         "outcomes", ends, "statistics", statistics);
}

/* A problem of features, which the tuple (features, metric, exponent, scaling, columns or None) describes. */
static int get_features(PyObject *tuple, Py_buffer *view, mds_column **columns,
                        mds_distance_options *distances, mds_problem *problem)
{
    PyObject *features, *kinds;
    const char *metric_word, *scaling_word;
    int metric, scaling;
    if (!PyArg_ParseTuple(tuple, "OsdsO:features", &features, &metric_word, &distances->exponent,
                          &scaling_word, &kinds) ||
        number_of("metric", metric_word, metric_name, &metric) != 0 ||
        number_of("scaling", scaling_word, scaling_name, &scaling) != 0 ||
        get_array(features, "features", 2, 0, view) != 0)
        return -1;
    if (kinds != Py_None && !(*columns = get_columns(kinds, view->shape[1]))) return -1;
    distances->metric = (mds_metric)metric;
    distances->scaling = (mds_scaling)scaling;
    distances->columns = *columns;
    *problem = (mds_problem){.size = sizeof *problem,
                             .n = (size_t)view->shape[0],
                             .features = view->buf,
                             .m = (size_t)view->shape[1],
                             .ldf = (size_t)view->shape[1],
                             .distances = distances};
    return 0;
}

/* A problem of sparse pairs, which the tuple (objects, bytes of mds_pair, completion) describes. */
static int get_pairs(PyObject *tuple, Py_buffer *view, mds_problem *problem)
{
    PyObject *pairs;
    Py_ssize_t n;
    int completion;
    if (!PyArg_ParseTuple(tuple, "nOi:pairs", &n, &pairs, &completion) ||
        PyObject_GetBuffer(pairs, view, PyBUF_C_CONTIGUOUS) != 0)
        return -1;
    if (view->len % (Py_ssize_t)sizeof(mds_pair) != 0) {
        PyErr_SetString(PyExc_SystemError, "pairs are of another size than this module knows");
        return -1;
    }
    *problem = (mds_problem){.size = sizeof *problem,
                             .n = (size_t)n,
                             .pairs = view->buf,
                             .pair_count = (size_t)view->len / sizeof(mds_pair),
                             .completion = (mds_completion)completion};
    return 0;
}

static int get_any_problem(const fit_call *call, Py_buffer *views, mds_column **columns,
                           mds_distance_options *distances, mds_problem *problem)
{
    if (!PyTuple_Check(call->d)) return get_problem(call->d, call->weights, views, problem);
    return PyTuple_Size(call->d) == 3 ? get_pairs(call->d, views, problem)
                                      : get_features(call->d, views, columns, distances, problem);
}

PyObject *py_fit(PyObject *module, PyObject *args)
{
    fit_call call = {.options.size = sizeof call.options};
    if (parse_fit(args, &call) != 0) return NULL;
    mds_outcome *outcomes = NULL;
    PyObject *result = NULL;
    enum { D, WEIGHTS, X, RESUME, VIEWS };
    Py_buffer views[VIEWS] = {0};
    mds_problem problem;
    mds_column *columns = NULL;
    mds_distance_options distances = {.size = sizeof distances};
    if (call.resume != Py_None && PyObject_GetBuffer(call.resume, &views[RESUME], PyBUF_SIMPLE) != 0)
        goto cleanup;
    if (get_any_problem(&call, &views[D], &columns, &distances, &problem) != 0) goto cleanup;
    if (get_array(call.x, "init", 2, 1, &views[X]) != 0) goto cleanup;
    if ((size_t)views[X].shape[0] != problem.n) {
        PyErr_Format(PyExc_ValueError, "init has %zd rows where d has %zd", views[X].shape[0],
                     (Py_ssize_t)problem.n);
        goto cleanup;
    }
    outcomes = PyMem_Calloc(OUTCOMES, sizeof *outcomes);
    if (!outcomes) {
        PyErr_NoMemory();
        goto cleanup;
    }
    call.options.outcomes = outcomes;
    call.options.outcome_capacity = OUTCOMES;
    call.options.outcome_step = sizeof *outcomes;
    watch w = {.progress = call.progress, .checkpoint = call.checkpoint};
    call.options.progress = py_on_iteration;
    if (call.checkpoint != Py_None) call.options.checkpoint = on_checkpoint;
    call.options.resume = views[RESUME].buf;
    call.options.resume_bytes = (size_t)views[RESUME].len;
    call.options.context = &w;
    mds_result out = {.size = sizeof out};
    mds_error error;
    size_t p = (size_t)views[X].shape[1];
    w.thread = PyEval_SaveThread();
    mds_status status = mds_fit(&problem, p, &call.options, views[X].buf, p, &out, &error);
    PyEval_RestoreThread(w.thread);
    if (!w.failed) result = status == MDS_OK ? fit_facts(&call, &out, outcomes) : raise_mds(module, &error);
cleanup:
    PyMem_Free(columns);
    PyMem_Free(outcomes);
    release_views(views, VIEWS);
    return result;
}
