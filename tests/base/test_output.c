/* Outputs: what is written through, what is replaced; with files that have no
 * name until they are complete, and as on file systems that have none such. */
#include "file.h"
#include "memory.h"
#include "output.h"
#include "output_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <dirent.h>
#include <zlib.h>

enum { MOUNT_ROOT = 0x2000 }; /* STATX_ATTR_MOUNT_ROOT, which older headers lack */

/* ---- descriptors ---- */

static void descriptors_are_written_through(void **state)
{
    char path[64], thread[64];
    (void)state;
    make_file("log", "precious\n");
    int fd = open("log", O_WRONLY | O_APPEND);
    assert_true(fd >= 3);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    assert_int_equal(symlink(path, "link"), 0);
    assert_int_equal(symlink("link", "another"), 0);
    write_to("link", "one\n");
    write_to("another", "two\n");
    write_to(path, "three\n");
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    write_to(path, "four\n");
    assert_content("log", "precious\none\ntwo\nthree\nfour\n");
    assert_true(S_ISLNK(mode_of("link")));
    assert_true(S_ISLNK(mode_of("another")));
    close(fd);

    /* Its place in the file is kept too: what the shell has written with > before stays. */
    fd = open("log", O_RDWR | O_TRUNC);
    assert_int_equal(write(fd, "before\n", 7), 7);
    write_to(path, "after\n");
    assert_content("log", "before\nafter\n");

    /* Seen as another process sees it, where it cannot be duplicated. */
    snprintf(thread, sizeof thread, "/proc/self/task/%ld/fd/%d", (long)syscall(SYS_gettid), fd);
    write_to(thread, "end\n");
    assert_content("log", "before\nafter\nend\n");
    close(fd);
}

static void only_what_was_given_is_a_descriptor(void **state)
{
    char path[64];
    fs_output *output;
    fs_error error;
    (void)state;
    make_file("log", "precious\n");
    int own = open("log", O_WRONLY | O_CLOEXEC), reading = open("log", O_RDONLY);
    snprintf(path, sizeof path, "/dev/fd/%d", own);
    assert_int_equal(fs_output_open(path, &output, &error), FS_IO);
    snprintf(path, sizeof path, "/dev/fd/%d", reading);
    assert_int_equal(fs_output_open(path, &output, &error), FS_IO);
    assert_non_null(strstr(error.message, path));
    assert_int_not_equal(fs_output_open("/dev/fd/999", &output, &error), FS_OK);
    assert_content("log", "precious\n");
    close(own);
    close(reading);
}

static void pipes_and_devices_are_written_through(void **state)
{
    char got[16] = "";
    (void)state;
    assert_int_equal(mkfifo("pipe", 0600), 0);
    int reader = open("pipe", O_RDONLY | O_NONBLOCK);
    write_to("pipe", "hello");
    assert_int_equal(read(reader, got, sizeof got), 5);
    assert_string_equal(got, "hello");
    assert_true(S_ISFIFO(mode_of("pipe")));
    close(reader);
    assert_int_equal(symlink("/dev/null", "null"), 0);
    write_to("null", "nothing");
    assert_true(S_ISLNK(mode_of("null")));
    assert_true(S_ISCHR(mode_of("/dev/null")));
}

/* ---- files ---- */

static void long_names_work(void **state)
{
    char name[NAME_MAX + 2];
    fs_output *output;
    fs_error error;
    (void)state;
    for (size_t length = NAME_MAX - 6; length <= NAME_MAX; length++) {
        memset(name, 'n', length);
        name[length] = '\0';
        write_to(name, "long");
        assert_content(name, "long");
    }
    assert_int_equal(count(".", ""), 7);
    memset(name, 'n', NAME_MAX + 1);
    name[NAME_MAX + 1] = '\0';
    assert_int_equal(fs_output_open(name, &output, &error), FS_IO); /* told at once */
}

