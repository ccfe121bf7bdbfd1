#include "output.h"

#include "file.h"
#include "memory.h"
#include "output_destination.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BUFFER = 256 * 1024, PACKED = 64 * 1024 };

struct fs_output {
    int fd;
    int failure; /* errno of the first failure, 0 while all is well */
    char *path;  /* for messages */
    /* Of a regular file; a descriptor has a folder of -1. */
    fs_destination place;
    bool keep;                         /* the permissions and the owner in place.info */
    char temporary[FS_TEMPORARY_SIZE]; /* its name in the folder; empty while it has none */
    bool kept;                         /* under that name, as it could not be given its own */
    bool append;                       /* what is written goes to the end of the file, ... */
    off_t end;                         /* ... which was here before; it is open and locked while fd >= 0 */
    int slot;                          /* in `listed`, or -1 */
    bool terminal;                     /* what is not printable is replaced */
    z_stream *zlib;                    /* gzip; NULL: as it is */
    size_t used;
    char buffer[BUFFER];
};

/* The files that are being written, for a signal handler: the first so many of them. Who takes one out of its
 * slot owns it. */
enum { LISTED = 64 };
static _Atomic(fs_output *) listed[LISTED];

void fs_output_remove_temporaries(void)
{
    for (int i = 0; i < LISTED; i++) {
        const fs_output *output = atomic_exchange(&listed[i], NULL);
        if (output && output->temporary[0] && !output->kept)
            unlinkat(output->place.folder, output->temporary, 0);
    }
}

static void list(fs_output *output)
{
    for (int i = 0; output->slot < 0 && i < LISTED; i++) {
        fs_output *none = NULL;
        if (atomic_compare_exchange_strong(&listed[i], &none, output)) output->slot = i;
    }
}

/* False when a signal handler has it: the process is ending. */
static bool unlist(fs_output *output)
{
    fs_output *own = output;
    return output->slot < 0 || atomic_compare_exchange_strong(&listed[output->slot], &own, NULL);
}

/* ---- opening ---- */

#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000 /* Linux 5.8; older kernels do not say it */
#endif

static bool is_mount_point(const fs_destination *place)
{
    struct statx info;
    return statx(place->folder, place->name, AT_SYMLINK_NOFOLLOW, 0, &info) == 0 &&
           (info.stx_attributes & info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT);
}

/* Find out before the work what would make the renaming fail after it. */
static fs_status check_replaceable(const fs_output *output, const char *path, bool named, fs_error *error)
{
    const fs_destination *place = &output->place;
    struct stat folder;
    if (!place->info.st_mode) return FS_OK;
    /* A read-only file is a wish to keep it. */
    if (named && faccessat(place->folder, place->name, W_OK, AT_EACCESS) != 0)
        return fs_fail_errno(error, "write", path, errno);
    if (is_mount_point(place))
        return fs_fail(
            error, FS_IO,
            "cannot write %s: it is a mount point, which no new file can replace; mount its folder "
            "instead, or name another file",
            path);
    uid_t self = geteuid();
    if (fstat(place->folder, &folder) == 0 && (folder.st_mode & S_ISVTX) && self != 0 &&
        self != folder.st_uid && self != place->info.st_uid)
        return fs_fail(
            error, FS_PERMISSION,
            "cannot write %s: it is another user's, in a folder where only the owner of a file may "
            "replace it; name another file",
            path);
    return FS_OK;
}

static fs_status open_file(fs_output *output, const char *path, bool named, fs_error *error)
{
    int folder = output->place.folder;
    fs_status status = check_replaceable(output, path, named, error);
    if (status) return status;
    output->keep = named && output->place.info.st_mode;
    fs_temporary_clean(folder);
    list(output); /* before there is a name */
    /* Without /proc it could not be given a name. */
    if (access("/proc/self/fd", X_OK) == 0)
        output->fd = openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    if (output->fd < 0) output->fd = fs_temporary_create(folder, output->temporary);
    return output->fd < 0 ? fs_fail_errno(error, "write", path, errno) : FS_OK;
}

