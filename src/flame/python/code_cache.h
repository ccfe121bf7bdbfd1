/*
 * code_cache.h - code objects of another interpreter: what they are called and which line is where, kept from
 * sample to sample, and used no longer than they are known to be valid.
 *
 * A code object may be freed and another made at its address. Three ways to make sure that the one in the
 * cache, which was read before the frame was, is the one that the frame runs, the cheapest that the version
 * offers (python_validation). What each needs is read some microseconds after the frame.
 *
 *   CONTENT:     everything that is kept of it (fields, names, line table) is read again and compared. It was
 *                there before the frame was read and is there after it, barring code that is freed, replaced
 *                and made anew, equal and at the same address, within those microseconds.
 *
 *   VERSION:     the fields are read again likewise. They hold co_version, which its interpreter gives to no
 *                other code object: it was there all the time. (0, when it has run out of numbers, says
 *                nothing: then CONTENT.)
 *
 *   GENERATION:  the interpreter counts a number up before it frees any code object. While it is what it was
 *                before the code was last validated by CONTENT, no code was freed, so no address was reused.
 */
#ifndef FLAME_CODE_CACHE_H
#define FLAME_CODE_CACHE_H

#include "frame.h"
#include "gather.h"
#include "hash_map.h"
#include "memory.h"
#include "python_layout.h"

/* What is known of one code object, by content; ids index these. */
typedef struct code_body {
    flame_code names;
    const uint8_t *table;         /* the line table, table_length bytes */
    uint32_t *lines;              /* by unit */
    uint32_t table_length, units; /* units: that have a line, or none */
    uint32_t code_units;
} code_body;

/* A piece of memory that must still be what it was. */
typedef struct code_span {
    uint64_t address;
    uint32_t length, offset; /* offset: into the entry's expected bytes */
    uint32_t skip[2];        /* bytes from, to that may change (a hash computed later) */
} code_span;

enum { CODE_SPANS = 5 };

typedef enum code_mark { CODE_TRUNCATED, CODE_COLLECTION, CODE_EVENT_LOOP, CODE_MARKS } code_mark;

typedef struct code_entry {
    uint64_t address;
    uint64_t generation; /* value of the counter before the validation; meaningful when `valid` */
    uint32_t id;
    uint32_t interpreter; /* index of the one whose counter it was */
    uint32_t code_bytes;
    bool suspends;  /* code of a generator or coroutine */
    bool finalizes; /* ... of a method __del__ */
    uint32_t span_count;
    code_span spans[CODE_SPANS];
    uint8_t *expected;
    uint64_t *copies; /* where the instructions are for each group of threads, where these have their own */
    uint32_t copy_count;
    uint64_t copies_generation; /* value of the counter of copies before they were read */
    uint32_t checked;           /* serial of the evaluation that compared its spans last */
    bool valid;                 /* as long as its generation is current */
    bool replaced;              /* another code object was found at its address since */
    uint64_t reading;           /* of threads, after which it was read */
} code_entry;

typedef struct code_cache {
    const flame_reader *reader;
    const python_layout *layout;
    uint64_t code_type; /* address of PyCode_Type; 0: not known yet */

    code_entry **entries;
    size_t entry_count, entry_capacity;
    fs_map by_address; /* of the entries */
    code_body *bodies;
    size_t body_count, body_capacity;
    fs_map by_content; /* of the bodies */
    fs_arena arena;
    size_t bytes;
    uint32_t marks[CODE_MARKS]; /* ids of the bodies that stand for something else, + 1; 0: none yet */
    uint32_t calls;             /* reads made, for the statistics */
    uint64_t reading;           /* number of the last reading of threads; its user counts them */
} code_cache;

void code_cache_init(code_cache *cache, const flame_reader *reader, const python_layout *layout,
                     uint64_t code_type);
void code_cache_fini(code_cache *cache);

static inline bool code_entry_is_at(const void *items, uint32_t item, const void *address)
{
    code_entry *const *entries = items;
    return entries[item]->address == *(const uint64_t *)address;
}

/* NULL when nothing is cached for the address. */
static inline code_entry *code_cache_find(const code_cache *cache, uint64_t address)
{
    uint32_t found =
        fs_map_find(&cache->by_address, fs_hash_64(address), code_entry_is_at, cache->entries, &address);
    return found != FS_MAP_NONE ? cache->entries[found] : NULL;
}

/* By its generation, that of the interpreter being `generation`? */
static inline bool code_still_valid(const code_entry *entry, uint32_t interpreter, uint64_t generation)
{
    return entry->valid && entry->generation == generation && entry->interpreter == interpreter;
}

static inline void code_set_valid(code_entry *entry, uint32_t interpreter, uint64_t generation)
{
    entry->valid = true;
    entry->generation = generation;
    entry->interpreter = interpreter;
}

/* Read the code object at `address` (again). FS_FORMAT or FS_NOT_FOUND: there is none that makes sense;
 * FS_MEMORY. What was read is not valid yet: its spans must be compared in a later reading. */
FS_CHECK fs_status code_cache_resolve(code_cache *cache, uint64_t address, code_entry **entry,
                                      fs_error *error);

/* Read where the copies of its instructions are, `generation` being the value of their counter
 * (python_layout.h) as of an earlier reading: while a later one has it too they are there. FS_MEMORY,
 * FS_NOT_FOUND, FS_FORMAT. */
FS_CHECK fs_status code_cache_read_copies(code_cache *cache, code_entry *entry, uint64_t generation);

/* The id of a body that is no code object's: FLAME_TRUNCATED, FLAME_COLLECTION, FLAME_EVENT_LOOP. */
FS_CHECK fs_status code_cache_mark(code_cache *cache, code_mark mark, uint32_t *id);

/* Has the code object another length than is known of it? The table of lines, which is compared, tells that
 * only from 3.10 on. */
bool code_cache_outgrown(code_cache *cache, const code_entry *entry);

/* Ask for the spans that validate `entry`, and compare them once they are there. */
bool code_cache_request(const code_entry *entry, gather *set, uint32_t now);
typedef enum code_validity { CODE_VALID, CODE_NOT_READ, CODE_CHANGED } code_validity;
code_validity code_cache_validate(const code_entry *entry, const gather *set);

/* The same at once, by reading the spans of a program that stands still. */
bool code_cache_matches(const code_entry *entry, const flame_reader *reader);

/* The line of an instruction (offset in bytes), 0: none. */
static inline uint32_t code_line(const code_body *body, int64_t offset)
{
    if (offset < 0 || (uint64_t)offset / 2 >= body->units) return offset < 0 ? body->names.first_line : 0;
    return body->lines[offset / 2];
}

#endif
