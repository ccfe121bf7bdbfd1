#include "output_folder.h"

#include "file.h"
#include "memory.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <dirent.h>

bool has_unnamed = true;

int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);

int __wrap_openat(int folder, const char *path, int flags, ...)
{
    mode_t mode = 0;
    const bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
    if (unnamed || (flags & O_CREAT)) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    if (unnamed && !has_unnamed) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return __real_openat(folder, path, flags, mode);
}

/* Renames that came, and what was there at the first of them; with `die_at` the process ends instead of that
 * rename, 1 being the first. */
int renames, complete_at_first, die_at;

int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);

int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    if (++renames == 1) complete_at_first = count(".", ".flamescale-");
    if (renames == die_at) raise(SIGKILL);
    return __real_renameat(from_folder, from, to_folder, to);
}

char top[] = "/tmp/flamescale-output-XXXXXX";

static int enter_folder(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s/*", top);
    return system(command) == 0 && chdir(top) == 0 ? 0 : -1;
}

int with_unnamed(void **state)
{
    has_unnamed = true;
    return enter_folder(state);
}

int without_unnamed(void **state)
{
    has_unnamed = false;
    return enter_folder(state);
}

int make_top(void **state)
{
    (void)state;
    umask(022);
    return mkdtemp(top) ? 0 : -1;
}

int remove_top(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", top);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

/* Entries of the folder whose name begins so. */
int count(const char *path, const char *beginning)
{
    DIR *entries = opendir(path);
    int n = 0;
    assert_non_null(entries);
    for (const struct dirent *e; (e = readdir(entries));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
             strncmp(e->d_name, beginning, strlen(beginning)) == 0;
    closedir(entries);
    return n;
}

void make_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void assert_content(const char *path, const char *content)
{
    char *bytes;
    size_t length;
    fs_error error;
    assert_int_equal(fs_file_read(path, 0, &bytes, &length, &error), FS_OK);
    assert_string_equal(bytes, content);
    fs_free(bytes);
}

void write_to(const char *path, const char *content)
{
    fs_output *output;
    fs_error error = {0};
    if (fs_output_open(path, &output, &error) != FS_OK) fail_msg("%s", error.message);
    fs_output_string(output, content);
    if (fs_output_commit(output, &error) != FS_OK) fail_msg("%s", error.message);
}

mode_t mode_of(const char *path)
{
    struct stat info;
    assert_int_equal(lstat(path, &info), 0);
    return info.st_mode;
}
