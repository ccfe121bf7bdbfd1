/* Every allocation of the readers and writers made to fail in turn. */
#include "alloc_sweep.h"
#include "difference.h"
#include "output_format.h"
#include "pprof_copy.h"
#include "stack_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct sweep_input {
    const char *text;
    size_t length;
    bool in_time;
} sweep_input;

static int read_text(void *context)
{
    const sweep_input *input = context;
    flame_read_options options;
    flame_read_options_default(&options);
    options.in_time = input->in_time;
    flame_tree *tree = NULL;
    fs_error error;
    fs_status status = flame_tree_create(&tree, &error);
    if (!status)
        status = flame_stacks_read_memory(input->text, input->length, "test", &options, tree, NULL, &error);
    flame_tree_destroy(tree);
    return (int)status;
}

static void reading(void **state)
{
    (void)state;
    fs_text folded, perf, wide;
    fs_text_init(&folded);
    fs_text_init(&perf);
    fs_text_init(&wide);
    for (int i = 0; i < 300; i++) {
        fs_text_format(&folded, "main;f%d;g%d_[k];h 1\n", i, i % 7);
        fs_text_format(&perf, "a %d [000] 1.5: cycles:\n\t4010 f%d (/a)\n\t4011 x->y (/tmp/perf-1.map)\n\n",
                       i % 3, i % 50);
    }
    fs_text_append(&wide, "\xFF\xFE", 2);
    for (size_t i = 0; i < folded.length; i++) {
        fs_text_append(&wide, &folded.data[i], 1);
        fs_text_append(&wide, "", 1);
    }
    sweep_input inputs[] = {
        {folded.data, folded.length, false},
        {folded.data, folded.length, true},
        {perf.data, perf.length, false},
        {wide.data, wide.length, false},
    };
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        assert_true(alloc_sweep(read_text, &inputs[i], FS_MEMORY) > 10);
    fs_text_fini(&folded);
    fs_text_fini(&perf);
    fs_text_fini(&wide);
}

static const char pprof[] = "\x0A\x04\x08\x01\x10\x02"             /* sample type: strings 1, 2 */
                            "\x12\x07\x0A\x02\x02\x01\x12\x01\x05" /* sample: locations 2, 1; value 5 */
                            "\x22\x06\x08\x01\x22\x02\x08\x01"     /* location 1: function 1 */
                            "\x22\x06\x08\x02\x22\x02\x08\x01"
                            "\x2A\x04\x08\x01\x10\x03" /* function 1: string 3 */
                            "\x32\x00\x32\x03"
                            "cpu\x32\x02ns\x32\x04main";

static void reading_pprof(void **state)
{
    (void)state;
    sweep_input input = {pprof, sizeof pprof - 1, false};
    assert_int_equal(read_text(&input), FS_OK);
    assert_true(alloc_sweep(read_text, &input, FS_MEMORY) > 10);
}

/* Enough new stacks for a second thread. */
static void reading_by_two_threads(void **state)
{
    (void)state;
    fs_text text;
    fs_text_init(&text);
    for (int i = 0; i < 1100; i++) fs_text_format(&text, "main;f%d;g%d;h%d 1\n", i % 31, i, i % 7);
    sweep_input input = {text.data, text.length, false};
    assert_int_equal(read_text(&input), FS_OK);
    assert_true(alloc_sweep(read_text, &input, FS_MEMORY) > 20);
    fs_text_fini(&text);
}

static const char heap[] =
    "--- symbol\n0x400100 inner--outer\n---\nheap profile: 1: 5 [1: 5] @ heap/1048576\n"
    "1: 5 [1: 5] @ 0x400100 0x500000 0x1\n#\t0x1\tmain.f+0x1\t/a.go:3\n#\t0x2\n"
    "\nMAPPED_LIBRARIES:\n400000-600000 r-xp 0 0:0 0 /bin/x\n";
