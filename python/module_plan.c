/* mdscale.plan: what a fit will take. */
#include "module.h"

static PyObject *stage_facts(const mds_plan_stage *stage)
{
    if (stage->most == 0) return Py_NewRef(Py_None);
    return Py_BuildValue("{s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d}", "least", stage->least, "most", stage->most,
                         "pairs", stage->pairs, "multiply_adds", stage->multiply_adds, "roots", stage->roots,
                         "bytes", stage->bytes, "network_bytes", stage->network, "seconds", stage->seconds,
                         "network_seconds", stage->network_seconds);
}

static PyObject *plan_facts(const mds_plan_result *r)
{
    return Py_BuildValue(
        "{s:s,s:N,s:N,s:I,s:I,s:I,s:s,s:d,s:d,s:d,s:N,s:N,s:N,s:N,s:d,s:d}", "method", r->method, "rows",
        PyBool_FromLong(r->rows), "all_pairs_are_many", PyBool_FromLong(r->all_pairs_are_many), "ranks",
        r->ranks, "threads", r->threads, "shared_by", r->shared, "isa", mds_isa_name(r->isa), "memory_bytes",
        r->memory, "input_bytes", r->input, "machine_bytes", r->machine, "start", stage_facts(&r->start),
        "rounds", stage_facts(&r->rounds), "passes", stage_facts(&r->passes), "stress",
        stage_facts(&r->stress), "least_seconds", r->least_seconds, "most_seconds", r->most_seconds);
}

PyObject *py_plan(PyObject *module, PyObject *args)
{
    mds_plan_options o = {.size = sizeof o};
    mds_plan_result result = {.size = sizeof result};
    mds_error error;
    Py_ssize_t n, m, pairs, p;
    const char *effort_word, *metric_word, *isa;
    int effort, metric;
    if (!PyArg_ParseTuple(args, "nnnnssssIIdd:plan", &n, &m, &pairs, &p, &o.method, &effort_word,
                          &metric_word, &isa, &o.threads, &o.ranks, &o.latency, &o.bandwidth) ||
        number_of("effort", effort_word, effort_name, &effort) != 0 ||
        number_of("metric", metric_word, metric_name, &metric) != 0 || isa_from_name(isa, &o.isa) != 0)
        return NULL;
    o.n = (size_t)n;
    o.m = (size_t)m;
    o.pairs = (size_t)pairs;
    o.p = (size_t)p;
    o.effort = (mds_effort)effort;
    o.metric = (mds_metric)metric;
    mds_status status;
    Py_BEGIN_ALLOW_THREADS
        ;
        status = mds_plan(&o, &result, &error);
    Py_END_ALLOW_THREADS;
    return status == MDS_OK ? plan_facts(&result) : raise_mds(module, &error);
}
