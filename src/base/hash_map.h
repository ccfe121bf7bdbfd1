/*
 * hash_map.h - which item has a key: an index, by open addressing, over items that the caller keeps in an
 * array.
 *
 * The map holds positions in that array and a part of each key's hash. Keys are anything; whether an item has
 * one is for the caller to say. Items are never taken out one by one. Linear probing, a power of two of slots
 * (eight bytes each), half of them used at most. Cost of finding and adding: O(1), amortised, given a hash
 * whose low bits are well mixed.
 */
#ifndef FS_HASH_MAP_H
#define FS_HASH_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FS_MAP_NONE UINT32_MAX

typedef struct fs_map_slot {
    uint32_t hash;
    uint32_t item; /* + 1; 0: free */
} fs_map_slot;

/* All zero: an empty map. */
typedef struct fs_map {
    fs_map_slot *slots;
    size_t capacity, count;
} fs_map;

void fs_map_fini(fs_map *map);

/* Forget all items; the memory is kept. */
void fs_map_clear(fs_map *map);

/* Make room for `count` items in all, so that adding them cannot fail. False (and nothing changed) when out
 * of memory. */
bool fs_map_reserve(fs_map *map, size_t count);

/* Add an item whose key no other item has. False (and nothing changed) when out of memory. `item` is below
 * FS_MAP_NONE. */
bool fs_map_add(fs_map *map, uint64_t hash, uint32_t item);

/* The same where there is room (fs_map_reserve). */
void fs_map_put(fs_map *map, uint64_t hash, uint32_t item);

size_t fs_map_bytes(const fs_map *map); /* memory held */

/* Whether item `item` of `items` has the key. */
typedef bool (*fs_map_has_key)(const void *items, uint32_t item, const void *key);

/* The slot of the item with that key, whose item may be exchanged for another with the same key; NULL: none.
 * In the header, so that the comparison is part of the loop. */
static inline fs_map_slot *fs_map_slot_of(const fs_map *map, uint64_t hash, fs_map_has_key has_key,
                                          const void *items, const void *key)
{
    if (!map->capacity) return NULL;
    for (size_t at = (uint32_t)hash & (map->capacity - 1);; at = (at + 1) & (map->capacity - 1)) {
        fs_map_slot *slot = &map->slots[at];
        if (!slot->item) return NULL;
        if (slot->hash == (uint32_t)hash && has_key(items, slot->item - 1, key)) return slot;
    }
}

/* The item with that key, or FS_MAP_NONE. */
static inline uint32_t fs_map_find(const fs_map *map, uint64_t hash, fs_map_has_key has_key,
                                   const void *items, const void *key)
{
    const fs_map_slot *slot = fs_map_slot_of(map, hash, has_key, items, key);
    return slot ? slot->item - 1 : FS_MAP_NONE;
}

/* A hash of 64 bits in which each bit depends on all of the key's: the finaliser of splitmix64 (random.h). */
static inline uint64_t fs_hash_64(uint64_t key)
{
    key += UINT64_C(0x9E3779B97F4A7C15);
    key = (key ^ key >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    key = (key ^ key >> 27) * UINT64_C(0x94D049BB133111EB);
    return key ^ key >> 31;
}

/* A hash of the bytes, and of what `hash` was made of. */
static inline uint64_t fs_hash_bytes(uint64_t hash, const void *bytes, size_t count)
{
    const char *at = bytes;
    uint64_t word;
    for (; count >= sizeof word; count -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = fs_hash_64(hash ^ word);
    }
    word = count;
    memcpy(&word, at, count);
    return fs_hash_64(hash ^ word ^ (uint64_t)count << 56);
}

#endif
