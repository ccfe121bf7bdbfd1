/*
 * name_table.h - equal texts, equal ids. What a tree keeps its frames' names in; exporters number their
 * strings with it.
 */
#ifndef FLAME_NAME_TABLE_H
#define FLAME_NAME_TABLE_H

#include "hash.h"
#include "tree.h"

#include <string.h>

/* A slot: part of the hash beside the id, so that most misses touch nothing else. */
typedef struct flame_name_slot {
    uint32_t tag;
    uint32_t id; /* FLAME_NONE: empty */
} flame_name_slot;

typedef struct flame_names {
    flame_name *list; /* by id, in order of first appearance */
    size_t count, capacity;
    flame_name_slot *table;
    size_t mask;
    fs_arena arena;    /* blocks of text */
    char *text;        /* where the next name goes, */
    size_t text_left;  /* the room there, */
    size_t text_block; /* and the size of that block */
} flame_names;

bool flame_names_init(flame_names *names); /* false: out of memory */
void flame_names_fini(flame_names *names);

/* The id of a text of a kind that is there already, by flame_hash(text, length, kind); else FLAME_NONE. */
static inline uint32_t flame_names_find(const flame_names *names, const char *text, size_t length,
                                        unsigned kind, uint64_t hash)
{
    size_t at = hash & names->mask;
    for (; names->table[at].id != FLAME_NONE; at = (at + 1) & names->mask) {
        if (names->table[at].tag != (uint32_t)(hash >> 32)) continue;
        const flame_name *name = &names->list[names->table[at].id];
        if (name->length == length && name->kind == kind && memcmp(name->text, text, length) == 0) break;
    }
    return names->table[at].id;
}

/* The id of a text of a kind, which gets the next number when it is new. Amortised O(length). */
FS_CHECK fs_status flame_names_add(flame_names *names, const char *text, size_t length, unsigned kind,
                                   uint32_t *id, fs_error *error);

/* The kind that _[letter] stands for; FLAME_PLAIN for a letter without meaning. */
static inline flame_kind flame_kind_of_letter(char letter)
{
    switch (letter) {
    case 'k':
        return FLAME_KERNEL;
    case 'i':
        return FLAME_INLINED;
    case 'j':
        return FLAME_JIT;
    case 'w':
        return FLAME_WAKER;
    default:
        return FLAME_PLAIN;
    }
}

size_t flame_names_bytes(const flame_names *names); /* memory held */

#endif
