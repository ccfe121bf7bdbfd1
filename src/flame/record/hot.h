/*
 * hot.h - the recorded functions, or lines, by how many samples they have: the table of a live view.
 *
 * Self counts the samples in which it is the innermost frame; total those in which it is anywhere on the
 * stack, once each however often it calls itself.
 */
#ifndef FLAME_HOT_H
#define FLAME_HOT_H

#include "record.h"

typedef struct flame_hot_row {
    uint64_t key;
    uint32_t image;
    uint64_t self, total;               /* since the beginning */
    uint64_t recent_self, recent_total; /* since flame_recorder_mark */
} flame_hot_row;

typedef struct flame_hot {
    flame_hot_row *rows;
    size_t count;
    uint64_t samples, recent; /* of all rows together */
} flame_hot;

typedef enum flame_hot_order { FLAME_HOT_SELF = 0, FLAME_HOT_TOTAL } flame_hot_order;

/* `lines`: a row for each line instead of each function. `only`: of the thread with this label; negative: of
 * all. Sorted by `order`, by the recent counts if `recent`, ties by the others. O(nodes * depth) for nodes
 * with samples. */
FS_CHECK fs_status flame_hot_make(const flame_recorder *recorder, bool lines, int64_t only,
                                  flame_hot_order order, bool recent, flame_hot *hot, fs_error *error);
void flame_hot_fini(flame_hot *hot);

/* Where a row is: its function, file (shortened) and line (0 in a table of functions). */
typedef struct flame_hot_place {
    const char *function, *file;
    uint32_t line;
} flame_hot_place;

flame_hot_place flame_hot_place_of(const flame_recorder *recorder, const flame_hot_row *row);

#endif
