/* The hash map against a plain search, with good hashes, bad ones and no memory. */
#include "alloc_sweep.h"
#include "hash_map.h"
#include "random.h"
#include "status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MANY = 20000 };

typedef struct pair {
    uint64_t key;
    uint32_t value;
} pair;

static bool has_key(const void *items, uint32_t item, const void *key)
{
    return ((const pair *)items)[item].key == *(const uint64_t *)key;
}

static uint64_t all_alike(uint64_t key)
{
    (void)key;
    return 7;
}

static uint64_t few(uint64_t key)
{
    return UINT64_C(0xFFFFFFFFFFFFFFF0) | (key & 15); /* at the end of the slots: probing goes round */
}

static uint64_t high_bits_only(uint64_t key)
{
    return key << 32;
}

static uint32_t searched(const pair *items, size_t count, uint64_t key)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].key == key) return (uint32_t)i;
    return FS_MAP_NONE;
}

/* Random keys, a third of them seen before, are found where a plain search finds them. */
static void compare_with_search(uint64_t (*hash)(uint64_t key), size_t tries)
{
    static pair items[MANY];
    fs_map map = {0};
    fs_random random;
    fs_random_init(&random, 3);
    size_t count = 0;
    for (size_t i = 0; i < tries; i++) {
        uint64_t key = fs_random_below(&random, tries * 3 / 2) << 4;
        uint32_t expected = searched(items, count, key);
        assert_int_equal(fs_map_find(&map, hash(key), has_key, items, &key), expected);
        if (expected != FS_MAP_NONE) continue;
        items[count].key = key;
        assert_true(fs_map_add(&map, hash(key), (uint32_t)count++));
        assert_int_equal(map.count, count);
        assert_true(map.capacity >= 2 * count && (map.capacity & (map.capacity - 1)) == 0);
        assert_int_equal(fs_map_bytes(&map), map.capacity * sizeof(fs_map_slot));
    }
    for (size_t i = 0; i < count; i++)
        assert_int_equal(fs_map_find(&map, hash(items[i].key), has_key, items, &items[i].key), i);
    fs_map_fini(&map);
    assert_int_equal(map.capacity, 0);
}

static void finds_what_a_search_finds(void **state)
{
    (void)state;
    compare_with_search(fs_hash_64, 6000);
    compare_with_search(all_alike, 400);
    compare_with_search(few, 400);
    compare_with_search(high_bits_only, 400);
}

static void an_empty_map_has_nothing(void **state)
{
    (void)state;
    fs_map map = {0};
    uint64_t key = 0;
    assert_int_equal(fs_map_find(&map, 0, has_key, NULL, &key), FS_MAP_NONE);
    assert_null(fs_map_slot_of(&map, 0, has_key, NULL, &key));
    fs_map_clear(&map);
    fs_map_fini(&map);
    assert_true(fs_map_reserve(&map, 1));
    assert_int_equal(fs_map_find(&map, 0, has_key, NULL, &key), FS_MAP_NONE);
    fs_map_fini(&map);
}

/* Room that was asked for is there; a cleared map keeps it. */
static void reserves_and_clears(void **state)
{
    (void)state;
    static pair items[MANY];
    fs_map map = {0};
    assert_true(fs_map_reserve(&map, MANY));
    const fs_map_slot *slots = map.slots;
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MANY; i++) {
            items[i].key = (uint64_t)i * 8 + (uint64_t)round;
            assert_int_equal(fs_map_find(&map, fs_hash_64(items[i].key), has_key, items, &items[i].key),
                             FS_MAP_NONE);
            assert_true(fs_map_add(&map, fs_hash_64(items[i].key), i));
        }
        assert_ptr_equal(map.slots, slots);
        fs_map_clear(&map);
        assert_int_equal(map.count, 0);
    }
    assert_true(fs_map_reserve(&map, MANY / 2));
    assert_ptr_equal(map.slots, slots);
    assert_false(fs_map_reserve(&map, SIZE_MAX));
    assert_false(fs_map_reserve(&map, SIZE_MAX / 2));
    assert_ptr_equal(map.slots, slots);
    fs_map_fini(&map);
}

static void an_item_is_exchanged(void **state)
{
    (void)state;
    pair items[] = {{.key = 5, .value = 1}, {.key = 9}, {.key = 5, .value = 2}};
    fs_map map = {0};
    assert_true(fs_map_add(&map, fs_hash_64(5), 0) && fs_map_add(&map, fs_hash_64(9), 1));
    fs_map_slot *slot = fs_map_slot_of(&map, fs_hash_64(5), has_key, items, &items[0].key);
    assert_non_null(slot);
    slot->item = 2 + 1;
    assert_int_equal(fs_map_find(&map, fs_hash_64(5), has_key, items, &items[0].key), 2);
    assert_int_equal(fs_map_find(&map, fs_hash_64(9), has_key, items, &items[1].key), 1);
    fs_map_fini(&map);
}

/* Consecutive keys, as addresses and ids are, spread over the slots: no run of used slots is long. */
static void hashes_spread(void **state)
{
    (void)state;
    for (int shift = 0; shift < 48; shift += 4) {
        fs_map map = {0};
        for (uint32_t i = 0; i < MANY; i++)
            assert_true(fs_map_add(&map, fs_hash_64((uint64_t)i << shift), i));
        size_t run = 0, longest = 0;
        for (size_t i = 0; i < map.capacity; i++) {
            run = map.slots[i].item ? run + 1 : 0;
            if (run > longest) longest = run;
        }
        assert_true(longest < 100);
        fs_map_fini(&map);
    }
}

static int fill(void *context)
{
    (void)context;
    fs_map map = {0};
    int status = FS_OK;
    for (uint32_t i = 0; i < 300 && status == FS_OK; i++)
        if (!fs_map_add(&map, fs_hash_64(i), i)) status = map.count == i ? FS_MEMORY : FS_INTERNAL;
    fs_map_fini(&map);
    return status;
}

static void without_memory_nothing_changes(void **state)
{
    (void)state;
    assert_true(alloc_sweep(fill, NULL, FS_MEMORY) >= 4); /* 64, 128, 256, 512, 1024 slots */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_search_finds),
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(reserves_and_clears),
        cmocka_unit_test(an_item_is_exchanged),
        cmocka_unit_test(hashes_spread),
        cmocka_unit_test(without_memory_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
