#include "file.h"

#include "memory.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BUFFER = 256 * 1024 };

static fs_status fail_errno(fs_error *error, const char *doing, const char *path, int number)
{
    fs_status code = number == ENOENT                      ? FS_NOT_FOUND
                     : number == EACCES || number == EPERM ? FS_PERMISSION
                     : number == ENOMEM                    ? FS_MEMORY
                                                           : FS_IO;
    return fs_fail(error, code, "cannot %s %s: %s", doing, path, strerror(number));
}

/* ---- reading ---- */

struct fs_input {
    int fd;
    bool owned;
    bool started; /* the first bytes were looked at */
    bool compressed;
    bool stream_open; /* zlib state to end */
    bool member_done; /* between gzip members */
    bool at_end;
    z_stream zlib;
    uint64_t unpacked, unpacked_most;
    size_t have, taken; /* bytes in `raw`, and how many of them are used */
    char *name;
    bool (*go_on)(void *context);
    void *context;
    unsigned char raw[BUFFER];
};

static ssize_t read_some(fs_input *input, void *buffer, size_t room)
{
    for (;;) {
        ssize_t n = read(input->fd, buffer, room);
        if (n >= 0 || errno != EINTR) return n;
        if (input->go_on && !input->go_on(input->context)) {
            errno = EINTR;
            return -1;
        }
    }
}

static fs_status refill(fs_input *input, fs_error *error)
{
    input->taken = 0;
    input->have = 0;
    ssize_t n = read_some(input, input->raw, sizeof input->raw);
    if (n < 0) return fail_errno(error, "read", input->name, errno);
    input->have = (size_t)n;
    return FS_OK;
}

fs_status fs_input_open(const char *path, fs_input **result, fs_error *error)
{
    *result = NULL;
    bool standard = strcmp(path, "-") == 0;
    int fd = STDIN_FILENO;
    if (!standard) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) return fail_errno(error, "open", path, errno);
        struct stat info;
        if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
            close(fd);
            return fs_fail(error, FS_IO, "cannot read %s: it is a folder", path);
        }
    }
    fs_input *input = fs_alloc_0(1, sizeof *input);
    char *name = fs_strdup(standard ? "standard input" : path);
    if (!input || !name) {
        if (!standard) close(fd);
        fs_free(input);
        fs_free(name);
        return fs_fail_memory(error, "opening a file", 0);
    }
    input->fd = fd;
    input->owned = !standard;
    input->name = name;
    input->unpacked_most = FS_UNPACKED_MOST;
    *result = input;
    return FS_OK;
}

void fs_input_interruptible(fs_input *input, bool (*go_on)(void *context), void *context)
{
    input->go_on = go_on;
    input->context = context;
}

void fs_input_max_unpacked(fs_input *input, uint64_t most)
{
    input->unpacked_most = most ? most : FS_UNPACKED_MOST;
}

bool fs_input_is_packed(const fs_input *input)
{
    return input->compressed;
}

/* Two bytes tell gzip; a pipe may hand them over one by one. */
static fs_status start(fs_input *input, fs_error *error)
{
    while (input->have < 2) {
        ssize_t n = read_some(input, input->raw + input->have, sizeof input->raw - input->have);
        if (n < 0) return fail_errno(error, "read", input->name, errno);
        if (n == 0) break;
        input->have += (size_t)n;
    }
    input->started = true;
    if (input->have >= 2 && input->raw[0] == 0x1F && input->raw[1] == 0x8B) {
        if (inflateInit2(&input->zlib, 15 + 16) != Z_OK)
            return fs_fail_memory(error, "starting to decompress", 0);
        input->compressed = input->stream_open = true;
    }
    return FS_OK;
}

static fs_status inflate_some(fs_input *input, void *buffer, size_t room, size_t *got, fs_error *error)
{
    z_stream *z = &input->zlib;
    if (room > 1u << 30) room = 1u << 30;
    z->next_out = buffer;
    z->avail_out = (uInt)room;
    while (z->avail_out == (uInt)room && !input->at_end) {
        if (input->taken == input->have) {
            fs_status status = refill(input, error);
            if (status) return status;
            if (input->have == 0) {
                input->at_end = true;
                if (input->member_done) break;
                return fs_fail(error, FS_FORMAT, "%s: the gzip data ends too soon (a truncated file?)",
                               input->name);
            }
        }
        if (input->member_done) {
            if (input->raw[input->taken] != 0x1F) { /* padding after the last member */
                input->at_end = true;
                break;
            }
            inflateReset(z);
            input->member_done = false;
        }
        z->next_in = input->raw + input->taken;
        z->avail_in = (uInt)(input->have - input->taken);
        int code = inflate(z, Z_NO_FLUSH);
        input->taken = input->have - z->avail_in;
        if (code == Z_STREAM_END)
            input->member_done = true;
        else if (code == Z_MEM_ERROR)
            return fs_fail_memory(error, "decompressing", 0);
        else if (code != Z_OK && code != Z_BUF_ERROR)
            return fs_fail(error, FS_FORMAT, "%s: the gzip data is damaged (%s)", input->name,
                           z->msg ? z->msg : "no detail");
    }
    *got = room - z->avail_out;
    input->unpacked += *got;
    if (input->unpacked <= input->unpacked_most) return FS_OK;
    char most[FS_SIZE_SIZE];
    return fs_fail(error, FS_DATA,
                   "%s: the gzip data unpack to more than %s; if they are meant to, allow more with "
                   "--max-unpacked SIZE",
                   input->name, fs_size_format(input->unpacked_most, most));
}

