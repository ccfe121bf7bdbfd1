/* The parts of recording that need no interpreter: pacing, call counts, launching, permission help. */
#include "alarm.h"
#include "calls.h"
#include "clock.h"
#include "launch.h"
#include "pace.h"
#include "permission.h"
#include "record.h"
#include "recording_output.h"

#include "alloc_sweep.h"
#include "timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- pace ---- */

static void deadlines_do_not_drift(void **state)
{
    (void)state;
    flame_pace pace;
    flame_pace_start(&pace, 3, 1000);
    for (uint64_t k = 0; k < 3000; k++) {
        assert_in_range(flame_pace_due(&pace), 999 + k * 1000000000 / 3, 1001 + k * 1000000000 / 3);
        flame_pace_begin(&pace, flame_pace_due(&pace) + 1000); /* always a little late */
    }
    assert_int_equal(pace.begun, 3000);
    assert_int_equal(pace.skipped, 0);
    assert_int_equal(pace.late, 0);
    assert_int_equal(pace.worst_late, 1000);
}

static void lateness_is_counted(void **state)
{
    (void)state;
    flame_pace pace;
    flame_pace_start(&pace, 1000, 0);
    flame_pace_begin(&pace, 600000); /* 0.6 of a period */
    assert_int_equal(pace.late, 1);
    assert_int_equal(flame_pace_due(&pace), 1000000);
    assert_int_equal(flame_pace_next(&pace), 2000000);
    flame_pace_begin(&pace, 4200000); /* ticks 1, 2 and 3 went by; this one stands for tick 4 */
    assert_int_equal(pace.skipped, 3);
    assert_int_equal(pace.late, 1);
    assert_int_equal(pace.begun, 2);
    assert_int_equal(flame_pace_due(&pace), 5000000);
    flame_pace_resume(&pace, 9500000); /* away for a while: nothing was missed */
    assert_int_equal(flame_pace_due(&pace), 9500000);
    flame_pace_begin(&pace, 9500000);
    assert_int_equal(pace.skipped, 3);
    assert_int_equal(flame_pace_due(&pace), 10500000);
    flame_pace_finish(&pace, 10500000); /* exclusive */
    assert_int_equal(pace.skipped, 3);
    flame_pace_finish(&pace, 12600000); /* ticks were due at 10.5, 11.5 and 12.5 ms */
    assert_int_equal(pace.skipped, 6);
    assert_int_equal(pace.begun, 3);
}

/* ---- alarm ---- */

static bool readable(int file, int milliseconds)
{
    struct pollfd one = {.fd = file, .events = POLLIN};
    return poll(&one, 1, milliseconds) == 1 && (one.revents & POLLIN);
}

static void an_alarm_wakes_on_time(void **state)
{
    (void)state;
    const uint64_t tick = 2000000, far = UINT64_C(1000000000);
    flame_alarm alarm;
    flame_alarm_init(&alarm);
    uint64_t due = fs_clock_nanoseconds() + tick;
    for (int i = 0; i < 50; i++, due += tick) {
        int file = flame_alarm_set(&alarm, due, due + tick);
        assert_true(file >= 0);
        assert_true(readable(file, 10000));
        assert_true(fs_clock_nanoseconds() >= due);
    }
    /* The plan changes: a tick is skipped, the next one comes much later, then sooner after all. */
    uint64_t now = fs_clock_nanoseconds();
    int file = flame_alarm_set(&alarm, now + far, now + 2 * far);
    assert_false(readable(file, 0));
    file = flame_alarm_set(&alarm, now + tick, now + far);
    assert_true(readable(file, 10000));
    assert_true(fs_clock_nanoseconds() >= now + tick);
    file = flame_alarm_set(&alarm, now + far, now + 2 * far);
    assert_false(readable(file, 0));
    file = flame_alarm_set(&alarm, 1, now + far); /* long ago */
    assert_true(readable(file, 10000));
    flame_alarm_fini(&alarm);
    assert_int_equal(flame_alarm_set(&alarm, now + far, now + 2 * far), -1);
}

/* ---- calls ---- */

