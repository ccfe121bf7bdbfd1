#include "native_names.h"

#include "cython_name.h"
#include "demangle.h"
#include "file.h"
#include "memory.h"
#include "short_name.h"

#include <string.h>

enum { INLINED_MOST = 32 };

void native_names_init(native_names *names, flame_native *native, bool inlines)
{
    *names = (native_names){.native = native, .inlines = inlines};
    fs_arena_init(&names->text);
}

void native_names_fini(native_names *names)
{
    fs_map_fini(&names->by_name);
    fs_free(names->functions);
    fs_free(names->lines);
    fs_free(names->first);
    fs_free(names->counts);
    fs_arena_fini(&names->text);
    *names = (native_names){0};
}

/* What people call it. */
static void readable(const flame_native_name *name, fs_text *out)
{
    fs_text plain;
    if (!name->function) {
        fs_text_format(out, "%s+0x%llx", name->module, (unsigned long long)name->offset);
        return;
    }
    if (cython_name(name->function, out)) return;
    const char *version = strchr(name->function, '@'); /* memcpy@@GLIBC_2.14 */
    size_t length =
        version && version > name->function ? (size_t)(version - name->function) : strlen(name->function);
    fs_text_init(&plain);
    if (flame_demangle(name->function, length, &plain))
        flame_short_name(fs_text_string(&plain), plain.length, out);
    else
        fs_text_append(out, name->function, length);
    out->failed |= plain.failed;
    fs_text_fini(&plain);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_function(const void *items, uint32_t item, const void *wanted)
{
    const native_function *one = (const native_function *)items + item, *other = wanted;
    return same_text(one->name, other->name) && same_text(one->module, other->module) &&
           same_text(one->source, other->source);
}

static uint64_t hash_text(const char *text, uint64_t hash)
{
    return text ? fs_hash_bytes(hash, text, strlen(text)) : hash;
}

/* The number of a function, made on first sight. */
static fs_status intern(native_names *names, const native_function *wanted, uint32_t *number, fs_error *error)
{
    const uint64_t hash = hash_text(wanted->source, hash_text(wanted->module, hash_text(wanted->name, 1)));
    *number = fs_map_find(&names->by_name, hash, is_function, names->functions, wanted);
    if (*number != FS_MAP_NONE) return FS_OK;
    native_function made = {.name = fs_arena_strndup(&names->text, wanted->name, strlen(wanted->name)),
                            .module = fs_arena_strndup(&names->text, wanted->module, strlen(wanted->module)),
                            .unnamed = wanted->unnamed};
    if (wanted->source) made.source = fs_arena_strndup(&names->text, wanted->source, strlen(wanted->source));
    if (!made.name || !made.module || (wanted->source && !made.source) ||
        !FS_GROW(names->functions, names->function_capacity, names->function_count + 1) ||
        !fs_map_add(&names->by_name, hash, (uint32_t)names->function_count))
        return fs_fail_memory(error, "naming functions", 0);
    *number = (uint32_t)names->function_count++;
    names->functions[*number] = made;
    return FS_OK;
}

static fs_status add_line(native_names *names, const flame_native_name *name, fs_text *text, fs_error *error)
{
    native_line line = {.line = name->line};
    fs_text_clear(text);
    readable(name, text);
    if (name->stub) fs_text_add(text, "@plt");
    if (text->failed) return fs_fail_memory(error, "naming functions", 0);
    const native_function wanted = {.name = fs_text_string(text),
                                    .module = name->module,
                                    .unnamed = !name->function,
                                    .source = name->source ? fs_path_base(name->source) : NULL};
    fs_status status = intern(names, &wanted, &line.function, error);
    if (status) return status;
    if (!FS_GROW(names->lines, names->line_capacity, names->line_count + 1))
        return fs_fail_memory(error, "naming functions", 0);
    names->lines[names->line_count++] = line;
    return FS_OK;
}

static bool grow_places(native_names *names, uint32_t place)
{
    if (place < names->place_capacity) return true;
    const size_t capacity = (size_t)place + place / 2 + 64;
    uint32_t *first = fs_realloc(names->first, capacity, sizeof *first);
    if (first) names->first = first;
    uint8_t *counts = fs_realloc(names->counts, capacity, 1);
    if (counts) names->counts = counts;
    if (!first || !counts) return false;
    for (size_t i = names->place_capacity; i < capacity; i++) first[i] = UINT32_MAX;
    names->place_capacity = capacity;
    return true;
}

fs_status native_names_find(native_names *names, uint32_t place, const native_line **lines, uint32_t *count,
                            fs_error *error)
{
    fs_status status = FS_OK;
    if (!grow_places(names, place))
        return fs_fail_memory(error, "naming functions", place * sizeof *names->first);
    if (names->first[place] == UINT32_MAX) {
        flame_native_name found[INLINED_MOST];
        fs_text text;
        fs_text_init(&text);
        const size_t begin = names->line_count;
        size_t total = flame_native_describe(names->native, place, names->inlines, found, INLINED_MOST);
        for (size_t i = 0; i < total && !status; i++) status = add_line(names, &found[i], &text, error);
        fs_text_fini(&text);
        if (status) {
            names->line_count = begin;
            return status;
        }
        names->first[place] = (uint32_t)begin;
        names->counts[place] = (uint8_t)total;
    }
    *lines = names->lines + names->first[place];
    *count = names->counts[place];
    return FS_OK;
}

void native_name_text(const native_names *names, const native_line *line, bool lines, fs_text *text)
{
    const native_function *function = &names->functions[line->function];
    fs_text_add(text, function->name);
    if (function->source && lines && line->line)
        fs_text_format(text, " (%s:%u)", function->source, (unsigned)line->line);
    else if (function->source)
        fs_text_format(text, " (%s)", function->source);
    else if (function->module[0] && !function->unnamed)
        fs_text_format(text, " (%s)", function->module);
}
