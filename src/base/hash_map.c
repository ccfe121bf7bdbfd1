#include "hash_map.h"

#include "memory.h"

#include <string.h>

enum { CAPACITY_LEAST = 64 };

void fs_map_fini(fs_map *map)
{
    fs_free(map->slots);
    *map = (fs_map){0};
}

void fs_map_clear(fs_map *map)
{
    if (map->count) memset(map->slots, 0, map->capacity * sizeof *map->slots);
    map->count = 0;
}

static void put_slot(fs_map_slot *slots, size_t capacity, fs_map_slot slot)
{
    size_t at = slot.hash & (capacity - 1);
    while (slots[at].item) at = (at + 1) & (capacity - 1);
    slots[at] = slot;
}

bool fs_map_reserve(fs_map *map, size_t count)
{
    size_t need, capacity = map->capacity ? map->capacity : CAPACITY_LEAST;
    if (!fs_size_mul(count, 2, &need)) return false;
    if (need <= map->capacity) return true;
    while (capacity < need)
        if (!fs_size_mul(capacity, 2, &capacity)) return false;
    fs_map_slot *slots = fs_alloc_0(capacity, sizeof *slots);
    if (!slots) return false;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].item) put_slot(slots, capacity, map->slots[i]);
    fs_free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
    return true;
}

bool fs_map_add(fs_map *map, uint64_t hash, uint32_t item)
{
    if (!fs_map_reserve(map, map->count + 1)) return false;
    fs_map_put(map, hash, item);
    return true;
}

void fs_map_put(fs_map *map, uint64_t hash, uint32_t item)
{
    put_slot(map->slots, map->capacity, (fs_map_slot){.hash = (uint32_t)hash, .item = item + 1});
    map->count++;
}

size_t fs_map_bytes(const fs_map *map)
{
    return map->capacity * sizeof *map->slots;
}
