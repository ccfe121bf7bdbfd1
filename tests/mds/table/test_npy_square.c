/* Which .npy files can stay on disk: clean squares, and nothing that another reader has to speak about. */
#include "alloc_sweep.h"
#include "npy_square.h"
#include "scratch_file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { N = 1100 }; /* more than a block */

static double square[N * N];
static float narrow[N * N];
static const mds_npy_part all = {0, 1};

static int make_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            square[i * N + j] = fabs((double)i - (double)j) / 7;
            narrow[i * N + j] = (float)square[i * N + j];
        }
    return 0;
}

static void write_npy(char *path, const char *type, const char *shape, const void *bytes, size_t length)
{
    char header[128], lead[10] = "\x93NUMPY\x01\x00\x76\x00";
    memset(header, ' ', sizeof header);
    int used = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                        type, shape);
    header[used] = ' ';
    header[117] = '\n';
    scratch_file(path, "", 0);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(lead, 1, 10, file), 10);
    assert_int_equal(fwrite(header, 1, 118, file), 118);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* The objects that are found in a square of doubles, and back as it was. */
static size_t found_with(size_t row, size_t column, double value, size_t least)
{
    char path[SCRATCH_PATH];
    size_t n = 77;
    double kept = square[row * N + column];
    square[row * N + column] = value;
    write_npy(path, "<f8", "1100, 1100", square, sizeof square);
    assert_int_equal(mds_npy_square(path, least, all, &n, NULL), FS_OK);
    square[row * N + column] = kept;
    unlink(path);
    return n;
}

static void clean_squares(void **state)
{
    (void)state;
    char path[SCRATCH_PATH];
    size_t n;
    assert_int_equal(found_with(0, 0, 0, 1099), 1100);
    assert_int_equal(found_with(0, 0, 0, 1100), 0); /* no more than that */
    write_npy(path, "<f4", "1100, 1100", narrow, sizeof narrow);
    assert_int_equal(mds_npy_square(path, 1000, all, &n, NULL), FS_OK);
    assert_int_equal(n, 1100);
    unlink(path);
}

static void for_the_other_reader(void **state)
{
    (void)state;
    double at = square[1050 * N + 3];
    assert_int_equal(found_with(1050, 3, at * (1 + 1e-8), 0), 0); /* not symmetric */
    assert_int_equal(found_with(1050, 3, at * (1 + 1e-10), 0), 1100);
    assert_int_equal(found_with(3, 1050, at + 1, 0), 0);
    assert_int_equal(found_with(1099, 1099, 1e-12, 0), 0); /* a diagonal */
    assert_int_equal(found_with(1050, 3, NAN, 0), 0);
    assert_int_equal(found_with(1050, 3, HUGE_VAL, 0), 0);
    assert_int_equal(found_with(1050, 3, -at, 0), 0);

    char path[SCRATCH_PATH];
    size_t n = 77;
    write_npy(path, "<f8", "550, 2200", square, sizeof square);
    assert_int_equal(mds_npy_square(path, 0, all, &n, NULL), FS_OK);
    assert_int_equal(n, 0);
    unlink(path);
    write_npy(path, "<i8", "1100, 1100", square, sizeof square);
    assert_int_equal(mds_npy_square(path, 0, all, &n, NULL), FS_OK);
    assert_int_equal(n, 0);
    unlink(path);
    scratch_file(path, "0,1\n1,0\n", 8);
    assert_int_equal(mds_npy_square(path, 0, all, &n, NULL), FS_OK);
    assert_int_equal(n, 0);
    unlink(path);
    assert_int_equal(mds_npy_square(path, 0, all, &n, NULL), FS_OK); /* it is not there */
    assert_int_equal(n, 0);
}

/* Three parts of the three blocks on and above the diagonal: what is wrong is found by one of them. */
static void parts_share_the_blocks(void **state)
{
    (void)state;
    static const size_t rows[] = {3, 1050, 1060}, columns[] = {4, 3, 1050};
    for (size_t c = 0; c < 3; c++) {
        char path[SCRATCH_PATH];
        double kept = square[rows[c] * N + columns[c]];
        size_t dirty = 0, n;
        square[rows[c] * N + columns[c]] = -1;
        write_npy(path, "<f8", "1100, 1100", square, sizeof square);
        square[rows[c] * N + columns[c]] = kept;
        for (unsigned part = 0; part < 3; part++) {
            assert_int_equal(mds_npy_square(path, 0, (mds_npy_part){part, 3}, &n, NULL), FS_OK);
            dirty += n == 0;
        }
        assert_int_equal(dirty, 1);
        unlink(path);
    }
}

static void cut_off(void **state)
{
    (void)state;
    char path[SCRATCH_PATH];
    fs_error error;
    size_t n = 77;
    write_npy(path, "<f8", "1100, 1100", square, sizeof square - 8);
    assert_int_equal(mds_npy_square(path, 0, all, &n, &error), FS_DATA);
    assert_non_null(
        strstr(error.message, "is shorter than its header says: 9680120 bytes in place of 9680128"));
    assert_int_equal(n, 0);
    unlink(path);
}

static int square_of(void *context)
{
    size_t n;
    return (int)mds_npy_square(context, 0, all, &n, NULL);
}

static void without_memory(void **state)
{
    (void)state;
    char path[SCRATCH_PATH];
    write_npy(path, "<f8", "2, 2", square + N + 1, 4 * sizeof *square);
    assert_true(alloc_sweep(square_of, path, FS_MEMORY) >= 3);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_squares),          cmocka_unit_test(for_the_other_reader),
        cmocka_unit_test(parts_share_the_blocks), cmocka_unit_test(cut_off),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
