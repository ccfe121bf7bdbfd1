/* Another process: memory, mappings, threads, children, exec and exit, freezing. */
#include "alloc_sweep.h"
#include "clock.h"
#include "cpu_hold.h"
#include "elf_image.h"
#include "memory.h"
#include "process.h"
#include "process_freeze.h"

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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* A child that counts, in memory shared with the test, on two threads. */
typedef struct counting {
    _Atomic uint64_t counts[2];
    _Atomic int ready, signals;
} counting;

static counting *shared;
static char landmark[64] = "something to read in the other process";

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static void *count_up(void *slot)
{
    atomic_fetch_add(&shared->ready, 1);
    while (true) atomic_fetch_add(&shared->counts[*(int *)slot], 1);
    return NULL;
}

static void on_signal(int number)
{
    (void)number;
    atomic_fetch_add(&shared->signals, 1);
}

static pid_t start_counting(void)
{
    memset(shared, 0, sizeof *shared);
    pid_t pid = fork();
    if (pid == 0) {
        static int slots[2] = {0, 1};
        pthread_t thread;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME,
              "counting gr\xC3\xB6\xC3\x9F"
              "e",
              0, 0, 0); /* cut by the kernel inside a letter */
        signal(SIGUSR1, on_signal);
        if (pthread_create(&thread, NULL, count_up, &slots[1]) != 0) _exit(1);
        count_up(&slots[0]);
    }
    assert_true(pid > 0);
    while (atomic_load(&shared->ready) < 2) nap();
    return pid;
}

