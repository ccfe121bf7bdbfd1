/* src/base: memory, files, JSON, random. */
#include "clock.h"
#include "file.h"
#include "json_writer.h"
#include "memory.h"
#include "random.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

/* What gzip unpacks to is bounded; the bound itself is allowed, and plain bytes are not counted. */
static void unpacking_is_bounded(void **state)
{
    (void)state;
    char packed[] = "/tmp/test_base.XXXXXX", bytes[8192];
    int fd = mkstemp(packed);
    assert_true(fd >= 0);
    close(fd);
    gzFile file = gzopen(packed, "wb");
    memset(bytes, 'x', sizeof bytes);
    for (int i = 0; i < 16; i++) assert_int_equal(gzwrite(file, bytes, sizeof bytes), sizeof bytes);
    gzclose(file);
    for (int less = 0; less < 2; less++) {
        fs_input *input;
        fs_error error;
        uint64_t total = 0;
        size_t got = 1;
        assert_int_equal(fs_input_open(packed, &input, &error), FS_OK);
        fs_input_max_unpacked(input, 16 * sizeof bytes - (unsigned)less);
        fs_status status = FS_OK;
        while (status == FS_OK && got) {
            status = fs_input_read(input, bytes, sizeof bytes, &got, &error);
            if (status == FS_OK) total += got;
        }
        assert_true(fs_input_is_packed(input));
        assert_int_equal(status, less ? FS_LIMIT : FS_OK);
        if (less)
            assert_non_null(strstr(error.message, "unpack to more than"));
        else
            assert_int_equal(total, 16 * sizeof bytes);
        fs_input_close(input);
    }
    unlink(packed);
}

static void sizes_do_not_wrap(void **state)
{
    (void)state;
    size_t product;
    assert_false(fs_size_mul(SIZE_MAX / 2, 3, &product));
    assert_null(fs_alloc(SIZE_MAX / 2, 3));
    assert_null(fs_alloc_aligned(SIZE_MAX, 1));
    int *list = NULL;
    size_t capacity = 0;
    assert_true(FS_GROW(list, capacity, 100));
    assert_true(capacity >= 100);
    assert_false(FS_GROW(list, capacity, SIZE_MAX / 2));
    fs_free(list);
    fs_arena arena;
    fs_arena_init(&arena);
    for (size_t i = 0; i < 5000; i++) {
        char *piece = fs_arena_alloc(&arena, 1, i);
        assert_non_null(piece);
        assert_true((uintptr_t)piece % 16 == 0);
        memset(piece, 7, i);
    }
    fs_arena_fini(&arena);
}

static char folder[] = "/tmp/flamescale-test-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[4][256];
    static unsigned turn;
    char *p = path[turn++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static void output_is_whole_or_absent(void **state)
{
    (void)state;
    const char *path = in_folder("out.txt");
    fs_output *output;
    fs_error error;
    assert_int_equal(fs_output_open(path, &output, &error), FS_OK);
    fs_output_string(output, "half");
    assert_int_not_equal(access(path, F_OK), 0);
    fs_output_discard(output);
    assert_int_not_equal(access(path, F_OK), 0);

    assert_int_equal(fs_output_open(path, &output, &error), FS_OK);
    for (int i = 0; i < 100000; i++) fs_output_format(output, "%d\n", i);
    assert_int_equal(fs_output_commit(output, &error), FS_OK);
    char *bytes;
    size_t length;
    assert_int_equal(fs_file_read(path, 0, &bytes, &length, &error), FS_OK);
    assert_int_equal(length, 588890);
    assert_memory_equal(bytes + length - 6, "99999\n", 6);
    fs_free(bytes);
    assert_int_equal(fs_file_read(path, 10, &bytes, &length, &error), FS_DATA);

    assert_int_equal(fs_output_open(in_folder("none/out"), &output, &error), FS_NOT_FOUND);
    assert_int_equal(fs_output_open(folder, &output, &error), FS_IO);
    assert_int_equal(fs_output_open("/dev/full", &output, &error), FS_OK);
    fs_output_string(output, "x");
    assert_int_equal(fs_output_commit(output, &error), FS_IO);
    assert_non_null(strstr(error.message, "/dev/full"));
    unlink(path);
}

static size_t files_in_folder(void)
{
    size_t count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (const struct dirent *entry; (entry = readdir(entries));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(entries);
    return count;
}

static void end_tidily(int number)
{
    fs_output_remove_temporaries();
    _exit(number);
}

/* A process that ends in a signal handler leaves what was committed and nothing else. */
static void a_signal_handler_removes_temporary_files(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fs_output *outputs[5];
        bool opened = true;
        for (int i = 0; i < 5; i++) {
            char name[16];
            snprintf(name, sizeof name, "out%d", i);
            opened = opened && fs_output_open(in_folder(name), &outputs[i], NULL) == FS_OK;
        }
        if (!opened || fs_output_commit(outputs[1], NULL) != FS_OK) _exit(1);
        fs_output_discard(outputs[2]);
        signal(SIGTERM, end_tidily);
        raise(SIGTERM);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), SIGTERM);
    assert_int_equal(files_in_folder(), 1);
    assert_int_equal(unlink(in_folder("out1")), 0);
}

/* More outputs than a handler knows of are as good as any. */
static void many_outputs_at_a_time(void **state)
{
    (void)state;
    enum { MANY = 70 };
    fs_output *outputs[MANY];
    for (int i = 0; i < MANY; i++)
        assert_int_equal(fs_output_open(in_folder("many"), &outputs[i], NULL), FS_OK);
    for (int i = 0; i < MANY; i += 2) fs_output_discard(outputs[i]);
    for (int i = 1; i < MANY; i += 2) assert_int_equal(fs_output_commit(outputs[i], NULL), FS_OK);
    assert_int_equal(files_in_folder(), 1);
    assert_int_equal(unlink(in_folder("many")), 0);
}

