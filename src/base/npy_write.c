/* Apart from the reader, which libmdscale has too. */
#include "npy.h"

#include <stdio.h>
#include <string.h>

void fs_npy_write(fs_output *output, const double *matrix, size_t rows, size_t columns, size_t ld)
{
    /* The header ends in a newline at a multiple of 64 bytes, so that the data can be mapped aligned. */
    enum { ALIGN = 64, LEAD = 10 /* magic, version, length of the header */ };
    char header[2 * ALIGN + 1];
    int used = snprintf(header, sizeof header,
                        "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu, %zu), }", rows, columns);
    size_t text = (size_t)used, total = (LEAD + text + 1 + ALIGN - 1) / ALIGN * ALIGN;
    size_t length = total - LEAD;
    memset(header + text, ' ', length - text - 1);
    header[length - 1] = '\n';
    const unsigned char numbers[] = {1, 0, (unsigned char)length, (unsigned char)(length >> 8)};
    fs_output_write(output, "\x93NUMPY", sizeof "\x93NUMPY" - 1);
    fs_output_write(output, numbers, sizeof numbers);
    fs_output_write(output, header, length);
    for (size_t i = 0; i < rows; i++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        fs_output_write(output, matrix + i * ld, columns * sizeof(double));
#else
        for (size_t j = 0; j < columns; j++) {
            uint64_t bits;
            memcpy(&bits, &matrix[i * ld + j], sizeof bits);
            bits = __builtin_bswap64(bits);
            fs_output_write(output, &bits, sizeof bits);
        }
#endif
    }
}
