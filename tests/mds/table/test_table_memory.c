/* Reading tables and drawing maps with every allocation made to fail in turn. */
#include "alloc_sweep.h"
#include "csv_write.h"
#include "dissimilarity.h"
#include "map_plot.h"
#include "scratch_file.h"
#include "table_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct reading {
    char path[SCRATCH_PATH];
    mds_read_options options;
    bool square;
} reading;

static int read_table(void *context)
{
    const reading *r = context;
    mds_table table;
    fs_error error;
    fs_status status = mds_table_read(r->path, &r->options, &table, &error);
    if (status == FS_OK && r->square) status = mds_table_to_square(&table, "table", 0, &error);
    mds_table_fini(&table);
    return (int)status;
}

static void sweep(const char *bytes, size_t length, mds_read_options options, bool square)
{
    reading r = {.options = options, .square = square};
    scratch_file(r.path, bytes, length);
    assert_true(alloc_sweep(read_table, &r, FS_MEMORY) > 3);
    unlink(r.path);
}

static void text_sweep(void **state)
{
    (void)state;
    static const char features[] = "name,x,y,kind\n\"a \"\"b\"\"\",1,2,p\nc,3,4,q\nd,5,6,p\n";
    sweep(features, sizeof features - 1, (mds_read_options){.labels = "name", .groups = "kind"}, false);
    static const char triangle[] = "who,a,b,c\nb,1\nc,2,3\n";
    sweep(triangle, sizeof triangle - 1, (mds_read_options){0}, true);
    static const char condensed[] = "1,2,3,4,5,6\n";
    sweep(condensed, sizeof condensed - 1, (mds_read_options){0}, true);
    static const char square[] = "a,b\n0,1\n1,0\n";
    sweep(square, sizeof square - 1, (mds_read_options){0}, true);
}

/* Formats with readers of their own, and what is put right on the way. */
static void formats_sweep(void **state)
{
    (void)state;
    static const char *const files[] = {"3\na\nb 1\nc 2 3\n",
                                        "3 labelled\na\t0\nb\t1\t0\nc\t2\t3\t0\n",
                                        "from,to,value,n\na,b,1,1\na,c,2,1\nb,c,3,1\n",
                                        "3 2 1\n1 2 2\n1 3 3\n",
                                        "0,1,2\n0,1,2\n1,0,3\n2,3,0\n",
                                        "1,0,1,2\n2,1,0,3\n3,2,3,0\n",
                                        ",b,a,c\na,1,0,2\nb,0,1,3\nc,3,2,0\n",
                                        "a,1,2\nb,3\n",
                                        "Z\xFC,0,1\nb,1,0\n",
                                        "Title\n,a,b\na,0,1\nb,1,0\n"};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++)
        sweep(files[k], strlen(files[k]), (mds_read_options){0}, true);
    char chain[1000];
    size_t used = 0;
    for (int i = 1; i < 24; i++)
        used += (size_t)snprintf(chain + used, sizeof chain - used, "%d %d 1\n", i, i + 1);
    sweep(chain, used, (mds_read_options){.layout = MDS_LAYOUT_PAIRS, .pairs_from = 20}, false);
    static const char wide[] = "\xFF\xFE,\0a\0,\0b\0\n\0a\0,\0"
                               "0\0,\0"
                               "1\0\n\0b\0,\0"
                               "1\0,\0"
                               "0\0\n";
    sweep(wide, sizeof wide, (mds_read_options){0}, true);
}

/* Names for a table from another file: a line each, or a column. */
struct names_run {
    const char *path, *column;
};

static int read_names(void *context)
{
    const struct names_run *run = context;
    mds_table table = {0};
    char **names = NULL;
    size_t count = 0;
    fs_error error;
    fs_arena_init(&table.names_arena);
    fs_status status = run->column
                           ? mds_names_read_column(run->path, run->column, 0, &table, &names, &count, &error)
                           : mds_names_read_lines(run->path, &table, &names, &count, &error);
    if (status == FS_OK) {
        assert_int_equal(count, 2);
        assert_string_equal(names[1], run->column ? "q" : "b");
    }
    table.labels = names;
    mds_table_fini(&table);
    return (int)status;
}

static void names_sweep(void **state)
{
    (void)state;
    static const char lines[] = "a\nb\n", other[] = "id,x\np,1\nq,2\n";
    char path[SCRATCH_PATH];
    struct names_run run = {.path = path};
    scratch_file(path, lines, sizeof lines - 1);
    alloc_sweep(read_names, &run, FS_MEMORY);
    unlink(path);
    scratch_file(path, other, sizeof other - 1);
    run.column = "id";
    alloc_sweep(read_names, &run, FS_MEMORY);
    run.column = "name";
    assert_int_equal(read_names(&run), FS_ARGUMENT);
    unlink(path);
}

static void npy_sweep(void **state)
{
    (void)state;
    const double values[9] = {0, 1, 2, 1, 0, 3, 2, 3, 0};
    static const char header[] = "{'descr': '<f8', 'fortran_order': True, 'shape': (3, 3), }\n";
    char bytes[10 + sizeof header - 1 + sizeof values] = "\x93NUMPY\x01";
    bytes[8] = (char)(sizeof header - 1);
    memcpy(bytes + 10, header, sizeof header - 1);
    memcpy(bytes + 10 + sizeof header - 1, values, sizeof values);
    sweep(bytes, sizeof bytes, (mds_read_options){0}, true);
    memcpy(bytes + 10, "{'descr': '<f8', 'fortran_order': False,'shape': (3, 3), }\n", sizeof header - 1);
    sweep(bytes, sizeof bytes, (mds_read_options){0}, true);
}

static int draw(void *context)
{
    enum { N = 12 };
    const bool *grouped = context;
    double x[N * 3];
    const char *labels[N], *groups[N];
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < 3; k++) x[i * 3 + k] = (double)((i * 7 + k * 5) % 11);
        labels[i] = *grouped ? (i % 3 ? "one" : "two & a half") : &"abcdefghijkl"[i];
        groups[i] = i % 2 ? "odd" : "even";
    }
    mds_map_plot plot = {.x = x, .n = N, .p = 3, .ld = 3, .labels = labels, .title = "t", .subtitle = "s"};
    if (!*grouped) plot.groups = groups;
    fs_output *output;
    fs_error error;
    fs_status status = fs_output_open("/dev/null", &output, &error);
    if (status) return (int)status;
    status = mds_map_plot_write(output, &plot, &error);
    if (status)
        fs_output_discard(output);
    else
        status = fs_output_commit(output, &error);
    return (int)status;
}

static void plot_sweep(void **state)
{
    (void)state;
    for (int grouped = 0; grouped < 2; grouped++) {
        bool context = grouped;
        assert_true(alloc_sweep(draw, &context, FS_MEMORY) > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_sweep), cmocka_unit_test(formats_sweep), cmocka_unit_test(names_sweep),
        cmocka_unit_test(npy_sweep),  cmocka_unit_test(plot_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
