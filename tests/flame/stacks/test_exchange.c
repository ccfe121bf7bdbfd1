/* speedscope, pprof and Chrome traces: out, in again, damaged, and with hostile names. */
#include "random.h"
#include "stack_text.h"
#include "wire.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static flame_tree *tree_of(const char *text, bool in_time)
{
    flame_read_options options = stack_text_options(in_time, true);
    flame_tree *tree;
    fs_error error = {0};
    if (stack_text_read(text, strlen(text), &options, &tree, NULL, &error)) fail_msg("%s", error.message);
    return tree;
}

/* What a gzip file holds; free with free. */
static char *gunzip(const char *bytes, size_t length, size_t *out_length)
{
    size_t room = 1 << 20;
    char *out = malloc(room);
    z_stream z = {.next_in = (unsigned char *)bytes, .avail_in = (uInt)length};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    z.next_out = (unsigned char *)out;
    z.avail_out = (uInt)room;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    *out_length = z.total_out;
    inflateEnd(&z);
    return out;
}

/* Write, read again, and compare as folded text. */
static void round_trip(const char *folded, stack_text_writer writer, const flame_profile *profile,
                       bool in_time, const char *expected)
{
    flame_tree *tree = tree_of(folded, in_time);
    size_t length;
    char *bytes = stack_text_written(tree, profile, writer, &length);
    flame_tree_destroy(tree);
    char *plain = NULL;
    if (writer == flame_write_pprof) {
        plain = gunzip(bytes, length, &length);
        fs_free(bytes);
        bytes = plain;
    }
    flame_read_options options = stack_text_options(in_time, true);
    if (writer == flame_write_pprof && profile && profile->period > 0) options.sample_type = "samples";
    flame_report report;
    fs_error error = {0};
    if (stack_text_read(bytes, length, &options, &tree, &report, &error)) fail_msg("%s", error.message);
    assert_int_equal(report.skipped, 0);
    assert_int_equal(report.format, writer == flame_write_pprof ? FLAME_PPROF : FLAME_SPEEDSCOPE);
    char *again = stack_text_folded(tree);
    assert_string_equal(again, expected);
    fs_free(again);
    flame_tree_destroy(tree);
    if (plain)
        free(plain);
    else
        fs_free(bytes);
}

static const char plain_stacks[] = "a.py:main:1 2\na.py:main:1;a.py:f:3 4\na.py:main:1;b.py:f:3 5\n"
                                   "a.py:main:1;std::x<int> 7\nother 1\n";
static const char hostile_stacks[] = "\"quote\\\";<script>alert(1)</script> 1\n"
                                     "<!--]]>;\xE2\x80\xAE"
                                     "rtl;\x01\x1b\t\x7f 2\n"
                                     "\xE2\x80\xA8;{\"a\":1};' 3\n";

static void profiles_come_back(void **state)
{
    (void)state;
    flame_profile timed = {.title = "t", .period = 1e6};
    flame_profile bytes = {.unit = "bytes"};
    round_trip(plain_stacks, flame_write_speedscope, NULL, false, plain_stacks);
    round_trip(plain_stacks, flame_write_speedscope, &bytes, false, plain_stacks);
    round_trip(plain_stacks, flame_write_pprof, NULL, false, plain_stacks);
    round_trip(plain_stacks, flame_write_pprof, &timed, false, plain_stacks);
    round_trip(plain_stacks, flame_write_pprof, &bytes, false, plain_stacks);
    round_trip(hostile_stacks, flame_write_speedscope, NULL, false,
               "\"quote\\\";<script>alert(1)</script> 1\n"
               "<!--]]>;\xE2\x80\xAE"
               "rtl;\x01\x1b\t\x7f 2\n"
               "\xE2\x80\xA8;{\"a\":1};' 3\n");
    round_trip(hostile_stacks, flame_write_pprof, NULL, false, hostile_stacks);
    round_trip("a;b 1\na;c 1\na;b 2\na 1\na;b 1\nd 3\n", flame_write_speedscope, NULL, true,
               "a 1\na;b 1\na;b 1\na;b 2\na;c 1\nd 3\n");
}

