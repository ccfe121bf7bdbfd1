/* Instructions that a thread runs in a copy of its own, as in free-threaded builds: a recorded interpreter
 * that is made to have one. */
#include "memory.h"
#include "recorded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static uint8_t *bytes_at(const recorded *it, uint64_t address)
{
    for (size_t i = 0; i < it->memory.count; i++) {
        const snapshot_piece *piece = &it->memory.pieces[i];
        if (address - piece->address < piece->length) return piece->bytes + (address - piece->address);
    }
    fail_msg("nothing was recorded at %#llx", (unsigned long long)address);
    return NULL;
}

static void put_word(const recorded *it, uint64_t address, uint64_t word)
{
    memcpy(bytes_at(it, address), &word, sizeof word);
}

static flame_missed sample_deepest(const recorded *it, const flame_thread_sample **thread)
{
    const flame_sample *sample;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(flame_interpreter_sample(it->interpreter, &sample, NULL), FS_OK);
        const bool deep = sample->threads[1].depth > sample->threads[0].depth;
        *thread = &sample->threads[deep];
        if (sample->threads[!deep].missed) return sample->threads[!deep].missed;
    }
    return (*thread)->missed;
}

static void test_copies(void **state)
{
    (void)state;
    enum { STACKTOP = 64, CONSTANTS = 24, UNUSED_WORD = 120 };
    const uint64_t places[] = {0x700000010000, 0x700000020000};
    recorded it;
    const flame_thread_sample *sample;
    flame_frame whole[64];
    assert_int_equal(recorded_open(&it, 13, NULL), FS_OK);
    assert_int_equal(sample_deepest(&it, &sample), FLAME_TAKEN);
    const uint32_t depth = sample->depth;
    memcpy(whole, sample->frames, depth * sizeof *whole);
    python_thread *const *threads = it.interpreter->threads;
    const stack_thread *thread = &threads[threads[1]->stack.depth > threads[0]->stack.depth]->stack;
    python_layout *layout = &it.interpreter->runtime.layout;

    /* Fields of the recorded build that may be taken for those of a free-threaded one. */
    layout->frame.copy = STACKTOP;
    layout->code.copies = CONSTANTS;
    layout->interpreter.copies_generation = layout->interpreter.id;
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < threads[i]->stack.chain_count; k++)
            memset(bytes_at(&it, threads[i]->stack.chain[k] + STACKTOP), 0, 4);
    const uint64_t frame = thread->chain[1], array = it.memory.runtime + 8 * UNUSED_WORD;
    const uint64_t code = load_64(bytes_at(&it, frame + layout->frame.code));
    const uint64_t into = load_64(bytes_at(&it, frame + layout->frame.counter)) - code - layout->code.body;
    bytes_at(&it, frame + STACKTOP)[0] = 1;
    put_word(&it, code + CONSTANTS, array);
    put_word(&it, array, 2);
    for (size_t i = 0; i < 2; i++) {
        put_word(&it, array + 16, places[i]);
        put_word(&it, frame + layout->frame.counter, places[i] + into);
        /* While the counter stays, the copy is believed to be where it was: nothing is said of another place.
         */
        if (i) assert_int_equal(sample_deepest(&it, &sample), FLAME_MISSED_TORN);
        if (i) layout->interpreter.copies_generation = layout->interpreter.threads;
        assert_int_equal(sample_deepest(&it, &sample), FLAME_TAKEN);
        assert_int_equal(sample->depth, depth);
        assert_memory_equal(sample->frames, whole, depth * sizeof *whole);
    }
    /* A copy that is not there. */
    put_word(&it, array, 1);
    layout->interpreter.copies_generation = layout->interpreter.id;
    assert_int_not_equal(sample_deepest(&it, &sample), FLAME_TAKEN);
    recorded_close(&it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_copies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
