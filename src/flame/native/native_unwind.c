/* From a snapshot to a stack of places. */
#include "native_private.h"

#define NATIVE_ALL_KNOWN ((UINT64_C(1) << FLAME_REGISTERS) - 1)

typedef struct unwind {
    flame_native *native;
    const flame_native_snapshot *snapshot;
    uint32_t depth;
    uint64_t pc, sp, fp, link;
    bool exact; /* pc is the instruction that comes next, not the one after a call */
    flame_native_end end;
} unwind;

/* How a stack ends for want of the memory at this address: it lies beyond the copy, or belongs to no stack.
 */
static flame_native_end end_without(const flame_native_snapshot *snapshot, uint64_t address)
{
    uint64_t at = address - snapshot->base;
    return at + 8 > snapshot->length && at < FLAME_NATIVE_STACK ? FLAME_NATIVE_SHORT : FLAME_NATIVE_LOST;
}

static bool load(unwind *u, uint64_t address, uint64_t *value)
{
    if (flame_native_load(u->snapshot, address, value)) return true;
    u->end = end_without(u->snapshot, address);
    return false;
}

/* The return address that is read may be signed (AArch64 pointer authentication, in the bits that no address
 * of a program has). */
static inline uint64_t code_address(uint64_t value)
{
#if defined(__aarch64__)
    return value & ((UINT64_C(1) << 48) - 1);
#else
    return value;
#endif
}

/* Follow the frame pointer: the caller's own is where it points, the return address after that. */
static bool by_pointer(unwind *u)
{
    uint64_t fp, pc;
    u->end = FLAME_NATIVE_LOST;
    if (u->fp < u->sp || u->fp % 8 != 0) return false;
    if (!load(u, u->fp, &fp) || !load(u, u->fp + 8, &pc)) return false;
    u->sp = u->fp + 16;
    u->fp = fp;
    u->pc = code_address(pc);
    return true;
}

static bool by_rule(unwind *u, const native_rule *rule)
{
    uint64_t base = rule->on_fp ? u->fp : u->sp, frame = base + (uint64_t)(int64_t)rule->frame, pc = u->link;
    if (rule->deref) {
        if (!load(u, frame, &frame)) return false;
        frame += (uint64_t)(int64_t)rule->more;
    }
    u->end = FLAME_NATIVE_LOST;
    /* Stacks grow down: a caller's frame lies beyond, but for a leaf that has none. */
    if (frame < u->sp || (frame == u->sp && !u->exact)) return false;
    if (rule->kind == NATIVE_RULE_SAVED && !load(u, frame + (uint64_t)(int64_t)rule->caller, &pc))
        return false;
    if (rule->fp_kind != NATIVE_FP_SAME) {
        const uint64_t from = rule->fp_kind == NATIVE_FP_AT_FRAME ? frame : u->fp;
        const uint64_t at = from + (uint64_t)(int64_t)rule->fp;
        if (!flame_native_restored(u->snapshot, at) && !load(u, at, &u->fp)) return false;
    }
    u->sp = frame;
    u->pc = u->link = code_address(pc);
    return true;
}

static fs_status rule_at(flame_native *native, uint64_t address, const native_rule **rule, fs_error *error)
{
    *rule = native_rule_slot(native, address);
    return address && (*rule)->address == address ? FS_OK : native_rule_find(native, address, rule, error);
}

/* Frames by their rules alone. *full: one needs more registers. */
static fs_status quickly(unwind *u, bool *full, fs_error *error)
{
    flame_native *native = u->native;
    *full = false;
    for (;;) {
        const native_rule *rule;
        fs_status status = rule_at(native, u->pc - !u->exact, &rule, error);
        if (status) return status;
        u->end = u->pc == 0 && u->depth ? FLAME_NATIVE_WHOLE : FLAME_NATIVE_LOST;
        if (!rule) return FS_OK;
        u->end = FLAME_NATIVE_TOO_DEEP;
        if (u->depth == FLAME_NATIVE_DEPTH) return FS_OK;
        native->frames[u->depth] = u->sp;
        native->stack[u->depth++] = rule->place;
        switch ((native_rule_kind)rule->kind) {
        case NATIVE_RULE_SAVED:
        case NATIVE_RULE_LINK:
            if (!by_rule(u, rule)) return FS_OK;
            break;
        case NATIVE_RULE_POINTER:
            if (!by_pointer(u)) return FS_OK;
            break;
        case NATIVE_RULE_NONE:
            u->end = FLAME_NATIVE_LOST;
            return FS_OK;
        case NATIVE_RULE_END:
            u->end = FLAME_NATIVE_WHOLE;
            return FS_OK;
        case NATIVE_RULE_FULL:
            *full = true;
            return FS_OK;
        }
        u->exact = false;
    }
}

