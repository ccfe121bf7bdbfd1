/*
 * pattern_template.h - the kernels of pattern search, a part of kernel_template.h (which says what V_...
 * are). No include guard.
 *
 * A pattern kernel has one point and a vector of columns, a change kernel a vector of points and one column
 * at a time. The terms that they add are the same.
 */

struct pair {
    V delta, weight;
};

enum { AHEAD = 512 };

INLINE V add_error(V sum, struct pair pair, V d, enum mds_term term, size_t columns)
{
    V error = V_SUB(pair.delta, d);
    if (columns < WIDTH) error = V_KEEP(error, columns);
    if (term == MDS_TERM_PLAIN) return V_FMA(error, error, sum);
    if (term == MDS_TERM_SQUARED) return V_FMA(V_MUL(pair.weight, error), error, sum);
    return V_FMA(pair.weight, V_ABS(error), sum);
}

#define ADD(sum, root, d2) sum = add_error(sum, pair, root(d2), term, columns)

/* The columns from j. Rows are too short for the processor to see by itself where the reading goes on: ask
 * for what lies AHEAD of them, which may be the next row already. (A matrix that no near cache holds is
 * passed 1.3 times as fast; Zen 4.) */
INLINE struct pair load_columns(const mds_pattern_row *row, size_t j, enum mds_term term, size_t columns)
{
    struct pair pair;
    if (columns == WIDTH) {
        __builtin_prefetch(row->delta + j + AHEAD);
        if (term != MDS_TERM_PLAIN && row->weights) __builtin_prefetch(row->weights + j + AHEAD);
    }
    pair.delta = load_delta(row, j, term, columns, &pair.weight);
    return pair;
}

/* Move e and the points from l. */
INLINE struct pair load_moved(const mds_moves *moves, size_t e, size_t l, enum mds_term term)
{
    struct pair pair = {V_LOAD(moves->delta[e] + l), V_SET(1.0)};
    if (term == MDS_TERM_PLAIN) return pair;
    if (moves->weights) pair.weight = V_LOAD(moves->weights[e] + l);
    pair.weight = V_NUMBER(pair.delta, pair.weight);
    pair.delta = V_NUMBER(pair.delta, pair.delta);
    return pair;
}

/* What a change kernel writes: the sum of try t of the points from l, where the moved gave `before` and give
 * `after`. Returns the new sum. */
INLINE V change_sum(const mds_row_tile *tile, size_t l, size_t t, V before, V after, V *most)
{
    double *stored = tile->sums + t * MDS_ROW_TILE + l;
    V sum = V_ADD(V_LOAD(stored), V_SUB(after, before));
    V_STORE(stored, sum);
    *most = V_MAX(*most, V_ADD(before, after));
    return sum;
}

INLINE void change_done(const mds_row_tile *tile, size_t l, V most, V gain)
{
    V_STORE(tile->turnover + l, V_ADD(V_LOAD(tile->turnover + l), most));
    V_STORE(tile->gain + l, gain);
}

/* ---- in the plane ---- */

/* Sums of the positions of a point in the plane. A moved coordinate is the sum as it would be stored, so the
 * distances are those of the place where the point would really be. */
struct plane {
    V x, y, right, left, up, down; /* coordinates: here and moved */
    V here, to_right, to_left, to_up, to_down;
};

INLINE struct plane plane_at(V x, V y, V r)
{
    V zero = V_SET(0.0);
    return (struct plane){.x = x,
                          .y = y,
                          .right = V_ADD(x, r),
                          .left = V_SUB(x, r),
                          .up = V_ADD(y, r),
                          .down = V_SUB(y, r),
                          .here = zero,
                          .to_right = zero,
                          .to_left = zero,
                          .to_up = zero,
                          .to_down = zero};
}

INLINE void plane_add(struct plane *s, V x, V y, struct pair pair, enum mds_term term, size_t columns)
{
    V a = V_SUB(s->x, x), b = V_SUB(s->y, y);
    V a2 = V_FMA(a, a, V_SET(TINY)), b2 = V_FMA(b, b, V_SET(TINY));
    V right = V_SUB(s->right, x), left = V_SUB(s->left, x), up = V_SUB(s->up, y), down = V_SUB(s->down, y);
    ADD(s->here, ROOT_HERE, V_FMA(b, b, a2));
    ADD(s->to_right, V_SQRT, V_FMA(right, right, b2));
    ADD(s->to_left, v_root, V_FMA(left, left, b2));
    ADD(s->to_up, V_SQRT, V_FMA(up, up, a2));
    ADD(s->to_down, v_root, V_FMA(down, down, a2));
}

