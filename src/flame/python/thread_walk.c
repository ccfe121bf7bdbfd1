#include "memory.h"
#include "thread_stack.h"

#include <string.h>

enum {
    PAGE = 4096,
    AHEAD = 384,              /* bytes past the top frame that are read too: the next call's frame */
    SUSPENDED_MOST = 1 << 16, /* bytes of one waiting frame that are compared */
    SLOTS = 128,              /* bytes of a frame object's locals and value stack that are compared */
    SPARE = 32,               /* frames of the past that are read too: many a one comes back */
    CFRAME = 16               /* bytes of a _PyCFrame: the top frame, and the _PyCFrame before it */
};

typedef struct frame_header {
    uint64_t previous, code, counter;
    uint32_t copy;
    uint8_t owner;
} frame_header;

static frame_header frame_parse(const python_layout *layout, const uint8_t *frame)
{
    frame_header out = {.previous = load_64(frame + layout->frame.previous),
                        .code = load_64(frame + layout->frame.code)};
    if (layout->frame.tagged) out.code &= ~(uint64_t)7;
    out.copy = layout->frame.copy ? load_32(frame + layout->frame.copy) : 0;
    out.owner = layout->frame.owner == PYTHON_ABSENT ? 0 : frame[layout->frame.owner];
    bool index = layout->counter == PYTHON_COUNTS_BYTES || layout->counter == PYTHON_COUNTS_UNITS;
    out.counter = index ? load_32(frame + layout->frame.counter) : load_64(frame + layout->frame.counter);
    return out;
}

/* Bytes into the code where the frame stands, its instructions being at `body`; false when that is outside
 * it. -2 (before the first) is said of a frame that has not begun. */
static bool offset_in_code(const python_layout *layout, uint64_t body, uint64_t counter, uint32_t code_bytes,
                           int64_t *offset)
{
    switch (layout->counter) {
    case PYTHON_COUNTS_BYTES:
        *offset = (int32_t)(uint32_t)counter;
        break;
    case PYTHON_COUNTS_UNITS:
        *offset = (int64_t)(int32_t)(uint32_t)counter * 2;
        break;
    default:
        *offset = (int64_t)(counter - body);
        break;
    }
    return *offset >= -2 && *offset < (int64_t)code_bytes;
}

/* On the interpreter's data stack frames lie one after the other, and a waiting one does not change at all.
 */
static bool on_data_stack(const python_layout *layout, const frame_header *frame)
{
    return layout->frame.owner != PYTHON_ABSENT && frame->owner == 0;
}

/* From 3.12 on each evaluation begins with a frame of the interpreter's own. */
static bool has_entry_frames(const python_layout *layout)
{
    return layout->frame.shown_owners < layout->frame.owners;
}

/* How much of a frame is read: all that is used, of a frame object's slots only those on the page where
 * what must be read ends (a short frame may be the last thing on mapped memory). */
static uint32_t frame_length(const python_layout *layout, uint64_t address)
{
    uint32_t size = layout->frame.size;
    if (layout->frame.slots == PYTHON_ABSENT) return size;
    uint64_t page_end = (address + size + PAGE - 1) / PAGE * PAGE - address;
    uint32_t whole = layout->frame.slots + SLOTS;
    return page_end < whole ? (uint32_t)page_end : whole;
}

/* ---- following a chain in the other process ---- */

/* Read this frame from now on. False when out of memory. */
static bool want_frame(const stack_reader *reader, stack_thread *thread, uint64_t address, bool ahead)
{
    uint32_t length = frame_length(reader->layout, address);
    if (ahead) {
        /* Chunks of the data stack are made of whole pages. */
        uint64_t room = (address + length + PAGE - 1) / PAGE * PAGE - (address + length);
        length += room < AHEAD ? (uint32_t)room : AHEAD;
    }
    return gather_add(&thread->memory.frames, address, length, thread->memory.time);
}

/* The frame's bytes: from what was read already, or from the page read last, or read its page. NULL:
 * unmapped. */
