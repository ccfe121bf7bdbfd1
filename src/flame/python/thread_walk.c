#include "thread_stack_private.h"

#include "memory.h"

#include <string.h>

enum {
    PAGE = 4096,
    AHEAD = 384,              /* bytes past the top frame that are read too: the next call's frame */
    SUSPENDED_MOST = 1 << 16, /* bytes of one waiting frame that are compared */
    DEMOTE_FROM = 8,          /* where a frame that was among the innermost no longer is */
    LINKS_REPAIRED = 16,      /* remembered links that one stack may have */
    SLOTS = 128               /* bytes of a frame object's locals and value stack that are compared */
};

frame_header frame_parse(const python_layout *layout, const uint8_t *frame)
{
    frame_header out = {.previous = load_64(frame + layout->frame.previous),
                        .code = load_64(frame + layout->frame.code)};
    if (layout->frame.tagged) out.code &= ~(uint64_t)7;
    out.owner = layout->frame.owner == PYTHON_ABSENT ? 0 : frame[layout->frame.owner];
    bool index = layout->counter == PYTHON_COUNTS_BYTES || layout->counter == PYTHON_COUNTS_UNITS;
    out.counter = index ? load_32(frame + layout->frame.counter) : load_64(frame + layout->frame.counter);
    return out;
}

/* Bytes into the code where the frame stands; false when that is outside it. -2 (before the first) is said
 * of a frame that has not begun. */
static bool offset_in_code(const python_layout *layout, uint64_t code, uint64_t counter, uint32_t code_bytes,
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
        *offset = (int64_t)(counter - code - layout->code.body);
        break;
    }
    return *offset >= -2 && *offset < (int64_t)code_bytes;
}

bool frame_on_data_stack(const python_layout *layout, const frame_header *frame)
{
    return layout->frame.owner != PYTHON_ABSENT && frame->owner == 0;
}

