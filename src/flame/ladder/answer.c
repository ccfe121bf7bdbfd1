#include "answer.h"

#include "file.h"
#include "json_place.h"
#include "npy.h"
#include "npy_text.h"
#include "regular_expression.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { FILE_MOST = 64 << 20, SUMMARY_MOST = 120, GROUPS_MOST = 32 };

void flame_answer_fini(flame_answer *answer)
{
    fs_free(answer->text);
    fs_free(answer->summary);
    *answer = (flame_answer){0};
}

bool flame_answer_given(const flame_answer *answer)
{
    return answer->text || (answer->summary && answer->summary[0]);
}

/* `text` becomes the answer's; `shown` (NULL: the text itself) is cut to one short line. */
static fs_status keep(flame_answer *answer, fs_text *text, const char *shown, fs_error *error)
{
    fs_text summary;
    fs_text_init(&summary);
    const char *from = shown ? shown : fs_text_string(text);
    for (size_t left = strlen(from); left > 0 && summary.length < SUMMARY_MOST;) {
        uint32_t code;
        size_t n = fs_utf8_decode(from, left, &code);
        if (n == 0 || code < ' ')
            fs_text_char(&summary, ' ');
        else
            fs_text_append(&summary, from, n);
        from += n ? n : 1;
        left -= n ? n : 1;
        if (left > 0 && summary.length >= SUMMARY_MOST) fs_text_add(&summary, "…");
    }
    if (!text->data) fs_text_add(text, "");
    if (text->failed || summary.failed || !text->data) {
        fs_text_fini(&summary);
        return fs_fail_memory(error, "keeping an answer", text->length);
    }
    if (!summary.data) fs_text_add(&summary, "");
    *answer = (flame_answer){.text = text->data, .length = text->length, .summary = summary.data};
    *text = (fs_text){0};
    return FS_OK;
}

/* ---- JSON in the output ---- */

static bool contains_key(const char *line, size_t length, const char *key)
{
    size_t n = strlen(key);
    for (size_t i = 0; i + n + 2 <= length; i++)
        if (line[i] == '"' && line[i + n + 1] == '"' && memcmp(line + i + 1, key, n) == 0) return true;
    return false;
}

static bool has_keys(const cJSON *object, const char *const *keys, size_t count)
{
    bool has = cJSON_IsObject(object);
    for (size_t i = 0; i < count && has; i++) has = cJSON_GetObjectItemCaseSensitive(object, keys[i]) != NULL;
    return has;
}

/* The JSON object on a line, when it is one with all of `keys`; else json->root is NULL. */
static fs_status object_of_line(const char *line, size_t length, size_t number, const char *const *keys,
                                size_t count, flame_json *json, fs_error *error)
{
    size_t blank = 0;
    *json = (flame_json){0};
    while (blank < length && (line[blank] == ' ' || line[blank] == '\t')) blank++;
    if (blank == length || line[blank] != '{') return FS_OK;
    for (size_t i = 0; i < count; i++)
        if (!contains_key(line, length, keys[i])) return FS_OK;
    char *copy = fs_strndup(line, length);
    if (!copy) return fs_fail_memory(error, "reading an answer", length);
    char name[48];
    snprintf(name, sizeof name, "the JSON on line %zu of the output", number);
    fs_error why;
    if (flame_json_take(name, copy, length, json, &why) != FS_OK)
        return fs_fail(error, FS_DATA, "%s", why.message);
    json->name = "the output";
    if (!has_keys(json->root, keys, count)) flame_json_fini(json);
    return FS_OK;
}

/* The only JSON object on a line of its own that has all of `keys`. *number is its line (of the kept lines
 * when some were dropped), 0 when there is none. */
static fs_status find_object(const flame_capture *output, const char *const *keys, size_t count,
                             flame_json *json, size_t *number, fs_error *error)
{
    const char *line = fs_text_string(&output->head), *end = line + output->head.length;
    const char *whole = line + strspn(line, " \t\r\n");
    fs_error ignored;
    /* The whole output may be one object, over several lines. */
    *number = 1;
    if (output->dropped == 0 && strchr(whole, '\n') &&
        object_of_line(whole, (size_t)(end - whole), 1, keys, count, json, &ignored) == FS_OK && json->root)
        return FS_OK;
    *number = 0;
    for (size_t n = 1, length; line < end; line += length + 1, n++) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        length = (size_t)((stop ? stop : end) - line);
        flame_json found;
        fs_status status = object_of_line(line, length, n, keys, count, &found, error);
        if (status != FS_OK) return status;
        if (!found.root) continue;
        if (*number) {
            flame_json_fini(&found);
            return fs_fail(error, FS_DATA,
                           "the output has \"%s\" twice, on line %zu and on line %zu; print that line once",
                           keys[0], *number, n);
        }
        *json = found;
        *number = n;
    }
    return FS_OK;
}

