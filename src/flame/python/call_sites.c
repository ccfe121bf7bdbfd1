#include "call_sites.h"

#include "memory.h"

void call_sites_fini(call_sites *set)
{
    fs_free(set->items);
    fs_free(set->places);
    fs_free(set->heads);
    *set = (call_sites){0};
}

static uint64_t mix(uint64_t key)
{
    key += 0x9E3779B97F4A7C15U;
    key = (key ^ key >> 30) * 0xBF58476D1CE4E5B9U; /* the mixing of splitmix64 (random.h) */
    key = (key ^ key >> 27) * 0x94D049BB133111EBU;
    return key ^ key >> 31;
}

static bool same_pair(const call_site *a, const call_site *b)
{
    return a->caller == b->caller && a->callee == b->callee;
}

/* Where the newest site of the two is, or the free place where it goes. */
static uint32_t *head_of(const call_sites *set, const call_site *site)
{
    size_t at = (size_t)mix(site->callee ^ mix(site->caller)) & (set->place_count - 1);
    while (set->heads[at] && !same_pair(&set->items[set->heads[at] - 1], site))
        at = (at + 1) & (set->place_count - 1);
    return &set->heads[at];
}

/* The same of the site itself. */
static uint32_t *place_of(const call_sites *set, const call_site *site)
{
    uint64_t step = (uint64_t)site->caller << 32 | site->instruction;
    size_t at = (size_t)mix(site->callee ^ mix(step)) & (set->place_count - 1);
    for (; set->places[at]; at = (at + 1) & (set->place_count - 1)) {
        const call_site *other = &set->items[set->places[at] - 1];
        if (other->instruction == site->instruction && same_pair(other, site)) break;
    }
    return &set->places[at];
}

bool call_sites_known(const call_sites *set, uint32_t caller, uint32_t instruction, uint64_t callee)
{
    call_site site = {.caller = caller, .instruction = instruction, .callee = callee};
    return set->place_count && *place_of(set, &site);
}

bool call_sites_near(const call_sites *set, uint32_t caller, uint32_t instruction, uint64_t callee,
                     uint32_t *site)
{
    call_site two = {.caller = caller, .callee = callee};
    uint32_t before = UINT32_MAX, after = UINT32_MAX;
    uint32_t i = set->place_count ? *head_of(set, &two) : 0;
    if (!i) return false;
    for (; i; i = set->items[i - 1].next) {
        uint32_t at = set->items[i - 1].instruction;
        if (at <= instruction && (before == UINT32_MAX || at > before)) before = at;
        if (at > instruction && at < after) after = at;
    }
    *site = before != UINT32_MAX ? before : after;
    return true;
}

/* Twice as many places: the sites go into them in the order in which they came. */
static bool grow_places(call_sites *set)
{
    size_t count = set->place_count ? set->place_count * 2 : 512;
    uint32_t *places = fs_alloc_0(count, sizeof *places), *heads = fs_alloc_0(count, sizeof *heads);
    if (!places || !heads) {
        fs_free(places);
        fs_free(heads);
        return false;
    }
    fs_free(set->places);
    fs_free(set->heads);
    set->places = places;
    set->heads = heads;
    set->place_count = count;
    for (size_t i = 0; i < set->count; i++)
        *place_of(set, &set->items[i]) = *head_of(set, &set->items[i]) = (uint32_t)i + 1;
    return true;
}

bool call_sites_add(call_sites *set, uint32_t caller, uint32_t instruction, uint64_t callee)
{
    call_site site = {.caller = caller, .instruction = instruction, .callee = callee};
    if (call_sites_known(set, caller, instruction, callee)) return true;
    if ((set->count + 1) * 2 > set->place_count && !grow_places(set)) return false;
    if (set->count >= UINT32_MAX - 1 || !FS_GROW(set->items, set->capacity, set->count + 1)) return false;
    uint32_t *head = head_of(set, &site), *place = place_of(set, &site);
    site.next = *head;
    set->items[set->count++] = site;
    *head = *place = (uint32_t)set->count;
    return true;
}

size_t call_sites_bytes(const call_sites *set)
{
    return set->capacity * sizeof *set->items + 2 * set->place_count * sizeof *set->places;
}
