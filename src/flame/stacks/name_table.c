#include "name_table.h"

enum { TABLE_FIRST = 256, BLOCK_FIRST = 4096, BLOCK_MOST = 1 << 20 };

bool flame_names_init(flame_names *names)
{
    *names = (flame_names){0};
    fs_arena_init(&names->arena);
    names->table = fs_alloc(TABLE_FIRST, sizeof *names->table);
    if (!names->table) return false;
    memset(names->table, 0xFF, TABLE_FIRST * sizeof *names->table);
    names->mask = TABLE_FIRST - 1;
    return true;
}

void flame_names_fini(flame_names *names)
{
    fs_free(names->list);
    fs_free(names->table);
    fs_arena_fini(&names->arena);
    *names = (flame_names){0};
}

static bool grow(flame_names *names)
{
    size_t slots = (names->mask + 1) * 2;
    flame_name_slot *table = fs_alloc(slots, sizeof *table);
    if (!table) return false;
    memset(table, 0xFF, slots * sizeof *table);
    for (uint32_t id = 0; id < names->count; id++) {
        const flame_name *name = &names->list[id];
        uint64_t hash = flame_hash(name->text, name->length, name->kind);
        size_t at = hash & (slots - 1);
        while (table[at].id != FLAME_NONE) at = (at + 1) & (slots - 1);
        table[at] = (flame_name_slot){.tag = (uint32_t)(hash >> 32), .id = id};
    }
    fs_free(names->table);
    names->table = table;
    names->mask = slots - 1;
    return true;
}

/* A NUL-terminated copy that lives as long as the table. Names are packed without padding, in blocks. */
static char *keep_text(flame_names *names, const char *text, size_t length)
{
    if (length >= names->text_left) {
        size_t block = names->text_block ? names->text_block * 2 : BLOCK_FIRST;
        if (block > BLOCK_MOST) block = BLOCK_MOST;
        /* A long one gets a piece of its own; the block goes on. */
        if (length >= block / 4) return fs_arena_strndup(&names->arena, text, length);
        char *fresh = fs_arena_alloc(&names->arena, block, 1);
        if (!fresh) return NULL;
        names->text = fresh;
        names->text_left = names->text_block = block;
    }
    char *copy = names->text;
    memcpy(copy, text, length);
    copy[length] = '\0';
    names->text += length + 1;
    names->text_left -= length + 1;
    return copy;
}

fs_status flame_names_add(flame_names *names, const char *text, size_t length, unsigned kind, uint32_t *id,
                          fs_error *error)
{
    uint64_t hash = flame_hash(text, length, kind);
    *id = flame_names_find(names, text, length, kind, hash);
    if (*id != FLAME_NONE) return FS_OK;
    if (length >= UINT32_MAX) return fs_fail(error, FS_DATA, "a frame's name is longer than 4 GiB");
    if (names->count >= FLAME_NONE - 1)
        return fs_fail(error, FS_UNSUPPORTED, "more than 4 thousand million distinct names");
    if ((names->count + 1) * 4 > (names->mask + 1) * 3 && !grow(names))
        return fs_fail_memory(error, "keeping a frame's name", 0);
    if (!FS_GROW(names->list, names->capacity, names->count + 1))
        return fs_fail_memory(error, "keeping a frame's name", 0);
    char *copy = keep_text(names, text, length);
    if (!copy) return fs_fail_memory(error, "keeping a frame's name", length);
    uint32_t fresh = (uint32_t)names->count++;
    names->list[fresh] = (flame_name){.text = copy, .length = (uint32_t)length, .kind = (uint8_t)kind};
    size_t at = hash & names->mask;
    while (names->table[at].id != FLAME_NONE) at = (at + 1) & names->mask;
    names->table[at] = (flame_name_slot){.tag = (uint32_t)(hash >> 32), .id = fresh};
    *id = fresh;
    return FS_OK;
}

size_t flame_names_bytes(const flame_names *names)
{
    return names->capacity * sizeof *names->list + (names->mask + 1) * sizeof *names->table +
           names->arena.total;
}
