#include "native_private.h"

#include "clock.h"
#include "file.h"
#include "ptrace_stop.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nanoseconds for which the mappings are read, for the sake of addresses that are in none, at once: a program
 * that begins maps its libraries one by one. Later a part of the time. */
#define REFRESH_FREE UINT64_C(10000000)

enum {
    FIRST_RULES = 1024,
    REFRESH_PART = 50,
    VDSO_MOST = 1 << 20,
    RULES_MOST = 1 << 22 /* more addresses of code than programs call from: then all are forgotten */
};

/* ---- files ---- */

fs_status flame_native_files_create(flame_native_files **files, fs_error *error)
{
    *files = fs_alloc_0(1, sizeof **files);
    return *files ? FS_OK : fs_fail_memory(error, "preparing for native stacks", sizeof **files);
}

void flame_native_files_destroy(flame_native_files *files)
{
    if (!files) return;
    for (size_t i = 0; i < files->count; i++) native_file_close(files->items[i]);
    fs_free(files->items);
    fs_free(files);
}

/* The file among those that are known, else itself; NULL without memory. Takes it over. */
static native_file *share(flame_native_files *files, native_file *file)
{
    for (size_t i = 0; i < files->count; i++) {
        native_file *known = files->items[i];
        if (!file->elf || known->inode != file->inode || known->device != file->device) continue;
        if (known->size != file->size || known->changed != file->changed) continue;
        if (strcmp(known->path, file->path) != 0) continue;
        native_file_close(file);
        return known;
    }
    if (!FS_GROW(files->items, files->capacity, files->count + 1)) {
        native_file_close(file);
        return NULL;
    }
    files->items[files->count++] = file;
    return file;
}

/* The kernel's own code in every process, the same in this one: a file that is only in memory. */
static native_file *open_vdso(pid_t thread, const native_region *region)
{
    native_file *file = NULL;
    const uint64_t own = getauxval(AT_SYSINFO_EHDR);
    size_t length = (size_t)(region->end - region->start);
    if (length > VDSO_MOST) return NULL;
    char *bytes = fs_alloc(length, 1);
    int memory = memfd_create("vdso", MFD_CLOEXEC);
    bool copied = bytes && memory >= 0 &&
                  (flame_copy_memory(thread, region->start, bytes, length) == length ||
                   flame_copy_memory(getpid(), own, bytes, length) == length) &&
                  write(memory, bytes, length) == (ssize_t)length;
    fs_free(bytes);
    if (!copied && memory >= 0) close(memory);
    if (!copied || native_file_take(memory, region->path, "", &file, NULL) != FS_OK) return NULL;
    return file;
}

static void open_region(flame_native *native, native_region *region)
{
    flame_map map = {.start = region->start,
                     .end = region->end,
                     .offset = region->offset,
                     .inode = region->inode,
                     .readable = true,
                     .executable = true,
                     .path = region->path};
    native_file *file = NULL;
    region->opened = true;
    if (!native->thread) return;
    if (strcmp(region->path, "[vdso]") == 0) {
        file = open_vdso(native->thread, region);
        region->bias = region->start;
    } else if (!region->inode || native_file_open(native->thread, &map, &file, NULL) != FS_OK) {
        return;
    } else if (!flame_elf_bias(file->elf, &map, &region->bias)) {
        native_file_close(file);
        return;
    }
    if (file) region->file = share(native->files, file);
}

/* ---- mappings ---- */

static void drop_regions(native_region *regions, size_t count)
{
    for (size_t i = 0; i < count; i++) fs_free(regions[i].path);
    fs_free(regions);
}

static bool is_same(const native_region *a, const native_region *b)
{
    return a->start == b->start && a->end == b->end && a->offset == b->offset && a->inode == b->inode &&
           strcmp(a->path, b->path) == 0;
}

static void forget_rules(flame_native *native)
{
    memset(native->rules, 0, native->rule_capacity * sizeof *native->rules);
    native->rule_count = 0;
}

/* What is known of regions that are still there moves on; what was found about any other is not true any
 * more. */
static void replace_regions(flame_native *native, native_region *regions, size_t count)
{
    size_t kept = 0, at = 0;
    for (size_t i = 0; i < native->region_count; i++) {
        const native_region *old = &native->regions[i];
        while (at < count && regions[at].start < old->start) at++;
        if (at == count || !is_same(old, &regions[at])) continue;
        regions[at].opened = old->opened;
        regions[at].file = old->file;
        regions[at].bias = old->bias;
        kept++;
    }
    if (kept != native->region_count) forget_rules(native);
    drop_regions(native->regions, native->region_count);
    native->regions = regions;
    native->region_count = count;
}

