#include "npy_square.h"

#include "memory.h"
#include "npy.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1024, HEADER = 4096 };

/* An open file, and room for two blocks and a row of one. */
struct square {
    const char *path;
    int file;
    fs_npy npy;
    size_t n;
    double *across, *down;
    char *raw;
};

static fs_status read_bytes(const struct square *s, uint64_t at, size_t length, char *to, fs_error *error)
{
    while (length > 0) {
        ssize_t got = pread(s->file, to, length, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fs_fail_errno(error, "reading", s->path, errno);
        if (got == 0)
            return fs_fail(error, FS_DATA, "%s ends after %llu bytes, inside its array", s->path,
                           (unsigned long long)at);
        at += (uint64_t)got;
        to += got;
        length -= (size_t)got;
    }
    return FS_OK;
}

/* Rows first <= i < last and columns from <= j < to, one row of BLOCK numbers after the other. */
static fs_status read_block(const struct square *s, size_t first, size_t last, size_t from, size_t to,
                            double *out, fs_error *error)
{
    for (size_t i = first; i < last; i++) {
        uint64_t at = s->npy.offset + ((uint64_t)i * s->n + from) * s->npy.item;
        fs_status status = read_bytes(s, at, (to - from) * s->npy.item, s->raw, error);
        if (status) return status;
        fs_npy_doubles(&s->npy, s->raw, to - from, out + (i - first) * BLOCK);
    }
    return FS_OK;
}

/* Whether a block and its mirror image are clean. */
static bool agree(const struct square *s, size_t first, size_t last, size_t from, size_t to)
{
    double tolerance = s->npy.item == sizeof(double) ? 1e-9 : 1e-6;
    for (size_t i = first; i < last; i++)
        for (size_t j = from; j < to; j++) {
            double value = s->across[(i - first) * BLOCK + j - from],
                   mirror = s->down[(j - from) * BLOCK + i - first];
            if (!(value >= 0 && mirror >= 0 && isfinite(value) && isfinite(mirror))) return false;
            if (i == j && value != 0) return false;
            if (fabs(value - mirror) > tolerance * fmax(value, mirror)) return false;
        }
    return true;
}

/* Blocks on and above the diagonal, each with its mirror image; parts have every count-th of them. */
static fs_status check_blocks(const struct square *s, mds_npy_part part, bool *clean, fs_error *error)
{
    size_t number = 0;
    *clean = true;
    for (size_t first = 0; first < s->n && *clean; first += BLOCK)
        for (size_t from = first; from < s->n && *clean; from += BLOCK) {
            if (number++ % part.count != part.number) continue;
            size_t last = first + BLOCK < s->n ? first + BLOCK : s->n,
                   to = from + BLOCK < s->n ? from + BLOCK : s->n;
            fs_status status = read_block(s, first, last, from, to, s->across, error);
            if (!status) status = read_block(s, from, to, first, last, s->down, error);
            if (status) return status;
            *clean = agree(s, first, last, from, to);
        }
    return FS_OK;
}

/* n becomes 0 where it is no such file; what is wrong with a header is for the other reader to tell. */
static fs_status open_square(struct square *s, size_t least, fs_error *error)
{
    char header[HEADER];
    struct stat is;
    size_t need;
    s->file = open(s->path, O_RDONLY | O_CLOEXEC);
    if (s->file < 0 || fstat(s->file, &is) != 0 || !S_ISREG(is.st_mode)) return FS_OK;
    size_t length = is.st_size < HEADER ? (size_t)is.st_size : HEADER;
    if (read_bytes(s, 0, length, header, NULL) != FS_OK || !fs_npy_begins(header, length)) return FS_OK;
    if (fs_npy_header(header, length, length < HEADER, &s->npy, &need, NULL) != FS_OK || need > length)
        return FS_OK;
    const fs_npy *npy = &s->npy;
    if (npy->kind != 'f' || npy->item < sizeof(float) || npy->axes != 2 || npy->shape[0] != npy->shape[1] ||
        npy->shape[0] <= least)
        return FS_OK;
    uint64_t whole = npy->offset + npy->count * npy->item;
    if ((uint64_t)is.st_size < whole)
        return fs_fail(error, FS_DATA, "%s is shorter than its header says: %lld bytes in place of %llu",
                       s->path, (long long)is.st_size, (unsigned long long)whole);
    s->n = (size_t)npy->shape[0];
    return FS_OK;
}

fs_status mds_npy_square(const char *path, size_t least, mds_npy_part part, size_t *n, fs_error *error)
{
    struct square s = {.path = path, .file = -1};
    bool clean = false;
    *n = 0;
    fs_status status = open_square(&s, least, error);
    if (!status && s.n > 0) {
        s.across = fs_alloc(BLOCK, BLOCK * sizeof *s.across);
        s.down = fs_alloc(BLOCK, BLOCK * sizeof *s.down);
        s.raw = fs_alloc(BLOCK, FS_NPY_ITEM_MOST);
        if (s.across && s.down && s.raw)
            status = check_blocks(&s, part, &clean, error);
        else
            status = fs_fail_memory(error, "reading a square of dissimilarities", 0);
    }
    if (!status && clean) *n = s.n;
    if (s.file >= 0) close(s.file);
    fs_free(s.across);
    fs_free(s.down);
    fs_free(s.raw);
    return status;
}
