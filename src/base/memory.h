/*
 * memory.h - allocation with the multiplication checked, and growing arrays.
 *
 * Every function returns NULL when there is no memory or when the size does not fit in size_t; callers turn
 * that into FS_MEMORY. All of them end in malloc, calloc, realloc, aligned_alloc and free, so that the tests
 * can make each allocation fail in turn by wrapping those five.
 */
#ifndef FS_MEMORY_H
#define FS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* a * b into *product; false when it overflows. */
bool fs_size_mul(size_t a, size_t b, size_t *product);
/* a + b into *sum; false when it overflows. */
bool fs_size_add(size_t a, size_t b, size_t *sum);

void *fs_alloc(size_t count, size_t size);   /* uninitialised; count 0 gives a valid pointer */
void *fs_alloc_0(size_t count, size_t size); /* zeroed */
void *fs_realloc(void *old, size_t count, size_t size);

/* Cache-line (64-byte) aligned, for kernels; free with fs_free. */
void *fs_alloc_aligned(size_t count, size_t size);

void fs_free(void *memory); /* NULL is legal */

/* Make room for `need` elements of `size` bytes in *array, whose capacity is *capacity: grows by half, never
 * shrinks. False (and nothing changed) when out of memory. */
bool fs_grow(void **array, size_t *capacity, size_t need, size_t size);

/* Same, keeping the type: FS_GROW(list, capacity, used + 1) */
#define FS_GROW(array, capacity, need)                                                                       \
    (((array) && (need) <= (capacity)) || fs_grow((void **)&(array), &(capacity), (need), sizeof *(array)))

char *fs_strndup(const char *text, size_t length); /* a NUL-terminated copy */
char *fs_strdup(const char *text);

/*
 * An arena: many small pieces that die together (names, tree nodes). Pieces are 16-byte aligned and never
 * move. Cost of a piece: a pointer bump; memory: blocks that double up to 1 MiB.
 */
typedef struct fs_arena {
    struct fs_arena_block *block;
    size_t used;  /* bytes of the current block */
    size_t total; /* bytes held in all blocks */
} fs_arena;

void fs_arena_init(fs_arena *arena);
void fs_arena_fini(fs_arena *arena);
void *fs_arena_alloc(fs_arena *arena, size_t count, size_t size);
char *fs_arena_strndup(fs_arena *arena, const char *text, size_t length);

#endif
