#include "thread_stack.h"

#include "clock.h"
#include "memory.h"

#include <errno.h>
#include <string.h>

enum {
    PAGE = 4096,
    AHEAD = 384,             /* bytes past the top frame that are read too: the next call's frame */
    SPANS_BYTES = 64 << 20,  /* of frames of one thread */
    SUSPENDED_MOST = 1 << 16 /* bytes of one waiting frame that are compared */
};

void stack_reader_init(stack_reader *reader, const flame_reader *memory, const python_layout *layout,
                       code_cache *cache, uint32_t max_depth)
{
    *reader = (stack_reader){.reader = memory, .layout = layout, .cache = cache, .max_depth = max_depth};
    uint32_t fields[] = {layout->thread.previous, layout->thread.next,  layout->thread.interpreter,
                         layout->thread.frame,    layout->thread.ident, layout->thread.native,
                         layout->thread.status};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i] != PYTHON_ABSENT && fields[i] + 8 > reader->block_size && fields[i] + 8 <= STACK_BLOCK)
            reader->block_size = fields[i] + 8;
}

void stack_reader_fini(stack_reader *reader)
{
    fs_free(reader->steps.slots);
}

void stack_thread_init(stack_thread *thread, uint64_t state, uint64_t interpreter)
{
    *thread = (stack_thread){.state = state, .interpreter = interpreter};
    gather_init(&thread->frames, 2);
    gather_init(&thread->evidence, 1);
}

void stack_thread_fini(stack_thread *thread)
{
    gather_fini(&thread->frames);
    gather_fini(&thread->evidence);
    fs_free(thread->chain);
    fs_free(thread->out);
}

/* ---- steps ---- */

/* A step as a number that is never 0. */
static uint64_t step_of(const flame_frame *caller, const flame_frame *callee)
{
    uint64_t key = (uint64_t)caller->code << 32 | caller->instruction;
    key = (key ^ key >> 29) * 0xBF58476D1CE4E5B9U; /* the mixing of splitmix64 (random.h) */
    key += callee->code * 0x9E3779B97F4A7C15U;
    key = (key ^ key >> 32) * 0x94D049BB133111EBU;
    return (key ^ key >> 31) | 1;
}

static bool step_known(const step_set *set, uint64_t step)
{
    if (!set->capacity) return false;
    for (size_t i = (size_t)step & (set->capacity - 1);; i = (i + 1) & (set->capacity - 1)) {
        if (set->slots[i] == step) return true;
        if (!set->slots[i]) return false;
    }
}

static bool step_add(step_set *set, uint64_t step)
{
    if (step_known(set, step)) return true;
    if ((set->count + 1) * 2 > set->capacity) {
        size_t capacity = set->capacity ? set->capacity * 2 : 1024;
        uint64_t *slots = fs_alloc_0(capacity, sizeof *slots);
        if (!slots) return false;
        for (size_t i = 0; i < set->capacity; i++) {
            if (!set->slots[i]) continue;
            size_t at = (size_t)set->slots[i] & (capacity - 1);
            while (slots[at]) at = (at + 1) & (capacity - 1);
            slots[at] = set->slots[i];
        }
        fs_free(set->slots);
        set->slots = slots;
        set->capacity = capacity;
    }
    size_t at = (size_t)step & (set->capacity - 1);
    while (set->slots[at]) at = (at + 1) & (set->capacity - 1);
    set->slots[at] = step;
    set->count++;
    return true;
}

/* ---- spans ---- */

