#include "python_value.h"

#include "gather.h"
#include "memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    VALUE_MOST = 200, /* bytes from which on no further items are added */
    TEXT_MOST = 80,   /* characters of a str, bytes of a bytes */
    ITEMS_MOST = 8,
    DEPTH_MOST = 3,
    DIGITS_MOST = 9,    /* of 30 bits */
    SLOTS_MOST = 256,   /* of a set's table, that are looked through for its items */
    QUALNAME_BEFORE = 8 /* bytes from ht_qualname to ht_cached_keys */
};

typedef struct value_writer {
    object_memory *memory;
    fs_text *out;
    size_t end; /* length of `out` at which to stop */
} value_writer;

static void add_value(value_writer *self, uint64_t object, unsigned depth);

/* ---- text ---- */

static void add_escaped(fs_text *out, uint32_t c, char quote, const char *bytes, size_t length)
{
    switch (c) {
    case '\n':
        fs_text_add(out, "\\n");
        return;
    case '\r':
        fs_text_add(out, "\\r");
        return;
    case '\t':
        fs_text_add(out, "\\t");
        return;
    default:
        if (c == (uint32_t)quote || c == '\\') fs_text_char(out, '\\');
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            fs_text_format(out, "\\x%02x", (unsigned)c);
        else
            fs_text_append(out, bytes, length);
    }
}

static bool add_str(value_writer *self, uint64_t object)
{
    char *text = object_text_beginning(self->memory, object, TEXT_MOST);
    if (!text) return false;
    const char quote = strchr(text, '\'') && !strchr(text, '"') ? '"' : '\'';
    size_t left = strlen(text);
    uint32_t c;
    fs_text_char(self->out, quote);
    for (const char *at = text; left;) {
        const size_t length = fs_utf8_decode(at, left, &c);
        if (!length) break;
        add_escaped(self->out, c, quote, at, length);
        at += length;
        left -= length;
    }
    fs_text_char(self->out, quote);
    fs_free(text);
    return true;
}

static bool add_bytes(value_writer *self, uint64_t object)
{
    uint8_t bytes[TEXT_MOST];
    uint64_t length;
    if (!object_word(self->memory, object + self->memory->layout->bytes.length, &length)) return false;
    const size_t shown = length < sizeof bytes ? (size_t)length : sizeof bytes;
    if (shown && !object_read(self->memory, object + self->memory->layout->bytes.data, bytes, shown))
        return false;
    fs_text_add(self->out, "b'");
    for (size_t i = 0; i < shown; i++) {
        const char c = (char)bytes[i];
        if (bytes[i] >= 0x7f)
            fs_text_format(self->out, "\\x%02x", bytes[i]);
        else
            add_escaped(self->out, bytes[i], '\'', &c, 1);
    }
    fs_text_add(self->out, shown < length ? "\xE2\x80\xA6'" : "'"); /* ... */
    return true;
}

/* ---- numbers ---- */

/* Digits of 30 bits, the least first: divided by 10^9 again and again. */
static void add_digits(fs_text *out, uint32_t *digits, size_t count)
{
    uint32_t groups[DIGITS_MOST * 2];
    size_t used = 0;
    while (count > 0 && used < sizeof groups / sizeof *groups) {
        uint64_t rest = 0;
        for (size_t i = count; i-- > 0;) {
            rest = rest << 30 | digits[i];
            digits[i] = (uint32_t)(rest / 1000000000);
            rest %= 1000000000;
        }
        groups[used++] = (uint32_t)rest;
        while (count > 0 && digits[count - 1] == 0) count--;
    }
    fs_text_format(out, "%u", used ? (unsigned)groups[used - 1] : 0);
    for (size_t i = used; i-- > 1;) fs_text_format(out, "%09u", (unsigned)groups[i - 1]);
}