static uint32_t descend(flame_calls *calls, flame_path *path, uint32_t root, const char *stack)
{
    uint64_t keys[64];
    size_t depth = strlen(stack);
    for (size_t i = 0; i < depth; i++) keys[i] = (uint64_t)stack[i];
    uint32_t node;
    assert_int_equal(flame_calls_descend(calls, path, root, keys, depth, &node, NULL), FS_OK);
    return node;
}

static void stacks_share_their_callers(void **state)
{
    (void)state;
    flame_calls calls;
    flame_path path = {0}, other = {0};
    assert_int_equal(flame_calls_init(&calls, NULL), FS_OK);
    uint32_t abc = descend(&calls, &path, 0, "abc");
    uint32_t abd = descend(&calls, &path, 0, "abd");
    assert_int_not_equal(abc, abd);
    assert_int_equal(calls.nodes[abc].parent, calls.nodes[abd].parent);
    assert_int_equal(descend(&calls, &path, 0, "abc"), abc);
    assert_int_equal(descend(&calls, &other, 0, "abc"), abc); /* another thread, the same stack */
    assert_int_equal(descend(&calls, &path, 0, "ab"), calls.nodes[abc].parent);
    assert_int_equal(descend(&calls, &path, 0, ""), 0);
    assert_int_equal(calls.count, 5);
    /* Under another root it is another stack, though the path had the same keys. */
    uint32_t elsewhere = descend(&calls, &path, 0, "x");
    assert_int_not_equal(descend(&calls, &path, elsewhere, "abc"), abc);
    flame_path_fini(&path);
    flame_path_fini(&other);
    flame_calls_fini(&calls);
}

static void many_nodes(void **state)
{
    (void)state;
    flame_calls calls;
    assert_int_equal(flame_calls_init(&calls, NULL), FS_OK);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 20000; i++) {
            uint32_t node, below;
            assert_int_equal(flame_calls_child(&calls, 0, i * UINT64_C(4294967296), &node, NULL), FS_OK);
            assert_int_equal(flame_calls_child(&calls, node, 7, &below, NULL), FS_OK);
            assert_int_equal(calls.nodes[below].parent, node);
            assert_true(node < below);
            calls.nodes[below].self++;
        }
    }
    assert_int_equal(calls.count, 40001);
    for (size_t i = 0; i < calls.count; i++)
        assert_true(calls.nodes[i].key == 7 ? calls.nodes[i].self == 2 : calls.nodes[i].self == 0);
    flame_calls_mark(&calls);
    assert_int_equal(calls.nodes[2].marked, calls.nodes[2].self);
    flame_calls_fini(&calls);
}

/* Afterwards, whatever failed, what was recorded before still stands. */
static int grow_calls(void *context)
{
    (void)context;
    flame_calls calls;
    flame_path path = {0};
    fs_error error;
    fs_status status = flame_calls_init(&calls, &error);
    if (status) return (int)status;
    for (uint64_t i = 0; i < 2000 && !status; i++) {
        uint64_t keys[3] = {i % 7, i % 31, i};
        uint32_t node;
        status = flame_calls_descend(&calls, &path, 0, keys, 3, &node, &error);
        if (!status) assert_int_equal(calls.nodes[node].key, i);
    }
    assert_true(path.depth <= 3);
    flame_path_fini(&path);
    flame_calls_fini(&calls);
    return (int)status;
}

static void calls_survive_lack_of_memory(void **state)
{
    (void)state;
    assert_true(alloc_sweep(grow_calls, NULL, FS_MEMORY) > 5);
}

static int make_recorder(void *context)
{
    (void)context;
    flame_recorder_options options;
    flame_recorder_options_default(&options);
    flame_recorder *recorder;
    flame_tree *tree = NULL;
    flame_layers layers = {.only = -1};
    fs_status status = flame_recorder_create(&options, &recorder, NULL);
    if (!status) status = flame_recorder_tree(recorder, &layers, &tree, NULL);
    flame_tree_destroy(tree);
    flame_recorder_destroy(recorder);
    return (int)status;
}

