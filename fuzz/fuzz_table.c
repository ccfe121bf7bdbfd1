/* Tables from hostile bytes: every format there is, then made square and mended as a command would. */
#include "dissimilarity.h"
#include "rounding.h"
#include "table_read.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses options; the rest is the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    static const char *const columns[] = {NULL, "1", "a", "label"};
    static const char *const skip[] = {"2"};
    unsigned choice = data[0];
    /* Below 128 nothing is asked for but a layout, as most people do. */
    unsigned extra = choice < 128 ? 0 : choice / 8;
    mds_read_options options = {.layout = (mds_layout)(choice % 8),
                                .labels = columns[extra % 4],
                                .groups = extra / 4 % 3 == 1 ? "2" : NULL,
                                .skip = skip,
                                .skip_count = extra / 4 % 3 == 2,
                                .rows = choice / 8 % 8 == 3 ? 3 : 0,
                                .max_unpacked = 1 << 20};
    options.use = choice / 16 % 8 == 5   ? MDS_USE_FEATURES
                  : choice / 16 % 8 == 6 ? MDS_USE_DISSIMILARITIES
                                         : 0;
    int fd = memfd_create("table", 0);
    if (fd < 0) return 0;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    mds_table table;
    fs_error error;
    if (write(fd, data + 1, size - 1) == (ssize_t)(size - 1) &&
        mds_table_read(path, &options, &table, &error) == FS_OK) {
        bool square = mds_table_is_dissimilarities(&table, options.rows != 0);
        /* A short condensed line may ask for a large square, which is right but slow here. */
        if (square && table.count < 20000 &&
            mds_table_to_square(&table, "table", options.rows, &error) == FS_OK) {
            mds_repairs repairs;
            table.keep_diagonal = choice & 32;
            mds_table_repair(&table, &repairs);
            mds_asymmetry worst = mds_matrix_asymmetry(table.values, table.rows, 1e-9);
            if (worst.pairs) mds_matrix_symmetrize(table.values, table.rows);
        }
        mds_table_fini(&table);
    }
    close(fd);
    return 0;
}