static const uint8_t *follow(stack_reader *reader, const stack_thread *thread, uint64_t address, size_t *hint)
{
    uint32_t size = frame_length(reader->layout, address);
    const uint8_t *read = gather_find(&thread->memory.frames, address, size, hint);
    if (read) return read + thread->memory.frames.size;
    if (!reader->page || address < reader->page || address - reader->page + size > reader->page_length) {
        uint64_t start = address / PAGE * PAGE;
        uint64_t length = address - start + size;
        uint64_t whole = (address + size + PAGE - 1) / PAGE * PAGE - start;
        flame_span span = {.address = start, .bytes = reader->scratch, .length = whole};
        if (address + size < address || whole > sizeof reader->scratch) return NULL;
        reader->page = 0;
        reader->calls++;
        if (reader->reader->read(reader->reader->self, &span, 1, NULL) != 1) {
            span.length = length;
            reader->calls++;
            if (reader->reader->read(reader->reader->self, &span, 1, NULL) != 1) return NULL;
        }
        reader->page = start;
        reader->page_length = (uint32_t)span.length;
    }
    return reader->scratch + (address - reader->page);
}

/* Where the instructions are that the frame runs; 0: not known. */
static uint64_t body_of(const stack_reader *reader, const frame_header *at, const code_entry *entry)
{
    if (at->copy == 0) return at->code + reader->layout->code.body;
    const bool known = entry->copies_generation == reader->copies_generation && at->copy < entry->copy_count;
    return known ? entry->copies[at->copy] : 0;
}

/* Make sure that a frame's code is in the cache. */
static stack_outcome want_code(stack_reader *reader, const frame_header *at)
{
    code_entry *entry = code_cache_find(reader->cache, at->code);
    fs_status status = entry ? FS_OK : code_cache_resolve(reader->cache, at->code, &entry, NULL);
    if (!status && !body_of(reader, at, entry))
        status = code_cache_read_copies(reader->cache, entry, reader->copies_generation);
    if (status == FS_MEMORY) return STACK_MEMORY;
    return status == FS_OK ? STACK_OK : STACK_CODE;
}

/* Links of different moments may lead round in a circle. R. P. Brent's way to notice (BIT 20, 1980): `mark`
 * is the frame at the last depth that was one less than a power of two. */
static bool in_circle(uint64_t frame, size_t depth, uint64_t *mark)
{
    if (frame == *mark) return true;
    if ((depth & (depth + 1)) == 0) *mark = frame;
    return false;
}

static uint32_t depth_limit(const stack_reader *reader, const stack_thread *thread)
{
    return reader->max_depth >> thread->memory.shorter;
}

stack_outcome stack_explore(stack_reader *reader, stack_thread *thread, uint64_t frame)
{
    const python_layout *layout = reader->layout;
    stack_outcome outcome = STACK_AGAIN;
    size_t hint = 0;
    uint32_t depth = 0;
    reader->page = 0;
    thread->memory.time++;
    for (uint64_t mark = 0; frame && depth < depth_limit(reader, thread); depth++) {
        if (in_circle(frame, depth, &mark)) return STACK_TORN;
        const uint8_t *bytes = follow(reader, thread, frame, &hint);
        if (!bytes) return STACK_UNMAPPED;
        frame_header at = frame_parse(layout, bytes);
        if (!want_frame(reader, thread, frame, depth == 0 && on_data_stack(layout, &at))) return STACK_MEMORY;
        if (at.owner < layout->frame.shown_owners) {
            /* Reading code objects takes a while; the chain moves on meanwhile, so it only says what may be
             * of use. */
            stack_outcome found = want_code(reader, &at);
            if (found == STACK_MEMORY) return found;
            if (found != STACK_OK) outcome = STACK_TORN;
        }
        if (at.previous == frame) return STACK_TORN;
        frame = at.previous;
    }
    gather_keep(&thread->memory.frames, depth + SPARE);
    return outcome;
}

/* ---- code ---- */

