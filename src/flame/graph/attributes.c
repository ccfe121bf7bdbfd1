#include "attributes.h"

#include "file.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MOST = 1 << 28 };

typedef struct function {
    const char *name;
    size_t length, row;
    flame_attribute *first;
} function;

struct flame_attributes {
    fs_arena arena;
    function *functions; /* sorted by name, then by line */
    size_t count, capacity;
};

static bool name_char(char c, bool first)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_') return true;
    return !first && ((c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':');
}

/* How many bytes at `text` are an XML attribute's name. "xmlns" is refused: it would rename the element. */
static size_t attribute_name(const char *text, size_t length)
{
    size_t n = 0;
    while (n < length && name_char(text[n], n == 0)) n++;
    return n >= 5 && memcmp(text, "xmlns", 5) == 0 ? 0 : n;
}

/* Set the attribute; a second value for one name replaces the first, as XML wants each at most once. */
static bool set(fs_arena *arena, flame_attribute **list, const char *name, size_t name_length,
                const char *value, size_t value_length)
{
    flame_attribute **at = list;
    for (; *at; at = (flame_attribute **)&(*at)->next)
        if (strlen((*at)->name) == name_length && memcmp((*at)->name, name, name_length) == 0) break;
    char *copy = fs_arena_strndup(arena, value, value_length);
    if (!copy) return false;
    if (!*at) {
        flame_attribute *made = fs_arena_alloc(arena, 1, sizeof *made);
        char *made_name = fs_arena_strndup(arena, name, name_length);
        if (!made || !made_name) return false;
        *made = (flame_attribute){.name = made_name};
        *at = made;
    }
    (*at)->value = copy;
    return true;
}

static fs_status out_of_memory(fs_error *error)
{
    return fs_fail_memory(error, "reading the name attributes", 0);
}

/* A run of name="value" as in XML. */
static fs_status parse_extra(flame_attributes *a, flame_attribute **list, const char *text, size_t length,
                             fs_error *error)
{
    size_t at = 0;
    for (;;) {
        while (at < length && text[at] == ' ') at++;
        if (at == length) return FS_OK;
        size_t n = attribute_name(text + at, length - at);
        size_t value = at + n + 2;
        char quote = value <= length ? text[value - 1] : '\0';
        const char *end = NULL;
        if (n && value <= length && text[at + n] == '=' && (quote == '"' || quote == '\''))
            end = memchr(text + value, quote, length - value);
        if (!end)
            return fs_fail(error, FS_FORMAT, "'%.*s' is not a list of name=\"value\"",
                           length > 80 ? 80 : (int)length, text);
        size_t value_length = (size_t)(end - (text + value));
        if (!set(&a->arena, list, text + at, n, text + value, value_length)) return out_of_memory(error);
        at = value + value_length + 1;
    }
}

static fs_status parse_pair(flame_attributes *a, flame_attribute **list, const char *text, size_t length,
                            fs_error *error)
{
    size_t n = attribute_name(text, length);
    if (n == 0 || n >= length || text[n] != '=')
        return fs_fail(error, FS_FORMAT, "'%.*s' is not name=value", length > 80 ? 80 : (int)length, text);
    const char *value = text + n + 1;
    size_t value_length = length - n - 1;
    if (n == 7 && (memcmp(text, "g_extra", 7) == 0 || memcmp(text, "a_extra", 7) == 0))
        return parse_extra(a, list, value, value_length, error);
    return set(&a->arena, list, text, n, value, value_length) ? FS_OK : out_of_memory(error);
}

static fs_status parse_line(flame_attributes *a, const char *line, size_t length, size_t row, fs_error *error)
{
    const char *tab = memchr(line, '\t', length);
    if (!tab) return fs_fail(error, FS_FORMAT, "there is no tab after the function's name");
    if (!FS_GROW(a->functions, a->capacity, a->count + 1)) return out_of_memory(error);
    size_t name_length = (size_t)(tab - line);
    function *f = &a->functions[a->count];
    *f = (function){.length = name_length, .row = row};
    f->name = fs_arena_strndup(&a->arena, line, name_length);
    if (!f->name) return out_of_memory(error);
    a->count++;
    fs_status status = FS_OK;
    for (size_t at = name_length + 1; at < length && status == FS_OK;) {
        const char *end = memchr(line + at, '\t', length - at);
        size_t n = end ? (size_t)(end - (line + at)) : length - at;
        if (n) status = parse_pair(a, &f->first, line + at, n, error);
        at += n + 1;
    }
    return status;
}

static int compare_bytes(const char *a, size_t la, const char *b, size_t lb)
{
    size_t common = la < lb ? la : lb;
    int order = common ? memcmp(a, b, common) : 0;
    return order ? order : (la > lb) - (la < lb);
}

static int by_name(const void *left, const void *right)
{
    const function *a = left, *b = right;
    int order = compare_bytes(a->name, a->length, b->name, b->length);
    return order ? order : (a->row > b->row) - (a->row < b->row);
}

fs_status flame_attributes_read(const char *path, flame_attributes **attributes, fs_error *error)
{
    char *bytes = NULL;
    size_t length = 0, row = 0;
    flame_attributes *a = fs_alloc_0(1, sizeof *a);
    *attributes = NULL;
    if (!a) return out_of_memory(error);
    fs_arena_init(&a->arena);
    fs_status status = fs_file_read(path, FILE_MOST, &bytes, &length, error);
    for (size_t at = 0; status == FS_OK && at < length;) {
        const char *end = memchr(bytes + at, '\n', length - at);
        size_t n = end ? (size_t)(end - (bytes + at)) : length - at;
        size_t used = n > 0 && bytes[at + n - 1] == '\r' ? n - 1 : n;
        row++;
        if (used) status = parse_line(a, bytes + at, used, row, error);
        if (status != FS_OK) status = fs_error_context(error, status, "%s: line %zu", path, row);
        at += n + 1;
    }
    fs_free(bytes);
    if (status != FS_OK) {
        flame_attributes_destroy(a);
        return status;
    }
    if (a->count) qsort(a->functions, a->count, sizeof *a->functions, by_name);
    *attributes = a;
    return FS_OK;
}

void flame_attributes_destroy(flame_attributes *attributes)
{
    if (!attributes) return;
    fs_arena_fini(&attributes->arena);
    fs_free(attributes->functions);
    fs_free(attributes);
}

const flame_attribute *flame_attributes_of(const flame_attributes *attributes, const char *name,
                                           size_t length)
{
    size_t low = 0, high = attributes->count; /* the last line of a name holds */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const function *f = &attributes->functions[middle];
        if (compare_bytes(f->name, f->length, name, length) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return NULL;
    const function *f = &attributes->functions[low - 1];
    return f->length == length && memcmp(f->name, name, length) == 0 ? f->first : NULL;
}
