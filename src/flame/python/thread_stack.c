#include "thread_stack_private.h"

#include "clock.h"
#include "memory.h"

#include <string.h>

enum {
    SPANS_BYTES = 64 << 20, /* of frames of one thread */
    DEPTH_LEAST = 64,       /* frames that are tried where more take too much memory */
    AGREE = 5,              /* readings in a row after which a new step is believed */
    AGREE_COMBINED = 2,     /* the same when each step by itself is known */
    SPARE = 16,             /* frames of the past that are read too: many a one comes back */
    SPARE_AGE = 12,         /* stacks taken since, after which a frame is of the past */
    SPARE_LOST = 4 * SPARE, /* the same as SPARE of a thread of which no stack can be taken, */
    LOST_MOST = 4096,       /* ... of which no frame of the past is kept beyond so many */
    QUIET = 64,             /* readings that needed no validation, after which nothing is read for it */
    STAGGER = 8             /* pauses within a reading, at most, each as long as a span takes */
};

void stack_reader_init(stack_reader *reader, const flame_reader *memory, const python_layout *layout,
                       code_cache *cache, uint32_t max_depth)
{
    *reader = (stack_reader){.reader = memory, .layout = layout, .cache = cache, .max_depth = max_depth};
    reader->repairs = true;
    fs_random_init(&reader->random, 1);
    uint32_t fields[] = {layout->thread.previous, layout->thread.next,  layout->thread.interpreter,
                         layout->thread.frame,    layout->thread.ident, layout->thread.native,
                         layout->thread.serial,   layout->thread.status};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i] != PYTHON_ABSENT && fields[i] + 8 > reader->block_size)
            reader->block_size = fields[i] + 8;
}

void stack_reader_fini(stack_reader *reader)
{
    fs_free(reader->spans);
    call_sites_fini(&reader->sites);
}

void stack_thread_init(stack_thread *thread, uint64_t state, uint64_t interpreter)
{
    *thread = (stack_thread){.state = state, .interpreter = interpreter};
    gather_init(&thread->frames, 2);
    gather_init(&thread->validation, 1);
    gather_init(&thread->cframes, 1);
}

void stack_thread_fini(stack_thread *thread)
{
    gather_fini(&thread->frames);
    gather_fini(&thread->validation);
    gather_fini(&thread->cframes);
    fs_free(thread->chain);
    fs_free(thread->links);
    fs_free(thread->out);
    fs_free(thread->codes);
    fs_free(thread->kept);
}

void stack_thread_forget(stack_thread *thread)
{
    links_forget(thread);
    thread->orphan_since = thread->candidate = thread->pending_hash = 0;
    thread->confirmed_depth = 0;
    thread->shorter = 0;
}

void stack_thread_begin(stack_thread *thread)
{
    thread->wanted = thread->unknown_step = thread->guessed = false;
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
    thread->confirmed_depth = 0;
}

/* ---- spans ---- */

fs_status stack_thread_spans(const stack_reader *reader, stack_thread *thread, bool with_frames,
                             flame_span **spans, size_t *count, size_t *capacity, fs_error *error)
{
    size_t need = *count + 3 + thread->stagger[0] + thread->stagger[1];
    if (with_frames) {
        if (!gather_lay_out(&thread->frames, SPANS_BYTES) ||
            !gather_lay_out(&thread->validation, SPANS_BYTES) ||
            !gather_lay_out(&thread->cframes, SPANS_BYTES))
            return fs_fail_memory(error, "reading stacks", SPANS_BYTES);
        need += 2 * thread->frames.span_count + thread->validation.span_count + thread->cframes.span_count;
    }
    if (!FS_GROW(*spans, *capacity, need)) return fs_fail_memory(error, "reading stacks", 0);
    flame_span *out = *spans + *count;
    flame_span idle = {.address = thread->state, .bytes = thread->unused, .length = sizeof thread->unused};
    thread->has_first = with_frames && reader->ask_first;
    if (thread->has_first)
        *out++ = (flame_span){.address = thread->state + reader->layout->thread.frame,
                              .bytes = thread->first,
                              .length = sizeof thread->first};
    if (with_frames) {
        out += gather_spans(&thread->frames, 0, false, out);
        for (uint32_t i = 0; i < thread->stagger[0]; i++) *out++ = idle;
    }
    *out++ = (flame_span){.address = thread->state, .bytes = thread->block, .length = reader->block_size};
    if (with_frames) out += gather_spans(&thread->cframes, 0, false, out);
    if (with_frames) out += gather_spans(&thread->frames, 1, true, out);
    for (uint32_t i = 0; with_frames && i < thread->stagger[1]; i++) *out++ = idle;
    if (with_frames) out += gather_spans(&thread->frames, 1, false, out);
    if (with_frames) out += gather_spans(&thread->validation, 0, false, out);
    *count = (size_t)(out - *spans);
    return FS_OK;
}

