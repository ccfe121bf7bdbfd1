#include "still_frames.h"

#include "gather.h"

enum { STATES_MOST = 1000, THREADS_MOST = 100000, FRAME_MOST = 512 };

bool still_frame_read(object_memory *memory, uint64_t address, still_frame *frame)
{
    const python_layout *layout = memory->layout;
    uint8_t bytes[FRAME_MOST];
    if (layout->frame.size > sizeof bytes || !object_read(memory, address, bytes, layout->frame.size))
        return false;
    const bool index = layout->counter == PYTHON_COUNTS_BYTES || layout->counter == PYTHON_COUNTS_UNITS;
    const uint8_t *counter = bytes + layout->frame.counter;
    *frame = (still_frame){.address = address,
                           .previous = load_64(bytes + layout->frame.previous),
                           .code = load_64(bytes + layout->frame.code),
                           .counter = index ? load_32(counter) : load_64(counter)};
    if (layout->frame.tagged) frame->code &= ~UINT64_C(7);
    frame->shown =
        layout->frame.owner == PYTHON_ABSENT || bytes[layout->frame.owner] < layout->frame.shown_owners;
    return frame->previous != address;
}

uint64_t still_frame_slots(const object_memory *memory, uint64_t address)
{
    const python_layout *layout = memory->layout;
    return address + (layout->frame.slots != PYTHON_ABSENT ? layout->frame.slots : layout->frame.size);
}

static uint64_t top_frame(object_memory *memory, const uint8_t *block)
{
    const python_layout *layout = memory->layout;
    uint64_t frame = load_64(block + layout->thread.frame);
    if (layout->thread.through_cframe == PYTHON_ABSENT || !frame) return frame;
    return object_word(memory, frame + layout->thread.through_cframe, &frame) ? frame : 0;
}

void still_threads(object_memory *memory, uint64_t runtime,
                   void (*visit)(void *context, const still_thread *), void *context)
{
    const python_layout *layout = memory->layout;
    uint8_t block[PYTHON_THREAD_BLOCK];
    uint64_t interpreter, id;
    if (!object_word(memory, runtime + layout->runtime.interpreters, &interpreter)) return;
    for (size_t i = 0; interpreter && i < STATES_MOST; i++) {
        still_thread thread = {.interpreter = interpreter};
        if (!object_word(memory, interpreter + layout->interpreter.threads, &thread.state) ||
            !object_word(memory, interpreter + layout->interpreter.id, &id))
            return;
        thread.interpreter_id = (int64_t)id;
        for (size_t k = 0; thread.state && k < THREADS_MOST; k++) {
            /* What is read of it lies in front of its last field. */
            if (!object_read(memory, thread.state, block, layout->thread.ident + 8)) return;
            thread.ident = load_64(block + layout->thread.ident);
            thread.top = top_frame(memory, block);
            visit(context, &thread);
            thread.state = load_64(block + layout->thread.next);
        }
        if (!object_word(memory, interpreter + layout->interpreter.next, &interpreter)) return;
    }
}
