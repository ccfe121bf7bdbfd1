/*
 * Who collects garbage. To 3.14 the interpreter says only that it does; a finalizer that the collection has
 * called may have given up the lock, and then who holds that is not who collects. So where one seems to, the
 * stacks of all others are asked, and it must have held the lock before they were read and after: no finalizer
 * can have ended meanwhile.
 */
#include "interpreter_private.h"

/* Read the stacks that were left out. */
static fs_status read_others(flame_interpreter *self, fs_error *error)
{
    for (size_t i = 0; i < self->thread_count; i++) {
        python_thread *thread = self->threads[i];
        if (thread->plan != THREAD_EXCLUDED || thread->has_stack) continue;
        fs_status status = interpreter_read_standing(self, i, error);
        thread->plan = THREAD_EXCLUDED;
        thread->result = (thread_result){0};
        if (status) return status;
    }
    return FS_OK;
}

static bool one_finalizes(const flame_interpreter *self, uint64_t interpreter)
{
    for (size_t i = 0; i < self->thread_count; i++) {
        const python_thread *thread = self->threads[i];
        if (thread->has_stack && thread->stack.finalizes && thread->stack.interpreter == interpreter)
            return true;
    }
    return false;
}

/* Does the thread, which seemed to collect, hold the lock to the end? */
static fs_status check_holder(flame_interpreter *self, size_t at, fs_error *error)
{
    python_thread *thread = self->threads[at];
    thread->reads_frames = false;
    fs_status status = interpreter_read_threads(self, at, at + 1, true, error);
    if (!status && !(thread->fresh && thread->held_lock && interpreter_may_run(self, thread))) interpreter_miss(thread);
    return status;
}

fs_status interpreter_check_collections(flame_interpreter *self, fs_error *error)
{
    if (self->runtime.layout.interpreter.collected_from != PYTHON_ABSENT || self->thread_count < 2)
        return FS_OK;
    for (size_t i = 0; i < self->thread_count; i++) {
        python_thread *thread = self->threads[i];
        if (!thread->has_stack || !thread->stack.collects || thread->plan == THREAD_EXCLUDED) continue;
        fs_status status = read_others(self, error);
        if (status) return status;
        if (one_finalizes(self, thread->stack.interpreter))
            stack_drop_collection(&thread->stack);
        else
            status = check_holder(self, i, error);
        if (status) return status;
    }
    return FS_OK;
}
