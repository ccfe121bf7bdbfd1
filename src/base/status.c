#include "status.h"

#include "utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void clip(char *message)
{
    message[fs_utf8_clip(message, strlen(message))] = '\0';
}

fs_status fs_fail_v(fs_error *error, fs_status code, const char *format, va_list args)
{
    if (!error) return code;
    error->code = code;
    int n = vsnprintf(error->message, sizeof error->message, format, args);
    if (n < 0) error->message[0] = '\0';
    if ((size_t)n >= sizeof error->message) clip(error->message);
    return code;
}

fs_status(fs_fail)(fs_error *error, fs_status code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fs_fail_v(error, code, format, args);
    va_end(args);
    return code;
}

fs_status(fs_fail_memory)(fs_error *error, const char *doing, size_t bytes)
{
    if (bytes >= 1024 * 1024)
        return fs_fail(error, FS_MEMORY, "out of memory while %s: %.1f MiB could not be had", doing,
                       (double)bytes / 1048576.0);
    return fs_fail(error, FS_MEMORY, "out of memory while %s", doing);
}

fs_status(fs_fail_errno)(fs_error *error, const char *doing, const char *path, int number)
{
    fs_status code = number == ENOENT                      ? FS_NOT_FOUND
                     : number == EACCES || number == EPERM ? FS_PERMISSION
                     : number == ENOMEM                    ? FS_MEMORY
                                                           : FS_IO;
    return fs_fail(error, code, "cannot %s %s: %s", doing, path, strerror(number));
}

fs_status fs_error_context(fs_error *error, fs_status code, const char *format, ...)
{
    if (!error) return code;
    char inner[FS_ERROR_MESSAGE_SIZE];
    memcpy(inner, error->message, sizeof inner);
    va_list args;
    va_start(args, format);
    fs_fail_v(error, code, format, args);
    va_end(args);
    size_t used = strlen(error->message);
    snprintf(error->message + used, sizeof error->message - used, ": %s", inner);
    clip(error->message);
    return code;
}

const char *fs_status_text(fs_status code)
{
    switch (code) {
#define FS_STATUS_CASE(name, value, text)                                                                    \
    case FS_##name:                                                                                          \
        return text;
        FS_STATUS_TABLE(FS_STATUS_CASE)
#undef FS_STATUS_CASE
    }
    return "unknown status";
}
