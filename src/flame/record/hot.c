#include "hot.h"

#include "hash_map.h"
#include "recorder_parts.h"

#include <stdlib.h>
#include <string.h>

typedef struct making {
    const flame_recording *recording;
    const flame_calls *calls;
    uint32_t *images; /* of each call */
    uint32_t *rows;   /* of each call; UINT32_MAX: none */
    uint64_t *totals, *recents;
    fs_map map; /* of the rows, by key and image */
    size_t row_capacity;
} making;

static void making_fini(making *m)
{
    fs_free(m->images);
    fs_free(m->rows);
    fs_free(m->totals);
    fs_free(m->recents);
    fs_map_fini(&m->map);
}

static fs_status making_init(making *m, const flame_recording *recording, fs_error *error)
{
    const flame_calls *calls = &recording->calls;
    *m = (making){.recording = recording, .calls = calls};
    m->images = fs_alloc_0(calls->count, sizeof *m->images);
    m->rows = fs_alloc(calls->count, sizeof *m->rows);
    m->totals = fs_alloc_0(calls->count, sizeof *m->totals);
    m->recents = fs_alloc_0(calls->count, sizeof *m->recents);
    if (m->images && m->rows && m->totals && m->recents) return FS_OK;
    return fs_fail_memory(error, "making the table", calls->count * sizeof *m->totals);
}

static bool is_row(const void *items, uint32_t item, const void *wanted)
{
    const flame_hot_row *row = (const flame_hot_row *)items + item, *other = wanted;
    return row->key == other->key && row->image == other->image;
}

static fs_status row_of(making *m, flame_hot *hot, uint64_t key, uint32_t image, uint32_t *row,
                        fs_error *error)
{
    flame_hot_row made = {.key = key, .image = image};
    uint64_t hash = fs_hash_64(key ^ fs_hash_64(image));
    *row = fs_map_find(&m->map, hash, is_row, hot->rows, &made);
    if (*row != FS_MAP_NONE) return FS_OK;
    if (!FS_GROW(hot->rows, m->row_capacity, hot->count + 1) ||
        !fs_map_add(&m->map, hash, (uint32_t)hot->count))
        return fs_fail_memory(error, "making the table", 0);
    *row = (uint32_t)hot->count++;
    hot->rows[*row] = made;
    return FS_OK;
}

/* Whether a caller of `node` belongs to the same row: then the samples below have been counted there. */
static bool repeats(const making *m, uint32_t node)
{
    for (uint32_t at = m->calls->nodes[node].parent; at != 0; at = m->calls->nodes[at].parent)
        if (m->rows[at] == m->rows[node]) return true;
    return false;
}

/* From a place in native code to its innermost function and line, as keys of Python code are. */
static fs_status native_key(const making *m, uint32_t image, uint64_t *key, fs_error *error)
{
    const native_line *lines;
    uint32_t count;
    fs_status status =
        native_names_find(&m->recording->images[image].native_names, (uint32_t)*key, &lines, &count, error);
    if (!status) *key = FLAME_KEY_NATIVE | flame_key_frame(lines[0].function, lines[0].line);
    return status;
}

static fs_status assign(making *m, flame_hot *hot, bool lines, int64_t only, fs_error *error)
{
    const flame_calls *calls = m->calls;
    bool *outside = fs_alloc_0(calls->count, sizeof *outside);
    if (!outside) return fs_fail_memory(error, "making the table", calls->count);
    fs_status status = FS_OK;
    for (size_t i = 1; i < calls->count && !status; i++) {
        const flame_call *call = &calls->nodes[i];
        uint64_t key = call->key;
        bool label = key & FLAME_KEY_LABEL, process = label && key & FLAME_KEY_PROCESS;
        m->images[i] = process ? (uint32_t)key : m->images[call->parent];
        m->rows[i] = UINT32_MAX;
        outside[i] =
            outside[call->parent] || (label && !process && only >= 0 && (uint32_t)key != (uint64_t)only);
        if (label || outside[i]) continue;
        m->totals[i] = call->self;
        m->recents[i] = call->self - call->marked;
        hot->samples += m->totals[i];
        hot->recent += m->recents[i];
        status = key & FLAME_KEY_NATIVE ? native_key(m, m->images[i], &key, error) : FS_OK;
        if (status) break;
        status = row_of(m, hot, lines ? key : key & ~(uint64_t)UINT32_MAX, m->images[i], &m->rows[i], error);
    }
    fs_free(outside);
    return status;
}

