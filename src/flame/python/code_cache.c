#include "code_cache.h"

#include "line_table.h"
#include "memory.h"
#include "python_string.h"

#include <string.h>

/* What one code object may make us hold. Modules of generated code have tables of megabytes. */
enum { TABLE_MOST = 1 << 24, HEADER_MOST = 512, ENTRIES_MOST = 1 << 20 };

/* CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR */
enum { SUSPENDS = 0x20 | 0x80 | 0x200 };

void code_cache_init(code_cache *cache, const flame_reader *reader, const python_layout *layout,
                     uint64_t code_type)
{
    *cache = (code_cache){.reader = reader, .layout = layout, .code_type = code_type};
    fs_arena_init(&cache->arena);
}

static void drop_entries(code_cache *cache)
{
    for (size_t i = 0; i < cache->entry_count; i++) {
        fs_free(cache->entries[i]->expected);
        fs_free(cache->entries[i]->copies);
        fs_free(cache->entries[i]);
    }
    fs_map_clear(&cache->by_address);
    cache->entry_count = 0;
}

void code_cache_fini(code_cache *cache)
{
    drop_entries(cache);
    fs_free(cache->entries);
    fs_map_fini(&cache->by_address);
    for (size_t i = 0; i < cache->body_count; i++) fs_free(cache->bodies[i].lines);
    fs_free(cache->bodies);
    fs_map_fini(&cache->by_content);
    fs_arena_fini(&cache->arena);
}

/* ---- by address ---- */

/* The entry for an address, made empty when there is none; NULL when out of memory. */
static code_entry *entry_at(code_cache *cache, uint64_t address)
{
    code_entry *entry = code_cache_find(cache, address);
    if (entry) return entry;
    /* A program that makes code without end at ever new addresses: what is still in use is found again. */
    if (cache->entry_count >= ENTRIES_MOST) drop_entries(cache);
    entry = fs_alloc_0(1, sizeof *entry);
    if (!entry || !FS_GROW(cache->entries, cache->entry_capacity, cache->entry_count + 1) ||
        !fs_map_add(&cache->by_address, fs_hash_64(address), (uint32_t)cache->entry_count)) {
        fs_free(entry);
        return NULL;
    }
    entry->address = address;
    cache->entries[cache->entry_count++] = entry;
    return entry;
}

/* ---- by content ---- */

typedef struct content {
    python_string file, name, qualname;
    uint8_t *table;       /* with its header */
    const uint8_t *lines; /* the table itself */
    uint32_t table_length, first_line, code_bytes;
    size_t units;
} content;

static const python_string *qualname_of(const content *seen)
{
    return seen->qualname.text ? &seen->qualname : &seen->name;
}

static bool has_content(const void *items, uint32_t item, const void *wanted)
{
    const code_body *body = (const code_body *)items + item;
    const content *seen = wanted;
    return body->names.first_line == seen->first_line && body->code_units == seen->units &&
           body->table_length == seen->table_length && strcmp(body->names.file, seen->file.text) == 0 &&
           strcmp(body->names.name, seen->name.text) == 0 &&
           strcmp(body->names.qualname, qualname_of(seen)->text) == 0 &&
           memcmp(body->table, seen->lines, seen->table_length) == 0;
}

static fs_status intern(code_cache *cache, const content *seen, uint32_t *id, fs_error *error)
{
    const python_string *qualname = qualname_of(seen);
    uint64_t hash = seen->first_line ^ (uint64_t)seen->units << 32;
    hash = fs_hash_bytes(hash, seen->file.text, strlen(seen->file.text));
    hash = fs_hash_bytes(hash, seen->name.text, strlen(seen->name.text));
    hash = fs_hash_bytes(hash, qualname->text, strlen(qualname->text));
    hash = fs_hash_bytes(hash, seen->lines, seen->table_length);
    *id = fs_map_find(&cache->by_content, hash, has_content, cache->bodies, seen);
    if (*id != FS_MAP_NONE) return FS_OK;
    if (cache->body_count >= FS_MAP_NONE ||
        !FS_GROW(cache->bodies, cache->body_capacity, cache->body_count + 1) ||
        !fs_map_reserve(&cache->by_content, cache->by_content.count + 1))
        return fs_fail_memory(error, "keeping a code object", 0);
    code_body body = {.table_length = seen->table_length, .code_units = (uint32_t)seen->units};
    size_t count;
    fs_status status = line_table_decode(cache->layout->lines, seen->lines, seen->table_length,
                                         seen->first_line, seen->units, &body.lines, &count, error);
    if (status != FS_OK) return status;
    body.units = (uint32_t)count;
    body.names.first_line = seen->first_line;
    body.names.file = fs_arena_strndup(&cache->arena, seen->file.text, strlen(seen->file.text));
    body.names.name = fs_arena_strndup(&cache->arena, seen->name.text, strlen(seen->name.text));
    body.names.qualname = seen->qualname.text
                              ? fs_arena_strndup(&cache->arena, qualname->text, strlen(qualname->text))
                              : body.names.name;
    uint8_t *copy = fs_arena_alloc(&cache->arena, seen->table_length + 1, 1);
    if (!body.names.file || !body.names.name || !body.names.qualname || !copy) {
        fs_free(body.lines);
        return fs_fail_memory(error, "keeping a code object", seen->table_length);
    }
    memcpy(copy, seen->lines, seen->table_length);
    body.table = copy;
    cache->bytes += count * sizeof(uint32_t);
    *id = (uint32_t)cache->body_count;
    cache->bodies[cache->body_count++] = body;
    fs_map_put(&cache->by_content, hash, *id);
    return FS_OK;
}

