#include "random.h"

#include <math.h>

static uint64_t rotate_left(uint64_t x, unsigned k)
{
    return (x << k) | (x >> (64 - k));
}

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

void fs_random_init(fs_random *random, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++) random->state[i] = splitmix64(&seed);
}

uint64_t fs_random_next(fs_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double fs_random_unit(fs_random *random)
{
    return (double)(fs_random_next(random) >> 11) * 0x1.0p-53;
}

uint64_t fs_random_below(fs_random *random, uint64_t bound)
{
    if (bound <= 1) return 0;
    uint64_t threshold = (0 - bound) % bound; /* 2^64 mod bound: values below it would be favoured */
    for (;;) {
        uint64_t value = fs_random_next(random);
        if (value >= threshold) return value % bound;
    }
}

double fs_random_normal(fs_random *random)
{
    for (;;) {
        double u = 2 * fs_random_unit(random) - 1, v = 2 * fs_random_unit(random) - 1;
        double s = u * u + v * v;
        if (s > 0 && s < 1) return u * sqrt(-2 * log(s) / s);
    }
}

void fs_random_shuffle(fs_random *random, size_t *items, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)fs_random_below(random, i);
        size_t swap = items[i - 1];
        items[i - 1] = items[j];
        items[j] = swap;
    }
}
