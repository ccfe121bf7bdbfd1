/* Tables read from text and NPY; dissimilarities made square. The commands' transcripts cover the messages.
 */
#include "csv_write.h"
#include "dissimilarity.h"
#include "npy.h"
#include "random.h"
#include "scratch_file.h"
#include "table_checks.h"
#include "text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void read_good(const char *text, const mds_read_options *options, mds_table *table)
{
    fs_error error = {0};
    if (read_bytes(text, strlen(text), options, table, &error) != FS_OK) fail_msg("%s", error.message);
}

static void read_bad(const char *text, fs_status code, const char *part)
{
    mds_table table;
    fs_error error = {0};
    assert_int_equal(read_bytes(text, strlen(text), NULL, &table, &error), code);
    if (!strstr(error.message, part)) fail_msg("'%s' does not say '%s'", error.message, part);
    assert_null(table.values);
}

/* ---- text ---- */

static void names_and_values(void **state)
{
    (void)state;
    mds_table t;
    mds_read_options options = {.labels = "who", .groups = "kind"};
    read_good("a,who,b,kind\n1,Ann,2.5,x\n-3,\"Bob, \"\"B\"\"\",,y\n", &options, &t);
    assert_int_equal(t.rows, 2);
    assert_int_equal(t.columns, 2);
    assert_true(t.values[0] == 1 && t.values[1] == 2.5 && t.values[2] == -3 && isnan(t.values[3]));
    assert_string_equal(t.labels[1], "Bob, \"B\"");
    assert_string_equal(t.groups[0], "x");
    assert_int_equal(t.name_count, 2);
    assert_string_equal(t.names[1], "b");
    assert_int_equal(t.missing, 1);
    assert_string_equal(t.first_missing, "line 3 (row 2), column 3 (b)");
    mds_table_fini(&t);
}

static void line_numbers_count_every_line(void **state)
{
    (void)state;
    read_bad("# note\n\na,b\n\"1\",2\n\n3,x\n", FS_FORMAT, "line 6 (row 2), column 2 (b): 'x'");
    read_bad("n,a\n\"two\nlines\",2\nq,x\n", FS_FORMAT, "line 4 (row 2), column 2 (a): 'x'");
    read_bad("1,2\r\n3,4\r\n5,y\r\n", FS_FORMAT, "line 3 (row 3), column 2: 'y'");
    read_bad("1,2\n3,\x01\x80zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\n", FS_FORMAT,
             "'?\?zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz...'");
}

/* A table much larger than the reader's window: fields and quotes lie across its ends, everywhere. */
static void across_windows(void **state)
{
    (void)state;
    enum { ROWS = 4001, COLUMNS = 37 };
    fs_random random;
    fs_random_init(&random, 3);
    fs_text text;
    fs_text_init(&text);
    double *expected = fs_alloc(ROWS, COLUMNS * sizeof *expected);
    for (size_t i = 0; i < ROWS; i++) {
        fs_text_format(&text, "\"row\n%zu\"", i);
        for (size_t j = 0; j < COLUMNS; j++) {
            char number[FS_NUMBER_SIZE];
            double value = ldexp(fs_random_unit(&random), (int)fs_random_below(&random, 40) - 20);
            expected[i * COLUMNS + j] = value;
            fs_number_format(value, number);
            fs_text_format(&text, j % 5 == 0 ? ",\"%s\"" : j % 7 == 0 ? ", %s " : ",%s", number);
        }
        fs_text_add(&text, i % 3 ? "\n" : "\r\n");
    }
    assert_false(text.failed);
    assert_true(text.length > 2 << 20);
    mds_table t;
    read_good(text.data, NULL, &t);
    assert_int_equal(t.rows, ROWS);
    assert_int_equal(t.columns, COLUMNS);
    assert_memory_equal(t.values, expected, ROWS * COLUMNS * sizeof *expected);
    assert_string_equal(t.labels[4000], "row\n4000");
    mds_table_fini(&t);
    fs_free(expected);
    fs_text_fini(&text);
}

/* One line of two million numbers, and one field that never ends. */
static void long_lines(void **state)
{
    (void)state;
    fs_text text;
    fs_text_init(&text);
    enum { COUNT = 1999000 }; /* 2000 objects, condensed */
    for (int i = 0; i < COUNT; i++) fs_text_add(&text, i ? ",1" : "1");
    mds_table t;
    read_good(text.data, NULL, &t);
    assert_int_equal(t.columns, COUNT);
    fs_error error;
    assert_int_equal(mds_table_to_square(&t, "line", 0, &error), FS_OK);
    assert_int_equal(t.rows, 2000);
    assert_true(t.values[5 * 2000 + 5] == 0 && t.values[1999 * 2000 + 3] == 1);
    mds_table_fini(&t);
    fs_text_clear(&text);
    fs_text_add(&text, "1,2\n1,2\n1,2\n3,\"");
    for (int i = 0; i < 2000000; i++) fs_text_add(&text, "0123456789");
    read_bad(text.data, FS_FORMAT, "a field of more than 16 MiB");
    fs_text_fini(&text);
}