/* False also for what is no int. To 3.11 the sign is that of ob_size; then there is a tag with it. */
static bool read_int(object_memory *memory, uint64_t object, bool *negative, uint64_t *count,
                     uint32_t digits[DIGITS_MOST])
{
    uint64_t word;
    uint8_t bytes[4 * DIGITS_MOST];
    if (!object_word(memory, object_fields(memory, object) + OBJECT_LENGTH, &word)) return false;
    if (memory->layout->minor >= 12) {
        *negative = (word & 3) == 2;
        *count = (word & 3) == 1 ? 0 : word >> 3;
    } else {
        *negative = (int64_t)word < 0;
        *count = *negative ? 0 - word : word;
    }
    if (*count > DIGITS_MOST || *count == 0) return true;
    if (!object_read(memory, object_fields(memory, object) + 24, bytes, 4 * (size_t)*count)) return false;
    for (size_t i = 0; i < *count; i++) digits[i] = load_32(bytes + 4 * i) & ((1U << 30) - 1);
    return true;
}

static bool add_int(value_writer *self, uint64_t object, bool is_bool)
{
    bool negative;
    uint64_t count;
    uint32_t digits[DIGITS_MOST] = {0};
    if (!read_int(self->memory, object, &negative, &count, digits)) return false;
    if (is_bool)
        fs_text_add(self->out, count ? "True" : "False");
    else if (count > DIGITS_MOST)
        fs_text_format(self->out, "<%sint of some %" PRIu64 " bits>", negative ? "negative " : "",
                       count > UINT32_MAX ? UINT32_MAX : count * 30);
    else {
        if (negative) fs_text_char(self->out, '-');
        add_digits(self->out, digits, (size_t)count);
    }
    return true;
}

static bool add_float(value_writer *self, uint64_t object)
{
    double value;
    char text[FS_NUMBER_SIZE];
    uint8_t bytes[sizeof value];
    if (!object_read(self->memory, object_fields(self->memory, object) + 16, bytes, sizeof bytes))
        return false;
    memcpy(&value, bytes, sizeof value);
    const size_t length = fs_number_format(value, text);
    fs_text_append(self->out, text, length);
    if (strspn(text, "-0123456789") == length) fs_text_add(self->out, ".0");
    return true;
}

/* ---- containers ---- */

/* May another item follow? Says how many do not when there is no room for it. */
static bool go_on(value_writer *self, uint64_t done, uint64_t count)
{
    if (done >= count) return false;
    if (done) fs_text_add(self->out, ", ");
    if (done < ITEMS_MOST && self->out->length < self->end && self->memory->reads_left) return true;
    char number[FS_NUMBER_SIZE];
    fs_number_grouped(count - done, number);
    fs_text_format(self->out, "... %s more", number);
    return false;
}

static bool add_sequence(value_writer *self, uint64_t items, uint64_t count, const char *brackets,
                         unsigned depth)
{
    uint64_t item;
    fs_text_char(self->out, brackets[0]);
    for (uint64_t i = 0; go_on(self, i, count); i++) {
        if (object_word(self->memory, items + 8 * i, &item))
            add_value(self, item, depth + 1);
        else
            fs_text_add(self->out, "<unreadable>");
    }
    if (count == 1 && brackets[0] == '(') fs_text_char(self->out, ',');
    fs_text_char(self->out, brackets[1]);
    return true;
}

static bool add_list(value_writer *self, uint64_t object, unsigned depth)
{
    const uint64_t fields = object_fields(self->memory, object);
    uint64_t count, items = 0;
    if (!object_word(self->memory, fields + OBJECT_LENGTH, &count)) return false;
    if (count && !object_word(self->memory, fields + LIST_ITEMS, &items)) return false;
    return add_sequence(self, items, count, "[]", depth);
}

static bool add_tuple(value_writer *self, uint64_t object, unsigned depth)
{
    uint64_t count;
    if (!object_word(self->memory, object_fields(self->memory, object) + OBJECT_LENGTH, &count)) return false;
    return add_sequence(self, object_tuple_items(self->memory, object), count, "()", depth);
}

