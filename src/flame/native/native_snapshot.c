#include "native_snapshot.h"

bool flame_native_copy(pid_t tid, uint8_t *bytes, size_t wanted, flame_native_snapshot *snapshot)
{
    *snapshot = (flame_native_snapshot){.bytes = bytes};
    if (!flame_ptrace_registers(tid, &snapshot->registers)) return false;
    snapshot->base = snapshot->registers.value[FLAME_REG_SP] - FLAME_NATIVE_BELOW;
    snapshot->length = flame_copy_memory(tid, snapshot->base, bytes, wanted);
    if (snapshot->length || !wanted) return true;
    snapshot->base += FLAME_NATIVE_BELOW; /* the page below is not mapped */
    snapshot->length = flame_copy_memory(tid, snapshot->base, bytes, wanted);
    return true;
}

flame_ptrace_result flame_native_stop_and_copy(flame_ptrace_stop *stop, pid_t pid, pid_t tid, uint8_t *bytes,
                                               size_t wanted, flame_native_snapshot *snapshot)
{
    flame_ptrace_result result = flame_ptrace_begin(stop, pid, tid);
    if (result != FLAME_PTRACE_STOPPED) return result;
    const bool copied = flame_native_copy(stop->tid, bytes, wanted, snapshot);
    flame_ptrace_release(stop);
    return copied ? FLAME_PTRACE_STOPPED : FLAME_PTRACE_GONE;
}
