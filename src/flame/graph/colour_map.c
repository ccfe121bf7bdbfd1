/* The palette file: names and the colours they keep from one picture to the next. */
#include "file.h"
#include "hash.h"
#include "palette.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MOST = 1 << 28 };

typedef struct kept {
    const char *name; /* as in the file: with its annotation */
    size_t length;
    flame_colour colour;
} kept;

struct flame_colour_map {
    fs_arena names;
    kept *items;
    size_t count, capacity;
    size_t *slots; /* index + 1 into items; 0 is free */
    size_t slot_count;
    fs_text key; /* scratch */
};

fs_status flame_colour_map_create(flame_colour_map **map, fs_error *error)
{
    *map = fs_alloc_0(1, sizeof **map);
    if (!*map) return fs_fail_memory(error, "making a palette", sizeof **map);
    fs_arena_init(&(*map)->names);
    fs_text_init(&(*map)->key);
    return FS_OK;
}

void flame_colour_map_destroy(flame_colour_map *map)
{
    if (!map) return;
    fs_arena_fini(&map->names);
    fs_text_fini(&map->key);
    fs_free(map->items);
    fs_free(map->slots);
    fs_free(map);
}

/* The slot of the name, or the free one where it belongs. */
static size_t *find_slot(const flame_colour_map *map, const char *name, size_t length)
{
    size_t mask = map->slot_count - 1;
    for (size_t at = flame_hash(name, length, 0) & mask;; at = (at + 1) & mask) {
        size_t item = map->slots[at];
        if (item == 0) return &map->slots[at];
        const kept *k = &map->items[item - 1];
        if (k->length == length && memcmp(k->name, name, length) == 0) return &map->slots[at];
    }
}

static bool make_room(flame_colour_map *map)
{
    if (!FS_GROW(map->items, map->capacity, map->count + 1)) return false;
    if (map->slot_count > 2 * map->count) return true;
    size_t more = map->slot_count ? 2 * map->slot_count : 64;
    size_t *slots = fs_alloc_0(more, sizeof *slots);
    if (!slots) return false;
    fs_free(map->slots);
    map->slots = slots;
    map->slot_count = more;
    for (size_t i = 0; i < map->count; i++) *find_slot(map, map->items[i].name, map->items[i].length) = i + 1;
    return true;
}

/* The entry of the name, made with `fresh` if there is none; NULL when out of memory. */
static kept *entry_of(flame_colour_map *map, const char *name, size_t length, flame_colour fresh)
{
    if (!make_room(map)) return NULL;
    size_t *slot = find_slot(map, name, length);
    if (*slot == 0) {
        char *copy = fs_arena_strndup(&map->names, name, length);
        if (!copy) return NULL;
        map->items[map->count] = (kept){.name = copy, .length = length, .colour = fresh};
        *slot = ++map->count;
    }
    return &map->items[*slot - 1];
}

fs_status flame_colour_map_get(flame_colour_map *map, const flame_name *name, flame_colour fresh,
                               flame_colour *colour, fs_error *error)
{
    fs_text_clear(&map->key);
    fs_text_append(&map->key, name->text, name->length);
    fs_text_add(&map->key, flame_kind_annotation(name->kind));
    const kept *entry =
        map->key.failed ? NULL : entry_of(map, fs_text_string(&map->key), map->key.length, fresh);
    if (!entry) return fs_fail_memory(error, "adding to a palette", name->length);
    *colour = entry->colour;
    return FS_OK;
}

static fs_status add_line(flame_colour_map *map, const char *path, size_t row, const char *line,
                          size_t length, fs_error *error)
{
    char word[32];
    flame_colour colour;
    if (length > 0 && line[length - 1] == '\r') length--;
    if (length == 0) return FS_OK;
    size_t arrow = length; /* the last one: a name may hold "->" itself */
    for (size_t i = length; i-- > 1;) {
        if (line[i - 1] == '-' && line[i] == '>') {
            arrow = i - 1;
            break;
        }
    }
    size_t rest = arrow < length ? length - arrow - 2 : sizeof word;
    if (rest < sizeof word) {
        memcpy(word, line + arrow + 2, rest);
        word[rest] = '\0';
        if (flame_colour_parse(word, &colour)) {
            kept *entry = entry_of(map, line, arrow, colour);
            if (!entry) return fs_fail_memory(error, "reading a palette", length);
            entry->colour = colour;
            return FS_OK;
        }
    }
    return fs_fail(error, FS_FORMAT, "%s: line %zu is '%.*s', not name->rgb(red,green,blue)", path, row,
                   length > 80 ? 80 : (int)length, line);
}

fs_status flame_colour_map_read(flame_colour_map *map, const char *path, fs_error *error)
{
    char *bytes = NULL;
    size_t length = 0, row = 0;
    fs_status status = fs_file_read(path, FILE_MOST, &bytes, &length, error);
    if (status == FS_NOT_FOUND) return FS_OK;
    for (size_t at = 0; status == FS_OK && at < length;) {
        const char *end = memchr(bytes + at, '\n', length - at);
        size_t n = end ? (size_t)(end - (bytes + at)) : length - at;
        status = add_line(map, path, ++row, bytes + at, n, error);
        at += n + 1;
    }
    fs_free(bytes);
    return status;
}

static int by_name(const void *left, const void *right)
{
    const kept *a = left, *b = right;
    size_t common = a->length < b->length ? a->length : b->length;
    int order = common ? memcmp(a->name, b->name, common) : 0;
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

fs_status flame_colour_map_write(const flame_colour_map *map, const char *path, fs_error *error)
{
    fs_output *output = NULL;
    kept *sorted = fs_alloc(map->count, sizeof *sorted);
    fs_status status;
    if (!sorted) return fs_fail_memory(error, "writing a palette", map->count * sizeof *sorted);
    if (map->count) memcpy(sorted, map->items, map->count * sizeof *sorted);
    qsort(sorted, map->count, sizeof *sorted, by_name);
    status = fs_output_open(path, &output, error);
    if (status != FS_OK) goto cleanup;
    for (size_t i = 0; i < map->count; i++) {
        fs_output_write(output, sorted[i].name, sorted[i].length);
        fs_output_format(output, "->rgb(%d,%d,%d)\n", sorted[i].colour.red, sorted[i].colour.green,
                         sorted[i].colour.blue);
    }
    status = fs_output_commit(output, error);
cleanup:
    fs_free(sorted);
    return status;
}
