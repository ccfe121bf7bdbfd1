/* Recorded interpreters, from inside. */
#include "alloc_sweep.h"
#include "memory.h"
#include "recorded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static unsigned count_name(const flame_interpreter *interpreter, const flame_thread_sample *thread,
                           const char *name)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < thread->depth; i++)
        count += strcmp(flame_interpreter_code(interpreter, thread->frames[i].code)->name, name) == 0;
    return count;
}

static void test_recorded(void **state)
{
    (void)state;
    for (unsigned minor = PYTHON_OLDEST; minor <= PYTHON_NEWEST; minor++) {
        recorded it;
        const flame_sample *sample;
        assert_int_equal(recorded_open(&it, minor, NULL), FS_OK);
        for (int again = 0; again < 3; again++) {
            assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
            assert_int_equal(sample->missed, FLAME_TAKEN);
            assert_int_equal(sample->count, 2);
            unsigned holders = 0;
            for (size_t i = 0; i < 2; i++) {
                const flame_thread_sample *thread = &sample->threads[i];
                assert_int_equal(thread->missed, FLAME_TAKEN);
                assert_int_equal(thread->interpreter, 0);
                holders += thread->holds_gil;
                if (count_name(it.interpreter, thread, "other")) {
                    assert_int_equal(thread->depth, 1);
                    continue;
                }
                const flame_frame *root = &thread->frames[thread->depth - 1];
                assert_string_equal(flame_interpreter_code(it.interpreter, root->code)->name, "<module>");
                assert_int_equal(root->line, 15);
                assert_int_equal(count_name(it.interpreter, thread, "rec"), 5);
                assert_int_equal(count_name(it.interpreter, thread, "<lambda>"), 1);
                assert_int_equal(count_name(it.interpreter, thread, "method"), 1);
                assert_int_equal(count_name(it.interpreter, thread,
                                            "gr\xC3\xB6\xC3\x9F"
                                            "e"),
                                 1);
                assert_int_equal(count_name(it.interpreter, thread, "leaf"), 1);
            }
            assert_true(holders <= 1);
            if (again == 2) assert_int_equal(sample->calls, 1); /* the steady state */
        }
        recorded_close(&it);
    }
}

static uint8_t *byte_at(snapshot *memory, uint64_t address)
{
    for (size_t i = 0; i < memory->count; i++)
        if (address - memory->pieces[i].address < memory->pieces[i].length)
            return memory->pieces[i].bytes + (address - memory->pieces[i].address);
    fail_msg("nothing was recorded at %#llx", (unsigned long long)address);
    return NULL;
}

/* Change `from` into `to` (of the same length) wherever it stands. */
static unsigned replace(snapshot *memory, const char *from, const char *to)
{
    unsigned count = 0;
    size_t length = strlen(from) + 1; /* with its NUL: whole strings */
    for (size_t i = 0; i < memory->count; i++)
        for (uint32_t at = 0; at + length <= memory->pieces[i].length; at++)
            if (memcmp(memory->pieces[i].bytes + at, from, length) == 0) {
                memcpy(memory->pieces[i].bytes + at, to, length);
                count++;
            }
    return count;
}

/* A code object of that name, as the cache knows it. */
static code_entry *entry_named(const recorded *it, const char *name)
{
    for (size_t i = 0; i < it->interpreter->cache.entry_count; i++) {
        code_entry *entry = it->interpreter->cache.entries[i];
        if (strcmp(it->interpreter->cache.bodies[entry->id].names.name, name) == 0) return entry;
    }
    return NULL;
}

