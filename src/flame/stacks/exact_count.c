#include "exact_count.h"

#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

flame_exact flame_exact_of_u64(uint64_t value)
{
    double nearest = (double)value;
    /* 2^64 itself, which the largest ones round to, does not fit back */
    uint64_t back = nearest < 0x1p64 ? (uint64_t)nearest : 0;
    return (flame_exact){.value = nearest, .rest = (double)(int64_t)(value - back)};
}

flame_exact flame_exact_scale(flame_exact count, double factor)
{
    if (factor == 1) return count;
    double product = count.value * factor, rest = fma(count.value, factor, -product) + count.rest * factor;
    return flame_exact_add(flame_exact_of(product), flame_exact_of(rest));
}

flame_exact flame_exact_floor(flame_exact count)
{
    double value = floor(count.value);
    /* Of a value with a fraction the rest is less than what is to the next whole number. */
    return (flame_exact){.value = value, .rest = value == count.value ? floor(count.rest) : 0};
}

bool flame_exact_is_u64(flame_exact count, uint64_t *value)
{
    if (count.value < 0 || count.value > 0x1p64 || count.value != floor(count.value) ||
        count.rest != floor(count.rest))
        return false;
    if (count.value == 0x1p64) {
        if (count.rest >= 0) return false;
        *value = UINT64_MAX - (uint64_t)(-count.rest - 1);
        return true;
    }
    uint64_t whole = (uint64_t)count.value;
    if (count.rest < 0 && (uint64_t)-count.rest > whole) return false;
    *value = count.rest < 0 ? whole - (uint64_t)-count.rest : whole + (uint64_t)count.rest;
    return true;
}

size_t flame_exact_format(flame_exact count, char out[FLAME_EXACT_SIZE])
{
    uint64_t whole;
    if (flame_exact_is_u64(count, &whole)) return (size_t)snprintf(out, FLAME_EXACT_SIZE, "%" PRIu64, whole);
    /* Sums of such: in two parts of at most 19 digits. */
    if (count.value >= 0x1p63 && count.value < 1e37 && count.rest == floor(count.rest)) {
        __extension__ typedef __int128 wide;
        const wide ten_19 = (wide)10000000000000000000U;
        wide number = (wide)count.value + (wide)count.rest;
        return (size_t)snprintf(out, FLAME_EXACT_SIZE, "%" PRIu64 "%019" PRIu64, (uint64_t)(number / ten_19),
                                (uint64_t)(number % ten_19));
    }
    /* A fraction of something that large: the whole part, then what is left. */
    if (count.value >= FLAME_EXACT_DOUBLE && flame_exact_is_u64(flame_exact_floor(count), &whole)) {
        char fraction[FS_NUMBER_SIZE];
        fs_number_format(count.rest - floor(count.rest), fraction);
        return (size_t)snprintf(out, FLAME_EXACT_SIZE, "%" PRIu64 "%s", whole,
                                fraction[0] == '0' && fraction[1] == '.' ? fraction + 1 : "");
    }
    return fs_number_format(count.value, out);
}
