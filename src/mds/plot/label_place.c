#include "label_place.h"

#include "memory.h"

#include <math.h>
#include <string.h>

enum { RINGS = 6, DIRECTIONS = 16 };

/* Points by square cell, as chains. */
typedef struct grid {
    size_t *head, *next; /* index + 1; 0 ends a chain */
    size_t columns, rows;
    double cell;
} grid;

typedef struct placer {
    const mds_label_space *space;
    grid grid;
    mds_label *labels;
    size_t *placed; /* indices */
    size_t placed_count;
} placer;

static const double ring_distance[RINGS] = {2, 10, 20, 32, 46, 62};

/* Right of the point reads best, then the upper right, and so on round; the last eight only on wide rings. */
static const double direction_degrees[DIRECTIONS] = {0,     -45,  45,    180,  -135,   135,   -90,    90,
                                                     -22.5, 22.5, -67.5, 67.5, -157.5, 157.5, -112.5, 112.5};

static size_t cell_index(double at, double from, double cell, size_t count)
{
    double index = floor((at - from) / cell);
    return index < 0 ? 0 : index >= (double)count ? count - 1 : (size_t)index;
}

static fs_status grid_init(grid *g, const mds_label_space *s, fs_error *error)
{
    g->cell = 16;
    g->columns = (size_t)fmax(1, ceil((s->right - s->left) / g->cell));
    g->rows = (size_t)fmax(1, ceil((s->bottom - s->top) / g->cell));
    g->head = fs_alloc_0(g->columns * g->rows, sizeof *g->head);
    g->next = fs_alloc_0(s->count, sizeof *g->next);
    if (!g->head || !g->next) return fs_fail_memory(error, "placing labels", 0);
    for (size_t i = 0; i < s->count; i++) {
        size_t c = cell_index(s->points[2 * i], s->left, g->cell, g->columns);
        size_t r = cell_index(s->points[2 * i + 1], s->top, g->cell, g->rows);
        g->next[i] = g->head[r * g->columns + c];
        g->head[r * g->columns + c] = i + 1;
    }
    return FS_OK;
}

static size_t points_hit(const placer *p, const mds_label *own, double left, double top)
{
    const mds_label_space *s = p->space;
    const grid *g = &p->grid;
    size_t hits = 0;
    double reach = s->radius + 1;
    double right = left + own->width, bottom = top + own->height;
    size_t c0 = cell_index(left - reach, s->left, g->cell, g->columns);
    size_t c1 = cell_index(right + reach, s->left, g->cell, g->columns);
    size_t r0 = cell_index(top - reach, s->top, g->cell, g->rows);
    size_t r1 = cell_index(bottom + reach, s->top, g->cell, g->rows);
    for (size_t r = r0; r <= r1; r++)
        for (size_t c = c0; c <= c1; c++)
            for (size_t i = g->head[r * g->columns + c]; i; i = g->next[i - 1]) {
                double x = s->points[2 * (i - 1)], y = s->points[2 * (i - 1) + 1];
                bool inside = x > left - reach && x < right + reach && y > top - reach && y < bottom + reach;
                if (inside && !(x == own->x && y == own->y)) hits++;
            }
    return hits;
}

/* Whether the line from a point to the nearest spot on its label runs through the box. */
static bool line_hits(const mds_label *from, double left, double top, const mds_label *box)
{
    double x = from->x, y = from->y;
    double dx = fmin(fmax(x, left), left + from->width) - x;
    double dy = fmin(fmax(y, top), top + from->height) - y, in = 0, out = 1;
    const double start[2] = {x, y}, step[2] = {dx, dy};
    const double low[2] = {box->left, box->top};
    const double high[2] = {box->left + box->width, box->top + box->height};
    for (int k = 0; k < 2; k++) {
        if (step[k] == 0) {
            if (start[k] < low[k] || start[k] > high[k]) return false;
            continue;
        }
        double a = (low[k] - start[k]) / step[k], b = (high[k] - start[k]) / step[k];
        in = fmax(in, fmin(a, b));
        out = fmin(out, fmax(a, b));
    }
    return in < out;
}

