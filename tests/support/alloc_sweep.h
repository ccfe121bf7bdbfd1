/*
 * alloc_sweep.h - each allocation made to fail in turn.
 *
 *     static int read_a_table(void *context) { ... return status; }   // frees all that it makes
 *     alloc_sweep(read_a_table, context, FS_MEMORY);
 *
 * A test program that NEEDS alloc_sweep has malloc, calloc, realloc, aligned_alloc and free wrapped by the
 * linker in all libraries that it links (not inside shared libraries).
 */
#ifndef ALLOC_SWEEP_H
#define ALLOC_SWEEP_H

#include <stddef.h>

/* Run body(context), which returns 0 for success, once undisturbed; then with its first allocation failing,
 * its second, and so on. Every disturbed run must return `memory_status` (or 0, where the code does without
 * the memory), and every run must leave nothing allocated. A breach fails the test, naming the allocation.
 * Returns how many allocations were made to fail. */
typedef int alloc_sweep_body(void *context);
size_t alloc_sweep(alloc_sweep_body *body, void *context, int memory_status);

#endif
