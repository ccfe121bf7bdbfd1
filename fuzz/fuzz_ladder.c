/* What flame ladder reads from outside, chosen by the first byte: a plan's JSON with the place of every
 * value, a rung's output searched for an answer, an NPY file, a command line to split, two answers to
 * compare. */
#include "answer.h"
#include "json_place.h"
#include "npy.h"
#include "npy_text.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each value's place lies in the text, and its source begins as its kind does. */
static void check_places(const flame_json *json)
{
    const cJSON *stack[CJSON_NESTING_LIMIT + 1];
    size_t depth = 0;
    for (const cJSON *node = json->root; node;) {
        size_t length;
        const char *source = flame_json_source(json, node, &length);
        if (source < json->text || source + length > json->text + json->length || length == 0) abort();
        if (cJSON_IsString(node) && (source[0] != '"' || source[length - 1] != '"')) abort();
        if (cJSON_IsObject(node) && (source[0] != '{' || source[length - 1] != '}')) abort();
        if (cJSON_IsArray(node) && (source[0] != '[' || source[length - 1] != ']')) abort();
        size_t line, column;
        flame_json_place(json, node, true, &line, &column);
        if (line == 0 || column == 0) abort();
        if (node->child && depth < CJSON_NESTING_LIMIT) {
            stack[depth++] = node;
            node = node->child;
            continue;
        }
        while (node && !node->next && depth > 0) node = stack[--depth];
        node = node ? node->next : NULL;
    }
}

static void try_json(const char *bytes, size_t size)
{
    if (size > 4000) return; /* every place costs a walk over the text */
    char *text = fs_strndup(bytes, size);
    flame_json json;
    fs_error error;
    if (!text || flame_json_take("plan", text, size, &json, &error) != FS_OK) return;
    check_places(&json);
    flame_json_fini(&json);
}

static void try_output(const char *bytes, size_t size)
{
    flame_capture output = {0};
    fs_text_append(&output.head, bytes, size);
    const char *keys[] = {"a", "b"};
    const flame_answer_rule rules[] = {{.kind = FLAME_ANSWER_JSON, .keys = keys, .key_count = 2},
                                       {.kind = FLAME_ANSWER_REGEX, .text = "^x = (\\S*) ?(y)?"},
                                       {.kind = FLAME_ANSWER_OUTPUT}};
    fs_error error;
    for (size_t i = 0; i < 3; i++) {
        flame_answer answer;
        if (flame_answer_take(&rules[i], &output, NULL, NULL, &answer, &error) == FS_OK) {
            if (!fs_utf8_valid(answer.summary, strlen(answer.summary))) abort();
            fs_text why = {0};
            if (!flame_answer_agree(&rules[i], &answer, &answer, &why)) abort();
            fs_text_fini(&why);
        }
        flame_answer_fini(&answer);
    }
    double number;
    bool found;
    if (flame_answer_number("a", &output, &number, &found, &error) != FS_OK && error.message[0] == '\0')
        abort();
    fs_text_fini(&output.head);
}

static void try_words(const char *bytes, size_t size)
{
    fs_arena arena;
    fs_arena_init(&arena);
    char **words, **again, *line = fs_arena_strndup(&arena, bytes, size);
    size_t count, count_again;
    fs_error error;
    if (line && flame_words_split(line, &arena, &words, &count, &error) == FS_OK) {
        const char *joined = flame_words_join((const char *const *)words, &arena);
        if (!joined || flame_words_split(joined, &arena, &again, &count_again, &error) != FS_OK) abort();
        if (count != count_again) abort();
        for (size_t i = 0; i < count; i++)
            if (strcmp(words[i], again[i]) != 0) abort();
    }
    fs_arena_fini(&arena);
}

static void try_agreement(const char *bytes, size_t size)
{
    char *first = fs_strndup(bytes, size / 2), *other = fs_strndup(bytes + size / 2, size - size / 2);
    fs_text why = {0};
    flame_answer_rule rule = {
        .tolerance = 1e-9, .absolute = 1e-12, .whole_exact = size % 2, .better = (flame_better)(size % 3)};
    flame_answer a = {.text = first, .length = size / 2}, b = {.text = other, .length = size - size / 2};
    flame_agreement there = flame_answer_agree(&rule, &a, &b, &why),
                    back = flame_answer_agree(&rule, &b, &a, &why);
    if ((there == FLAME_ANSWER_SAME) != (back == FLAME_ANSWER_SAME)) abort();
    if (there == FLAME_ANSWER_BETTER && back != FLAME_ANSWER_WRONG) abort();
    fs_text_fini(&why);
    fs_free(first);
    fs_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    const char *bytes = (const char *)data + 1;
    fs_text out = {0};
    fs_error error;
    switch (data[0] % 5) {
    case 0:
        try_json(bytes, size - 1);
        break;
    case 1:
        try_output(bytes, size - 1);
        break;
    case 2:
        try_words(bytes, size - 1);
        break;
    case 3:
        if (fs_npy_begins(bytes, size - 1) && flame_npy_text(bytes, size - 1, &out, &error) != FS_OK &&
            error.message[0] == '\0')
            abort();
        fs_text_fini(&out);
        break;
    default:
        try_agreement(bytes, size - 1);
        break;
    }
    return 0;
}
