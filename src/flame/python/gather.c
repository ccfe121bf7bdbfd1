#include "gather.h"

#include "memory.h"

#include <stdlib.h>

enum {
    PAGE = 4096,
    NEAR = PAGE /* bytes between two pieces that are read along: a span costs more than a page */
};

void gather_init(gather *set, unsigned copies)
{
    *set = (gather){.copies = copies};
}

void gather_fini(gather *set)
{
    fs_free(set->pieces);
    fs_free(set->spans);
    fs_free(set->bytes);
    *set = (gather){0};
}

/* Pieces are kept ascending by address, so that adding, finding and merging are cheap. */
static size_t first_from(const gather *set, uint64_t address)
{
    size_t low = 0, high = set->piece_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->pieces[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool gather_add(gather *set, uint64_t address, uint32_t length, uint32_t now)
{
    if (length == 0 || address + length < address) return true; /* reading it would fail: nothing is lost */
    size_t at = first_from(set, address);
    if (at < set->piece_count && set->pieces[at].address == address) {
        set->pieces[at].used = now;
        if (set->pieces[at].length >= length) return true;
        set->pieces[at].length = length;
        return set->dirty = true;
    }
    if (!FS_GROW(set->pieces, set->piece_capacity, set->piece_count + 1)) return false;
    memmove(&set->pieces[at + 1], &set->pieces[at], (set->piece_count - at) * sizeof *set->pieces);
    set->pieces[at] = (gather_piece){.address = address, .length = length, .used = now};
    set->piece_count++;
    return set->dirty = true;
}

void gather_clear(gather *set)
{
    if (set->piece_count) set->dirty = true;
    set->piece_count = 0;
}

void gather_keep(gather *set, size_t most)
{
    while (set->piece_count > most) {
        uint32_t oldest = set->pieces[0].used;
        size_t kept = 0;
        for (size_t i = 1; i < set->piece_count; i++)
            if ((int32_t)(set->pieces[i].used - oldest) < 0) oldest = set->pieces[i].used;
        for (size_t i = 0; i < set->piece_count; i++)
            if (set->pieces[i].used != oldest) set->pieces[kept++] = set->pieces[i];
        set->piece_count = kept;
        set->dirty = true;
    }
}

void gather_drop(gather *set, uint64_t address, uint64_t length)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->piece_count; i++) {
        uint64_t piece = set->pieces[i].address;
        if (piece < address || piece - address >= length) set->pieces[kept++] = set->pieces[i];
    }
    if (kept != set->piece_count) set->dirty = true;
    set->piece_count = kept;
}

static bool drop_all(gather *set)
{
    set->piece_count = set->span_count = 0;
    set->size = 0;
    set->dirty = false;
    set->overfull = true;
    return true;
}

bool gather_lay_out(gather *set, size_t most)
{
    if (!set->dirty) return true;
    set->span_count = 0;
    set->size = 0;
    size_t total = 0;
    for (size_t i = 0; i < set->piece_count; i++) {
        uint64_t start = set->pieces[i].address, end = start + set->pieces[i].length;
        gather_span *last = set->span_count ? &set->spans[set->span_count - 1] : NULL;
        if (last) {
            uint64_t last_end = last->address + last->length;
            /* The gap is read too, so it must not reach into a page that nobody asked for: that page may
             * not be mapped. */
            bool same_pages = start / PAGE <= (last_end - 1) / PAGE + 1;
            if (start <= last_end || (start - last_end <= NEAR && same_pages)) {
                uint64_t grown = end > last_end ? end - last->address : last->length;
                total += (size_t)(grown - last->length);
                if (grown > UINT32_MAX || total > most) return drop_all(set);
                last->length = (uint32_t)grown;
                continue;
            }
        }
        if (!FS_GROW(set->spans, set->span_capacity, set->span_count + 1)) return false;
        set->spans[set->span_count++] = (gather_span){.address = start, .length = set->pieces[i].length};
        total += set->pieces[i].length;
        if (total > most) return drop_all(set);
    }
    for (size_t i = 0; i < set->span_count; i++) {
        set->spans[i].offset = set->size;
        set->size += set->spans[i].length;
    }
    size_t need;
    if (!fs_size_mul(set->size, set->copies, &need) || !FS_GROW(set->bytes, set->capacity, need))
        return false;
    set->dirty = false;
    return true;
}

size_t gather_bytes(const gather *set)
{
    return set->piece_capacity * sizeof *set->pieces + set->span_capacity * sizeof *set->spans +
           set->capacity;
}
