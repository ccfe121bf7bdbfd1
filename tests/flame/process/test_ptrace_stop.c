/* One thread stopped for a moment: it stands still, goes on, and nothing that happens to it meanwhile is
 * lost. */
#include "process.h"
#include "ptrace_stop.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { NAPS_MOST = 5000 };

typedef struct counting {
    _Atomic uint64_t count;
    _Atomic int signals, threads, rounds;
} counting;

static counting *shared;

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static void on_signal(int number)
{
    (void)number;
    atomic_fetch_add(&shared->signals, 1);
}

static void count_up(void)
{
    while (true) atomic_fetch_add(&shared->count, 1);
}

static void *short_thread(void *context)
{
    atomic_fetch_add(&shared->threads, 1);
    return context;
}

static void start_threads(void)
{
    for (;;) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, short_thread, NULL) == 0) pthread_join(thread, NULL);
    }
}

/* Calls exec again and again, each time as a new program with one thread more. */
static void *sleep_on(void *context)
{
    pause();
    return context;
}

static int exec_again(int left)
{
    char number[16];
    pthread_t thread;
    if (left == 0) return 7;
    if (pthread_create(&thread, NULL, sleep_on, NULL) != 0) return 1;
    snprintf(number, sizeof number, "%d", left - 1);
    execl("/proc/self/exe", "test_ptrace_stop", number, (char *)NULL);
    return 1;
}

static pid_t start(void (*body)(void))
{
    memset(shared, 0, sizeof *shared);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGRTMIN, on_signal);
        atomic_store(&shared->rounds, 1);
        body();
    }
    while (!atomic_load(&shared->rounds)) nap();
    return pid;
}