static bool add_dict(value_writer *self, uint64_t object, unsigned depth)
{
    object_entries entries;
    uint64_t count, key, value, done = 0;
    if (!object_word(self->memory, object_fields(self->memory, object) + OBJECT_LENGTH, &count)) return false;
    fs_text_char(self->out, '{');
    if (count && !object_dict_entries(self->memory, object, &entries)) return false;
    for (uint64_t i = 0; count && i < entries.count; i++) {
        if (!object_entry(self->memory, &entries, i, &key, &value)) continue;
        if (!go_on(self, done++, count)) break;
        add_value(self, key, depth + 1);
        fs_text_add(self->out, ": ");
        add_value(self, value, depth + 1);
    }
    fs_text_char(self->out, '}');
    return true;
}

/* A table of pairs, an object and its hash; a removed one has the hash -1. */
static bool add_set(value_writer *self, uint64_t object, unsigned depth)
{
    const uint64_t fields = object_fields(self->memory, object);
    uint8_t slot[16];
    uint64_t mask, table, count, done = 0;
    if (!object_word(self->memory, fields + 24, &count) ||
        !object_word(self->memory, fields + SET_MASK, &mask) ||
        !object_word(self->memory, fields + SET_TABLE, &table))
        return false;
    if (count == 0) return fs_text_add(self->out, "set()");
    fs_text_char(self->out, '{');
    for (uint64_t i = 0; i <= mask; i++) {
        if (i == SLOTS_MOST) {
            if (go_on(self, done, count)) fs_text_add(self->out, "...");
            break;
        }
        if (!object_read(self->memory, table + 16 * i, slot, sizeof slot)) break;
        if (load_64(slot) == 0 || load_64(slot + 8) == UINT64_MAX) continue;
        if (!go_on(self, done++, count)) break;
        add_value(self, load_64(slot), depth + 1);
    }
    fs_text_char(self->out, '}');
    return true;
}

/* ---- other objects ---- */

void python_class_text(object_memory *memory, const object_type *type, fs_text *out)
{
    uint64_t name;
    char text[128];
    object_entries entries;
    if (type->flags & OBJECT_IS_HEAP_TYPE) {
        if (type->dict && object_dict_entries(memory, type->dict, &entries) &&
            object_entry_named(memory, &entries, "__module__", &name) &&
            object_text(memory, name, text, sizeof text) && strcmp(text, "builtins") != 0)
            fs_text_format(out, "%s.", text);
        if (object_word(memory, type->address + memory->layout->type.cached_keys - QUALNAME_BEFORE, &name) &&
            object_text(memory, name, text, sizeof text)) {
            fs_text_add(out, text);
            return;
        }
    }
    fs_text_add(out, *type->name ? type->name : "object");
}

static void add_class_of_exception(value_writer *self, uint64_t object, const object_type *type,
                                   unsigned depth)
{
    uint64_t arguments, count;
    python_class_text(self->memory, type, self->out);
    if (object_word(self->memory, object_fields(self->memory, object) + EXCEPTION_ARGUMENTS, &arguments) &&
        object_word(self->memory, object_fields(self->memory, arguments) + OBJECT_LENGTH, &count)) {
        const uint64_t items = object_tuple_items(self->memory, arguments);
        uint64_t item;
        if (count == 1 && object_word(self->memory, items, &item)) {
            fs_text_char(self->out, '(');
            add_value(self, item, depth + 1);
            fs_text_char(self->out, ')');
        } else
            add_sequence(self, items, count, "()", depth);
    }
}

