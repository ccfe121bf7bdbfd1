/* Threads that stand still, read one by one. */
#include "interpreter_private.h"

fs_status flame_interpreter_list(flame_interpreter *self, fs_error *error)
{
    fs_status status = FS_NOT_FOUND;
    for (uint32_t attempt = 0; attempt < self->options.attempts && status == FS_NOT_FOUND; attempt++) {
        status = self->listed ? FS_OK : interpreter_list_all(self, error);
        self->listed = status == FS_OK;
        if (!status) status = interpreter_read_states(self, error);
        if (!status && !interpreter_states_listed(self)) status = FS_NOT_FOUND;
        if (!status) status = interpreter_update_threads(self, error);
        if (status != FS_NOT_FOUND) break;
        if (!interpreter_lives(self)) return interpreter_gone(self, error);
        self->listed = false; /* it changed under way */
    }
    for (size_t i = 0; i < self->thread_count && !status; i++) interpreter_identify(self, self->threads[i]);
    return status == FS_NOT_FOUND ? FS_OK : status;
}

/* Of several interpreters' states of one thread, that which runs. */
static bool find(const flame_interpreter *self, pid_t tid, size_t *at)
{
    bool found = false;
    for (size_t i = 0; i < self->thread_count; i++) {
        if (self->threads[i]->identity.tid != tid) continue;
        if (!found || interpreter_may_run(self, self->threads[i])) *at = i;
        found = true;
    }
    return found;
}

fs_status flame_interpreter_read_still(flame_interpreter *self, pid_t tid, bool *found,
                                       flame_thread_sample *sample, fs_error *error)
{
    size_t at = 0;
    *found = find(self, tid, &at);
    if (!*found) return FS_OK;
    python_thread *thread = self->threads[at];
    fs_status status = interpreter_read_standing(self, at, error);
    if (status != FS_NOT_FOUND && status) return status;
    interpreter_identify(self, thread);
    *found = !status && thread->identity.tid == tid; /* its state may be another's by now */
    *sample = (flame_thread_sample){.tid = tid,
                                    .ident = thread->identity.ident,
                                    .interpreter = self->states[thread->stack.interpreter_index].id,
                                    .holds_gil = interpreter_holds_gil(self, thread),
                                    .missed = thread->result.missed,
                                    .ticks = 1,
                                    .depth = thread->stack.depth,
                                    .frames = thread->stack.frames};
    return FS_OK;
}

python_thread *interpreter_thread_of(const flame_interpreter *self, const flame_thread_sample *sample)
{
    for (size_t i = 0; i < self->thread_count; i++) {
        python_thread *thread = self->threads[i];
        if (thread->identity.tid == sample->tid && thread->identity.ident == sample->ident &&
            self->states[thread->stack.interpreter_index].id == sample->interpreter)
            return thread;
    }
    return NULL;
}

bool flame_interpreter_evaluations(flame_interpreter *self, const flame_thread_sample *sample,
                                   const flame_evaluation **evaluations, size_t *count)
{
    python_thread *thread = interpreter_thread_of(self, sample);
    if (!thread || !thread->has_stack || !stack_find_evaluations(&self->stacks, &thread->stack)) return false;
    *evaluations = thread->stack.evaluations;
    *count = thread->stack.evaluation_count;
    return true;
}

/* Reading the code takes some of the reads that are left; false: not so many are. */
static bool charge(object_memory *memory, const code_entry *entry)
{
    enum { PAGE = 4096 };
    uint32_t pages = 0;
    for (uint32_t i = 0; i < entry->span_count; i++) pages += 1 + entry->spans[i].length / PAGE;
    const bool enough = pages <= memory->reads_left;
    memory->reads_left -= enough ? pages : memory->reads_left;
    return enough;
}

bool interpreter_still_frame(flame_interpreter *self, object_memory *memory, const still_frame *frame,
                             flame_frame *out)
{
    const python_layout *layout = &self->runtime.layout;
    code_entry *entry = code_cache_find(&self->cache, frame->code);
    if (entry && !charge(memory, entry)) return false;
    if (!entry || !code_cache_matches(entry, memory->reader)) {
        if (!memory->reads_left) return false;
        const fs_status status = code_cache_resolve(&self->cache, frame->code, &entry, NULL);
        memory->failed = memory->failed || status == FS_MEMORY;
        if (status || !charge(memory, entry)) return false;
    }
    const int64_t index = (int32_t)(uint32_t)frame->counter;
    const int64_t offset = layout->counter == PYTHON_COUNTS_BYTES ? index
                           : layout->counter == PYTHON_COUNTS_UNITS
                               ? 2 * index
                               : (int64_t)(frame->counter - frame->code - layout->code.body);
    *out = (flame_frame){.code = entry->id,
                         .line = code_line(&self->cache.bodies[entry->id], offset),
                         .instruction = offset < 0 ? 0 : (uint32_t)offset};
    return true;
}
