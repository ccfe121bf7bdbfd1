#include "memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool fs_size_mul(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

bool fs_size_add(size_t a, size_t b, size_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

void *fs_alloc(size_t count, size_t size)
{
    size_t bytes;
    if (!fs_size_mul(count, size, &bytes)) return NULL;
    return malloc(bytes ? bytes : 1);
}

void *fs_alloc_0(size_t count, size_t size)
{
    size_t bytes;
    if (!fs_size_mul(count, size, &bytes)) return NULL;
    return bytes ? calloc(count, size) : calloc(1, 1);
}

void *fs_realloc(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (!fs_size_mul(count, size, &bytes)) return NULL;
    return realloc(old, bytes ? bytes : 1);
}

void *fs_alloc_aligned(size_t count, size_t size)
{
    size_t bytes;
    if (!fs_size_mul(count, size, &bytes) || bytes > SIZE_MAX - 64) return NULL;
    bytes = bytes ? (bytes + 63) & ~(size_t)63 : 64;
    return aligned_alloc(64, bytes);
}

void fs_free(void *memory)
{
    free(memory);
}

bool fs_grow(void **array, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity) return true;
    size_t room = *capacity + *capacity / 2;
    if (room < need) room = need;
    if (room < 16) room = 16;
    void *grown = fs_realloc(*array, room, size);
    if (!grown) return false;
    *array = grown;
    *capacity = room;
    return true;
}

char *fs_strndup(const char *text, size_t length)
{
    if (length == SIZE_MAX) return NULL;
    char *copy = fs_alloc(length + 1, 1);
    if (!copy) return NULL;
    if (length) memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *fs_strdup(const char *text)
{
    return fs_strndup(text, strlen(text));
}

enum { ARENA_FIRST = 16 * 1024, ARENA_MOST = 1024 * 1024 };

struct fs_arena_block {
    struct fs_arena_block *previous;
    size_t capacity;
    _Alignas(16) unsigned char bytes[];
};

void fs_arena_init(fs_arena *arena)
{
    *arena = (fs_arena){0};
}

void fs_arena_fini(fs_arena *arena)
{
    struct fs_arena_block *block = arena->block;
    while (block) {
        struct fs_arena_block *previous = block->previous;
        free(block);
        block = previous;
    }
    *arena = (fs_arena){0};
}

void *fs_arena_alloc(fs_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (!fs_size_mul(count, size, &bytes) || bytes > SIZE_MAX / 2) return NULL;
    bytes = (bytes + 15) & ~(size_t)15;
    if (!arena->block || arena->block->capacity - arena->used < bytes) {
        size_t capacity = arena->block ? arena->block->capacity * 2 : ARENA_FIRST;
        if (capacity > ARENA_MOST) capacity = ARENA_MOST;
        if (capacity < bytes) capacity = bytes;
        struct fs_arena_block *block = malloc(sizeof *block + capacity);
        if (!block) return NULL;
        block->previous = arena->block;
        block->capacity = capacity;
        arena->block = block;
        arena->used = 0;
        arena->total += capacity;
    }
    void *piece = arena->block->bytes + arena->used;
    arena->used += bytes;
    return piece;
}

char *fs_arena_strndup(fs_arena *arena, const char *text, size_t length)
{
    if (length == SIZE_MAX) return NULL;
    char *copy = fs_arena_alloc(arena, length + 1, 1);
    if (!copy) return NULL;
    if (length) memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}