static size_t labels_hit(const placer *p, const mds_label *own, double left, double top, bool line)
{
    size_t hits = 0;
    double pad = 1;
    for (size_t k = 0; k < p->placed_count; k++) {
        const mds_label *other = &p->labels[p->placed[k]];
        bool apart = left >= other->left + other->width + pad || other->left >= left + own->width + pad ||
                     top >= other->top + other->height + pad || other->top >= top + own->height + pad;
        mds_label moved = *own;
        moved.left = left;
        moved.top = top;
        bool crossed = (line && line_hits(own, left, top, other)) ||
                       (other->line && line_hits(other, other->left, other->top, &moved));
        hits += !apart || crossed;
    }
    return hits;
}

static bool in_bounds(const mds_label_space *s, const mds_label *l, double left, double top)
{
    return left >= s->left && top >= s->top && left + l->width <= s->right && top + l->height <= s->bottom;
}

/* Try one position; returns true when nothing is hit there. Keeps the best so far in the label. */
static bool try_at(placer *p, mds_label *l, double left, double top, bool line, double *least)
{
    const mds_label_space *s = p->space;
    if (!in_bounds(s, l, left, top)) return false;
    double hits = 4 * (double)labels_hit(p, l, left, top, line);
    if (hits < *least && s->points) hits += (double)points_hit(p, l, left, top);
    if (hits < *least) {
        *least = hits;
        l->left = left;
        l->top = top;
        l->line = line;
    }
    return hits == 0;
}

static bool find_place(placer *p, mds_label *l, double *least)
{
    const mds_label_space *s = p->space;
    if (s->centred && try_at(p, l, l->x - l->width / 2, l->y - l->height / 2, false, least)) return true;
    for (int ring = 0; ring < (s->far ? RINGS : 1); ring++) {
        double distance = s->radius + ring_distance[ring];
        for (int d = 0; d < (ring == 0 ? 8 : DIRECTIONS); d++) {
            double angle = direction_degrees[d] * 3.14159265358979323846 / 180;
            double c = cos(angle), sine = sin(angle);
            /* Beside the point the box touches it with an edge, not with its corner only. */
            double x = l->x + c * (distance + l->width / 2), y = l->y + sine * (distance + l->height / 2);
            if (try_at(p, l, x - l->width / 2, y - l->height / 2, ring > 0 && !s->centred, least))
                return true;
        }
    }
    return false;
}

fs_status mds_place_labels(const mds_label_space *space, mds_label *labels, size_t count, fs_error *error)
{
    placer p = {.space = space, .labels = labels};
    fs_status status = grid_init(&p.grid, space, error);
    p.placed = fs_alloc(count, sizeof *p.placed);
    if (status == FS_OK && !p.placed) status = fs_fail_memory(error, "placing labels", 0);
    for (size_t k = 0; status == FS_OK && k < count; k++) {
        double least = INFINITY;
        labels[k].placed = find_place(&p, &labels[k], &least) || (space->forced && isfinite(least));
        if (labels[k].placed) p.placed[p.placed_count++] = k;
    }
    fs_free(p.grid.head);
    fs_free(p.grid.next);
    fs_free(p.placed);
    return status;
}

/* ---- along a line ---- */

typedef struct run {
    double sum; /* of where its members would like to begin it */
    size_t count;
} run;

/* Less k * pitch for the k-th, "at least a pitch apart" is "never falling": least squares by pooling adjacent
 * violators. */
fs_status mds_spread_labels(const double *wanted, size_t count, double pitch, double low, double high,
                            double *placed, fs_error *error)
{
    run *runs = fs_alloc(count, sizeof *runs);
    if (!runs) return fs_fail_memory(error, "placing labels", 0);
    size_t used = 0;
    for (size_t k = 0; k < count; k++) {
        runs[used++] = (run){wanted[k] - (double)k * pitch, 1};
        while (used > 1 && runs[used - 2].sum / (double)runs[used - 2].count >=
                               runs[used - 1].sum / (double)runs[used - 1].count) {
            used--;
            runs[used - 1].sum += runs[used].sum;
            runs[used - 1].count += runs[used].count;
        }
    }
    double most = high - (double)(count - 1) * pitch;
    for (size_t r = 0, k = 0; r < used; r++) {
        double begin = fmax(low, fmin(runs[r].sum / (double)runs[r].count, most));
        for (size_t end = k + runs[r].count; k < end; k++) placed[k] = begin + (double)k * pitch;
    }
    fs_free(runs);
    return FS_OK;
}