stack_outcome stack_code_renew(stack_reader *reader, code_entry **entry)
{
    fs_status status = code_cache_resolve(reader->cache, (*entry)->address, entry, NULL);
    return status == FS_MEMORY ? STACK_MEMORY : status == FS_OK ? STACK_AGAIN : STACK_TORN;
}

/* Is the entry what the frame runs? */
static stack_outcome check_code(stack_reader *reader, stack_thread *thread, code_entry *entry,
                                stack_walk *walk)
{
    bool counted = reader->layout->interpreter.generation != PYTHON_ABSENT;
    gather *spans = &thread->validation.spans;
    uint32_t interpreter = thread->interpreter_index;
    if (entry->reading >= thread->memory.reading) return STACK_AGAIN; /* the frame may be older */
    if (code_still_valid(entry, interpreter, walk->generation->now)) return STACK_OK;
    if (entry->checked == reader->serial) return STACK_OK;
    walk->validated = true;
    switch (code_cache_validate(entry, spans)) {
    case CODE_VALID:
        entry->checked = reader->serial;
        if (counted) code_set_valid(entry, interpreter, walk->generation->before);
        return STACK_OK;
    case CODE_NOT_READ:
        thread->validation.pending = true;
        if (!entry->replaced) return STACK_OK;
        break;
    case CODE_CHANGED: {
        stack_outcome outcome = stack_code_renew(reader, &entry);
        if (outcome != STACK_AGAIN) return outcome;
        break;
    }
    }
    return code_cache_request(entry, spans, thread->memory.time) ? STACK_AGAIN : STACK_MEMORY;
}

/* ---- walking what was read ---- */

/* A waiting frame object keeps its locals and value stack. `length` is that of both copies. */
static bool same_slots(const python_layout *layout, const uint8_t *frame, const uint8_t *twin,
                       uint32_t length)
{
    uint32_t from = layout->frame.slots;
    if (length <= from) return true;
    uint64_t slots = load_64(frame + 16); /* ob_size */
    size_t used = slots < SLOTS / 8 ? (size_t)slots * 8 : SLOTS;
    if (used > length - from) used = length - from;
    return memcmp(frame + from, twin + from, used) == 0;
}

/* Is the frame the same in both copies? `child`: the frame that it has called, if both are on the data stack;
 * 0: another. The top frame goes on, so it need not stand where it stood. */
static bool same_frame(const stack_reader *reader, const stack_thread *thread, uint64_t frame, uint64_t child,
                       bool top, size_t hint)
{
    const python_layout *layout = reader->layout;
    const gather *set = &thread->memory.frames;
    uint32_t length = frame_length(layout, frame);
    const uint8_t *bytes = gather_find(set, frame, length, &hint), *twin = bytes + set->size;
    frame_header a = frame_parse(layout, bytes), b = frame_parse(layout, twin);
    if (a.previous != b.previous || a.code != b.code || a.owner != b.owner || a.copy != b.copy) return false;
    if (top) return true;
    if (a.counter != b.counter) return false;
    if (child > frame && child - frame <= SUSPENDED_MOST) {
        const uint8_t *all = gather_find(set, frame, child - frame, &hint);
        return !all || memcmp(all, all + set->size, (size_t)(child - frame)) == 0;
    }
    return layout->frame.slots == PYTHON_ABSENT || same_slots(layout, bytes, twin, length);
}

/* A frame that stands for something else than a call of Python code. */
static stack_outcome add_mark(stack_reader *reader, stack_thread *thread, code_mark mark)
{
    uint32_t id;
    if (code_cache_mark(reader->cache, mark, &id) != FS_OK ||
        !FS_GROW(thread->frames, thread->frame_capacity, thread->depth + 1))
        return STACK_MEMORY;
    thread->frames[thread->depth++] = (flame_frame){.code = id};
    return STACK_OK;
}