static fs_status take_json(const flame_answer_rule *rule, const flame_capture *output, flame_answer *answer,
                           fs_error *error)
{
    flame_json json = {0};
    size_t number;
    fs_text text;
    fs_text_init(&text);
    fs_status status = find_object(output, rule->keys, rule->key_count, &json, &number, error);
    if (status != FS_OK) goto cleanup;
    if (number == 0) {
        fs_text wanted;
        fs_text_init(&wanted);
        for (size_t i = 0; i < rule->key_count; i++)
            fs_text_format(&wanted, "%s\"%s\": ...", i ? ", " : "", rule->keys[i]);
        status = fs_fail(error, FS_DATA,
                         "prints no answer: no line of its standard output is a JSON object with {%s}%s",
                         fs_text_string(&wanted),
                         output->dropped ? " (the middle of its output was too long to keep)" : "");
        fs_text_fini(&wanted);
        goto cleanup;
    }
    for (size_t i = 0; i < rule->key_count; i++) {
        const cJSON *node = cJSON_GetObjectItemCaseSensitive(json.root, rule->keys[i]);
        if (cJSON_IsNull(node)) {
            status = fs_fail(error, FS_DATA, "its answer has null for \"%s\"", rule->keys[i]);
            goto cleanup;
        }
        size_t length;
        const char *source = flame_json_source(&json, node, &length);
        fs_text_format(&text, "%s%s ", i ? ", " : "", rule->keys[i]);
        fs_text_append(&text, source, length);
    }
    status = keep(answer, &text, NULL, error);
cleanup:
    flame_json_fini(&json);
    fs_text_fini(&text);
    return status;
}

fs_status flame_answer_number(const char *key, const flame_capture *output, double *number, bool *found,
                              fs_error *error)
{
    flame_json json = {0};
    size_t line;
    const char *const keys[] = {key};
    *found = false;
    fs_status status = find_object(output, keys, 1, &json, &line, error);
    const cJSON *node = status == FS_OK && line ? cJSON_GetObjectItemCaseSensitive(json.root, key) : NULL;
    if (!node) {
        /* None, or an error that names what is wrong. */
    } else if (cJSON_IsNumber(node)) {
        *number = node->valuedouble;
        *found = true;
    } else {
        status = fs_fail(error, FS_DATA, "\"%s\" on line %zu of the output is %s, not a number", key, line,
                         flame_json_kind(node));
    }
    flame_json_fini(&json);
    return status;
}

/* ---- regular expressions ---- */

fs_status flame_answer_pattern(const char *pattern, fs_error *error)
{
    pcre2_code *code;
    fs_status status = flame_regex_compile(pattern, PCRE2_MULTILINE, FS_FORMAT, &code, error);
    pcre2_code_free(code);
    return status;
}

/* Whether the text is a word that stands for no number. */
static bool is_nan(const char *text, size_t length)
{
    static const char *const words[] = {"nan", "inf", "infinity"};
    if (length > 0 && (text[0] == '-' || text[0] == '+')) {
        text++;
        length--;
    }
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        if (strlen(words[w]) == length && strncasecmp(text, words[w], length) == 0) return true;
    return false;
}

/* Add what the groups (or, without groups, the whole match) captured. */
static fs_status add_groups(const char *subject, const PCRE2_SIZE *ends, uint32_t groups, fs_text *text,
                            fs_error *error)
{
    uint32_t first = groups > 1 ? 1 : 0;
    for (uint32_t g = first; g < groups && g < GROUPS_MOST; g++) {
        if (g > first) fs_text_char(text, ' ');
        if (ends[2 * g] == PCRE2_UNSET) continue;
        const char *from = subject + ends[2 * g];
        size_t length = ends[2 * g + 1] - ends[2 * g];
        if (is_nan(from, length))
            return fs_fail(error, FS_DATA, "its answer is %.*s, which is not a number", (int)length, from);
        fs_text_append(text, from, length);
    }
    return FS_OK;
}

