#include "legacy_symbols.h"

#include "ascending.h"
#include "count_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void legacy_symbols_init(legacy_symbols *symbols, flame_reading *in)
{
    *symbols = (legacy_symbols){.in = in};
    fs_text_init(&symbols->scratch);
}

void legacy_symbols_fini(legacy_symbols *symbols)
{
    fs_free(symbols->mappings);
    fs_free(symbols->symbols);
    fs_free(symbols->leaf);
    fs_text_fini(&symbols->scratch);
}

bool legacy_hex(const char **at, const char *end, uint64_t *value)
{
    const char *from = *at;
    if (end - from > 2 && from[0] == '0' && (from[1] == 'x' || from[1] == 'X')) from += 2;
    const char *start = from;
    *value = 0;
    for (; from < end && from - start < 16; from++) {
        char c = *from;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) break;
        *value = *value << 4 | (uint64_t)digit;
    }
    *at = from;
    return from > start;
}

bool legacy_take_mapping(legacy_symbols *symbols, const char *line, size_t length, bool *no_memory)
{
    const char *at = line, *end = line + length;
    uint64_t start, stop;
    while (at < end && *at == ' ') at++;
    if (!legacy_hex(&at, end, &start) || at >= end || *at != '-') return false;
    at++;
    if (!legacy_hex(&at, end, &stop) || at >= end || (*at != ':' && *at != ' ') || stop <= start)
        return false;
    while (end > at && (end[-1] == ' ' || end[-1] == '\t')) end--;
    static const char deleted[] = " (deleted)";
    size_t n = sizeof deleted - 1;
    if ((size_t)(end - at) > n && memcmp(end - n, deleted, n) == 0) end -= n;
    const char *file = end;
    while (file > at && file[-1] != '/' && file[-1] != ' ' && file[-1] != ':') file--;
    if (file == end) return true; /* of no file */
    if (!FS_GROW(symbols->mappings, symbols->mapping_capacity, symbols->mapping_count + 1)) {
        *no_memory = true;
        return true;
    }
    symbols->mappings[symbols->mapping_count++] =
        (legacy_mapping){.start = start, .end = stop, .file = file, .file_length = (size_t)(end - file)};
    return true;
}

bool legacy_take_symbol(legacy_symbols *symbols, const char *line, size_t length, bool *no_memory)
{
    const char *at = line, *end = line + length;
    uint64_t address;
    if (length < 4 || line[0] != '0' || line[1] != 'x' || !legacy_hex(&at, end, &address)) return false;
    while (at < end && (*at == ' ' || *at == '\t')) at++;
    if (at == end) return true;
    if (!FS_GROW(symbols->symbols, symbols->symbol_capacity, symbols->symbol_count + 1)) {
        *no_memory = true;
        return true;
    }
    symbols->symbols[symbols->symbol_count++] =
        (legacy_symbol){.address = address, .name = at, .name_length = (size_t)(end - at)};
    return true;
}

static int by_address(const void *left, const void *right)
{
    uint64_t a = ((const legacy_symbol *)left)->address, b = ((const legacy_symbol *)right)->address;
    return a < b ? -1 : a > b;
}

static int by_start(const void *left, const void *right)
{
    uint64_t a = ((const legacy_mapping *)left)->start, b = ((const legacy_mapping *)right)->start;
    return a < b ? -1 : a > b;
}

void legacy_symbols_sort(legacy_symbols *symbols)
{
    if (symbols->symbol_count)
        qsort(symbols->symbols, symbols->symbol_count, sizeof *symbols->symbols, by_address);
    if (symbols->mapping_count)
        qsort(symbols->mappings, symbols->mapping_count, sizeof *symbols->mappings, by_start);
}

fs_status legacy_push_name(legacy_symbols *symbols, const char *name, size_t length, fs_error *error)
{
    uint32_t id;
    if (!FS_GROW(symbols->leaf, symbols->leaf_capacity, symbols->depth + 1))
        return fs_fail_memory(error, "reading a deep stack", symbols->depth);
    const void *nul = length ? memchr(name, 0, length) : NULL;
    if (nul) length = (size_t)((const char *)nul - name);
    fs_status status = flame_tree_name(symbols->in->tree, name, length, true, &id, error);
    if (!status) symbols->leaf[symbols->depth++] = id;
    return status;
}

/* The mapping that holds an address, or NULL. */
static const legacy_mapping *mapping_of(const legacy_symbols *symbols, uint64_t address)
{
    const size_t begun =
        fs_count_up_to(symbols->mappings, symbols->mapping_count, sizeof *symbols->mappings, address);
    return begun > 0 && symbols->mappings[begun - 1].end > address ? &symbols->mappings[begun - 1] : NULL;
}

fs_status legacy_push_address(legacy_symbols *symbols, uint64_t address, fs_error *error)
{
    legacy_symbol key = {.address = address};
    const legacy_symbol *symbol =
        symbols->symbol_count ? bsearch(&key, symbols->symbols, symbols->symbol_count, sizeof key, by_address)
                              : NULL;
    if (symbol) { /* the calls that were inlined, innermost first */
        const char *at = symbol->name, *end = at + symbol->name_length, *more;
        fs_status status = FS_OK;
        while (!status && (more = memmem(at, (size_t)(end - at), "--", 2)) &&
               more > at) { /* not an operator */
            status = legacy_push_name(symbols, at, (size_t)(more - at), error);
            at = more + 2;
        }
        return status ? status : legacy_push_name(symbols, at, (size_t)(end - at), error);
    }
    symbols->in->report->unnamed = true;
    fs_text *text = &symbols->scratch;
    const legacy_mapping *mapping = mapping_of(symbols, address);
    fs_text_clear(text);
    if (mapping) {
        fs_text_char(text, '[');
        fs_text_append(text, mapping->file, mapping->file_length);
        if (symbols->in->options->perf.addrs) fs_text_format(text, " <%" PRIx64 ">", address);
        fs_text_char(text, ']');
    } else {
        fs_text_format(text, "0x%" PRIx64, address);
    }
    if (text->failed) return fs_fail_memory(error, "naming an address", 0);
    return legacy_push_name(symbols, text->data, text->length, error);
}

fs_status legacy_count(legacy_symbols *symbols, flame_exact weight, fs_error *error)
{
    flame_reading *in = symbols->in;
    size_t depth = symbols->depth;
    symbols->depth = 0;
    if (!(weight.value > 0)) {
        in->report->empty++;
        return FS_OK;
    }
    if (!flame_exact_in_range(weight)) {
        flame_skip_sample(in, flame_count_reason(FLAME_COUNT_HUGE));
        return FS_OK;
    }
    uint32_t node;
    fs_status status = flame_builder_inner_first(&in->builder, symbols->leaf, depth, &node, error);
    if (!status) flame_read_count(in, node, weight);
    return status;
}

fs_status legacy_choose_type(const char *wanted, const char *const *types, size_t count, const char *input,
                             size_t *chosen, fs_error *error)
{
    *chosen = count - 1;
    if (!wanted) return FS_OK;
    fs_text list;
    fs_text_init(&list);
    bool found = false;
    for (size_t i = 0; i < count && !found; i++) {
        found = strcmp(types[i], wanted) == 0;
        if (found) *chosen = i;
        fs_text_format(&list, "%s%s", i ? ", " : "", types[i]);
    }
    fs_status status = found ? FS_OK
                             : fs_fail(error, FS_ARGUMENT, "%s has no sample type '%s'; it has: %s", input,
                                       wanted, fs_text_string(&list));
    fs_text_fini(&list);
    return status;
}