/* ---- shapes ---- */

static const double square_of_four[16] = {0, 1, 2, 4, 1, 0, 3, 5, 2, 3, 0, 6, 4, 5, 6, 0};

static void same_square(const char *text, const mds_read_options *options, const char *first_label)
{
    mds_table t;
    fs_error error = {0};
    read_good(text, options, &t);
    assert_true(mds_table_is_dissimilarities(&t, false));
    if (mds_table_to_square(&t, "D", 0, &error) != FS_OK) fail_msg("%s", error.message);
    assert_int_equal(t.rows, 4);
    assert_memory_equal(t.values, square_of_four, sizeof square_of_four);
    if (first_label) {
        assert_int_equal(t.label_count, 4);
        assert_string_equal(t.labels[0], first_label);
    } else {
        assert_null(t.labels);
    }
    mds_table_fini(&t);
}

static void every_form_of_one_square(void **state)
{
    (void)state;
    same_square("0,1,2,4\n1,0,3,5\n2,3,0,6\n4,5,6,0\n", NULL, NULL);
    same_square("a,b,c,d\n0,1,2,4\n1,0,3,5\n2,3,0,6\n4,5,6,0\n", NULL, "a");
    same_square("\ta\tb\tc\td\na\t0\t1\t2\t4\nb\t1\t0\t3\t5\nc\t2\t3\t0\t6\nd\t4\t5\t6\t0", NULL, "a");
    same_square("0\n1,0\n2,3,0\n4,5,6,0\n", NULL, NULL);
    same_square("1\n2,3\n4,5,6\n", NULL, NULL);
    same_square("p\nq,1\nr,2,3\ns,4,5,6\n", NULL, "p");
    same_square("who,p,q,r,s\nq,1\nr,2,3\ns,4,5,6\n", NULL, "p");
    same_square(" p q r\nq 1\nr 2 3\ns 4 5 6\n", NULL, "p");
    same_square("1,2,4,3,5,6\n", NULL, NULL);
    same_square("1\n2\n4\n3\n5\n6\n", NULL, NULL);
    same_square("0,1,2,4\n,0,3,5\n,,0,6\n,,,0\n", NULL, NULL);
    same_square(",,,\n1,,,\n2,3,,\n4,5,6,\n", NULL, NULL);
    mds_read_options options = {.layout = MDS_LAYOUT_CONDENSED};
    same_square("1,2,4\n3,5,6\n", &options, NULL);
}

static void features_are_not_dissimilarities(void **state)
{
    (void)state;
    static const char *const tables[] = {"1,2\n3,4\n5,6\n", "1,2,3\n4,5,6\n7,8,9\n", "1\n2\n3\n4\n",
                                         "0,1\n0,2\n0,3\n"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        mds_table t;
        read_good(tables[i], NULL, &t);
        assert_false(mds_table_is_dissimilarities(&t, false));
        mds_table_fini(&t);
    }
}

static void first_objects_only(void **state)
{
    (void)state;
    static const char *const forms[] = {"0,1,2,4\n1,0,3,5\n2,3,0,6\n4,5,6,0\n", "0\n1,0\n2,3,0\n4,5,6,0\n",
                                        "1,2,4,3,5,6\n"};
    const double leading[9] = {0, 1, 2, 1, 0, 3, 2, 3, 0};
    for (size_t i = 0; i < 3; i++) {
        mds_table t;
        fs_error error;
        mds_read_options options = {.rows = 3};
        read_good(forms[i], &options, &t);
        assert_true(mds_table_is_dissimilarities(&t, true));
        assert_int_equal(mds_table_to_square(&t, "D", 3, &error), FS_OK);
        assert_int_equal(t.rows, 3);
        assert_memory_equal(t.values, leading, sizeof leading);
        mds_table_fini(&t);
    }
}

static void asymmetry_is_found_and_corrected(void **state)
{
    (void)state;
    enum { SIZE = 150 }; /* several blocks and a rest */
    double *m = fs_alloc(SIZE, SIZE * sizeof *m);
    for (size_t i = 0; i < SIZE; i++)
        for (size_t j = 0; j < SIZE; j++) m[i * SIZE + j] = i == j ? 0 : 10 + (double)(i * j % 7);
    assert_int_equal(mds_matrix_asymmetry(m, SIZE, 0).pairs, 0);
    m[140 * SIZE + 3] += 2;
    m[70 * SIZE + 69] *= 1 + 1e-3;
    mds_asymmetry worst = mds_matrix_asymmetry(m, SIZE, 1e-9);
    assert_int_equal(worst.pairs, 2);
    assert_int_equal(worst.row, 140);
    assert_int_equal(worst.column, 3);
    assert_true(worst.difference == 2);
    m[20 * SIZE + 90] = NAN;
    assert_true(isinf(mds_matrix_asymmetry(m, SIZE, 1e-9).relative));
    double kept = m[90 * SIZE + 20], mean = (m[140 * SIZE + 3] + m[3 * SIZE + 140]) / 2;
    mds_matrix_symmetrize(m, SIZE);
    assert_int_equal(mds_matrix_asymmetry(m, SIZE, 0).pairs, 0);
    assert_true(m[20 * SIZE + 90] == kept);
    assert_true(m[3 * SIZE + 140] == mean);
    fs_free(m);
}