/* A frame that is shown. STACK_AGAIN: its code was not known. */
static stack_outcome add_frame(stack_reader *reader, stack_thread *thread, const frame_header *at,
                               stack_walk *walk)
{
    stack_validation *validation = &thread->validation;
    int64_t offset;
    code_entry *entry = code_cache_find(reader->cache, at->code);
    const uint64_t body = entry ? body_of(reader, at, entry) : 0;
    if (!body) {
        stack_outcome found = want_code(reader, at);
        return found == STACK_OK ? STACK_AGAIN : found;
    }
    if (!FS_GROW(validation->codes, validation->code_capacity, validation->code_count + 1) ||
        !FS_GROW(thread->frames, thread->frame_capacity, thread->depth + 1))
        return STACK_MEMORY;
    stack_outcome outcome = check_code(reader, thread, entry, walk);
    if (outcome != STACK_OK && outcome != STACK_AGAIN) return outcome;
    walk->uncalled = entry->suspends && !at->previous;
    thread->finalizes = thread->finalizes || entry->finalizes;
    validation->codes[validation->code_count++] = at->code;
    if (!offset_in_code(reader->layout, body, at->counter, entry->code_bytes, &offset)) {
        validation->outside = at->code;
        return STACK_TORN;
    }
    thread->frames[thread->depth++] =
        (flame_frame){.code = entry->id,
                      .line = code_line(&reader->cache->bodies[entry->id], offset),
                      .instruction = offset < 0 ? 0 : (uint32_t)offset};
    return outcome;
}

/* All frames of the chain are there and walked: remember them, and that they were of use. */
static bool keep_chain(const stack_reader *reader, stack_thread *thread, size_t count, bool changed)
{
    thread->chain_count = count;
    if (!changed) return true;
    thread->memory.time++;
    for (size_t i = 0; i < count; i++)
        if (!want_frame(reader, thread, thread->chain[i], false)) return false;
    gather_keep(&thread->memory.frames, count + SPARE);
    return true;
}

stack_outcome stack_walk_chain(stack_reader *reader, stack_thread *thread, uint64_t top, stack_walk *walk)
{
    const python_layout *layout = reader->layout;
    const gather *set = &thread->memory.frames;
    size_t hint = 0, raw = 0, before = thread->chain_count;
    uint64_t child = 0;
    stack_outcome result = STACK_OK;
    bool changed = false;
    thread->depth = 0;
    thread->collects = 0;
    thread->finalizes = false;
    thread->chain_count = thread->validation.code_count = 0;
    for (uint64_t frame = top, mark = 0; frame; raw++) {
        if (in_circle(frame, raw, &mark)) return STACK_TORN;
        if (raw == depth_limit(reader, thread)) {
            if (add_mark(reader, thread, CODE_TRUNCATED) != STACK_OK) return STACK_MEMORY;
            break;
        }
        const uint8_t *bytes = gather_find(set, frame, frame_length(layout, frame), &hint);
        if (!bytes) return STACK_AGAIN;
        frame_header at = frame_parse(layout, bytes + set->size);
        bool stacked = on_data_stack(layout, &at);
        if (!same_frame(reader, thread, frame, stacked ? child : 0, raw == 0, hint)) return STACK_TORN;
        if (!FS_GROW(thread->chain, thread->chain_capacity, raw + 1)) return STACK_MEMORY;
        changed = changed || raw >= before || thread->chain[raw] != frame;
        thread->chain[raw] = frame;
        if (raw == 0) walk->entering = at.owner >= layout->frame.shown_owners;
        walk->uncalled = false;
        if (frame == walk->collects) {
            if (add_mark(reader, thread, CODE_COLLECTION) != STACK_OK) return STACK_MEMORY;
            thread->collects = frame;
        }
        if (at.owner < layout->frame.shown_owners) {
            stack_outcome added = add_frame(reader, thread, &at, walk);
            if (added == STACK_AGAIN)
                result = added;
            else if (added != STACK_OK)
                return added;
        }
        if (at.previous == frame || at.owner >= layout->frame.owners) return STACK_TORN;
        child = stacked ? frame : 0;
        frame = at.previous;
    }
    return keep_chain(reader, thread, raw, changed || raw != before) ? result : STACK_MEMORY;
}