fs_status code_cache_mark(code_cache *cache, code_mark mark, uint32_t *id)
{
    static const char *const names[CODE_MARKS] = {
        [CODE_TRUNCATED] = FLAME_TRUNCATED,
        [CODE_COLLECTION] = FLAME_COLLECTION,
        [CODE_EVENT_LOOP] = FLAME_EVENT_LOOP,
    };
    const char *name = names[mark];
    if (!cache->marks[mark]) {
        if (!FS_GROW(cache->bodies, cache->body_capacity, cache->body_count + 1)) return FS_MEMORY;
        cache->bodies[cache->body_count++] =
            (code_body){.names = {.file = "", .name = name, .qualname = name}, .table = (const uint8_t *)""};
        cache->marks[mark] = (uint32_t)cache->body_count;
    }
    *id = cache->marks[mark] - 1;
    return FS_OK;
}

/* ---- reading ---- */

static void add_span(code_entry *entry, uint8_t *expected, uint32_t *used, uint64_t address,
                     const uint8_t *bytes, size_t length, uint32_t skip_from, uint32_t skip_to)
{
    if (!length) return;
    entry->spans[entry->span_count++] = (code_span){
        .address = address, .length = (uint32_t)length, .offset = *used, .skip = {skip_from, skip_to}};
    memcpy(expected + *used, bytes, length);
    *used += (uint32_t)length;
}

static fs_status read_content(code_cache *cache, const uint8_t *header, content *seen, fs_error *error)
{
    const python_layout *layout = cache->layout;
    const flame_reader *reader = cache->reader;
    uint64_t file = load_64(header + layout->code.file), name = load_64(header + layout->code.name);
    uint64_t table = load_64(header + layout->code.lines);
    fs_status status = python_string_read(reader, layout, file, &seen->file, error);
    if (status != FS_OK) return status;
    status = python_string_read(reader, layout, name, &seen->name, error);
    if (status != FS_OK) return status;
    if (layout->code.qualname != PYTHON_ABSENT) {
        uint64_t qualname = load_64(header + layout->code.qualname);
        if (qualname != name) status = python_string_read(reader, layout, qualname, &seen->qualname, error);
        if (status != FS_OK) return status;
    }
    uint8_t size[8];
    status = flame_read(reader, table + layout->bytes.length, size, sizeof size, error);
    if (status != FS_OK) return status;
    uint64_t length = load_64(size);
    if (length > TABLE_MOST)
        return fs_fail(error, FS_FORMAT, "a line table of %llu bytes", (unsigned long long)length);
    seen->table_length = (uint32_t)length;
    seen->table = fs_alloc(layout->bytes.data + (size_t)length, 1);
    if (!seen->table) return fs_fail_memory(error, "reading a line table", (size_t)length);
    return flame_read(reader, table, seen->table, layout->bytes.data + (size_t)length, error);
}

/* Without symbols the type of code objects is learnt from the first one. Here is what makes sure of it. */
static bool is_code_type(const code_cache *cache, uint64_t type)
{
    const uint32_t name_at = cache->layout->object_head + 16; /* tp_name in PyTypeObject, in all versions */
    uint8_t address[8];
    char name[5];
    return flame_read(cache->reader, type + name_at, address, sizeof address, NULL) == FS_OK &&
           flame_read(cache->reader, load_64(address), name, sizeof name, NULL) == FS_OK &&
           memcmp(name, "code", sizeof name) == 0;
}

