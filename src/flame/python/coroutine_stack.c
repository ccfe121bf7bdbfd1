#include "coroutine_stack.h"

#include "asyncio_layout.h"
#include "gather.h"
#include "memory.h"

#include <string.h>

enum { DEPTH_MOST = 1000, WRAPPED = 16 /* where wrappers of coroutines keep them */ };

typedef enum coroutine_state { CREATED, SUSPENDED, EXECUTING, DONE } coroutine_state;

static bool word_of_4(object_memory *memory, uint64_t address, int32_t *value)
{
    uint8_t bytes[4];
    if (!object_read(memory, address, bytes, sizeof bytes)) return false;
    *value = (int32_t)load_32(bytes);
    return true;
}

/* To 3.9 a frame whose stack is filled to nowhere executes; from 3.10 on there is a state. */
static bool read_state(object_memory *memory, const asyncio_layout *layout, uint64_t coroutine,
                       uint64_t *frame, coroutine_state *state)
{
    int8_t value;
    uint64_t top;
    *frame = coroutine + layout->coroutine;
    *state = DONE;
    if (memory->layout->minor <= 10) {
        if (!object_word(memory, *frame, frame)) return false;
        if (*frame == 0) return true;
    }
    if (memory->layout->minor <= 9) {
        *state = SUSPENDED;
        if (!object_word(memory, *frame + layout->stack, &top)) return false;
        if (top == 0) *state = EXECUTING;
        return true;
    }
    const uint64_t holder = memory->layout->minor == 10 ? *frame : coroutine;
    if (!object_read(memory, holder + layout->state, &value, 1)) return false;
    *state = value == layout->created                          ? CREATED
             : value == layout->executing                      ? EXECUTING
             : value >= layout->first && value <= layout->last ? SUSPENDED
                                                               : DONE;
    return true;
}

/* What a suspended frame awaits is on top of its stack; 0: its stack is empty. */
static uint64_t awaited_by(object_memory *memory, const asyncio_layout *layout, const still_frame *frame)
{
    uint64_t base = still_frame_slots(memory, frame->address), top, object;
    int32_t depth, slots = 0;
    if (memory->layout->minor <= 10) {
        if (!object_word(memory, frame->address + layout->stack_base, &base)) return 0;
    } else {
        if (!word_of_4(memory, frame->code + layout->slots, &slots) || slots < 0) return 0;
        base += 8 * (uint64_t)slots;
    }
    switch (memory->layout->minor) {
    case 10:
        if (!word_of_4(memory, frame->address + layout->stack, &depth) || depth <= 0) return 0;
        top = base + 8 * (uint64_t)depth;
        break;
    case 11:
    case 12:
    case 13:
        if (!word_of_4(memory, frame->address + layout->stack, &depth) || depth <= slots) return 0;
        top = base + 8 * (uint64_t)(depth - slots);
        break;
    default:
        if (!object_word(memory, frame->address + layout->stack, &top)) return 0;
    }
    const uint64_t below = memory->layout->minor >= 15 ? 16 : 8; /* 3.15 has an iterator's index above it */
    if (top < base + below || !object_word(memory, top - below, &object)) return 0;
    return object_in_slot(memory, object);
}

/* The coroutine in what is awaited, which may be wrapped; 0: it is none. */
static uint64_t unwrap(object_memory *memory, uint64_t object)
{
    static const char *const coroutines[] = {"coroutine", "generator", "async_generator"};
    static const char *const wrappers[] = {"coroutine_wrapper", "async_generator_asend",
                                           "async_generator_athrow"};
    object_type type;
    if (!object || !object_type_of(memory, object, &type)) return 0;
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(type.name, coroutines[i]) == 0) return object;
        if (strcmp(type.name, wrappers[i]) == 0)
            return object_word(memory, object + WRAPPED, &object) ? object : 0;
    }
    return 0;
}

void coroutine_stack_read(object_memory *memory, uint64_t coroutine, coroutine_stack *stack)
{
    const asyncio_layout *layout = asyncio_layout_of(memory->layout->minor);
    coroutine = unwrap(memory, coroutine);
    stack->done = true;
    for (size_t depth = 0; layout && coroutine && depth < DEPTH_MOST; depth++) {
        still_frame frame;
        coroutine_state state;
        uint64_t address;
        if (!read_state(memory, layout, coroutine, &address, &state) || state == DONE) return;
        stack->done = false;
        if (state == EXECUTING) {
            stack->running = address;
            return;
        }
        if (!still_frame_read(memory, address, &frame)) return;
        if (!FS_GROW(stack->frames, stack->capacity, stack->count + 1)) {
            stack->failed = true;
            return;
        }
        stack->frames[stack->count++] = frame;
        if (state == CREATED) return;
        coroutine = unwrap(memory, awaited_by(memory, layout, &frame));
    }
}
