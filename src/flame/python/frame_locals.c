#include "frame_locals.h"

#include "gather.h"
#include "interpreter_private.h"
#include "locals_layout.h"
#include "memory.h"
#include "page_reader.h"
#include "python_value.h"
#include "still_frames.h"

#include <string.h>

enum {
    READS_MOST = 2000000,
    VARIABLES_MOST = 100, /* of one frame */
    SLOTS_MOST = 1000     /* of one frame, that are looked at */
};

typedef struct thread_locals {
    size_t *starts; /* depth + 1 indices into the items; NULL: none were read */
    bool moved;
} thread_locals;

struct flame_locals {
    page_reader pages; /* nothing moves */
    object_memory memory;
    const flame_interpreter *interpreter;
    const flame_sample *sample; /* during the reading */
    fs_arena arena;
    flame_local *items;
    size_t count, capacity;
    thread_locals *threads;
    size_t thread_count;
    bool cut, failed; /* failed: out of memory */
};

/* ---- one variable ---- */

static void add_variable(flame_locals *self, const char *name, uint64_t object)
{
    fs_text value;
    fs_text_init(&value);
    python_value_text(&self->memory, object, &value);
    if (value.failed || !FS_GROW(self->items, self->capacity, self->count + 1)) {
        self->failed = true;
    } else {
        flame_local *item = &self->items[self->count];
        item->name = fs_arena_strndup(&self->arena, name, strlen(name));
        item->value = fs_arena_strndup(&self->arena, fs_text_string(&value), value.length);
        if (item->name && item->value)
            self->count++;
        else
            self->failed = true;
    }
    fs_text_fini(&value);
}

/* May one more be added to those from `first` on? */
static bool has_room(flame_locals *self, size_t first)
{
    if (self->failed) return false;
    if (self->memory.reads_left && self->count - first < VARIABLES_MOST) return true;
    self->cut = true;
    return false;
}

/* ---- a function's frame: slots, whose names are in its code ---- */

/* Names from a tuple for the slots from `slot` on. */
static void read_slots(flame_locals *self, uint64_t names, uint64_t slots, bool cells, size_t first)
{
    uint64_t count, name, object;
    char text[128];
    if (!object_word(&self->memory, object_fields(&self->memory, names) + OBJECT_LENGTH, &count)) return;
    if (count > SLOTS_MOST) count = SLOTS_MOST;
    const uint64_t items = object_tuple_items(&self->memory, names);
    for (uint64_t i = 0; i < count; i++) {
        if (!object_word(&self->memory, slots + 8 * i, &object) ||
            !(object = object_in_slot(&self->memory, object)))
            continue;
        object_type type;
        /* An argument that an inner function uses is in a cell only once the frame has begun. */
        if (cells && object_type_of(&self->memory, object, &type) && strcmp(type.name, "cell") == 0 &&
            (!object_word(&self->memory, object_fields(&self->memory, object) + CELL_CONTENT, &object) ||
             !object))
            continue;
        if (!has_room(self, first)) return;
        if (object_word(&self->memory, items + 8 * i, &name) &&
            object_text(&self->memory, name, text, sizeof text))
            add_variable(self, text, object);
    }
}

static void read_function(flame_locals *self, uint64_t frame, uint64_t code)
{
    const python_layout *layout = self->memory.layout;
    const locals_layout where = locals_layout_of(layout->minor);
    const size_t first = self->count;
    uint64_t names, count, slots = still_frame_slots(&self->memory, frame);
    if (!object_word(&self->memory, object_fields(&self->memory, code) + where.names, &names)) return;
    if (layout->minor >= 11) {
        read_slots(self, names, slots, true, first);
        return;
    }
    const uint32_t tuples[] = {where.names, where.cells, where.free};
    for (size_t i = 0; i < 3; i++) {
        if (!object_word(&self->memory, code + tuples[i], &names) ||
            !object_word(&self->memory, object_fields(&self->memory, names) + OBJECT_LENGTH, &count) ||
            count > SLOTS_MOST)
            return;
        read_slots(self, names, slots, i > 0, first);
        slots += 8 * count;
    }
}

/* ---- the frame of a module or a class: a dict ---- */

static bool is_definition(flame_locals *self, uint64_t object)
{
    object_type type;
    return object_type_of(&self->memory, object, &type) &&
           (type.flags & OBJECT_IS_TYPE || strcmp(type.name, "module") == 0 ||
            strcmp(type.name, "function") == 0 || strcmp(type.name, "builtin_function_or_method") == 0);
}

static void read_names(flame_locals *self, uint64_t dict)
{
    object_entries entries;
    object_type type;
    const size_t first = self->count;
    uint64_t key, value;
    char text[128];
    if (!dict || !object_type_of(&self->memory, dict, &type) || !(type.flags & OBJECT_IS_DICT) ||
        !object_dict_entries(&self->memory, dict, &entries))
        return;
    for (uint64_t i = 0; i < entries.count && self->memory.reads_left; i++) {
        if (!object_entry(&self->memory, &entries, i, &key, &value) || is_definition(self, value) ||
            !object_text(&self->memory, key, text, sizeof text) || strncmp(text, "__", 2) == 0)
            continue;
        if (!has_room(self, first)) return;
        add_variable(self, text, value);
    }
}

