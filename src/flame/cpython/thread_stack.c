#include "thread_stack.h"

#include "clock.h"
#include "memory.h"

#include <errno.h>
#include <string.h>

enum {
    PAGE = 4096,
    AHEAD = 384,              /* bytes past the top frame that are read too: the next call's frame */
    SPANS_BYTES = 64 << 20,   /* of frames of one thread */
    SUSPENDED_MOST = 1 << 16, /* bytes of one waiting frame that are compared */
    INNER = 4,                /* frames from the top on that are read twice where others need not be */
    DEMOTE_FROM = 8,          /* where a frame that was among them no longer is */
    CONTEXT = 3,              /* frames above a callee that make it another callee */
    AGREE = 5,                /* readings in a row after which a new step is believed */
    AGREE_COMBINED = 2,       /* the same when each step by itself is known */
    STAGGER = 8,              /* pauses within a reading, at most, each as long as a span takes */
    LINKS_MENDED = 16,        /* remembered links that one stack may have */
    LINKS = 256               /* frames of a thread whose callers are remembered; a power of 2 */
};

void stack_reader_init(stack_reader *reader, const flame_reader *memory, const python_layout *layout,
                       code_cache *cache, uint32_t max_depth)
{
    *reader = (stack_reader){.reader = memory, .layout = layout, .cache = cache, .max_depth = max_depth};
    fs_random_init(&reader->random, 1);
    uint32_t fields[] = {layout->thread.previous, layout->thread.next,  layout->thread.interpreter,
                         layout->thread.frame,    layout->thread.ident, layout->thread.native,
                         layout->thread.status};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i] != PYTHON_ABSENT && fields[i] + 8 > reader->block_size && fields[i] + 8 <= STACK_BLOCK)
            reader->block_size = fields[i] + 8;
}

void stack_reader_fini(stack_reader *reader)
{
    call_sites_fini(&reader->sites);
}

void stack_thread_init(stack_thread *thread, uint64_t state, uint64_t interpreter)
{
    *thread = (stack_thread){.state = state, .interpreter = interpreter};
    gather_init(&thread->frames, 2);
    gather_init(&thread->evidence, 1);
    gather_init(&thread->cframes, 1);
}

void stack_thread_fini(stack_thread *thread)
{
    gather_fini(&thread->frames);
    gather_fini(&thread->evidence);
    gather_fini(&thread->cframes);
    fs_free(thread->chain);
    fs_free(thread->links);
    fs_free(thread->out);
    fs_free(thread->kept);
}

void stack_thread_begin(stack_thread *thread)
{
    thread->wanted = thread->strange = thread->guessed = false;
    thread->wanted_code = UINT32_MAX;
    thread->wanted_cframe = 0;
}

void stack_thread_swap(stack_thread *thread)
{
    flame_frame *frames = thread->out;
    size_t capacity = thread->out_capacity;
    uint32_t depth = thread->depth;
    thread->out = thread->kept;
    thread->out_capacity = thread->kept_capacity;
    thread->depth = thread->kept_depth;
    thread->kept = frames;
    thread->kept_capacity = capacity;
    thread->kept_depth = depth;
    thread->settled = 0;
}

/* ---- steps ---- */

/* Step i is that from frame i + 1 to frame i. The end of the chain counts as one too: nobody calls that
 * frame. A generator that has just yielded looks like such an end. */
static flame_frame caller_of(const stack_thread *thread, uint32_t i)
{
    return i + 1 < thread->depth ? thread->out[i + 1] : (flame_frame){.code = CALL_SITES_NOBODY};
}

/* What step i calls, as a number: the frame's code, and what that has called in turn, up to `context` frames.
 * A wrapper that all kinds of functions go through is another thing for each of them. */
static uint64_t called(const stack_thread *thread, uint32_t i, uint32_t context)
{
    uint32_t from = i > context ? i - context : 0;
    uint64_t all = thread->out[from].code;
    for (uint32_t k = from + 1; k <= i; k++) {
        all = (all ^ thread->out[k].instruction) * 0xBF58476D1CE4E5B9U;
        all = ((all ^ all >> 29) + thread->out[k].code) * 0x9E3779B97F4A7C15U;
        all ^= all >> 32;
    }
    return all;
}

