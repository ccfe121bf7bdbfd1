/*
 * python_object.h - objects of another interpreter: what type they are, their attributes, the entries of
 * their dicts. Nothing is executed; what is read makes sense as long as the program stands still, and is
 * checked for bounds all the same.
 */
#ifndef FLAME_PYTHON_OBJECT_H
#define FLAME_PYTHON_OBJECT_H

#include "process.h"
#include "python_layout.h"

typedef struct object_memory {
    const flame_reader *reader;
    const python_layout *layout;
    uint32_t reads_left; /* each read takes one; at 0 nothing can be read any more */
    bool failed;         /* we ran out of memory: what could not be read may be readable */
} object_memory;

/* Fields that are where they are in all versions from 3.8 to 3.15 (object.h, listobject.h, ...), from
 * object_fields on. */
enum {
    OBJECT_TYPE = 8,
    OBJECT_LENGTH = 16, /* ob_size; of a dict ma_used */
    LIST_ITEMS = 24,    /* a pointer to them */
    CELL_CONTENT = 16,
    WEAKREF_OBJECT = 16,
    SET_MASK = 32,
    SET_TABLE = 40,
    EXCEPTION_ARGUMENTS = 24,
    MODULE_DICT = 16
};

/* tp_flags */
#define OBJECT_IS_HEAP_TYPE (UINT64_C(1) << 9)
#define OBJECT_IS_INT       (UINT64_C(1) << 24)
#define OBJECT_IS_LIST      (UINT64_C(1) << 25)
#define OBJECT_IS_TUPLE     (UINT64_C(1) << 26)
#define OBJECT_IS_BYTES     (UINT64_C(1) << 27)
#define OBJECT_IS_STR       (UINT64_C(1) << 28)
#define OBJECT_IS_DICT      (UINT64_C(1) << 29)
#define OBJECT_IS_EXCEPTION (UINT64_C(1) << 30)
#define OBJECT_IS_TYPE      (UINT64_C(1) << 31)

typedef struct object_type {
    uint64_t address, flags, basic_size, dict, dict_offset;
    char name[64]; /* tp_name: with the module for static types, without for others */
} object_type;

/* Free-threaded builds have more in front of an object's type. */
static inline uint64_t object_fields(const object_memory *memory, uint64_t object)
{
    return object + memory->layout->object_head - OBJECT_TYPE;
}

/* False, of all that follows: it could not be read, or makes no sense. */
bool object_read(object_memory *memory, uint64_t address, void *bytes, size_t length);
bool object_word(object_memory *memory, uint64_t address, uint64_t *word);
bool object_type_of(object_memory *memory, uint64_t object, object_type *type);
bool object_type_read(object_memory *memory, uint64_t address, object_type *type);

/* Is it a str with this content (ASCII, short)? */
bool object_is_text(object_memory *memory, uint64_t object, const char *text);

/* Its first `most` characters as UTF-8, an ellipsis after them when there are more. Free with fs_free; NULL:
 * as false. */
char *object_text_beginning(object_memory *memory, uint64_t object, uint32_t most);

/* The beginning of a str into `text`, which has `room`: valid UTF-8, cut between characters. */
bool object_text(object_memory *memory, uint64_t object, char *text, size_t room);

/* The object in a frame's slot: from 3.14 on the pointer carries tag bits. 0: none. */
uint64_t object_in_slot(const object_memory *memory, uint64_t slot);

/* Where the items of a tuple are. */
uint64_t object_tuple_items(const object_memory *memory, uint64_t tuple);

/* The objects in a list, tuple or set, up to `most`; of another object none. Into *items, which is to be
 * freed with fs_free; out of memory, memory->failed is set. */
size_t object_items_of(object_memory *memory, uint64_t container, size_t most, uint64_t **items);

/* `visit` for each of them. */
void object_items(object_memory *memory, uint64_t container, size_t most,
                  void (*visit)(void *context, uint64_t object), void *context);

/* An int below 2^60. */
bool object_small_int(object_memory *memory, uint64_t object, int64_t *value);

/* ---- dicts, and the attributes of an object, which lie in one or beside the object ---- */

typedef struct object_entries {
    uint64_t at;     /* the first entry */
    uint64_t values; /* an array of the values; 0: they are in the entries */
    uint64_t count;  /* of entries, unused ones among them */
    bool hashed;     /* an entry has a hash before its key */
} object_entries;

bool object_dict_entries(object_memory *memory, uint64_t dict, object_entries *entries);
bool object_attributes(object_memory *memory, uint64_t object, object_entries *entries);

/* Entry number `index`. False also when it is unused. */
bool object_entry(object_memory *memory, const object_entries *entries, uint64_t index, uint64_t *key,
                  uint64_t *value);

/* The value for a key that is a str. Cost: a read or two for each entry before it. */
bool object_entry_named(object_memory *memory, const object_entries *entries, const char *name,
                        uint64_t *value);
bool object_attribute(object_memory *memory, uint64_t object, const char *name, uint64_t *value);

#endif
