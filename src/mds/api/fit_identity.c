#include "checkpoint.h"
#include "fit_call.h"
#include "hash_map.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- data ---- */

/* By row, so that threads can share the work; each is hashed with its number and they are added up. */
struct data_hash {
    const double *rows;
    size_t columns, ld;
    uint64_t *row; /* the hash of each, in the room of doubles */
};

static void hash_row(void *context, unsigned worker, size_t row)
{
    const struct data_hash *data = context;
    (void)worker;
    data->row[row] = fs_hash_bytes(row, data->rows + row * data->ld, data->columns * sizeof(double));
}

static uint64_t hash_rows(mds_fit_call *f, const double *rows, size_t columns, size_t ld)
{
    struct data_hash data = {rows, columns, ld, (uint64_t *)(void *)f->job.row_loss};
    uint64_t sum = 0;
    _Static_assert(sizeof(uint64_t) == sizeof(double), "a hash fits where a loss does");
    if (!rows) return 0;
    mds_thread_pool_run(f->pool, f->problem.n, hash_row, &data);
    for (size_t i = 0; i < f->problem.n; i++) sum += data.row[i];
    return fs_hash_64(sum);
}

/* ---- text ---- */

struct text {
    char *at;
    size_t used, room;
};

static void add_line(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_line(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int used = vsnprintf(text->at + text->used, text->room - text->used, format, args);
    va_end(args);
    if (used > 0 && (size_t)used < text->room - text->used) text->used += (size_t)used;
}

/* The options of the method, which are complete. */
static void add_method_options(struct text *text, const mds_fit_call *f)
{
    for (size_t i = 0; i < f->method->options_count; i++) {
        const mds_option_info *option = &f->method->options[i];
        const char *at = f->method_options + option->offset;
        double real;
        uint64_t count;
        int choice;
        if (option->kind == MDS_OPTION_COUNT) {
            memcpy(&count, at, sizeof count);
            add_line(text, "%s: %" PRIu64 "\n", option->name, count);
        } else if (option->kind == MDS_OPTION_CHOICE) {
            memcpy(&choice, at, sizeof choice);
            add_line(text, "%s: %s\n", option->name, option->choices[choice]);
        } else {
            memcpy(&real, at, sizeof real);
            add_line(text, "%s: %.17g\n", option->name, real);
        }
    }
}

/* Of a problem of features, which mds_problem_open has taken. */
static void add_features(struct text *text, mds_fit_call *f)
{
    const mds_problem *problem = &f->opened.problem;
    const mds_distance_options *given = problem->distances;
    mds_distance_options o = {.metric = MDS_EUCLIDEAN};
    if (given) memcpy(&o, given, given->size < sizeof o ? given->size : sizeof o);
    uint64_t columns = o.columns ? fs_hash_bytes(0, o.columns, problem->m * sizeof *o.columns) : 0;
    add_line(text, "number of features: %zu\nmetric: %s\n", problem->m, mds_metric_name(o.metric));
    add_line(text, "scaling: %s\nexponent: %.17g\n", mds_scaling_name(o.scaling), o.exponent);
    add_line(text, "kinds of columns: #%016" PRIx64 "\n", columns);
    add_line(text, "features: #%016" PRIx64 "\n", hash_rows(f, problem->features, problem->m, problem->ldf));
}

/* The numbers themselves, so that it does not matter where a file lies, or whether it is one. */
static void add_data(struct text *text, mds_fit_call *f)
{
    const mds_problem *problem = &f->measured;
    const mds_source *source = f->opened.source;
    size_t n = problem->n;
    bool features = source && source->order;
    bool sparse = source && source->sparse;
    add_line(text, "problem: kept as %s\n",
             features ? "features"
             : sparse ? "pairs"
             : source ? "rows"
                      : "a matrix");
    if (features) {
        add_features(text, f);
        return;
    }
    uint64_t data =
        source ? mds_source_hash(f->rows, f->one_file) : hash_rows(f, problem->delta, n, problem->ld);
    add_line(text, "dissimilarities: #%016" PRIx64 "\n", data + (uint64_t)f->statistics.delta_exponent);
    add_line(text, "weights: #%016" PRIx64 "\n",
             hash_rows(f, problem->weights, n, problem->ldw) + (uint64_t)f->statistics.weight_exponent);
}

void mds_fit_identity(mds_fit_call *f, char *to, size_t room)
{
    const mds_fit_options *o = &f->options;
    size_t n = f->problem.n;
    bool given = o->start == MDS_START_GIVEN;
    struct text text = {to, 0, room};
    to[0] = '\0';
    add_line(&text, "version: %s\n", FLAMESCALE_VERSION);
    add_line(&text, "method: %s\n", f->method->info.name);
    add_line(&text, "number of objects: %zu\nnumber of dimensions: %zu\n", n, f->p);
    add_line(&text, "level: %s\n", mds_level_name(o->level));
    if (o->level == MDS_LEVEL_ORDINAL) add_line(&text, "treatment of ties: %d\n", (int)f->level.ties);
    if (o->level == MDS_LEVEL_SPLINE)
        add_line(&text, "degree of the spline: %u\nnumber of knots: %u\n", f->level.degree, f->level.knots);
    add_line(&text, "loss: %s\n", mds_loss_name(o->loss));
    if (o->loss == MDS_LOSS_HUBER) add_line(&text, "Huber threshold: %.17g\n", o->huber);
    add_line(&text, "start: %s\n", mds_start_name(o->start));
    add_line(&text, "number of starts: %u\n", o->starts);
    add_line(&text, "effort: %s\n", mds_effort_name(o->effort));
    add_line(&text, "number of iterations: %" PRIu64 "\n", o->iterations);
    add_line(&text, "tolerance: %.17g\nseed: %" PRIu64 "\n", o->tolerance, o->seed);
    add_method_options(&text, f);
    add_line(&text, "instruction set: %s\n", mds_isa_name(f->job.kernels->isa));
    add_data(&text, f);
    if (given)
        add_line(&text, "coordinates of the start: #%016" PRIx64 "\n", hash_rows(f, f->x, f->p, f->ldx));
}
