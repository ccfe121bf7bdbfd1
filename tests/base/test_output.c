/* Outputs: what is written through, what is replaced, what is left after a death; with files that have no
 * name until they are complete, and as on file systems that have none such. */
#include "file.h"
#include "memory.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <dirent.h>

/* ---- the file system ---- */

static bool has_unnamed = true;

int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);

int __wrap_openat(int folder, const char *path, int flags, ...)
{
    mode_t mode = 0;
    const bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
    if (unnamed || (flags & O_CREAT)) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    if (unnamed && !has_unnamed) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return __real_openat(folder, path, flags, mode);
}

/* Renames that came, and what was there at the first of them; with `die_at` the process ends instead of that
 * rename, 1 being the first. */
static int renames, complete_at_first, die_at;

static int count(const char *path, const char *beginning);

int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);

int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    if (++renames == 1) complete_at_first = count(".", ".flamescale-");
    if (renames == die_at) raise(SIGKILL);
    return __real_renameat(from_folder, from, to_folder, to);
}

static char top[] = "/tmp/flamescale-output-XXXXXX";

static int enter_folder(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s/*", top);
    return system(command) == 0 && chdir(top) == 0 ? 0 : -1;
}

static int with_unnamed(void **state)
{
    has_unnamed = true;
    return enter_folder(state);
}

static int without_unnamed(void **state)
{
    has_unnamed = false;
    return enter_folder(state);
}

static int make_top(void **state)
{
    (void)state;
    umask(022);
    return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", top);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

/* Entries of the folder whose name begins so. */
static int count(const char *path, const char *beginning)
{
    DIR *entries = opendir(path);
    int n = 0;
    assert_non_null(entries);
    for (const struct dirent *e; (e = readdir(entries));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
             strncmp(e->d_name, beginning, strlen(beginning)) == 0;
    closedir(entries);
    return n;
}

static void make_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_content(const char *path, const char *content)
{
    char *bytes;
    size_t length;
    fs_error error;
    assert_int_equal(fs_file_read(path, 0, &bytes, &length, &error), FS_OK);
    assert_string_equal(bytes, content);
    fs_free(bytes);
}

static void write_to(const char *path, const char *content)
{
    fs_output *output;
    fs_error error = {0};
    if (fs_output_open(path, &output, &error) != FS_OK) fail_msg("%s", error.message);
    fs_output_string(output, content);
    if (fs_output_commit(output, &error) != FS_OK) fail_msg("%s", error.message);
}

static mode_t mode_of(const char *path)
{
    struct stat info;
    assert_int_equal(lstat(path, &info), 0);
    return info.st_mode;
}

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

/* ---- death ---- */

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

#define EACH(test)                                                                                           \
    {#test, test, with_unnamed, NULL, NULL},                                                                 \
    {                                                                                                        \
#test " (named)", test, without_unnamed, NULL, NULL                                                  \
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
        EACH(death_between_the_names),
        EACH(a_limit_is_named),
        EACH(what_the_dead_left_is_removed),
        EACH(death_at_any_moment),
        EACH(many_write_beside_each_other),
        EACH(files_are_compared_not_names),
    };
    return cmocka_run_group_tests(tests, make_top, remove_top);
}
