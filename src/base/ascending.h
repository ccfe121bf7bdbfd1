/*
 * ascending.h - a place in items that ascend by a number.
 */
#ifndef FS_ASCENDING_H
#define FS_ASCENDING_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How many of `count` items, of `size` bytes each, begin with a number that is at most `key`. Their first
 * member is a uint64_t, by which they ascend. O(log count). */
static inline size_t fs_count_up_to(const void *items, size_t count, size_t size, uint64_t key)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        uint64_t number;
        memcpy(&number, (const unsigned char *)items + middle * size, sizeof number);
        if (number <= key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#endif