uint64_t stack_top_frame(const stack_reader *reader, stack_thread *thread, stack_outcome *outcome)
{
    const python_layout *layout = reader->layout;
    stack_snapshot *memory = &thread->memory;
    uint64_t frame = load_64(memory->block + layout->thread.frame);
    size_t hint = 0;
    *outcome = load_64(memory->top[0]) == frame && load_64(memory->top[1]) == frame ? STACK_OK : STACK_TORN;
    if (layout->thread.through_cframe == PYTHON_ABSENT || !frame) return frame;
    uint64_t address = frame + layout->thread.through_cframe;
    const uint8_t *bytes = gather_find(&memory->frames, address, CFRAME, &hint);
    if (!gather_add(&memory->frames, address, CFRAME, memory->time)) *outcome = STACK_MEMORY;
    if (!bytes && *outcome == STACK_OK) *outcome = STACK_AGAIN;
    if (!bytes) return 0;
    uint64_t top = load_64(bytes);
    /* No frame at all: so it is when the _PyCFrame is the one inside the thread state, which stands for no
     * evaluation; another is just being set up. */
    bool none = !top && frame - thread->state >= PYTHON_THREAD_BLOCK;
    if (*outcome == STACK_OK && (none || load_64(bytes + memory->frames.size) != top)) *outcome = STACK_TORN;
    return top;
}

/* 3.11, 3.12: is `caller` the frame in which the evaluation before the innermost one was left? 0: none was.
 */
static stack_outcome check_caller(const stack_reader *reader, stack_thread *thread, uint64_t caller)
{
    const uint32_t through = reader->layout->thread.through_cframe;
    gather *set = &thread->memory.frames;
    size_t hint = 0;
    uint64_t cframe = load_64(thread->memory.block + reader->layout->thread.frame);
    const uint8_t *bytes = gather_find(set, cframe + through, CFRAME, &hint);
    uint64_t before = bytes ? load_64(bytes + 8) + through : 0;
    bytes = gather_find(set, before, CFRAME, &hint);
    if (!gather_add(set, before, CFRAME, thread->memory.time)) return STACK_MEMORY;
    if (!bytes) return STACK_AGAIN;
    return load_64(bytes) == caller ? STACK_OK : STACK_TORN;
}

/* While the locals of a function that was called from C are destroyed, the frame that stands for the call is
 * on top, for as long as that takes. But 3.12 makes that frame the top one also before it is filled in: then
 * its caller is of the past, and seldom the frame that the evaluation before this one was left in. */
stack_outcome stack_check_entry(const stack_reader *reader, stack_thread *thread)
{
    if (reader->layout->thread.through_cframe == PYTHON_ABSENT) return STACK_OK;
    return check_caller(reader, thread, thread->chain_count > 1 ? thread->chain[1] : 0);
}

/* Where evaluations have entry frames, a generator's frame always has a caller while it runs. To 3.11 it has
 * none when it was called from outside Python; but 3.11 makes it the top frame, as it was left, just before
 * it names its caller. */
stack_outcome stack_check_uncalled(const stack_reader *reader, stack_thread *thread)
{
    const python_layout *layout = reader->layout;
    if (has_entry_frames(layout)) return STACK_TORN;
    if (layout->thread.through_cframe == PYTHON_ABSENT || thread->chain_count > 1) return STACK_OK;
    return check_caller(reader, thread, 0);
}

/* ---- evaluations ---- */

static bool add_evaluation(stack_thread *thread, uint32_t frames, uint64_t mark)
{
    if (!FS_GROW(thread->evaluations, thread->evaluation_capacity, thread->evaluation_count + 1))
        return false;
    thread->evaluations[thread->evaluation_count++] = (flame_evaluation){.frames = frames, .mark = mark};
    return true;
}