static void links_lead_to_their_end(void **state)
{
    fs_output *output;
    fs_error error;
    (void)state;
    assert_int_equal(mkdir("sub", 0777), 0);
    assert_int_equal(symlink("sub/link", "first"), 0);
    assert_int_equal(symlink("file", "sub/link"), 0); /* beside it, in sub; not there yet */
    write_to("first", "new");
    assert_content("sub/file", "new");
    write_to("first", "newer");
    assert_content("sub/file", "newer");
    assert_true(S_ISLNK(mode_of("first")));
    assert_true(S_ISLNK(mode_of("sub/link")));
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(fs_output_open("loop", &output, &error), FS_IO);
    assert_int_equal(symlink("none/file", "lost"), 0);
    assert_int_equal(fs_output_open("lost", &output, &error), FS_NOT_FOUND);
    assert_int_equal(symlink("sub", "folder"), 0);
    assert_int_equal(fs_output_open("folder", &output, &error), FS_IO);
    assert_int_equal(fs_output_open("sub/", &output, &error), FS_IO);
    assert_non_null(strstr(error.message, "it is a folder"));
}

static void permissions_are_kept_and_elevation_is_not(void **state)
{
    fs_output *output;
    fs_error error;
    (void)state;
    umask(027);
    write_to("new", "");
    assert_int_equal(mode_of("new") & 07777, 0640);
    umask(022);
    make_file("old", "old");
    assert_int_equal(chmod("old", 06751), 0);
    write_to("old", "new");
    assert_int_equal(mode_of("old") & 07777, 0751);
    assert_int_equal(chmod("old", 0600), 0);
    write_to("old", "newer");
    assert_int_equal(mode_of("old") & 07777, 0600);
    /* A default name: afresh. */
    assert_int_equal(fs_output_open_new("old", &output, &error), FS_OK);
    assert_int_equal(fs_output_commit(output, &error), FS_OK);
    assert_int_equal(mode_of("old") & 07777, 0644);
}

static void default_names_follow_nothing(void **state)
{
    fs_output *output;
    fs_error error;
    (void)state;
    make_file("target", "precious");
    assert_int_equal(symlink("target", "default"), 0);
    assert_int_equal(fs_output_open_new("default", &output, &error), FS_OK);
    fs_output_string(output, "new");
    assert_int_equal(fs_output_commit(output, &error), FS_OK);
    assert_true(S_ISREG(mode_of("default")));
    assert_content("default", "new");
    assert_content("target", "precious");
    assert_int_equal(mkfifo("pipe", 0666), 0); /* nobody reads: opening it would wait */
    assert_int_equal(fs_output_open_new("pipe", &output, &error), FS_OK);
    assert_int_equal(fs_output_commit(output, &error), FS_OK);
    assert_true(S_ISREG(mode_of("pipe")));
}

enum { SOMEBODY = 65534, ANOTHER = 65533 };

