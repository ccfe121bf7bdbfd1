/* Python and native frames in one stack, from stacks that are made up: then the whole order is known. */
#include "alloc_sweep.h"
#include "memory.h"
#include "native_merge.h"
#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

enum { MOST = 400, FRAME = 64 /* bytes of the stack for each call */ };

/* A stack in letters, innermost first: p a Python frame, E a call that evaluates those before it, i another
 * function of the interpreter's, s one of the system's, x any other; a blank is nothing. */
typedef struct made {
    uint32_t places[MOST];
    uint64_t frames[MOST];
    uint8_t kinds[MOST];
    flame_evaluation evaluations[MOST];
    flame_native_stack native;
    size_t evaluation_count;
    uint32_t depth;
} made;

static place_kind kind_of(char letter)
{
    return letter == 'E'   ? PLACE_EVALUATION
           : letter == 'i' ? PLACE_INTERPRETER
           : letter == 's' ? PLACE_SYSTEM
                           : PLACE_OTHER;
}

static void make(made *m, const char *letters, bool marked)
{
    uint32_t calls = 0, begun = 0;
    memset(m, 0, sizeof *m);
    for (const char *at = letters; *at; at++) {
        if (*at == ' ') continue;
        if (*at == 'p') {
            m->depth++;
            continue;
        }
        m->frames[calls] = 0x7000 + (uint64_t)calls * FRAME;
        m->places[calls] = FLAME_NATIVE_FIRST + calls;
        m->kinds[m->places[calls]] = (uint8_t)kind_of(*at);
        if (*at == 'E') {
            m->evaluations[m->evaluation_count++] =
                (flame_evaluation){.frames = m->depth - begun, .mark = marked ? m->frames[calls] + 24 : 0};
            begun = m->depth;
        }
        calls++;
    }
    m->native = (flame_native_stack){
        .places = m->places, .frames = m->frames, .depth = calls, .end = FLAME_NATIVE_WHOLE};
}

/* Only the innermost `calls` of its native stack are known. */
static void lose(made *m, uint32_t calls)
{
    m->places[calls] = FLAME_NATIVE_UNKNOWN;
    m->kinds[FLAME_NATIVE_UNKNOWN] = PLACE_OTHER;
    m->native.depth = calls + 1;
    m->native.end = FLAME_NATIVE_LOST;
}

/* The evaluation of this number, from the innermost on, is not known to the interpreter. */
static void drop_evaluation(made *m, size_t number)
{
    m->evaluation_count--;
    memmove(m->evaluations + number, m->evaluations + number + 1,
            (m->evaluation_count - number) * sizeof *m->evaluations);
}

/* The merged stack in letters, u where the native one is lost, ? where the order is; Python frames must come
 * in their order, and native ones too. */
static bool merge_into(const made *m, bool all, char *letters)
{
    native_merge merge = {.all = all, .kinds = (uint8_t *)(uintptr_t)m->kinds, .kind_capacity = MOST};
    merged_stack out = {0};
    uint32_t python = 0, native = 0;
    fs_status status =
        native_merge_stack(&merge, &m->native, m->evaluations, m->evaluation_count, m->depth, &out, NULL);
    for (size_t i = 0; i < out.count && !status; i++) {
        const merged_frame *frame = &out.frames[i];
        const uint8_t kind = m->kinds[frame->index];
        if (frame->kind == MERGED_PYTHON) {
            assert_int_equal(frame->index, python++);
            letters[i] = 'p';
        } else if (frame->index == FLAME_NATIVE_UNORDERED) {
            letters[i] = '?';
        } else if (frame->index < FLAME_NATIVE_FIRST) {
            letters[i] = 'u';
        } else {
            assert_true(frame->index > native);
            native = frame->index;
            letters[i] = kind == PLACE_EVALUATION    ? 'E'
                         : kind == PLACE_INTERPRETER ? 'i'
                         : kind == PLACE_SYSTEM      ? 's'
                                                     : 'x';
        }
    }
    if (!status) {
        letters[out.count] = 0;
        assert_int_equal(python, m->depth);
        assert_int_equal(out.unordered, strchr(letters, '?') != NULL);
    }
    merge.kinds = NULL;
    native_merge_fini(&merge);
    fs_free(out.frames);
    return status == FS_OK;
}

