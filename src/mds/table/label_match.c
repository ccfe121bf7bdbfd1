#include "label_match.h"

#include "hash_map.h"
#include "memory.h"

#include <stdio.h>
#include <string.h>

uint64_t mds_label_hash(const char *text, size_t length)
{
    uint64_t hash = length, word;
    for (; length >= 8; text += 8, length -= 8) {
        memcpy(&word, text, 8);
        hash = fs_hash_64(hash ^ word);
    }
    word = 0;
    memcpy(&word, text, length);
    return fs_hash_64(hash ^ word);
}

static bool is_label(const void *items, uint32_t item, const void *key)
{
    return strcmp(((char *const *)items)[item], key) == 0;
}

bool mds_labels_count(char *const *labels, size_t count)
{
    for (size_t from = 0; from < 2; from++) {
        size_t i = 0;
        for (char number[24]; i < count; i++) {
            snprintf(number, sizeof number, "%zu", i + from);
            if (strcmp(labels[i], number) != 0) break;
        }
        if (i == count && count > 0) return true;
    }
    return false;
}

/* The first label that stands twice, or NULL. The map becomes that of the labels before it. */
static fs_status map_labels(char *const *labels, size_t count, fs_map *map, const char **twice,
                            fs_error *error)
{
    *twice = NULL;
    if (count >= FS_MAP_NONE || !fs_map_reserve(map, count))
        return fs_fail_memory(error, "matching labels", count * sizeof(fs_map_slot));
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = mds_label_hash(labels[i], strlen(labels[i]));
        if (fs_map_find(map, hash, is_label, labels, labels[i]) != FS_MAP_NONE) {
            if (!*twice) *twice = labels[i];
        } else {
            fs_map_put(map, hash, (uint32_t)i);
        }
    }
    return FS_OK;
}

static const char *first_lacking(char *const *labels, size_t count, const fs_map *map, char *const *others,
                                 size_t *order)
{
    const char *lacking = NULL;
    for (size_t i = 0; i < count; i++) {
        uint32_t found =
            fs_map_find(map, mds_label_hash(labels[i], strlen(labels[i])), is_label, others, labels[i]);
        if (order) order[i] = found;
        if (found == FS_MAP_NONE && !lacking) lacking = labels[i];
    }
    return lacking;
}

fs_status mds_labels_match(char *const *labels, size_t count, char *const *others, size_t other_count,
                           size_t *order, mds_label_match *match, fs_error *error)
{
    *match = (mds_label_match){.kind = MDS_MATCH_SAME};
    bool same = count == other_count;
    for (size_t i = 0; i < count && same; i++) {
        order[i] = i;
        same = strcmp(labels[i], others[i]) == 0;
    }
    if (same) return FS_OK;
    fs_map map = {0}, other_map = {0};
    const char *twice, *other_twice;
    fs_status status = map_labels(labels, count, &map, &twice, error);
    if (status == FS_OK) status = map_labels(others, other_count, &other_map, &other_twice, error);
    if (status == FS_OK) {
        match->one = first_lacking(labels, count, &other_map, others, order);
        match->other = first_lacking(others, other_count, &map, labels, NULL);
        match->kind = MDS_MATCH_ORDER;
        if (match->one || match->other) {
            match->kind = MDS_MATCH_DIFFERENT;
        } else if (twice || other_twice) {
            match->kind = MDS_MATCH_REPEATED;
            match->one = twice ? twice : other_twice;
        }
    }
    fs_map_fini(&map);
    fs_map_fini(&other_map);
    return status;
}