/* One frame of it. False: that was the last. */
static bool step_slowly(unwind *u, const native_rule *rule, native_frame *frame)
{
    uint64_t *value = frame->registers.value;
    const bool may_stay = frame->exact; /* a leaf has no frame, and a signal may come on another stack */
    u->end = FLAME_NATIVE_WHOLE;
    if (rule->kind == NATIVE_RULE_END) return false;
    u->end = FLAME_NATIVE_LOST;
    if (rule->kind == NATIVE_RULE_NONE) return false;
    u->sp = value[FLAME_REG_SP];
    u->fp = value[FLAME_REG_FP];
    u->exact = frame->exact;
    if (rule->kind == NATIVE_RULE_POINTER || rule->by_code) {
        if (!(rule->by_code ? by_rule(u, rule) : by_pointer(u))) return false;
        value[FLAME_REG_PC] = u->pc;
        value[FLAME_REG_SP] = u->sp;
        value[FLAME_REG_FP] = u->fp;
        frame->exact = false;
        return true;
    }
    if (!native_step(u->native, u->snapshot, frame)) {
        if (frame->missing) u->end = end_without(u->snapshot, frame->missing);
        return false;
    }
    value[FLAME_REG_PC] = code_address(value[FLAME_REG_PC]);
    return may_stay || frame->exact || value[FLAME_REG_SP] > u->sp;
}

/* The same with all registers, for the few stacks that need them: microseconds a frame. */
static fs_status slowly(unwind *u, fs_error *error)
{
    native_frame frame = {.registers = u->snapshot->registers, .known = NATIVE_ALL_KNOWN, .exact = true};
    for (u->depth = 0;;) {
        const native_rule *rule;
        const uint64_t pc = frame.registers.value[FLAME_REG_PC];
        fs_status status = rule_at(u->native, pc - !frame.exact, &rule, error);
        if (status) return status;
        u->end = pc == 0 && u->depth ? FLAME_NATIVE_WHOLE : FLAME_NATIVE_LOST;
        if (!rule) return FS_OK;
        u->end = FLAME_NATIVE_TOO_DEEP;
        if (u->depth == FLAME_NATIVE_DEPTH) return FS_OK;
        u->native->frames[u->depth] = frame.registers.value[FLAME_REG_SP];
        u->native->stack[u->depth++] = rule->place;
        if (!step_slowly(u, rule, &frame)) return FS_OK;
    }
}

fs_status flame_native_unwind(flame_native *native, const flame_native_snapshot *snapshot,
                              flame_native_stack *stack, fs_error *error)
{
    const uint64_t *value = snapshot->registers.value;
    unwind u = {.native = native,
                .snapshot = snapshot,
                .pc = value[FLAME_REG_PC],
                .sp = value[FLAME_REG_SP],
                .fp = value[FLAME_REG_FP],
                .exact = true};
#if defined(__aarch64__)
    u.link = code_address(value[FLAME_REG_LINK]);
#endif
    bool full;
    *stack =
        (flame_native_stack){.places = native->stack, .frames = native->frames, .end = FLAME_NATIVE_LOST};
    if (!native->rules) return FS_OK; /* released */
    fs_status status = quickly(&u, &full, error);
    if (!status && full) status = slowly(&u, error);
    if (status) return status;
    native->frames[u.depth] = u.sp;
    if (u.end == FLAME_NATIVE_SHORT || u.end == FLAME_NATIVE_TOO_DEEP)
        native->stack[u.depth++] = FLAME_NATIVE_TRUNCATED;
    if (u.end == FLAME_NATIVE_LOST) native->stack[u.depth++] = FLAME_NATIVE_UNKNOWN;
    stack->depth = u.depth;
    stack->end = u.end;
    stack->reach = u.sp > snapshot->base ? (size_t)(u.sp - snapshot->base) : 0;
    return FS_OK;
}
