/* Tables in other encodings than UTF-8, and in archives. */
#include "table_checks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

static void encodings(void **state)
{
    (void)state;
    static const char latin[] = ",Z\xFCrich,Gen\xE8ve\nZ\xFCrich,0,1\nGen\xE8ve,1,0\n";
    mds_table t;
    fs_error error;
    assert_int_equal(read_bytes(latin, sizeof latin - 1, NULL, &t, &error), FS_OK);
    assert_string_equal(t.labels[0], "Zürich");
    assert_string_equal(t.names[1], "Genève");
    mds_table_fini(&t);
    static const char text[] = ",a,b,c,d\na,0,1,2,4\nb,1,0,3,5\nc,2,3,0,6\nd,4,5,6,0\n";
    for (int form = 0; form < 4; form++) { /* big-endian or not, with a byte order mark or not */
        char wide[2 * sizeof text + 2];
        size_t length = 0, big = form & 1;
        if (form & 2) {
            wide[length + (big ? 0 : 1)] = (char)0xFE;
            wide[length + (big ? 1 : 0)] = (char)0xFF;
            length += 2;
        }
        for (size_t k = 0; k < sizeof text - 1; k++, length += 2) {
            wide[length + big] = text[k];
            wide[length + 1 - big] = 0;
        }
        is_square(wide, length, NULL, "a b c d");
    }
    /* Beyond the first plane, and halves that lack their other. */
    static const char odd[] = "\xFF\xFEn\0,\0x\0\n\0\x3D\xD8\x00\xDE,\0"
                              "1\0\n\0\x3D\xD8,\0"
                              "2\0\n\0\x00\xDE,\0"
                              "4\0";
    assert_int_equal(read_bytes(odd, sizeof odd - 1, NULL, &t, &error), FS_OK);
    assert_string_equal(t.labels[0], "😀");
    assert_string_equal(t.labels[1], "\xEF\xBF\xBD");
    assert_string_equal(t.labels[2], "\xEF\xBF\xBD");
    mds_table_fini(&t);
}

/* ---- archives ---- */

enum { NPY_HEADER = 128 };

static size_t make_npy(char *out)
{
    char header[NPY_HEADER - 10 + 1];
    memset(out, 0, NPY_HEADER);
    memcpy(out, "\x93NUMPY\x01\0", 8);
    out[8] = NPY_HEADER - 10;
    snprintf(header, sizeof header, "%-117s\n",
             "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 4), }");
    memcpy(out + 10, header, NPY_HEADER - 10);
    memcpy(out + NPY_HEADER, checked_square, sizeof checked_square);
    return NPY_HEADER + sizeof checked_square;
}

/* A member as NumPy writes it; the checksum is nobody's business here. */
static size_t add_member(char *out, const char *name, bool deflated)
{
    char array[NPY_HEADER + sizeof checked_square], *to = out;
    size_t length = make_npy(array);
    memset(out, 0, 30);
    memcpy(out, "PK\3\4", 4);
    out[8] = deflated ? 8 : 0;
    out[26] = (char)strlen(name);
    to += 30;
    memcpy(to, name, strlen(name));
    to += strlen(name);
    if (!deflated) {
        memcpy(to, array, length);
        return (size_t)(to + length - out);
    }
    z_stream z = {.next_in = (unsigned char *)array,
                  .avail_in = (uInt)length,
                  .next_out = (unsigned char *)to,
                  .avail_out = 4096};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    to += z.total_out;
    deflateEnd(&z);
    return (size_t)(to - out);
}

static void archives(void **state)
{
    (void)state;
    char bytes[16384];
    mds_table t;
    fs_error error;
    for (int deflated = 0; deflated < 2; deflated++) {
        size_t length = add_member(bytes, "arr_0.npy", deflated);
        memcpy(bytes + length, "PK\1\2 the directory", 18);
        is_square(bytes, length + 18, NULL, NULL);
        assert_int_equal(read_bytes(bytes, length - 20, NULL, &t, &error), FS_FORMAT);
        length += add_member(bytes + length, "arr_1.npy", deflated);
        assert_int_equal(read_bytes(bytes, length, NULL, &t, &error), FS_UNSUPPORTED);
        assert_non_null(strstr(error.message, "several arrays, of which arr_0.npy is the first"));
    }
    size_t length = add_member(bytes, "xl/workbook.xml", true);
    assert_int_equal(read_bytes(bytes, length, NULL, &t, &error), FS_UNSUPPORTED);
    assert_non_null(strstr(error.message, "Excel workbook"));
    mds_read_options tight = {.max_unpacked = 100};
    length = add_member(bytes, "a.npy", true);
    assert_int_equal(read_bytes(bytes, length, &tight, &t, &error), FS_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodings),
        cmocka_unit_test(archives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