static void expect(const made *m, bool all, const char *letters)
{
    char merged[2 * MOST + 2];
    assert_true(merge_into(m, all, merged));
    assert_string_equal(merged, letters);
}

/* ---- */

static void frames_stand_where_they_are_evaluated(void **state)
{
    made m;
    (void)state;
    for (int marked = 0; marked < 2; marked++) {
        make(&m, "sipEixxpEiss", marked);
        expect(&m, true, "sipEixxpEiss");
        expect(&m, false, "spxxp"); /* the interpreter's, and those that started the program */
        make(&m, "xpEixs", marked); /* a program with an interpreter in it */
        expect(&m, false, "xpx");
        make(&m, "iEss", marked); /* no Python frame: nothing stands for what would be left out */
        drop_evaluation(&m, 0);
        expect(&m, false, "iEss");
    }
    make(&m, "xpppEippEs", true);
    expect(&m, true, "xpppEippEs");
    expect(&m, false, "xppppp");
}

static void calls_without_python_frames_are_passed(void **state)
{
    made m;
    (void)state;
    make(&m, "EipEs", true); /* being entered: it is not known yet */
    m.evaluations[0] = m.evaluations[1];
    m.evaluation_count = 1;
    expect(&m, true, "EipEs");
    make(&m, "EipEs", false);
    m.evaluations[0] = m.evaluations[1];
    m.evaluation_count = 1;
    expect(&m, true, "EipEs");
    make(&m, "pExEipEs", true); /* being left: its frame has gone, and what that destroys runs */
    assert_int_equal(m.evaluations[1].frames, 0);
    expect(&m, true, "pExEipEs");
    make(&m, "pEs", true); /* a frame that stands for no call, behind the last */
    m.evaluations[m.evaluation_count++] = (flame_evaluation){.mark = 0x500};
    expect(&m, true, "pEs");
}

/* At its end the interpreter collects garbage with no Python code below; that may run some. */
static void a_collection_outside_of_all_code(void **state)
{
    made m;
    (void)state;
    make(&m, "xiissi", true);
    m.evaluations[m.evaluation_count++] = (flame_evaluation){.frames = 1, .mark = FLAME_NO_EVALUATION};
    m.depth = 1;
    expect(&m, true, "xipissi");
    expect(&m, false, "xp");
    make(&m, "xpEiiss", true);
    m.evaluations[m.evaluation_count++] = (flame_evaluation){.frames = 1, .mark = FLAME_NO_EVALUATION};
    m.depth = 2;
    expect(&m, false, "xpp");
    lose(&m, 3);
    expect(&m, false, "xpup");
    make(&m, "xss", true); /* nothing of the interpreter's */
    m.evaluations[m.evaluation_count++] = (flame_evaluation){.frames = 1, .mark = FLAME_NO_EVALUATION};
    m.depth = 1;
    expect(&m, true, "xss?p");
}

static void what_is_lost_is_outside(void **state)
{
    made m;
    (void)state;
    make(&m, "ipEixxpEisppEs", true);
    lose(&m, 4);
    expect(&m, true, "ipEixuppp");
    expect(&m, false, "pxuppp");
    lose(&m, 2); /* the call that evaluates is the last that is known */
    expect(&m, true, "ipEuppp");
    make(&m, "ipEixxpEispEs", false);
    lose(&m, 4);
    expect(&m, true, "ipEixupp");
    make(&m, "pEixxpEispEs", false); /* it may be just being entered: then it evaluates nothing yet */
    lose(&m, 3);
    expect(&m, true, "Eixu?ppp");
}

