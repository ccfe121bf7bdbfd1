#include "thread_stack.h"

#include "memory.h"

#include <string.h>

enum {
    SPANS_BYTES = 64 << 20, /* of frames of one thread */
    DEPTH_LEAST = 64,       /* frames that are tried where more take too much memory */
    UNCALLED_SURE = 4       /* readings in a row after which a generator that nobody called is believed */
};

void stack_reader_init(stack_reader *reader, const flame_reader *memory, const python_layout *layout,
                       uint64_t runtime, code_cache *cache, uint32_t max_depth)
{
    *reader = (stack_reader){
        .reader = memory, .layout = layout, .runtime = runtime, .cache = cache, .max_depth = max_depth};
    reader->collect_spans = 1U + (layout->interpreter.collected_from != PYTHON_ABSENT) +
                            (layout->runtime.current != PYTHON_ABSENT);
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
}

void stack_thread_init(stack_thread *thread, uint64_t state, uint64_t interpreter)
{
    *thread = (stack_thread){.state = state, .interpreter = interpreter};
    gather_init(&thread->memory.frames, 2);
    gather_init(&thread->validation.spans, 1);
}

void stack_thread_fini(stack_thread *thread)
{
    gather_fini(&thread->memory.frames);
    gather_fini(&thread->validation.spans);
    fs_free(thread->chain);
    fs_free(thread->frames);
    fs_free(thread->evaluations);
    fs_free(thread->validation.codes);
}

size_t stack_thread_bytes(const stack_thread *thread)
{
    return gather_bytes(&thread->memory.frames) + gather_bytes(&thread->validation.spans) +
           (thread->chain_capacity + thread->validation.code_capacity) * sizeof(uint64_t) +
           thread->frame_capacity * sizeof(flame_frame) +
           thread->evaluation_capacity * sizeof(flame_evaluation);
}

/* ---- spans ---- */

size_t stack_thread_span_count(const stack_reader *reader, const stack_thread *thread)
{
    return 3 + reader->collect_spans + 2 * thread->memory.frames.span_count +
           thread->validation.spans.span_count;
}

/* What tells whether it is this thread that collects garbage. */
static size_t collection_spans(const stack_reader *reader, stack_thread *thread, flame_span *out)
{
    const python_layout *layout = reader->layout;
    const uint64_t interpreter = thread->interpreter;
    stack_snapshot *memory = &thread->memory;
    size_t count = 1;
    out[0] = (flame_span){.address = layout->interpreter.collecting != PYTHON_ABSENT
                                         ? interpreter + layout->interpreter.collecting
                                         : reader->runtime + layout->runtime.collecting,
                          .bytes = memory->collecting,
                          .length = sizeof memory->collecting};
    if (layout->interpreter.collected_from != PYTHON_ABSENT)
        out[count++] = (flame_span){.address = interpreter + layout->interpreter.collected_from,
                                    .bytes = memory->collected_from,
                                    .length = sizeof memory->collected_from};
    if (layout->runtime.current != PYTHON_ABSENT)
        out[count++] = (flame_span){.address = reader->runtime + layout->runtime.current,
                                    .bytes = memory->holder,
                                    .length = sizeof memory->holder};
    return count;
}

fs_status stack_thread_spans(const stack_reader *reader, stack_thread *thread, bool with_frames,
                             flame_span **spans, size_t *count, size_t *capacity, fs_error *error)
{
    stack_snapshot *memory = &thread->memory;
    const uint64_t top = thread->state + reader->layout->thread.frame;
    if (with_frames && (!gather_lay_out(&memory->frames, SPANS_BYTES) ||
                        !gather_lay_out(&thread->validation.spans, SPANS_BYTES)))
        return fs_fail_memory(error, "reading stacks", SPANS_BYTES);
    size_t need = *count + (with_frames ? stack_thread_span_count(reader, thread) : 1);
    if (!FS_GROW(*spans, *capacity, need)) return fs_fail_memory(error, "reading stacks", 0);
    flame_span *out = *spans + *count;
    if (with_frames) {
        *out++ = (flame_span){.address = top, .bytes = memory->top[0], .length = sizeof memory->top[0]};
        out += gather_spans(&memory->frames, 0, out);
    }
    *out++ = (flame_span){.address = thread->state, .bytes = memory->block, .length = reader->block_size};
    if (with_frames) {
        out += collection_spans(reader, thread, out);
        out += gather_spans(&memory->frames, 1, out);
        *out++ = (flame_span){.address = top, .bytes = memory->top[1], .length = sizeof memory->top[1]};
        gather_spans(&thread->validation.spans, 0, out);
    }
    *count = need;
    return FS_OK;
}

