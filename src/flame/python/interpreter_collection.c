/*
 * Who collects garbage. To 3.14 the interpreter says only that it does; a finalizer that the collection has
 * called may have given up the lock, and then who holds that is not who collects. So where one seems to, the
 * stacks of all others are asked, and it must have held the lock before they were read and after: no
 * finalizer can have ended meanwhile.
 */
#include "interpreter_private.h"

/* Read the stacks that the sample has not. */
static fs_status read_others(flame_interpreter *self, const python_thread *collector, fs_error *error)
{
    for (size_t i = 0; i < self->thread_count; i++) {
        python_thread *thread = self->threads[i];
        if (thread == collector || thread->has_stack) continue;
        const thread_plan plan = thread->plan;
        const thread_result result = thread->result;
        fs_status status = interpreter_read_standing(self, i, error);
        thread->plan = plan;
        thread->result = result;
        if (status) return status;
    }
    return FS_OK;
}

typedef enum finalizer { FINALIZER_NONE, FINALIZER_THERE, FINALIZER_UNKNOWN } finalizer;

static finalizer find_finalizer(const flame_interpreter *self, const python_thread *collector)
{
    finalizer found = FINALIZER_NONE;
    for (size_t i = 0; i < self->thread_count; i++) {
        const python_thread *thread = self->threads[i];
        if (thread == collector || thread->stack.interpreter != collector->stack.interpreter) continue;
        if (thread->has_stack && thread->stack.finalizes) return FINALIZER_THERE;
        if (!thread->has_stack) found = FINALIZER_UNKNOWN;
    }
    return found;
}

fs_status interpreter_check_collections(flame_interpreter *self, fs_error *error)
{
    if (self->runtime.layout.interpreter.collected_from != PYTHON_ABSENT || self->thread_count < 2)
        return FS_OK;
    for (size_t i = 0; i < self->thread_count; i++) {
        python_thread *thread = self->threads[i];
        if (!thread->has_stack || !thread->stack.collects || thread->plan == THREAD_EXCLUDED) continue;
        fs_status status = read_others(self, thread, error);
        const finalizer other = find_finalizer(self, thread);
        if (!status && other == FINALIZER_NONE) {
            thread->reads_frames = false;
            status = interpreter_read_threads(self, i, i + 1, true, error);
        }
        if (status) return status;
        const bool held = thread->fresh && thread->held_lock && interpreter_may_run(self, thread);
        if (other == FINALIZER_THERE)
            stack_drop_collection(&thread->stack);
        else if (other == FINALIZER_UNKNOWN || !held)
            interpreter_miss(thread);
    }
    return FS_OK;
}
