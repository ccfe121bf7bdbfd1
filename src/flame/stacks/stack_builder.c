#include "stack_builder.h"

#include "hash.h"

#include <string.h>

void flame_builder_init(flame_builder *builder, flame_tree *tree, bool in_time)
{
    *builder = (flame_builder){.tree = tree, .in_time = in_time};
    flame_cache_init(&builder->cache);
}

void flame_builder_fini(flame_builder *builder)
{
    fs_free(builder->previous);
    fs_free(builder->path);
    flame_cache_fini(&builder->cache);
    *builder = (flame_builder){0};
}

static fs_status step(flame_builder *builder, uint32_t name, size_t end, uint32_t *current, fs_error *error)
{
    fs_status status = builder->in_time
                           ? flame_tree_child_in_time(builder->tree, *current, name, current, error)
                           : flame_tree_child(builder->tree, *current, name, current, error);
    if (status) return status;
    if (!FS_GROW(builder->path, builder->path_capacity, builder->depth + 1))
        return fs_fail_memory(error, "reading a deep stack", builder->depth);
    builder->path[builder->depth++] = (flame_path_step){.end = end, .name = name, .node = *current};
    return FS_OK;
}

/* How many leading bytes two texts share. */
static size_t common_length(const char *a, const char *b, size_t most)
{
    size_t i = 0;
    while (i + 8 <= most && flame_hash_word(a + i) == flame_hash_word(b + i)) i += 8;
    while (i < most && a[i] == b[i]) i++;
    return i;
}

/* How many frames of the held path a text begins with. */
static size_t shared_frames(const flame_builder *builder, const char *stack, size_t length)
{
    size_t least = length < builder->previous_length ? length : builder->previous_length;
    size_t common = common_length(stack, builder->previous, least);
    size_t low = 0, high = builder->depth; /* the frames that end within what is common */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (builder->path[middle].end <= common)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0 && builder->path[low - 1].end < length && stack[builder->path[low - 1].end] != ';')
        low--; /* "ab" is not "abc" */
    return low;
}

fs_status flame_builder_text(flame_builder *builder, const char *stack, size_t length, uint32_t *node,
                             fs_error *error)
{
    while (length > 0 && stack[length - 1] == ';') length--;
    uint64_t hash = 0;
    if (!builder->in_time) {
        hash = flame_hash(stack, length, 0);
        if (flame_cache_recall(&builder->cache, stack, length, hash, node)) return FS_OK;
    }
    builder->depth = shared_frames(builder, stack, length);
    size_t at = 0;
    uint32_t current = 0;
    builder->previous_length = 0;
    if (builder->depth > 0) {
        current = builder->path[builder->depth - 1].node;
        builder->previous_length = builder->path[builder->depth - 1].end;
        at = builder->previous_length + 1;
    }
    while (at < length) {
        const char *semicolon = memchr(stack + at, ';', length - at);
        size_t end = semicolon ? (size_t)(semicolon - stack) : length;
        uint32_t name;
        fs_status status = flame_tree_name(builder->tree, stack + at, end - at, true, &name, error);
        if (!status) status = step(builder, name, end, &current, error);
        if (status) return status;
        at = end + 1;
    }
    if (!FS_GROW(builder->previous, builder->previous_capacity, length))
        return fs_fail_memory(error, "reading a long stack", length);
    if (length > builder->previous_length)
        memcpy(builder->previous + builder->previous_length, stack + builder->previous_length,
               length - builder->previous_length);
    builder->previous_length = length;
    if (!builder->in_time) flame_cache_note(&builder->cache, stack, length, hash, current);
    *node = current;
    return FS_OK;
}

fs_status flame_builder_names(flame_builder *builder, const uint32_t *names, size_t count, uint32_t *node,
                              fs_error *error)
{
    uint64_t hash = 0;
    const char *key = (const char *)names;
    size_t length = count * sizeof *names;
    if (!builder->in_time) {
        hash = flame_hash(key, length, 0);
        if (flame_cache_recall(&builder->cache, key, length, hash, node)) return FS_OK;
    }
    size_t shared = 0;
    while (shared < count && shared < builder->depth && builder->path[shared].name == names[shared]) shared++;
    builder->depth = shared;
    uint32_t current = shared > 0 ? builder->path[shared - 1].node : 0;
    for (size_t i = shared; i < count; i++) {
        fs_status status = step(builder, names[i], 0, &current, error);
        if (status) return status;
    }
    if (!builder->in_time) flame_cache_note(&builder->cache, key, length, hash, current);
    *node = current;
    return FS_OK;
}