bool frames_read_twice(const python_layout *layout)
{
    return layout->frame.owner != PYTHON_ABSENT;
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

bool stack_want_frame(const stack_reader *reader, stack_thread *thread, uint64_t address, size_t raw,
                      bool stacked)
{
    uint32_t length = frame_length(reader->layout, address);
    if (raw >= INNER && !frames_read_twice(reader->layout))
        return gather_add_once(&thread->frames, address, length, thread->now, raw >= DEMOTE_FROM);
    if (raw == 0 && stacked) {
        /* Chunks of the data stack are made of whole pages. */
        uint64_t room = (address + length + PAGE - 1) / PAGE * PAGE - (address + length);
        length += room < AHEAD ? (uint32_t)room : AHEAD;
    }
    return gather_add(&thread->frames, address, length, thread->now);
}

/* The frame's bytes while a chain is followed: from what was read already, or from the page read last, or
 * read its page. NULL: unmapped. */
static const uint8_t *follow(stack_reader *reader, const stack_thread *thread, uint64_t address, size_t *hint)
{
    uint32_t size = frame_length(reader->layout, address);
    const uint8_t *read = gather_find(&thread->frames, address, size, hint);
    if (read) return read + thread->frames.size;
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

/* Make sure that a frame's code is in the cache. */
static stack_outcome want_code(stack_reader *reader, uint64_t address)
{
    code_entry *entry = code_cache_find(reader->cache, address);
    if (entry) return STACK_OK;
    fs_status status = code_cache_resolve(reader->cache, address, &entry, NULL);
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
    return reader->max_depth >> thread->shorter;
}

/* The callers beyond the limit, as one frame. */
static stack_outcome end_truncated(stack_reader *reader, stack_thread *thread, size_t raw, stack_walk *state)
{
    uint32_t id;
    if (code_cache_truncated(reader->cache, &id) != FS_OK ||
        !FS_GROW(thread->chain, thread->chain_capacity, raw + 1) ||
        !FS_GROW(thread->out, thread->out_capacity, thread->depth + 1))
        return STACK_MEMORY;
    thread->chain[raw] = 0;
    flame_frame *out = &thread->out[thread->depth];
    if (thread->depth >= thread->confirmed_depth || out->code != id) state->changed = thread->depth;
    *out = (flame_frame){.code = id};
    thread->depth++;
    state->root_moved = state->root_suspends = false;
    state->root_code = id;
    return STACK_OK;
}

stack_outcome stack_explore(stack_reader *reader, stack_thread *thread, uint64_t frame)
{
    const python_layout *layout = reader->layout;
    stack_outcome outcome = STACK_AGAIN;
    size_t hint = 0;
    reader->page = 0;
    uint64_t mark = 0;
    for (uint32_t depth = 0; frame && depth < depth_limit(reader, thread); depth++) {
        if (in_circle(frame, depth, &mark)) return STACK_TORN;
        const uint8_t *bytes = follow(reader, thread, frame, &hint);
        if (!bytes) return STACK_UNMAPPED;
        frame_header at = frame_parse(layout, bytes);
        if (!stack_want_frame(reader, thread, frame, depth, frame_on_data_stack(layout, &at)))
            return STACK_MEMORY;
        if (at.owner < layout->frame.shown_owners) {
            /* Reading code objects takes a while; the chain moves on meanwhile, so it only says what may be
             * of use. */
            stack_outcome found = want_code(reader, at.code);
            if (found == STACK_MEMORY) return found;
            if (found != STACK_OK) outcome = STACK_TORN;
        }
        if (at.previous == frame) return STACK_TORN;
        frame = at.previous;
    }
    return outcome;
}

stack_outcome stack_code_renew(stack_reader *reader, stack_thread *thread, code_entry **entry)
{
    /* What was noted by its id is void. */
    if (thread->wanted_code == (*entry)->id) thread->wanted_code = UINT32_MAX;
    fs_status status = code_cache_resolve(reader->cache, (*entry)->address, entry, NULL);
    return status == FS_MEMORY ? STACK_MEMORY : status == FS_OK ? STACK_AGAIN : STACK_TORN;
}

/* Is the entry what the frame runs? */
static stack_outcome check_code(stack_reader *reader, stack_thread *thread, code_entry *entry,
                                uint64_t generation, uint64_t generation_before, bool has_before, bool *asked)
{
    bool counted = reader->layout->interpreter.generation != PYTHON_ABSENT;
    if (entry->reading >= thread->reading) return STACK_AGAIN; /* the frame may be older */
    if (code_still_valid(entry, thread->interpreter_index, generation)) return STACK_OK;
    if (entry->checked == reader->serial) return STACK_OK;
    switch (code_cache_validate(entry, &thread->validation)) {
    case CODE_VALID:
        entry->checked = reader->serial;
        *asked = true;
        if (counted && has_before) code_set_valid(entry, thread->interpreter_index, generation_before);
        return STACK_OK;
    case CODE_NOT_READ:
        *asked = thread->unvalidated = true;
        if (!entry->replaced) return STACK_OK;
        return code_cache_request(entry, &thread->validation, thread->now) ? STACK_AGAIN : STACK_MEMORY;
    default:
        break;
    }
    *asked = true;
    stack_outcome outcome = stack_code_renew(reader, thread, &entry);
    if (outcome != STACK_AGAIN) return outcome;
    return code_cache_request(entry, &thread->validation, thread->now) ? STACK_AGAIN : STACK_MEMORY;
}

stack_outcome stack_walk_copy(stack_reader *reader, stack_thread *thread, uint64_t top, unsigned copy,
                              stack_walk *state)
{
    const python_layout *layout = reader->layout;
    size_t hint = 0, raw = 0;
    uint64_t child = 0;
    bool child_stacked = false;
    stack_outcome result = STACK_OK;
    size_t here = (size_t)copy * thread->frames.size, other = (size_t)(1 - copy) * thread->frames.size;
    thread->depth = 0;
    thread->code_count = 0;
    thread->outside = 0;
    thread->unvalidated = thread->learns = false;
    state->moved = state->changed = -1;
    state->repaired = 0;
    state->orphan_called = false;
    state->top_code = UINT32_MAX;
    for (uint64_t frame = top, mark = 0; frame; raw++) {
        if (in_circle(frame, raw, &mark)) return STACK_TORN;
        if (raw == depth_limit(reader, thread)) {
            if (end_truncated(reader, thread, raw, state) != STACK_OK) return STACK_MEMORY;
            break;
        }
        uint32_t length = frame_length(layout, frame);
        const uint8_t *bytes = gather_find(&thread->frames, frame, length, &hint);
        if (!bytes) return STACK_AGAIN;
        if (raw < INNER && thread->frames.spans[hint].once) return STACK_AGAIN;
        frame_header at = frame_parse(layout, bytes + here), twin = frame_parse(layout, bytes + other);
        bool stacked = frame_on_data_stack(layout, &at);
        bool linked = at.previous == twin.previous && at.code == twin.code && at.owner == twin.owner;
        bool same = linked && (raw == 0 || at.counter == twin.counter);
        if (same && raw && stacked && child_stacked && child > frame && child - frame <= SUSPENDED_MOST) {
            size_t gap_hint = hint;
            const uint8_t *all = gather_find(&thread->frames, frame, child - frame, &gap_hint);
            if (all) same = memcmp(all + here, all + other, (size_t)(child - frame)) == 0;
        }
        if (same && raw && layout->frame.slots != PYTHON_ABSENT)
            same = same_slots(layout, bytes + here, bytes + other, length);
        if (!FS_GROW(thread->chain, thread->chain_capacity, raw + 1)) return STACK_MEMORY;
        if (raw >= thread->chain_count || thread->chain[raw] != frame) thread->rechained = true;
        thread->chain[raw] = frame;
        if (!same) state->moved = thread->depth; /* of the next shown frame: outward of all before */
        state->root_moved = !linked;
        if (raw == 0) state->entering = at.owner >= layout->frame.shown_owners;
        if (at.owner < layout->frame.shown_owners) {
            code_entry *entry = code_cache_find(reader->cache, at.code);
            if (!entry) {
                stack_outcome found = want_code(reader, at.code);
                if (found == STACK_MEMORY) return found;
                if (found != STACK_OK) return same ? STACK_CODE : STACK_TORN;
                result = STACK_AGAIN;
            } else {
                stack_outcome found = check_code(reader, thread, entry, state->generation,
                                                 state->generation_before, state->has_before, &state->asked);
                if (found == STACK_AGAIN)
                    result = STACK_AGAIN;
                else if (found != STACK_OK)
                    return found;
                if (thread->depth == 0 && result == STACK_OK) state->top_code = entry->id;
                state->root_suspends = entry->suspends;
                state->root_code = entry->id;
                if (at.previous && entry->id == thread->orphan_code) state->orphan_called = true;
                if (!FS_GROW(thread->codes, thread->code_capacity, thread->code_count + 1))
                    return STACK_MEMORY;
                thread->codes[thread->code_count++] = at.code;
                int64_t offset;
                if (!offset_in_code(layout, at.code, at.counter, entry->code_bytes, &offset)) {
                    thread->outside = at.code;
                    return STACK_TORN;
                }
                if (!FS_GROW(thread->out, thread->out_capacity, thread->depth + 1)) return STACK_MEMORY;
                uint32_t instruction = offset < 0 ? 0 : (uint32_t)offset;
                flame_frame *out = &thread->out[thread->depth];
                if (thread->depth >= thread->confirmed_depth || out->code != entry->id ||
                    out->instruction != instruction)
                    state->changed = thread->depth;
                *out = (flame_frame){.code = entry->id,
                                     .line = code_line(&reader->cache->bodies[entry->id], offset),
                                     .instruction = instruction};
                if (!at.previous && reader->repairs &&
                    !call_sites_known(&reader->sites, CALL_SITES_NOBODY, 0, entry->id)) {
                    at.previous = link_remembered(thread, frame, at.code);
                    if (at.previous) {
                        thread->unknown_step = true;
                        if (++state->repaired > LINKS_REPAIRED) return STACK_TORN;
                        state->moved = thread->depth;
                    }
                }
                thread->depth++;
            }
        }
        if (at.previous == frame || at.owner >= layout->frame.owners) return STACK_TORN;
        child = frame;
        child_stacked = stacked;
        frame = at.previous;
    }
    if (raw != thread->chain_count) thread->rechained = true;
    thread->chain_count = raw;
    return result;
}

uint64_t stack_top_frame(const stack_reader *reader, stack_thread *thread, stack_outcome *outcome)
{
    enum { CFRAMES = 4 }; /* that are kept: calls through C may come and go faster than they can be read */
    const python_layout *layout = reader->layout;
    uint64_t frame = load_64(thread->block + layout->thread.frame);
    size_t hint = 0;
    *outcome = STACK_OK;
    if (layout->thread.through_cframe == PYTHON_ABSENT || !frame) return frame;
    uint64_t address = frame + layout->thread.through_cframe;
    const uint8_t *bytes = gather_find(&thread->cframes, address, 8, &hint);
    if (!bytes || thread->cframes.piece_count > 1) {
        if (!gather_add(&thread->cframes, address, 8, ++thread->cframes_now)) {
            *outcome = STACK_MEMORY;
            return 0;
        }
        gather_keep(&thread->cframes, CFRAMES);
    }
    if (!bytes) {
        *outcome = STACK_AGAIN;
        return 0;
    }
    uint64_t top = load_64(bytes);
    /* No frame at all: so it is when the _PyCFrame is the one inside the thread state, which stands for no
     * evaluation; another is just being set up. */
    if (!top && frame - thread->state >= PYTHON_THREAD_BLOCK) *outcome = STACK_TORN;
    return top;
}
