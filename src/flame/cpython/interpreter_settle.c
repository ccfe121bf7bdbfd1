#include "clock.h"
#include "interpreter_private.h"

enum {
    VISIT_AFTER = 2,        /* attempts that failed for want of a known step */
    VISIT_ROUNDS = 8,       /* readings during one visit */
    VISIT_REST_LEAST = 100, /* how many times as long as a visit took until the next one */
    VISIT_REST_MOST = 500,
    VISIT_WAY_REST = 20,  /* the same for the way there */
    SAMPLE_LONG = 500000, /* nanoseconds after which what was seen first is of the past */
    OTHERS = 24,          /* good readings of another top frame than the sample's */
    ROUNDS = 12           /* readings that only found out what to read */
};

static flame_missed missed_as(stack_outcome outcome)
{
    switch (outcome) {
    case STACK_OK:
        return FLAME_TAKEN;
    case STACK_UNMAPPED:
    case STACK_FOREIGN:
        return FLAME_MISSED_UNMAPPED;
    case STACK_DEEP:
        return FLAME_MISSED_DEEP;
    case STACK_CODE:
        return FLAME_MISSED_CODE;
    default:
        return FLAME_MISSED_TORN;
    }
}

/* `still`: what was read stood still meanwhile. */
static stack_outcome evaluate(flame_interpreter *self, python_thread *thread, bool still)
{
    const python_state *state = &self->states[thread->stack.interpreter_index];
    if (!thread->fresh) return STACK_UNMAPPED;
    self->stacks.still = still;
    return stack_thread_evaluate(&self->stacks, &thread->stack, state->witness, state->witness_before,
                                 state->has_before);
}

/* Visits cost the program some microseconds: they may take a hundredth of its time while they teach
 * something, and next to nothing when they do not. */
static bool may_visit(const flame_interpreter *self, const python_thread *thread)
{
    return self->process && !self->options.freeze && thread->tid &&
           fs_clock_nanoseconds() >= self->visit_after;
}

/* Read a thread from the processor that it runs on: it stands still meanwhile, and the steps of its stack
 * become known. */
static fs_status visit(flame_interpreter *self, size_t at, stack_outcome *outcome, fs_error *error)
{
    python_thread *thread = self->threads[at];
    uint64_t start = fs_clock_nanoseconds();
    size_t known = self->stacks.sites.count;
    fs_status status = FS_OK;
    flame_visit stay;
    *outcome = STACK_TORN;
    bool there = flame_visit_begin(&stay, self->pid, thread->tid);
    uint64_t arrived = fs_clock_nanoseconds();
    double busy = fs_clock_cpu_seconds();
    if (there) {
        self->visits++;
        for (int round = 0; round < VISIT_ROUNDS && status == FS_OK; round++) {
            status = interpreter_read_threads(self, at, at + 1, true, false, error);
            if (status != FS_OK) break;
            *outcome = evaluate(self, thread, flame_visit_undisturbed(&stay));
            if (*outcome != STACK_AGAIN) break;
        }
        flame_visit_end(&stay);
    }
    if (self->stacks.sites.count > known || !self->visit_rest)
        self->visit_rest = VISIT_REST_LEAST;
    else if (self->visit_rest < VISIT_REST_MOST)
        self->visit_rest += self->visit_rest / 2;
    /* On the way there the program runs on; it is only we who are late. */
    self->visit_after = fs_clock_nanoseconds() + (arrived - start) * VISIT_WAY_REST +
                        (uint64_t)((fs_clock_cpu_seconds() - busy) * 1e9) * self->visit_rest;
    return status;
}

fs_status interpreter_settle(flame_interpreter *self, size_t at, fs_error *error)
{
    python_thread *thread = self->threads[at];
    stack_thread *stack = &thread->stack;
    uint32_t attempts = 0, rounds = 0, others = 0;
    stack_outcome outcome = STACK_AGAIN;
    uint64_t began = 0;
    stack_thread_begin(stack);
    while (true) {
        fs_status status = FS_OK;
        outcome = thread->fresh && thread->slow && rounds < ROUNDS
                      ? STACK_AGAIN
                      : evaluate(self, thread, self->options.freeze && self->process);
        bool guessed = outcome == STACK_OK && stack->guessed;
        if ((guessed || (outcome != STACK_OK && stack->strange && attempts >= VISIT_AFTER)) &&
            may_visit(self, thread)) {
            if (guessed) stack_thread_swap(stack);
            status = visit(self, at, &outcome, error);
            if (guessed && outcome != STACK_OK) {
                stack_thread_swap(stack);
                outcome = STACK_OK;
            }
        }
        if (status != FS_OK) return status;
        if (outcome == STACK_MEMORY) return fs_fail_memory(error, "reading a stack", 0);
        if (outcome == STACK_OK || outcome == STACK_FOREIGN) break;
        if (outcome == STACK_AGAIN && rounds < ROUNDS)
            rounds++;
        else if (outcome == STACK_OTHER && others < OTHERS)
            others++;
        else if (++attempts >= self->options.attempts || (outcome == STACK_DEEP && attempts >= 2))
            break;
        self->retries++;
        uint64_t now = self->process ? fs_clock_nanoseconds() : 0;
        if (!began) began = now;
        if (now - began > SAMPLE_LONG) {
            /* Something took the processor away from us: the sample is of now. */
            stack_thread_begin(stack);
            began = now;
        }
        status = interpreter_read_threads(self, at, at + 1, true, false, error);
        if (status != FS_OK) return status;
    }
    thread->late = outcome == STACK_OTHER;
    if (thread->late) outcome = STACK_OK;
    thread->missed = missed_as(outcome);
    thread->taken = true;
    thread->has_stack = outcome == STACK_OK;
    if (outcome != STACK_OK) stack->depth = 0;
    return FS_OK;
}
