#include "status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Cut `text` at the last whole UTF-8 sequence that ends within it. */
static void trim_partial_utf8(char *text)
{
    size_t len = strlen(text);
    size_t start = len;
    while (start > 0 && len - start < 4 && ((unsigned char)text[start - 1] & 0xC0u) == 0x80u) start--;
    if (start == 0) return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xF0u ? 4 : lead >= 0xE0u ? 3 : lead >= 0xC0u ? 2 : 1;
    if (want > 1 && len - (start - 1) < want) text[start - 1] = '\0';
}

fs_status fs_fail_v(fs_error *error, fs_status code, const char *format, va_list args)
{
    if (!error) return code;
    error->code = code;
    int n = vsnprintf(error->message, sizeof error->message, format, args);
    if (n < 0) error->message[0] = '\0';
    if ((size_t)n >= sizeof error->message) trim_partial_utf8(error->message);
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
    trim_partial_utf8(error->message);
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