static void check_reused_address(unsigned minor, const char *name, const char *other)
{
    recorded it;
    const flame_sample *sample;
    assert_int_equal(recorded_open(&it, minor, NULL), FS_OK);
    assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
    assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
    uint32_t before = flame_interpreter_codes(it.interpreter);
    /* Another function of the same size at the same address, its name at the same address too. */
    assert_true(replace(&it.memory, name, other) > 0);
    const python_layout *layout = &it.interpreter->runtime.layout;
    if (layout->validation != PYTHON_VALIDATE_CONTENT) {
        /* CPython says so: by a number of the code object's own, or by having freed one. */
        const code_entry *entry = entry_named(&it, name);
        assert_non_null(entry);
        uint64_t word = layout->validation == PYTHON_VALIDATE_VERSION
                            ? entry->address + layout->code.version
                            : it.interpreter->states[0].address + layout->interpreter.generation;
        ++*byte_at(&it.memory, word);
    }
    assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
    unsigned old = 0, new = 0;
    for (size_t i = 0; i < sample->count; i++) {
        assert_int_equal(sample->threads[i].missed, FLAME_TAKEN);
        assert_int_equal(sample->threads[i].ticks, 1);
        old += count_name(it.interpreter, &sample->threads[i], name);
        new += count_name(it.interpreter, &sample->threads[i], other);
    }
    assert_int_equal(old, 0);
    assert_int_equal(new, 1);
    assert_int_equal(flame_interpreter_codes(it.interpreter), before + 1);
    /* And back: the code that was there at first has the id that it had. */
    recorded_close(&it);
}

static void test_reused_address(void **state)
{
    (void)state;
    for (unsigned minor = PYTHON_OLDEST; minor <= PYTHON_NEWEST; minor++) {
        check_reused_address(minor, "method", "metho2");
        check_reused_address(minor, "leaf", "lea2"); /* on top */
    }
}

/* What is known for an address is of a code object so much shorter that the frame stands beyond its end. */
static void check_longer_code(unsigned minor, bool differs)
{
    recorded it;
    const flame_sample *sample;
    assert_int_equal(recorded_open(&it, minor, NULL), FS_OK);
    for (int again = 0; again < 3; again++)
        assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
    code_entry *entry = entry_named(&it, "method");
    assert_non_null(entry);
    entry->code_bytes = 2;
    if (differs) entry->expected[0] ^= 1;
    entry->valid = false;
    for (size_t i = 0; i < sample->count; i++)
        gather_clear(&it.interpreter->threads[i]->stack.validation.spans);
    assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
    for (size_t i = 0; i < sample->count; i++) assert_int_equal(sample->threads[i].missed, FLAME_TAKEN);
    assert_true(entry_named(&it, "method")->code_bytes > 2);
    recorded_close(&it);
}

static void test_longer_code_at_the_address(void **state)
{
    (void)state;
    for (unsigned minor = PYTHON_OLDEST; minor <= PYTHON_NEWEST; minor++) {
        check_longer_code(minor, true);
        /* To 3.9 code may differ in nothing but its length. */
        if (minor <= 9) check_longer_code(minor, false);
    }
}

/* A word of memory that is another each time it is read. */
typedef struct changing_memory {
    flame_reader below;
    uint64_t address;
    const uint32_t *values; /* two of them, by turns */
    unsigned reads;
} changing_memory;

static size_t read_changing_memory(void *context, const flame_span *spans, size_t count, int *reason)
{
    changing_memory *self = context;
    size_t done = self->below.read(self->below.self, spans, count, reason);
    for (size_t i = 0; i < done && self->address; i++)
        if (self->address >= spans[i].address &&
            self->address + sizeof *self->values <= spans[i].address + spans[i].length)
            memcpy((uint8_t *)spans[i].bytes + (self->address - spans[i].address),
                   &self->values[self->reads++ % 2], sizeof *self->values);
    return done;
}

/* Memory in which the type of code objects has a name, which the recordings lack. */
typedef struct type_name {
    flame_reader below;
    uint64_t type;
    const char *name;
} type_name;

static size_t read_type_name(void *context, const flame_span *spans, size_t count, int *reason)
{
    enum { FIELD = 24, NAME = 0x1000 }; /* of tp_name; where the name is */
    type_name *self = context;
    const uint64_t name = NAME;
    if (count == 1 && spans->address == self->type + FIELD)
        memcpy(spans->bytes, &name, sizeof name);
    else if (count == 1 && spans->address == NAME)
        memcpy(spans->bytes, self->name, spans->length);
    else
        return self->below.read(self->below.self, spans, count, reason);
    return 1;
}