/* What there is one of, or what is best told by its name. */
static void add_other(value_writer *self, uint64_t object, const object_type *type)
{
    if (strcmp(type->name, "NoneType") == 0)
        fs_text_add(self->out, "None");
    else if (strcmp(type->name, "ellipsis") == 0)
        fs_text_add(self->out, "Ellipsis");
    else if (type->flags & OBJECT_IS_TYPE) {
        object_type class;
        fs_text_add(self->out, "<class ");
        if (object_type_read(self->memory, object, &class))
            python_class_text(self->memory, &class, self->out);
        fs_text_add(self->out, ">");
    } else {
        fs_text_char(self->out, '<');
        python_class_text(self->memory, type, self->out);
        fs_text_format(self->out, " at 0x%" PRIx64 ">", object);
    }
}

static bool add_known(value_writer *self, uint64_t object, const object_type *type, unsigned depth)
{
    if (type->flags & OBJECT_IS_INT) return add_int(self, object, strcmp(type->name, "bool") == 0);
    if (type->flags & OBJECT_IS_STR) return add_str(self, object);
    if (type->flags & OBJECT_IS_BYTES) return add_bytes(self, object);
    if (strcmp(type->name, "float") == 0) return add_float(self, object);
    if (depth == DEPTH_MOST) return fs_text_add(self->out, "...");
    if (type->flags & OBJECT_IS_LIST) return add_list(self, object, depth);
    if (type->flags & OBJECT_IS_TUPLE) return add_tuple(self, object, depth);
    if (type->flags & OBJECT_IS_DICT) return add_dict(self, object, depth);
    return add_set(self, object, depth);
}

/* Is it of a class that Python writes without its name? */
static bool has_literal(const object_type *type)
{
    static const char *const names[] = {"int",  "bool",  "float", "str", "bytes",
                                        "list", "tuple", "dict",  "set"};
    if (type->flags & OBJECT_IS_HEAP_TYPE) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(type->name, names[i]) == 0) return true;
    return false;
}

static void add_value(value_writer *self, uint64_t object, unsigned depth)
{
    const uint64_t known =
        OBJECT_IS_INT | OBJECT_IS_STR | OBJECT_IS_BYTES | OBJECT_IS_LIST | OBJECT_IS_TUPLE | OBJECT_IS_DICT;
    object_type type;
    if (!object || !object_type_of(self->memory, object, &type)) {
        fs_text_add(self->out, "<unreadable>");
        return;
    }
    const bool set = strcmp(type.name, "set") == 0 || strcmp(type.name, "frozenset") == 0;
    const bool derived = !has_literal(&type);
    if (type.flags & OBJECT_IS_EXCEPTION && depth < DEPTH_MOST) {
        add_class_of_exception(self, object, &type, depth);
    } else if (type.flags & known || set || strcmp(type.name, "float") == 0) {
        if (derived) {
            python_class_text(self->memory, &type, self->out);
            fs_text_char(self->out, '(');
        }
        if (!add_known(self, object, &type, depth)) fs_text_add(self->out, "<unreadable>");
        if (derived) fs_text_char(self->out, ')');
    } else
        add_other(self, object, &type);
}

/* Append what of it is not a control character, for names that a program chose come along. */
static void add_clean(fs_text *out, const fs_text *raw)
{
    size_t left = raw->length;
    uint32_t c;
    for (const char *at = fs_text_string(raw); left;) {
        const size_t length = fs_utf8_decode(at, left, &c);
        if (!length || c < 0x20 || (c >= 0x7f && c < 0xa0))
            fs_text_add(out, "\xEF\xBF\xBD");
        else
            fs_text_append(out, at, length);
        at += length ? length : 1;
        left -= length ? length : 1;
    }
}

void python_value_text(object_memory *memory, uint64_t object, fs_text *out)
{
    fs_text raw;
    fs_text_init(&raw);
    value_writer self = {.memory = memory, .out = &raw, .end = VALUE_MOST};
    add_value(&self, object, 0);
    add_clean(out, &raw);
    out->failed = out->failed || raw.failed || memory->failed;
    fs_text_fini(&raw);
}