static fs_status refresh(flame_native *native, fs_error *error)
{
    flame_maps maps;
    if (!native->process) return fs_fail(error, FS_GONE, "the process has ended");
    fs_status status = flame_maps_read(native->process, &maps, error);
    if (status) return status;
    if (maps.count == 0) { /* it is ending: what is known stays */
        flame_maps_fini(&maps);
        return fs_fail(error, FS_GONE, "the process is ending");
    }
    size_t count = 0, filled = 0;
    for (size_t i = 0; i < maps.count; i++) count += maps.items[i].executable;
    native_region *regions = fs_alloc(count, sizeof *regions);
    if (!regions) status = fs_fail_memory(error, "listing a process's code", count * sizeof *regions);
    for (size_t i = 0; i < maps.count && !status; i++) {
        const flame_map *map = &maps.items[i];
        jit_symbols_notice(&native->jit, map);
        if (!map->executable) continue;
        char *path = fs_strdup(map->path);
        if (!path) status = fs_fail_memory(error, "listing a process's code", 0);
        if (path)
            regions[filled++] = (native_region){.start = map->start,
                                                .end = map->end,
                                                .offset = map->offset,
                                                .inode = map->inode,
                                                .path = path};
    }
    if (status)
        drop_regions(regions, filled);
    else
        replace_regions(native, regions, filled);
    flame_maps_fini(&maps);
    return status;
}

fs_status flame_native_refresh(flame_native *native, fs_error *error)
{
    const uint64_t begun = fs_clock_nanoseconds();
    const fs_status status = refresh(native, error);
    native->refreshing += fs_clock_nanoseconds() - begun;
    return status;
}

static bool may_refresh(const flame_native *native)
{
    const uint64_t open = fs_clock_nanoseconds() - native->opened;
    return native->process && native->refreshing < REFRESH_FREE + open / REFRESH_PART;
}

bool flame_native_has_file(const flame_native *native, const char *name)
{
    for (size_t i = 0; i < native->region_count; i++)
        if (strncmp(fs_path_base(native->regions[i].path), name, strlen(name)) == 0) return true;
    return false;
}

native_region *native_region_at(flame_native *native, uint64_t address)
{
    for (int tries = 0; tries < 2; tries++) {
        size_t low = 0, high = native->region_count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (native->regions[middle].end <= address)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < native->region_count && native->regions[low].start <= address) return &native->regions[low];
        if (!may_refresh(native) || flame_native_refresh(native, NULL) != FS_OK) return NULL;
    }
    return NULL;
}

/* ---- rules ---- */

static bool grow_rules(flame_native *native)
{
    native_rule *old = native->rules;
    const size_t before = native->rule_capacity;
    native_rule *made = fs_alloc_0(2 * before, sizeof *made);
    if (!made) return false;
    native->rules = made;
    native->rule_capacity = 2 * before;
    for (size_t i = 0; i < before; i++)
        if (old[i].address) *native_rule_slot(native, old[i].address) = old[i];
    fs_free(old);
    return true;
}

static bool add_place(flame_native *native, uint64_t address, const native_region *region, uint32_t *place)
{
    if (native->place_count >= UINT32_MAX ||
        !FS_GROW(native->places, native->place_capacity, native->place_count + 1))
        return false;
    native_place_of made = {.address = address, .file = region->file, .offset = address - region->bias};
    if (!region->file) {
        made.offset = address - region->start;
        const char *name =
            region->inode || region->path[0] == '[' ? fs_path_base(region->path) : "[anonymous]";
        made.label = fs_arena_strndup(&native->names, name, strlen(name));
        if (!made.label) return false;
    }
    *place = (uint32_t)native->place_count;
    native->places[native->place_count++] = made;
    return true;
}

fs_status native_rule_find(flame_native *native, uint64_t address, const native_rule **rule, fs_error *error)
{
    *rule = NULL;
    native_region *region = address ? native_region_at(native, address) : NULL;
    if (!region) return FS_OK;
    if (!region->opened) open_region(native, region);
    if (native->rule_count >= RULES_MOST) forget_rules(native);
    if (2 * (native->rule_count + 1) > native->rule_capacity && !grow_rules(native))
        return fs_fail_memory(error, "unwinding a stack", native->rule_capacity * sizeof *native->rules);
    native_rule *slot = native_rule_slot(native, address);
    if (!slot->address) {
        native_rule made = {.address = address};
        if (!add_place(native, address, region, &made.place))
            return fs_fail_memory(error, "unwinding a stack", 0);
        native_rule_make(region->file, address - region->bias, &made);
        *slot = made;
        native->rule_count++;
    }
    *rule = slot;
    return FS_OK;
}

/* ---- one process ---- */

