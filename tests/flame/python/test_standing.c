/* Recorded interpreters whose threads stand still: each read by itself, with its evaluations. */
#include "alloc_sweep.h"
#include "memory.h"
#include "recorded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void check_evaluations(const recorded *it, unsigned minor, const flame_thread_sample *thread)
{
    const flame_evaluation *evaluations;
    size_t count;
    uint32_t frames = 0;
    uint64_t before = 0;
    const bool found = flame_interpreter_evaluations(it->interpreter, thread, &evaluations, &count);
    if (minor == 11) return; /* what tells them was not recorded */
    assert_true(found);
    for (size_t i = 0; i < count; i++) {
        frames += evaluations[i].frames;
        /* From 3.14 on a frame that stands for no call lies in the thread state, behind the others. */
        if (minor <= 10) assert_int_equal(evaluations[i].mark, 0);
        if (minor > 10 && evaluations[i].frames) assert_true(evaluations[i].mark > before);
        if (evaluations[i].frames) before = evaluations[i].mark;
    }
    assert_int_equal(frames, thread->depth);
    if (minor <= 10) assert_int_equal(count, thread->depth);
}

static void test_standing(void **state)
{
    (void)state;
    for (unsigned minor = PYTHON_OLDEST; minor <= PYTHON_NEWEST; minor++) {
        recorded it, other;
        const flame_sample *sample;
        flame_thread_sample still;
        bool found;
        assert_int_equal(recorded_open(&it, minor, NULL), FS_OK);
        assert_int_equal(recorded_open(&other, minor, NULL), FS_OK);
        assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
        assert_int_equal(flame_interpreter_list(other.interpreter, NULL), FS_OK);
        assert_int_equal(flame_interpreter_read_still(other.interpreter, 1, &found, &still, NULL), FS_OK);
        assert_false(found);
        for (size_t i = 0; i < sample->count; i++) {
            const flame_thread_sample *thread = &sample->threads[i];
            check_evaluations(&it, minor, thread);
            if (!thread->tid) continue; /* before 3.11 only the kernel knows it */
            assert_int_equal(
                flame_interpreter_read_still(other.interpreter, thread->tid, &found, &still, NULL), FS_OK);
            assert_true(found);
            assert_int_equal(still.missed, FLAME_TAKEN);
            assert_int_equal(still.ident, thread->ident);
            assert_int_equal(still.holds_gil, thread->holds_gil);
            assert_int_equal(still.depth, thread->depth);
            for (uint32_t k = 0; k < still.depth; k++) {
                assert_int_equal(still.frames[k].line, thread->frames[k].line);
                assert_string_equal(flame_interpreter_code(other.interpreter, still.frames[k].code)->qualname,
                                    flame_interpreter_code(it.interpreter, thread->frames[k].code)->qualname);
            }
            check_evaluations(&other, minor, &still);
        }
        recorded_close(&it);
        recorded_close(&other);
    }
}

typedef struct standing {
    unsigned minor;
    pid_t tid;
} standing;

static int read_standing(void *context)
{
    const standing *wanted = context;
    recorded it;
    flame_thread_sample thread;
    const flame_evaluation *evaluations;
    size_t count;
    bool found = false;
    fs_status status = recorded_open(&it, wanted->minor, NULL);
    if (!status) status = flame_interpreter_list(it.interpreter, NULL);
    if (!status) status = flame_interpreter_read_still(it.interpreter, wanted->tid, &found, &thread, NULL);
    if (!status && found) (void)flame_interpreter_evaluations(it.interpreter, &thread, &evaluations, &count);
    recorded_close(&it);
    return (int)status;
}

static void test_memory(void **state)
{
    (void)state;
    unsigned versions[] = {8, 11, 12, 14};
    for (size_t i = 1; i < 4; i++) {
        recorded it;
        const flame_sample *sample;
        assert_int_equal(recorded_open(&it, versions[i], NULL), FS_OK);
        assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
        standing wanted = {.minor = versions[i], .tid = deepest(sample)->tid};
        recorded_close(&it);
        assert_true(alloc_sweep(read_standing, &wanted, FS_MEMORY) > 30);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_standing), cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
