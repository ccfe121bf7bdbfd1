/* What is left where a program dies while it writes, and that the next one removes it. */
#include "file.h"
#include "memory.h"
#include "output.h"
#include "output_folder.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* All are complete before the first name is given; killed anywhere in between, the last is the old one or all
 * are new. */
static void death_between_the_names(void **state)
{
    static const char *const names[] = {"map", "plot", "json"};
    (void)state;
    for (int at = 1; at <= 4; at++) {
        for (int i = 0; i < 3; i++) make_file(names[i], "old");
        pid_t child = fork();
        if (child == 0) {
            fs_output *outputs[3];
            fs_error error;
            renames = 0;
            die_at = at;
            for (int i = 0; i < 3; i++) {
                if (fs_output_open(names[i], &outputs[i], &error)) _exit(1);
                fs_output_string(outputs[i], "new");
            }
            if (fs_outputs_commit(outputs, 3, &error)) _exit(1);
            _exit(renames == 3 && complete_at_first == 3 ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(at < 4 ? WIFSIGNALED(status) : status == 0);
        for (int i = 0; i < 3; i++) assert_content(names[i], i < at - 1 ? "new" : "old");
        assert_int_equal(count(".", ".flamescale-"), 4 - at);
        write_to("next", "");
        assert_int_equal(count(".", ".flamescale-"), 0);
    }
}

/* A child that opens outputs and dies in one of several ways; what it leaves is counted. */
static int leave(const char *folder, bool remove)
{
    pid_t child = fork();
    if (child == 0) {
        fs_output *outputs[3];
        fs_error error;
        if (chdir(folder) != 0) _exit(1);
        for (int i = 0; i < 3; i++) {
            char name[2] = {(char)('a' + i), 0};
            if (fs_output_open(name, &outputs[i], &error)) _exit(1);
            fs_output_string(outputs[i], "half");
        }
        if (remove) {
            fs_output_remove_temporaries();
            _exit(0);
        }
        raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(remove ? status == 0 : WIFSIGNALED(status));
    return count(folder, "");
}

static void what_the_dead_left_is_removed(void **state)
{
    fs_output *living, *next;
    fs_error error;
    (void)state;
    assert_int_equal(mkdir("sub", 0777), 0);
    assert_int_equal(leave("sub", true), 0);
    int left = leave("sub", false);
    assert_int_equal(left, has_unnamed ? 0 : 3);
    assert_int_equal(count("sub", ".flamescale-"), left);
    /* Not the files of others, nor of the living. */
    make_file("sub/.flamescale", "mine");
    make_file("sub/.flamescale-notes", "mine");
    make_file("sub/.flamescale-0123456789abcdefg", "mine");
    assert_int_equal(mkdir("sub/.flamescale-folder", 0777), 0);
    assert_int_equal(fs_output_open("sub/living", &living, &error), FS_OK);
    assert_int_equal(count("sub", ".flamescale-"), 3 + !has_unnamed);
    assert_int_equal(fs_output_open("sub/next", &next, &error), FS_OK);
    assert_int_equal(fs_output_commit(living, &error), FS_OK);
    assert_int_equal(fs_output_commit(next, &error), FS_OK);
    assert_int_equal(count("sub", ".flamescale-"), 3);
    assert_int_equal(count("sub", ""), 6);
}

/* Killed at a random moment: the old file or the new one, and nothing else. */
static void death_at_any_moment(void **state)
{
    (void)state;
    int left = 0;
    make_file("out", "0");
    for (int i = 0; i < 40; i++) {
        pid_t child = fork();
        if (child == 0)
            for (;;) write_to("out", "new");
        usleep((useconds_t)(1000 + i * 137));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        char *bytes;
        size_t length;
        assert_int_equal(fs_file_read("out", 0, &bytes, &length, NULL), FS_OK);
        assert_true(strcmp(bytes, "new") == 0 || strcmp(bytes, "0") == 0);
        fs_free(bytes);
        left = count(".", ".flamescale-");
        assert_true(left <= 1); /* the one that was being given its name */
    }
    write_to("out", "new");
    assert_int_equal(count(".", ".flamescale-"), 0);
}

/* Many that write into one folder do not take each other's files for left over. */
static void many_write_beside_each_other(void **state)
{
    enum { WRITERS = 6, TIMES = 100 };
    pid_t children[WRITERS];
    (void)state;
    for (int w = 0; w < WRITERS; w++) {
        if ((children[w] = fork()) != 0) continue;
        for (int i = 0; i < TIMES; i++) {
            char name[32];
            fs_output *output;
            fs_error error;
            snprintf(name, sizeof name, "out-%d-%d", w, i);
            if (fs_output_open(name, &output, &error) || fs_output_commit(output, &error)) _exit(1);
        }
        _exit(0);
    }
    for (int w = 0; w < WRITERS; w++) {
        int status;
        waitpid(children[w], &status, 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(count(".", ""), WRITERS * TIMES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(death_between_the_names),
        EACH(what_the_dead_left_is_removed),
        EACH(death_at_any_moment),
        EACH(many_write_beside_each_other),
    };
    return cmocka_run_group_tests(tests, make_top, remove_top);
}
