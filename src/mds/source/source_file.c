/* Dissimilarities in an .npy file, read block by block. */
#include "memory.h"
#include "npy.h"
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 8 }; /* in a tile: a strip of the gradient kernels */

struct file_source {
    mds_source source;
    size_t room; /* numbers of the largest tile */
    fs_npy npy;
    int file;
    char *path;
    struct stat opened;
    bool condensed;
};

static void close_file(mds_source *source)
{
    struct file_source *f = (struct file_source *)source;
    if (f->file >= 0) close(f->file);
    fs_free(f->path);
    fs_free(f);
}

/* ---- reading ---- */

static fs_status check_unchanged(const struct file_source *f, fs_error *error)
{
    struct stat now;
    if (fstat(f->file, &now) != 0) return fs_fail_errno(error, "reading", f->path, errno);
    if (now.st_size == f->opened.st_size && now.st_mtim.tv_sec == f->opened.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == f->opened.st_mtim.tv_nsec)
        return FS_OK;
    return fs_fail(error, FS_DATA,
                   "%s has changed while it was being read (it has %lld bytes now, and had %lld)", f->path,
                   (long long)now.st_size, (long long)f->opened.st_size);
}

static fs_status read_bytes(const struct file_source *f, uint64_t at, size_t length, char *to,
                            fs_error *error)
{
    size_t done = 0;
    while (done < length) {
        ssize_t got = pread(f->file, to + done, length - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fs_fail_errno(error, "reading", f->path, errno);
        if (got == 0) {
            fs_status status = check_unchanged(f, error);
            if (status) return status;
            return fs_fail(error, FS_DATA, "%s ends after %llu bytes, inside its array", f->path,
                           (unsigned long long)(at + done));
        }
        done += (size_t)got;
    }
    return FS_OK;
}

/* `count` elements from number `element` on; `raw`: room for their bytes. */
static fs_status read_elements(const struct file_source *f, uint64_t element, size_t count, char *raw,
                               double *out, fs_error *error)
{
    size_t item = f->npy.item;
    bool plain = fs_npy_is_double(&f->npy);
    if (count == 0) return FS_OK;
    fs_status status =
        read_bytes(f, f->npy.offset + element * item, count * item, plain ? (char *)(void *)out : raw, error);
    if (!status && !plain) fs_npy_doubles(&f->npy, raw, count, out);
    return status;
}

/* Where the pair i < j stands. */
static uint64_t place_of(uint64_t n, uint64_t i, uint64_t j)
{
    return i * (2 * n - i - 1) / 2 + j - i - 1;
}

static fs_status read_row(const struct file_source *f, size_t i, size_t from, size_t to, char *raw,
                          double *out, fs_error *error)
{
    size_t n = f->source.n, j = from;
    if (!f->condensed) return read_elements(f, (uint64_t)i * n + from, to - from, raw, out, error);
    for (; j < to && j < i; j++) {
        fs_status status = read_elements(f, place_of(n, j, i), 1, raw, out + (j - from), error);
        if (status) return status;
    }
    if (j < to && j == i) out[j++ - from] = 0;
    return j < to ? read_elements(f, place_of(n, i, j), to - j, raw, out + (j - from), error) : FS_OK;
}

static fs_status read_tile(mds_source *source, void *scratch, size_t first, size_t last, size_t from,
                           size_t to, mds_tile *tile, fs_error *error)
{
    const struct file_source *f = (const struct file_source *)source;
    size_t columns = to - from, cells = (last - first) * columns;
    double *out = scratch, factor = ldexp(1, -source->exponent);
    char *raw = (char *)(out + f->room);
    fs_status status = check_unchanged(f, error);
    for (size_t i = first; i < last && !status; i++)
        status = read_row(f, i, from, to, raw, out + (i - first) * columns, error);
    for (size_t c = 0; c < cells && source->exponent; c++) out[c] *= factor;
    *tile = (mds_tile){.delta = out, .ld = columns};
    return status;
}

/* ---- opening ---- */

static fs_status read_header(struct file_source *f, fs_error *error)
{
    size_t room = 0, need = 128, length;
    char *bytes = NULL;
    fs_status status = FS_OK;
    do {
        length = (uint64_t)f->opened.st_size < need ? (size_t)f->opened.st_size : need;
        if (!FS_GROW(bytes, room, length + 1))
            status = fs_fail_memory(error, "reading an NPY header", length);
        if (!status) status = read_bytes(f, 0, length, bytes, error);
        if (!status && !fs_npy_begins(bytes, length))
            status = fs_fail(error, FS_FORMAT, "it is no .npy file");
        if (!status) status = fs_npy_header(bytes, length, length < need, &f->npy, &need, error);
    } while (!status && need > length);
    fs_free(bytes);
    return status ? fs_error_context(error, status, "%s", f->path) : FS_OK;
}

static fs_status check_shape(struct file_source *f, fs_error *error)
{
    const fs_npy *npy = &f->npy;
    char type[FS_NPY_TYPE_SIZE];
    uint64_t rows = npy->shape[0],
             n = npy->axes == 2 ? rows : (uint64_t)(0.5 + sqrt(0.25 + 2 * (double)rows) + 0.5);
    if (npy->kind != 'f')
        return fs_fail(error, FS_UNSUPPORTED, "%s holds %s; float64 and float32 are read from disk", f->path,
                       fs_npy_type(npy, type));
    if (npy->axes != 1 && !(npy->axes == 2 && npy->shape[1] == rows))
        return fs_fail(
            error, FS_DATA,
            "%s is no square of dissimilarities, nor the pairs of one (one axis): it has %zu axes, the "
            "first of %llu",
            f->path, npy->axes, (unsigned long long)rows);
    if (npy->axes == 1 && (n < 2 || n * (n - 1) / 2 != rows))
        return fs_fail(error, FS_DATA, "%s holds %llu numbers, and no n (n - 1) / 2 is so many", f->path,
                       (unsigned long long)rows);
    uint64_t whole = npy->offset + npy->count * npy->item;
    if ((uint64_t)f->opened.st_size < whole)
        return fs_fail(error, FS_DATA, "%s is shorter than its header says: %lld bytes in place of %llu",
                       f->path, (long long)f->opened.st_size, (unsigned long long)whole);
    f->condensed = npy->axes == 1;
    f->source.n = (size_t)n;
    return FS_OK;
}

static fs_status open_file(struct file_source *f, const char *path, fs_error *error)
{
    f->path = fs_strdup(path);
    if (!f->path) return fs_fail_memory(error, "opening a file", 0);
    f->file = open(path, O_RDONLY | O_CLOEXEC);
    if (f->file < 0 || fstat(f->file, &f->opened) != 0) return fs_fail_errno(error, "opening", path, errno);
    if (!S_ISREG(f->opened.st_mode))
        return fs_fail(error, FS_DATA, "%s is no regular file, which reading by rows needs", path);
    fs_status status = read_header(f, error);
    return status ? status : check_shape(f, error);
}

fs_status mds_source_file(const char *path, size_t *n, mds_source **source, fs_error *error)
{
    static const mds_source_kind kind = {.read = read_tile, .close = close_file};
    struct file_source *f = fs_alloc_0(1, sizeof *f);
    *source = NULL;
    if (!f) return fs_fail_memory(error, "opening a file", sizeof *f);
    *f = (struct file_source){.source = {.kind = &kind}, .file = -1};
    fs_status status = open_file(f, path, error);
    if (status) {
        close_file(&f->source);
        return status;
    }
    f->source.tile_rows = ROWS;
    f->source.tile_columns = *n = f->source.n;
    size_t square = (size_t)MDS_SOURCE_SQUARE * MDS_SOURCE_SQUARE;
    f->room = ROWS * *n > square ? ROWS * *n : square;
    f->source.scratch = (f->room + *n) * sizeof(double);
    f->source.pair_cost = 16; /* a nanosecond */
    *source = &f->source;
    return FS_OK;
}