/* Add to *frames those of the stack that a frame of the chain stands for. False: it was not read. */
static bool count_frames(const stack_reader *reader, const stack_thread *thread, uint64_t frame, size_t *hint,
                         frame_header *at, uint32_t *frames)
{
    const python_layout *layout = reader->layout;
    const uint8_t *bytes = gather_find(&thread->memory.frames, frame, layout->frame.size, hint);
    if (!bytes) return false;
    *at = frame_parse(layout, bytes);
    *frames += at->owner < layout->frame.shown_owners;
    *frames += frame == thread->collects;
    return true;
}

/* To 3.10 each frame has one of its own. From 3.12 on a frame of the interpreter's, which lies on the native
 * stack, stands behind those of each; what is behind the last such frame is of a stack that is cut. The
 * outermost, which is never left, runs no code. */
static bool evaluations_by_frames(const stack_reader *reader, stack_thread *thread)
{
    const python_layout *layout = reader->layout;
    size_t hint = 0;
    uint32_t frames = 0;
    for (size_t i = 0; i < thread->chain_count; i++) {
        const uint64_t frame = thread->chain[i];
        frame_header at;
        if (!count_frames(reader, thread, frame, &hint, &at, &frames)) return false;
        const bool shown = at.owner < layout->frame.shown_owners;
        if (shown && has_entry_frames(layout)) continue;
        const bool outermost = !at.previous && frames == (frame == thread->collects);
        const uint64_t mark = shown ? 0 : outermost ? FLAME_NO_EVALUATION : frame;
        if (!add_evaluation(thread, frames, mark)) return false;
        frames = 0;
    }
    return true;
}

/* Its top frame, and the one before. */
static bool read_cframe(stack_reader *reader, uint64_t cframe, uint64_t words[2])
{
    const uint64_t at = cframe + reader->layout->thread.through_cframe;
    reader->calls++;
    return flame_read(reader->reader, at, words, 2 * sizeof *words, NULL) == FS_OK;
}

/* 3.11: each has a _PyCFrame that names its top frame, and the one before; that of the thread state stands
 * for none. The entry flag of frames is not used: it is set a moment after the frame is linked. */
static bool evaluations_by_cframes(stack_reader *reader, stack_thread *thread)
{
    uint64_t cframe = load_64(thread->memory.block + reader->layout->thread.frame), words[2];
    size_t next = 0;
    const uint32_t marks = thread->collects != 0; /* on top */
    if (!read_cframe(reader, cframe, words) || words[0] != thread->chain[0]) return false;
    while (next < thread->chain_count && cframe - thread->state >= PYTHON_THREAD_BLOCK) {
        const size_t from = next++;
        const uint64_t mark = cframe;
        cframe = words[1];
        if (!read_cframe(reader, cframe, words)) return false;
        while (next < thread->chain_count && thread->chain[next] != words[0]) next++;
        /* The frames of a stack that is cut, of which the outermost is a mark, may be those of several. */
        if (next == thread->chain_count && thread->depth - marks > next) return true;
        if (!add_evaluation(thread, (uint32_t)(next - from) + (from ? 0 : marks), mark)) return false;
    }
    return next == thread->chain_count && cframe - thread->state < PYTHON_THREAD_BLOCK;
}

bool stack_find_evaluations(stack_reader *reader, stack_thread *thread)
{
    const bool cframes =
        reader->layout->thread.through_cframe != PYTHON_ABSENT && !has_entry_frames(reader->layout);
    thread->evaluation_count = 0;
    if (!thread->depth) return true;
    return cframes ? evaluations_by_cframes(reader, thread) : evaluations_by_frames(reader, thread);
}

uint32_t stack_frames_to(const stack_reader *reader, const stack_thread *thread, uint64_t wanted)
{
    size_t hint = 0;
    uint32_t frames = 0;
    for (size_t i = 0; i < thread->chain_count; i++) {
        const uint64_t frame = thread->chain[i];
        frame_header at;
        if (!count_frames(reader, thread, frame, &hint, &at, &frames)) return 0;
        if (frame == wanted) return frames < thread->depth ? frames : thread->depth;
    }
    return 0;
}