static const char cpu[] = "\0\0\0\0\3\0\0\0\0\0\0\0\x10\x27\0\0\0\0\0\0"
                          "\5\0\0\0\1\0\0\0\0\1\x40\0\0\0\0\0\1\0\0\0\0\0\0\0"
                          "400000-600000 r-xp 0 0:0 0 /bin/x\n";

static void reading_legacy_profiles(void **state)
{
    (void)state;
    sweep_input inputs[] = {{heap, sizeof heap - 1, false}, {cpu, sizeof cpu - 1, false}};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(read_text(&inputs[i]), FS_OK);
        assert_true(alloc_sweep(read_text, &inputs[i], FS_MEMORY) > 5);
    }
}

static int read_changed(void *context)
{
    static const char *const merge[] = {"pool-\\d+"};
    static const char text[] = "pool-1;_ZN3foo3barEv;std::f<int>(int) 1\npool-2;x 2\n";
    (void)context;
    flame_read_options options;
    flame_read_options_default(&options);
    options.names = (flame_name_options){true, true, merge, 1};
    flame_tree *tree = NULL;
    fs_error error;
    fs_status status = flame_tree_create(&tree, &error);
    if (!status)
        status = flame_stacks_read_memory(text, sizeof text - 1, "test", &options, tree, NULL, &error);
    flame_tree_destroy(tree);
    return (int)status;
}

static int copy_profile(void *context)
{
    (void)context;
    flame_name_options names = {.shorten = true};
    flame_pprof_changes changes = {.title = "t", .sample_type = "cpu", .names = &names};
    fs_output *output = NULL;
    fs_error error;
    fs_status status = fs_output_open("/dev/null", &output, &error);
    if (!status) status = flame_pprof_copy(pprof, sizeof pprof - 1, &changes, output, &error);
    fs_output_discard(output);
    return (int)status;
}

static void changing_names_and_copying(void **state)
{
    (void)state;
    assert_int_equal(read_changed(NULL), FS_OK);
    assert_true(alloc_sweep(read_changed, NULL, FS_MEMORY) > 10);
    assert_int_equal(copy_profile(NULL), FS_OK);
    assert_true(alloc_sweep(copy_profile, NULL, FS_MEMORY) > 10);
}

typedef struct sweep_output {
    const flame_tree *tree;
    flame_output_form form;
} sweep_output;

static int write_tree(void *context)
{
    const sweep_output *what = context;
    flame_profile profile = {.period = 1e6, .threads = true, .title = "t"};
    fs_output *output = NULL;
    fs_error error;
    fs_status status = fs_output_open("/dev/null", &output, &error);
    if (!status)
        status = flame_write(what->tree, what->form, &(flame_output_settings){.profile = &profile}, output,
                             &error);
    fs_output_discard(output);
    return (int)status;
}

static int list_changes(void *context)
{
    flame_function_change *changes = NULL;
    size_t count;
    fs_error error;
    fs_status status = flame_tree_changes(context, &changes, &count, &error);
    fs_free(changes);
    return (int)status;
}

static void writing(void **state)
{
    (void)state;
    static const char text[] = "a;b.py:f:3;c 2\na;d 3\ne\xFF 1\n";
    flame_read_options options;
    flame_read_options_default(&options);
    options.in_time = true;
    flame_tree *tree;
    assert_int_equal(stack_text_read(text, strlen(text), &options, &tree, NULL, NULL), FS_OK);
    for (int form = FLAME_OUTPUT_FOLDED; form <= FLAME_OUTPUT_LAST_FILE; form++) {
        sweep_output what = {tree, (flame_output_form)form};
        assert_true(alloc_sweep(write_tree, &what, FS_MEMORY) > 1);
    }
    assert_true(alloc_sweep(list_changes, tree, FS_MEMORY) > 0);
    flame_tree_destroy(tree);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(reading_pprof),
        cmocka_unit_test(reading_legacy_profiles),
        cmocka_unit_test(reading_by_two_threads),
        cmocka_unit_test(changing_names_and_copying),
        cmocka_unit_test(writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