fs_status flame_native_create(pid_t pid, pid_t thread, flame_native_files *files, flame_native **out,
                              fs_error *error)
{
    *out = NULL;
    flame_native *native = fs_alloc_0(1, sizeof *native);
    if (!native) return fs_fail_memory(error, "preparing for native stacks", sizeof *native);
    fs_arena_init(&native->names);
    native->thread = thread;
    native->files = files;
    native->opened = fs_clock_nanoseconds();
    native->rule_capacity = FIRST_RULES;
    native->rules = fs_alloc_0(FIRST_RULES, sizeof *native->rules);
    native->stack = fs_alloc(FLAME_NATIVE_DEPTH + 1, sizeof *native->stack);
    native->frames = fs_alloc(FLAME_NATIVE_DEPTH + 1, sizeof *native->frames);
    native->place_count = FLAME_NATIVE_FIRST;
    jit_symbols_init(&native->jit, pid, thread);
    if (!native->rules || !native->stack || !native->frames ||
        !FS_GROW(native->places, native->place_capacity, native->place_count)) {
        flame_native_close(native);
        return fs_fail_memory(error, "preparing for native stacks", 0);
    }
    memset(native->places, 0, native->place_count * sizeof *native->places);
    *out = native;
    return FS_OK;
}

fs_status flame_native_open(const flame_process *process, flame_native_files *files, flame_native **out,
                            fs_error *error)
{
    flame_native *native;
    *out = NULL;
    fs_status status =
        flame_native_create(flame_process_pid(process), flame_process_thread(process), files, &native, error);
    if (status) return status;
    native->process = process;
    status = flame_native_refresh(native, error);
    if (status)
        flame_native_close(native);
    else
        *out = native;
    return status;
}

/* What is left of a region of which [start, end) is mapped anew: up to two. False: no memory. */
static bool add_rest(native_region *regions, size_t *count, const native_region *old, uint64_t start,
                     uint64_t end)
{
    const bool before = old->start<start, after = old->end> end;
    native_region left = *old, right = *old;
    left.end = start;
    right.start = end;
    right.offset += end - old->start;
    right.path = before && after ? fs_strdup(old->path) : old->path;
    if (!right.path) return false;
    if (before) regions[(*count)++] = left;
    if (after) regions[(*count)++] = right;
    return true;
}

static bool is_within(const native_region *region, const flame_map *map)
{
    return region->start >= map->start && region->end <= map->end;
}

static int by_start(const void *a, const void *b)
{
    const native_region *left = a, *right = b;
    return (left->start > right->start) - (left->start < right->start);
}

fs_status flame_native_map(flame_native *native, const flame_map *map, fs_error *error)
{
    size_t count = 0;
    bool overlap = false;
    jit_symbols_notice(&native->jit, map);
    char *path = fs_strdup(map->path);
    native_region *regions = fs_alloc(native->region_count + 2, sizeof *regions);
    if (!path || !regions) {
        fs_free(path);
        fs_free(regions);
        return fs_fail_memory(error, "listing a process's code", 0);
    }
    bool enough = true;
    for (size_t i = 0; i < native->region_count && enough; i++) {
        const native_region *old = &native->regions[i];
        const bool apart = old->end <= map->start || old->start >= map->end;
        overlap = overlap || !apart;
        if (apart)
            regions[count++] = *old;
        else
            enough = add_rest(regions, &count, old, map->start, map->end);
    }
    if (!enough) {
        fs_free(path);
        fs_free(regions);
        return fs_fail_memory(error, "listing a process's code", 0);
    }
    for (size_t i = 0; i < native->region_count; i++)
        if (is_within(&native->regions[i], map)) fs_free(native->regions[i].path);
    regions[count++] = (native_region){
        .start = map->start, .end = map->end, .offset = map->offset, .inode = map->inode, .path = path};
    qsort(regions, count, sizeof *regions, by_start);
    if (overlap) forget_rules(native);
    fs_free(native->regions);
    native->regions = regions;
    native->region_count = count;
    return FS_OK;
}

fs_status flame_native_map_as(flame_native *native, const flame_native *other, fs_error *error)
{
    fs_status status = FS_OK;
    for (size_t i = 0; i < other->region_count && !status; i++) {
        const native_region *region = &other->regions[i];
        const flame_map map = {.start = region->start,
                               .end = region->end,
                               .offset = region->offset,
                               .inode = region->inode,
                               .path = region->path};
        status = flame_native_map(native, &map, error);
    }
    return status;
}

void flame_native_close(flame_native *native)
{
    if (!native) return;
    drop_regions(native->regions, native->region_count);
    fs_free(native->rules);
    fs_free(native->places);
    fs_free(native->stack);
    fs_free(native->frames);
    fs_arena_fini(&native->names);
    jit_symbols_fini(&native->jit);
    fs_free(native);
}

void flame_native_release(flame_native *native)
{
    if (!native->thread) return;
    jit_symbols_read(&native->jit);
    native->process = NULL;
    native->thread = 0;
    drop_regions(native->regions, native->region_count);
    native->regions = NULL;
    native->region_count = 0;
    fs_free(native->rules);
    fs_free(native->stack);
    fs_free(native->frames);
    native->rules = NULL;
    native->stack = NULL;
    native->frames = NULL;
    native->rule_capacity = native->rule_count = 0;
}
