/*
 * panel_template.h - the kernels of panels (kernels.h), once for any vector width; kernel_template.h includes
 * it. Its one more parameter:
 *
 *   PANEL_ROWS   rows of a tile whose vectors and sums are held in registers, a divisor of MDS_PANEL: 8 with
 *                32 registers, 4 with 16
 *
 * A vector holds some of a row's MDS_PANEL columns, never several rows, so every level adds in the same
 * order.
 */

/* A cache line for each column: the columns of MDS_PANEL rows, with 128 columns in a tile. */
enum { LINE = 8, LINES = 128 / LINE };

/* The rows by name: compilers keep arrays in memory. */
#define PANEL_FOUR(X)  X(0) X(1) X(2) X(3)
#define PANEL_EIGHT(X) PANEL_FOUR(X) X(4) X(5) X(6) X(7)
#if PANEL_ROWS == 8
#define PANEL_EACH PANEL_EIGHT
#else
#define PANEL_EACH PANEL_FOUR
#endif

static void panel_square(const double *delta, size_t n, double add, double shift, double *out)
{
    V plus = V_SET(add), less = V_SET(-shift);
    size_t j = 0;
    for (; j + WIDTH <= n; j += WIDTH) {
        V d = V_ADD(V_LOAD(delta + j), plus);
        V_STORE(out + j, V_FMA(d, d, less));
    }
    for (; j < n; j++) out[j] = fma(delta[j] + add, delta[j] + add, -shift);
}

/* The columns of one vector, for PANEL_ROWS rows of the tile. */
INLINE void panel_tile_part(const double *d, size_t ld, size_t columns, const double *vi, double *yi,
                            const double *vj, double *yj, const double *ahead, size_t ahead_ld)
{
#define LOAD(r)  V v##r = V_LOAD(vi + (r)*MDS_PANEL), y##r = V_LOAD(yi + (r)*MDS_PANEL);
#define STORE(r) V_STORE(yi + (r)*MDS_PANEL, y##r);
#define STEP(r)                                                                                              \
    cell = V_SET(d[(r)*ld + j]);                                                                             \
    y##r = V_FMA(cell, at, y##r);                                                                            \
    sum = V_FMA(cell, v##r, sum);
    PANEL_EACH(LOAD)
    for (size_t j = 0; j < columns; j++) {
        V at = V_LOAD(vj + j * MDS_PANEL), sum = V_LOAD(yj + j * MDS_PANEL), cell;
        __builtin_prefetch(ahead + j / LINES * ahead_ld + j % LINES * LINE);
        PANEL_EACH(STEP)
        V_STORE(yj + j * MDS_PANEL, sum);
    }
    PANEL_EACH(STORE)
#undef LOAD
#undef STORE
#undef STEP
}

static void panel_tile(const double *d, size_t ld, size_t columns, const double *vi, double *yi,
                       const double *vj, double *yj, const double *ahead, size_t ahead_ld)
{
    for (size_t r = 0; r < MDS_PANEL; r += PANEL_ROWS)
        for (size_t c = 0; c < MDS_PANEL; c += WIDTH)
            panel_tile_part(d + r * ld, ld, columns, vi + r * MDS_PANEL + c, yi + r * MDS_PANEL + c, vj + c,
                            yj + c, ahead, ahead_ld);
}

INLINE void panel_inner_part(const double *a, const double *b, size_t rows, double *g)
{
#define LOAD(k)  V sum##k = V_LOAD(g + (k)*MDS_PANEL);
#define STORE(k) V_STORE(g + (k)*MDS_PANEL, sum##k);
#define STEP(k)  sum##k = V_FMA(V_SET(a[i * MDS_PANEL + (k)]), at, sum##k);
    PANEL_EACH(LOAD)
    for (size_t i = 0; i < rows; i++) {
        V at = V_LOAD(b + i * MDS_PANEL);
        PANEL_EACH(STEP)
    }
    PANEL_EACH(STORE)
#undef LOAD
#undef STORE
#undef STEP
}

static void panel_inner(const double *a, const double *b, size_t rows, double *g)
{
    for (size_t r = 0; r < MDS_PANEL; r += PANEL_ROWS)
        for (size_t c = 0; c < MDS_PANEL; c += WIDTH)
            panel_inner_part(a + r, b + c, rows, g + r * MDS_PANEL + c);
}

static void panel_combine(const double *a, const double *g, size_t rows, double *y)
{
#define LOAD(k) V row##k = V_LOAD(g + (k)*MDS_PANEL + c);
#define STEP(k) sum = V_FMA(V_SET(a[i * MDS_PANEL + (k)]), row##k, sum);
    for (size_t c = 0; c < MDS_PANEL; c += WIDTH) {
        PANEL_EIGHT(LOAD)
        for (size_t i = 0; i < rows; i++) {
            V sum = V_LOAD(y + i * MDS_PANEL + c);
            PANEL_EIGHT(STEP)
            V_STORE(y + i * MDS_PANEL + c, sum);
        }
    }
#undef LOAD
#undef STEP
}
