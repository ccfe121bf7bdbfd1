/* What one core can do at best: square roots a second by its own instruction, reciprocal square roots a
 * second by an estimate and two steps of Newton's method (the same where the processor has no such estimate),
 * and bytes a second out of its caches. Each repeated until half a second is over; prints one JSON line.
 * Compile with -O3 -march=native -ffast-math. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

enum { ROOTS = 512, BYTES = 1 << 20 };

static double now(void)
{
    struct timespec time;
    timespec_get(&time, TIME_UTC);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

#ifdef __AVX512F__
static void refined_roots(const double *x, double *y)
{
    const __m512d half = _mm512_set1_pd(0.5), three_halves = _mm512_set1_pd(1.5);
    for (int i = 0; i < ROOTS; i += 8) {
        __m512d v = _mm512_loadu_pd(x + i), h = _mm512_mul_pd(v, half), r = _mm512_rsqrt14_pd(v);
        r = _mm512_mul_pd(r, _mm512_fnmadd_pd(_mm512_mul_pd(h, r), r, three_halves));
        r = _mm512_mul_pd(r, _mm512_fnmadd_pd(_mm512_mul_pd(h, r), r, three_halves));
        _mm512_storeu_pd(y + i, _mm512_mul_pd(v, r));
    }
}
#else
static void refined_roots(const double *x, double *y)
{
    for (int i = 0; i < ROOTS; i++) y[i] = sqrt(x[i]);
}
#endif

int main(void)
{
    static double x[ROOTS], y[ROOTS];
    const size_t count = BYTES / sizeof(double);
    double *big = malloc(BYTES), sum = 0;
    if (!big) return 1;
    for (int i = 0; i < ROOTS; i++) x[i] = 1 + i;
    for (size_t i = 0; i < count; i++) big[i] = (double)i;

    long rounds = 0;
    double began = now(), seconds;
    do {
        for (int k = 0; k < 100; k++) {
            for (int i = 0; i < ROOTS; i++) y[i] = sqrt(x[i]);
            x[rounds++ % ROOTS] += y[k]; /* so that no round may be left out */
        }
    } while ((seconds = now() - began) < 0.5);
    double roots = (double)rounds * ROOTS / seconds;

    rounds = 0;
    began = now();
    do {
        for (int k = 0; k < 100; k++) {
            refined_roots(x, y);
            x[rounds++ % ROOTS] += y[k];
        }
    } while ((seconds = now() - began) < 0.5);
    double refined = (double)rounds * ROOTS / seconds;

    rounds = 0;
    began = now();
    do {
        for (int k = 0; k < 20; k++, rounds++) {
            double a = 0;
            for (size_t i = 0; i < count; i++) a += big[i];
            big[rounds % (long)count] = a * 1e-30;
            sum += a;
        }
    } while ((seconds = now() - began) < 0.5);
    double bytes = (double)rounds * BYTES / seconds;
    free(big);
    printf("{\"roots_per_second\": %.4g, \"refined_per_second\": %.4g, \"bytes_per_second\": %.4g}\n", roots,
           refined, bytes + 0 * sum);
    return 0;
}