static void other_users_cannot_lead_astray(void **state)
{
    fs_output *output;
    fs_error error;
    struct stat info;
    (void)state;
    if (geteuid() != 0) skip();
    assert_int_equal(setgroups(0, NULL), 0); /* root's own groups would let another user keep them */
    assert_int_equal(chmod(top, 0755), 0);
    assert_int_equal(mkdir("shared", 0777), 0);
    assert_int_equal(chmod("shared", 01777), 0);
    make_file("precious", "precious");
    assert_int_equal(symlink("../precious", "shared/link"), 0);
    assert_int_equal(lchown("shared/link", SOMEBODY, SOMEBODY), 0);
    assert_int_equal(fs_output_open("shared/link", &output, &error), FS_PERMISSION);
    assert_non_null(strstr(error.message, "another user's link"));
    assert_int_equal(fs_output_open_new("shared/link", &output, &error), FS_OK);
    assert_int_equal(fs_output_commit(output, &error), FS_OK);
    assert_content("precious", "precious");
    assert_int_equal(lstat("shared/link", &info), 0);
    assert_int_equal(info.st_uid, 0);

    /* The owner stays, but never with the right to act as the owner. */
    make_file("program", "old");
    assert_int_equal(chown("program", SOMEBODY, SOMEBODY), 0);
    assert_int_equal(chmod("program", 04777), 0);
    write_to("program", "new");
    assert_int_equal(stat("program", &info), 0);
    assert_int_equal(info.st_uid, SOMEBODY);
    assert_int_equal(info.st_gid, SOMEBODY);
    assert_int_equal(info.st_mode & 07777, 0777);

    /* Where one may write to the file but not replace it, that is said before the work. And a group that
     * cannot be kept lends nobody its permissions. */
    make_file("shared/foreign", "foreign");
    assert_int_equal(chmod("shared/foreign", 0666), 0);
    make_file("shared/grouped", "old");
    assert_int_equal(chown("shared/grouped", ANOTHER, 0), 0);
    assert_int_equal(chmod("shared/grouped", 0660), 0);
    assert_int_equal(setegid(ANOTHER), 0);
    assert_int_equal(seteuid(ANOTHER), 0);
    fs_status foreign = fs_output_open("shared/foreign", &output, &error);
    fs_error other;
    fs_output *grouped = NULL;
    fs_status opened = fs_output_open("shared/grouped", &grouped, &other);
    fs_status committed = opened ? opened : fs_output_commit(grouped, &other);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(setegid(0), 0);
    assert_int_equal(foreign, FS_PERMISSION);
    assert_non_null(strstr(error.message, "only the owner"));
    assert_int_equal(committed, FS_OK);
    assert_int_equal(stat("shared/grouped", &info), 0);
    assert_int_equal(info.st_gid, ANOTHER);
    assert_int_equal(info.st_mode & 07777, 0600);
}

static void outputs_of_a_run_appear_together(void **state)
{
    fs_output *outputs[4] = {NULL};
    fs_error error;
    (void)state;
    make_file("map", "old");
    make_file("json", "old");
    assert_int_equal(mkdir("sub", 0777), 0);
    for (int failing = 0; failing < 2; failing++) {
        assert_int_equal(fs_output_open("map", &outputs[0], &error), FS_OK);
        assert_int_equal(fs_output_open("sub/plot", &outputs[1], &error), FS_OK);
        assert_int_equal(fs_output_open("json", &outputs[3], &error), FS_OK); /* [2]: nobody asked for it */
        const char *text = failing ? "newer" : "new";
        for (int i = 0; i < 4; i++)
            if (outputs[i]) fs_output_string(outputs[i], text);
        if (failing) assert_int_equal(system("rm -rf sub"), 0);
        fs_status status = fs_outputs_commit(outputs, 4, &error);
        assert_content("map", text); /* whole, and hours of work may be in it */
        assert_content("json", "new");
        if (failing) {
            assert_int_not_equal(status, FS_OK);
            assert_non_null(strstr(error.message, "sub/plot"));
        } else {
            assert_int_equal(status, FS_OK);
            assert_content("sub/plot", "new");
        }
    }
    assert_int_equal(count(".", ".flamescale"), 0);
}

/* Something has come to bear the name that cannot be replaced: the work of hours is not thrown away. */
static void what_gets_no_name_is_kept(void **state)
{
    fs_output *output;
    fs_error error;
    (void)state;
    assert_int_equal(fs_output_open("out", &output, &error), FS_OK);
    fs_output_string(output, "hours of work");
    assert_int_equal(mkdir("out", 0777), 0);
    assert_int_equal(fs_output_commit(output, &error), FS_IO);
    const char *said = strstr(error.message, "is whole in ");
    assert_non_null(said);
    const char *where = said + strlen("is whole in ");
    assert_content(where, "hours of work");
    assert_null(strstr(where, "/.flamescale"));
    assert_int_equal(fs_output_open("another", &output, &error), FS_OK); /* it is not cleaned away */
    fs_output_discard(output);
    assert_content(where, "hours of work");
    assert_int_equal(unlink(where), 0);
    assert_int_equal(rmdir("out"), 0);
    assert_int_equal(count(".", ""), 0);
}

