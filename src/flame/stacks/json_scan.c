#include "json_scan.h"

#include "count_text.h"

#include <string.h>

/* What characters are to a scan: one look-up instead of several comparisons. */
enum { SPACE = 1, STRUCTURE = 2, STRING_STOP = 4, DIGIT = 8, NEST = 16 /* what nests or hides nesting */ };
static const unsigned char kinds[256] = {[0] = STRING_STOP,
                                         ['"'] = STRING_STOP | NEST,
                                         ['\\'] = STRING_STOP,
                                         [' '] = SPACE,
                                         ['\n'] = SPACE,
                                         ['\t'] = SPACE,
                                         ['\r'] = SPACE,
                                         [','] = STRUCTURE,
                                         [':'] = STRUCTURE,
                                         ['['] = STRUCTURE | NEST,
                                         [']'] = STRUCTURE | NEST,
                                         ['{'] = STRUCTURE | NEST,
                                         ['}'] = STRUCTURE | NEST,
                                         ['0'] = DIGIT,
                                         ['1'] = DIGIT,
                                         ['2'] = DIGIT,
                                         ['3'] = DIGIT,
                                         ['4'] = DIGIT,
                                         ['5'] = DIGIT,
                                         ['6'] = DIGIT,
                                         ['7'] = DIGIT,
                                         ['8'] = DIGIT,
                                         ['9'] = DIGIT};

static bool is(char c, unsigned kind)
{
    return kinds[(unsigned char)c] & kind;
}

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && is(*at, SPACE)) at++;
    return at;
}

/* ---- the check ---- */

typedef struct checker {
    const char *at, *end;
    const char *reason;
    unsigned char *objects; /* a bit for each depth: set for an object */
    size_t depth;
    const char *whole; /* behind the last whole element of an outermost array; NULL: none */
} checker;

static bool wrong(checker *check, const char *reason)
{
    check->reason = reason;
    return false;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* From the opening quote to behind the closing one. */
static bool check_string(checker *check)
{
    const char *at = check->at + 1;
    for (;; at++) {
        while (at < check->end && !is(*at, STRING_STOP)) at++;
        check->at = at;
        if (at == check->end) return wrong(check, "the text ends within a string");
        if (!*at) return wrong(check, "a string holds a NUL byte");
        if (*at == '"') break;
        if (++at == check->end) return wrong(check, "the text ends within a string");
        if (*at == 'u') {
            for (int i = 1; i <= 4; i++)
                if (check->end - at <= i || !is_hex(at[i])) return wrong(check, "\\u needs four digits");
            at += 4;
        } else if (!*at || !strchr("\"\\/bfnrt", *at)) {
            return wrong(check, "there is no such escape");
        }
    }
    check->at = at + 1;
    return true;
}

static const char *digits(const char *at, const char *end)
{
    while (at < end && is(*at, DIGIT)) at++;
    return at;
}

static bool check_number(checker *check)
{
    const char *at = check->at, *end = check->end, *first;
    if (*at == '-') at++;
    first = at;
    at = digits(at, end);
    if (at == first) return wrong(check, "no value begins so");
    if (at < end && *at == '.') {
        first = ++at;
        at = digits(at, end);
        if (at == first) return wrong(check, "a number ends in a point");
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-')) at++;
        first = at;
        at = digits(at, end);
        if (at == first) return wrong(check, "a number's exponent has no digit");
    }
    check->at = at;
    return true;
}

/* To the last of a run of whole numbers in an array: in most profiles they are most of the text. */
static void pass_numbers(checker *check)
{
    for (;;) {
        const char *next = digits(check->at, check->end);
        if (next == check->at || check->end - next < 2 || *next != ',' || !is(next[1], DIGIT)) return;
        check->at = next + 1;
    }
}

static bool check_word(checker *check)
{
    static const char *const words[] = {"true", "false", "null"};
    if (is(*check->at, DIGIT)) return check_number(check);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(check->end - check->at) < length || memcmp(check->at, words[i], length) != 0) continue;
        check->at += length;
        return true;
    }
    return check_number(check);
}

static bool in_object(const checker *check)
{
    size_t i = check->depth - 1;
    return check->objects[i / 8] >> i % 8 & 1;
}

static bool push(checker *check)
{
    if (check->depth == FLAME_VALUE_DEPTH) return wrong(check, "it is nested too deep");
    size_t i = check->depth++;
    unsigned bit = 1u << i % 8;
    unsigned char *byte = &check->objects[i / 8];
    *byte = (unsigned char)(*check->at == '{' ? *byte | bit : *byte & ~bit);
    check->at++;
    return true;
}

static bool check_key(checker *check)
{
    if (check->at == check->end || *check->at != '"') return wrong(check, "a member's name is missing");
    if (!check_string(check)) return false;
    check->at = skip_space(check->at, check->end);
    if (check->at == check->end || *check->at != ':') return wrong(check, "a ':' is missing");
    check->at = skip_space(check->at + 1, check->end);
    return true;
}