/* ---- frames and threads ---- */

/* Is the frame's code what the sample says that it is? */
static bool same_code(flame_locals *self, uint64_t code, const flame_frame *sampled)
{
    const flame_code *known = flame_interpreter_code(self->interpreter, sampled->code);
    uint8_t line[4];
    return known &&
           object_read(&self->memory, code + self->memory.layout->code.first_line, line, sizeof line) &&
           load_32(line) == known->first_line;
}

static void read_variables(flame_locals *self, uint64_t frame, uint64_t code)
{
    enum { OPTIMIZED = 1 }; /* co_flags: variables are slots */
    uint8_t flags[4];
    uint64_t dict;
    if (!object_read(&self->memory, code + self->memory.layout->code.flags, flags, sizeof flags)) return;
    if (load_32(flags) & OPTIMIZED)
        read_function(self, frame, code);
    else if (object_word(&self->memory, frame + locals_layout_of(self->memory.layout->minor).dict, &dict))
        read_names(self, dict);
}

/* The frames of one thread, beside those of the sample. */
static void read_thread(flame_locals *self, const flame_thread_sample *sample, thread_locals *thread,
                        uint64_t frame)
{
    size_t *starts = fs_alloc_0((size_t)sample->depth + 1, sizeof *starts);
    const size_t first = self->count;
    uint32_t depth = 0;
    still_frame fields;
    if (!starts) {
        self->failed = true;
        return;
    }
    while (frame && depth < sample->depth && !self->failed) {
        if (self->memory.reads_left == 0) {
            self->cut = true;
            break;
        }
        const flame_code *code = flame_interpreter_code(self->interpreter, sample->frames[depth].code);
        if (code && !code->file[0] && strcmp(code->name, FLAME_COLLECTION) == 0) {
            starts[depth++] = self->count;
            continue;
        }
        if (!still_frame_read(&self->memory, frame, &fields)) break;
        if (fields.shown) {
            if (!same_code(self, fields.code, &sample->frames[depth])) break;
            starts[depth++] = self->count;
            read_variables(self, frame, fields.code);
        }
        frame = fields.previous;
    }
    const flame_code *last =
        depth < sample->depth ? flame_interpreter_code(self->interpreter, sample->frames[depth].code) : NULL;
    const bool truncated = last && strcmp(last->name, FLAME_TRUNCATED) == 0;
    thread->moved = depth < sample->depth && !truncated && !self->cut;
    if (thread->moved) self->count = first;
    for (; depth <= sample->depth; depth++) starts[depth] = self->count;
    thread->starts = starts;
}

static void visit_thread(void *context, const still_thread *thread)
{
    flame_locals *self = context;
    const flame_sample *sample = self->sample;
    for (size_t i = 0; i < sample->count && !self->failed; i++) {
        if (sample->threads[i].ident != thread->ident || self->threads[i].starts ||
            sample->threads[i].interpreter != thread->interpreter_id)
            continue;
        if (!sample->threads[i].missed)
            read_thread(self, &sample->threads[i], &self->threads[i], thread->top);
        return;
    }
}

fs_status flame_locals_read(const flame_interpreter *interpreter, const flame_sample *sample,
                            flame_locals **out, fs_error *error)
{
    *out = NULL;
    flame_locals *self = fs_alloc_0(1, sizeof *self);
    if (!self) return fs_fail_memory(error, "reading local variables", sizeof *self);
    fs_arena_init(&self->arena);
    self->interpreter = interpreter;
    self->sample = sample;
    self->failed = page_reader_init(&self->pages, interpreter->reader, error) != FS_OK;
    self->memory = (object_memory){
        .reader = &self->pages.reader, .layout = &interpreter->runtime.layout, .reads_left = READS_MOST};
    self->thread_count = sample->count;
    self->threads = fs_alloc_0(sample->count, sizeof *self->threads);
    self->failed = self->failed || !self->threads;
    if (!self->failed) still_threads(&self->memory, interpreter->runtime.address, visit_thread, self);
    for (size_t i = 0; i < sample->count && !self->failed; i++)
        if (!self->threads[i].starts && sample->threads[i].depth) self->threads[i].moved = true;
    if (self->failed || self->memory.failed) {
        flame_locals_free(self);
        return fs_fail_memory(error, "reading local variables", 0);
    }
    *out = self;
    return FS_OK;
}

void flame_locals_free(flame_locals *self)
{
    if (!self) return;
    for (size_t i = 0; self->threads && i < self->thread_count; i++) fs_free(self->threads[i].starts);
    fs_free(self->threads);
    fs_free(self->items);
    page_reader_fini(&self->pages);
    fs_arena_fini(&self->arena);
    fs_free(self);
}

const flame_local *flame_locals_of(const flame_locals *self, size_t thread, size_t frame, size_t *count)
{
    const size_t *starts = thread < self->thread_count ? self->threads[thread].starts : NULL;
    *count = starts ? starts[frame + 1] - starts[frame] : 0;
    return *count ? &self->items[starts[frame]] : NULL;
}

bool flame_locals_moved(const flame_locals *self, size_t thread)
{
    return thread < self->thread_count && self->threads[thread].moved;
}

bool flame_locals_cut(const flame_locals *self)
{
    return self->cut;
}