static void parts_are_counted(void **state)
{
    (void)state;
    enum { SIZE = 12 }; /* i and j are joined when they leave the same rest by 3, but only to the next such */
    double m[SIZE * SIZE], weights[SIZE * SIZE];
    size_t parts;
    fs_error error;
    for (size_t i = 0; i < SIZE; i++)
        for (size_t j = 0; j < SIZE; j++) {
            bool joined = i + 3 == j || j + 3 == i;
            m[i * SIZE + j] = i == j ? 0 : joined ? 1 : (double)NAN;
            weights[i * SIZE + j] = joined;
        }
    assert_int_equal(mds_matrix_components(m, NULL, SIZE, &parts, &error), FS_OK);
    assert_int_equal(parts, 3);
    m[2 * SIZE + 10] = m[10 * SIZE + 2] = 4;
    assert_int_equal(mds_matrix_components(m, NULL, SIZE, &parts, &error), FS_OK);
    assert_int_equal(parts, 2);
    for (size_t i = 0; i < SIZE * SIZE; i++) m[i] = 1;
    assert_int_equal(mds_matrix_components(m, NULL, SIZE, &parts, &error), FS_OK);
    assert_int_equal(parts, 1);
    assert_int_equal(mds_matrix_components(m, weights, SIZE, &parts, &error), FS_OK);
    assert_int_equal(parts, 3);
}

/* ---- writing and reading again ---- */

static void written_is_read(bool csv)
{
    enum { ROWS = 300, COLUMNS = 11 };
    double values[ROWS * COLUMNS];
    fs_random random;
    fs_random_init(&random, 11);
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        uint64_t bits = fs_random_next(&random);
        memcpy(&values[i], &bits, sizeof bits);
        if (!isfinite(values[i])) values[i] = (double)(int)(i % 40) - 20;
    }
    values[0] = -0.0;
    values[1] = 5e-324;
    char path[SCRATCH_PATH];
    scratch_file(path, "", 0);
    fs_output *output;
    fs_error error;
    assert_int_equal(fs_output_open(path, &output, &error), FS_OK);
    if (csv) {
        const char *names[COLUMNS], *labels[ROWS];
        for (size_t j = 0; j < COLUMNS; j++) names[j] = "a \"column\", named";
        for (size_t i = 0; i < ROWS; i++) labels[i] = i % 2 ? "plain" : "#two\nlines; ";
        mds_write_csv(output, values, ROWS, COLUMNS, COLUMNS, ',', "label", labels, names);
    } else {
        fs_npy_write(output, values, ROWS, COLUMNS, COLUMNS);
    }
    assert_int_equal(fs_output_commit(output, &error), FS_OK);
    mds_table t;
    const mds_read_options none = {0};
    if (mds_table_read(path, &none, &t, &error) != FS_OK) fail_msg("%s", error.message);
    unlink(path);
    assert_int_equal(t.rows, ROWS);
    assert_int_equal(t.columns, COLUMNS);
    assert_memory_equal(t.values, values, sizeof values);
    if (csv) {
        assert_string_equal(t.names[0], "a \"column\", named");
        assert_string_equal(t.labels[0], "#two\nlines; ");
        assert_string_equal(t.labels[1], "plain");
    }
    mds_table_fini(&t);
}

static void csv_round_trip(void **state)
{
    (void)state;
    written_is_read(true);
}

static void npy_round_trip(void **state)
{
    (void)state;
    written_is_read(false);
}

/* ---- stopping ---- */

static bool stop_at_once(uint64_t bytes, uint64_t size, void *context)
{
    (void)bytes;
    *(uint64_t *)context = size;
    return false;
}

static void reading_can_be_stopped(void **state)
{
    (void)state;
    size_t length = (size_t)20 << 20;
    char *bytes = fs_alloc(length, 1);
    for (size_t i = 0; i < length; i++) bytes[i] = i % 2 ? '\n' : '1';
    mds_table t;
    fs_error error;
    uint64_t size = 0;
    mds_read_options options = {.progress = stop_at_once, .context = &size};
    assert_int_equal(read_bytes(bytes, length, &options, &t, &error), FS_IO);
    assert_int_equal(size, length);
    fs_free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_values),         cmocka_unit_test(line_numbers_count_every_line),
        cmocka_unit_test(across_windows),           cmocka_unit_test(long_lines),
        cmocka_unit_test(every_form_of_one_square), cmocka_unit_test(features_are_not_dissimilarities),
        cmocka_unit_test(first_objects_only),       cmocka_unit_test(asymmetry_is_found_and_corrected),
        cmocka_unit_test(parts_are_counted),        cmocka_unit_test(csv_round_trip),
        cmocka_unit_test(npy_round_trip),           cmocka_unit_test(reading_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