/* Behind a value: over what closes, to the next value or to the end of the whole. */
static bool after_value(checker *check, bool *done)
{
    for (;;) {
        if (check->depth == 1 && !in_object(check)) check->whole = check->at;
        check->at = skip_space(check->at, check->end);
        *done = check->depth == 0;
        if (*done) return true;
        if (check->at == check->end) return wrong(check, "the text ends early");
        char close = in_object(check) ? '}' : ']';
        if (*check->at == ',') {
            check->at = skip_space(check->at + 1, check->end);
            return !in_object(check) || check_key(check);
        }
        if (*check->at != close) return wrong(check, "a ',' is missing, or what was opened is not closed");
        check->depth--;
        check->at++;
    }
}

static bool check_all(checker *check)
{
    bool done = false;
    check->at = skip_space(check->at, check->end);
    while (!done) {
        if (check->at == check->end) return wrong(check, "the text ends early");
        char c = *check->at;
        if (c == '{' || c == '[') {
            if (!push(check)) return false;
            check->at = skip_space(check->at, check->end);
            bool empty = check->at < check->end && *check->at == (c == '{' ? '}' : ']');
            if (!empty) {
                if (c == '{' && !check_key(check)) return false;
                continue;
            }
            check->depth--;
            check->at++;
        } else if (c == '"') {
            if (!check_string(check)) return false;
        } else {
            if (check->depth > 1 && !in_object(check)) pass_numbers(check);
            if (!check_word(check)) return false;
        }
        if (!after_value(check, &done)) return false;
    }
    if (check->at != check->end) return wrong(check, "something follows its end");
    return true;
}

fs_status flame_value_read(flame_lines *lines, const char *what, bool open_end, flame_value *root,
                           fs_error *error)
{
    char *bytes;
    size_t length;
    *root = (flame_value){0};
    fs_status status = flame_lines_rest(lines, &bytes, &length, error);
    if (status || lines->stopped) return status;
    unsigned char *objects = fs_alloc_0(FLAME_VALUE_DEPTH / 8 + 1, 1);
    if (!objects) return fs_fail_memory(error, "reading JSON", 0);
    checker check = {.at = bytes, .end = bytes + length, .objects = objects};
    bool good = check_all(&check);
    fs_free(objects);
    /* Tracers that are killed leave an array of events open, often within one. */
    bool cut = !good && open_end && check.at == check.end && check.whole;
    *root = (flame_value){skip_space(bytes, bytes + length), cut ? check.whole : bytes + length};
    if (good || cut) return FS_OK;
    size_t line = 1, column = 1;
    for (const char *c = bytes; c < check.at; c++) {
        column = *c == '\n' ? 1 : column + 1;
        line += *c == '\n';
    }
    return fs_fail(error, FS_FORMAT, "%s: this JSON (%s) is damaged at line %zu, column %zu: %s", lines->name,
                   what, line, column, check.reason);
}

/* ---- walks: the text is known to be well formed ---- */

/* `at` is a quote; behind the one that closes. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) at += *at == '\\';
    return at < end ? at + 1 : end;
}

static const char *skip_value(const char *at, const char *end)
{
    size_t depth = 0;
    while (at < end) {
        char c = *at;
        if (c == '"') {
            at = skip_string(at, end);
        } else if (c == '{' || c == '[') {
            depth++;
            at++;
            continue;
        } else if (c == '}' || c == ']') {
            if (depth == 0) return at;
            depth--;
            at++;
        } else if (depth > 0) {
            at++;
            while (at < end && !is(*at, NEST)) at++;
            continue;
        } else {
            while (at < end && !is(*at, SPACE | STRUCTURE)) at++;
        }
        if (depth == 0) return at;
    }
    return end;
}

flame_value_walk flame_value_enter(flame_value value)
{
    flame_value_walk walk = {.value = {.end = value.end}};
    if (flame_value_is_object(value) || flame_value_is_array(value)) {
        walk.next = value.at + 1;
        walk.key = *value.at == '{' ? "" : NULL;
    }
    return walk;
}

bool flame_value_next(flame_value_walk *walk)
{
    const char *end = walk->value.end;
    if (!walk->next && !walk->value.at) return false;
    const char *at = walk->next ? walk->next : skip_value(walk->value.at, end);
    at = skip_space(at, end);
    if (at < end && *at == ',') at = skip_space(at + 1, end);
    if (at == end || *at == ']' || *at == '}') {
        walk->value.at = NULL;
        walk->next = NULL;
        walk->key = at < end ? at + 1 : end; /* where the value ends, for flame_value_leave */
        return false;
    }
    if (walk->key) {
        walk->key = at + 1;
        at = skip_string(at, end);
        walk->key_length = (size_t)(at - walk->key) - 1;
        at = skip_space(skip_space(at, end) + 1, end);
    }
    walk->next = NULL;
    walk->value.at = at;
    return true;
}

void flame_value_leave(flame_value_walk *outer, const flame_value_walk *inner)
{
    if (inner->key) outer->next = inner->key;
}

