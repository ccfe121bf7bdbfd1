/* One frame with all its registers. */
#include "native_expression.h"
#include "native_private.h"

#include <dwarf.h>
#include <stdlib.h>

/* What a rule of the call-frame information says of a register, whose value is `own` now. False: it cannot be
 * known. */
static bool value_of(native_context *context, const Dwarf_Op *operations, size_t count, uint64_t own,
                     uint64_t *value)
{
    uint64_t result;
    native_kind kind;
    if (!native_evaluate(context, operations, count, &result, &kind)) return false;
    *value = result;
    if (kind == NATIVE_VALUE || flame_native_load(context->snapshot, result, value)) return true;
    *value = own;
    if (flame_native_restored(context->snapshot, result)) return true;
    context->missing = result;
    return false;
}

static bool caller(Dwarf_Frame *dwarf, const flame_native_snapshot *snapshot, native_frame *frame,
                   bool *signal)
{
    Dwarf_Addr start, end;
    Dwarf_Op memory[3], *operations;
    size_t count;
    native_kind kind;
    const flame_registers before = frame->registers;
    native_context context = {.snapshot = snapshot, .registers = &before, .known = frame->known};
    const int column = dwarf_frame_info(dwarf, &start, &end, signal);
    frame->missing = 0;
    bool found = column >= 0 && column < FLAME_REGISTERS &&
                 dwarf_frame_cfa(dwarf, &operations, &count) == 0 &&
                 native_evaluate(&context, operations, count, &context.frame, &kind);
    if (found && kind == NATIVE_VALUE) found = false;
    frame->missing = context.missing;
    if (!found) return false;
    context.has_frame = true;
    frame->known = 0;
    for (int i = 0; i < FLAME_REGISTERS; i++) {
        if (dwarf_frame_register(dwarf, i, memory, &operations, &count) != 0) continue;
        uint64_t value = before.value[i];
        if (i == FLAME_REG_SP && count == 0)
            value = context.frame;
        else if (count == 0 && !(context.known >> i & 1))
            continue; /* as it was; registers that are free to change ("undefined") are asked for by no caller
                       */
        else if (count > 0 && !value_of(&context, operations, count, before.value[i], &value))
            continue;
        frame->registers.value[i] = value;
        frame->known |= UINT64_C(1) << i;
    }
    frame->missing = context.missing;
    if (!(frame->known >> column & 1) || !(frame->known >> FLAME_REG_SP & 1)) return false;
    if (column != FLAME_REG_PC) frame->registers.value[FLAME_REG_PC] = frame->registers.value[column];
    frame->known |= UINT64_C(1) << FLAME_REG_PC;
    return true;
}

bool native_step(flame_native *native, const flame_native_snapshot *snapshot, native_frame *frame)
{
    const uint64_t address = frame->registers.value[FLAME_REG_PC] - !frame->exact;
    const native_region *region = native_region_at(native, address);
    Dwarf_Frame *dwarf;
    bool signal = false;
    frame->missing = 0;
    if (!region || !region->file || !native_file_frame(region->file, address - region->bias, &dwarf))
        return false;
    bool found = caller(dwarf, snapshot, frame, &signal);
    free(dwarf);
    frame->exact = signal;
    return found;
}
