#include "timeline.h"

#include "memory.h"

void flame_timeline_fini(flame_timeline *timeline)
{
    fs_free(timeline->items);
    *timeline = (flame_timeline){0};
}

fs_status flame_timeline_add(flame_timeline *timeline, size_t *last, uint64_t tick, uint32_t count,
                             uint32_t node, fs_error *error)
{
    flame_stretch *before = *last ? &timeline->items[*last - 1] : NULL;
    if (before && before->node == node && before->tick + before->count == tick &&
        before->count <= UINT32_MAX - count) {
        before->count += count;
        return FS_OK;
    }
    if (!FS_GROW(timeline->items, timeline->capacity, timeline->count + 1))
        return fs_fail_memory(error, "keeping the order in time", timeline->count * sizeof *timeline->items);
    timeline->items[timeline->count++] = (flame_stretch){.tick = tick, .node = node, .count = count};
    *last = timeline->count;
    return FS_OK;
}
