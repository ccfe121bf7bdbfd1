/* Whether a thread runs and whether it has run since: asked of a thread whose doings are known. */
#include "thread_activity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

typedef enum worker_wish { WORKER_SLEEPS, WORKER_RUNS, WORKER_ENDS } worker_wish;

typedef struct worker {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    _Atomic int wish, does; /* worker_wish */
    _Atomic pid_t tid;
} worker;

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void *work(void *context)
{
    worker *self = context;
    self->tid = (pid_t)syscall(SYS_gettid);
    while (self->wish != WORKER_ENDS) {
        self->does = WORKER_RUNS;
        while (self->wish == WORKER_RUNS) continue;
        pthread_mutex_lock(&self->lock);
        self->does = WORKER_SLEEPS;
        while (self->wish == WORKER_SLEEPS) pthread_cond_wait(&self->changed, &self->lock);
        pthread_mutex_unlock(&self->lock);
    }
    return NULL;
}

static void ask(worker *self, worker_wish wish)
{
    pthread_mutex_lock(&self->lock);
    self->wish = wish;
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->lock);
    while (wish != WORKER_ENDS && self->does != (int)wish) nap();
}

static void begin(worker *self)
{
    *self =
        (worker){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .does = WORKER_ENDS};
    assert_int_equal(pthread_create(&self->thread, NULL, work, self), 0);
    ask(self, WORKER_SLEEPS);
}

static void end(worker *self)
{
    ask(self, WORKER_ENDS);
    pthread_join(self->thread, NULL);
}

/* Until the thread has gone to sleep for good: it says so a moment before. */
static void expect_idle(thread_activity *activity, const worker *self)
{
    bool still = false;
    for (int i = 0; i < 2000; i++) {
        flame_activity found = thread_activity_read(activity, getpid(), self->tid, false, &still);
        if (found == FLAME_IDLE && still) break;
        nap();
    }
    assert_true(still);
}

static void expect_running(thread_activity *activity, const worker *self)
{
    for (int i = 0; i < 20; i++) {
        bool still = true;
        assert_int_equal(thread_activity_read(activity, getpid(), self->tid, false, &still), FLAME_RUNNING);
        assert_false(still);
        if (i % 4 == 0) nap();
    }
}

static void follow(worker *self)
{
    thread_activity activity = {0};
    for (int i = 0; i < 5; i++) {
        expect_idle(&activity, self);
        ask(self, WORKER_RUNS);
        expect_running(&activity, self);
        ask(self, WORKER_SLEEPS);
    }
    /* It has run between two readings that both find it asleep: that is not still. */
    for (int i = 0; i < 20; i++) {
        bool still = true;
        expect_idle(&activity, self);
        ask(self, WORKER_RUNS);
        ask(self, WORKER_SLEEPS);
        thread_activity_read(&activity, getpid(), self->tid, false, &still);
        assert_false(still);
    }
    thread_activity_fini(&activity);
}

static void running_and_sleeping_are_told_apart(void **state)
{
    (void)state;
    worker one;
    begin(&one);
    follow(&one);
    end(&one);
}

/* With many descriptors in use the files are not kept open, but the answers are the same. */
static void few_descriptors_are_kept(void **state)
{
    (void)state;
    enum { MANY = 600 };
    static int taken[MANY];
    worker one;
    begin(&one);
    const int levels[] = {70, MANY};
    for (int level = 0; level < 2; level++) {
        int count = 0;
        while (count < levels[level]) taken[count++] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        bool enough = taken[count - 1] >= 0;
        thread_activity activity = {0};
        if (!enough)
            print_message("only some of %d descriptors may be opened here\n", MANY);
        else if (level == 0)
            follow(&one);
        else /* no count is kept, so nothing is known */
            for (int i = 0; i < 3; i++) {
                bool still = true;
                ask(&one, WORKER_RUNS);
                assert_int_equal(thread_activity_read(&activity, getpid(), one.tid, false, &still),
                                 FLAME_RUNNING);
                assert_false(still);
                ask(&one, WORKER_SLEEPS);
                assert_true(activity.schedstat <= 0 && activity.syscall <= 0);
            }
        thread_activity_fini(&activity);
        while (count) close(taken[--count]);
    }
    end(&one);
}

static void a_thread_that_ended_is_unknown(void **state)
{
    (void)state;
    worker one;
    thread_activity activity = {0}, late = {0};
    bool still = true;
    begin(&one);
    expect_idle(&activity, &one);
    pid_t tid = one.tid;
    end(&one);
    /* The kernel may need a moment to let go of it. */
    for (int i = 0; i < 2000; i++) {
        if (thread_activity_read(&activity, getpid(), tid, false, &still) == FLAME_ACTIVITY_UNKNOWN) break;
        nap();
    }
    assert_int_equal(thread_activity_read(&activity, getpid(), tid, false, &still), FLAME_ACTIVITY_UNKNOWN);
    assert_false(still);
    assert_int_equal(thread_activity_read(&late, getpid(), tid, false, &still), FLAME_ACTIVITY_UNKNOWN);
    assert_int_equal(thread_activity_read(&late, getpid(), 0, false, &still), FLAME_ACTIVITY_UNKNOWN);
    thread_activity_fini(&activity);
    thread_activity_fini(&late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(running_and_sleeping_are_told_apart),
        cmocka_unit_test(few_descriptors_are_kept),
        cmocka_unit_test(a_thread_that_ended_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