static fs_status take_regex(const flame_answer_rule *rule, const flame_capture *output, flame_answer *answer,
                            fs_error *error)
{
    pcre2_code *code = NULL;
    pcre2_match_data *match = NULL;
    fs_text text;
    fs_text_init(&text);
    size_t matches = 0;
    fs_status status = flame_regex_compile(rule->text, PCRE2_MULTILINE, FS_FORMAT, &code, error);
    if (status != FS_OK) goto cleanup;
    match = pcre2_match_data_create_from_pattern(code, NULL);
    if (!match) {
        status = fs_fail_memory(error, "matching a regular expression", 0);
        goto cleanup;
    }
    uint32_t groups = pcre2_get_ovector_count(match);
    const fs_text *subject = &output->head;
    for (size_t at = 0; subject->length > 0 && at <= subject->length;) {
        int rc = pcre2_match(code, (PCRE2_SPTR)subject->data, subject->length, at, 0, match, NULL);
        if (rc == PCRE2_ERROR_NOMATCH) break;
        if (rc < 0) {
            status = fs_fail(error, FS_DATA, "the regular expression \"%s\" is too costly for this output",
                             rule->text);
            goto cleanup;
        }
        const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(match);
        if (matches++ == 0) status = add_groups(subject->data, ends, groups, &text, error);
        if (status != FS_OK) goto cleanup;
        at = ends[1] > at ? ends[1] : at + 1;
    }
    if (matches == 0)
        status =
            fs_fail(error, FS_DATA, "prints no answer: nothing in its standard output matches \"%s\"%s",
                    rule->text, output->dropped ? " (the middle of its output was too long to keep)" : "");
    else if (matches > 1)
        status = fs_fail(error, FS_DATA, "\"%s\" matches %zu times in the output; it should match once",
                         rule->text, matches);
    else
        status = keep(answer, &text, NULL, error);
cleanup:
    pcre2_match_data_free(match);
    pcre2_code_free(code);
    fs_text_fini(&text);
    return status;
}

/* ---- files and whole outputs ---- */

void flame_file_stamp_take(const char *path, flame_file_stamp *stamp)
{
    *stamp = (flame_file_stamp){0};
    stamp->exists = stat(path, &stamp->info) == 0;
}

static bool untouched(const flame_file_stamp *before, const struct stat *now)
{
    return before->exists && before->info.st_ino == now->st_ino && before->info.st_dev == now->st_dev &&
           before->info.st_ctim.tv_sec == now->st_ctim.tv_sec &&
           before->info.st_ctim.tv_nsec == now->st_ctim.tv_nsec;
}

static fs_status take_file(const char *path, const flame_file_stamp *before, flame_answer *answer,
                           fs_error *error)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return fs_fail(error, FS_DATA, "writes no answer: there is no file '%s' after it ended", path);
    if (untouched(before, &info))
        return fs_fail(error, FS_DATA, "writes no answer: '%s' is as it was before the run", path);
    fs_text text;
    fs_text_init(&text);
    fs_status status = fs_file_read(path, FILE_MOST, &text.data, &text.length, error);
    if (status != FS_OK) return status;
    char summary[200], size[FS_NUMBER_SIZE];
    fs_number_grouped(text.length, size);
    snprintf(summary, sizeof summary, "%.100s, %s bytes", fs_path_base(path), size);
    if (text.length == 0) {
        status = fs_fail(error, FS_DATA, "its answer, the file '%s', is empty", path);
    } else if (fs_npy_begins(text.data, text.length)) {
        fs_text numbers;
        fs_text_init(&numbers);
        status = flame_npy_text(text.data, text.length, &numbers, error);
        if (status == FS_OK)
            status = keep(answer, &numbers, summary, error);
        else
            status = fs_error_context(error, status, "cannot read its answer, '%s'", path);
        fs_text_fini(&numbers);
    } else {
        status = keep(answer, &text, summary, error);
    }
    fs_text_fini(&text);
    return status;
}

static fs_status take_output(const flame_capture *output, flame_answer *answer, fs_error *error)
{
    if (output->dropped > 0)
        return fs_fail(error, FS_DATA,
                       "prints more than %d MB, too much to compare as an answer; name a file, a JSON key or "
                       "a regular expression instead",
                       (FLAME_CAPTURE_HEAD + FLAME_CAPTURE_TAIL) >> 20);
    size_t length = output->head.length;
    const char *bytes = fs_text_string(&output->head);
    while (length > 0 && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r')) length--;
    if (length == 0) return fs_fail(error, FS_DATA, "prints no answer: its standard output is empty");
    fs_text text;
    fs_text_init(&text);
    fs_text_append(&text, bytes, length);
    fs_status status = keep(answer, &text, NULL, error);
    fs_text_fini(&text);
    return status;
}

fs_status flame_answer_take(const flame_answer_rule *rule, const flame_capture *output, const char *path,
                            const flame_file_stamp *before, flame_answer *answer, fs_error *error)
{
    *answer = (flame_answer){0};
    switch (rule->kind) {
    case FLAME_ANSWER_JSON:
        return take_json(rule, output, answer, error);
    case FLAME_ANSWER_REGEX:
        return take_regex(rule, output, answer, error);
    case FLAME_ANSWER_FILE:
        return take_file(path, before, answer, error);
    case FLAME_ANSWER_OUTPUT:
        return take_output(output, answer, error);
    }
    return fs_fail(error, FS_INTERNAL, "an answer of kind %d", (int)rule->kind);
}
