/* Native stacks: known chains of calls unwound from copies of another process, at every instruction; names;
 * what is damaged. */
#include "alloc_sweep.h"
#include "file.h"
#include "memory.h"
#include "native.h"
#include "ptrace_stop.h"
#include "random.h"
#include "text.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct watched {
    pid_t pid;
    int pipe;
    flame_process *process;
    flame_native_files *files;
    flame_native *native;
    uint8_t *bytes; /* FLAME_NATIVE_STACK */
} watched;

static void ok(fs_status status, const fs_error *error)
{
    if (status != FS_OK) fail_msg("%s", error->message);
}

static pid_t last_thread(pid_t pid)
{
    pid_t *tids;
    size_t count;
    assert_int_equal(flame_process_threads(pid, &tids, &count, NULL), FS_OK);
    pid_t last = tids[count - 1];
    fs_free(tids);
    return last;
}

static flame_native_snapshot copy(watched *target, size_t wanted)
{
    flame_ptrace_stop stop;
    flame_native_snapshot snapshot;
    assert_int_equal(flame_native_stop_and_copy(&stop, target->pid, last_thread(target->pid), target->bytes,
                                                wanted, &snapshot),
                     FLAME_PTRACE_STOPPED);
    return snapshot;
}

static void name_places(watched *target, const flame_native_stack *stack, fs_text *text)
{
    fs_text_clear(text);
    fs_text_add(text, "");
    for (uint32_t i = stack->depth; i-- > 0;) {
        flame_native_name name;
        assert_int_equal(flame_native_describe(target->native, stack->places[i], false, &name, 1), 1);
        if (name.function)
            fs_text_format(text, "%s%s;", name.function, name.stub ? "@plt" : "");
        else
            fs_text_format(text, "%s+0x%llx;", name.module, (unsigned long long)name.offset);
    }
}

static flame_native_stack unwind(watched *target, const flame_native_snapshot *snapshot, fs_text *text)
{
    flame_native_stack stack;
    fs_error error;
    ok(flame_native_unwind(target->native, snapshot, &stack, &error), &error);
    name_places(target, &stack, text);
    return stack;
}