static void links_are_followed(void **state)
{
    (void)state;
    const char *path = in_folder("real"), *link = in_folder("link");
    fs_error error;
    fs_output *output;
    assert_int_equal(fs_output_open(path, &output, &error), FS_OK);
    assert_int_equal(fs_output_commit(output, &error), FS_OK);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(fs_output_open(link, &output, &error), FS_OK);
    fs_output_string(output, "through");
    assert_int_equal(fs_output_commit(output, &error), FS_OK);
    struct stat info;
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 7);
    unlink(path);
    unlink(link);
}

static void gzip_is_undone(void **state)
{
    (void)state;
    const char *path = in_folder("data.gz");
    gzFile gz = gzopen(path, "wb");
    for (int i = 0; i < 50000; i++) gzprintf(gz, "line %d\n", i);
    gzclose(gz);
    gz = gzopen(path, "ab"); /* a second member */
    gzprintf(gz, "end\n");
    gzclose(gz);
    char *bytes;
    size_t length;
    fs_error error;
    assert_int_equal(fs_file_read(path, 0, &bytes, &length, &error), FS_OK);
    assert_memory_equal(bytes, "line 0\nline 1\n", 14);
    assert_memory_equal(bytes + length - 14, "ine 49999\nend\n", 14);
    fs_free(bytes);
    assert_int_equal(truncate(path, 5000), 0);
    assert_int_equal(fs_file_read(path, 0, &bytes, &length, &error), FS_FORMAT);
    assert_non_null(strstr(error.message, "too soon"));
    unlink(path);
}

static void json_is_well_formed(void **state)
{
    (void)state;
    const char *path = in_folder("x.json");
    fs_output *output;
    fs_error error;
    assert_int_equal(fs_output_open(path, &output, &error), FS_OK);
    fs_json json;
    fs_json_init(&json, output, false);
    fs_json_object(&json);
    fs_json_key(&json, "a");
    fs_json_array(&json);
    fs_json_integer(&json, -1);
    fs_json_number(&json, 0.5);
    fs_json_number(&json, NAN);
    fs_json_end_array(&json);
    fs_json_key(&json, "b\"");
    fs_json_bool(&json, true);
    fs_json_key(&json, "c");
    fs_json_object(&json);
    fs_json_end_object(&json);
    fs_json_end_object(&json);
    fs_json_fini(&json);
    assert_int_equal(fs_output_commit(output, &error), FS_OK);
    char *bytes;
    size_t length;
    assert_int_equal(fs_file_read(path, 0, &bytes, &length, &error), FS_OK);
    assert_string_equal(bytes, "{\"a\":[-1,0.5,null],\"b\\\"\":true,\"c\":{}}");
    fs_free(bytes);
    unlink(path);
}
static void random_is_the_published_one(void **state)
{
    (void)state;
    /* xoshiro256++ from state 1, 2, 3, 4: the first outputs worked out by hand from the definition. */
    fs_random random = {{1, 2, 3, 4}};
    assert_true(fs_random_next(&random) == 41943041u);
    assert_true(fs_random_next(&random) == 58720359u);
    fs_random_init(&random, 0);
    assert_true(random.state[0] == 0xE220A8397B1DCDAFu); /* splitmix64 from 0 */
    double sum = 0, squares = 0;
    for (int i = 0; i < 100000; i++) {
        double z = fs_random_normal(&random);
        sum += z;
        squares += z * z;
    }
    assert_true(fabs(sum / 100000) < 0.02);
    assert_true(fabs(squares / 100000 - 1) < 0.02);
    for (int i = 0; i < 1000; i++) assert_true(fs_random_below(&random, 7) < 7);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); /* fails when a test left something behind */
}

static void on_alarm(int number)
{
    (void)number;
}

static bool count_down(void *context)
{
    int *left = context;
    return --*left > 0;
}

/* A signal while a read waits asks whether to go on. */
static void a_waiting_read_can_be_given_up(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    fs_input *input;
    fs_error error;
    assert_int_equal(fs_input_open(path, &input, &error), FS_OK);
    int left = 3;
    fs_input_interruptible(input, count_down, &left);
    struct sigaction action = {.sa_handler = on_alarm}, old;
    sigaction(SIGALRM, &action, &old);
    struct itimerval often = {.it_interval = {.tv_usec = 5000}, .it_value = {.tv_usec = 5000}}, never = {0};
    setitimer(ITIMER_REAL, &often, NULL);
    char byte;
    size_t got;
    fs_status status = fs_input_read(input, &byte, 1, &got, &error);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &old, NULL);
    assert_int_equal(status, FS_IO);
    assert_int_equal(left, 0);
    fs_input_close(input);
    close(ends[0]);
    close(ends[1]);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpacking_is_bounded),
        cmocka_unit_test(sizes_do_not_wrap),
        cmocka_unit_test(output_is_whole_or_absent),
        cmocka_unit_test(a_signal_handler_removes_temporary_files),
        cmocka_unit_test(many_outputs_at_a_time),
        cmocka_unit_test(links_are_followed),
        cmocka_unit_test(gzip_is_undone),
        cmocka_unit_test(json_is_well_formed),
        cmocka_unit_test(random_is_the_published_one),
        cmocka_unit_test(a_waiting_read_can_be_given_up),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
