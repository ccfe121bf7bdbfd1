#include "frame_name.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The decimal number that ends at `end`, at most nine digits; its first digit's place, or `end` for none. */
static size_t number_before(const char *name, size_t end, int32_t *value)
{
    size_t first = end;
    while (first > 0 && end - first < 9 && is_digit(name[first - 1])) first--;
    if (first > 0 && is_digit(name[first - 1])) return end;
    *value = 0;
    for (size_t i = first; i < end; i++) *value = *value * 10 + (name[i] - '0');
    return first;
}

/* V8 puts a kind before the names of functions in its maps for perf: "LazyCompile:*run /a/b.js:3". */
static bool is_kind_of_v8(const char *word, size_t length)
{
    static const char *const kinds[] = {"LazyCompile", "Function", "JS", "Script", "Eval"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strlen(kinds[i]) == length && memcmp(kinds[i], word, length) == 0) return true;
    return false;
}

/* file:function:line. The function may hold `::` but no single colon, and is not a number (or "file:12:3",
 * a line and a column, would be taken for one). */
static bool parse_recorded(const char *name, size_t length, flame_frame_parts *frame)
{
    int32_t line;
    size_t digits = number_before(name, length, &line);
    if (digits == length || digits < 4 || name[digits - 1] != ':') return false;
    size_t end = digits - 1; /* of the function */
    size_t at = end;
    while (at > 0) {
        at--;
        if (name[at] != ':') continue;
        if (at > 0 && name[at - 1] == ':') {
            at--;
            continue;
        }
        bool numeric = true;
        for (size_t i = at + 1; i < end && numeric; i++) numeric = is_digit(name[i]);
        if (at == 0 || numeric || is_kind_of_v8(name, at)) return false;
        *frame = (flame_frame_parts){.function = name + at + 1,
                                     .function_length = end - at - 1,
                                     .file = name,
                                     .file_length = at,
                                     .line = line};
        return true;
    }
    return false;
}

/* function (file:line) */
static bool parse_bracketed(const char *name, size_t length, flame_frame_parts *frame)
{
    if (length < 6 || name[length - 1] != ')') return false;
    int32_t line;
    size_t digits = number_before(name, length - 1, &line);
    if (digits == length - 1 || digits < 4 || name[digits - 1] != ':') return false;
    /* The bracket that opens it: brackets inside the file's name are counted. */
    int open = 1;
    size_t at = length - 1;
    while (at > 0 && open > 0) {
        at--;
        if (name[at] == ')') open++;
        if (name[at] == '(') open--;
    }
    if (open > 0 || at < 2 || name[at - 1] != ' ' || digits - 1 <= at + 1) return false;
    *frame = (flame_frame_parts){.function = name,
                                 .function_length = at - 1,
                                 .file = name + at + 1,
                                 .file_length = digits - 1 - (at + 1),
                                 .line = line};
    return true;
}

flame_frame_parts flame_frame_parse(const char *name, size_t length)
{
    flame_frame_parts frame;
    if (parse_recorded(name, length, &frame) || parse_bracketed(name, length, &frame)) return frame;
    return (flame_frame_parts){.function = name, .function_length = length};
}

void flame_frame_compose(fs_text *out, const char *function, size_t function_length, const char *file,
                         size_t file_length, int32_t line, bool lines)
{
    fs_text_clear(out);
    bool whole = lines && file_length > 0 && line > 0;
    if (whole) {
        fs_text_append(out, file, file_length);
        fs_text_char(out, ':');
    }
    fs_text_append(out, function, function_length);
    if (whole) fs_text_format(out, ":%d", (int)line);
}
