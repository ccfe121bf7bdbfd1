/* How much memory can be had: of made-up kernels' files, of this machine, and of a limit; and how much of a
 * disk. */
#include "disk_space.h"
#include "memory_limit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/test memory limit.XXXXXX";

/* A file below the root, with the folders above it. */
static void put(const char *path, const char *text)
{
    char whole[300];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(whole, 0700);
        *slash = '/';
    }
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int make_root(void **state)
{
    (void)state;
    return mkdtemp(root) == NULL;
}

static int remove_root(void **state)
{
    char command[100];
    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", root);
    return system(command);
}

static void assert_left(double bytes, const char *by)
{
    fs_memory_limit left = fs_memory_left(root);
    if (left.bytes != bytes || strcmp(left.by, by) != 0)
        fail_msg("%.17g bytes by %s, not %.17g by %s", left.bytes, left.by, bytes, by);
}

static const char *const group = "the control group (cgroup)";

static void the_least_limit_counts(void **state)
{
    (void)state;
    assert_left(HUGE_VAL, "this machine"); /* nothing is known */
    put("/proc/meminfo",
        "MemTotal:  9000 kB\nMemFree:  10 kB\nMemAvailable:   3000 kB\nSwapFree:  1000 kB\n");
    assert_left(4000 * 1024, "this machine");

    /* Version 2: the group has none, the one above it leaves 5 MB - (3 MB - 2 MB of files). */
    put("/proc/self/cgroup", "1:name=systemd:/x\n0::/user/job\n");
    put("/sys/fs/cgroup/user/job/memory.max", "max\n");
    assert_left(4000 * 1024, "this machine");
    put("/sys/fs/cgroup/user/memory.max", "5000000\n");
    put("/sys/fs/cgroup/user/memory.current", "3000000\n");
    assert_left(2000000, group);
    put("/sys/fs/cgroup/user/memory.stat", "anon 7\ninactive_file 1500000\nactive_file 500000\n");
    assert_left(4000000, group);
    put("/sys/fs/cgroup/user/job/memory.max", "1000000\n");
    put("/sys/fs/cgroup/user/job/memory.current", "1200000\n");
    assert_left(0, group);

    /* Version 1, as a container sees it: the path is that of the host, and its own group is the root. */
    put("/proc/self/cgroup", "5:cpu,cpuacct:/\n4:memory:/docker/0123\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("/sys/fs/cgroup/memory/memory.usage_in_bytes", "600000\n");
    assert_left(4000 * 1024, "this machine");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "2000000\n");
    put("/sys/fs/cgroup/memory/memory.stat",
        "inactive_file 5\ntotal_inactive_file 100000\ntotal_active_file 50000\n");
    assert_left(2000000 - 450000, group);
}

static void this_machine(void **state)
{
    (void)state;
    fs_error error;
    fs_memory_limit left = fs_memory_left("");
    assert_true(left.bytes > 1e6);
    assert_int_equal(fs_memory_check(1e6, "a", 0, 1, &error), FS_OK);
    if (left.bytes == HUGE_VAL) skip();
    assert_int_equal(fs_memory_check(1e21, "a map", 2000, 1, &error), FS_MEMORY);
    assert_non_null(strstr(error.message, "a map takes 1e+12 GB, and "));
    assert_non_null(strstr(error.message, ", enough for some 0 objects"));
    assert_int_equal(fs_memory_check(1e21, "a map", 0, 1, NULL), FS_MEMORY);
}

/* In a process of its own, with an address space of 1 GB. */
static void a_limit_of_the_address_space(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* which take more than that */
#endif
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit limit = {1000000000, 1000000000};
        fs_error error;
        if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(2);
        fs_memory_limit left = fs_memory_left("");
        bool refused = fs_memory_check(4e9, "all", 1000, 2, &error) == FS_MEMORY &&
                       strstr(error.message, "all takes 4 GB, and ") && strstr(error.message, "leaves 0.9") &&
                       strstr(error.message, "enough for some 4");
        bool allowed = fs_memory_check(1e8, "all", 1000, 2, &error) == FS_OK;
        _exit(!(left.bytes < 1e9 && left.bytes > 5e8 && refused && allowed));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void the_room_on_a_disk(void **state)
{
    (void)state;
    char path[100];
    fs_error error;
    snprintf(path, sizeof path, "%s/map.csv", root);
    assert_int_equal(fs_disk_check(path, 1, &error), FS_OK);
    assert_int_equal(fs_disk_check(path, 1e24, &error), FS_IO);
    assert_memory_equal(error.message, path, strlen(path));
    assert_non_null(strstr(error.message, "map.csv takes some 1e+18 MB, and its disk has "));
    put("/map.csv", "1");
    assert_int_equal(fs_disk_check(path, 1e24, NULL), FS_IO);
    assert_int_equal(fs_disk_check("map.csv", 1e24, NULL), FS_IO);
    assert_int_equal(fs_disk_check("/dev/null", 1e24, NULL), FS_OK);
    assert_int_equal(fs_disk_check("/missing/map.csv", 1e24, NULL), FS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_of_the_address_space),
        cmocka_unit_test(the_least_limit_counts),
        cmocka_unit_test(this_machine),
        cmocka_unit_test(the_room_on_a_disk),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