/* One that leads nowhere yet. */
static fs_status create_output(const char *path, fs_output **result, fs_error *error)
{
    *result = NULL;
    if (!path[0]) return fs_fail(error, FS_ARGUMENT, "the name of the file to write is empty");
    fs_output *output = fs_alloc(1, sizeof *output);
    if (!output) return fs_fail_memory(error, "opening an output file", 0);
    output->fd = output->place.folder = -1;
    output->failure = 0;
    output->slot = -1;
    output->keep = output->kept = output->append = output->terminal = false;
    output->temporary[0] = '\0';
    output->zlib = NULL;
    output->used = 0;
    output->path = fs_strdup(strcmp(path, "-") == 0 ? "standard output" : path);
    if (!output->path) {
        fs_output_discard(output);
        return fs_fail_memory(error, "opening an output file", 0);
    }
    *result = output;
    return FS_OK;
}

static fs_status open_output(const char *path, bool named, fs_output **result, fs_error *error)
{
    fs_output *output;
    fs_status status = create_output(path, &output, error);
    *result = NULL;
    if (status) return status;
    if (strcmp(path, "-") == 0) {
        output->fd = STDOUT_FILENO;
    } else {
        fs_destination *place = &output->place;
        status = fs_destination_find(path, named, place, error);
        if (!status && S_ISDIR(place->info.st_mode)) {
            status = fs_fail(error, FS_IO, "cannot write %s: it is a folder", path);
        } else if (!status && named &&
                   (place->proc || (place->info.st_mode && !S_ISREG(place->info.st_mode)))) {
            output->fd = fs_destination_open(place);
            if (output->fd < 0) status = fs_fail_errno(error, "write", path, errno);
            close(place->folder);
            place->folder = -1;
        } else if (!status) {
            status = open_file(output, path, named, error);
        }
    }
    if (status) {
        fs_output_discard(output);
        return status;
    }
    output->terminal = isatty(output->fd);
    *result = output;
    return FS_OK;
}

fs_status fs_output_open(const char *path, fs_output **output, fs_error *error)
{
    return open_output(path, true, output, error);
}

fs_status fs_output_open_new(const char *path, fs_output **output, fs_error *error)
{
    return open_output(path, false, output, error);
}

fs_status fs_output_open_append(const char *path, fs_output **result, fs_error *error)
{
    fs_output *output;
    fs_status status = create_output(path, &output, error);
    *result = NULL;
    if (status) return status;
    fs_destination *place = &output->place;
    output->append = true;
    status = fs_destination_find(path, true, place, error);
    if (!status && (place->proc || (place->info.st_mode && !S_ISREG(place->info.st_mode))))
        status = fs_fail(error, FS_IO, "cannot add to %s: it is no regular file", path);
    /* A file that is not there yet is made when there is something to write. */
    if (!status && faccessat(place->folder, place->info.st_mode ? place->name : ".", W_OK, AT_EACCESS) != 0)
        status = fs_fail_errno(error, "write", path, errno);
    if (status) {
        fs_output_discard(output);
        return status;
    }
    *result = output;
    return FS_OK;
}

bool fs_output_replaces(const fs_output *output)
{
    return output->place.folder >= 0 && !output->append;
}

bool fs_output_ends(const fs_output *output, const char *ending)
{
    return fs_path_ends(output->path, ending);
}

/* ---- writing ---- */

/* The end of the file is ours until it is closed: two programs that add to one file do so one after the
 * other. The lines of a file whose last one has no end are not to be joined to ours. */