INLINE void pattern_plane(const mds_pattern_row *row, size_t first, size_t last, double *sums,
                          enum mds_term term)
{
    struct plane s = plane_at(V_SET(row->at[0]), V_SET(row->at[1]), V_SET(row->radius));
    const double *x = row->x, *y = x + row->stride;
    size_t j = first;
    for (; j + WIDTH <= last; j += WIDTH)
        plane_add(&s, V_LOAD(x + j), V_LOAD(y + j), load_columns(row, j, term, WIDTH), term, WIDTH);
    if (j < last)
        plane_add(&s, V_LOAD(x + j), V_LOAD(y + j), load_columns(row, j, term, last - j), term, last - j);
    sums[0] = V_SUM(s.here);
    sums[1] = V_SUM(s.to_right);
    sums[2] = V_SUM(s.to_left);
    sums[3] = V_SUM(s.to_up);
    sums[4] = V_SUM(s.to_down);
}

INLINE void change_plane(const mds_row_tile *tile, const mds_moves *moves, enum mds_term term)
{
    const double *from = moves->from, *to = moves->to, *at = tile->at;
    for (size_t l = 0; l < MDS_ROW_TILE; l += WIDTH) {
        struct plane before = plane_at(V_LOAD(at + l), V_LOAD(at + tile->stride + l), V_SET(tile->radius));
        struct plane after = before;
        for (size_t e = 0; e < moves->count; e++) {
            struct pair pair = load_moved(moves, e, l, term);
            plane_add(&before, V_SET(from[e]), V_SET(from[moves->stride + e]), pair, term, WIDTH);
            plane_add(&after, V_SET(to[e]), V_SET(to[moves->stride + e]), pair, term, WIDTH);
        }
        V most = V_SET(0.0), here = change_sum(tile, l, 0, before.here, after.here, &most);
        V right = change_sum(tile, l, 1, before.to_right, after.to_right, &most);
        V left = change_sum(tile, l, 2, before.to_left, after.to_left, &most);
        V up = change_sum(tile, l, 3, before.to_up, after.to_up, &most);
        V down = change_sum(tile, l, 4, before.to_down, after.to_down, &most);
        V across = V_MAX(V_SUB(here, right), V_SUB(here, left));
        change_done(tile, l, most, V_MAX(across, V_MAX(V_SUB(here, up), V_SUB(here, down))));
    }
}

/* ---- in space ---- */

struct space {
    V x, y, z, right, left, up, down, front, back;
    V here, to_right, to_left, to_up, to_down, to_front, to_back;
};

INLINE struct space space_at(V x, V y, V z, V r)
{
    V zero = V_SET(0.0);
    return (struct space){.x = x,
                          .y = y,
                          .z = z,
                          .right = V_ADD(x, r),
                          .left = V_SUB(x, r),
                          .up = V_ADD(y, r),
                          .down = V_SUB(y, r),
                          .front = V_ADD(z, r),
                          .back = V_SUB(z, r),
                          .here = zero,
                          .to_right = zero,
                          .to_left = zero,
                          .to_up = zero,
                          .to_down = zero,
                          .to_front = zero,
                          .to_back = zero};
}

INLINE void space_add(struct space *s, V x, V y, V z, struct pair pair, enum mds_term term, size_t columns)
{
    V a = V_SUB(s->x, x), b = V_SUB(s->y, y), c = V_SUB(s->z, z);
    V right = V_SUB(s->right, x), left = V_SUB(s->left, x), up = V_SUB(s->up, y), down = V_SUB(s->down, y);
    V front = V_SUB(s->front, z), back = V_SUB(s->back, z);
    V a2 = V_FMA(a, a, V_SET(TINY)), b2 = V_FMA(b, b, V_SET(TINY));
    V ab = V_FMA(b, b, a2), bc = V_FMA(c, c, b2), ac = V_FMA(c, c, a2);
    ADD(s->here, ROOT_HERE, V_FMA(c, c, ab));
    ADD(s->to_right, V_SQRT, V_FMA(right, right, bc));
    ADD(s->to_left, v_root, V_FMA(left, left, bc));
    ADD(s->to_up, V_SQRT, V_FMA(up, up, ac));
    ADD(s->to_down, v_root, V_FMA(down, down, ac));
    ADD(s->to_front, V_SQRT, V_FMA(front, front, ab));
    ADD(s->to_back, v_root, V_FMA(back, back, ab));
}

INLINE void space_columns(struct space *s, const mds_pattern_row *row, size_t j, enum mds_term term,
                          size_t columns)
{
    const double *x = row->x + j;
    space_add(s, V_LOAD(x), V_LOAD(x + row->stride), V_LOAD(x + 2 * row->stride),
              load_columns(row, j, term, columns), term, columns);
}