static void what_does_not_agree_is_not_guessed(void **state)
{
    made m;
    (void)state;
    make(&m, "xpEpExpEs", false); /* a call is not recognised */
    m.kinds[m.places[2]] = PLACE_INTERPRETER;
    expect(&m, true, "xEixEs?ppp");
    expect(&m, false, "xxs?ppp");
    make(&m, "xpEpEpEs", false); /* two calls more than frames */
    drop_evaluation(&m, 0);
    drop_evaluation(&m, 0);
    m.depth = 1;
    expect(&m, true, "xEEEs?p");
    make(&m, "xpEpEs", true); /* frames that are on another stack */
    m.evaluations[0].mark = 0x10;
    expect(&m, true, "xEEs?pp");
    make(&m, "xpEpEs", true);
    m.evaluations[1].mark = 0x90000;
    expect(&m, true, "xEEs?pp");
    make(&m, "xpEpEs", true); /* out of order */
    m.evaluations[1].mark = m.evaluations[0].mark;
    expect(&m, true, "xEEs?pp");
}

static void a_stack_that_is_cut_goes_on_in_the_next_call(void **state)
{
    made m;
    (void)state;
    make(&m, "xpEixppEis", true); /* the second is not known to its end */
    m.evaluation_count = 1;
    expect(&m, true, "xpEixppEis");
    m.native.end = FLAME_NATIVE_TOO_DEEP;
    lose(&m, 4);
    expect(&m, true, "xpEixupp");
}

static void a_thread_of_which_nothing_was_copied_is_python_alone(void **state)
{
    made m;
    (void)state;
    for (int marked = 0; marked < 2; marked++) {
        make(&m, "ppEpE", marked);
        m.native.depth = 0;
        m.native.end = FLAME_NATIVE_LOST;
        expect(&m, false, "ppp");
    }
}

/* Any stack comes out as it was: those with marks, and with one frame a call. */
static void any_order_is_found(void **state)
{
    fs_random random;
    made m;
    (void)state;
    fs_random_init(&random, 7);
    for (int round = 0; round < 2000; round++) {
        char letters[MOST], native[MOST];
        size_t length = 0, kept = 0;
        const bool marked = round % 2;
        for (uint64_t groups = fs_random_next(&random) % 6; groups > 0; groups--) {
            for (uint64_t n = fs_random_next(&random) % 4; n > 0; n--)
                letters[length++] = "xis"[fs_random_next(&random) % 3];
            for (uint64_t n = marked ? fs_random_next(&random) % 4 : 1; n > 0; n--) letters[length++] = 'p';
            letters[length++] = 'E';
        }
        letters[length++] = 's';
        letters[length] = 0;
        make(&m, letters, marked);
        expect(&m, true, letters);
        if (!marked || m.native.depth < 2) continue;
        /* Cut anywhere: what is known stays in its order. */
        const uint32_t calls = 1 + (uint32_t)(fs_random_next(&random) % (m.native.depth - 1));
        for (size_t i = 0, seen = 0; letters[i] && seen < calls; i++) {
            seen += letters[i] != 'p';
            native[kept++] = letters[i];
        }
        native[kept++] = 'u';
        for (size_t i = kept - 1; letters[i]; i++)
            if (letters[i] == 'p') native[kept++] = 'p';
        native[kept] = 0;
        lose(&m, calls);
        expect(&m, true, native);
    }
}

static int merge_one(void *context)
{
    char merged[2 * MOST + 2];
    made *m = context;
    native_merge merge = {0};
    merged_stack out = {0};
    (void)merged;
    fs_status status =
        native_merge_stack(&merge, &m->native, m->evaluations, m->evaluation_count, m->depth, &out, NULL);
    native_merge_fini(&merge);
    fs_free(out.frames);
    return (int)status;
}

static void memory_may_end(void **state)
{
    made m;
    (void)state;
    make(&m, "xpEs", true);
    assert_true(alloc_sweep(merge_one, &m, FS_MEMORY) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_stand_where_they_are_evaluated),
        cmocka_unit_test(calls_without_python_frames_are_passed),
        cmocka_unit_test(a_collection_outside_of_all_code),
        cmocka_unit_test(what_is_lost_is_outside),
        cmocka_unit_test(what_does_not_agree_is_not_guessed),
        cmocka_unit_test(a_stack_that_is_cut_goes_on_in_the_next_call),
        cmocka_unit_test(a_thread_of_which_nothing_was_copied_is_python_alone),
        cmocka_unit_test(any_order_is_found),
        cmocka_unit_test(memory_may_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
