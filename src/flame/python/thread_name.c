#include "thread_name.h"

#include "gather.h"
#include "python_string.h"
#include "text.h"

#include <string.h>

/* Fields of public structures, the same in 3.8 to 3.13 (object.h, dictobject.h). */
enum { OBJECT_TYPE = 8, TYPE_BASIC_SIZE = 32, TYPE_DICT_OFFSET = 288, DICT_KEYS = 32, DICT_VALUES = 40 };

enum { KEYS_MOST = 64, ENTRY_MOST = 24, VALUES_HEADER = 8 /* before the values, from 3.13 */ };

/* Where attributes are: keys with their values beside them, or (values not 0) in an array. */
typedef struct attributes {
    uint64_t keys, values;
} attributes;

static bool load(const flame_reader *reader, uint64_t address, uint64_t *value)
{
    uint8_t bytes[8];
    if (address == 0 || flame_read(reader, address, bytes, sizeof bytes, NULL) != FS_OK) return false;
    *value = load_64(bytes);
    return true;
}

static bool of_dict(const flame_reader *reader, const python_layout *layout, uint64_t dict, attributes *found)
{
    if (!load(reader, dict + DICT_KEYS, &found->keys) || !load(reader, dict + DICT_VALUES, &found->values))
        return false;
    if (found->values && layout->minor >= 13) found->values += VALUES_HEADER;
    return true;
}

/* To 3.10 the dict's address is in the object. 3.11 has pointers to the values and to the dict before
 * it, 3.12 one for both, told apart by its lowest bit; in 3.13 the values follow the object, as long as they
 * are valid. */
static bool of_object(const flame_reader *reader, const python_layout *layout, uint64_t object,
                      attributes *found)
{
    uint64_t type, word, dict;
    if (!load(reader, object + OBJECT_TYPE, &type)) return false;
    if (layout->minor <= 10) {
        if (!load(reader, type + TYPE_DICT_OFFSET, &word) || word == 0 || word > UINT16_MAX) return false;
        return load(reader, object + word, &dict) && dict && of_dict(reader, layout, dict, found);
    }
    if (!load(reader, object - 24, &dict) || !load(reader, type + layout->type.cached_keys, &found->keys))
        return false;
    if (layout->minor == 11) {
        if (dict) return of_dict(reader, layout, dict, found);
        return load(reader, object - 32, &found->values) && found->values;
    }
    if (layout->minor == 12) {
        found->values = dict + 1;
        return dict & 1 || (dict && of_dict(reader, layout, dict, found));
    }
    uint8_t header[VALUES_HEADER]; /* capacity, size, embedded, valid, ... */
    if (!load(reader, type + TYPE_BASIC_SIZE, &word) || word > UINT16_MAX) return false;
    found->values = object + word + VALUES_HEADER;
    if (flame_read(reader, object + word, header, sizeof header, NULL) == FS_OK && header[3] == 1)
        return true;
    return dict && of_dict(reader, layout, dict, found);
}

static bool is_name(const flame_reader *reader, const python_layout *layout, uint64_t key)
{
    python_string string = {0};
    bool is =
        python_string_read(reader, layout, key, &string, NULL) == FS_OK && strcmp(string.text, "_name") == 0;
    python_string_fini(&string);
    return is;
}

/* The value of _name. Before the entries lies a table of indices, whose size the header tells. */
static bool find_value(const flame_reader *reader, const python_layout *layout, const attributes *from,
                       uint64_t *value)
{
    uint8_t header[32], entries[KEYS_MOST * ENTRY_MOST];
    const bool old = layout->minor <= 10;
    if (flame_read(reader, from->keys, header, sizeof header, NULL) != FS_OK) return false;
    uint64_t count = load_64(header + 24), at = from->keys + 32 + (UINT64_C(1) << (header[9] & 31));
    bool hashed = header[10] == 0; /* an entry has a hash before its key */
    if (old) {
        const uint64_t size = load_64(header + 8);
        const unsigned width = size <= UINT8_MAX ? 1 : size <= UINT16_MAX ? 2 : 4;
        if (!load(reader, from->keys + 32, &count) || size > UINT16_MAX) return false;
        at = from->keys + 40 + size * width;
        hashed = true;
    }
    if (count > KEYS_MOST) count = KEYS_MOST;
    const size_t stride = hashed ? 24 : 16, key = hashed ? 8 : 0;
    if (count == 0 || flame_read(reader, at, entries, count * stride, NULL) != FS_OK) return false;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = entries + i * stride;
        if (!is_name(reader, layout, load_64(entry + key))) continue;
        *value = load_64(entry + key + 8);
        return from->values ? load(reader, from->values + 8 * i, value) : true;
    }
    return false;
}

bool python_thread_name(const flame_reader *reader, const python_layout *layout, uint64_t frame, char *name,
                        size_t room)
{
    const uint32_t locals = layout->frame.slots != PYTHON_ABSENT ? layout->frame.slots : layout->frame.size;
    attributes found = {0};
    uint64_t self, value;
    python_string string = {0};
    if (layout->minor > 13 || !load(reader, frame + locals, &self) ||
        !of_object(reader, layout, self, &found) || !find_value(reader, layout, &found, &value) ||
        python_string_read(reader, layout, value, &string, NULL) != FS_OK)
        return false;
    fs_text clean;
    fs_text_init(&clean);
    fs_text_add_printable(&clean, string.text, strlen(string.text), false);
    const size_t length = clean.length < room ? clean.length : room - 1;
    const size_t kept = fs_utf8_clip(fs_text_string(&clean), length);
    memcpy(name, fs_text_string(&clean), kept);
    name[kept] = '\0';
    const bool good = !clean.failed && kept > 0;
    fs_text_fini(&clean);
    python_string_fini(&string);
    return good;
}