static void a_recorder_survives_lack_of_memory(void **state)
{
    (void)state;
    assert_true(alloc_sweep(make_recorder, NULL, FS_MEMORY) > 3);
}

/* ---- order in time ---- */

static int add_stretches(void *context)
{
    (void)context;
    /* Two threads, tick by tick; the first one's stack stays, is away for a tick, comes again and changes. */
    static const struct {
        int thread;
        uint64_t tick;
        uint32_t count, node;
    } samples[] = {{0, 1, 1, 5}, {1, 1, 1, 9}, {0, 2, 1, 5}, {1, 2, 1, 9},
                   {1, 3, 1, 9}, {0, 4, 1, 5}, {0, 5, 1, 6}, {1, 4, 3, 9}};
    static const flame_stretch expected[] = {{1, 5, 2}, {1, 9, 6}, {4, 5, 1}, {5, 6, 1}};
    flame_timeline timeline = {0};
    size_t last[2] = {0, 0};
    fs_status status = FS_OK;
    for (size_t i = 0; i < sizeof samples / sizeof *samples && !status; i++)
        status = flame_timeline_add(&timeline, &last[samples[i].thread], samples[i].tick, samples[i].count,
                                    samples[i].node, NULL);
    if (!status) assert_int_equal(timeline.count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < timeline.count && !status; i++) {
        assert_int_equal(timeline.items[i].tick, expected[i].tick);
        assert_int_equal(timeline.items[i].node, expected[i].node);
        assert_int_equal(timeline.items[i].count, expected[i].count);
    }
    flame_timeline_fini(&timeline);
    return (int)status;
}

static void ticks_in_a_row_are_one_stretch(void **state)
{
    (void)state;
    assert_int_equal(add_stretches(NULL), FS_OK);
    assert_true(alloc_sweep(add_stretches, NULL, FS_MEMORY) > 0);
}

/* ---- launching ---- */

static int run(char *const *arguments, fs_status *status, fs_error *error)
{
    flame_child child;
    *status = flame_launch(arguments, NULL, &child, error);
    if (*status) return -1;
    while (!flame_child_ended(&child)) {
        struct pollfd end = {.fd = child.pidfd, .events = POLLIN};
        poll(&end, 1, 10000);
    }
    int result = flame_child_exit(&child);
    flame_child_fini(&child);
    return result;
}

static void exit_statuses_are_handed_on(void **state)
{
    (void)state;
    fs_status status;
    assert_int_equal(run((char *[]){"true", NULL}, &status, NULL), 0);
    assert_int_equal(run((char *[]){"sh", "-c", "exit 42", NULL}, &status, NULL), 42);
    assert_int_equal(run((char *[]){"sh", "-c", "kill -TERM $$", NULL}, &status, NULL), 128 + 15);
}

static void launch_failures_say_why(void **state)
{
    (void)state;
    fs_status status;
    fs_error error;
    /* qemu makes vfork a fork, so that posix_spawn does not hear of a failing execve. */
    if (getenv("FLAMESCALE_EMULATED")) skip();
    run((char *[]){"no-such-command-here", NULL}, &status, &error);
    assert_int_equal(status, FS_NOT_FOUND);
    assert_non_null(strstr(error.message, "PATH"));
    run((char *[]){"/etc/passwd", NULL}, &status, &error);
    assert_int_equal(status, FS_PERMISSION);
    assert_non_null(strstr(error.message, "chmod +x"));
    run((char *[]){"/", NULL}, &status, &error);
    assert_int_equal(status, FS_PERMISSION);
    assert_non_null(strstr(error.message, "folder"));
}

/* ---- permission help ---- */

static void expect(flame_permission facts, const char *reason, const char *cure)
{
    fs_error error;
    facts.pid = 77;
    assert_int_equal(flame_permission_explain(&facts, "flame record -p 77", &error), FS_PERMISSION);
    assert_non_null(strstr(error.message, "77"));
    if (!strstr(error.message, reason) || !strstr(error.message, cure)) fail_msg("%s", error.message);
}

