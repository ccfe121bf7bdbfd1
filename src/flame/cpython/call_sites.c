#include "call_sites.h"

#include "memory.h"

void call_sites_fini(call_sites *set)
{
    fs_free(set->items);
    fs_free(set->heads);
    *set = (call_sites){0};
}

static uint64_t hash_pair(uint32_t caller, uint32_t callee)
{
    uint64_t key = ((uint64_t)caller << 32 | callee) + 0x9E3779B97F4A7C15U;
    key = (key ^ key >> 30) * 0xBF58476D1CE4E5B9U; /* the mixing of splitmix64 (random.h) */
    key = (key ^ key >> 27) * 0x94D049BB133111EBU;
    return key ^ key >> 31;
}

/* Where the head for the two is, or the free place where it goes. Only with room for one more. */
static size_t head_of(const call_sites *set, uint32_t caller, uint32_t callee)
{
    size_t at = (size_t)hash_pair(caller, callee) & (set->head_capacity - 1);
    for (; set->heads[at]; at = (at + 1) & (set->head_capacity - 1)) {
        const call_site *first = &set->items[set->heads[at] - 1];
        if (first->caller == caller && first->callee == callee) break;
    }
    return at;
}

static uint32_t first_of(const call_sites *set, uint32_t caller, uint32_t callee)
{
    return set->head_capacity ? set->heads[head_of(set, caller, callee)] : 0;
}

bool call_sites_known(const call_sites *set, uint32_t caller, uint32_t instruction, uint32_t callee)
{
    for (uint32_t i = first_of(set, caller, callee); i; i = set->items[i - 1].next)
        if (set->items[i - 1].instruction == instruction) return true;
    return false;
}

bool call_sites_near(const call_sites *set, uint32_t caller, uint32_t instruction, uint32_t callee,
                     uint32_t *site)
{
    uint32_t before = UINT32_MAX, after = UINT32_MAX;
    uint32_t i = first_of(set, caller, callee);
    if (!i) return false;
    for (; i; i = set->items[i - 1].next) {
        uint32_t at = set->items[i - 1].instruction;
        if (at <= instruction && (before == UINT32_MAX || at > before)) before = at;
        if (at > instruction && at < after) after = at;
    }
    *site = before != UINT32_MAX ? before : after;
    return true;
}

static bool grow_heads(call_sites *set)
{
    size_t capacity = set->head_capacity ? set->head_capacity * 2 : 512;
    uint32_t *heads = fs_alloc_0(capacity, sizeof *heads);
    if (!heads) return false;
    uint32_t *old = set->heads;
    size_t old_capacity = set->head_capacity;
    set->heads = heads;
    set->head_capacity = capacity;
    for (size_t i = 0; i < old_capacity; i++) {
        if (!old[i]) continue;
        const call_site *first = &set->items[old[i] - 1];
        heads[head_of(set, first->caller, first->callee)] = old[i];
    }
    fs_free(old);
    return true;
}

bool call_sites_add(call_sites *set, uint32_t caller, uint32_t instruction, uint32_t callee)
{
    if (call_sites_known(set, caller, instruction, callee)) return true;
    if ((set->head_count + 1) * 2 > set->head_capacity && !grow_heads(set)) return false;
    if (set->count >= UINT32_MAX - 1 || !FS_GROW(set->items, set->capacity, set->count + 1)) return false;
    uint32_t *head = &set->heads[head_of(set, caller, callee)];
    set->head_count += *head == 0;
    set->items[set->count++] =
        (call_site){.caller = caller, .callee = callee, .instruction = instruction, .next = *head};
    *head = (uint32_t)set->count;
    return true;
}

size_t call_sites_bytes(const call_sites *set)
{
    return set->capacity * sizeof *set->items + set->head_capacity * sizeof *set->heads;
}