INLINE void pattern_space(const mds_pattern_row *row, size_t first, size_t last, double *sums,
                          enum mds_term term)
{
    const double *at = row->at;
    struct space s = space_at(V_SET(at[0]), V_SET(at[1]), V_SET(at[2]), V_SET(row->radius));
    size_t j = first;
    for (; j + WIDTH <= last; j += WIDTH) space_columns(&s, row, j, term, WIDTH);
    if (j < last) space_columns(&s, row, j, term, last - j);
    sums[0] = V_SUM(s.here);
    sums[1] = V_SUM(s.to_right);
    sums[2] = V_SUM(s.to_left);
    sums[3] = V_SUM(s.to_up);
    sums[4] = V_SUM(s.to_down);
    sums[5] = V_SUM(s.to_front);
    sums[6] = V_SUM(s.to_back);
}

INLINE void space_moved(struct space *s, const double *column, size_t stride, struct pair pair,
                        enum mds_term term)
{
    space_add(s, V_SET(column[0]), V_SET(column[stride]), V_SET(column[2 * stride]), pair, term, WIDTH);
}

INLINE void change_space(const mds_row_tile *tile, const mds_moves *moves, enum mds_term term)
{
    for (size_t l = 0; l < MDS_ROW_TILE; l += WIDTH) {
        const double *at = tile->at + l;
        struct space before = space_at(V_LOAD(at), V_LOAD(at + tile->stride), V_LOAD(at + 2 * tile->stride),
                                       V_SET(tile->radius));
        struct space after = before;
        for (size_t e = 0; e < moves->count; e++) {
            struct pair pair = load_moved(moves, e, l, term);
            space_moved(&before, moves->from + e, moves->stride, pair, term);
            space_moved(&after, moves->to + e, moves->stride, pair, term);
        }
        V most = V_SET(0.0), here = change_sum(tile, l, 0, before.here, after.here, &most);
        V right = change_sum(tile, l, 1, before.to_right, after.to_right, &most);
        V left = change_sum(tile, l, 2, before.to_left, after.to_left, &most);
        V up = change_sum(tile, l, 3, before.to_up, after.to_up, &most);
        V down = change_sum(tile, l, 4, before.to_down, after.to_down, &most);
        V front = change_sum(tile, l, 5, before.to_front, after.to_front, &most);
        V back = change_sum(tile, l, 6, before.to_back, after.to_back, &most);
        V across = V_MAX(V_SUB(here, right), V_SUB(here, left));
        across = V_MAX(across, V_MAX(V_SUB(here, up), V_SUB(here, down)));
        change_done(tile, l, most, V_MAX(across, V_MAX(V_SUB(here, front), V_SUB(here, back))));
    }
}

/* ---- in any number of dimensions ---- */

/*
 * The squared distance without dimension k is the sum of the squares before it and of those behind it;
 * subtracting the square from the whole would lose digits where points nearly coincide. Scratch holds, for
 * one vector, the sums of squares from each dimension on, and the sums of the row so far.
 */
struct any {
    bool many_points; /* a vector of points and one column: else one point and a vector of columns */
    const double *at; /* coordinate k of the point is at[k * at_stride] */
    size_t at_stride, p;
    const size_t *dimensions; /* those to be tried; NULL: all */
    size_t tried;
    double radius, *behind;
};

INLINE void any_add(const struct any *s, const double *x, size_t stride, double *sums, struct pair pair,
                    enum mds_term term, size_t columns)
{
#define AT(k) (s->many_points ? V_LOAD(s->at + (k)*s->at_stride) : V_SET(s->at[(k)*s->at_stride]))
#define X(k)  (s->many_points ? V_SET(x[(k)*stride]) : V_LOAD(x + (k)*stride))
#define AT_MOVED(k, by)                                                                                      \
    (s->many_points ? V_ADD(V_LOAD(s->at + (k)*s->at_stride), V_SET(by))                                     \
                    : V_SET(s->at[(k)*s->at_stride] + (by)))
    V square = V_SET(TINY);
    for (size_t k = s->p; k-- > 0;) {
        V_STORE(s->behind + k * WIDTH, square);
        V a = V_SUB(AT(k), X(k));
        square = V_FMA(a, a, square);
    }
    V here = V_LOAD(sums);
    ADD(here, ROOT_HERE, square);
    V_STORE(sums, here);
    V before = V_SET(0.0);
    for (size_t k = 0, t = 0; t < s->tried; k++) {
        V x_k = X(k);
        if (!s->dimensions || s->dimensions[t] == k) {
            V rest = V_ADD(before, V_LOAD(s->behind + k * WIDTH));
            V forth = V_SUB(AT_MOVED(k, s->radius), x_k), back = V_SUB(AT_MOVED(k, -s->radius), x_k);
            double *two = sums + (1 + 2 * t++) * WIDTH;
            V to_forth = V_LOAD(two), to_back = V_LOAD(two + WIDTH);
            ADD(to_forth, V_SQRT, V_FMA(forth, forth, rest));
            ADD(to_back, v_root, V_FMA(back, back, rest));
            V_STORE(two, to_forth);
            V_STORE(two + WIDTH, to_back);
        }
        V a = V_SUB(AT(k), x_k);
        before = V_FMA(a, a, before);
    }
#undef AT
#undef AT_MOVED
#undef X
}
#undef ADD

