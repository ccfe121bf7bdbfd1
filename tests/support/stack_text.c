#include "stack_text.h"

#include "file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

flame_read_options stack_text_options(bool in_time, bool lines)
{
    flame_read_options options;
    flame_read_options_default(&options);
    options.in_time = in_time;
    options.lines = lines;
    return options;
}

fs_status stack_text_read(const char *text, size_t length, const flame_read_options *options,
                          flame_tree **tree, flame_report *report, fs_error *error)
{
    fs_status status = flame_tree_create(tree, error);
    if (!status) status = flame_stacks_read_memory(text, length, "test", options, *tree, report, error);
    if (!status) {
        flame_tree_finish(*tree);
    } else {
        flame_tree_destroy(*tree);
        *tree = NULL;
    }
    return status;
}

char *stack_text_written(const flame_tree *tree, const flame_profile *profile, stack_text_writer writer,
                         size_t *length)
{
    char path[] = "/tmp/stack_text.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    fs_error error = {0};
    fs_output *output;
    assert_int_equal(fs_output_open(path, &output, &error), FS_OK);
    fs_status status = writer(tree, profile, output, &error);
    if (status) fail_msg("%s", error.message);
    assert_int_equal(fs_output_commit(output, &error), FS_OK);
    /* Not fs_file_read: that would undo the gzip. */
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    rewind(file);
    char *bytes = fs_alloc((size_t)size + 1, 1);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), (size_t)size);
    bytes[size] = '\0';
    fclose(file);
    unlink(path);
    *length = (size_t)size;
    return bytes;
}

static fs_status write_folded(const flame_tree *tree, const flame_profile *profile, fs_output *output,
                              fs_error *error)
{
    (void)profile;
    return flame_write_folded(tree, output, error);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *stack_text_folded(const flame_tree *tree)
{
    size_t length, count = 0;
    char *text = stack_text_written(tree, NULL, write_folded, &length);
    for (size_t i = 0; i < length; i++) count += text[i] == '\n';
    char **lines = fs_alloc(count + 1, sizeof *lines);
    size_t at = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) lines[at++] = line;
    qsort(lines, at, sizeof *lines, by_text);
    fs_text out;
    fs_text_init(&out);
    for (size_t i = 0; i < at; i++) {
        fs_text_add(&out, lines[i]);
        fs_text_char(&out, '\n');
    }
    char *result = fs_strdup(fs_text_string(&out));
    fs_text_fini(&out);
    fs_free(lines);
    fs_free(text);
    return result;
}

void stack_text_expect(const char *text, const flame_read_options *options, const char *expected)
{
    flame_tree *tree;
    fs_error error = {0};
    if (stack_text_read(text, strlen(text), options, &tree, NULL, &error)) fail_msg("%s", error.message);
    char *folded = stack_text_folded(tree);
    assert_string_equal(folded, expected);
    fs_free(folded);
    flame_tree_destroy(tree);
}
