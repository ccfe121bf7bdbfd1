/*
 * sgd_template.h - tiles of stochastic descent for any vector of floats; kernel_template.h includes it.
 *
 * It needs the F_ macros, and of the instruction set
 *
 *   F_EXCHANGE(v, mask)   lane l of the result is lane l ^ mask of v, 0 <= mask < F_WIDTH
 *   F_LOAD_HALF(at)       F_WIDTH numbers of mds_half
 *   F_LOAD_BYTES(at)      F_WIDTH unsigned bytes
 *   F_BELOW(g, most, v)   v where g < most, else 0
 *   F_TOGETHER            how many tiles run side by side: as many as the registers hold
 *
 * A group of MDS_SGD_GROUP points is F_PARTS vectors. Each step pairs every point of a group with one of the
 * other, so a step is one long chain of operations with all lanes in use; tiles side by side, whose points
 * are all different, fill the gaps of one another's chains.
 */
enum { F_PARTS = MDS_SGD_GROUP / F_WIDTH };

/* How far along their difference two points move: half of the capped step times (1 - delta / d), 0 for a
 * missing pair. s is d^2. */
INLINE F sgd_factor(const mds_sgd_tiles *tiles, size_t at, F s, enum mds_sgd_kind kind)
{
    F half = F_SET(0.5f * tiles->step);
    if (kind == MDS_SGD_CODES) {
        F code = F_LOAD_BYTES(tiles->codes + at), ratio = F_MUL(F_MUL(code, code), F_ESTIMATE(s));
        return F_BELOW(code, MDS_SGD_MISSING, F_FNMA(ratio, half, half));
    }
    F delta = F_LOAD_HALF(tiles->delta + at), ratio = F_MUL(delta, F_ESTIMATE(s));
    if (kind == MDS_SGD_PLAIN) return F_NUMBER(delta, F_FNMA(ratio, half, half));
    half = F_MIN(F_MUL(half, F_LOAD(tiles->weights + at)), F_SET(0.5f));
    return F_FNMA(ratio, half, half);
}

/* Coordinates of some tiles' groups in registers. */
struct sgd_group {
    F x[3][F_PARTS];
};

INLINE void sgd_load(struct sgd_group *group, const mds_sgd_tiles *tiles, size_t number, size_t p)
{
    UNROLL
    for (size_t c = 0; c < p; c++) {
        UNROLL
        for (size_t part = 0; part < F_PARTS; part++)
            group->x[c][part] =
                F_LOAD(tiles->x + c * tiles->stride + number * MDS_SGD_GROUP + part * F_WIDTH);
    }
}

INLINE void sgd_store(const struct sgd_group *group, const mds_sgd_tiles *tiles, size_t number, size_t p)
{
    UNROLL
    for (size_t c = 0; c < p; c++) {
        UNROLL
        for (size_t part = 0; part < F_PARTS; part++)
            F_STORE(tiles->x + c * tiles->stride + number * MDS_SGD_GROUP + part * F_WIDTH,
                    group->x[c][part]);
    }
}

INLINE void sgd_exchange(struct sgd_group *group, size_t mask, size_t p)
{
    UNROLL
    for (size_t c = 0; c < p; c++) {
        UNROLL
        for (size_t part = 0; part < F_PARTS; part++) group->x[c][part] = F_EXCHANGE(group->x[c][part], mask);
    }
}

/* One step of a tile between two groups: vectors of a with those of b `high` parts away. */
INLINE void sgd_step_between(struct sgd_group *a, struct sgd_group *b, const mds_sgd_tiles *tiles, size_t at,
                             size_t high, size_t p, enum mds_sgd_kind kind)
{
    UNROLL
    for (size_t part = 0; part < F_PARTS; part++) {
        F difference[3], s = F_SET(MDS_SGD_TINY);
        UNROLL
        for (size_t c = 0; c < p; c++) {
            difference[c] = F_SUB(b->x[c][part ^ high], a->x[c][part]);
            s = F_FMA(difference[c], difference[c], s);
        }
        F factor = sgd_factor(tiles, at + part * F_WIDTH, s, kind);
        UNROLL
        for (size_t c = 0; c < p; c++) {
            a->x[c][part] = F_FMA(factor, difference[c], a->x[c][part]);
            b->x[c][part ^ high] = F_FNMA(factor, difference[c], b->x[c][part ^ high]);
        }
    }
}

