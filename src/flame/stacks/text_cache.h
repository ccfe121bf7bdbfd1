/*
 * text_cache.h - what a text led to the last time, for inputs that repeat themselves.
 *
 * A bounded table from a key (any bytes) to a number. A key is copied only when it comes a second time, so an
 * input that never repeats costs a slot and no copy; when the room for copies is used up, later keys are
 * simply not known. Nothing here fails: without memory it knows less.
 */
#ifndef FLAME_TEXT_CACHE_H
#define FLAME_TEXT_CACHE_H

#include "memory.h"

#include <stdint.h>

typedef struct flame_cache_slot {
    uint64_t hash;
    const char *text; /* NULL: came once so far */
    uint32_t length;
    uint32_t value; /* UINT32_MAX: an empty slot */
} flame_cache_slot;

typedef struct flame_cache {
    flame_cache_slot *slots;
    size_t mask, used;
    fs_arena texts;
} flame_cache;

void flame_cache_init(flame_cache *cache);
void flame_cache_fini(flame_cache *cache);

/* True and *value when the key is known. `hash` is flame_hash of the key. */
bool flame_cache_lookup(const flame_cache *cache, const char *key, size_t length, uint64_t hash,
                        uint32_t *value);

/* Note where a key led that was not known; `value` is below UINT32_MAX. */
void flame_cache_store(flame_cache *cache, const char *key, size_t length, uint64_t hash, uint32_t value);

#endif
