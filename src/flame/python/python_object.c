#include "python_object.h"

#include "gather.h"
#include "memory.h"
#include "python_string.h"
#include "text.h"

#include <string.h>

enum {
    TYPE_NAME = 24,
    TYPE_BASIC_SIZE = 32,
    TYPE_FLAGS = 168,
    TYPE_DICT = 264,
    TYPE_DICT_OFFSET = 288,
    DICT_KEYS = 32,
    DICT_VALUES = 40,
    VALUES_HEADER = 8, /* before the values, from 3.13 */
    ENTRIES_MOST = 1 << 16,
    NAMED_MOST = 4096, /* entries that are searched for a name */
    PAGE = 4096
};

#define HAS_INLINE_VALUES (UINT64_C(1) << 2)
#define HAS_MANAGED_DICT  (UINT64_C(1) << 4)

bool object_read(object_memory *memory, uint64_t address, void *bytes, size_t length)
{
    if (address == 0 || memory->reads_left == 0) return false;
    memory->reads_left--;
    return flame_read(memory->reader, address, bytes, length, NULL) == FS_OK;
}

bool object_word(object_memory *memory, uint64_t address, uint64_t *word)
{
    uint8_t bytes[8];
    if (!object_read(memory, address, bytes, sizeof bytes)) return false;
    *word = load_64(bytes);
    return true;
}

/* A C string may be the last thing on mapped memory. */
static bool read_name(object_memory *memory, uint64_t address, char *name, size_t room)
{
    const uint64_t to_end = PAGE - address % PAGE;
    size_t length = to_end < room - 1 ? (size_t)to_end : room - 1;
    char raw[64];
    if (room > sizeof raw || !object_read(memory, address, raw, length)) return false;
    const char *end = memchr(raw, '\0', length);
    length = end ? (size_t)(end - raw) : length;
    length = fs_utf8_clip(raw, length);
    if (!fs_utf8_valid(raw, length)) return false;
    memcpy(name, raw, length);
    name[length] = '\0';
    return true;
}

bool object_type_read(object_memory *memory, uint64_t address, object_type *type)
{
    uint8_t bytes[TYPE_DICT_OFFSET + 8];
    if (!object_read(memory, object_fields(memory, address), bytes, sizeof bytes)) return false;
    *type = (object_type){.address = address,
                          .flags = load_64(bytes + TYPE_FLAGS),
                          .basic_size = load_64(bytes + TYPE_BASIC_SIZE),
                          .dict = load_64(bytes + TYPE_DICT),
                          .dict_offset = load_64(bytes + TYPE_DICT_OFFSET)};
    return read_name(memory, load_64(bytes + TYPE_NAME), type->name, sizeof type->name);
}

bool object_type_of(object_memory *memory, uint64_t object, object_type *type)
{
    uint64_t address;
    return object_word(memory, object + memory->layout->object_head, &address) &&
           object_type_read(memory, address, type);
}

char *object_text_beginning(object_memory *memory, uint64_t object, uint32_t most)
{
    python_string string;
    if (memory->reads_left == 0) return NULL;
    memory->reads_left--;
    const fs_status status =
        python_string_beginning(memory->reader, memory->layout, object, most, &string, NULL);
    if (status == FS_MEMORY) memory->failed = true;
    if (status != FS_OK) return NULL;
    char *text = string.text;
    string.text = NULL;
    python_string_fini(&string);
    return text;
}

bool object_text(object_memory *memory, uint64_t object, char *text, size_t room)
{
    char *whole = object_text_beginning(memory, object, (uint32_t)room);
    if (!whole) return false;
    size_t length = strlen(whole);
    length = fs_utf8_clip(whole, length < room ? length : room - 1);
    memcpy(text, whole, length);
    text[length] = '\0';
    fs_free(whole);
    return true;
}

bool object_is_text(object_memory *memory, uint64_t object, const char *text)
{
    char found[64];
    return object_text(memory, object, found, sizeof found) && strcmp(found, text) == 0;
}