/* An interpreter without symbols: what its code objects are is learnt, but not from just anything. */
static void test_type_of_code_is_learnt(void **state)
{
    (void)state;
    for (unsigned minor = PYTHON_OLDEST; minor <= PYTHON_NEWEST; minor++) {
        recorded it;
        const flame_sample *sample;
        assert_int_equal(recorded_open(&it, minor, NULL), FS_OK);
        type_name memory = {.below = it.reader, .type = it.memory.code_type, .name = "dict"};
        flame_reader reader = {.read = read_type_name, .self = &memory};
        it.interpreter->reader = it.interpreter->stacks.reader = it.interpreter->cache.reader = &reader;
        it.interpreter->cache.code_type = 0;
        assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
        for (size_t i = 0; i < sample->count; i++)
            assert_int_not_equal(sample->threads[i].missed, FLAME_TAKEN);
        assert_true(it.interpreter->cache.code_type == 0);
        memory.name = "code";
        assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
        for (size_t i = 0; i < sample->count; i++) assert_int_equal(sample->threads[i].missed, FLAME_TAKEN);
        assert_true(it.interpreter->cache.code_type == it.memory.code_type);
        recorded_close(&it);
    }
}

/* What cannot be read again and again is tried less, and taken as soon as it can. */
static void test_patience(void **state)
{
    (void)state;
    recorded it;
    const flame_sample *sample;
    assert_int_equal(recorded_open(&it, 8, NULL), FS_OK);
    type_name memory = {.below = it.reader, .type = it.memory.code_type, .name = "dict"};
    flame_reader reader = {.read = read_type_name, .self = &memory};
    it.interpreter->reader = it.interpreter->stacks.reader = it.interpreter->cache.reader = &reader;
    it.interpreter->cache.code_type = 0;
    it.interpreter->options.attempts = 24;
    assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
    uint32_t at_first = sample->retries;
    for (int i = 1; i < 80; i++)
        assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
    if (sample->retries * 4 >= at_first) fail_msg("%u retries, %u at first", sample->retries, at_first);
    memory.name = "code";
    assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
    for (size_t i = 0; i < sample->count; i++) assert_int_equal(sample->threads[i].missed, FLAME_TAKEN);
    recorded_close(&it);
}

/* A stack deeper than the limit: its innermost frames as they are, and one that says so. */
static void test_deep_stacks(void **state)
{
    (void)state;
    for (unsigned minor = PYTHON_OLDEST; minor <= PYTHON_NEWEST; minor++) {
        recorded it;
        const flame_sample *sample;
        flame_frame whole[64];
        assert_int_equal(recorded_open(&it, minor, NULL), FS_OK);
        assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
        uint32_t depth = deepest(sample)->depth;
        assert_true(depth > 4 && depth <= 64);
        memcpy(whole, deepest(sample)->frames, depth * sizeof *whole);
        it.interpreter->stacks.max_depth = 4;
        for (int i = 0; i < 3; i++) {
            assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
            const flame_thread_sample *thread = deepest(sample);
            assert_int_equal(thread->missed, FLAME_TAKEN);
            assert_true(thread->depth >= 3 && thread->depth <= 5); /* some are the interpreter's own */
            const flame_frame *last = &thread->frames[thread->depth - 1];
            const flame_code *code = flame_interpreter_code(it.interpreter, last->code);
            assert_string_equal(code->name, FLAME_TRUNCATED);
            assert_string_equal(code->file, "");
            assert_int_equal(flame_interpreter_position(it.interpreter, last).line, 0);
            assert_memory_equal(thread->frames, whole, (thread->depth - 1) * sizeof *whole);
        }
        it.interpreter->stacks.max_depth = 20000;
        assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
        assert_int_equal(deepest(sample)->depth, depth);
        recorded_close(&it);
    }
}

/* A caller that has gone on between the two copies: the stack is missed, and taken when it stands still. */
static void test_moving_frames(void **state)
{
    (void)state;
    static const uint32_t starting[] = {0, 2};
    for (unsigned minor = PYTHON_OLDEST; minor <= PYTHON_NEWEST; minor++) {
        recorded it;
        const flame_sample *sample;
        assert_int_equal(recorded_open(&it, minor, NULL), FS_OK);
        changing_memory memory = {.below = it.reader, .values = starting};
        flame_reader reader = {.read = read_changing_memory, .self = &memory};
        it.interpreter->reader = it.interpreter->stacks.reader = it.interpreter->cache.reader = &reader;
        for (int i = 0; i < 3; i++)
            assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
        const uint32_t depth = deepest(sample)->depth;
        size_t slot = 0;
        while (&it.interpreter->samples[slot] != deepest(sample)) slot++;
        const stack_thread *stack = &it.interpreter->threads[slot]->stack;
        memory.address = stack->chain[1] + it.interpreter->runtime.layout.frame.counter;
        for (int i = 0; i < 3; i++) {
            assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
            assert_int_equal(sample->threads[slot].missed, FLAME_MISSED_TORN);
            assert_int_equal(sample->threads[slot].depth, 0);
        }
        memory.address = 0;
        assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
        assert_int_equal(deepest(sample)->missed, FLAME_TAKEN);
        assert_int_equal(deepest(sample)->depth, depth);
        recorded_close(&it);
    }
}