static void large_counts_come_back(void **state)
{
    (void)state;
    static const char stacks[] = "a 9007199254740993\na;b 1000000000000000001\nc 9223372036854775807\n";
    round_trip(stacks, flame_write_speedscope, NULL, false, stacks);
    round_trip(stacks, flame_write_pprof, NULL, false, stacks);
    static const char larger[] = "a 1\nb 18446744073709551615\n";
    round_trip(larger, flame_write_speedscope, NULL, false, larger);
    /* In time their sum is a time. */
    static const char in_time[] = "a 1\nb 18446744073709551615\nc 18446744073709551615\nd 1\n";
    round_trip(in_time, flame_write_speedscope, NULL, true, in_time);
    round_trip("a 12345678901234567.5\nb 9007199254740993.5\nc 0.5\nd 0.5\n", flame_write_pprof, NULL, false,
               "a 12345678901234567.5\nb 9007199254740993.5\nc 0.5\nd 0.5\n");

    /* pprof's counts have a sign: what does not fit is refused, not cut. */
    static const struct {
        const char *stacks, *count;
        double period;
    } cases[] = {{"a;f 9223372036854775808\n", "9223372036854775808", 0},
                 {"a;f 9300000000000\n", "9300000000000000000", 1e6},
                 {"a;f 9223372036854775807\na;f 9223372036854775807\n", "18446744073709551614", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        flame_tree *tree = tree_of(cases[i].stacks, false);
        flame_profile profile = {.period = cases[i].period};
        fs_output *output;
        fs_error error;
        assert_int_equal(fs_output_open("/dev/null", &output, &error), FS_OK);
        assert_int_equal(flame_write_pprof(tree, &profile, output, &error), FS_DATA);
        assert_non_null(strstr(error.message, cases[i].count));
        assert_non_null(strstr(error.message, "'f'"));
        fs_output_discard(output);
        flame_tree_destroy(tree);
    }
}

/* Times since 1970 in nanoseconds, weights of 64 bits, and names that look like numbers. */
static void large_numbers_in_json(void **state)
{
    (void)state;
    static const char head[] =
        "{\"shared\":{\"frames\":[{\"name\":\"a\"},{\"name\":\"1234567890123456789\"}]},"
        "\"profiles\":[";
    static const struct {
        const char *profile, *folded;
    } cases[] = {
        {"{\"type\":\"evented\",\"unit\":\"nanoseconds\",\"startValue\":1764345600000000001,\"events\":["
         "{\"type\":\"O\",\"frame\":0,\"at\":1764345600000000003},"
         "{\"type\":\"O\",\"frame\":1,\"at\":1764345600000000004},"
         "{\"type\":\"C\",\"frame\":1,\"at\":1764345600000000009},"
         "{\"type\":\"C\",\"frame\":0,\"at\":1764345600000000010}]}]}",
         "a 2\na;1234567890123456789 5\n"},
        {"{\"type\":\"evented\",\"unit\":\"none\",\"startValue\":-9007199254740995,\"events\":["
         "{\"type\":\"O\",\"frame\":0,\"at\":-9007199254740993},{\"type\":\"C\",\"frame\":0,\"at\":-10}]}]}",
         "a 9007199254740983\n"},
        {"{\"type\":\"sampled\",\"unit\":\"none\",\"samples\":[[0],[1],[0,1]],"
         "\"weights\":[18446744073709551615 ,1e3,\t1234567890123456789.0]}]}",
         "1234567890123456789 1000\na 18446744073709551615\na;1234567890123456789 1234567890123456789\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s%s", head, cases[i].profile);
        stack_text_expect(text, NULL, cases[i].folded);
    }
    char text[1024];
    snprintf(text, sizeof text,
             "%s{\"type\":\"sampled\",\"unit\":\"none\",\"samples\":[[0],[0]],"
             "\"weights\":[18446744073709551616,1]}]}",
             head);
    flame_tree *tree;
    flame_report report;
    assert_int_equal(stack_text_read(text, strlen(text), NULL, &tree, &report, NULL), FS_OK);
    assert_int_equal(report.skipped, 1);
    assert_string_equal(report.reason, "its count is not a number up to 18446744073709551615");
    flame_tree_destroy(tree);
}

static void bytes_that_are_no_utf8_are_replaced(void **state)
{
    (void)state;
    round_trip("a\xFF"
               "b 1\n",
               flame_write_speedscope, NULL, false,
               "a\xEF\xBF\xBD"
               "b 1\n");
    round_trip("a\xFF"
               "b 1\n",
               flame_write_pprof, NULL, false,
               "a\xEF\xBF\xBD"
               "b 1\n");
}

static void threads_are_profiles(void **state)
{
    (void)state;
    static const char stacks[] = "MainThread;a;b 3\nworker-1;a 2\n";
    flame_profile profile = {.threads = true};
    round_trip(stacks, flame_write_speedscope, &profile, false, stacks);
    round_trip(stacks, flame_write_pprof, &profile, false, stacks);
}

/* A fraction is not lost: counts are written times a power of ten, and a comment says so. */
static void pprof_keeps_fractions_and_pairs(void **state)
{
    (void)state;
    static const char *const same[] = {
        "a;b 0.3\na;c 0.4\na;d 2.6\n", "a 0.001\nb 1\n",     "a 1e-09\nb 3\n", "a 123456.789\n",
        "a;b 5 7\na;c 0 3\na;d 4 0\n", "a 0.5 1\nb 1 0.25\n"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        round_trip(same[i], flame_write_pprof, NULL, false, same[i]);
    flame_tree *tree = tree_of(same[0], false);
    assert_true(flame_pprof_scale(tree) == 10);
    size_t length, size;
    char *bytes = stack_text_written(tree, NULL, flame_write_pprof, &length);
    char *plain = gunzip(bytes, length, &size);
    assert_non_null(memmem(plain, size, "counts are those of the input times 10", 38));
    uint64_t values[3] = {0};
    size_t samples = 0;
    flame_wire wire = {.at = (unsigned char *)plain, .end = (unsigned char *)plain + size};
    flame_field field, inner;
    while (flame_wire_next(&wire, &field)) {
        if (field.number != 2) continue;
        while (flame_wire_next(&field.bytes, &inner))
            if (inner.number == 2) assert_true(flame_wire_number(&inner.bytes, &values[samples]));
        samples++;
    }
    assert_int_equal(samples, 3);
    assert_true(values[0] == 3 && values[1] == 4 && values[2] == 26);
    flame_tree_destroy(tree);
    fs_free(bytes);
    free(plain);
    tree = tree_of("a 1\nb 9007199254740993\n", false);
    assert_true(flame_pprof_scale(tree) == 1);
    flame_tree_destroy(tree);
}

static void pprof_sums_survive_rounding(void **state)
{
    (void)state;
    fs_text text;
    fs_text_init(&text);
    for (int i = 0; i < 1000; i++) fs_text_format(&text, "f%d 0.3\n", i);
    flame_tree *tree = tree_of(fs_text_string(&text), false);
    size_t length, size;
    char *bytes = stack_text_written(tree, NULL, flame_write_pprof, &length);
    flame_tree_destroy(tree);
    char *plain = gunzip(bytes, length, &size);
    flame_report report;
    assert_int_equal(stack_text_read(plain, size, NULL, &tree, &report, NULL), FS_OK);
    assert_true(report.total_after >= 299 && report.total_after <= 301);
    flame_tree_destroy(tree);
    fs_text_fini(&text);
    fs_free(bytes);
    free(plain);
}

/* What speedscope's schema asks for, said as checks. */
static void speedscope_output_follows_the_schema(void **state)
{
    (void)state;
    static const char *const units[] = {"none",         "nanoseconds", "microseconds",
                                        "milliseconds", "seconds",     "bytes"};
    for (int in_time = 0; in_time < 2; in_time++) {
        flame_tree *tree = tree_of(plain_stacks, in_time);
        size_t length;
        char *bytes = stack_text_written(tree, NULL, flame_write_speedscope, &length);
        cJSON *root = cJSON_ParseWithLength(bytes, length);
        assert_non_null(root);
        assert_string_equal(cJSON_GetObjectItem(root, "$schema")->valuestring,
                            "https://www.speedscope.app/file-format-schema.json");
        const cJSON *frames = cJSON_GetObjectItem(cJSON_GetObjectItem(root, "shared"), "frames"), *item;
        int count = cJSON_GetArraySize(frames);
        assert_int_equal(count, 5);
        cJSON_ArrayForEach(item, frames)
        {
            assert_true(cJSON_IsString(cJSON_GetObjectItem(item, "name")));
            const cJSON *file = cJSON_GetObjectItem(item, "file"), *line = cJSON_GetObjectItem(item, "line");
            assert_true((file == NULL) == (line == NULL) && (!file || cJSON_IsString(file)));
        }
        const cJSON *profile = cJSON_GetObjectItem(root, "profiles")->child;
        assert_true(cJSON_IsString(cJSON_GetObjectItem(profile, "name")));
        const char *unit = cJSON_GetObjectItem(profile, "unit")->valuestring;
        bool known = false;
        for (size_t i = 0; i < 6; i++) known = known || strcmp(unit, units[i]) == 0;
        assert_true(known);
        double end = cJSON_GetObjectItem(profile, "endValue")->valuedouble;
        assert_true(cJSON_GetObjectItem(profile, "startValue")->valuedouble == 0 && end == 19);
        if (in_time) {
            assert_string_equal(cJSON_GetObjectItem(profile, "type")->valuestring, "evented");
            double last = 0;
            int depth = 0, open[16];
            cJSON_ArrayForEach(item, cJSON_GetObjectItem(profile, "events"))
            {
                double at = cJSON_GetObjectItem(item, "at")->valuedouble;
                assert_true(at >= last && at <= end);
                last = at;
                int frame = cJSON_GetObjectItem(item, "frame")->valueint;
                assert_in_range(frame, 0, count - 1);
                if (cJSON_GetObjectItem(item, "type")->valuestring[0] == 'O')
                    open[depth++] = frame;
                else
                    assert_int_equal(open[--depth], frame);
            }
            assert_int_equal(depth, 0);
        } else {
            assert_string_equal(cJSON_GetObjectItem(profile, "type")->valuestring, "sampled");
            const cJSON *samples = cJSON_GetObjectItem(profile, "samples");
            const cJSON *weights = cJSON_GetObjectItem(profile, "weights");
            assert_int_equal(cJSON_GetArraySize(samples), cJSON_GetArraySize(weights));
            double sum = 0;
            cJSON_ArrayForEach(item, weights) sum += item->valuedouble;
            assert_true(sum == end);
        }
        cJSON_Delete(root);
        fs_free(bytes);
        flame_tree_destroy(tree);
    }
}

static void chrome_traces_need_time(void **state)
{
    (void)state;
    flame_tree *tree = tree_of("a;b 1\n", false);
    fs_error error = {0};
    fs_output *output;
    assert_int_equal(fs_output_open("/dev/null", &output, &error), FS_OK);
    assert_int_equal(flame_write_chrome(tree, NULL, output, &error), FS_ARGUMENT);
    fs_output_discard(output);
    flame_tree_destroy(tree);

    tree = tree_of(hostile_stacks, true);
    flame_profile profile = {.period = 2e6, .title = "</script>"};
    size_t length;
    char *bytes = stack_text_written(tree, &profile, flame_write_chrome, &length);
    cJSON *root = cJSON_ParseWithLength(bytes, length);
    assert_non_null(root);
    double last = 0;
    int depth = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(root, "traceEvents"))
    {
        const char *phase = cJSON_GetObjectItem(item, "ph")->valuestring;
        if (phase[0] == 'M') continue;
        depth += phase[0] == 'B' ? 1 : -1;
        double at = cJSON_GetObjectItem(item, "ts")->valuedouble;
        assert_true(at >= last && depth >= 0);
        last = at;
    }
    assert_true(depth == 0 && last == 12000); /* 6 samples of 2 ms in microseconds */
    cJSON_Delete(root);
    fs_free(bytes);
    flame_tree_destroy(tree);
}

/* ---- speedscope in ---- */

static void expect_json(const char *profiles, const char *folded, uint64_t skipped)
{
    fs_text text;
    fs_text_init(&text);
    fs_text_format(
        &text,
        "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"shared\":{\"frames\":"
        "[{\"name\":\"a\"},{\"name\":\"b\",\"file\":\"b.js\",\"line\":7},{\"name\":\"c\"}]},"
        "\"profiles\":[%s]}",
        profiles);
    flame_tree *tree;
    flame_report report;
    fs_error error = {0};
    if (stack_text_read(text.data, text.length, NULL, &tree, &report, &error)) fail_msg("%s", error.message);
    char *again = stack_text_folded(tree);
    assert_string_equal(again, folded);
    assert_int_equal(report.skipped, skipped);
    fs_free(again);
    flame_tree_destroy(tree);
    fs_text_fini(&text);
}

static void speedscope_files_are_read(void **state)
{
    (void)state;
    expect_json("{\"type\":\"sampled\",\"name\":\"x\",\"unit\":\"none\",\"startValue\":0,\"endValue\":3,"
                "\"samples\":[[0,1],[0],[0,1]],\"weights\":[1,2,0.5]}",
                "a 2\na;b 1.5\n", 0);
    expect_json("{\"type\":\"evented\",\"name\":\"x\",\"unit\":\"seconds\",\"startValue\":1,\"endValue\":9,"
                "\"events\":["
                "{\"type\":\"O\",\"frame\":0,\"at\":1},{\"type\":\"O\",\"frame\":1,\"at\":2},"
                "{\"type\":\"C\",\"frame\":1,\"at\":5},{\"type\":\"C\",\"frame\":0,\"at\":6},"
                "{\"type\":\"O\",\"frame\":2,\"at\":8},{\"type\":\"C\",\"frame\":2,\"at\":9}]}",
                "a 2\na;b 3\nc 1\n", 0);
    /* Several are threads; another unit is left out. */
    expect_json("{\"type\":\"sampled\",\"name\":\"t1\",\"unit\":\"none\",\"samples\":[[0]],\"weights\":[1]},"
                "{\"type\":\"sampled\",\"name\":\"t2\",\"unit\":\"none\",\"samples\":[[0]],\"weights\":[2]},"
                "{\"type\":\"sampled\",\"name\":\"t3\",\"unit\":\"bytes\",\"samples\":[[0]],\"weights\":[4]}",
                "t1;a 1\nt2;a 2\n", 0);
}

/* Names that JSON can spell and folded text cannot hold. */
static void names_that_folded_text_cannot_hold(void **state)
{
    (void)state;
    static const char text[] =
        "{\"shared\":{\"frames\":[{\"name\":\"a\\nb;c\\r\"},{\"name\":\"<\\/script>]]>\\u202e 7\"},{\"name\":"
        "\"cut\\u0000off\"},{}]},\"profiles\":[{\"type\":\"sampled\",\"unit\":\"none\",\"samples\":"
        "[[0,1],[3,1]],\"weights\":[1,2]}]}";
    stack_text_expect(text, NULL, ";</script>]]>\xE2\x80\xAE 7 2\na b:c ;</script>]]>\xE2\x80\xAE 7 1\n");
}

static void bad_speedscope_content_is_told(void **state)
{
    (void)state;
    expect_json("{\"type\":\"sampled\",\"name\":\"x\",\"unit\":\"none\",\"samples\":[[0,9],[0],[1],[-1],["
                "\"a\"],7,[2],[2]],"
                "\"weights\":[1,2,-5,1,1,1,1e300]}",
                "a 2\n", 7);
    expect_json("{\"type\":\"evented\",\"unit\":\"none\",\"startValue\":0,\"events\":["
                "{\"type\":\"C\",\"frame\":0,\"at\":0},{\"type\":\"O\",\"frame\":0,\"at\":1},"
                "{\"type\":\"C\",\"frame\":1,\"at\":2},{\"type\":\"O\",\"frame\":1,\"at\":1},"
                "{\"type\":\"C\",\"frame\":0,\"at\":4},{\"frame\":99,\"at\":5},{}]}",
                "a 3\n", 5);
    static const struct {
        const char *text, *words;
        fs_status status;
    } cases[] = {
        {"{\"a\":", "the JSON is damaged at line 1", FS_FORMAT},
        {"{\n\"a\": nope}", "line 2", FS_FORMAT},
        {"{}", "JSON of no known profiler", FS_FORMAT},
        {"{\"shared\":{}}", "no profiles", FS_FORMAT},
        {"{\"profiles\":[]}", "no shared.frames", FS_FORMAT},
        {"{\"profiles\":[],\"shared\":{\"frames\":[]}}", "no stack", FS_DATA},
        {"{\"profiles\":[{\"type\":\"sampled\"}],\"shared\":{\"frames\":[]}}", "no samples", FS_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        flame_tree *tree;
        fs_error error = {0};
        assert_int_equal(stack_text_read(cases[i].text, strlen(cases[i].text), NULL, &tree, NULL, &error),
                         cases[i].status);
        if (!strstr(error.message, cases[i].words)) fail_msg("%s", error.message);
    }
    /* Nesting without end does not end the program. */
    char *deep = malloc(1 << 20);
    memset(deep, '[', 1 << 20);
    memcpy(deep, "{\"a\":", 5);
    flame_tree *tree;
    assert_int_equal(stack_text_read(deep, 1 << 20, NULL, &tree, NULL, NULL), FS_FORMAT);
    free(deep);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles_come_back),
        cmocka_unit_test(large_counts_come_back),
        cmocka_unit_test(large_numbers_in_json),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(threads_are_profiles),
        cmocka_unit_test(pprof_keeps_fractions_and_pairs),
        cmocka_unit_test(pprof_sums_survive_rounding),
        cmocka_unit_test(speedscope_output_follows_the_schema),
        cmocka_unit_test(chrome_traces_need_time),
        cmocka_unit_test(speedscope_files_are_read),
        cmocka_unit_test(names_that_folded_text_cannot_hold),
        cmocka_unit_test(bad_speedscope_content_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
