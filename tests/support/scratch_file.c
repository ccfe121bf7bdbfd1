#include "scratch_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

void scratch_file(char path[SCRATCH_PATH], const void *bytes, size_t length)
{
    snprintf(path, SCRATCH_PATH, "/tmp/scratch_XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = write(fd, at, length);
        assert_true(n > 0);
        at += n;
        length -= (size_t)n;
    }
    assert_int_equal(close(fd), 0);
}
