#include "call_sites.h"

#include "memory.h"

void call_sites_fini(call_sites *set)
{
    fs_free(set->items);
    fs_map_fini(&set->sites);
    fs_map_fini(&set->newest);
    *set = (call_sites){0};
}

static bool same_pair(const void *items, uint32_t item, const void *wanted)
{
    const call_site *site = (const call_site *)items + item, *other = wanted;
    return site->caller == other->caller && site->callee == other->callee;
}

static bool same_site(const void *items, uint32_t item, const void *wanted)
{
    const call_site *site = (const call_site *)items + item, *other = wanted;
    return site->instruction == other->instruction && same_pair(items, item, wanted);
}

static uint64_t pair_hash(const call_site *site)
{
    return fs_hash_64(site->callee ^ fs_hash_64(site->caller));
}

static uint64_t site_hash(const call_site *site)
{
    return fs_hash_64(site->callee ^ fs_hash_64((uint64_t)site->caller << 32 | site->instruction));
}

bool call_sites_known(const call_sites *set, uint32_t caller, uint32_t instruction, uint64_t callee)
{
    call_site site = {.caller = caller, .instruction = instruction, .callee = callee};
    return fs_map_find(&set->sites, site_hash(&site), same_site, set->items, &site) != FS_MAP_NONE;
}

bool call_sites_near(const call_sites *set, uint32_t caller, uint32_t instruction, uint64_t callee,
                     uint32_t *site)
{
    call_site two = {.caller = caller, .callee = callee};
    uint32_t before = UINT32_MAX, after = UINT32_MAX;
    const fs_map_slot *newest = fs_map_slot_of(&set->newest, pair_hash(&two), same_pair, set->items, &two);
    if (!newest) return false;
    for (uint32_t i = newest->item; i; i = set->items[i - 1].next) {
        uint32_t at = set->items[i - 1].instruction;
        if (at <= instruction && (before == UINT32_MAX || at > before)) before = at;
        if (at > instruction && at < after) after = at;
    }
    *site = before != UINT32_MAX ? before : after;
    return true;
}

bool call_sites_add(call_sites *set, uint32_t caller, uint32_t instruction, uint64_t callee)
{
    call_site site = {.caller = caller, .instruction = instruction, .callee = callee};
    if (call_sites_known(set, caller, instruction, callee)) return true;
    if (set->count >= FS_MAP_NONE || !FS_GROW(set->items, set->capacity, set->count + 1) ||
        !fs_map_reserve(&set->sites, set->count + 1) || !fs_map_reserve(&set->newest, set->count + 1))
        return false;
    uint32_t made = (uint32_t)set->count++;
    fs_map_slot *newest = fs_map_slot_of(&set->newest, pair_hash(&site), same_pair, set->items, &site);
    site.next = newest ? newest->item : 0;
    set->items[made] = site;
    if (newest)
        newest->item = made + 1;
    else
        fs_map_put(&set->newest, pair_hash(&site), made);
    fs_map_put(&set->sites, site_hash(&site), made);
    return true;
}

size_t call_sites_bytes(const call_sites *set)
{
    return set->capacity * sizeof *set->items + fs_map_bytes(&set->sites) + fs_map_bytes(&set->newest);
}