uint64_t object_in_slot(const object_memory *memory, uint64_t slot)
{
    return memory->layout->frame.tagged ? slot & ~UINT64_C(3) : slot;
}

uint64_t object_tuple_items(const object_memory *memory, uint64_t tuple)
{
    return object_fields(memory, tuple) +
           (memory->layout->minor >= 14 ? 32 : 24); /* from 3.14 its hash comes first */
}

/* ---- containers and numbers ---- */

/* Where the pointers are, how many and how far apart. */
static bool find_items(object_memory *memory, uint64_t container, uint64_t *at, uint64_t *count,
                       size_t *stride)
{
    object_type type;
    if (!container || !object_type_of(memory, container, &type)) return false;
    const uint64_t fields = object_fields(memory, container);
    *stride = 8;
    if (strcmp(type.name, "set") == 0 || strcmp(type.name, "frozenset") == 0) {
        *stride = 16; /* an object and its hash */
        if (!object_word(memory, fields + SET_MASK, count)) return false;
        (*count)++;
        return object_word(memory, fields + SET_TABLE, at);
    }
    if (!(type.flags & (OBJECT_IS_LIST | OBJECT_IS_TUPLE)) ||
        !object_word(memory, fields + OBJECT_LENGTH, count))
        return false;
    *at = object_tuple_items(memory, container);
    return type.flags & OBJECT_IS_TUPLE || object_word(memory, fields + LIST_ITEMS, at);
}

size_t object_items_of(object_memory *memory, uint64_t container, size_t most, uint64_t **items)
{
    uint64_t at, slots;
    size_t stride, count = 0, capacity = 0;
    *items = NULL;
    if (!find_items(memory, container, &at, &slots, &stride)) return 0;
    for (uint64_t i = 0; i < slots && count < most; i++) {
        uint8_t slot[16];
        if (!object_read(memory, at + i * stride, slot, stride)) break;
        /* An unused slot of a set; one whose object was removed has the hash -1. */
        if (load_64(slot) == 0 || (stride == 16 && load_64(slot + 8) == UINT64_MAX)) continue;
        if (!FS_GROW(*items, capacity, count + 1)) {
            memory->failed = true;
            break;
        }
        (*items)[count++] = load_64(slot);
    }
    return count;
}

void object_items(object_memory *memory, uint64_t container, size_t most,
                  void (*visit)(void *context, uint64_t object), void *context)
{
    uint64_t *items;
    const size_t count = object_items_of(memory, container, most, &items);
    for (size_t i = 0; i < count; i++) visit(context, items[i]);
    fs_free(items);
}

bool object_small_int(object_memory *memory, uint64_t object, int64_t *value)
{
    uint8_t bytes[16];
    if (!object_read(memory, object_fields(memory, object) + OBJECT_LENGTH, bytes, sizeof bytes))
        return false;
    const uint64_t word = load_64(bytes);
    const bool tagged = memory->layout->minor >= 12;
    const uint64_t digits = tagged ? word >> 3 : (int64_t)word < 0 ? 0 - word : word;
    const bool negative = tagged ? (word & 3) == 2 : (int64_t)word < 0;
    if (digits > 2) return false;
    const int64_t low = load_32(bytes + 8) & 0x3fffffff, high = load_32(bytes + 12) & 0x3fffffff;
    *value = digits == 0 ? 0 : digits == 1 ? low : low | high << 30;
    if (negative) *value = -*value;
    return true;
}

/* ---- entries ---- */

/* Before the entries lies a table of indices, whose size the header tells. */
static bool open_keys(object_memory *memory, uint64_t keys, uint64_t values, object_entries *entries)
{
    uint8_t header[40];
    if (!object_read(memory, keys, header, sizeof header)) return false;
    uint64_t indices = UINT64_C(1) << (header[9] & 31);
    *entries = (object_entries){.at = keys + 32 + indices,
                                .values = values,
                                .count = load_64(header + 24),
                                .hashed = header[10] == 0};
    if (memory->layout->minor <= 10) {
        const uint64_t size = load_64(header + 8);
        const unsigned width = size <= UINT8_MAX ? 1 : size <= UINT16_MAX ? 2 : size <= UINT32_MAX ? 4 : 8;
        if (size > UINT32_MAX) return false;
        *entries = (object_entries){
            .at = keys + 40 + size * width, .values = values, .count = load_64(header + 32), .hashed = true};
    }
    if (entries->count > ENTRIES_MOST) entries->count = ENTRIES_MOST;
    return true;
}