size_t stack_thread_span_count(const stack_thread *thread)
{
    return 1 + thread->has_first + 2 * thread->frames.span_count - thread->frames.once_count +
           thread->validation.span_count + thread->cframes.span_count + thread->stagger[0] +
           thread->stagger[1];
}

void stack_thread_unreadable(stack_thread *thread, uint64_t address, uint64_t length)
{
    gather_drop(&thread->frames, address, length);
    gather_drop(&thread->validation, address, length);
    gather_drop(&thread->cframes, address, length);
}

/* ---- what may be believed ---- */

/* Has the frame, of those that are read once, stood there unexplained before? Then it has not moved. */
static bool was_pending(stack_thread *thread, uint32_t i)
{
    uint64_t hash = (thread->chain[i] ^ thread->out[i].instruction) * 0x9E3779B97F4A7C15U;
    bool before = hash == thread->pending_hash;
    thread->pending_hash = hash;
    return before;
}

/* Frames moved: may the stack be believed all the same? Every step among the moved frames must be known, and
 * among those that were read once: had one of the innermost returned, they would not have waited. With
 * `guess`, a caller that has moved is put to where it is known to call its callee from. */
static bool explained(const stack_reader *reader, stack_thread *thread, const stack_walk *state, bool guess)
{
    bool twice = frames_read_twice(reader->layout);
    int64_t last = twice && !state->repaired ? state->moved + CONTEXT : (int64_t)thread->depth;
    if (state->root_moved || !thread->depth || !step_known(reader, thread, thread->depth - 1)) return false;
    for (uint32_t i = 0; i + 1 < thread->depth && (int64_t)i <= last; i++) {
        if (step_known(reader, thread, i)) continue;
        flame_frame *caller = &thread->out[i + 1];
        thread->unknown_step = true;
        if (!guess) return false;
        if ((int64_t)i >= state->moved && (twice || i + 1 < INNER || was_pending(thread, i + 1)))
            return false;
        if (!call_sites_near(&reader->sites, caller->code, caller->instruction,
                             step_callee(thread, i, CONTEXT), &caller->instruction))
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
static stack_outcome confirm(stack_reader *reader, stack_thread *thread, const stack_walk *state)
{
    /* Steps between frames that are what they were in the last stack that was confirmed are known. */
    int64_t last =
        thread->confirmed_depth == thread->depth ? state->changed + CONTEXT : (int64_t)thread->depth - 1;
    bool known = true;
    for (uint32_t i = 0; i < thread->depth && i <= last && known; i++) known = step_known(reader, thread, i);
    thread->confirmed_depth = 0;
    if (!known) {
        thread->unknown_step = true;
        if (state->entering) return STACK_TORN;
        thread->unlearned = true;
        /* Where only the combination of steps is new, less could be chance. */
        uint32_t agree = AGREE_COMBINED;
        for (uint32_t i = 0; i < thread->depth && agree < AGREE; i++)
            if (!step_known_with(reader, thread, i, 0)) agree = AGREE;
        uint64_t all = stack_hash(thread);
        thread->agreed = all == thread->candidate ? thread->agreed + 1 : 1;
        thread->candidate = all;
        if (thread->agreed < agree && !reader->still) {
            for (int i = 0; i < 2; i++)
                thread->stagger[i] = (uint32_t)fs_random_below(&reader->random, STAGGER);
            return thread->agreed == 1 ? STACK_TORN : STACK_AGAIN;
        }
        thread->learns = true;
    }
    thread->candidate = 0;
    thread->confirmed_depth = thread->depth;
    return STACK_OK;
}

/* A generator that yields loses the link to its caller a moment before it stops being the top frame; should
 * the thread lose its processor then, every reading agrees for as long. So a stack that ends in a generator
 * is believed only when such stacks come for a while and the generator is not seen with a caller (a compiled
 * program drives its coroutines from outside Python). */
static bool orphaned(stack_thread *thread, const stack_walk *state)
{
    const uint64_t while_nanoseconds = 300000000;
    if (!state->root_suspends) {
        if (state->orphan_called) thread->orphan_since = 0;
        return false;
    }
    uint64_t now = fs_clock_nanoseconds();
    thread->orphan_code = state->root_code;
    if (!thread->orphan_since) thread->orphan_since = now;
    return now - thread->orphan_since < while_nanoseconds;
}

/* Keep what is read small: drop frames that no walk has needed for a while, and what validates code. */
static bool tidy(stack_thread *thread, bool asked, const stack_reader *reader)
{
    if (thread->rechained) {
        thread->rechained = false;
        if (!links_remember(reader, thread)) return false;
        thread->now++;
        for (size_t i = 0; i < thread->chain_count; i++)
            if (!stack_want_frame(reader, thread, thread->chain[i], i, false)) return false;
        if (thread->frames.piece_count > thread->chain_count + SPARE)
            gather_age(&thread->frames, thread->now - SPARE_AGE);
    }
    thread->quiet = asked ? 0 : thread->quiet + 1;
    bool many = thread->validation.piece_count > (CODE_SPANS + 1) * thread->chain_count + SPARE;
    if (thread->quiet == QUIET || many) gather_clear(&thread->validation);
    return true;
}

/* Id of the code that the innermost shown frame runs, from `frame` on, in the first copy; UINT32_MAX: not
 * known. */
static uint32_t code_first_seen(const stack_reader *reader, const stack_thread *thread, uint64_t frame)
{
    enum { OWN_FRAMES = 4 }; /* of the interpreter, one after the other */
    const python_layout *layout = reader->layout;
    size_t hint = 0;
    for (int i = 0; i < OWN_FRAMES && frame; i++) {
        const uint8_t *bytes = gather_find(&thread->frames, frame, layout->frame.size, &hint);
        if (!bytes) break;
        frame_header at = frame_parse(layout, bytes);
        if (at.owner < layout->frame.shown_owners) {
            const code_entry *entry = code_cache_find(reader->cache, at.code);
            return entry ? entry->id : UINT32_MAX;
        }
        frame = at.previous;
    }
    return UINT32_MAX;
}

static void note_wanted(const stack_reader *reader, stack_thread *thread)
{
    if (thread->wanted || !thread->has_first) return;
    uint64_t first = load_64(thread->first);
    if (reader->layout->thread.through_cframe != PYTHON_ABSENT) {
        if (!thread->wanted_cframe) thread->wanted_cframe = first;
        return;
    }
    thread->wanted = true;
    thread->wanted_frame = first;
    thread->wanted_code = code_first_seen(reader, thread, first);
}

/* Does the stack have the top frame that the sample began with? Where none was noted the first one asked
 * about is that. Where its code is known that decides, for the next callee has the same address; otherwise
 * the address does. */
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
static stack_outcome among_moving(stack_reader *reader, stack_thread *thread, uint64_t top, stack_walk *state,
                                  stack_outcome outcome)
{
    thread->confirmed_depth = 0;
    thread->candidate = 0;
    if (outcome != STACK_OK && outcome != STACK_TORN) return outcome;
    if (outcome == STACK_OK && explained(reader, thread, state, false)) return STACK_OK;
    static const struct {
        unsigned copy;
        bool guess;
    } ways[] = {{0, false}, {1, true}, {0, true}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        outcome = stack_walk_copy(reader, thread, top, ways[i].copy, state);
        if (outcome == STACK_OK && state->moved >= 0 && explained(reader, thread, state, ways[i].guess))
            return STACK_OK;
        if (outcome == STACK_MEMORY) return outcome;
    }
    return STACK_TORN;
}

/* Another frame is on top than was at first: the stack that hung on that one, if it makes sense in the copy
 * that was read next. Nothing says that it did not move, so every step must be known. */
static bool stood_at_first(stack_reader *reader, stack_thread *thread, uint64_t top, stack_walk *state)
{
    uint64_t first = load_64(thread->first);
    if (!thread->has_first || !first || first == top ||
        reader->layout->thread.through_cframe != PYTHON_ABSENT)
        return false;
    thread->shifted = true;
    thread->confirmed_depth = 0;
    if (stack_walk_copy(reader, thread, first, 0, state) != STACK_OK || orphaned(thread, state)) return false;
    state->moved = thread->depth;
    return explained(reader, thread, state, false) && is_wanted(thread, first, state->top_code);
}

stack_outcome stack_thread_evaluate(stack_reader *reader, stack_thread *thread, uint64_t generation,
                                    uint64_t generation_before, bool has_before)
{
    const python_layout *layout = reader->layout;
    stack_outcome outcome;
    thread->depth = 0;
    thread->guessed = thread->unlearned = thread->shifted = false;
    thread->unvalidated = thread->learns = false;
    thread->stagger[0] = thread->stagger[1] = 0;
    if (load_64(thread->block + layout->thread.interpreter) != thread->interpreter) return STACK_FOREIGN;
    if (thread->frames.overfull) {
        thread->frames.overfull = false;
        if (reader->max_depth >> thread->shorter <= DEPTH_LEAST) return STACK_DEEP;
        thread->shorter++;
        return STACK_AGAIN;
    }
    note_wanted(reader, thread);
    uint64_t top = stack_top_frame(reader, thread, &outcome);
    if (outcome != STACK_OK) return outcome;
    if (!top) return is_wanted(thread, 0, UINT32_MAX) ? STACK_OK : STACK_OTHER;
    stack_walk state = {
        .generation = generation, .generation_before = generation_before, .has_before = has_before};
    reader->serial++;
    if (stood_at_first(reader, thread, top, &state))
        return tidy(thread, state.asked, reader) ? STACK_OK : STACK_MEMORY;
    bool same_evaluation = is_wanted_evaluation(reader, thread);
    outcome = stack_walk_copy(reader, thread, top, 1, &state);
    /* 3.12: between two readings of memory that name the top frame the evaluation has ended or begun. */
    if (outcome == STACK_OK && state.entering && layout->thread.through_cframe != PYTHON_ABSENT) {
        thread->confirmed_depth = 0;
        return state.moved < 0 ? STACK_OTHER : STACK_TORN;
    }
    uint32_t code = state.top_code;
    if (outcome == STACK_OK && orphaned(thread, &state)) {
        thread->confirmed_depth = 0;
        return STACK_TORN;
    }
    if (outcome == STACK_AGAIN) thread->confirmed_depth = 0;
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
    outcome = stack_explore(reader, thread, top);
    /* Where no stack is ever taken nothing else ends this growing. */
    size_t pieces = thread->frames.piece_count;
    if (pieces > thread->chain_count + SPARE_LOST)
        gather_age(&thread->frames, thread->now - (pieces > LOST_MOST ? 0 : SPARE_AGE));
    return outcome;
}

/* A span that should validate code of the stack is no longer there: then the code is another. */
static stack_outcome span_gone(stack_reader *reader, stack_thread *thread, const flame_span *span)
{
    stack_outcome outcome = STACK_TORN;
    gather_drop(&thread->validation, span->address, span->length);
    for (size_t i = 0; i < thread->code_count; i++) {
        code_entry *entry = code_cache_find(reader->cache, thread->codes[i]);
        bool inside = false;
        for (uint32_t k = 0; entry && k < entry->span_count; k++)
            inside = inside || entry->spans[k].address - span->address < span->length;
        if (!inside) continue;
        stack_outcome renewed = stack_code_renew(reader, thread, &entry);
        if (renewed == STACK_MEMORY) return renewed;
        if (renewed == STACK_AGAIN) outcome = renewed;
    }
    return outcome;
}

/* Read the spans that validate code of the stack, where that is needed: most likely the next stack has it
 * too. */
static stack_outcome read_spans(stack_reader *reader, stack_thread *thread, uint64_t generation)
{
    gather *set = &thread->validation;
    gather_clear(set);
    for (size_t i = 0; i < thread->code_count; i++) {
        const code_entry *entry = code_cache_find(reader->cache, thread->codes[i]);
        if (!entry) return STACK_TORN;
        if (!code_still_valid(entry, thread->interpreter_index, generation) &&
            !code_cache_request(entry, set, thread->now))
            return STACK_MEMORY;
    }
    if (!gather_lay_out(set, SPANS_BYTES)) return STACK_MEMORY;
    if (!FS_GROW(reader->spans, reader->span_capacity, set->span_count)) return STACK_MEMORY;
    size_t count = gather_spans(set, 0, false, reader->spans);
    reader->calls++;
    size_t done = reader->reader->read(reader->reader->self, reader->spans, count, NULL);
    if (done == count) return STACK_OK;
    return span_gone(reader, thread, &reader->spans[done]);
}

stack_outcome stack_thread_validate(stack_reader *reader, stack_thread *thread, uint64_t generation)
{
    if (thread->unvalidated) {
        bool counted = reader->layout->interpreter.generation != PYTHON_ABSENT;
        stack_outcome outcome = read_spans(reader, thread, generation);
        for (size_t i = 0; i < thread->code_count && outcome == STACK_OK; i++) {
            code_entry *entry = code_cache_find(reader->cache, thread->codes[i]);
            if (entry->checked == reader->serial ||
                code_still_valid(entry, thread->interpreter_index, generation))
                continue;
            if (code_cache_validate(entry, &thread->validation) == CODE_VALID) {
                entry->checked = reader->serial;
                if (counted) code_set_valid(entry, thread->interpreter_index, generation);
                continue;
            }
            outcome = stack_code_renew(reader, thread, &entry);
            if (outcome == STACK_MEMORY) return outcome;
        }
        thread->unvalidated = false;
        if (outcome != STACK_OK) {
            thread->confirmed_depth = 0;
            return outcome;
        }
    }
    code_entry *entry = thread->outside ? code_cache_find(reader->cache, thread->outside) : NULL;
    thread->outside = 0;
    if (entry && code_cache_outgrown(reader->cache, entry)) return stack_code_renew(reader, thread, &entry);
    for (uint32_t i = 0; i < thread->depth && thread->learns; i++)
        if (!step_learn(reader, thread, i)) return STACK_MEMORY;
    thread->learns = false;
    return STACK_OK;
}
