/* The Python stacks of threads that are held: each comes with the native copy that it belongs to. */
#include "alloc_sweep.h"
#include "file.h"
#include "memory.h"
#include "mixed_stacks.h"
#include "snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A recorded interpreter, and a thread of it; nothing of the native stack was recorded. */
typedef struct recorded {
    char *bytes;
    snapshot memory;
    flame_reader reader;
    flame_interpreter *interpreter;
    mixed_stacks *stacks;
} recorded;

enum { STRANGER = 1 }; /* a thread of which it knows nothing */

static fs_status recorded_open(recorded *self)
{
    size_t length;
    *self = (recorded){0};
    fs_status status = fs_file_read(SNAPSHOTS "/python-3.13", 0, &self->bytes, &length, NULL);
    if (status) return status;
    if (!snapshot_parse(&self->memory, (const uint8_t *)self->bytes, length)) return FS_MEMORY;
    self->reader = snapshot_reader(&self->memory);
    const flame_interpreter_options options = {.size = sizeof options};
    status = snapshot_interpreter(&self->memory, &self->reader, &options, &self->interpreter, NULL);
    if (!status)
        status = mixed_stacks_create(self->interpreter, NULL, &(mixed_stacks_options){.native = true},
                                     &self->stacks, NULL);
    return status ? status : flame_interpreter_list(self->interpreter, NULL);
}

static void recorded_close(recorded *self)
{
    mixed_stacks_destroy(self->stacks);
    flame_interpreter_close(self->interpreter);
    snapshot_fini(&self->memory);
    fs_free(self->bytes);
}

static pid_t deepest_thread(void)
{
    recorded it;
    const flame_sample *sample;
    pid_t tid = 0;
    uint32_t depth = 0;
    assert_int_equal(recorded_open(&it), FS_OK);
    assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
    for (size_t i = 0; i < sample->count; i++) {
        if (sample->threads[i].depth <= depth) continue;
        depth = sample->threads[i].depth;
        tid = sample->threads[i].tid;
    }
    assert_true(tid > 0 && depth > 5);
    recorded_close(&it);
    return tid;
}

static flame_native_thread copy_of(pid_t tid, uint64_t number)
{
    return (flame_native_thread){.tid = tid, .end = FLAME_NATIVE_LOST, .ticks = 1, .copy = number};
}

static void a_copy_has_its_own_frames(void **state)
{
    recorded it;
    mixed_stack mixed;
    const pid_t tid = deepest_thread();
    (void)state;
    assert_int_equal(recorded_open(&it), FS_OK);
    mixed_stacks_read(it.stacks, tid, 1);
    mixed_stacks_read(it.stacks, tid, 2);
    for (uint64_t number = 1; number <= 2; number++) { /* both are there: one came between two ticks */
        const flame_native_thread native = copy_of(tid, number);
        assert_int_equal(mixed_stacks_merge(it.stacks, &native, &mixed, NULL), FS_OK);
        assert_int_equal(mixed.python.missed, FLAME_TAKEN);
        assert_int_equal(mixed.stack->count, mixed.python.depth);
        assert_true(mixed.is_python && mixed.python.depth > 5 && !mixed.stack->unordered);
        const flame_frame *root = &mixed.python.frames[mixed.python.depth - 1];
        assert_string_equal(flame_interpreter_code(it.interpreter, root->code)->name, "<module>");
    }
    const flame_native_thread later = copy_of(tid, 3), never = copy_of(tid + 1, 1);
    assert_int_equal(mixed_stacks_merge(it.stacks, &later, &mixed, NULL), FS_OK);
    assert_int_equal(mixed.python.missed, FLAME_MISSED_UNMAPPED);
    assert_int_equal(mixed_stacks_merge(it.stacks, &never, &mixed, NULL), FS_OK);
    assert_int_equal(mixed.python.missed, FLAME_MISSED_UNMAPPED);
    recorded_close(&it);
}

static void other_threads_have_none(void **state)
{
    recorded it;
    mixed_stack mixed;
    const flame_native_thread native = copy_of(STRANGER, 1);
    (void)state;
    assert_int_equal(recorded_open(&it), FS_OK);
    mixed_stacks_read(it.stacks, STRANGER, 1);
    assert_int_equal(mixed_stacks_merge(it.stacks, &native, &mixed, NULL), FS_OK);
    assert_int_equal(mixed.python.missed, FLAME_TAKEN);
    assert_int_equal(mixed.stack->count, 0);
    assert_false(mixed.is_python);
    recorded_close(&it);
}

static int read_and_merge(void *context)
{
    recorded it;
    mixed_stack mixed;
    const pid_t tid = *(const pid_t *)context;
    const flame_native_thread native = copy_of(tid, 1);
    fs_status status = recorded_open(&it);
    if (!status) {
        mixed_stacks_read(it.stacks, tid, 1);
        status = mixed_stacks_merge(it.stacks, &native, &mixed, NULL);
    }
    recorded_close(&it);
    return (int)status;
}

static void memory_may_end(void **state)
{
    pid_t tid = deepest_thread();
    (void)state;
    assert_true(alloc_sweep(read_and_merge, &tid, FS_MEMORY) > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_has_its_own_frames),
        cmocka_unit_test(other_threads_have_none),
        cmocka_unit_test(memory_may_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