bool object_dict_entries(object_memory *memory, uint64_t dict, object_entries *entries)
{
    uint8_t pointers[16];
    if (!object_read(memory, object_fields(memory, dict) + DICT_KEYS, pointers, sizeof pointers))
        return false;
    uint64_t values = load_64(pointers + DICT_VALUES - DICT_KEYS);
    if (values && memory->layout->minor >= 13) values += VALUES_HEADER;
    return open_keys(memory, load_64(pointers), values, entries);
}

/* 3.11 has pointers to the values and to the dict before the object, 3.12 one for both, told apart by its
 * lowest bit; from 3.13 the values follow the object, as long as they are valid. */
static bool of_managed(object_memory *memory, uint64_t object, const object_type *type,
                       object_entries *entries)
{
    uint64_t dict, keys = 0, values;
    /* In front of it, and of two words for the collection of garbage, which free-threaded builds do without.
     */
    if (!object_word(memory, object - (memory->layout->free_threaded ? 8 : 24), &dict)) return false;
    if (type->flags & OBJECT_IS_HEAP_TYPE &&
        !object_word(memory, type->address + memory->layout->type.cached_keys, &keys))
        return false;
    switch (memory->layout->minor) {
    case 11:
        if (dict) return object_dict_entries(memory, dict, entries);
        return object_word(memory, object - 32, &values) && values &&
               open_keys(memory, keys, values, entries);
    case 12:
        if (dict & 1) return open_keys(memory, keys, dict + 1, entries);
        break;
    default:
        if (type->flags & HAS_INLINE_VALUES && type->basic_size <= UINT16_MAX) {
            uint8_t header[VALUES_HEADER]; /* capacity, size, embedded, valid, ... */
            const uint64_t at = object + type->basic_size;
            if (object_read(memory, at, header, sizeof header) && header[3] == 1)
                return open_keys(memory, keys, at + VALUES_HEADER, entries);
        }
    }
    return dict && object_dict_entries(memory, dict, entries);
}

bool object_attributes(object_memory *memory, uint64_t object, object_entries *entries)
{
    object_type type;
    uint64_t dict;
    if (!object_type_of(memory, object, &type)) return false;
    if (memory->layout->minor >= 11 && type.flags & HAS_MANAGED_DICT)
        return of_managed(memory, object, &type, entries);
    if (type.dict_offset == 0 || type.dict_offset > UINT16_MAX) return false;
    return object_word(memory, object + type.dict_offset, &dict) && dict &&
           object_dict_entries(memory, dict, entries);
}

bool object_entry(object_memory *memory, const object_entries *entries, uint64_t index, uint64_t *key,
                  uint64_t *value)
{
    uint8_t entry[24];
    const size_t stride = entries->hashed ? 24 : 16, skip = entries->hashed ? 8 : 0;
    if (index >= entries->count || !object_read(memory, entries->at + index * stride, entry, stride))
        return false;
    *key = load_64(entry + skip);
    *value = load_64(entry + skip + 8);
    if (entries->values && !object_word(memory, entries->values + 8 * index, value)) return false;
    return *key && *value;
}

bool object_entry_named(object_memory *memory, const object_entries *entries, const char *name,
                        uint64_t *value)
{
    uint64_t key;
    for (uint64_t i = 0; i < entries->count && i < NAMED_MOST && memory->reads_left; i++)
        if (object_entry(memory, entries, i, &key, value) && object_is_text(memory, key, name)) return true;
    return false;
}

bool object_attribute(object_memory *memory, uint64_t object, const char *name, uint64_t *value)
{
    object_entries entries;
    return object_attributes(memory, object, &entries) && object_entry_named(memory, &entries, name, value);
}