bool flame_value_key_is(const flame_value_walk *walk, const char *key)
{
    size_t length = strlen(key);
    return walk->key && walk->key_length == length && memcmp(walk->key, key, length) == 0;
}

flame_value flame_value_get(flame_value object, const char *key)
{
    if (!flame_value_is_object(object)) return (flame_value){0};
    flame_value_walk walk = flame_value_enter(object);
    while (flame_value_next(&walk))
        if (flame_value_key_is(&walk, key)) return walk.value;
    return (flame_value){0};
}

void flame_value_get_all(flame_value object, const char *const *keys, flame_value *values, size_t count)
{
    memset(values, 0, count * sizeof *values);
    if (!flame_value_is_object(object)) return;
    flame_value_walk walk = flame_value_enter(object);
    while (flame_value_next(&walk))
        for (size_t i = 0; i < count; i++)
            if (!values[i].at && flame_value_key_is(&walk, keys[i])) values[i] = walk.value;
}

static uint32_t hex4(const char *at)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        unit = unit << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return unit;
}

/* What follows a backslash; behind it. A half of a surrogate pair alone is U+FFFD. */
static const char *add_escape(const char *at, const char *end, fs_text *out)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    if (*at != 'u') {
        const char *which = strchr(from, *at);
        fs_text_char(out, which ? to[which - from] : *at);
        return at + 1;
    }
    uint32_t unit = hex4(at + 1);
    at += 5;
    if (unit >= 0xD800 && unit < 0xDC00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
        uint32_t low = hex4(at + 2);
        if (low >= 0xDC00 && low < 0xE000) {
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            at += 6;
        }
    }
    if (unit >= 0xD800 && unit < 0xE000) unit = 0xFFFD;
    if (unit == 0) unit = 0x2400;
    char bytes[4];
    fs_text_append(out, bytes, fs_utf8_encode(unit, bytes));
    return at;
}

bool flame_value_text(flame_value value, fs_text *scratch, const char **text, size_t *length)
{
    *text = "";
    *length = 0;
    if (!flame_value_is_string(value)) return true;
    const char *at = value.at + 1, *end = skip_string(value.at, value.end) - 1;
    const char *escape = memchr(at, '\\', (size_t)(end - at));
    *text = at;
    *length = (size_t)(end - at);
    if (!escape) return true;
    fs_text_clear(scratch);
    while (at < end) {
        escape = memchr(at, '\\', (size_t)(end - at));
        const char *plain = escape ? escape : end;
        fs_text_append(scratch, at, (size_t)(plain - at));
        at = escape ? add_escape(escape + 1, end, scratch) : end;
    }
    *text = fs_text_string(scratch);
    *length = scratch->length;
    return !scratch->failed;
}

bool flame_value_text_is(flame_value value, const char *text)
{
    size_t length = strlen(text);
    return flame_value_is_string(value) && (size_t)(value.end - value.at) > length + 1 &&
           memcmp(value.at + 1, text, length) == 0 && value.at[length + 1] == '"';
}

bool flame_value_number(flame_value value, flame_exact *number)
{
    if (!value.at || value.at >= value.end) return false;
    const char *at = value.at + (*value.at == '"'), *end = at;
    uint64_t whole = 0;
    while (end < value.end && is(*end, DIGIT) && end - at < 15) whole = whole * 10 + (uint64_t)(*end++ - '0');
    if (end > at && end < value.end && is(*end, SPACE | STRUCTURE | STRING_STOP)) {
        *number = flame_exact_of((double)whole);
        return true;
    }
    while (end < value.end && *end && strchr("0123456789.eE+-", *end)) end++;
    bool negative = at < end && *at == '-';
    at += negative;
    flame_count verdict = flame_count_parse(at, (size_t)(end - at), number);
    if (verdict == FLAME_COUNT_HUGE) *number = flame_exact_of(1e300);
    if (verdict != FLAME_COUNT_OK && verdict != FLAME_COUNT_HUGE) return false;
    if (negative) *number = flame_exact_minus(*number);
    return true;
}

double flame_value_double(flame_value value, double otherwise)
{
    flame_exact number;
    return flame_value_number(value, &number) ? number.value : otherwise;
}

uint32_t flame_value_index(flame_value value, uint32_t count)
{
    double number = flame_value_double(value, -1);
    return number >= 0 && number < (double)count ? (uint32_t)number : FLAME_NONE;
}

bool flame_value_has_key(const char *bytes, size_t length, const char *key)
{
    size_t n = strlen(key);
    const char *end = bytes + length;
    for (const char *at = bytes; at < end && (at = memchr(at, '"', (size_t)(end - at))); at++) {
        if ((size_t)(end - at) < n + 3) return false;
        if (memcmp(at + 1, key, n) != 0 || at[n + 1] != '"' || (at > bytes && at[-1] == '\\')) continue;
        const char *after = skip_space(at + n + 2, end);
        if (after < end && *after == ':') return true;
    }
    return false;
}

bool flame_value_begins(const char *bytes, size_t length, char with)
{
    const char *at = skip_space(bytes, bytes + length);
    return at < bytes + length && *at == with;
}