static void finish(pid_t pid)
{
    int status;
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static bool moves(void)
{
    uint64_t before = atomic_load(&shared->count);
    for (int i = 0; i < NAPS_MOST; i++, nap())
        if (atomic_load(&shared->count) != before) return true;
    return false;
}

static char state_of(pid_t pid)
{
    flame_thread_usage usage;
    return flame_thread_usage_read(pid, pid, &usage, NULL) == FS_OK ? usage.state : '?';
}

static bool becomes(pid_t pid, char state)
{
    for (int i = 0; i < NAPS_MOST && state_of(pid) != state; i++) nap();
    return state_of(pid) == state;
}

static void test_stands_still(void **state)
{
    (void)state;
    pid_t pid = start(count_up);
    for (int i = 0; i < 100; i++) {
        flame_ptrace_stop stop;
        flame_registers registers;
        uint64_t word;
        assert_int_equal(flame_ptrace_begin(&stop, pid, pid), FLAME_PTRACE_STOPPED);
        uint64_t before = atomic_load(&shared->count);
        assert_true(flame_ptrace_registers(stop.tid, &registers));
        const uint64_t sp = registers.value[FLAME_REG_SP];
        assert_int_equal(flame_copy_memory(pid, sp, &word, sizeof word), sizeof word);
        assert_int_equal(flame_copy_memory(pid, 16, &word, sizeof word), 0);
        if (i % 20 == 0) nap();
        assert_int_equal(atomic_load(&shared->count), before);
        assert_true(flame_ptrace_release(&stop));
        assert_true(flame_ptrace_release(&stop)); /* nothing is held: nothing to do */
    }
    assert_true(moves());
    finish(pid);
}

/* Every signal arrives, whenever it comes: real-time signals are counted, none is merged with another. */
static void test_signals(void **state)
{
    (void)state;
    enum { SENT = 500 };
    pid_t pid = start(count_up);
    for (int i = 0; i < SENT; i++) {
        flame_ptrace_stop stop;
        if (i % 2) assert_int_equal(sigqueue(pid, SIGRTMIN, (union sigval){0}), 0);
        assert_int_equal(flame_ptrace_begin(&stop, pid, pid), FLAME_PTRACE_STOPPED);
        if (i % 2 == 0) assert_int_equal(sigqueue(pid, SIGRTMIN, (union sigval){0}), 0);
        assert_true(flame_ptrace_release(&stop));
    }
    for (int i = 0; i < NAPS_MOST && atomic_load(&shared->signals) < SENT; i++) nap();
    assert_int_equal(atomic_load(&shared->signals), SENT);
    finish(pid);
}

/* What was stopped by SIGSTOP stays stopped, until SIGCONT. */
static void test_job_control(void **state)
{
    (void)state;
    pid_t pid = start(count_up);
    kill(pid, SIGSTOP);
    assert_true(becomes(pid, 'T'));
    flame_ptrace_stop stop;
    assert_int_equal(flame_ptrace_begin(&stop, pid, pid), FLAME_PTRACE_STOPPED);
    assert_true(flame_ptrace_release(&stop));
    assert_true(becomes(pid, 'T'));
    kill(pid, SIGCONT);
    assert_true(moves());
    finish(pid);
}

static void test_killed_while_held(void **state)
{
    (void)state;
    pid_t pid = start(count_up);
    flame_ptrace_stop stop;
    flame_registers registers;
    int status;
    assert_int_equal(flame_ptrace_begin(&stop, pid, pid), FLAME_PTRACE_STOPPED);
    kill(pid, SIGKILL);
    flame_ptrace_registers(stop.tid, &registers); /* true or false: it is on its way out */
    for (int i = 0; i < NAPS_MOST && !flame_ptrace_release(&stop); i++) nap();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(flame_ptrace_begin(&stop, pid, pid), FLAME_PTRACE_GONE);
}

/* Another tracer has it; and when that dies while it holds it, it goes on. */
static void test_other_tracer(void **state)
{
    (void)state;
    pid_t pid = start(count_up);
    int ends[2];
    char dot;
    assert_int_equal(pipe(ends), 0);
    pid_t tracer = fork();
    if (tracer == 0) {
        flame_ptrace_stop own;
        dot = flame_ptrace_begin(&own, pid, pid) == FLAME_PTRACE_STOPPED ? '.' : '!';
        if (write(ends[1], &dot, 1) == 1) pause();
        _exit(1);
    }
    assert_int_equal(read(ends[0], &dot, 1), 1);
    assert_int_equal(dot, '.');
    flame_ptrace_stop stop;
    assert_int_equal(flame_ptrace_begin(&stop, pid, pid), FLAME_PTRACE_HELD);
    assert_true(flame_ptrace_release(&stop));
    finish(tracer);
    assert_true(moves());
    assert_int_equal(flame_ptrace_begin(&stop, pid, pid), FLAME_PTRACE_STOPPED);
    assert_true(flame_ptrace_release(&stop));
    close(ends[0]);
    close(ends[1]);
    finish(pid);
}

/* Threads that come and go: each is stopped, or has gone. */
static void test_new_threads(void **state)
{
    (void)state;
    pid_t pid = start(start_threads);
    for (int i = 0; i < 300; i++) {
        pid_t *tids;
        size_t count;
        assert_int_equal(flame_process_threads(pid, &tids, &count, NULL), FS_OK);
        for (size_t k = 0; k < count; k++) {
            flame_ptrace_stop stop;
            flame_ptrace_result result = flame_ptrace_begin(&stop, pid, tids[k]);
            assert_true(result == FLAME_PTRACE_STOPPED || result == FLAME_PTRACE_GONE);
            assert_true(flame_ptrace_release(&stop));
        }
        free(tids);
    }
    int before = atomic_load(&shared->threads);
    for (int i = 0; i < NAPS_MOST && atomic_load(&shared->threads) == before; i++) nap();
    assert_int_not_equal(atomic_load(&shared->threads), before);
    finish(pid);
}

/* A program that calls exec while a thread of it is held still comes to its end. */
static void test_exec(void **state)
{
    (void)state;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) _exit(exec_again(20));
    size_t stopped = 0;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        pid_t *tids;
        size_t count;
        if (flame_process_threads(pid, &tids, &count, NULL) != FS_OK) continue;
        for (size_t k = 0; k < count; k++) {
            flame_ptrace_stop stop;
            stopped += flame_ptrace_begin(&stop, pid, tids[k]) == FLAME_PTRACE_STOPPED;
            while (!flame_ptrace_release(&stop)) nap();
        }
        free(tids);
    }
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_true(stopped > 0);
}

int main(int argc, char **argv)
{
    if (argc == 2) return exec_again((int)strtol(argv[1], NULL, 10));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stands_still), cmocka_unit_test(test_signals),
        cmocka_unit_test(test_job_control),  cmocka_unit_test(test_killed_while_held),
        cmocka_unit_test(test_other_tracer), cmocka_unit_test(test_new_threads),
        cmocka_unit_test(test_exec),
    };
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