/* How much of the context counts: nothing of it for a frame that nobody calls. */
static uint32_t context_of(const stack_thread *thread, uint32_t i)
{
    return i + 1 < thread->depth ? CONTEXT : 0;
}

static bool step_known_with(const stack_reader *reader, const stack_thread *thread, uint32_t i,
                            uint32_t context)
{
    flame_frame caller = caller_of(thread, i);
    return call_sites_known(&reader->sites, caller.code, caller.instruction, called(thread, i, context));
}

static bool step_known(const stack_reader *reader, const stack_thread *thread, uint32_t i)
{
    return step_known_with(reader, thread, i, context_of(thread, i));
}

/* Before a callee was called its caller was on top: so the step is known with less of the context too. */
static bool learn_step(stack_reader *reader, const stack_thread *thread, uint32_t i)
{
    flame_frame caller = caller_of(thread, i);
    bool known = true;
    for (uint32_t context = 0; context <= context_of(thread, i) && known; context++)
        known = (context > i) ||
                call_sites_add(&reader->sites, caller.code, caller.instruction, called(thread, i, context));
    return known;
}

/* The stack as a number. */
static uint64_t hash_stack(const stack_thread *thread)
{
    uint64_t all = 1;
    for (uint32_t i = 0; i < thread->depth; i++) {
        all = (all ^ thread->out[i].code) * 0x9E3779B97F4A7C15U;
        if (i > 0) all = (all ^ thread->out[i].instruction) * 0xBF58476D1CE4E5B9U;
        all ^= all >> 29;
    }
    return all;
}

/* ---- links ---- */

static frame_link *link_of(const stack_thread *thread, uint64_t frame)
{
    return &thread->links[(frame >> 3) * 0x9E3779B97F4A7C15U >> 40 & (LINKS - 1)];
}

/* Who called this frame when it said so last; 0: not known. */
static uint64_t remembered_caller(const stack_thread *thread, uint64_t frame, uint64_t code)
{
    if (!thread->links) return 0;
    const frame_link *link = link_of(thread, frame);
    return link->frame == frame && link->code == code ? link->caller : 0;
}

/* ---- spans ---- */

fs_status stack_thread_spans(const stack_reader *reader, stack_thread *thread, bool with_frames,
                             flame_span **spans, size_t *count, size_t *capacity, fs_error *error)
{
    size_t need = *count + 2 + thread->stagger[0] + thread->stagger[1];
    if (with_frames) {
        if (!gather_lay_out(&thread->frames, SPANS_BYTES) ||
            !gather_lay_out(&thread->evidence, SPANS_BYTES) || !gather_lay_out(&thread->cframes, SPANS_BYTES))
            return fs_fail_memory(error, "reading stacks", SPANS_BYTES);
        need += 2 * thread->frames.span_count + thread->evidence.span_count + thread->cframes.span_count;
    }
    if (!FS_GROW(*spans, *capacity, need)) return fs_fail_memory(error, "reading stacks", 0);
    flame_span *out = *spans + *count;
    flame_span idle = {.address = thread->state, .bytes = thread->unused, .length = sizeof thread->unused};
    if (with_frames) {
        out += gather_spans(&thread->frames, 0, false, out);
        out += gather_spans(&thread->evidence, 0, false, out);
        for (uint32_t i = 0; i < thread->stagger[0]; i++) *out++ = idle;
    }
    *out++ = (flame_span){.address = thread->state, .bytes = thread->block, .length = reader->block_size};
    if (with_frames) out += gather_spans(&thread->cframes, 0, false, out);
    if (with_frames) out += gather_spans(&thread->frames, 1, true, out);
    for (uint32_t i = 0; with_frames && i < thread->stagger[1]; i++) *out++ = idle;
    if (with_frames) out += gather_spans(&thread->frames, 1, false, out);
    *count = (size_t)(out - *spans);
    return FS_OK;
}