fs_status stack_thread_spans(const stack_reader *reader, stack_thread *thread, bool with_frames,
                             flame_span **spans, size_t *count, size_t *capacity, fs_error *error)
{
    size_t need = *count + 2;
    if (with_frames) {
        if (!gather_lay_out(&thread->frames, SPANS_BYTES) || !gather_lay_out(&thread->evidence, SPANS_BYTES))
            return fs_fail_memory(error, "reading stacks", SPANS_BYTES);
        need += 2 * thread->frames.span_count + thread->evidence.span_count;
    }
    if (!FS_GROW(*spans, *capacity, need)) return fs_fail_memory(error, "reading stacks", 0);
    flame_span *out = *spans + *count;
    if (with_frames) {
        out += gather_spans(&thread->frames, 0, out);
        out += gather_spans(&thread->evidence, 0, out);
    }
    *out++ = (flame_span){.address = thread->state, .bytes = thread->block, .length = reader->block_size};
    if (with_frames && thread->cframe)
        *out++ = (flame_span){.address = thread->cframe + reader->layout->thread.through_cframe,
                              .bytes = thread->detour,
                              .length = sizeof thread->detour};
    if (with_frames) out += gather_spans(&thread->frames, 1, out);
    *count = (size_t)(out - *spans);
    return FS_OK;
}

bool stack_thread_unreadable(stack_thread *thread, uint64_t address, uint64_t length)
{
    if (address == thread->state) return false;
    gather_drop(&thread->frames, address, length);
    gather_drop(&thread->evidence, address, length);
    thread->cframe = 0; /* read the thread state for it again */
    return true;
}

/* ---- walking ---- */

typedef struct header {
    uint64_t previous, code, counter;
    uint8_t owner;
} header;

static header parse(const python_layout *layout, const uint8_t *frame)
{
    header out = {.previous = load_64(frame + layout->frame.previous),
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

/* On the interpreter's data stack frames lie one after the other, and a waiting one does not change at all.
 */
static bool on_data_stack(const python_layout *layout, const header *frame)
{
    return layout->frame.owner != PYTHON_ABSENT && frame->owner == 0;
}

enum { SLOTS = 128 }; /* bytes of a frame object's locals and value stack that are compared */

/* How much of a frame is read: all that is looked at, of a frame object's slots only those on the page where
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

static bool want_frame(stack_reader *reader, stack_thread *thread, uint64_t address, bool top, bool stacked)
{
    uint32_t length = frame_length(reader->layout, address);
    if (top && stacked) {
        /* Chunks of the data stack are made of whole pages. */
        uint64_t room = (address + length + PAGE - 1) / PAGE * PAGE - (address + length);
        length += room < AHEAD ? (uint32_t)room : AHEAD;
    }
    return gather_add(&thread->frames, address, length, thread->now);
}

