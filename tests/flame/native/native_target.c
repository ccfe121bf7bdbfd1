/* The program that test_native.c looks at: native_target MODE. It runs until it is killed. */
#include "native_chain.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static volatile int never;

static void ready(void)
{
    static const char dot = '.';
    if (write(STDOUT_FILENO, &dot, 1) != 1) exit(1);
}

__attribute__((noinline)) static void spin(void)
{
    ready();
    while (!never) chain_sink++;
}

__attribute__((noinline)) static unsigned leaf(unsigned value)
{
    return value * 2654435761u ^ value >> 3;
}

/* A bit of all that is called: a leaf, the C library (through the procedure linkage table), the vdso, the
 * kernel. */
__attribute__((noinline)) static void bustle(void)
{
    struct timespec now;
    char text[64];
    for (int i = 0; i < 8; i++) chain_sink += leaf(chain_sink);
    memset(text, (int)chain_sink, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    chain_sink += (unsigned)strlen(text);
    clock_gettime(CLOCK_MONOTONIC, &now);
    chain_sink += (unsigned)now.tv_nsec + (unsigned)getppid();
}

static void on_signal(int number)
{
    (void)number;
    spin();
}

__attribute__((noinline)) static void wait_for_signal(void)
{
    raise(SIGUSR1);
}

__attribute__((noinline)) static void deeper(unsigned depth)
{
    if (depth == 0) spin();
    char room[512];
    memset(room, (int)depth, sizeof room);
    if (!never) deeper(depth - 1);
    chain_sink += (unsigned)room[depth % sizeof room];
}

static void *in_thread(void *context)
{
    (void)context;
    cfi_outer(spin, 32);
    return NULL;
}

int main(int count, char **arguments)
{
    const char *mode = count > 1 ? arguments[1] : "";
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (strcmp(mode, "cfi") == 0) cfi_outer(spin, 100);
    if (strcmp(mode, "pointer") == 0) pointer_outer(spin);
    if (strcmp(mode, "bare") == 0) bare_outer(spin);
    if (strcmp(mode, "deep") == 0) deeper(400);
    if (strcmp(mode, "signal") == 0 || strcmp(mode, "altstack") == 0) {
        struct sigaction action = {.sa_handler = on_signal};
        stack_t other = {.ss_sp = malloc(65536), .ss_size = 65536};
        if (mode[0] == 'a' && sigaltstack(&other, NULL) == 0) action.sa_flags = SA_ONSTACK;
        sigaction(SIGUSR1, &action, NULL);
        cfi_outer(wait_for_signal, 100);
    }
    if (strcmp(mode, "thread") == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, in_thread, NULL);
        pthread_join(thread, NULL);
    }
    if (strcmp(mode, "bustle") == 0) {
        ready();
        while (!never) {
            cfi_outer(bustle, 100);
            pointer_outer(bustle);
        }
    }
    return 1;
}