size_t stack_thread_span_count(const stack_thread *thread)
{
    return 1 + 2 * thread->frames.span_count - thread->frames.once_count + thread->evidence.span_count +
           thread->cframes.span_count + thread->stagger[0] + thread->stagger[1];
}

bool stack_thread_unreadable(stack_thread *thread, uint64_t address, uint64_t length)
{
    if (address == thread->state) return false;
    gather_drop(&thread->frames, address, length);
    gather_drop(&thread->evidence, address, length);
    gather_drop(&thread->cframes, address, length);
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

/* On the data stack all frames come in a span or two anyway. */
static bool reads_twice(const python_layout *layout)
{
    return layout->frame.owner != PYTHON_ABSENT;
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

/* `raw` counts from the top. */
static bool want_frame(const stack_reader *reader, stack_thread *thread, uint64_t address, size_t raw,
                       bool stacked)
{
    uint32_t length = frame_length(reader->layout, address);
    if (raw >= INNER && !reads_twice(reader->layout))
        return gather_add_once(&thread->frames, address, length, thread->now, raw >= DEMOTE_FROM);
    if (raw == 0 && stacked) {
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
    reader->page = 0;
    for (uint32_t depth = 0; frame; depth++) {
        if (depth > reader->max_depth) return STACK_DEEP;
        const uint8_t *bytes = follow(reader, frame);
        if (!bytes) return STACK_UNMAPPED;
        header at = parse(layout, bytes);
        if (!want_frame(reader, thread, frame, depth, on_data_stack(layout, &at))) return STACK_MEMORY;
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
    bool asked;         /* some code needed more than the counter */
    int64_t changed;    /* index of the outermost shown frame that is not what it was there; -1: none */
    bool root_moved;    /* the outermost frame is another, or has another link, in the other copy */
    bool root_suspends; /* the outermost frame is a generator's or coroutine's */
    int64_t moved;      /* index of the outermost shown frame that differs between the copies; -1: none */
    uint32_t top_code;  /* id of the innermost shown frame's; UINT32_MAX: not known */
    bool entering;      /* the top frame is one of the interpreter's own */
    uint32_t mends;     /* links that were put back: what lies beyond may be of the past */
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
    state->mends = 0;
    state->top_code = UINT32_MAX;
    for (uint64_t frame = top; frame; raw++) {
        if (raw > reader->max_depth) return STACK_DEEP;
        uint32_t length = frame_length(layout, frame);
        const uint8_t *bytes = gather_find(&thread->frames, frame, length, &hint);
        if (!bytes) return STACK_AGAIN;
        if (raw < INNER && thread->frames.spans[hint].once) return STACK_AGAIN;
        header at = parse(layout, bytes + here), twin = parse(layout, bytes + other);
        bool stacked = on_data_stack(layout, &at);
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
                if (thread->depth == 0 && result == STACK_OK) state->top_code = entry->id;
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
                if (!at.previous && !call_sites_known(&reader->sites, CALL_SITES_NOBODY, 0, entry->id)) {
                    at.previous = remembered_caller(thread, frame, at.code);
                    if (at.previous) {
                        /* Links of different moments may lead round in a circle. */
                        if (++state->mends > LINKS_MENDED) return STACK_TORN;
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

/* Has the frame, of those that are read once, stood there unexplained before? Then it has not moved. */
static bool stood_there(stack_thread *thread, uint32_t i)
{
    uint64_t doubt = (thread->chain[i] ^ thread->out[i].instruction) * 0x9E3779B97F4A7C15U;
    bool before = doubt == thread->doubt;
    thread->doubt = doubt;
    return before;
}

/* Frames moved: may the stack be believed all the same? Every step among the moved frames must be known, and
 * among those that were read once: had one of the innermost returned, they would not have waited. With
 * `guess`, a caller that has moved is put to where it is known to call its callee from. */
static bool explained(const stack_reader *reader, stack_thread *thread, const walk *state, bool guess)
{
    bool twice = reads_twice(reader->layout);
    int64_t last = twice && !state->mends ? state->moved + CONTEXT : (int64_t)thread->depth;
    if (state->root_moved || !thread->depth || !step_known(reader, thread, thread->depth - 1)) return false;
    for (uint32_t i = 0; i + 1 < thread->depth && (int64_t)i <= last; i++) {
        if (step_known(reader, thread, i)) continue;
        flame_frame *caller = &thread->out[i + 1];
        thread->strange = true;
        if (!guess) return false;
        if ((int64_t)i >= state->moved && (twice || i + 1 < INNER || stood_there(thread, i + 1)))
            return false;
        if (!call_sites_near(&reader->sites, caller->code, caller->instruction, called(thread, i, CONTEXT),
                             &caller->instruction))
            return false;
        caller->line = code_line(&reader->cache->bodies[caller->code], caller->instruction);
    }
    thread->guessed = guess;
    return true;
}

/* The stack did not move. Are its steps known? A new one could be the work of chance in a program that
 * changes and changes back faster than it can be read, so it is believed when several readings in a row
 * agree, or the thread is known to have stood still. Never when the top frame is the interpreter's own: 3.12
 * makes that the top, for some nanoseconds, before it says who called it. */
static stack_outcome confirm(stack_reader *reader, stack_thread *thread, const walk *state)
{
    /* Steps between frames that are what they were in the last stack that was confirmed are known. */
    int64_t last = thread->settled == thread->depth ? state->changed + CONTEXT : (int64_t)thread->depth - 1;
    bool known = true;
    for (uint32_t i = 0; i < thread->depth && i <= last && known; i++) known = step_known(reader, thread, i);
    thread->settled = 0;
    if (!known) {
        thread->strange = true;
        if (state->entering) return STACK_TORN;
        /* Where only the combination of steps is new, less could be chance. */
        uint32_t agree = AGREE_COMBINED;
        for (uint32_t i = 0; i < thread->depth && agree < AGREE; i++)
            if (!step_known_with(reader, thread, i, 0)) agree = AGREE;
        uint64_t all = hash_stack(thread);
        thread->agreed = all == thread->candidate ? thread->agreed + 1 : 1;
        thread->candidate = all;
        if (thread->agreed < agree && !reader->still) {
            for (int i = 0; i < 2; i++)
                thread->stagger[i] = (uint32_t)fs_random_below(&reader->random, STAGGER);
            return thread->agreed == 1 ? STACK_TORN : STACK_AGAIN;
        }
        for (uint32_t i = 0; i < thread->depth; i++) {
            if (!learn_step(reader, thread, i)) return STACK_MEMORY;
        }
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
    if (!top && frame - thread->state >= STACK_BLOCK) *outcome = STACK_TORN;
    return top;
}

/* Remember the callers of frames that lose their link when they are left: all but those on the data stack. */
static bool remember_links(const stack_reader *reader, stack_thread *thread)
{
    const python_layout *layout = reader->layout;
    uint64_t caller = 0;
    size_t hint = 0;
    for (size_t i = thread->chain_count; i-- > 0;) {
        uint64_t frame = thread->chain[i];
        const uint8_t *bytes = gather_find(&thread->frames, frame, layout->frame.size, &hint);
        if (!bytes) continue;
        header at = parse(layout, bytes);
        if (at.owner >= layout->frame.shown_owners) continue;
        if (caller && !on_data_stack(layout, &at)) {
            if (!thread->links) thread->links = fs_alloc_0(LINKS, sizeof *thread->links);
            if (!thread->links) return false;
            *link_of(thread, frame) = (frame_link){.frame = frame, .code = at.code, .caller = caller};
        }
        caller = frame;
    }
    return true;
}

/* Keep what is read small: drop frames and evidence that no walk has needed for a while. */
static bool tidy(stack_thread *thread, bool asked, const stack_reader *reader)
{
    if (thread->rechained) {
        thread->rechained = false;
        if (!remember_links(reader, thread)) return false;
        thread->now++;
        for (size_t i = 0; i < thread->chain_count; i++)
            if (!want_frame(reader, thread, thread->chain[i], i, false)) return false;
        if (thread->frames.piece_count > 2 * thread->chain_count + 16)
            gather_age(&thread->frames, thread->now - 16);
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

/* Does the stack have the top frame that the sample began with? The first one asked about is that. Where its
 * code is known that decides, for the next callee has the same address; otherwise the address does. */
static bool is_wanted(stack_thread *thread, uint64_t top, uint32_t code)
{
    if (!thread->wanted) {
        thread->wanted = true;
        thread->wanted_frame = top;
        thread->wanted_code = code;
    }
    return thread->wanted_code == UINT32_MAX ? top == thread->wanted_frame : code == thread->wanted_code;
}

/* 3.11, 3.12: is it the evaluation that the sample began in? Its frame is read a little later. */
static bool is_wanted_evaluation(const stack_reader *reader, stack_thread *thread)
{
    if (reader->layout->thread.through_cframe == PYTHON_ABSENT) return true;
    uint64_t cframe = load_64(thread->block + reader->layout->thread.frame);
    if (!thread->wanted_cframe) thread->wanted_cframe = cframe;
    return cframe == thread->wanted_cframe;
}

/* The second copy did not hold, or frames moved in it: what can be made of the two copies? `outcome` is that
 * of the second, which was walked last. */
static stack_outcome among_moving(stack_reader *reader, stack_thread *thread, uint64_t top, walk *state,
                                  stack_outcome outcome)
{
    thread->settled = 0;
    thread->candidate = 0;
    if (outcome != STACK_OK && outcome != STACK_TORN) return outcome;
    if (outcome == STACK_OK && explained(reader, thread, state, false)) return STACK_OK;
    static const struct {
        unsigned copy;
        bool guess;
    } ways[] = {{0, false}, {1, true}, {0, true}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        outcome = walk_copy(reader, thread, top, ways[i].copy, state);
        if (outcome == STACK_OK && state->moved >= 0 && explained(reader, thread, state, ways[i].guess))
            return STACK_OK;
        if (outcome == STACK_MEMORY) return outcome;
    }
    return STACK_TORN;
}

stack_outcome stack_thread_evaluate(stack_reader *reader, stack_thread *thread, uint64_t witness,
                                    uint64_t witness_before, bool has_before)
{
    const python_layout *layout = reader->layout;
    stack_outcome outcome;
    thread->depth = 0;
    thread->guessed = false;
    thread->stagger[0] = thread->stagger[1] = 0;
    if (load_64(thread->block + layout->thread.interpreter) != thread->interpreter) return STACK_FOREIGN;
    uint64_t top = top_frame(reader, thread, &outcome);
    if (outcome != STACK_OK) return outcome;
    if (!top) return is_wanted(thread, 0, UINT32_MAX) ? STACK_OK : STACK_OTHER;
    walk state = {.witness = witness, .witness_before = witness_before, .has_before = has_before};
    reader->serial++;
    bool same_evaluation = is_wanted_evaluation(reader, thread);
    outcome = walk_copy(reader, thread, top, 1, &state);
    /* 3.12: between two readings of memory that name the top frame the evaluation has ended or begun. */
    if (outcome == STACK_OK && state.entering && layout->thread.through_cframe != PYTHON_ABSENT)
        return STACK_OTHER;
    uint32_t code = state.top_code;
    if (outcome == STACK_OK && orphaned(thread, &state)) return STACK_TORN;
    if (outcome == STACK_OK && state.moved < 0) {
        outcome = confirm(reader, thread, &state);
        if (outcome != STACK_OK) {
            if (!state.entering) is_wanted(thread, top, code);
            return outcome;
        }
    } else if (outcome != STACK_AGAIN) {
        outcome = among_moving(reader, thread, top, &state, outcome);
        if (outcome == STACK_OK && orphaned(thread, &state)) return STACK_TORN;
        if (outcome == STACK_OK) code = state.top_code;
    }
    bool expected = is_wanted(thread, top, code) && same_evaluation;
    if (outcome == STACK_OK && !expected) return STACK_OTHER;
    if (outcome == STACK_OK && !tidy(thread, state.asked, reader)) return STACK_MEMORY;
    if (outcome != STACK_AGAIN) return outcome;
    thread->now++;
    return explore(reader, thread, top);
}