static void what_is_added_comes_at_the_end(void **state)
{
    fs_output *first, *second;
    fs_error error;
    (void)state;
    assert_int_equal(fs_output_open_append("log", &first, &error), FS_OK);
    assert_false(fs_output_replaces(first));
    fs_output_discard(first);
    assert_int_equal(count(".", ""), 0); /* nothing was written, nothing was made */
    assert_int_equal(fs_output_open_append("log", &first, &error), FS_OK);
    assert_int_equal(fs_output_open_append("log", &second, &error), FS_OK);
    fs_output_string(first, "one\n");
    fs_output_string(second, "two\n");
    assert_int_equal(fs_output_commit(second, &error), FS_OK);
    assert_int_equal(fs_output_commit(first, &error), FS_OK);
    assert_content("log", "two\none\n");
    make_file("log", "no end");
    assert_int_equal(fs_output_open_append("log", &first, &error), FS_OK);
    fs_output_string(first, "end\n");
    assert_int_equal(fs_output_commit(first, &error), FS_OK);
    assert_content("log", "no end\nend\n");
    /* What went out already is taken back when it is not committed. */
    assert_int_equal(fs_output_open_append("log", &first, &error), FS_OK);
    for (int i = 0; i < 100000; i++) fs_output_string(first, "some words");
    fs_output_discard(first);
    assert_content("log", "no end\nend\n");
    assert_int_equal(mkdir("folder", 0777), 0);
    assert_int_equal(fs_output_open_append("folder", &first, &error), FS_IO);
    assert_int_not_equal(fs_output_open_append("none/log", &first, &error), FS_OK);
    assert_int_equal(rmdir("folder"), 0);
}

/* Read by the zlib that reads everybody's. */
static void gzip_is_read_again(void **state)
{
    enum { LINES = 50000 };
    fs_output *output;
    fs_error error;
    (void)state;
    for (int part = 0; part < 2; part++) {
        assert_int_equal(fs_output_open_append("log.gz", &output, &error), FS_OK);
        assert_int_equal(fs_output_gzip(output, &error), FS_OK);
        for (int i = 0; i < LINES; i++) fs_output_format(output, "%d %d\n", part, i);
        assert_int_equal(fs_output_commit(output, &error), FS_OK);
    }
    struct stat info;
    assert_int_equal(stat("log.gz", &info), 0);
    char *text, line[32];
    size_t length;
    gzFile file = gzopen("log.gz", "rb");
    assert_non_null(file);
    for (int part = 0; part < 2; part++)
        for (int i = 0; i < LINES; i++) {
            snprintf(line, sizeof line, "%d %d\n", part, i);
            char got[32] = "";
            assert_non_null(gzgets(file, got, sizeof got));
            assert_string_equal(got, line);
        }
    assert_int_equal(gzgetc(file), -1);
    assert_int_equal(gzclose(file), Z_OK);
    assert_int_equal(fs_file_read("log.gz", 0, &text, &length, &error), FS_OK);
    assert_true(length > (size_t)info.st_size);
    fs_free(text);
    assert_int_equal(fs_output_open("empty.gz", &output, &error), FS_OK);
    assert_int_equal(fs_output_gzip(output, &error), FS_OK);
    assert_true(fs_output_ends(output, ".GZ") && !fs_output_ends(output, ".txt"));
    assert_int_equal(fs_output_commit(output, &error), FS_OK);
    assert_int_equal(fs_file_read("empty.gz", 0, &text, &length, &error), FS_OK);
    assert_int_equal(length, 0);
    fs_free(text);
}