void stack_thread_unreadable(stack_thread *thread, uint64_t address, uint64_t length)
{
    gather_drop(&thread->memory.frames, address, length);
    gather_drop(&thread->validation.spans, address, length);
}

/* ---- the stack ---- */

/* To 3.11 a compiled program drives its coroutines from outside Python, and every reading ends with a
 * generator that names no caller. But one that is left and entered again within a reading may seem so. */
static stack_outcome believe_uncalled(const stack_reader *reader, stack_thread *thread, uint32_t before)
{
    stack_outcome outcome = stack_check_uncalled(reader, thread);
    if (outcome != STACK_OK) return outcome;
    thread->uncalled = before < UNCALLED_SURE ? before + 1 : before;
    return thread->uncalled < UNCALLED_SURE ? STACK_TORN : STACK_OK;
}

bool stack_holds_lock(const stack_reader *reader, const stack_thread *thread)
{
    const python_layout *layout = reader->layout;
    if (layout->runtime.current != PYTHON_ABSENT) return load_64(thread->memory.holder) == thread->state;
    return (load_32(thread->memory.block + layout->thread.status) & layout->thread.active) != 0;
}

/* The frame from which the thread collects garbage; 0: it does not. To 3.14 the interpreter says only that it
 * collects: that is then what the thread does that holds its lock, on top of all its frames, unless these are
 * those of a finalizer, which the collection may have called. */
static uint64_t collects_from(const stack_reader *reader, const stack_thread *thread, uint64_t top)
{
    const python_layout *layout = reader->layout;
    const stack_snapshot *memory = &thread->memory;
    if (!load_32(memory->collecting) || reader->calls_only) return 0;
    if (layout->interpreter.collected_from != PYTHON_ABSENT) return load_64(memory->collected_from);
    if (layout->free_threaded) return 0; /* it may be any thread */
    return stack_holds_lock(reader, thread) ? top : 0;
}

void stack_drop_collection(stack_thread *thread)
{
    if (!thread->collects) return;
    thread->collects = 0;
    thread->depth--;
    memmove(thread->frames, thread->frames + 1, thread->depth * sizeof *thread->frames);
}

stack_outcome stack_thread_evaluate(stack_reader *reader, stack_thread *thread,
                                    const code_generation *generation)
{
    stack_snapshot *memory = &thread->memory;
    stack_outcome outcome;
    const uint32_t uncalled = thread->uncalled;
    thread->depth = thread->uncalled = 0;
    thread->validation.pending = false;
    thread->validation.outside = 0;
    if (load_64(memory->block + reader->layout->thread.interpreter) != thread->interpreter)
        return STACK_FOREIGN;
    if (memory->frames.overfull) {
        memory->frames.overfull = false;
        if (reader->max_depth >> memory->shorter <= DEPTH_LEAST) return STACK_DEEP;
        memory->shorter++;
        return STACK_AGAIN;
    }
    uint64_t top = stack_top_frame(reader, thread, &outcome);
    if (outcome != STACK_OK || !top) return outcome;
    stack_walk walk = {.generation = generation, .collects = collects_from(reader, thread, top)};
    reader->serial++;
    reader->copies_generation = generation->copies;
    outcome = stack_walk_chain(reader, thread, top, &walk);
    if (outcome == STACK_AGAIN) return stack_explore(reader, thread, top);
    if (outcome != STACK_OK) return outcome;
    if (thread->finalizes && reader->layout->interpreter.collected_from == PYTHON_ABSENT)
        stack_drop_collection(thread);
    if (!walk.validated || thread->validation.spans.piece_count > 2 * CODE_SPANS * thread->chain_count)
        gather_clear(&thread->validation.spans);
    if (walk.uncalled) return believe_uncalled(reader, thread, uncalled);
    return walk.entering ? stack_check_entry(reader, thread) : STACK_OK;
}

