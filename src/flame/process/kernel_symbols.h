/*
 * kernel_symbols.h - the functions of the running kernel, by address: /proc/kallsyms.
 */
#ifndef FLAME_KERNEL_SYMBOLS_H
#define FLAME_KERNEL_SYMBOLS_H

#include "status.h"

#include <stdint.h>

typedef struct flame_kernel_symbols flame_kernel_symbols;

/* A tenth of a second, and some ten megabytes. FS_PERMISSION: the kernel hides the addresses; FS_IO,
 * FS_MEMORY. */
FS_CHECK fs_status flame_kernel_symbols_read(flame_kernel_symbols **symbols, fs_error *error);
void flame_kernel_symbols_free(flame_kernel_symbols *symbols); /* NULL is legal */

/* NULL: none is known at or before the address. It lives as long as the symbols. */
const char *flame_kernel_symbols_find(const flame_kernel_symbols *symbols, uint64_t address);

#endif