static void finish(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void test_memory(void **state)
{
    (void)state;
    pid_t pid = start_counting();
    flame_process *process;
    fs_error error;
    assert_int_equal(flame_process_open(pid, &process, &error), FS_OK);
    const flame_reader *reader = flame_process_reader(process);
    char copy[64], second[8];
    assert_int_equal(flame_read(reader, (uint64_t)(uintptr_t)landmark, copy, sizeof copy, &error), FS_OK);
    assert_string_equal(copy, landmark);
    assert_int_equal(flame_read(reader, 16, copy, 8, &error), FS_NOT_FOUND);
    assert_int_equal(flame_read(reader, UINT64_MAX - 3, copy, 8, &error), FS_NOT_FOUND);
    /* A bad span stops at itself: those before it are whole. More spans than one call takes are no problem.
     */
    enum { MANY = 3000 };
    static flame_span spans[MANY];
    for (size_t i = 0; i < MANY; i++)
        spans[i] = (flame_span){.address = (uint64_t)(uintptr_t)landmark, .bytes = second, .length = 8};
    int reason = 0;
    assert_int_equal(reader->read(reader->self, spans, MANY, &reason), MANY);
    spans[2500].address = 16;
    assert_int_equal(reader->read(reader->self, spans, MANY, &reason), 2500);
    assert_int_equal(reason, EFAULT);
    finish(pid);
    assert_int_equal(reader->read(reader->self, spans, 1, &reason), 0);
    assert_int_equal(reason, ESRCH);
    assert_int_equal(flame_process_life(process), FLAME_ENDED);
    flame_process_close(process);
}

static void test_refusals(void **state)
{
    (void)state;
    flame_process *process;
    fs_error error;
    assert_int_equal(flame_process_open(0, &process, &error), FS_ARGUMENT);
    assert_int_equal(flame_process_open(0x3fffff, &process, &error), FS_NOT_FOUND);
    assert_null(process);
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    flame_thread_usage usage;
    do assert_int_equal(flame_thread_usage_read(pid, pid, &usage, NULL), FS_OK);
    while (usage.state != 'Z');
    assert_int_equal(flame_process_open(pid, &process, &error), FS_GONE);
    assert_non_null(strstr(error.message, "zombie"));
    waitpid(pid, NULL, 0);
    /* A thread is not a process. */
    pid = start_counting();
    pid_t *tids;
    size_t count;
    assert_int_equal(flame_process_threads(pid, &tids, &count, &error), FS_OK);
    assert_int_equal(count, 2);
    pid_t other = tids[0] == pid ? tids[1] : tids[0];
    fs_free(tids);
    assert_int_equal(flame_process_open(other, &process, &error), FS_ARGUMENT);
    finish(pid);
}

static void test_threads(void **state)
{
    (void)state;
    pid_t pid = start_counting();
    fs_error error;
    char name[FLAME_THREAD_NAME_SIZE];
    flame_thread_usage usage;
    assert_int_equal(flame_thread_name(pid, pid, name, &error), FS_OK);
    assert_string_equal(name, "counting gr\xC3\xB6\xC3\x9F");
    do {
        nap();
        assert_int_equal(flame_thread_usage_read(pid, pid, &usage, &error), FS_OK);
    } while (usage.cpu == 0);
    assert_int_equal(usage.state, 'R');
    assert_int_equal(usage.parent, getpid());
    double cpu;
    assert_int_equal(flame_process_cpu(pid, &cpu, &error), FS_OK);
    assert_true(cpu > 0);
    pid_t *children;
    size_t count, found = 0;
    assert_int_equal(flame_process_children(getpid(), &children, &count, &error), FS_OK);
    for (size_t i = 0; i < count; i++) found += children[i] == pid;
    assert_int_equal(found, 1);
    fs_free(children);
    finish(pid);
    assert_int_equal(flame_thread_usage_read(pid, pid, &usage, &error), FS_GONE);
    assert_int_equal(flame_thread_name(pid, pid, name, &error), FS_GONE);
}

static void test_maps(void **state)
{
    (void)state;
    pid_t pid = start_counting();
    flame_process *process;
    flame_maps maps;
    fs_error error;
    assert_int_equal(flame_process_open(pid, &process, &error), FS_OK);
    assert_int_equal(flame_maps_read(process, &maps, &error), FS_OK);
    uint64_t data = (uint64_t)(uintptr_t)landmark, code = (uint64_t)(uintptr_t)&test_maps;
    const flame_map *map = flame_maps_find(&maps, data);
    assert_non_null(map);
    assert_true(map->readable && map->writable && !map->executable);
    map = flame_maps_find(&maps, code);
    assert_non_null(map);
    assert_true(map->executable && map->inode);
    assert_null(flame_maps_find(&maps, 16));
    /* Where a symbol of the file is in memory, by way of any of its mappings. */
    flame_elf *elf;
    uint64_t bias, address;
    assert_int_equal(flame_elf_open(flame_process_thread(process), map, &elf, &error), FS_OK);
    assert_true(flame_elf_bias(elf, map, &bias));
    flame_elf_symbols(elf, (const char *const[]){"main"}, 1, &address);
    int main(void);
    if (address) assert_int_equal(address + bias, (uint64_t)(uintptr_t)&main);
    flame_section section;
    assert_true(flame_elf_section(elf, ".rodata", &section));
    assert_true(section.bytes && section.size);
    assert_false(flame_elf_section(elf, ".no_such_section", &section));
    flame_elf_close(elf);
    flame_maps_fini(&maps);
    flame_process_close(process);
    finish(pid);
}

static void test_exec(void **state)
{
    (void)state;
    int start[2];
    assert_int_equal(pipe(start), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (read(start[0], &byte, 1) == 1) execlp("sleep", "sleep", "60", (char *)NULL);
        _exit(1);
    }
    flame_process *process;
    assert_int_equal(flame_process_open(pid, &process, NULL), FS_OK);
    assert_int_equal(flame_process_life(process), FLAME_ALIVE);
    assert_int_equal(write(start[1], "x", 1), 1);
    while (flame_process_life(process) == FLAME_ALIVE) nap();
    assert_int_equal(flame_process_life(process), FLAME_REPLACED);
    assert_false(flame_process_stopped(process));
    kill(pid, SIGSTOP);
    while (!flame_process_stopped(process)) nap();
    finish(pid);
    assert_int_equal(flame_process_life(process), FLAME_ENDED);
    flame_process_close(process);
    close(start[0]);
    close(start[1]);
}

enum { NAPS_MOST = 30000 }; /* a minute: on a busy machine it takes a while to come to a CPU */

static bool moves(int slot)
{
    uint64_t before = atomic_load(&shared->counts[slot]);
    for (int i = 0; i < NAPS_MOST; i++) {
        nap();
        if (atomic_load(&shared->counts[slot]) != before) return true;
    }
    return false;
}

static void test_freeze(void **state)
{
    (void)state;
    pid_t pid = start_counting();
    flame_freezer *freezer;
    fs_error error;
    assert_int_equal(flame_freezer_create(pid, &freezer, &error), FS_OK);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(flame_freeze(freezer, &error), FS_OK);
        uint64_t before[2] = {atomic_load(&shared->counts[0]), atomic_load(&shared->counts[1])};
        if (i % 10 == 0) kill(pid, SIGUSR1); /* arrives while frozen: it must not be lost */
        nap();
        assert_int_equal(atomic_load(&shared->counts[0]), before[0]);
        assert_int_equal(atomic_load(&shared->counts[1]), before[1]);
        flame_thaw(freezer);
        if (i % 10 == 0) {
            int wanted = i / 10 + 1;
            for (int k = 0; k < NAPS_MOST && atomic_load(&shared->signals) < wanted; k++) nap();
            assert_int_equal(atomic_load(&shared->signals), wanted);
        }
    }
    assert_true(moves(0) && moves(1));
    assert_int_equal(flame_freeze(freezer, &error), FS_OK);
    flame_freezer_destroy(freezer); /* lets it go */
    assert_true(moves(0) && moves(1));
    finish(pid);
}