/* ---- validation ---- */

/* A span that should validate code of the stack is no longer there: then the code is another. */
static stack_outcome span_gone(stack_reader *reader, stack_thread *thread, const flame_span *span)
{
    stack_validation *validation = &thread->validation;
    stack_outcome outcome = STACK_TORN;
    gather_drop(&validation->spans, span->address, span->length);
    for (size_t i = 0; i < validation->code_count; i++) {
        code_entry *entry = code_cache_find(reader->cache, validation->codes[i]);
        bool inside = false;
        for (uint32_t k = 0; entry && k < entry->span_count; k++)
            inside = inside || entry->spans[k].address - span->address < span->length;
        if (!inside) continue;
        stack_outcome renewed = stack_code_renew(reader, &entry);
        if (renewed == STACK_MEMORY) return renewed;
        if (renewed == STACK_AGAIN) outcome = renewed;
    }
    return outcome;
}

/* Read the spans that validate code of the stack, where that is needed: most likely the next stack has it
 * too. */
static stack_outcome read_spans(stack_reader *reader, stack_thread *thread, uint64_t generation)
{
    const stack_validation *validation = &thread->validation;
    gather *set = &thread->validation.spans;
    gather_clear(set);
    for (size_t i = 0; i < validation->code_count; i++) {
        const code_entry *entry = code_cache_find(reader->cache, validation->codes[i]);
        if (!entry) return STACK_TORN;
        if (!code_still_valid(entry, thread->interpreter_index, generation) &&
            !code_cache_request(entry, set, thread->memory.time))
            return STACK_MEMORY;
    }
    if (!gather_lay_out(set, SPANS_BYTES)) return STACK_MEMORY;
    if (!FS_GROW(reader->spans, reader->span_capacity, set->span_count)) return STACK_MEMORY;
    size_t count = gather_spans(set, 0, reader->spans);
    reader->calls++;
    size_t done = reader->reader->read(reader->reader->self, reader->spans, count, NULL);
    if (done == count) return STACK_OK;
    return span_gone(reader, thread, &reader->spans[done]);
}

static stack_outcome validate_pending(stack_reader *reader, stack_thread *thread, uint64_t generation)
{
    const stack_validation *validation = &thread->validation;
    bool counted = reader->layout->interpreter.generation != PYTHON_ABSENT;
    stack_outcome outcome = read_spans(reader, thread, generation);
    if (outcome != STACK_OK) return outcome;
    for (size_t i = 0; i < validation->code_count; i++) {
        code_entry *entry = code_cache_find(reader->cache, validation->codes[i]);
        if (entry->checked == reader->serial ||
            code_still_valid(entry, thread->interpreter_index, generation))
            continue;
        if (code_cache_validate(entry, &validation->spans) != CODE_VALID) {
            outcome = stack_code_renew(reader, &entry);
            if (outcome != STACK_AGAIN) return outcome;
            entry->checked = reader->serial; /* once; and all that have changed, for the next reading */
            continue;
        }
        entry->checked = reader->serial;
        if (counted) code_set_valid(entry, thread->interpreter_index, generation);
    }
    return outcome;
}

stack_outcome stack_thread_validate(stack_reader *reader, stack_thread *thread, uint64_t generation)
{
    stack_validation *validation = &thread->validation;
    stack_outcome outcome = STACK_OK;
    if (validation->pending) outcome = validate_pending(reader, thread, generation);
    validation->pending = false;
    if (outcome != STACK_OK) return outcome;
    code_entry *entry = validation->outside ? code_cache_find(reader->cache, validation->outside) : NULL;
    validation->outside = 0;
    if (entry && code_cache_outgrown(reader->cache, entry)) return stack_code_renew(reader, &entry);
    return STACK_OK;
}
