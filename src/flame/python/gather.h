/*
 * gather.h - many small pieces of another process's memory, read in few spans.
 *
 * A system call that reads memory costs by the span and by the page, hardly by the byte; so pieces that lie
 * close together are read as one.
 */
#ifndef FLAME_GATHER_H
#define FLAME_GATHER_H

#include "process.h"

#include <string.h>

typedef struct gather_piece {
    uint64_t address;
    uint32_t length;
    uint32_t used; /* when it was last of use, in the owner's time; old pieces are dropped */
} gather_piece;

typedef struct gather_span {
    uint64_t address;
    uint32_t length;
    uint32_t offset; /* in each copy */
} gather_span;

typedef struct gather {
    gather_piece *pieces;
    size_t piece_count, piece_capacity;
    gather_span *spans;
    size_t span_count, span_capacity;
    uint8_t *bytes; /* the copies, one after the other */
    size_t capacity;
    uint32_t size;   /* of one copy */
    unsigned copies; /* 1 or 2 */
    bool dirty;      /* pieces were added or dropped since the spans were laid out */
    bool overfull;   /* they came to too much and were dropped; its user clears it */
} gather;

void gather_init(gather *set, unsigned copies);
void gather_fini(gather *set);

/* Ask for a piece. False when out of memory. Asking again for what is there costs a search. */
bool gather_add(gather *set, uint64_t address, uint32_t length, uint32_t now);

/* Drop all pieces. */
void gather_clear(gather *set);
/* Drop those of no use for longest, until `most` are left. */
void gather_keep(gather *set, size_t most);
/* Drop the pieces inside a span that could not be read. */
void gather_drop(gather *set, uint64_t address, uint64_t length);

/* Merge the pieces into spans, if any changed. False when out of memory. When they come to more than `most`
 * bytes none are kept, and `overfull` says so. */
bool gather_lay_out(gather *set, size_t most);

size_t gather_bytes(const gather *set);

/* The spans of one copy, appended to out (which has room for span_count). */
static inline size_t gather_spans(const gather *set, unsigned copy, flame_span *out)
{
    for (size_t i = 0; i < set->span_count; i++)
        out[i] = (flame_span){.address = set->spans[i].address,
                              .bytes = set->bytes + (size_t)copy * set->size + set->spans[i].offset,
                              .length = set->spans[i].length};
    return set->span_count;
}

/* Where the copy of [address, address + length) is, in the first copy; NULL when it is not all there. *hint
 * is the span to try first. The second copy lies `size` bytes further. */
static inline const uint8_t *gather_find(const gather *set, uint64_t address, uint64_t length, size_t *hint)
{
    size_t i = *hint;
    if (set->span_count == 0) return NULL;
    if (i >= set->span_count) i = *hint = 0;
    const gather_span *span = &set->spans[i];
    if (address < span->address || address - span->address >= span->length) {
        size_t low = 0, high = set->span_count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (set->spans[middle].address <= address)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == 0) return NULL;
        i = low - 1;
        span = &set->spans[i];
        *hint = i;
    }
    uint64_t into = address - span->address;
    if (into > span->length || length > span->length - into) return NULL;
    return set->bytes + span->offset + into;
}

static inline uint64_t load_64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline uint32_t load_32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

#endif