/* The steps of a tile are the masks of a Gray code: b is exchanged by one bit from each to the next. */
INLINE void sgd_between(const mds_sgd_tiles *tiles, size_t first, size_t together, size_t p,
                        enum mds_sgd_kind kind)
{
    struct sgd_group a[F_TOGETHER], b[F_TOGETHER];
    UNROLL
    for (size_t t = 0; t < together; t++) {
        sgd_load(&a[t], tiles, tiles->a[first + t], p);
        sgd_load(&b[t], tiles, tiles->b[first + t], p);
    }
    UNROLL
    for (size_t j = 0; j < F_PARTS; j++)
        for (size_t i = 0; i < F_WIDTH; i++) {
            size_t at = first * MDS_SGD_TILE + (j * F_WIDTH + i) * MDS_SGD_GROUP, bit = i & (0 - i);
            UNROLL
            for (size_t t = 0; t < together; t++) {
                sgd_exchange(&b[t], bit, p);
                sgd_step_between(&a[t], &b[t], tiles, at + t * MDS_SGD_TILE, j ^ (j >> 1), p, kind);
            }
        }
    UNROLL
    for (size_t t = 0; t < together; t++) {
        if (F_WIDTH == MDS_SGD_GROUP) sgd_exchange(&b[t], F_WIDTH / 2, p);
        sgd_store(&a[t], tiles, tiles->a[first + t], p);
        sgd_store(&b[t], tiles, tiles->b[first + t], p);
    }
}

/* One step within a group: both points of a pair compute it, and each moves itself. */
INLINE void sgd_step_within(struct sgd_group *a, const mds_sgd_tiles *tiles, size_t at, size_t high,
                            size_t low, size_t p, enum mds_sgd_kind kind)
{
    struct sgd_group b = *a;
    sgd_exchange(&b, low, p);
    UNROLL
    for (size_t part = 0; part < F_PARTS; part++) {
        F difference[3], s = F_SET(MDS_SGD_TINY);
        UNROLL
        for (size_t c = 0; c < p; c++) {
            difference[c] = F_SUB(b.x[c][part ^ high], a->x[c][part]);
            s = F_FMA(difference[c], difference[c], s);
        }
        F factor = sgd_factor(tiles, at + part * F_WIDTH, s, kind);
        UNROLL
        for (size_t c = 0; c < p; c++) a->x[c][part] = F_FMA(factor, difference[c], a->x[c][part]);
    }
}

INLINE void sgd_within(const mds_sgd_tiles *tiles, size_t first, size_t together, size_t p,
                       enum mds_sgd_kind kind)
{
    struct sgd_group a[F_TOGETHER];
    UNROLL
    for (size_t t = 0; t < together; t++) sgd_load(&a[t], tiles, tiles->a[first + t], p);
    UNROLL
    for (size_t high = 0; high < F_PARTS; high++)
        for (size_t low = high == 0; low < F_WIDTH; low++) {
            size_t at = first * MDS_SGD_TILE + (high * F_WIDTH + low) * MDS_SGD_GROUP;
            UNROLL
            for (size_t t = 0; t < together; t++)
                sgd_step_within(&a[t], tiles, at + t * MDS_SGD_TILE, high, low, p, kind);
        }
    UNROLL
    for (size_t t = 0; t < together; t++) sgd_store(&a[t], tiles, tiles->a[first + t], p);
}

/* As many tiles side by side as there are left. */
#define SGD_FIXED(name, function, p, kind)                                                                   \
    static void name(const mds_sgd_tiles *tiles)                                                             \
    {                                                                                                        \
        size_t t = 0;                                                                                        \
        if (F_TOGETHER >= 4)                                                                                 \
            for (; t + 4 <= tiles->count; t += 4) function(tiles, t, F_TOGETHER >= 4 ? 4 : 1, p, kind);      \
        if (F_TOGETHER >= 2)                                                                                 \
            for (; t + 2 <= tiles->count; t += 2) function(tiles, t, F_TOGETHER >= 2 ? 2 : 1, p, kind);      \
        for (; t < tiles->count; t++) function(tiles, t, 1, p, kind);                                        \
    }

