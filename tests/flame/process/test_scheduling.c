/* What the scheduler tells of a thread against the thread's own clock, and time slices as the kernel has
 * them. */
#include "clock.h"
#include "scheduling.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void work(double seconds)
{
    double until = fs_clock_thread_cpu_seconds() + seconds;
    while (fs_clock_thread_cpu_seconds() < until) {
    }
}

static void tells_what_the_clock_tells(void **state)
{
    (void)state;
    flame_schedstat before, after;
    int file = flame_schedstat_open(getpid(), (pid_t)syscall(SYS_gettid));
    if (file < 0 || !flame_schedstat_read(file, &before) || before.slices == 0) skip();
    double cpu = fs_clock_thread_cpu_seconds();
    work(0.05);
    for (int i = 0; i < 5; i++) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_true(flame_schedstat_read(file, &after));
    cpu = fs_clock_thread_cpu_seconds() - cpu;
    /* The kernel brings the figure up to date at the latest when the thread sleeps. */
    double ran = (double)(after.ran - before.ran) * 1e-9;
    assert_true(ran > 0.9 * cpu - 0.005 && ran < 1.1 * cpu + 0.005);
    assert_true(after.slices >= before.slices + 5);
    assert_true(after.waited >= before.waited);
    close(file);
}

static void tells_nothing_of_what_has_ended(void **state)
{
    (void)state;
    flame_schedstat stat = {.ran = 1, .slices = 1};
    pid_t pid = fork();
    if (pid == 0)
        while (true) pause();
    int file = flame_schedstat_open(pid, pid);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    if (file >= 0) {
        assert_false(flame_schedstat_read(file, &stat));
        assert_true(stat.ran == 0 && stat.waited == 0 && stat.slices == 0);
        close(file);
    }
    errno = 0;
    assert_int_equal(flame_schedstat_open(pid, pid), -1);
    assert_int_equal(errno, ENOENT);
}

/* Size, policy, flags, nice, priority, runtime, ... of sched_getattr(2). */
typedef struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
} attributes;

static attributes own(void)
{
    attributes now = {0};
    syscall(SYS_sched_getattr, 0, &now, sizeof now, 0);
    return now;
}

static void assert_same_but_runtime(attributes a, attributes b)
{
    assert_int_equal(a.policy, b.policy);
    assert_int_equal(a.flags, b.flags);
    assert_int_equal(a.nice, b.nice);
}

static void asks_for_time_slices_and_gives_them_back(void **state)
{
    (void)state;
    attributes before = own();
    flame_time_slice_request(500000);
    attributes asked = own();
    flame_time_slice_request(0);
    attributes after = own();
    assert_same_but_runtime(before, asked);
    assert_same_but_runtime(before, after);
    assert_int_equal(after.nice, getpriority(PRIO_PROCESS, 0));
    if (!before.runtime) skip(); /* a kernel from before 6.12, or another policy */
    assert_int_equal(asked.runtime, 500000);
    assert_int_equal(after.runtime, before.runtime);
}

static void comes_first_and_goes_back(void **state)
{
    (void)state;
    const int before = getpriority(PRIO_PROCESS, 0);
    assert_int_equal(flame_priority_raise(), before);
    const int raised = getpriority(PRIO_PROCESS, 0);
    flame_priority_restore(before);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), before);
    assert_true(raised == -20 || raised == before); /* permitted or not */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_the_clock_tells),
        cmocka_unit_test(tells_nothing_of_what_has_ended),
        cmocka_unit_test(asks_for_time_slices_and_gives_them_back),
        cmocka_unit_test(comes_first_and_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
