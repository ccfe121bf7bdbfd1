/*
 * npy.h - NumPy's array file: a magic string, a header that is a Python dictionary in text, and the elements.
 *
 * Versions 1 to 3; floating point of 2, 4 or 8 bytes, integers and booleans, either byte order, C or Fortran
 * order, up to 32 axes. Source: "NEP 1 - A Simple File Format for NumPy Arrays", and numpy.lib.format's
 * description of versions 2 and 3. Messages do not name the file: whoever knows it adds that.
 */
#ifndef FS_NPY_H
#define FS_NPY_H

#include "output.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FS_NPY_AXES_MOST = 32, FS_NPY_ITEM_MOST = 8, FS_NPY_TYPE_SIZE = 16 };

typedef struct fs_npy {
    char kind;   /* 'f' floating, 'i' signed, 'u' unsigned, 'b' boolean */
    size_t item; /* bytes of an element: 1, 2, 4 or 8 */
    bool big_endian;
    bool fortran; /* the first axis varies fastest */
    size_t axes;
    uint64_t shape[FS_NPY_AXES_MOST];
    uint64_t count; /* elements; they take count * item bytes, which fit in memory as doubles too */
    size_t offset;  /* of the first element in the file */
} fs_npy;

/* Whether the bytes begin an NPY file, or could when more of them follow (no text begins so). */
bool fs_npy_begins(const char *bytes, size_t length);

/* Read the header from the first `length` bytes of a file. *need is how many bytes it takes as far as they
 * tell: when that is more than `length`, *npy is not filled, and the call is made again with so many. With
 * `whole` nothing follows, and a header that goes on is damaged. Errors: FS_FORMAT; FS_UNSUPPORTED (a version
 * or type); FS_MEMORY. */
FS_CHECK fs_status fs_npy_header(const char *bytes, size_t length, bool whole, fs_npy *npy, size_t *need,
                                 fs_error *error);

/* The element that begins at `from`; integers of more than 53 bits are rounded. */
double fs_npy_double(const fs_npy *npy, const char *from);

/* `count` of them, one after the other. */
void fs_npy_doubles(const fs_npy *npy, const char *from, size_t count, double *out);

/* Whether the elements are this machine's doubles as they stand. */
bool fs_npy_is_double(const fs_npy *npy);

/* An integer or boolean exactly: its two's complement where `kind` is 'i'. */
uint64_t fs_npy_integer(const fs_npy *npy, const char *from);

/* "float32", "uint8", "bool"; returns `out`. */
const char *fs_npy_type(const fs_npy *npy, char out[FS_NPY_TYPE_SIZE]);

/* A matrix as version 1.0, little-endian float64, C order. Failures are remembered by `output`. */
void fs_npy_write(fs_output *output, const double *matrix, size_t rows, size_t columns, size_t ld);

#endif