INLINE void pattern_any(const mds_pattern_row *row, size_t first, size_t last, double *sums,
                        enum mds_term term)
{
    const struct any s = {.at = row->at,
                          .at_stride = 1,
                          .p = row->p,
                          .dimensions = row->dimensions,
                          .tried = row->tried,
                          .radius = row->radius,
                          .behind = row->scratch};
    double *vectors = row->scratch + row->p * WIDTH;
    size_t count = 2 * row->tried + 1, j = first;
    for (size_t t = 0; t < count; t++) V_STORE(vectors + t * WIDTH, V_SET(0.0));
    for (; j + WIDTH <= last; j += WIDTH)
        any_add(&s, row->x + j, row->stride, vectors, load_columns(row, j, term, WIDTH), term, WIDTH);
    if (j < last)
        any_add(&s, row->x + j, row->stride, vectors, load_columns(row, j, term, last - j), term, last - j);
    for (size_t t = 0; t < count; t++) sums[t] = V_SUM(V_LOAD(vectors + t * WIDTH));
}

INLINE void change_any(const mds_row_tile *tile, const mds_moves *moves, enum mds_term term)
{
    size_t count = 2 * tile->p + 1;
    double *before = tile->scratch + tile->p * WIDTH, *after = before + count * WIDTH;
    for (size_t l = 0; l < MDS_ROW_TILE; l += WIDTH) {
        const struct any s = {.many_points = true,
                              .at = tile->at + l,
                              .at_stride = tile->stride,
                              .p = tile->p,
                              .tried = tile->p,
                              .radius = tile->radius,
                              .behind = tile->scratch};
        for (size_t t = 0; t < 2 * count; t++) V_STORE(before + t * WIDTH, V_SET(0.0));
        for (size_t e = 0; e < moves->count; e++) {
            struct pair pair = load_moved(moves, e, l, term);
            any_add(&s, moves->from + e, moves->stride, before, pair, term, WIDTH);
            any_add(&s, moves->to + e, moves->stride, after, pair, term, WIDTH);
        }
        V most = V_SET(0.0), here = change_sum(tile, l, 0, V_LOAD(before), V_LOAD(after), &most), gain = here;
        for (size_t t = 1; t < count; t++) {
            V sum = change_sum(tile, l, t, V_LOAD(before + t * WIDTH), V_LOAD(after + t * WIDTH), &most);
            gain = t == 1 ? V_SUB(here, sum) : V_MAX(gain, V_SUB(here, sum));
        }
        change_done(tile, l, most, gain);
    }
}

/* ---- the functions of the table ---- */

#define PATTERN(name, function, term)                                                                        \
    static void name(const mds_pattern_row *row, size_t first, size_t last, double *sums)                    \
    {                                                                                                        \
        function(row, first, last, sums, term);                                                              \
    }

PATTERN(plane_plain, pattern_plane, MDS_TERM_PLAIN)
PATTERN(plane_squared, pattern_plane, MDS_TERM_SQUARED)
PATTERN(plane_absolute, pattern_plane, MDS_TERM_ABSOLUTE)
PATTERN(space_plain, pattern_space, MDS_TERM_PLAIN)
PATTERN(space_squared, pattern_space, MDS_TERM_SQUARED)
PATTERN(space_absolute, pattern_space, MDS_TERM_ABSOLUTE)
PATTERN(any_plain, pattern_any, MDS_TERM_PLAIN)
PATTERN(any_squared, pattern_any, MDS_TERM_SQUARED)
PATTERN(any_absolute, pattern_any, MDS_TERM_ABSOLUTE)

#define CHANGE(name, function, term)                                                                         \
    static void name(const mds_row_tile *tile, const mds_moves *moves)                                       \
    {                                                                                                        \
        function(tile, moves, term);                                                                         \
    }

CHANGE(change_plane_plain, change_plane, MDS_TERM_PLAIN)
CHANGE(change_plane_squared, change_plane, MDS_TERM_SQUARED)
CHANGE(change_plane_absolute, change_plane, MDS_TERM_ABSOLUTE)
CHANGE(change_space_plain, change_space, MDS_TERM_PLAIN)
CHANGE(change_space_squared, change_space, MDS_TERM_SQUARED)
CHANGE(change_space_absolute, change_space, MDS_TERM_ABSOLUTE)
CHANGE(change_any_plain, change_any, MDS_TERM_PLAIN)
CHANGE(change_any_squared, change_any, MDS_TERM_SQUARED)
CHANGE(change_any_absolute, change_any, MDS_TERM_ABSOLUTE)
