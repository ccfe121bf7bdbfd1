#include "text_cache.h"

#include <string.h>

enum { SLOTS_FIRST = 1024, SLOTS_MOST = 1 << 20, PROBES = 4 };

static const size_t texts_most = (size_t)64 << 20;
static const uint32_t no_value = UINT32_MAX;

void flame_cache_init(flame_cache *cache)
{
    *cache = (flame_cache){0};
    fs_arena_init(&cache->texts);
}

void flame_cache_fini(flame_cache *cache)
{
    fs_free(cache->slots);
    fs_arena_fini(&cache->texts);
    *cache = (flame_cache){0};
}

bool flame_cache_lookup(const flame_cache *cache, const char *key, size_t length, uint64_t hash,
                        uint32_t *value)
{
    if (!cache->slots) return false;
    for (size_t probe = 0; probe < PROBES; probe++) {
        const flame_cache_slot *slot = &cache->slots[(hash + probe) & cache->mask];
        if (slot->hash == hash && slot->text && slot->length == length &&
            memcmp(slot->text, key, length) == 0) {
            *value = slot->value;
            return true;
        }
        if (slot->value == no_value) return false;
    }
    return false;
}

/* Make the table, or double it. Without memory it stays as it is. */
static void grow(flame_cache *cache)
{
    size_t count = cache->slots ? (cache->mask + 1) * 2 : SLOTS_FIRST, used = 0;
    flame_cache_slot *fresh = fs_alloc(count, sizeof *fresh);
    if (!fresh) return;
    for (size_t i = 0; i < count; i++) fresh[i] = (flame_cache_slot){.value = no_value};
    for (size_t i = 0; cache->slots && i <= cache->mask; i++) {
        const flame_cache_slot *slot = &cache->slots[i];
        if (slot->value == no_value) continue;
        for (size_t probe = 0; probe < PROBES; probe++) {
            flame_cache_slot *to = &fresh[(slot->hash + probe) & (count - 1)];
            if (to->value != no_value) continue;
            *to = *slot;
            used++;
            break;
        }
    }
    fs_free(cache->slots);
    cache->slots = fresh;
    cache->mask = count - 1;
    cache->used = used;
}

void flame_cache_store(flame_cache *cache, const char *key, size_t length, uint64_t hash, uint32_t value)
{
    if (!cache->slots || (cache->used * 2 > cache->mask && cache->mask + 1 < SLOTS_MOST)) grow(cache);
    if (!cache->slots || length > UINT32_MAX) return;
    flame_cache_slot *slot = NULL;
    for (size_t probe = 0; probe < PROBES && !slot; probe++) {
        flame_cache_slot *at = &cache->slots[(hash + probe) & cache->mask];
        if (at->value == no_value || (at->hash == hash && at->length == length)) slot = at;
    }
    if (!slot) {
        slot = &cache->slots[(hash + (hash >> 62)) & cache->mask];
    } else if (slot->value == no_value) {
        cache->used++;
    } else if (!slot->text && cache->texts.total + length < texts_most) { /* again: worth a copy */
        slot->text = fs_arena_strndup(&cache->texts, key, length);
        slot->value = value;
        return;
    } else {
        return;
    }
    *slot = (flame_cache_slot){.hash = hash, .length = (uint32_t)length, .value = value};
}
