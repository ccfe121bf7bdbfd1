#include "table_checks.h"
#include "dissimilarity.h"
#include "rounding.h"
#include "scratch_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

const double checked_square[16] = {0, 1, 2, 4, 1, 0, 3, 5, 2, 3, 0, 6, 4, 5, 6, 0};

fs_status read_bytes(const void *bytes, size_t length, const mds_read_options *options, mds_table *table,
                     fs_error *error)
{
    char path[SCRATCH_PATH];
    const mds_read_options none = {0};
    scratch_file(path, bytes, length);
    fs_status status = mds_table_read(path, options ? options : &none, table, error);
    unlink(path);
    return status;
}

void is_square(const void *bytes, size_t length, const mds_read_options *options, const char *labels)
{
    mds_table t;
    mds_repairs repairs;
    fs_error error = {0};
    if (read_bytes(bytes, length, options, &t, &error) != FS_OK)
        fail_msg("%s\n%.*s", error.message, (int)length, (const char *)bytes);
    if (!mds_table_is_dissimilarities(&t, false))
        fail_msg("features:\n%.*s", (int)length, (const char *)bytes);
    if (mds_table_to_square(&t, "D", 0, &error) != FS_OK) fail_msg("%s", error.message);
    mds_table_repair(&t, &repairs);
    assert_int_equal(t.rows, 4);
    for (size_t k = 0; k < 16; k++)
        if (t.values[k] != checked_square[k])
            fail_msg("value %zu is %g, not %g:\n%.*s", k, t.values[k], checked_square[k], (int)length,
                     (const char *)bytes);
    char joined[128] = "";
    for (size_t i = 0; labels && i < t.label_count; i++)
        snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%s", i ? " " : "", t.labels[i]);
    if (labels)
        assert_string_equal(joined, labels);
    else
        assert_null(t.labels);
    mds_table_fini(&t);
}
