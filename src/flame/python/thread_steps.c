#include "thread_stack_private.h"

#include "memory.h"

enum {
    LINKS = 256 /* frames of a thread whose callers are remembered; a power of 2 */
};

/* ---- steps ---- */

/* A generator that has just yielded looks like the end of the chain. */
static flame_frame caller_of(const stack_thread *thread, uint32_t i)
{
    return i + 1 < thread->depth ? thread->out[i + 1] : (flame_frame){.code = CALL_SITES_NOBODY};
}

uint64_t step_callee(const stack_thread *thread, uint32_t i, uint32_t context)
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

bool step_known_with(const stack_reader *reader, const stack_thread *thread, uint32_t i, uint32_t context)
{
    flame_frame caller = caller_of(thread, i);
    return call_sites_known(&reader->sites, caller.code, caller.instruction, step_callee(thread, i, context));
}

bool step_known(const stack_reader *reader, const stack_thread *thread, uint32_t i)
{
    return step_known_with(reader, thread, i, context_of(thread, i));
}

/* Before a callee was called its caller was on top: so the step is known with less of the context too. */
bool step_learn(stack_reader *reader, const stack_thread *thread, uint32_t i)
{
    flame_frame caller = caller_of(thread, i);
    bool known = true;
    for (uint32_t context = 0; context <= context_of(thread, i) && known; context++)
        known = (context > i) || call_sites_add(&reader->sites, caller.code, caller.instruction,
                                                step_callee(thread, i, context));
    return known;
}

uint64_t stack_hash(const stack_thread *thread)
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

void links_forget(stack_thread *thread)
{
    fs_free(thread->links);
    thread->links = NULL;
}

uint64_t link_remembered(const stack_thread *thread, uint64_t frame, uint64_t code)
{
    if (!thread->links) return 0;
    const frame_link *link = link_of(thread, frame);
    return link->frame == frame && link->code == code ? link->caller : 0;
}

bool links_remember(const stack_reader *reader, stack_thread *thread)
{
    const python_layout *layout = reader->layout;
    uint64_t caller = 0;
    size_t hint = 0;
    for (size_t i = thread->chain_count; i-- > 0;) {
        uint64_t frame = thread->chain[i];
        const uint8_t *bytes = gather_find(&thread->frames, frame, layout->frame.size, &hint);
        if (!bytes) continue;
        frame_header at = frame_parse(layout, bytes);
        if (at.owner >= layout->frame.shown_owners) continue;
        if (caller && !frame_on_data_stack(layout, &at)) {
            if (!thread->links) thread->links = fs_alloc_0(LINKS, sizeof *thread->links);
            if (!thread->links) return false;
            *link_of(thread, frame) = (frame_link){.frame = frame, .code = at.code, .caller = caller};
        }
        caller = frame;
    }
    return true;
}