/* It has told where it is before it is there. */
static void wait_for_spin(watched *target)
{
    fs_text text;
    fs_text_init(&text);
    for (int i = 0; i < 10000; i++) {
        flame_native_snapshot snapshot = copy(target, 16384);
        unwind(target, &snapshot, &text);
        if (fs_path_ends(fs_text_string(&text), ";spin;")) break;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    fs_text_fini(&text);
}

/* Start native_target and wait until it has come to where it stays. */
static watched start(const char *mode)
{
    watched made = {0};
    int ends[2];
    char dot;
    fs_error error;
    assert_int_equal(pipe(ends), 0);
    made.pid = fork();
    assert_true(made.pid >= 0);
    if (made.pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(NATIVE_TARGET, "native_target", mode, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    made.pipe = ends[0];
    assert_int_equal(read(made.pipe, &dot, 1), 1);
    ok(flame_process_open(made.pid, &made.process, &error), &error);
    ok(flame_native_files_create(&made.files, &error), &error);
    ok(flame_native_open(made.process, made.files, &made.native, &error), &error);
    made.bytes = fs_alloc(FLAME_NATIVE_STACK, 1);
    assert_non_null(made.bytes);
    if (strcmp(mode, "bustle") != 0) wait_for_spin(&made);
    return made;
}

static void finish(watched *target)
{
    flame_native_close(target->native);
    flame_native_files_destroy(target->files);
    flame_process_close(target->process);
    fs_free(target->bytes);
    kill(target->pid, SIGKILL);
    assert_int_equal(waitpid(target->pid, NULL, 0), target->pid);
    close(target->pipe);
}

static void ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), wanted = strlen(ending);
    if (length < wanted || strcmp(text + length - wanted, ending) != 0)
        fail_msg("%s does not end with %s", text, ending);
}

/* Each way to compile a chain. The stack begins with the C library's frames, which have names in most
 * systems. */
static void test_chains(void **state)
{
    (void)state;
    static const struct {
        const char *mode, *chain;
        flame_native_end end;
    } cases[] = {
        {"cfi", "main;cfi_outer;cfi_middle;cfi_inner;spin;", FLAME_NATIVE_WHOLE},
        {"pointer", "main;pointer_outer;pointer_inner;spin;", FLAME_NATIVE_WHOLE},
        {"bare", "[unknown callers];bare_inner;spin;", FLAME_NATIVE_LOST},
        {"thread", ";in_thread;cfi_outer;cfi_middle;cfi_inner;spin;", FLAME_NATIVE_WHOLE},
    };
    fs_text text;
    fs_text_init(&text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        watched target = start(cases[i].mode);
        flame_native_snapshot snapshot = copy(&target, 65536);
        flame_native_stack stack = unwind(&target, &snapshot, &text);
        ends_with(fs_text_string(&text), cases[i].chain);
        assert_int_equal(stack.end, cases[i].end);
        if (cases[i].end == FLAME_NATIVE_WHOLE && cases[i].mode[0] != 't')
            assert_int_equal(strncmp(fs_text_string(&text), "_start;", 7), 0);
        finish(&target);
    }
    fs_text_fini(&text);
}

/* A handler's frame lies on the interrupted one's, also on a stack of its own. */
static void test_signals(void **state)
{
    (void)state;
    fs_text text;
    fs_text_init(&text);
    watched target = start("signal");
    flame_native_snapshot snapshot = copy(&target, 65536);
    flame_native_stack stack = unwind(&target, &snapshot, &text);
    if (!strstr(fs_text_string(&text), "main;cfi_outer;cfi_middle;cfi_inner;wait_for_signal;"))
        fail_msg("%s", fs_text_string(&text));
    ends_with(fs_text_string(&text), ";on_signal;spin;");
    assert_int_equal(stack.end, FLAME_NATIVE_WHOLE);
    finish(&target);
    target = start("altstack");
    snapshot = copy(&target, 65536);
    stack = unwind(&target, &snapshot, &text);
    ends_with(fs_text_string(&text), ";on_signal;spin;");
    assert_true(stack.end == FLAME_NATIVE_LOST || stack.end == FLAME_NATIVE_SHORT);
    finish(&target);
    fs_text_fini(&text);
}

/* What was copied is too little: that is said, and how much is needed is known once it is enough. */
static void test_depth(void **state)
{
    (void)state;
    fs_text text;
    fs_text_init(&text);
    watched target = start("deep");
    flame_native_snapshot snapshot = copy(&target, 16384);
    flame_native_stack stack = unwind(&target, &snapshot, &text);
    assert_int_equal(stack.end, FLAME_NATIVE_SHORT);
    assert_int_equal(strncmp(fs_text_string(&text), "[stack truncated];deeper;", 25), 0);
    snapshot = copy(&target, FLAME_NATIVE_STACK);
    stack = unwind(&target, &snapshot, &text);
    assert_int_equal(stack.end, FLAME_NATIVE_WHOLE);
    assert_true(stack.depth > 401 && stack.reach > 401 * 512 && stack.reach <= snapshot.length);
    snapshot = copy(&target, stack.reach);
    stack = unwind(&target, &snapshot, &text);
    assert_int_equal(stack.end, FLAME_NATIVE_WHOLE);
    finish(&target);
    fs_text_fini(&text);
}

static void test_lines(void **state)
{
    (void)state;
    fs_text text;
    fs_text_init(&text);
    watched target = start("cfi");
    flame_native_snapshot snapshot = copy(&target, 65536);
    flame_native_stack stack = unwind(&target, &snapshot, &text);
    flame_native_name name;
    flame_native_describe(target.native, stack.places[1], true, &name, 1);
    assert_string_equal(name.function, "cfi_inner");
    assert_string_equal(name.module, "native_target");
    assert_non_null(name.source);
    ends_with(name.source, "/chain_cfi.c");
    assert_int_equal(name.line, 11); /* end(); */
    finish(&target);
    fs_text_fini(&text);
}

/* ---- every instruction ---- */

static bool step_once(pid_t pid)
{
    int status;
    if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0) return false;
    return waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
}

/* The frames of our own code, outermost first, must be those of a chain that is possible. */
static bool is_possible(const char *names, size_t *ours)
{
    static const char *const chains[] = {"main;cfi_outer;cfi_middle;cfi_inner;bustle;leaf;",
                                         "main;pointer_outer;pointer_inner;bustle;leaf;"};
    static const char *const known[] = {"main",          "cfi_outer",     "cfi_middle", "cfi_inner",
                                        "pointer_outer", "pointer_inner", "bustle",     "leaf",
                                        "spin",          "bare_outer",    "bare_inner"};
    char filtered[4096] = "";
    *ours = 0;
    for (const char *at = names; *at;) {
        size_t length = strcspn(at, ";");
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            if (strlen(known[i]) != length || strncmp(known[i], at, length) != 0) continue;
            strncat(filtered, at, length + 1);
            (*ours)++;
        }
        at += length + (at[length] == ';');
    }
    for (size_t i = 0; i < 2; i++)
        if (strncmp(filtered, chains[i], strlen(filtered)) == 0) return true;
    return false;
}

