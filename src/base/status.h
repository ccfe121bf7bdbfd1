/*
 * status.h - how every function of the project says that it failed.
 *
 * A function that can fail returns fs_status (0 is success), is marked FS_CHECK, and takes an optional
 * last argument `fs_error *` that it fills with the code and a message a person can act on: which file,
 * which row, which column, what value, what to do. Nothing here prints, aborts or keeps global state.
 */
#ifndef FS_STATUS_H
#define FS_STATUS_H

#include <stdarg.h>
#include <stddef.h>

/* The one table: name, value, meaning. libmdscale has public statuses of its own, which src/mds/api/library.c
 * translates these into; those of files and of other processes are for the programs. */
#define FS_STATUS_TABLE(X)                                                                                   \
    X(OK, 0, "success")                                                                                      \
    X(ARGUMENT, 1, "an argument or option is not acceptable")                                                \
    X(DATA, 2, "the data breaks a rule of the method")                                                       \
    X(FORMAT, 3, "the input is not in the format it claims")                                                 \
    X(IO, 4, "reading or writing failed")                                                                    \
    X(MEMORY, 5, "out of memory")                                                                            \
    X(UNSUPPORTED, 6, "not supported here")                                                                  \
    X(PERMISSION, 7, "not permitted")                                                                        \
    X(NOT_FOUND, 8, "not found")                                                                             \
    X(GONE, 9, "the other process has ended")                                                                \
    X(INTERNAL, 10, "a defect in this program")                                                              \
    X(LIMIT, 11, "more than the bound that was set")

typedef enum fs_status {
#define FS_STATUS_ENUM(name, value, text) FS_##name = (value),
    FS_STATUS_TABLE(FS_STATUS_ENUM)
#undef FS_STATUS_ENUM
} fs_status;

#define FS_ERROR_MESSAGE_SIZE 1000

typedef struct fs_error {
    fs_status code;
    char message[FS_ERROR_MESSAGE_SIZE]; /* UTF-8, one or more lines, no trailing newline */
} fs_error;

#if defined(__GNUC__)
#define FS_CHECK             __attribute__((warn_unused_result))
#define FS_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define FS_CHECK
#define FS_PRINTF(fmt, args)
#endif

/* Fill `error` (may be NULL) and return `code`, so that `return fs_fail(error, FS_DATA, "...")` reads well.
 * A message that does not fit is cut at a UTF-8 boundary. */
fs_status fs_fail(fs_error *error, fs_status code, const char *format, ...) FS_PRINTF(3, 4);
fs_status fs_fail_v(fs_error *error, fs_status code, const char *format, va_list args);

/* Like fs_fail with FS_MEMORY: "out of memory while <doing>" and the size when it is known (0 if not). */
fs_status fs_fail_memory(fs_error *error, const char *doing, size_t bytes);

/* "cannot <doing> <path>: No such file or directory" and the code that fits `number`, an errno. */
fs_status fs_fail_errno(fs_error *error, const char *doing, const char *path, int number);

/* Put context before the message that a callee left: "<context>: <message>". Returns the code in it. */
fs_status fs_error_context(fs_error *error, fs_status code, const char *format, ...) FS_PRINTF(3, 4);

#ifdef __clang_analyzer__ /* it cannot see into status.c: what fails never returns FS_OK */
#define fs_fail(error, code, ...)                 ((void)(fs_fail)(error, code, __VA_ARGS__), (code))
#define fs_fail_errno(error, doing, path, number) ((void)(fs_fail_errno)(error, doing, path, number), FS_IO)
#define fs_fail_memory(error, doing, bytes)       ((void)(fs_fail_memory)(error, doing, bytes), FS_MEMORY)
#endif

/* "success", "out of memory", ...; never NULL. */
const char *fs_status_text(fs_status code);

#endif