/* Memory with a _PyCFrame at `address`, which the recordings lack; `frame` is the top frame that it names. */
typedef struct cframe_memory {
    flame_reader below;
    uint64_t address, frame;
} cframe_memory;

static size_t read_cframe(void *context, const flame_span *spans, size_t count, int *reason)
{
    cframe_memory *self = context;
    for (size_t i = 0; i < count; i++) {
        if (self->address && spans[i].address == self->address) {
            memset(spans[i].bytes, 0, spans[i].length);
            memcpy(spans[i].bytes, &self->frame, sizeof self->frame);
        } else if (self->below.read(self->below.self, &spans[i], 1, reason) != 1) {
            return i;
        }
    }
    return count;
}

/* A generator on top that names no caller: from 3.12 on it is on its way, however often it is seen so.
 * To 3.11 it may have been called from outside Python, and is believed after some readings; but not in 3.11
 * where another evaluation was left for it. */
static void test_uncalled_generator(void **state)
{
    (void)state;
    for (unsigned minor = PYTHON_OLDEST; minor <= PYTHON_NEWEST; minor++) {
        recorded it;
        const flame_sample *sample;
        assert_int_equal(recorded_open(&it, minor, NULL), FS_OK);
        const python_layout *layout = &it.interpreter->runtime.layout;
        cframe_memory memory = {.below = it.reader};
        flame_reader reader = {.read = read_cframe, .self = &memory};
        it.interpreter->reader = it.interpreter->stacks.reader = it.interpreter->cache.reader = &reader;
        for (int i = 0; i < 3; i++)
            assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
        size_t slot = 0;
        while (&it.interpreter->samples[slot] != deepest(sample)) slot++;
        const stack_thread *stack = &it.interpreter->threads[slot]->stack;
        if (minor == 11) { /* the one before that of the top frame */
            const uint32_t through = layout->thread.through_cframe;
            const uint64_t cframe = load_64(stack->memory.block + layout->thread.frame);
            memory.address = load_64(byte_at(&it.memory, cframe + through + 8)) + through;
        }
        entry_named(&it, "leaf")->suspends = true;
        memset(byte_at(&it.memory, stack->chain[0] + layout->frame.previous), 0, 8);
        for (int i = 0; i < 8; i++) {
            assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
            if (i == 0 || minor > 11) assert_int_equal(sample->threads[slot].missed, FLAME_MISSED_TORN);
        }
        assert_int_equal(sample->threads[slot].depth, minor <= 11);
        memory.frame = it.memory.runtime; /* whatever it is, it is left for this one */
        assert_int_equal(flame_interpreter_sample(it.interpreter, &sample, NULL), FS_OK);
        assert_int_equal(sample->threads[slot].depth, minor <= 10);
        recorded_close(&it);
    }
}

static int sample_recorded(void *context)
{
    recorded it;
    const flame_sample *sample;
    fs_status status = recorded_open(&it, *(unsigned *)context, NULL);
    for (int i = 0; i < 2 && status == FS_OK; i++)
        status = flame_interpreter_sample(it.interpreter, &sample, NULL);
    recorded_close(&it);
    return (int)status;
}

static void test_memory(void **state)
{
    (void)state;
    unsigned versions[] = {8, 11, 12, 14};
    for (size_t i = 0; i < 4; i++) assert_true(alloc_sweep(sample_recorded, &versions[i], FS_MEMORY) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded),
        cmocka_unit_test(test_reused_address),
        cmocka_unit_test(test_longer_code_at_the_address),
        cmocka_unit_test(test_type_of_code_is_learnt),
        cmocka_unit_test(test_patience),
        cmocka_unit_test(test_deep_stacks),
        cmocka_unit_test(test_moving_frames),
        cmocka_unit_test(test_uncalled_generator),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