static void test_every_instruction(void **state)
{
    (void)state;
    enum { STEPS = 12000 };
    fs_text text;
    fs_text_init(&text);
    watched target = start("bustle");
    flame_ptrace_stop stop;
    size_t seen[8] = {0}, stubs = 0;
    assert_int_equal(flame_ptrace_begin(&stop, target.pid, target.pid), FLAME_PTRACE_STOPPED);
    for (int i = 0; i < STEPS; i++) {
        flame_native_snapshot snapshot = {.bytes = target.bytes};
        size_t ours;
        assert_true(flame_ptrace_registers(stop.tid, &snapshot.registers));
        snapshot.base = snapshot.registers.value[FLAME_REG_SP] - FLAME_NATIVE_BELOW;
        snapshot.length = flame_copy_memory(target.pid, snapshot.base, target.bytes, 16384);
        flame_native_stack stack = unwind(&target, &snapshot, &text);
        bool whole = strncmp(fs_text_string(&text), "_start;", 7) == 0 && stack.end == FLAME_NATIVE_WHOLE;
        if (!is_possible(fs_text_string(&text), &ours) || !whole || ours > 7)
            fail_msg("step %d, pc %llx, end %d: %s", i,
                     (unsigned long long)snapshot.registers.value[FLAME_REG_PC], (int)stack.end,
                     fs_text_string(&text));
        seen[ours]++;
        /* The linker's stubs have no symbol, and are not what lies before them. */
        stubs += fs_path_ends(fs_text_string(&text), ";bustle;getppid@plt;");
        assert_null(strstr(fs_text_string(&text), "_init;"));
        assert_true(step_once(target.pid));
    }
    for (size_t i = 1; i <= 6; i++)
        if (!seen[i]) fail_msg("no stack with %zu of our frames", i);
    assert_true(stubs > 0);
    flame_ptrace_release(&stop);
    finish(&target);
    fs_text_fini(&text);
}

/* ---- damage ---- */

static void test_damage(void **state)
{
    (void)state;
    fs_text text;
    fs_text_init(&text);
    watched target = start("deep");
    flame_native_snapshot snapshot = copy(&target, 16384);
    fs_random random;
    fs_random_init(&random, 1);
    for (int i = 0; i < 20000; i++) {
        flame_native_snapshot damaged = snapshot;
        flame_native_stack stack;
        fs_error error;
        size_t at = fs_random_below(&random, 16384 / 8) * 8;
        uint64_t value = fs_random_next(&random);
        if (i % 4 == 1) value = snapshot.base + value % 20000;
        if (i % 4 == 2) value = snapshot.registers.value[FLAME_REG_PC] + value % 65536;
        if (i % 16 == 3) damaged.length = (size_t)(value % 16384);
        if (i % 8 == 5) damaged.registers.value[value % FLAME_REGISTERS] = value;
        if (i % 8 == 7) damaged.registers.value[FLAME_REG_SP] = snapshot.base + value % 32768;
        memcpy(target.bytes + at, &value, sizeof value);
        ok(flame_native_unwind(target.native, &damaged, &stack, &error), &error);
        assert_true(stack.depth >= 1 && stack.depth <= FLAME_NATIVE_DEPTH + 1);
    }
    finish(&target);
    fs_text_fini(&text);
}

typedef struct unwound {
    const flame_process *process;
    flame_native_snapshot snapshot;
} unwound;

static int open_and_unwind(void *context)
{
    const unwound *what = context;
    flame_native_files *files = NULL;
    flame_native *native = NULL;
    fs_error error;
    fs_status status = flame_native_files_create(&files, &error);
    if (!status) status = flame_native_open(what->process, files, &native, &error);
    flame_native_stack stack;
    if (!status) status = flame_native_unwind(native, &what->snapshot, &stack, &error);
    flame_native_name names[4];
    for (uint32_t i = 0; !status && i < stack.depth; i++)
        assert_true(flame_native_describe(native, stack.places[i], true, names, 4) >= 1);
    flame_native_close(native);
    flame_native_files_destroy(files);
    return (int)status;
}

static void test_memory(void **state)
{
    (void)state;
    watched target = start("cfi");
    unwound what = {.process = target.process, .snapshot = copy(&target, 16384)};
    assert_true(alloc_sweep(open_and_unwind, &what, FS_MEMORY) > 10);
    finish(&target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_every_instruction),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