static int compare(uint64_t a, uint64_t b)
{
    return a > b ? -1 : a < b;
}

static int by_recent_self(const void *a, const void *b)
{
    const flame_hot_row *x = a, *y = b;
    int c = compare(x->recent_self, y->recent_self);
    if (!c) c = compare(x->recent_total, y->recent_total);
    if (!c) c = compare(x->self, y->self);
    return c ? c : compare(y->key, x->key);
}

static int by_recent_total(const void *a, const void *b)
{
    const flame_hot_row *x = a, *y = b;
    int c = compare(x->recent_total, y->recent_total);
    if (!c) c = compare(x->recent_self, y->recent_self);
    if (!c) c = compare(x->total, y->total);
    return c ? c : compare(y->key, x->key);
}

static int by_self(const void *a, const void *b)
{
    const flame_hot_row *x = a, *y = b;
    int c = compare(x->self, y->self);
    if (!c) c = compare(x->total, y->total);
    return c ? c : compare(y->key, x->key);
}

static int by_total(const void *a, const void *b)
{
    const flame_hot_row *x = a, *y = b;
    int c = compare(x->total, y->total);
    if (!c) c = compare(x->self, y->self);
    return c ? c : compare(y->key, x->key);
}

fs_status flame_hot_make(const flame_recorder *recorder, bool lines, int64_t only, flame_hot_order order,
                         bool recent, flame_hot *hot, fs_error *error)
{
    const flame_calls *calls = &recorder->recording.calls;
    making m;
    *hot = (flame_hot){0};
    fs_status status = making_init(&m, &recorder->recording, error);
    if (!status) status = assign(&m, hot, lines, only, error);
    if (status) goto cleanup;
    for (size_t i = calls->count; i-- > 1;) {
        uint32_t parent = calls->nodes[i].parent;
        m.totals[parent] += m.totals[i];
        m.recents[parent] += m.recents[i];
        if (m.rows[i] == UINT32_MAX || m.totals[i] == 0) continue;
        flame_hot_row *row = &hot->rows[m.rows[i]];
        row->self += calls->nodes[i].self;
        row->recent_self += calls->nodes[i].self - calls->nodes[i].marked;
        if (repeats(&m, (uint32_t)i)) continue;
        row->total += m.totals[i];
        row->recent_total += m.recents[i];
    }
    if (hot->count > 1)
        qsort(hot->rows, hot->count, sizeof *hot->rows,
              order == FLAME_HOT_SELF ? (recent ? by_recent_self : by_self)
                                      : (recent ? by_recent_total : by_total));
cleanup:
    making_fini(&m);
    if (status) flame_hot_fini(hot);
    return status;
}

void flame_hot_fini(flame_hot *hot)
{
    fs_free(hot->rows);
    *hot = (flame_hot){0};
}

flame_hot_place flame_hot_place_of(const flame_recorder *recorder, const flame_hot_row *row)
{
    const flame_image *image = &recorder->recording.images[row->image];
    if (row->key & FLAME_KEY_NATIVE) {
        const uint32_t number = (uint32_t)((row->key & ~FLAME_KEY_NATIVE) >> 32);
        const native_function *function = &image->native_names.functions[number];
        return (flame_hot_place){.function = function->name,
                                 .file = function->source ? function->source : function->module,
                                 .line = (uint32_t)row->key};
    }
    const flame_code *code = flame_image_code(image, (uint32_t)(row->key >> 32));
    return (flame_hot_place){.function = code->qualname,
                             .file = flame_path_short(code->file, image->folder),
                             .line = (uint32_t)row->key};
}