fs_status fs_input_read(fs_input *input, void *buffer, size_t room, size_t *got, fs_error *error)
{
    *got = 0;
    if (room == 0 || input->at_end) return FS_OK;
    if (!input->started) {
        fs_status status = start(input, error);
        if (status) return status;
    }
    if (input->compressed) return inflate_some(input, buffer, room, got, error);
    if (input->taken < input->have) {
        size_t n = input->have - input->taken;
        if (n > room) n = room;
        memcpy(buffer, input->raw + input->taken, n);
        input->taken += n;
        *got = n;
        return FS_OK;
    }
    ssize_t n = read_some(input, buffer, room);
    if (n < 0) return fail_errno(error, "read", input->name, errno);
    if (n == 0) input->at_end = true;
    *got = (size_t)n;
    return FS_OK;
}

const char *fs_input_name(const fs_input *input)
{
    return input->name;
}

bool fs_input_size(const fs_input *input, uint64_t *size)
{
    struct stat info;
    if (input->compressed || fstat(input->fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size < 0)
        return false;
    *size = (uint64_t)info.st_size;
    return true;
}

void fs_input_close(fs_input *input)
{
    if (!input) return;
    if (input->stream_open) inflateEnd(&input->zlib);
    if (input->owned) close(input->fd);
    fs_free(input->name);
    fs_free(input);
}

fs_status fs_file_read(const char *path, size_t most, char **bytes, size_t *length, fs_error *error)
{
    *bytes = NULL;
    *length = 0;
    fs_input *input;
    fs_status status = fs_input_open(path, &input, error);
    if (status || !input) return status;
    char *data = NULL;
    size_t used = 0, capacity = 0;
    struct stat info;
    status = start(input, error);
    if (status) goto cleanup;
    if (!input->compressed && fstat(input->fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
        size_t size = (size_t)info.st_size;
        if ((most == 0 || size <= most) && !FS_GROW(data, capacity, size + 2)) {
            status = fs_fail_memory(error, "reading a file", size);
            goto cleanup;
        }
    }
    for (;;) {
        if (!FS_GROW(data, capacity, used + 2)) {
            status = fs_fail_memory(error, "reading a file", used);
            goto cleanup;
        }
        size_t got;
        status = fs_input_read(input, data + used, capacity - used - 1, &got, error);
        if (status) goto cleanup;
        if (got == 0) break;
        used += got;
        if (most && used > most) {
            status = fs_fail(error, FS_DATA, "%s is longer than %zu bytes", input->name, most);
            goto cleanup;
        }
    }
    data[used] = '\0';
    *bytes = data;
    *length = used;
    data = NULL;
cleanup:
    fs_free(data);
    fs_input_close(input);
    return status;
}

/* ---- writing ---- */

struct fs_output {
    int fd;
    int failure; /* errno of the first failed write, 0 while all is well */
    char *path;
    char *temporary; /* NULL when writing directly */
    int slot;        /* of the temporary name in `names`, or -1 */
    enum { TERMINAL_UNKNOWN, TERMINAL_NO, TERMINAL_YES } terminal;
    size_t used;
    char buffer[BUFFER];
};

/* The names of temporary files that exist, for a signal handler to remove: the first so many of them. Who
 * takes a name out of its slot owns it; a handler that does so leaves the memory alone. */
enum { NAMES = 64 };
static _Atomic(char *) names[NAMES];

/* Create the temporary file and list its name, with no signal in between. */
static void create_temporary(fs_output *output)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    output->fd = mkostemp(output->temporary, O_CLOEXEC);
    int number = errno;
    for (int i = 0; output->fd >= 0 && output->slot < 0 && i < NAMES; i++) {
        char *none = NULL;
        if (atomic_compare_exchange_strong(&names[i], &none, output->temporary)) output->slot = i;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = number;
}

static void forget_temporary(fs_output *output)
{
    char *name = output->temporary;
    if (output->slot < 0 || atomic_compare_exchange_strong(&names[output->slot], &name, NULL))
        fs_free(output->temporary);
    output->temporary = NULL;
    output->slot = -1;
}

void fs_output_remove_temporaries(void)
{
    for (int i = 0; i < NAMES; i++) {
        char *name = atomic_exchange(&names[i], NULL);
        if (name) unlink(name);
    }
}

fs_status fs_output_open(const char *path, fs_output **result, fs_error *error)
{
    *result = NULL;
    if (!path[0]) return fs_fail(error, FS_ARGUMENT, "the name of the file to write is empty");
    fs_output *output = fs_alloc(1, sizeof *output);
    if (!output) return fs_fail_memory(error, "opening an output file", 0);
    output->fd = -1;
    output->failure = 0;
    output->used = 0;
    output->terminal = TERMINAL_UNKNOWN;
    output->temporary = NULL;
    output->slot = -1;
    fs_status status = FS_OK;
    bool standard = strcmp(path, "-") == 0;
    output->path = fs_strdup(standard ? "standard output" : path);
    if (!output->path) {
        status = fs_fail_memory(error, "opening an output file", 0);
        goto fail;
    }
    if (standard) {
        output->fd = STDOUT_FILENO;
        *result = output;
        return FS_OK;
    }
    struct stat info;
    mode_t mode = 0;
    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode)) {
            status = fs_fail(error, FS_IO, "cannot write %s: it is a folder", path);
            goto fail;
        }
        if (!S_ISREG(info.st_mode)) {
            output->fd = open(path, O_WRONLY | O_CLOEXEC);
            if (output->fd < 0) {
                status = fail_errno(error, "write", path, errno);
                goto fail;
            }
            *result = output;
            return FS_OK;
        }
        if (access(path, W_OK) != 0) { /* a read-only file is a wish to keep it */
            status = fail_errno(error, "write", path, errno);
            goto fail;
        }
        mode = info.st_mode & 07777;
    }
    /* Follow a link, so that the file it points to is replaced and the link stays. */
    char *target = realpath(path, NULL);
    size_t length = strlen(target ? target : path);
    output->temporary = fs_alloc(length + 16, 1);
    if (output->temporary) snprintf(output->temporary, length + 16, "%s.XXXXXX", target ? target : path);
    if (target && output->temporary) {
        fs_free(output->path);
        output->path = fs_strdup(target);
    }
    free(target);
    if (!output->temporary || !output->path) {
        status = fs_fail_memory(error, "opening an output file", 0);
        goto fail;
    }
    create_temporary(output);
    if (output->fd < 0) {
        status = fail_errno(error, "write", path, errno);
        forget_temporary(output);
        goto fail;
    }
    if (mode == 0) {
        mode_t mask = umask(0);
        umask(mask);
        mode = 0666 & ~mask;
    }
    /* Some file systems have no modes; the file is nobody else's then, or everybody's anyway. */
    int ignored = fchmod(output->fd, mode);
    (void)ignored;
    *result = output;
    return FS_OK;