/* The object itself: is it one, how long is its code, where does it begin? */
static fs_status read_header(code_cache *cache, uint64_t address, uint8_t header[HEADER_MOST], content *seen,
                             fs_error *error)
{
    const python_layout *layout = cache->layout;
    const uint32_t size = layout->code.body != PYTHON_ABSENT ? layout->code.body : layout->code.fields[1];
    if (size > HEADER_MOST) return fs_fail(error, FS_INTERNAL, "a code object too large");
    fs_status status = flame_read(cache->reader, address, header, size, error);
    if (status != FS_OK) return status;
    cache->calls += 8; /* with what follows */
    const uint64_t type = load_64(header + layout->object_head);
    if (cache->code_type ? type != cache->code_type : !is_code_type(cache, type))
        return fs_fail(error, FS_FORMAT, "no code object at 0x%llx", (unsigned long long)address);
    uint64_t code_bytes = load_64(header + layout->object_head + 8) * 2; /* ob_size counts units */
    if (layout->code.body == PYTHON_ABSENT) {
        uint8_t length[8];
        const uint64_t bytes = load_64(header + layout->code.bytes);
        status = flame_read(cache->reader, bytes + layout->bytes.length, length, sizeof length, error);
        if (status != FS_OK) return status;
        code_bytes = load_64(length);
    }
    if (code_bytes < 2 || code_bytes > TABLE_MOST)
        return fs_fail(error, FS_FORMAT, "code of %llu bytes", (unsigned long long)code_bytes);
    const uint32_t first_line = load_32(header + layout->code.first_line);
    seen->first_line = first_line > INT32_MAX ? 0 : first_line;
    seen->units = (size_t)code_bytes / 2;
    seen->code_bytes = (uint32_t)code_bytes;
    return FS_OK;
}

/* What must be as it was for `entry` to be valid: its fields; its names and lines, unless these have a
 * number. */
static void keep_spans(const code_cache *cache, code_entry *entry, uint8_t *expected, const uint8_t *header,
                       const content *seen)
{
    const python_layout *layout = cache->layout;
    const uint32_t from = layout->code.fields[0];
    uint32_t used = 0;
    add_span(entry, expected, &used, entry->address + from, header + from, layout->code.fields[1] - from, 0,
             0);
    if (layout->validation == PYTHON_VALIDATE_VERSION && load_32(header + layout->code.version) != 0) return;
    /* Skipped in strings: the hash and the flags (interned later); in the table: the hash. */
    const python_string *strings[] = {&seen->file, &seen->name, &seen->qualname};
    for (int i = 0; i < 3; i++)
        if (strings[i]->text)
            add_span(entry, expected, &used, strings[i]->raw_address, strings[i]->raw, strings[i]->raw_length,
                     strings[i]->skip[0], strings[i]->skip[1]);
    const uint64_t table = load_64(header + layout->code.lines);
    const uint32_t length_at = layout->bytes.length;
    add_span(entry, expected, &used, table + length_at, seen->table + length_at,
             layout->bytes.data - length_at + seen->table_length, 8, layout->bytes.data - length_at);
}

static fs_status keep_entry(code_cache *cache, uint64_t address, const uint8_t *header, const content *seen,
                            uint32_t id, code_entry **out, fs_error *error)
{
    const python_layout *layout = cache->layout;
    code_entry *entry = entry_at(cache, address);
    const size_t total = layout->code.fields[1] - layout->code.fields[0] + seen->file.raw_length +
                         seen->name.raw_length + seen->qualname.raw_length + layout->bytes.data +
                         seen->table_length;
    uint8_t *expected = fs_alloc(total, 1);
    if (!entry || !expected) {
        fs_free(expected);
        return fs_fail_memory(error, "keeping a code object", total);
    }
    const bool again = entry->expected != NULL;
    fs_free(entry->expected);
    fs_free(entry->copies);
    *entry = (code_entry){.address = address,
                          .replaced = again,
                          .reading = cache->reading,
                          .id = id,
                          .code_bytes = seen->code_bytes,
                          .suspends = (load_32(header + layout->code.flags) & SUSPENDS) != 0,
                          .finalizes = strcmp(seen->name.text, "__del__") == 0,
                          .expected = expected};
    keep_spans(cache, entry, expected, header, seen);
    if (!cache->code_type) cache->code_type = load_64(header + layout->object_head);
    *out = entry;
    return FS_OK;
}