SGD_FIXED(sgd_plane_between, sgd_between, 2, MDS_SGD_PLAIN)
SGD_FIXED(sgd_plane_between_weighted, sgd_between, 2, MDS_SGD_WEIGHTED)
SGD_FIXED(sgd_plane_between_codes, sgd_between, 2, MDS_SGD_CODES)
SGD_FIXED(sgd_plane_within, sgd_within, 2, MDS_SGD_PLAIN)
SGD_FIXED(sgd_plane_within_weighted, sgd_within, 2, MDS_SGD_WEIGHTED)
SGD_FIXED(sgd_plane_within_codes, sgd_within, 2, MDS_SGD_CODES)
SGD_FIXED(sgd_space_between, sgd_between, 3, MDS_SGD_PLAIN)
SGD_FIXED(sgd_space_between_weighted, sgd_between, 3, MDS_SGD_WEIGHTED)
SGD_FIXED(sgd_space_between_codes, sgd_between, 3, MDS_SGD_CODES)
SGD_FIXED(sgd_space_within, sgd_within, 3, MDS_SGD_PLAIN)
SGD_FIXED(sgd_space_within_weighted, sgd_within, 3, MDS_SGD_WEIGHTED)
SGD_FIXED(sgd_space_within_codes, sgd_within, 3, MDS_SGD_CODES)

/* ---- any number of dimensions: the coordinates stay in memory, those of b exchanged until the tile ends
 * ----
 */

INLINE void sgd_step_between_any(const mds_sgd_tiles *tiles, float *a, float *b, size_t at, size_t high,
                                 size_t bit, enum mds_sgd_kind kind)
{
    for (size_t c = 0; bit && c < tiles->p; c++)
        for (size_t part = 0; part < F_PARTS; part++) {
            float *x = b + c * tiles->stride + part * F_WIDTH;
            F_STORE(x, F_EXCHANGE(F_LOAD(x), bit));
        }
    for (size_t part = 0; part < F_PARTS; part++) {
        float *from = a + part * F_WIDTH, *to = b + (part ^ high) * F_WIDTH;
        F s = F_SET(MDS_SGD_TINY);
        for (size_t c = 0; c < tiles->p; c++) {
            F difference = F_SUB(F_LOAD(to + c * tiles->stride), F_LOAD(from + c * tiles->stride));
            s = F_FMA(difference, difference, s);
        }
        F factor = sgd_factor(tiles, at + part * F_WIDTH, s, kind);
        for (size_t c = 0; c < tiles->p; c++) {
            F u = F_LOAD(from + c * tiles->stride), v = F_LOAD(to + c * tiles->stride);
            F difference = F_SUB(v, u);
            F_STORE(from + c * tiles->stride, F_FMA(factor, difference, u));
            F_STORE(to + c * tiles->stride, F_FNMA(factor, difference, v));
        }
    }
}

INLINE void sgd_between_any(const mds_sgd_tiles *tiles, enum mds_sgd_kind kind)
{
    for (size_t t = 0; t < tiles->count; t++) {
        float *a = tiles->x + tiles->a[t] * MDS_SGD_GROUP, *b = tiles->x + tiles->b[t] * MDS_SGD_GROUP;
        for (size_t j = 0; j < F_PARTS; j++)
            for (size_t i = 0; i < F_WIDTH; i++)
                sgd_step_between_any(tiles, a, b, t * MDS_SGD_TILE + (j * F_WIDTH + i) * MDS_SGD_GROUP,
                                     j ^ (j >> 1), i & (0 - i), kind);
        for (size_t c = 0; F_WIDTH == MDS_SGD_GROUP && c < tiles->p; c++)
            F_STORE(b + c * tiles->stride, F_EXCHANGE(F_LOAD(b + c * tiles->stride), F_WIDTH / 2));
    }
}

