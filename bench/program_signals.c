/*
 * The program that bench_signals.py watches: program_signals UNITS. A fixed amount of work, while a thousand
 * real-time signals a second arrive (none is merged with another), a thread is started and ended every
 * millisecond, and the program calls exec again and again. At the end it prints as JSON what came of them,
 * and what the work took.
 *
 * Built as a library with main renamed to run_signals, Python calls it; exec begins the whole command anew,
 * and what is known by then goes along in the environment.
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STAGE = 4000, RING = 4096, LATE = 1000000, WORDS_MOST = 16, ROOM = 4096 };

#define STATE "PROGRAM_SIGNALS"

/* Nanoseconds but for counts. */
typedef struct account {
    uint64_t left, sent, received, late, worst, delay, threads, calls, seconds, cpu;
} account;

static account all;
static volatile sig_atomic_t received;
static uint64_t times[RING]; /* when each signal was sent */
static volatile bool over;
static volatile unsigned sink;
static pthread_t first;

static uint64_t clock_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    const uint64_t took = clock_of(CLOCK_MONOTONIC) - times[info->si_value.sival_int % RING];
    all.delay += took;
    all.late += took > LATE;
    if (took > all.worst) all.worst = took;
    received++;
}

static void *send_signals(void *context)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    int sent = 0;
    for (; !over; nanosleep(&moment, NULL)) {
        times[sent % RING] = clock_of(CLOCK_MONOTONIC);
        if (pthread_sigqueue(first, SIGRTMIN, (union sigval){.sival_int = sent}) == 0) sent++;
    }
    *(int *)context = sent;
    return NULL;
}

static void *work_a_little(void *context)
{
    for (unsigned i = 0; i < 20000; i++) sink += i;
    return context;
}

static void *start_threads(void *context)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    pthread_t thread;
    for (; !over; nanosleep(&moment, NULL))
        if (pthread_create(&thread, NULL, work_a_little, context) == 0 && pthread_join(thread, NULL) == 0)
            all.threads++;
    return NULL;
}

__attribute__((noinline)) static void unit(void)
{
    for (unsigned i = 0; i < 100000; i++) sink += i * i;
}

static void stage(void)
{
    const uint64_t units = all.left < STAGE ? all.left : STAGE;
    int sent = 0;
    sigset_t set;
    pthread_t sender, starter;
    over = false;
    first = pthread_self();
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigaction(SIGRTMIN, &(struct sigaction){.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART},
              NULL);
    if (pthread_create(&sender, NULL, send_signals, &sent) ||
        pthread_create(&starter, NULL, start_threads, NULL))
        exit(1);
    const uint64_t began = clock_of(CLOCK_MONOTONIC), ran = clock_of(CLOCK_THREAD_CPUTIME_ID);
    for (uint64_t i = 0; i < units; i++) unit();
    all.seconds += clock_of(CLOCK_MONOTONIC) - began;
    all.cpu += clock_of(CLOCK_THREAD_CPUTIME_ID) - ran;
    over = true;
    pthread_join(sender, NULL);
    pthread_join(starter, NULL);
    for (int i = 0; i < 1000 && received < sent; i++) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    all.left -= units;
    all.sent += (uint64_t)sent;
    all.received += (uint64_t)received;
}

static void begin_anew(void)
{
    static char text[ROOM], state[ROOM], *words[WORDS_MOST];
    size_t count = 0;
    FILE *file = fopen("/proc/self/cmdline", "r");
    const size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    for (size_t at = 0; at < length && count < WORDS_MOST - 1; at += strlen(text + at) + 1)
        words[count++] = text + at;
    const uint64_t *numbers = &all.left;
    for (size_t i = 0; i < sizeof all / sizeof *numbers; i++)
        snprintf(state + strlen(state), sizeof state - strlen(state), "%llu ",
                 (unsigned long long)numbers[i]);
    setenv(STATE, state, 1);
    execv("/proc/self/exe", words);
    exit(1);
}

int main(int argc, char **argv);
int main(int argc, char **argv)
{
    char *at = getenv(STATE);
    uint64_t *numbers = &all.left;
    all.left = argc > 1 ? strtoull(argv[1], NULL, 10) : STAGE;
    for (size_t i = 0; at && i < sizeof all / sizeof *numbers; i++) numbers[i] = strtoull(at, &at, 10);
    stage();
    if (all.left) {
        all.calls++;
        begin_anew();
    }
    printf("{\"sent\": %llu, \"received\": %llu, \"late\": %llu, \"worst_us\": %.1f, \"mean_us\": %.2f, "
           "\"threads\": %llu, "
           "\"execs\": %llu, \"seconds\": %.6f, \"cpu\": %.6f}\n",
           (unsigned long long)all.sent, (unsigned long long)all.received, (unsigned long long)all.late,
           (double)all.worst * 1e-3, (double)all.delay * 1e-3 / (double)(all.received ? all.received : 1),
           (unsigned long long)all.threads, (unsigned long long)all.calls, (double)all.seconds * 1e-9,
           (double)all.cpu * 1e-9);
    return 0;
}