fs_status code_cache_resolve(code_cache *cache, uint64_t address, code_entry **out, fs_error *error)
{
    uint8_t header[HEADER_MOST];
    content seen = {0};
    uint32_t id = 0;
    *out = NULL;
    fs_status status = read_header(cache, address, header, &seen, error);
    if (status == FS_OK) status = read_content(cache, header, &seen, error);
    if (status == FS_OK) {
        seen.lines = seen.table + cache->layout->bytes.data;
        status = intern(cache, &seen, &id, error);
    }
    if (status == FS_OK) status = keep_entry(cache, address, header, &seen, id, out, error);
    fs_free(seen.table);
    python_string_fini(&seen.file);
    python_string_fini(&seen.name);
    python_string_fini(&seen.qualname);
    return status;
}

/* ---- copies ---- */

fs_status code_cache_read_copies(code_cache *cache, code_entry *entry, uint64_t generation)
{
    enum { COPIES_MOST = 1 << 16 };
    uint8_t word[8];
    uint64_t count;
    cache->calls += 3;
    fs_status status =
        flame_read(cache->reader, entry->address + cache->layout->code.copies, word, sizeof word, NULL);
    const uint64_t array = load_64(word);
    if (!status) status = flame_read(cache->reader, array, &count, sizeof count, NULL);
    if (status) return FS_NOT_FOUND;
    if (count > COPIES_MOST) return FS_FORMAT;
    uint64_t *copies = fs_alloc((size_t)count + 1, sizeof *copies);
    if (!copies) return FS_MEMORY;
    if (flame_read(cache->reader, array + sizeof count, copies, (size_t)count * sizeof *copies, NULL)) {
        fs_free(copies);
        return FS_NOT_FOUND;
    }
    fs_free(entry->copies);
    entry->copies = copies;
    entry->copy_count = (uint32_t)count;
    entry->copies_generation = generation;
    return FS_OK;
}

bool code_cache_outgrown(code_cache *cache, const code_entry *entry)
{
    const python_layout *layout = cache->layout;
    uint8_t size[8];
    if (layout->code.body != PYTHON_ABSENT) return false;
    uint64_t bytes = load_64(entry->expected + layout->code.bytes - layout->code.fields[0]);
    cache->calls++;
    return flame_read(cache->reader, bytes + layout->bytes.length, size, sizeof size, NULL) == FS_OK &&
           load_64(size) != entry->code_bytes;
}

/* ---- validation ---- */

bool code_cache_request(const code_entry *entry, gather *set, uint32_t now)
{
    for (uint32_t i = 0; i < entry->span_count; i++)
        if (!gather_add(set, entry->spans[i].address, entry->spans[i].length, now)) return false;
    return true;
}

/* Bytes from, to of `bytes`, which are [from, to) of the span's, as expected? */
static bool same_bytes(const code_entry *entry, const code_span *span, const uint8_t *bytes, uint32_t from,
                       uint32_t to)
{
    const uint8_t *expected = entry->expected + span->offset;
    const uint32_t skip_from = span->skip[1] ? span->skip[0] : to, skip_to = span->skip[1];
    const uint32_t before = skip_from < from ? from : skip_from < to ? skip_from : to;
    const uint32_t after = skip_to < from ? from : skip_to < to ? skip_to : to;
    if (after <= before) return memcmp(bytes, expected + from, to - from) == 0;
    return memcmp(bytes, expected + from, before - from) == 0 &&
           memcmp(bytes + (after - from), expected + after, to - after) == 0;
}

code_validity code_cache_validate(const code_entry *entry, const gather *set)
{
    size_t hint = 0;
    for (uint32_t i = 0; i < entry->span_count; i++) {
        const code_span *item = &entry->spans[i];
        const uint8_t *bytes = gather_find(set, item->address, item->length, &hint);
        if (!bytes) return CODE_NOT_READ;
        if (!same_bytes(entry, item, bytes, 0, item->length)) return CODE_CHANGED;
    }
    return CODE_VALID;
}

bool code_cache_matches(const code_entry *entry, const flame_reader *reader)
{
    uint8_t bytes[512];
    for (uint32_t i = 0; i < entry->span_count; i++) {
        const code_span *item = &entry->spans[i];
        for (uint32_t from = 0, to; from < item->length; from = to) {
            to = item->length - from < sizeof bytes ? item->length : from + (uint32_t)sizeof bytes;
            if (flame_read(reader, item->address + from, bytes, to - from, NULL) != FS_OK ||
                !same_bytes(entry, item, bytes, from, to))
                return false;
        }
    }
    return true;
}