INLINE void sgd_step_within_any(const mds_sgd_tiles *tiles, float *a, size_t at, size_t high, size_t low,
                                enum mds_sgd_kind kind)
{
    F factor[F_PARTS], difference[F_PARTS];
    for (size_t part = 0; part < F_PARTS; part++) factor[part] = F_SET(MDS_SGD_TINY); /* d^2, for now */
    for (size_t c = 0; c < tiles->p; c++)
        for (size_t part = 0; part < F_PARTS; part++) {
            const float *x = a + c * tiles->stride;
            F to = F_EXCHANGE(F_LOAD(x + (part ^ high) * F_WIDTH), low);
            difference[part] = F_SUB(to, F_LOAD(x + part * F_WIDTH));
            factor[part] = F_FMA(difference[part], difference[part], factor[part]);
        }
    for (size_t part = 0; part < F_PARTS; part++)
        factor[part] = sgd_factor(tiles, at + part * F_WIDTH, factor[part], kind);
    for (size_t c = 0; c < tiles->p; c++) {
        float *x = a + c * tiles->stride;
        for (size_t part = 0; part < F_PARTS; part++)
            difference[part] =
                F_SUB(F_EXCHANGE(F_LOAD(x + (part ^ high) * F_WIDTH), low), F_LOAD(x + part * F_WIDTH));
        for (size_t part = 0; part < F_PARTS; part++)
            F_STORE(x + part * F_WIDTH, F_FMA(factor[part], difference[part], F_LOAD(x + part * F_WIDTH)));
    }
}

INLINE void sgd_within_any(const mds_sgd_tiles *tiles, enum mds_sgd_kind kind)
{
    for (size_t t = 0; t < tiles->count; t++)
        for (size_t mask = 1; mask < MDS_SGD_GROUP; mask++)
            sgd_step_within_any(tiles, tiles->x + tiles->a[t] * MDS_SGD_GROUP,
                                t * MDS_SGD_TILE + mask * MDS_SGD_GROUP, mask / F_WIDTH, mask % F_WIDTH,
                                kind);
}

#define SGD_ANY(name, function, kind)                                                                        \
    static void name(const mds_sgd_tiles *tiles)                                                             \
    {                                                                                                        \
        function(tiles, kind);                                                                               \
    }

SGD_ANY(sgd_any_between, sgd_between_any, MDS_SGD_PLAIN)
SGD_ANY(sgd_any_between_weighted, sgd_between_any, MDS_SGD_WEIGHTED)
SGD_ANY(sgd_any_between_codes, sgd_between_any, MDS_SGD_CODES)
SGD_ANY(sgd_any_within, sgd_within_any, MDS_SGD_PLAIN)
SGD_ANY(sgd_any_within_weighted, sgd_within_any, MDS_SGD_WEIGHTED)
SGD_ANY(sgd_any_within_codes, sgd_within_any, MDS_SGD_CODES)

/* to[j] = sqrt(to[j]). */
static void sgd_roots(float *values, size_t n)
{
    size_t j = 0;
    for (; j + F_WIDTH <= n; j += F_WIDTH) {
        F s = F_LOAD(values + j);
        F_STORE(values + j, F_MUL(s, F_RSQRT(F_ADD(s, F_SET(MDS_SGD_TINY)))));
    }
    for (; j < n; j++) values[j] = sqrtf(values[j]);
}

/* [within one group][mds_sgd_kind][mds_shape] */
#define SGD_OF(where)                                                                                        \
    {                                                                                                        \
        {sgd_plane_##where, sgd_space_##where, sgd_any_##where},                                             \
            {sgd_plane_##where##_weighted, sgd_space_##where##_weighted, sgd_any_##where##_weighted},        \
            {sgd_plane_##where##_codes, sgd_space_##where##_codes, sgd_any_##where##_codes},                 \
    }
#define SGD_KERNELS                                                                                          \
    {                                                                                                        \
        SGD_OF(between), SGD_OF(within)                                                                      \
    }