/* Whoever dies holding a process lets it go. */
static void test_killed_holder(void **state)
{
    (void)state;
    pid_t pid = start_counting();
    for (int i = 0; i < 5; i++) {
        int told[2];
        assert_int_equal(pipe(told), 0);
        pid_t holder = fork();
        if (holder == 0) {
            flame_freezer *freezer;
            if (flame_freezer_create(pid, &freezer, NULL) != FS_OK) _exit(1);
            if (flame_freeze(freezer, NULL) != FS_OK) _exit(2);
            if (write(told[1], "x", 1) != 1) _exit(3);
            while (true) pause();
        }
        char byte;
        close(told[1]);
        assert_int_equal(read(told[0], &byte, 1), 1);
        close(told[0]);
        finish(holder);
        assert_true(moves(0) && moves(1));
    }
    finish(pid);
}

/* While we are where it runs, it does not. */
static void test_cpu_hold(void **state)
{
    (void)state;
    pid_t pid = start_counting();
    flame_cpu_holder *holder;
    int held = 0;
    double cost = 0;
    assert_int_equal(flame_cpu_holder_open(&holder, NULL), FS_OK);
    /* On a busy machine most holds are refused, for some milliseconds each time. */
    for (int i = 0; i < 4000 && held < 20; i++) {
        if (flame_cpu_hold_begin(holder, pid, pid) != FLAME_CPU_HELD) {
            nap();
            continue;
        }
        uint64_t seen = atomic_load(&shared->counts[0]), later = seen;
        for (int k = 0; k < 200 && later == seen; k++) later = atomic_load(&shared->counts[0]);
        double took;
        if (flame_cpu_hold_end(holder, &took)) {
            assert_int_equal(seen, later);
            held++;
        }
        cost += took;
    }
    assert_true(held > 0);
    assert_true(cost >= 0);
    assert_true(moves(0) && moves(1));
    /* A holder that is forgotten lets go by itself. */
    for (int i = 0; i < 100; i++)
        if (flame_cpu_hold_begin(holder, pid, pid) == FLAME_CPU_HELD) break;
    assert_true(moves(0) && moves(1));
    double took;
    flame_cpu_hold_end(holder, &took);
    /* No thread of that process. */
    assert_int_equal(flame_cpu_hold_begin(holder, pid, getpid()), FLAME_CPU_NOT_IN_USE);
    kill(pid, SIGSTOP);
    assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
    assert_int_equal(flame_cpu_hold_begin(holder, pid, pid), FLAME_CPU_NOT_IN_USE);
    flame_cpu_holder_close(holder);
    flame_cpu_holder_close(NULL);
    finish(pid);
}

static pid_t swept;

static int open_and_list(void *context)
{
    (void)context;
    flame_process *process = NULL;
    flame_freezer *freezer = NULL;
    flame_maps maps = {0};
    pid_t *tids = NULL, *children = NULL;
    size_t count;
    fs_status status = flame_process_open(swept, &process, NULL);
    if (status == FS_OK) status = flame_maps_read(process, &maps, NULL);
    if (status == FS_OK) status = flame_process_threads(swept, &tids, &count, NULL);
    if (status == FS_OK) status = flame_process_children(swept, &children, &count, NULL);
    if (status == FS_OK) status = flame_freezer_create(swept, &freezer, NULL);
    if (status == FS_OK) status = flame_freeze(freezer, NULL);
    flame_freezer_destroy(freezer);
    fs_free(children);
    fs_free(tids);
    flame_maps_fini(&maps);
    flame_process_close(process);
    return (int)status;
}

static void test_no_memory(void **state)
{
    (void)state;
    swept = start_counting();
    assert_true(alloc_sweep(open_and_list, NULL, FS_MEMORY) >= 5);
    assert_true(moves(0) && moves(1));
    finish(swept);
}

int main(void)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_threads),       cmocka_unit_test(test_maps),
        cmocka_unit_test(test_exec),          cmocka_unit_test(test_freeze),
        cmocka_unit_test(test_killed_holder), cmocka_unit_test(test_cpu_hold),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
