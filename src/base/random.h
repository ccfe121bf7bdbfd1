/*
 * random.h - the one generator that everything random in the project comes from.
 *
 * xoshiro256++ 1.0 seeded by splitmix64 (D. Blackman and S. Vigna, "Scrambled linear pseudorandom number
 * generators", ACM Trans. Math. Softw. 47, 2021). Same seed, same numbers, on every machine.
 */
#ifndef FS_RANDOM_H
#define FS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct fs_random {
    uint64_t state[4];
} fs_random;

void fs_random_init(fs_random *random, uint64_t seed);
uint64_t fs_random_next(fs_random *random);
double fs_random_unit(fs_random *random);                    /* uniform in [0, 1), 53 bits */
uint64_t fs_random_below(fs_random *random, uint64_t bound); /* uniform in [0, bound), without bias */
double fs_random_normal(fs_random *random);                  /* mean 0, variance 1 (polar method) */
void fs_random_shuffle(fs_random *random, size_t *items, size_t count); /* Fisher-Yates */

#endif
