#include "json_place.h"

#include "file.h"
#include "memory.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

enum { MOST_BYTES = 16 << 20 };

static void line_column(const flame_json *json, size_t offset, size_t *line, size_t *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < offset && i < json->length; i++) {
        if (json->text[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)json->text[i] & 0xC0) != 0x80) {
            ++*column;
        }
    }
}

static fs_status fail_at(const flame_json *json, size_t offset, fs_error *error, const char *message)
{
    size_t line, column;
    line_column(json, offset, &line, &column);
    return fs_fail(error, FS_FORMAT, "%s: line %zu, column %zu: %s", json->name, line, column, message);
}

/* ---- the second pass: tokens of a text that cJSON has accepted ---- */

typedef struct scanner {
    const flame_json *json;
    size_t at;
    size_t key; /* where the last key stands */
    size_t bad; /* first place that strict JSON forbids; SIZE_MAX: none */
    const char *why;
} scanner;

static void forbid(scanner *s, size_t at, const char *why)
{
    if (s->bad != SIZE_MAX) return;
    s->bad = at;
    s->why = why;
}

static size_t end_of_string(scanner *s, size_t at)
{
    const char *text = s->json->text;
    size_t i = at + 1;
    for (; i < s->json->length && text[i] != '"'; i++) {
        if ((unsigned char)text[i] < 0x20)
            forbid(s, i, "a control character inside a string; write \\n, \\t or \\u00XX");
        if (text[i] == '\\' && i + 1 < s->json->length) {
            if (strncmp(text + i, "\\u0000", 6) == 0) forbid(s, i, "a NUL character inside a string");
            i++;
        }
    }
    return i < s->json->length ? i + 1 : i;
}

static size_t end_of_number(scanner *s, size_t at)
{
    const char *text = s->json->text;
    size_t i = text[at] == '-' ? at + 1 : at;
    size_t digits = strspn(text + i, "0123456789");
    if (digits == 0 || (digits > 1 && text[i] == '0'))
        forbid(s, at, "a number begins with its first digit (0.5, not .5 or 00.5)");
    i += digits;
    if (text[i] == '.') {
        digits = strspn(text + i + 1, "0123456789");
        if (digits == 0) forbid(s, at, "a digit is missing after the decimal point");
        i += 1 + digits;
    }
    if (text[i] == 'e' || text[i] == 'E') {
        i += text[i + 1] == '+' || text[i + 1] == '-' ? 2 : 1;
        i += strspn(text + i, "0123456789");
    }
    size_t rest = strspn(text + i, "0123456789+-.eE");
    if (rest > 0) forbid(s, at, "not a number");
    return i + rest;
}

/* Where the next value begins; the scanner then stands after it, or inside it when it is a list or an
 * object. json->length at the end. */
static size_t next_value(scanner *s)
{
    const char *text = s->json->text;
    const size_t length = s->json->length;
    while (s->at < length) {
        size_t at = s->at;
        unsigned char c = (unsigned char)text[at];
        if (c <= ' ' || c == ',' || c == ':' || c == ']' || c == '}') {
            if (c < ' ' && c != '\t' && c != '\n' && c != '\r')
                forbid(s, at, "a control character between the values");
            s->at++;
        } else if (c == '"') {
            s->at = end_of_string(s, at);
            if (text[s->at + strspn(text + s->at, " \t\r\n")] != ':') return at;
            s->key = at;
        } else if (c == '{' || c == '[') {
            s->at++;
            return at;
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            s->at = end_of_number(s, at);
            return at;
        } else if (c >= 0x80) { /* a byte-order mark, which cJSON skips */
            s->at++;
        } else {
            s->at += strspn(text + at, "abcdefghijklmnopqrstuvwxyz");
            if (s->at == at) s->at++;
            return at;
        }
    }
    return length;
}

typedef struct extent {
    size_t key, from, end; /* offsets */
} extent;

/* Find `wanted` among `node`, its siblings and what is in them. Recursion is as deep as cJSON lets lists and
 * objects nest (CJSON_NESTING_LIMIT). */
static bool find_node(scanner *s, const cJSON *node, const cJSON *wanted, extent *found)
{
    for (; node; node = node->next) {
        size_t from = next_value(s), key = s->key;
        if (find_node(s, node->child, wanted, found)) return true;
        if (cJSON_IsArray(node) || cJSON_IsObject(node)) /* only blanks are left before its end */
            s->at += strcspn(s->json->text + s->at, "]}") + 1;
        if (node != wanted) continue;
        *found = (extent){.key = key, .from = from, .end = s->at};
        return true;
    }
    return false;
}

static extent extent_of(const flame_json *json, const cJSON *node)
{
    extent found = {0};
    find_node(&(scanner){.json = json, .bad = SIZE_MAX}, json->root, node, &found);
    return found;
}