static void permission_help_names_the_reason(void **state)
{
    (void)state;
    const flame_permission user = {.user = 1000, .owner = 1000, .yama = -1};
    flame_permission facts = user;
    facts.owner = 0;
    expect(facts, "belongs to root (uid 0)", "sudo flame record -p 77");
    facts = user;
    facts.yama = 1;
    expect(facts, "ptrace_scope is 1", "sudo sysctl kernel.yama.ptrace_scope=0");
    facts.yama = 2;
    expect(facts, "ptrace_scope is 2", "sudo flame record -p 77");
    facts = user;
    facts.container = true;
    facts.owner = 0;
    expect(facts, "container lacks the capability CAP_SYS_PTRACE", "docker run --cap-add SYS_PTRACE");
    facts = user;
    facts.user = 0;
    expect(facts, "CAP_SYS_PTRACE", "securityContext");
    facts = user;
    facts.can_trace = facts.filtered = facts.container = true;
    expect(facts, "seccomp", "seccomp=unconfined");
    facts.yama = 3;
    expect(facts, "until the machine restarts", "/etc/sysctl.d");
    facts = user;
    facts.can_trace = facts.other_namespace = true;
    expect(facts, "user namespace", "on the host");
    facts = user;
    facts.protected = true;
    expect(facts, "set-user-id", "sudo flame record -p 77");
}

/* ---- names ---- */

static void paths_lose_what_says_nothing(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"slow.py", NULL, "slow.py"},
        {"./slow.py", NULL, "slow.py"},
        {"/srv/app/slow.py", "/srv/app/", "slow.py"},
        {"/srv/app2/slow.py", "/srv/app/", "/srv/app2/slow.py"},
        {"/usr/lib/python3.11/json/decoder.py", NULL, "json/decoder.py"},
        {"/usr/lib64/python3.12/threading.py", NULL, "threading.py"},
        {"/opt/v/lib/python3.12/site-packages/numpy/core.py", NULL, "numpy/core.py"},
        {"/usr/lib/python3/dist-packages/yaml/loader.py", NULL, "yaml/loader.py"},
        {"/srv/python3.9-tools/run.py", NULL, "/srv/python3.9-tools/run.py"},
        {"<frozen importlib._bootstrap>", "/", "<frozen importlib._bootstrap>"},
        {"", NULL, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(flame_path_short(cases[i][0], cases[i][1]), cases[i][2]);
}

static void endings_choose_the_form(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        flame_output_form form;
    } cases[] = {{"a.svg", FLAME_OUTPUT_SVG},
                 {"a.HTML", FLAME_OUTPUT_HTML},
                 {"a.b.folded", FLAME_OUTPUT_FOLDED},
                 {"a.json", FLAME_OUTPUT_SPEEDSCOPE},
                 {"a.pb.gz", FLAME_OUTPUT_PPROF},
                 {"a.speedscope.json", FLAME_OUTPUT_SPEEDSCOPE},
                 {"a.trace.json", FLAME_OUTPUT_CHROME},
                 {"a.txt", FLAME_OUTPUT_FOLDED},
                 {"-", FLAME_OUTPUT_UNKNOWN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(flame_output_form_of(cases[i].path), cases[i].form);
    }
    assert_int_equal(flame_output_form_of("a.gz"), FLAME_OUTPUT_UNKNOWN);
    assert_int_equal(flame_output_form_of("svg"), FLAME_OUTPUT_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlines_do_not_drift),
        cmocka_unit_test(lateness_is_counted),
        cmocka_unit_test(an_alarm_wakes_on_time),
        cmocka_unit_test(stacks_share_their_callers),
        cmocka_unit_test(many_nodes),
        cmocka_unit_test(calls_survive_lack_of_memory),
        cmocka_unit_test(a_recorder_survives_lack_of_memory),
        cmocka_unit_test(ticks_in_a_row_are_one_stretch),
        cmocka_unit_test(exit_statuses_are_handed_on),
        cmocka_unit_test(launch_failures_say_why),
        cmocka_unit_test(permission_help_names_the_reason),
        cmocka_unit_test(paths_lose_what_says_nothing),
        cmocka_unit_test(endings_choose_the_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
