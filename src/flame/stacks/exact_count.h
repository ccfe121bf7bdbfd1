/*
 * exact_count.h - counts that need more bits than a double has.
 *
 * Counts are doubles, which hold whole numbers to 2^53 and the fractions that some profilers write. Periods
 * in nanoseconds and bytes go beyond that, so where it matters a second double holds what the first one
 * rounds away (T. J. Dekker, 1971; D. E. Knuth, The Art of Computer Programming 2, 4.2.2, theorem B): whole
 * numbers and their sums are exact up to 2^100 and more.
 */
#ifndef FLAME_EXACT_COUNT_H
#define FLAME_EXACT_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLAME_EXACT_DOUBLE 9007199254740992.0 /* 2^53: up to here a double does */

typedef struct flame_exact {
    double value; /* the nearest double */
    double rest;  /* what is missing; 0 for nearly all there are */
} flame_exact;

static inline flame_exact flame_exact_of(double value)
{
    return (flame_exact){.value = value};
}

flame_exact flame_exact_of_u64(uint64_t value);

static inline flame_exact flame_exact_minus(flame_exact a)
{
    return (flame_exact){.value = -a.value, .rest = -a.rest};
}

static inline flame_exact flame_exact_add(flame_exact a, flame_exact b)
{
    double sum = a.value + b.value, part = sum - a.value;
    double rest = (a.value - (sum - part)) + (b.value - part) + a.rest + b.rest;
    double value = sum + rest;
    return (flame_exact){.value = value, .rest = rest - (value - sum)};
}

flame_exact flame_exact_scale(flame_exact count, double factor);

flame_exact flame_exact_floor(flame_exact count);

/* Whether it is from 0 to 2^64 - 1 (with a fraction, below 2^64). */
static inline bool flame_exact_in_range(flame_exact count)
{
    return count.value >= 0 && (count.value < 0x1p64 || (count.value == 0x1p64 && count.rest < 0));
}

/* Whether it is a whole number from 0 to 2^64 - 1, and which. */
bool flame_exact_is_u64(flame_exact count, uint64_t *value);

/* As text, whole numbers without an exponent; returns the length. Independent of the locale. */
enum { FLAME_EXACT_SIZE = 48 };
size_t flame_exact_format(flame_exact count, char out[FLAME_EXACT_SIZE]);

#endif