void flame_json_place(const flame_json *json, const cJSON *node, bool key, size_t *line, size_t *column)
{
    extent found = extent_of(json, node);
    line_column(json, key && node != json->root ? found.key : found.from, line, column);
}

const char *flame_json_source(const flame_json *json, const cJSON *node, size_t *length)
{
    extent found = extent_of(json, node);
    *length = found.end - found.from;
    return json->text + found.from;
}

fs_status flame_json_fail(const flame_json *json, const cJSON *node, bool key, fs_error *error,
                          const char *format, ...)
{
    char message[FS_ERROR_MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    size_t line, column;
    flame_json_place(json, node, key, &line, &column);
    return fs_fail(error, FS_FORMAT, "%s: line %zu, column %zu: %s", json->name, line, column, message);
}

const char *flame_json_kind(const cJSON *node)
{
    if (cJSON_IsString(node)) return "a string";
    if (cJSON_IsNumber(node)) return "a number";
    if (cJSON_IsBool(node)) return "true or false";
    if (cJSON_IsArray(node)) return "a list";
    if (cJSON_IsObject(node)) return "an object";
    return "null";
}

/* ---- reading ---- */

/* What people most often mean where JSON stops being JSON, by the character that stands there. */
static const char *syntax_hint(const flame_json *json, size_t at)
{
    static const char *const hints[][2] = {
        {"'", "strings stand in double quotes"},
        {"/#", "JSON has no comments; \"note\" is a place for words"},
        {"NI-", "JSON has no NaN and no Infinity"},
        {"TF", "true and false are written in small letters"},
        {"\"", "this string is not closed, or is not in its place"},
        {"{[", "this bracket is not in its place"},
        {"]}", "this bracket closes too early"},
    };
    const char *text = json->text;
    if (at >= json->length) return "the text ends too early: a closing bracket or quote is missing";
    size_t back = at;
    while (back > 0 && strchr(" \t\r\n", text[back - 1])) back--;
    char before = back > 0 ? text[back - 1] : ' ';
    if (strchr("]}", text[at]) && before == ',') return "a comma before the closing bracket; take it away";
    bool after_value = strchr("]}", before) || (text[at] == '"' && strchr("\"0123456789", before));
    if (strchr("\"{[", text[at]) && after_value) return "a comma is missing before this";
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (strchr(hints[i][0], text[at])) return hints[i][1];
    return "not valid JSON from here on";
}

/* What is no text, with its place; NULL: nothing. */
static const char *find_no_text(const flame_json *json, size_t *at)
{
    for (size_t i = 0, n; i < json->length; i += n) {
        uint32_t code;
        n = fs_utf8_decode(json->text + i, json->length - i, &code);
        if (n > 0 && code > 0) continue;
        *at = i;
        return n == 0 ? "not valid UTF-8" : "a NUL byte; is this a text file?";
    }
    return NULL;
}

fs_status flame_json_take(const char *name, char *text, size_t length, flame_json *json, fs_error *error)
{
    *json = (flame_json){.name = name, .text = text, .length = length};
    fs_status status = FS_OK;
    size_t at = 0;
    const char *mistake = find_no_text(json, &at), *end = NULL;
    if (!mistake && strspn(text, " \t\r\n") == length) {
        status = fs_fail(error, FS_FORMAT, "%s: is empty", name);
        goto fail;
    }
    if (!mistake) {
        json->root = cJSON_ParseWithLengthOpts(text, length, &end, false);
        at = end ? (size_t)(end - text) : 0;
        at += strspn(text + at, " \t\r\n");
        if (!json->root && at > 0 && text[at - 1] == '\'') at--; /* cJSON stands one further inside a key */
        if (!json->root)
            mistake = syntax_hint(json, at);
        else if (at < length)
            mistake = "something stands after the end of the JSON";
    }
    if (!mistake) {
        scanner s = {.json = json, .bad = SIZE_MAX};
        while (next_value(&s) < length) continue;
        if (s.bad == SIZE_MAX) return FS_OK;
        mistake = s.why;
        at = s.bad;
    }
    status = fail_at(json, at, error, mistake);
fail:
    flame_json_fini(json);
    return status;
}

fs_status flame_json_read(const char *path, flame_json *json, fs_error *error)
{
    char *text;
    size_t length;
    *json = (flame_json){.name = path};
    fs_status status = fs_file_read(path, MOST_BYTES, &text, &length, error);
    if (status != FS_OK) return status;
    return flame_json_take(path, text, length, json, error);
}

void flame_json_fini(flame_json *json)
{
    cJSON_Delete(json->root);
    fs_free(json->text);
    *json = (flame_json){0};
}
