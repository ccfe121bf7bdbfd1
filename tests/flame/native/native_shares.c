/* Work of known shares: native_shares SECONDS [THREADS]. Three functions take turns; at the end each one's
 * share of the CPU time of its threads is printed, as the program itself has measured it. With an argument
 * "signals", "exec" or "thread-exec" for THREADS: a thousand signals a second arrive, and are counted; or the
 * program calls exec again and again, from its first thread or from another. */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { KINDS = 3, THREADS_MOST = 64 };

typedef struct account {
    double seconds[KINDS], most;
} account;

static volatile unsigned sink;
static volatile sig_atomic_t signals;

static double cpu(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#define WORK(name, count)                                                                                    \
    __attribute__((noinline)) static void name(void)                                                         \
    {                                                                                                        \
        for (unsigned i = 0; i < (count); i++) sink += i * i;                                                \
        sink++;                                                                                              \
    }

/* Long beside the microseconds that a thread takes to stop: what is asked for at the end of a call stops at
 * the system call behind it. */
WORK(tenth, 400000)
WORK(third, 1200000)
WORK(rest, 2400000)

__attribute__((noinline)) static void *turns(void *context)
{
    static void (*const kinds[KINDS])(void) = {tenth, third, rest};
    account *own = context;
    const double until = cpu() + own->most; /* exec does not begin anew to count */
    for (double before = cpu(); before < until;) {
        for (int i = 0; i < KINDS; i++) {
            kinds[i]();
            const double now = cpu();
            own->seconds[i] += now - before;
            before = now;
        }
    }
    return NULL;
}

static void on_signal(int number)
{
    (void)number;
    signals++;
}

static volatile sig_atomic_t sending = 1;
static pthread_t first;

/* A thousand real-time signals a second, of which none is merged with another. Returns with their number. */
static void *send_signals(void *context)
{
    int *sent = context;
    const struct timespec moment = {.tv_nsec = 1000000};
    for (; sending; nanosleep(&moment, NULL))
        if (pthread_sigqueue(first, SIGRTMIN, (union sigval){0}) == 0) ++*sent;
    return NULL;
}

static char **words;

/* Works a little and calls exec with the rest of the seconds; returns when none are left. */
static void *exec_again(void *context)
{
    static account little = {.most = 0.02};
    char left[32];
    turns(&little);
    const double seconds = strtod(words[1], NULL) - little.most;
    snprintf(left, sizeof left, "%.2f", seconds);
    if (seconds > 0) execl("/proc/self/exe", words[0], left, words[2], (char *)NULL);
    return context;
}

static void *work_on(void *context)
{
    for (;;) rest();
    return context;
}

static bool exec_from_thread(void)
{
    pthread_t other, caller;
    if (pthread_create(&other, NULL, work_on, NULL) != 0) return false;
    return pthread_create(&caller, NULL, exec_again, NULL) == 0 && pthread_join(caller, NULL) == 0;
}

int main(int argc, char **argv)
{
    static account accounts[THREADS_MOST];
    pthread_t threads[THREADS_MOST];
    const double seconds = argc > 1 ? strtod(argv[1], NULL) : 1;
    const char *how = argc > 2 ? argv[2] : "";
    int count = (int)strtol(how, NULL, 10);
    if (count < 1 || count > THREADS_MOST) count = 1;
    words = argv;
    if (strcmp(how, "exec") == 0) exec_again(NULL);
    if (strcmp(how, "thread-exec") == 0) return exec_from_thread() ? puts("over") < 0 : 1;
    int sent = 0;
    pthread_t sender;
    first = pthread_self();
    signal(SIGRTMIN, on_signal);
    const bool signalled = strcmp(how, "signals") == 0;
    if (signalled && pthread_create(&sender, NULL, send_signals, &sent) != 0) return 1;
    for (int i = 0; i < count; i++) accounts[i].most = seconds;
    for (int i = 1; i < count; i++)
        if (pthread_create(&threads[i], NULL, turns, &accounts[i]) != 0) return 1;
    turns(&accounts[0]);
    for (int i = 1; i < count; i++) pthread_join(threads[i], NULL);
    sending = 0;
    if (signalled) pthread_join(sender, NULL);
    double sums[KINDS] = {0}, all = 0;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < KINDS; k++) sums[k] += accounts[i].seconds[k], all += accounts[i].seconds[k];
    printf("tenth %.6f third %.6f rest %.6f signals %d of %d\n", sums[0] / all, sums[1] / all, sums[2] / all,
           (int)signals, sent);
    return 0;
}
