#include "file.h"

#include "memory.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BUFFER = 256 * 1024 };

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
    if (n < 0) return fs_fail_errno(error, "read", input->name, errno);
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
        if (fd < 0) return fs_fail_errno(error, "open", path, errno);
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
        if (n < 0) return fs_fail_errno(error, "read", input->name, errno);
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
    return fs_fail(error, FS_LIMIT, "%s: the gzip data unpack to more than %s", input->name,
                   fs_size_format(input->unpacked_most, most));
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
    if (n < 0) return fs_fail_errno(error, "read", input->name, errno);
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