/* The frame's bytes while a chain is followed: from the page read last, or read its page. NULL: unmapped. */
static const uint8_t *follow(stack_reader *reader, uint64_t address)
{
    uint32_t size = frame_length(reader->layout, address);
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

/* Make sure that a frame's code is in the cache, and what proves it among what is read. */
static stack_outcome want_code(stack_reader *reader, stack_thread *thread, uint64_t address)
{
    code_entry *entry = code_cache_find(reader->cache, address);
    if (!entry) {
        fs_status status = code_cache_resolve(reader->cache, address, &entry, NULL);
        if (status == FS_MEMORY) return STACK_MEMORY;
        if (status != FS_OK) return STACK_CODE;
    }
    return code_cache_ask(entry, &thread->evidence, thread->now) ? STACK_OK : STACK_MEMORY;
}

/* Follow the chain from `frame` on, adding what it is made of to what will be read. */
static stack_outcome explore(stack_reader *reader, stack_thread *thread, uint64_t frame)
{
    const python_layout *layout = reader->layout;
    stack_outcome outcome = STACK_AGAIN;
    bool top = true;
    reader->page = 0;
    for (uint32_t depth = 0; frame; depth++, top = false) {
        if (depth > reader->max_depth) return STACK_DEEP;
        const uint8_t *bytes = follow(reader, frame);
        if (!bytes) return STACK_UNMAPPED;
        header at = parse(layout, bytes);
        if (!want_frame(reader, thread, frame, top, on_data_stack(layout, &at))) return STACK_MEMORY;
        if (at.owner < layout->frame.shown_owners) {
            /* Reading code objects takes a while; the chain moves on meanwhile, so it only says what may be
             * of use. */
            stack_outcome found = want_code(reader, thread, at.code);
            if (found == STACK_MEMORY) return found;
            if (found != STACK_OK) outcome = STACK_TORN;
        }
        if (at.previous == frame) return STACK_TORN;
        frame = at.previous;
    }
    return outcome;
}

/* Is the entry what the frame runs? */
static stack_outcome believe(stack_reader *reader, stack_thread *thread, code_entry *entry, uint64_t witness,
                             uint64_t witness_before, bool has_before, bool *asked)
{
    bool counted = reader->layout->interpreter.witness != PYTHON_ABSENT;
    if (counted && entry->proved && entry->witness == witness &&
        entry->interpreter == thread->interpreter_index)
        return STACK_OK;
    if (entry->checked == reader->serial) return STACK_OK;
    switch (code_cache_prove(entry, &thread->evidence)) {
    case CODE_PROVED:
        entry->checked = reader->serial;
        *asked = true;
        if (counted && has_before) {
            entry->proved = true;
            entry->witness = witness_before;
            entry->interpreter = thread->interpreter_index;
        }
        return STACK_OK;
    case CODE_NOT_READ:
        *asked = true;
        return code_cache_ask(entry, &thread->evidence, thread->now) ? STACK_AGAIN : STACK_MEMORY;
    default:
        break;
    }
    *asked = true;
    fs_status status = code_cache_resolve(reader->cache, entry->address, &entry, NULL);
    if (status == FS_MEMORY) return STACK_MEMORY;
    if (status != FS_OK) return STACK_TORN;
    return code_cache_ask(entry, &thread->evidence, thread->now) ? STACK_AGAIN : STACK_MEMORY;
}

typedef struct walk {
    uint64_t witness, witness_before;
    bool has_before;
    bool asked;      /* some code needed more than the counter */
    bool familiar;   /* the chain is that of the last walk */
    int64_t changed; /* index of the outermost shown frame that is not what it was there; -1: none */
    bool root_moved;
    bool root_suspends; /* the outermost frame is a generator's or coroutine's */
    int64_t moved;      /* index of the outermost shown frame that differs between the copies; -1: none */
    bool code_moved;    /* something failed that a torn reading explains */
} walk;

/* Walk the chain in one of the copies. */
static stack_outcome walk_copy(stack_reader *reader, stack_thread *thread, uint64_t top, unsigned copy,
                               walk *state)
{
    const python_layout *layout = reader->layout;
    size_t hint = 0, raw = 0;
    uint64_t child = 0;
    bool child_stacked = false;
    stack_outcome result = STACK_OK;
    size_t here = (size_t)copy * thread->frames.size, other = (size_t)(1 - copy) * thread->frames.size;
    thread->depth = 0;
    state->moved = state->changed = -1;
    state->familiar = true;
    for (uint64_t frame = top; frame; raw++) {
        if (raw > reader->max_depth) return STACK_DEEP;
        uint32_t length = frame_length(layout, frame);
        const uint8_t *bytes = gather_find(&thread->frames, frame, length, &hint);
        if (!bytes) return STACK_AGAIN;
        header at = parse(layout, bytes + here), twin = parse(layout, bytes + other);
        bool stacked = on_data_stack(layout, &at);
        bool same = at.previous == twin.previous && at.code == twin.code && at.owner == twin.owner &&
                    (raw == 0 || at.counter == twin.counter);
        if (same && raw && stacked && child_stacked && child > frame && child - frame <= SUSPENDED_MOST) {
            size_t gap_hint = hint;
            const uint8_t *all = gather_find(&thread->frames, frame, child - frame, &gap_hint);
            if (all) same = memcmp(all + here, all + other, (size_t)(child - frame)) == 0;
        }
        if (same && raw && layout->frame.slots != PYTHON_ABSENT)
            same = same_slots(layout, bytes + here, bytes + other, length);
        if (!FS_GROW(thread->chain, thread->chain_capacity, raw + 1)) return STACK_MEMORY;
        if (raw >= thread->chain_count || thread->chain[raw] != frame) state->familiar = false;
        thread->chain[raw] = frame;
        if (!same) state->moved = thread->depth; /* of the next shown frame: outward of all before */
        state->root_moved = !same;
        if (at.owner < layout->frame.shown_owners) {
            code_entry *entry = code_cache_find(reader->cache, at.code);
            if (!entry) {
                stack_outcome found = want_code(reader, thread, at.code);
                if (found == STACK_MEMORY) return found;
                if (found != STACK_OK) return same ? STACK_CODE : STACK_TORN;
                result = STACK_AGAIN;
            } else {
                stack_outcome found = believe(reader, thread, entry, state->witness, state->witness_before,
                                              state->has_before, &state->asked);
                if (found == STACK_AGAIN)
                    result = STACK_AGAIN;
                else if (found != STACK_OK)
                    return found;
                state->root_suspends = entry->suspends;
                int64_t offset;
                if (!offset_in_code(layout, at.code, at.counter, entry->code_bytes, &offset))
                    return STACK_TORN;
                if (!FS_GROW(thread->out, thread->out_capacity, thread->depth + 1)) return STACK_MEMORY;
                uint32_t instruction = offset < 0 ? 0 : (uint32_t)offset;
                flame_frame *out = &thread->out[thread->depth];
                if (thread->depth >= thread->settled || out->code != entry->id ||
                    out->instruction != instruction)
                    state->changed = thread->depth;
                *out = (flame_frame){.code = entry->id,
                                     .line = code_line(&reader->cache->bodies[entry->id], offset),
                                     .instruction = instruction};
                thread->depth++;
            }
        }
        if (at.previous == frame || at.owner >= layout->frame.owners) return STACK_TORN;
        child = frame;
        child_stacked = stacked;
        frame = at.previous;
    }
    if (raw != thread->chain_count) state->familiar = false;
    thread->chain_count = raw;
    return result;
}

/* Frames moved: may the stack be believed all the same? Every step among the moved frames must be known, and
 * the chain must end in a frame that did not move: one that returns or yields loses its link to its caller.
 */
static bool acceptable(const stack_reader *reader, const stack_thread *thread, const walk *state)
{
    if (state->moved < 0) return true;
    if (state->root_moved) return false;
    for (uint32_t i = 0; i + 1 < thread->depth && (int64_t)i <= state->moved; i++)
        if (!step_known(&reader->steps, step_of(&thread->out[i + 1], &thread->out[i]))) return false;
    return true;
}

/* The end of the chain counts as a step too: nobody calls this. A generator that has just yielded looks like
 * such an end. */
static uint64_t step_at(const stack_thread *thread, uint32_t i)
{
    static const flame_frame nobody = {.code = UINT32_MAX};
    return step_of(i + 1 < thread->depth ? &thread->out[i + 1] : &nobody, &thread->out[i]);
}

/* The stack did not move. Are its steps known? A new one could be the work of chance in a program that
 * changes and changes back faster than it can be read, so it is believed when several readings in a row
 * agree. */
static stack_outcome confirm(stack_reader *reader, stack_thread *thread, const walk *state)
{
    enum { AGREE = 3 };
    /* Steps between frames that are what they were in the last stack that was confirmed are known. */
    int64_t last = thread->settled == thread->depth ? state->changed : (int64_t)thread->depth - 1;
    bool known = true;
    for (uint32_t i = 0; i < thread->depth && i <= last && known; i++)
        known = step_known(&reader->steps, step_at(thread, i));
    thread->settled = 0;
    if (!known) {
        uint64_t all = 1;
        for (uint32_t i = 0; i < thread->depth; i++) all = (all ^ step_at(thread, i)) * 0x9E3779B97F4A7C15U;
        thread->agreed = all == thread->candidate ? thread->agreed + 1 : 1;
        thread->candidate = all;
        if (thread->agreed < AGREE) return thread->agreed == 1 ? STACK_TORN : STACK_AGAIN;
        for (uint32_t i = 0; i < thread->depth; i++)
            if (!step_add(&reader->steps, step_at(thread, i))) return STACK_MEMORY;
    }
    thread->candidate = 0;
    thread->settled = thread->depth;
    return STACK_OK;
}

/* A generator that yields loses the link to its caller a moment before it stops being the top frame; should
 * the thread lose its processor then, every reading agrees for as long. So a stack that ends in a generator
 * is believed only when the thread has had no other for a while (a compiled program drives its coroutines
 * from outside Python). */
static bool orphaned(stack_thread *thread, const walk *state)
{
    const uint64_t while_nanoseconds = 300000000;
    if (!state->root_suspends) {
        thread->orphan_since = 0;
        return false;
    }
    uint64_t now = fs_clock_nanoseconds();
    if (!thread->orphan_since) thread->orphan_since = now;
    return now - thread->orphan_since < while_nanoseconds;
}

static uint64_t top_frame(const stack_reader *reader, stack_thread *thread, stack_outcome *outcome)
{
    const python_layout *layout = reader->layout;
    uint64_t frame = load_64(thread->block + layout->thread.frame);
    *outcome = STACK_OK;
    if (layout->thread.through_cframe == PYTHON_ABSENT || !frame) return frame;
    if (frame != thread->cframe) {
        thread->cframe = frame;
        *outcome = STACK_AGAIN;
        return 0;
    }
    uint64_t top = load_64(thread->detour);
    /* No frame at all: so it is when the _PyCFrame is the one inside the thread state, which stands for no
     * evaluation; another is just being set up. */
    if (!top && frame - thread->state >= STACK_BLOCK) *outcome = STACK_TORN;
    return top;
}

/* Keep what is read small: drop frames and evidence that no walk has needed for a while. */
static bool tidy(stack_thread *thread, bool familiar, bool asked, const stack_reader *reader)
{
    if (!familiar) {
        thread->now++;
        for (size_t i = 0; i < thread->chain_count; i++)
            if (!gather_add(&thread->frames, thread->chain[i], frame_length(reader->layout, thread->chain[i]),
                            thread->now))
                return false;
        if (thread->frames.piece_count > 2 * thread->chain_count + 16)
            gather_age(&thread->frames, thread->now - 8);
    }
    thread->quiet = asked ? 0 : thread->quiet + 1;
    thread->gathered++;
    /* A deep stack of the past (imports, as a program starts) leaves far more than this one needs; what it
     * does need is added again by the next walk that asks. */
    bool far_more = thread->gathered >= 64 && thread->evidence.piece_count > 4 * thread->chain_count + 32;
    if ((thread->quiet == 64 || far_more) && thread->evidence.piece_count) {
        thread->gathered = 0;
        thread->evidence.piece_count = 0;
        thread->evidence.dirty = true;
    }
    return true;
}

stack_outcome stack_thread_evaluate(stack_reader *reader, stack_thread *thread, uint64_t witness,
                                    uint64_t witness_before, bool has_before)
{
    const python_layout *layout = reader->layout;
    stack_outcome outcome;
    thread->depth = 0;
    if (load_64(thread->block + layout->thread.interpreter) != thread->interpreter) return STACK_FOREIGN;
    uint64_t top = top_frame(reader, thread, &outcome);
    if (outcome != STACK_OK) return outcome;
    if (!top) return STACK_OK;
    walk state = {.witness = witness, .witness_before = witness_before, .has_before = has_before};
    reader->serial++;
    outcome = walk_copy(reader, thread, top, 1, &state);
    if (outcome == STACK_OK && state.moved < 0) {
        outcome = confirm(reader, thread, &state);
        if (outcome != STACK_OK) return outcome;
    } else {
        thread->settled = 0;
        if (outcome == STACK_OK && !acceptable(reader, thread, &state)) outcome = STACK_TORN;
        if (outcome == STACK_TORN) {
            outcome = walk_copy(reader, thread, top, 0, &state);
            if (outcome == STACK_OK && (state.moved < 0 || !acceptable(reader, thread, &state)))
                outcome = STACK_TORN;
        }
    }
    if (outcome == STACK_OK && orphaned(thread, &state)) outcome = STACK_TORN;
    if (outcome == STACK_OK && !tidy(thread, state.familiar, state.asked, reader)) return STACK_MEMORY;
    if (outcome != STACK_AGAIN) return outcome;
    thread->now++;
    return explore(reader, thread, top);
}