fail:
    fs_output_discard(output);
    return status;
}

static void flush(fs_output *output)
{
    size_t done = 0;
    while (done < output->used && !output->failure) {
        ssize_t n = write(output->fd, output->buffer + done, output->used - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            output->failure = errno;
    }
    output->used = 0;
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
        if (output->used == sizeof output->buffer) flush(output);
    }
}

void fs_output_has_escapes(fs_output *output)
{
    output->terminal = TERMINAL_NO;
}

void fs_output_write(fs_output *output, const void *bytes, size_t length)
{
    if (output->terminal == TERMINAL_UNKNOWN)
        output->terminal = isatty(output->fd) ? TERMINAL_YES : TERMINAL_NO;
    if (output->terminal == TERMINAL_NO) {
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

fs_status fs_output_commit(fs_output *output, fs_error *error)
{
    flush(output);
    if (output->temporary) {
        if (!output->failure && close(output->fd) != 0) output->failure = errno;
        output->fd = -1;
        if (!output->failure && rename(output->temporary, output->path) != 0) output->failure = errno;
        if (!output->failure) forget_temporary(output);
    }
    fs_status status = FS_OK;
    if (output->failure) status = fail_errno(error, "write", output->path, output->failure);
    fs_output_discard(output);
    return status;
}

void fs_output_discard(fs_output *output)
{
    if (!output) return;
    if (output->fd >= 0 && output->fd != STDOUT_FILENO) close(output->fd);
    if (output->temporary) unlink(output->temporary);
    forget_temporary(output);
    fs_free(output->path);
    fs_free(output);
}

/* ---- names ---- */

bool fs_path_ends(const char *path, const char *ending)
{
    size_t p = strlen(path), e = strlen(ending);
    return p >= e && strcasecmp(path + p - e, ending) == 0;
}

const char *fs_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
