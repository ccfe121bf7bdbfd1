/* Recorded interpreters that are made to collect garbage: who does, and called by which frame. */
#include "memory.h"
#include "recorded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void put(recorded *it, uint64_t address, uint64_t value, size_t length)
{
    for (size_t i = 0; i < it->memory.count; i++) {
        const snapshot_piece *piece = &it->memory.pieces[i];
        if (address - piece->address >= piece->length) continue;
        assert_true(address - piece->address + length <= piece->length);
        memcpy(piece->bytes + (address - piece->address), &value, length);
        return;
    }
    fail_msg("nothing was recorded at %#llx", (unsigned long long)address);
}

/* The thread of the deeper stack. */
static stack_thread *deep_thread(const recorded *it)
{
    python_thread *const *threads = it->interpreter->threads;
    return &threads[threads[1]->stack.depth > threads[0]->stack.depth]->stack;
}

static void let_collect(recorded *it, const stack_thread *thread)
{
    const python_layout *layout = &it->interpreter->runtime.layout;
    const uint64_t runtime = it->interpreter->runtime.address;
    if (layout->interpreter.collecting == PYTHON_ABSENT)
        put(it, runtime + layout->runtime.collecting, 1, 4);
    else
        put(it, thread->interpreter + layout->interpreter.collecting, 1, 4);
}

static void let_hold(recorded *it, const stack_thread *thread)
{
    const python_layout *layout = &it->interpreter->runtime.layout;
    const uint64_t runtime = it->interpreter->runtime.address;
    if (layout->thread.status == PYTHON_ABSENT)
        put(it, runtime + layout->runtime.current, thread->state, 8);
    else
        put(it, thread->state + layout->thread.status, layout->thread.active, 4);
}

/* Where the mark is among its frames; -1: nowhere. */
static int mark_in(const recorded *it, const flame_thread_sample *thread)
{
    int found = -1;
    for (uint32_t i = 0; i < thread->depth; i++) {
        const flame_code *code = flame_interpreter_code(it->interpreter, thread->frames[i].code);
        if (strcmp(code->name, FLAME_COLLECTION) != 0) continue;
        assert_true(flame_code_is_mark(code));
        assert_int_equal(found, -1);
        found = (int)i;
    }
    return found;
}

static void check_evaluations(const recorded *it, const flame_thread_sample *thread)
{
    const flame_evaluation *evaluations;
    size_t count;
    uint32_t frames = 0;
    if (it->interpreter->runtime.layout.minor == 11) return; /* what tells them was not recorded */
    assert_true(flame_interpreter_evaluations(it->interpreter, thread, &evaluations, &count));
    for (size_t i = 0; i < count; i++) frames += evaluations[i].frames;
    assert_int_equal(frames, thread->depth);
}

static const flame_thread_sample *sample_deepest(const recorded *it)
{
    const flame_sample *sample;
    assert_int_equal(flame_interpreter_sample(it->interpreter, &sample, NULL), FS_OK);
    const flame_thread_sample *thread = deepest(sample);
    assert_int_equal(thread->missed, FLAME_TAKEN);
    assert_int_equal(mark_in(it, &sample->threads[thread == sample->threads]), -1);
    return thread;
}

static void test_who_collects(void **state)
{
    (void)state;
    for (unsigned minor = PYTHON_OLDEST; minor <= PYTHON_NEWEST; minor++) {
        recorded it;
        assert_int_equal(recorded_open(&it, minor, NULL), FS_OK);
        const uint32_t depth = sample_deepest(&it)->depth;
        const stack_thread *thread = deep_thread(&it);
        let_hold(&it, thread);
        assert_int_equal(mark_in(&it, sample_deepest(&it)), -1);
        let_collect(&it, thread);
        const python_layout *layout = &it.interpreter->runtime.layout;
        const bool told = layout->interpreter.collected_from != PYTHON_ABSENT;
        const flame_thread_sample *sample = sample_deepest(&it);
        assert_int_equal(mark_in(&it, sample), told ? -1 : 0);
        assert_int_equal(sample->depth, told ? depth : depth + 1);
        check_evaluations(&it, sample);
        /* Set off by a caller: then what is above was called by the collection. */
        for (size_t i = 0; told && i < 3; i++) {
            put(&it, thread->interpreter + layout->interpreter.collected_from, thread->chain[i], 8);
            sample = sample_deepest(&it);
            assert_int_equal(sample->depth, depth + 1);
            assert_int_equal(mark_in(&it, sample), i);
            check_evaluations(&it, sample);
        }
        recorded_close(&it);
    }
}

/* To 3.14 the mark is left out beside a finalizer: which of both called the other is not known. */
static void test_finalizer(void **state)
{
    (void)state;
    for (unsigned minor = PYTHON_OLDEST; minor < 15; minor++) {
        recorded it;
        assert_int_equal(recorded_open(&it, minor, NULL), FS_OK);
        const uint32_t depth = sample_deepest(&it)->depth;
        const stack_thread *thread = deep_thread(&it);
        let_hold(&it, thread);
        let_collect(&it, thread);
        for (size_t i = 0; i < it.interpreter->cache.entry_count; i++) {
            code_entry *entry = it.interpreter->cache.entries[i];
            const char *name = it.interpreter->cache.bodies[entry->id].names.name;
            entry->finalizes = strcmp(name, "method") == 0;
        }
        const flame_thread_sample *sample = sample_deepest(&it);
        assert_int_equal(mark_in(&it, sample), -1);
        assert_int_equal(sample->depth, depth);
        check_evaluations(&it, sample);
        recorded_close(&it);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_who_collects), cmocka_unit_test(test_finalizer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