static void open_end(fs_output *output)
{
    char last = '\n';
    output->fd = openat(output->place.folder, output->place.name,
                        O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (output->fd < 0) {
        output->failure = errno;
        return;
    }
    while (flock(output->fd, LOCK_EX) != 0 && errno == EINTR) continue;
    output->end = lseek(output->fd, 0, SEEK_END);
    if (output->end > 0 && !output->zlib && pread(output->fd, &last, 1, output->end - 1) == 1 &&
        last != '\n' && write(output->fd, "\n", 1) != 1)
        output->failure = errno;
}

static void write_out(fs_output *output, const char *bytes, size_t length)
{
    size_t done = 0;
    if (output->append && output->fd < 0 && !output->failure) open_end(output);
    while (done < length && !output->failure) {
        ssize_t n = write(output->fd, bytes + done, length - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            output->failure = errno;
    }
}

static void write_packed(fs_output *output, bool last)
{
    Bytef packed[PACKED];
    z_stream *zlib = output->zlib;
    zlib->next_in = (Bytef *)output->buffer;
    zlib->avail_in = (uInt)output->used;
    do {
        zlib->next_out = packed;
        zlib->avail_out = sizeof packed;
        deflate(zlib, last ? Z_FINISH : Z_NO_FLUSH); /* cannot fail: there is room, and it is not over */
        write_out(output, (const char *)packed, sizeof packed - zlib->avail_out);
    } while (zlib->avail_out == 0 && !output->failure);
}

/* `last`: nothing follows. */
static void flush(fs_output *output, bool last)
{
    if (output->zlib)
        write_packed(output, last);
    else
        write_out(output, output->buffer, output->used);
    output->used = 0;
}

static void *zlib_alloc(void *context, unsigned count, unsigned size)
{
    (void)context;
    return fs_alloc_0(count, size);
}

static void zlib_free(void *context, void *memory)
{
    (void)context;
    fs_free(memory);
}

fs_status fs_output_gzip(fs_output *output, fs_error *error)
{
    enum { GZIP = 15 + 16, MEMORY = 8 };
    if (output->zlib) return FS_OK;
    output->zlib = fs_alloc_0(1, sizeof *output->zlib);
    if (!output->zlib) return fs_fail_memory(error, "packing", 0);
    output->zlib->zalloc = zlib_alloc;
    output->zlib->zfree = zlib_free;
    if (deflateInit2(output->zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP, MEMORY, Z_DEFAULT_STRATEGY) ==
        Z_OK) {
        output->terminal = false;
        return FS_OK;
    }
    fs_free(output->zlib);
    output->zlib = NULL;
    return fs_fail_memory(error, "packing", 0);
}

static void put_bytes(fs_output *output, const char *from, size_t length)
{
    while (length > 0 && !output->failure) {
        size_t n = sizeof output->buffer - output->used;
        if (n > length) n = length;
        memcpy(output->buffer + output->used, from, n);
        output->used += n;
        from += n;
        length -= n;
        if (output->used == sizeof output->buffer) flush(output, false);
    }
}

void fs_output_has_escapes(fs_output *output)
{
    output->terminal = false;
}

void fs_output_write(fs_output *output, const void *bytes, size_t length)
{
    if (!output->terminal) {
        put_bytes(output, bytes, length);
        return;
    }
    fs_text clean;
    fs_text_init(&clean);
    fs_text_add_printable(&clean, bytes, length, true);
    if (clean.failed)
        output->failure = ENOMEM;
    else
        put_bytes(output, fs_text_string(&clean), clean.length);
    fs_text_fini(&clean);
}

void fs_output_string(fs_output *output, const char *string)
{
    fs_output_write(output, string, strlen(string));
}

void fs_output_format(fs_output *output, const char *format, ...)
{
    char small[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (n < 0) {
        output->failure = EINVAL;
    } else if ((size_t)n < sizeof small) {
        fs_output_write(output, small, (size_t)n);
    } else {
        char *large = fs_alloc((size_t)n + 1, 1);
        if (!large) {
            output->failure = ENOMEM;
            return;
        }
        va_start(args, format);
        vsnprintf(large, (size_t)n + 1, format, args);
        va_end(args);
        fs_output_write(output, large, (size_t)n);
        fs_free(large);
    }
}

bool fs_output_failed(const fs_output *output)
{
    return output->failure != 0;
}

/* ---- closing ---- */

/* The permissions and, where that is allowed, the owner of the file that is replaced. A group that cannot be
 * kept would lend the group's permissions to other people: they become those of everybody. */
static void keep_attributes(const fs_output *output)
{
    const struct stat *old = &output->place.info;
    struct stat now;
    mode_t mode = old->st_mode & 0777;
    if (fstat(output->fd, &now) != 0) return;
    int ignored = now.st_uid != old->st_uid ? fchown(output->fd, old->st_uid, (gid_t)-1) : 0;
    (void)ignored;
    if (now.st_gid != old->st_gid && fchown(output->fd, (uid_t)-1, old->st_gid) != 0)
        mode = (mode & 0707) | ((mode & 07) << 3);
    /* Some file systems have no modes; the file is nobody else's then, or everybody's anyway. */
    ignored = fchmod(output->fd, mode);
    (void)ignored;
}

/* Everything but the name. */
static void complete(fs_output *output)
{
    flush(output, true);
    if (output->failure) return;
    if (output->keep) keep_attributes(output);
    /* A network's file system tells of a failure when a descriptor is closed. One closes here, another keeps
     * the lock. */
    int copy = fcntl(output->fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0 || close(copy) != 0) output->failure = errno;
}

static void give_temporary_name(fs_output *output)
{
    if (output->failure || output->temporary[0]) return;
    if (fs_temporary_link(output->place.folder, output->fd, output->temporary) != 0) output->failure = errno;
}

static void give_name(fs_output *output)
{
    int folder = output->place.folder;
    if (output->failure) return;
    if (renameat(folder, output->temporary, folder, output->place.name) == 0) {
        output->temporary[0] = '\0';
        return;
    }
    /* It is whole, and may be the work of hours: it stays, without the dot of those that are cleaned away. */
    output->failure = errno;
    output->kept = faccessat(folder, output->temporary, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    if (output->kept && renameat(folder, output->temporary, folder, output->temporary + 1) == 0)
        memmove(output->temporary, output->temporary + 1, strlen(output->temporary));
}

/* The same of what is added to a file; until it is closed it can be taken back. */
static void complete_append(fs_output *output)
{
    flush(output, true);
    if (output->fd < 0 || output->failure || !output->append) return;
    if (close(output->fd) != 0) output->failure = errno;
    output->fd = -1;
}

static void take_back(const fs_output *output)
{
    int ignored = ftruncate(output->fd, output->end); /* half a profile is none */
    (void)ignored;
}

static fs_status fail_output(const fs_output *output, fs_error *error)
{
    struct rlimit limit;
    if (output->failure == EFBIG && getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        return fs_fail(error, FS_IO,
                       "cannot write %s: it would be larger than a file may be here, %llu bytes (ulimit -f)",
                       output->path, (unsigned long long)limit.rlim_cur);
    if (!output->kept) return fs_fail_errno(error, "write", output->path, output->failure);
    char link[32], folder[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", output->place.folder);
    ssize_t length = readlink(link, folder, sizeof folder - 1);
    folder[length > 0 ? length : 0] = '\0';
    return fs_fail(error, FS_IO, "cannot write %s: %s\n  what was to be there is whole in %s/%s",
                   output->path, strerror(output->failure), folder, output->temporary);
}

fs_status fs_outputs_commit(fs_output *const *outputs, size_t count, fs_error *error)
{
    fs_status status = FS_OK;
    bool file_failed = false;
    for (size_t i = 0; i < count; i++)
        if (outputs[i] && fs_output_replaces(outputs[i])) complete(outputs[i]);
    for (size_t i = 0; i < count; i++)
        if (outputs[i] && fs_output_replaces(outputs[i])) give_temporary_name(outputs[i]);
    for (size_t i = 0; i < count; i++) {
        if (!outputs[i] || !fs_output_replaces(outputs[i]) || (file_failed && i == count - 1)) continue;
        give_name(outputs[i]);
        file_failed = file_failed || outputs[i]->failure;
    }
    for (size_t i = 0; i < count; i++)
        if (outputs[i] && !fs_output_replaces(outputs[i]) && !(file_failed && i == count - 1))
            complete_append(outputs[i]);
    for (size_t i = 0; i < count; i++) {
        if (!outputs[i]) continue;
        if (outputs[i]->failure && !status) status = fail_output(outputs[i], error);
        fs_output_discard(outputs[i]);
    }
    return status;
}

fs_status fs_output_commit(fs_output *output, fs_error *error)
{
    return fs_outputs_commit(&output, 1, error);
}

void fs_output_discard(fs_output *output)
{
    if (!output || !unlist(output)) return;
    if (output->temporary[0] && !output->kept) unlinkat(output->place.folder, output->temporary, 0);
    if (output->append && output->fd >= 0) take_back(output);
    if (output->fd >= 0 && output->fd != STDOUT_FILENO) close(output->fd);
    if (output->place.folder >= 0) close(output->place.folder);
    if (output->zlib) deflateEnd(output->zlib);
    fs_free(output->zlib);
    fs_free(output->path);
    fs_free(output);
}
