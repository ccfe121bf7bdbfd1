/* NPY headers and elements; the bytes are those that NumPy 2.4 writes for the arrays in the comments. */
#include "npy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct sample {
    const char *descr, *type;
    unsigned char bytes[8];
    double value;
} sample;

/* numpy.array(VALUE).astype(DESCR).tobytes() */
static const sample samples[] = {
    {"|b1", "bool", {0x01}, 1},
    {"|i1", "int8", {0xf9}, -7},
    {"|u1", "uint8", {0xf9}, 249},
    {"<i2", "int16", {0x00, 0x80}, -32768},
    {">u2", "uint16", {0x80, 0x01}, 32769},
    {"<i4", "int32", {0xfe, 0xff, 0xff, 0xff}, -2},
    {">i4", "int32", {0xff, 0xff, 0xff, 0xfe}, -2},
    {">i8", "int64", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc, 0x18}, -1000},
    {"<u8", "uint64", {0, 0, 0, 0, 0, 0, 0, 0x80}, 9223372036854775808.0},
    {"<f2", "float16", {0x00, 0x3e}, 1.5},
    {">f2", "float16", {0x00, 0x01}, 0x1p-24},
    {"<f4", "float32", {0x00, 0x00, 0x20, 0xc1}, -10},
    {">f4", "float32", {0xc1, 0x20, 0x00, 0x00}, -10},
    {"<f8", "float64", {0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, 1.5},
    {">f8", "float64", {0x3f, 0xf8, 0, 0, 0, 0, 0, 0}, 1.5},
};

static size_t make_header(char *file, unsigned version, const char *descr, const char *shape)
{
    char text[200];
    size_t length = (size_t)snprintf(
        text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", descr, shape);
    size_t lead = version == 1 ? 10 : 12;
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (char)version;
    file[7] = 0;
    for (size_t i = 8; i < lead; i++) file[i] = i == 8 ? (char)length : 0;
    memcpy(file + lead, text, length);
    return lead + length;
}

static void reads_elements_of_every_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        char file[256], type[FS_NPY_TYPE_SIZE];
        fs_npy npy;
        size_t need, length = make_header(file, 1, samples[i].descr, "(3, 5)");
        assert_int_equal(fs_npy_header(file, length, true, &npy, &need, NULL), FS_OK);
        assert_string_equal(fs_npy_type(&npy, type), samples[i].type);
        assert_int_equal(npy.count, 15);
        double values[2];
        char twice[16];
        memcpy(twice, samples[i].bytes, npy.item);
        memcpy(twice + npy.item, samples[i].bytes, npy.item);
        fs_npy_doubles(&npy, twice, 2, values);
        assert_true(values[0] == samples[i].value && values[1] == samples[i].value);
        assert_true(fs_npy_double(&npy, twice) == samples[i].value);
        if (npy.kind == 'i') assert_true((double)(int64_t)fs_npy_integer(&npy, twice) == samples[i].value);
    }
}

/* Byte by byte the header asks for more until it is there, and never for less than there is. */
static void asks_for_what_it_needs(void **state)
{
    (void)state;
    for (unsigned version = 1; version <= 3; version++) {
        char file[256];
        size_t need = 0, length = make_header(file, version, "<f8", "(2,)");
        fs_npy npy;
        for (size_t have = 0; have < length; have++) {
            assert_true(have == 0 || fs_npy_begins(file, have));
            assert_int_equal(fs_npy_header(file, have, false, &npy, &need, NULL), FS_OK);
            assert_true(need > have && need <= length);
            assert_int_equal(fs_npy_header(file, have, true, &npy, &need, NULL), FS_FORMAT);
        }
        assert_int_equal(fs_npy_header(file, length, false, &npy, &need, NULL), FS_OK);
        assert_int_equal(need, length);
        assert_int_equal(npy.offset, length);
    }
    assert_false(fs_npy_begins("1,2", 3));
    assert_false(fs_npy_begins("", 0));
}

static void refuses_sizes_that_overflow(void **state)
{
    (void)state;
    static const struct {
        const char *shape;
        fs_status status;
        uint64_t count;
    } shapes[] = {
        {"()", FS_OK, 1},
        {"(4294967296, 0, 4294967296, 4294967296)", FS_OK, 0},
        {"(4294967296, 4294967296)", FS_FORMAT, 0},
        {"(2305843009213693952,)", FS_FORMAT, 0}, /* 2^61 doubles */
        {"(99999999999999999999,)", FS_FORMAT, 0},
        {"(-1,)", FS_FORMAT, 0},
        {"(1", FS_FORMAT, 0},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        char file[256];
        fs_npy npy;
        size_t need, length = make_header(file, 1, "|u1", shapes[i].shape);
        assert_int_equal(fs_npy_header(file, length, true, &npy, &need, NULL), shapes[i].status);
        if (shapes[i].status == FS_OK) assert_int_equal(npy.count, shapes[i].count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_elements_of_every_type),
        cmocka_unit_test(asks_for_what_it_needs),
        cmocka_unit_test(refuses_sizes_that_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