static void a_limit_is_named(void **state)
{
    (void)state;
    make_file("out", "old");
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {.rlim_cur = 1000, .rlim_max = 1000};
        fs_output *output;
        fs_error error;
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || fs_output_open("out", &output, &error)) _exit(1);
        for (int i = 0; i < 1000000; i++) fs_output_string(output, "some words");
        bool said = fs_output_failed(output) && fs_output_commit(output, &error) == FS_IO &&
                    strstr(error.message, "1000 bytes (ulimit -f)");
        _exit(said ? 0 : 2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_content("out", "old");
    assert_int_equal(count(".", ""), 1);
}

/* As of a file that a container has from outside: told before the work, not when the name is given. */
static void a_mount_point_is_refused(void **state)
{
    enum { MAY_NOT = 77 };
    (void)state;
    make_file("out", "old");
    pid_t child = fork();
    if (child == 0) {
        fs_output *output;
        fs_error error;
        if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("out", "out", NULL, MS_BIND, NULL) != 0)
            _exit(MAY_NOT);
        struct statx info;
        if (statx(AT_FDCWD, "out", 0, 0, &info) != 0 || !(info.stx_attributes_mask & MOUNT_ROOT))
            _exit(MAY_NOT); /* a kernel before 5.8 */
        bool refused = fs_output_open("out", &output, &error) == FS_IO &&
                       strstr(error.message, "mount point") &&
                       fs_output_open_new("out", &output, &error) == FS_IO;
        _exit(refused && count(".", "") == 1 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == MAY_NOT) skip();
    assert_int_equal(status, 0);
    assert_content("out", "old");
}

/* ---- comparing ---- */

static void files_are_compared_not_names(void **state)
{
    char path[64];
    (void)state;
    make_file("file", "x");
    assert_int_equal(mkdir("sub", 0777), 0);
    assert_int_equal(link("file", "hard"), 0);
    assert_int_equal(symlink("../file", "sub/soft"), 0);
    assert_true(fs_output_is_input("./file", "file"));
    assert_true(fs_output_is_input("hard", "file"));
    assert_true(fs_output_is_input("file", "sub/soft"));
    assert_true(fs_output_is_input("sub/soft", "sub/../hard"));
    assert_false(fs_output_is_input("file", "sub"));
    assert_false(fs_output_is_input("new", "new"));
    assert_false(fs_output_is_input("/dev/null", "/dev/null"));
    assert_true(fs_output_same("hard", "sub/soft"));
    assert_true(fs_output_same("new", "./sub/../new")); /* not there yet */
    assert_int_equal(symlink("../new", "sub/dangling"), 0);
    assert_true(fs_output_same("sub/dangling", "new"));
    assert_false(fs_output_same("new", "newer"));
    assert_false(fs_output_same("new", "sub/new"));
    assert_false(fs_output_same("new", "none/new"));
    assert_false(fs_output_same("sub", "sub/new"));

    int fd = open("file", O_RDONLY), before = dup(STDIN_FILENO);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    assert_true(fs_output_is_input("hard", "-"));
    assert_false(fs_output_is_input("new", "-"));
    dup2(before, STDIN_FILENO);
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    assert_true(fs_output_same(path, "file"));
    close(fd);
    close(before);
    assert_true(fs_output_same("/dev/fd/1", "-"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(descriptors_are_written_through),
        EACH(only_what_was_given_is_a_descriptor),
        EACH(pipes_and_devices_are_written_through),
        EACH(long_names_work),
        EACH(links_lead_to_their_end),
        EACH(permissions_are_kept_and_elevation_is_not),
        EACH(default_names_follow_nothing),
        EACH(other_users_cannot_lead_astray),
        EACH(outputs_of_a_run_appear_together),
        EACH(what_gets_no_name_is_kept),
        EACH(what_is_added_comes_at_the_end),
        EACH(gzip_is_read_again),
        EACH(a_limit_is_named),
        EACH(a_mount_point_is_refused),
        EACH(files_are_compared_not_names),
    };
    return cmocka_run_group_tests(tests, make_top, remove_top);
}
