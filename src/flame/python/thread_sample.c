#include "clock.h"
#include "interpreter_private.h"
#include "memory.h"

#include <string.h>

enum {
    HOLD_AFTER = 2,          /* attempts that failed for want of a known step */
    REVALIDATE_AT = 2,       /* attempts that failed, when what was taken to be valid is validated, */
    REVALIDATE_AGAIN = 8,    /* ... and when once more */
    REPAIRS_UNTIL = 20,      /* attempts that failed, after which lost links are not repaired */
    HOLD_ROUNDS = 8,         /* readings during one hold */
    HOLD_OVERHEAD_REST = 20, /* how many times as long as getting there took until the next hold */
    LEARN_REST_LEAST = 100,  /* the same of what a hold took of the program's time, when it is to learn */
    LEARN_REST_MOST = 500,   /* ... and did not */
    SAMPLE_REST = 140,       /* ... and when it is to take the sample */
    SAMPLE_LONG = 500000,    /* nanoseconds after which what was seen first is of the past */
    OTHERS = 24,             /* good readings of another top frame than the sample's */
    ROUNDS = 12,             /* readings that only found out what to read */
    ATTEMPTS_LEAST = 3,      /* of a thread that cannot be read: one goes beyond REVALIDATE_AT */
    ROUNDS_LEAST = 5         /* ... and as many as must agree on a new stack */
};

/* How often a thread's stack is not consistent at the first reading: a moving average over some 64 samples.
 * Of a thread of which that is known to be often, one sample in four is read to find out again. */
enum {
    FAILURE_RATE_ALWAYS = 1 << 16,
    FAILURE_RATE_HIGH = FAILURE_RATE_ALWAYS / 32,
    FAILURE_RATE_SAMPLES = 64,
    PROBED = 4
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

static bool frozen(const flame_interpreter *self)
{
    return self->options.freeze && self->process;
}

/* `still`: what was read stood still meanwhile. */
static stack_outcome work_out(flame_interpreter *self, python_thread *thread, bool still)
{
    if (!thread->fresh) return STACK_UNMAPPED;
    self->stacks.still = still;
    return stack_thread_evaluate(&self->stacks, &thread->stack, thread->generation, thread->generation_before,
                                 thread->has_before);
}

static stack_outcome validate(flame_interpreter *self, python_thread *thread)
{
    return stack_thread_validate(&self->stacks, &thread->stack, thread->generation);
}

/* What a stack teaches it also teaches when it is not the one that was asked for. `revalidate`: what made no
 * sense may have been for code that is no longer what it was. */
static stack_outcome conclude(flame_interpreter *self, python_thread *thread, stack_outcome outcome,
                              bool revalidate)
{
    bool good = outcome == STACK_OK || (outcome == STACK_OTHER && thread->stack.learns);
    bool stale = outcome != STACK_AGAIN && (thread->stack.unvalidated || thread->stack.outside);
    if (!good && !(revalidate && stale)) return outcome;
    stack_outcome validity = validate(self, thread);
    return validity == STACK_OK ? outcome : validity;
}

static stack_outcome evaluate(flame_interpreter *self, python_thread *thread, bool revalidate)
{
    return conclude(self, thread, work_out(self, thread, frozen(self)), revalidate);
}

/* The kernel took us off the processor during the reading. */
static bool is_disturbed(const python_thread *thread)
{
    return thread->fresh && thread->slow;
}

/* ---- holding a thread ---- */

static bool holds_possible(const flame_interpreter *self, const python_thread *thread)
{
    return self->process && !self->options.freeze && thread->tid;
}

/* Read a thread while its processor is held: it stands still meanwhile, and the steps of its stack become
 * known. `anew`: whatever is on top there. Nothing has changed unless *answer is FLAME_CPU_HELD. *cost:
 * nanoseconds that it took of the thread's time; 0: not known. */
static fs_status read_held(flame_interpreter *self, size_t at, bool anew, stack_outcome *outcome,
                           flame_cpu_hold_result *answer, double *cost, fs_error *error)
{
    python_thread *thread = self->threads[at];
    fs_status status = FS_OK;
    *outcome = STACK_TORN;
    *cost = 0;
    *answer = FLAME_CPU_REFUSED;
    if (!self->cpu_holder && !self->no_cpu_holder)
        self->no_cpu_holder = flame_cpu_holder_open(&self->cpu_holder, NULL) != FS_OK;
    if (self->cpu_holder) *answer = flame_cpu_hold_begin(self->cpu_holder, self->pid, thread->tid);
    if (*answer != FLAME_CPU_HELD) return FS_OK;
    self->holds++;
    if (anew) stack_thread_begin(&thread->stack);
    /* Nothing is read now that can be read afterwards, and what stands still has lost nothing. */
    self->stacks.ask_first = self->stacks.repairs = false;
    gather_clear(&thread->stack.validation);
    self->again = true;
    for (int round = 0; round < HOLD_ROUNDS && status == FS_OK; round++) {
        status = interpreter_read_threads(self, at, at + 1, true, false, error);
        if (status != FS_OK) break;
        if (!thread->fresh || is_disturbed(thread)) {
            *outcome = STACK_AGAIN; /* what is no longer mapped will not be read again */
            continue;
        }
        *outcome = work_out(self, thread, false);
        /* Whether it did stand still is only asked where it matters: that takes a while too. */
        if (*outcome != STACK_OK && *outcome != STACK_AGAIN && flame_cpu_hold_unbroken(self->cpu_holder))
            *outcome = work_out(self, thread, true);
        if (*outcome != STACK_AGAIN) break;
    }
    *cost = flame_cpu_hold_end(self->cpu_holder);
    self->again = false;
    self->stacks.ask_first = self->options.interval > 0;
    self->stacks.repairs = true;
    if (status == FS_OK) *outcome = conclude(self, thread, *outcome, true);
    return status;
}

/* A hold so that the steps of a stack become known. These take up to a hundredth of the program's time while
 * they teach something, and next to nothing when they do not. */
static fs_status learn(flame_interpreter *self, size_t at, stack_outcome *outcome, fs_error *error)
{
    size_t known = self->stacks.sites.count;
    uint64_t start = fs_clock_nanoseconds();
    double cost;
    flame_cpu_hold_result answer;
    fs_status status = read_held(self, at, false, outcome, &answer, &cost, error);
    if (self->stacks.sites.count > known || !self->learn_rest)
        self->learn_rest = LEARN_REST_LEAST;
    else
        self->learn_rest = self->learn_rest < LEARN_REST_MOST / 2 ? 2 * self->learn_rest : LEARN_REST_MOST;
    /* Until the hold begins and after it ends the program runs on; it is only we who are late. */
    uint64_t end = fs_clock_nanoseconds();
    self->hold_after = end + (end - start) * HOLD_OVERHEAD_REST + (uint64_t)cost * self->learn_rest;
    return status;
}

static bool keep_held(const flame_interpreter *self, python_thread *thread)
{
    const stack_thread *stack = &thread->stack;
    if (!FS_GROW(thread->held_frames, thread->held_capacity, stack->depth + 1)) return false;
    if (stack->depth) memcpy(thread->held_frames, stack->out, stack->depth * sizeof *stack->out);
    thread->held_depth = stack->depth;
    thread->held_at = self->read_at;
    return true;
}

/* A frame that is being entered or left may lead anywhere. */
static bool is_moving(stack_outcome outcome)
{
    return outcome == STACK_TORN || outcome == STACK_OTHER || outcome == STACK_CODE ||
           outcome == STACK_UNMAPPED;
}

/* Nothing moved too fast for the reading: it was consistent, or only found out what to read and what
 * not. */
static bool was_consistent(const python_thread *thread, stack_outcome outcome)
{
    if (outcome == STACK_OK) return !thread->stack.guessed && !thread->stack.shifted;
    return !thread->fresh || !is_moving(outcome) || thread->stack.unlearned;
}

/* A thread whose stack is seldom consistent at the first reading moves faster than it can be read from
 * beside: what could be read by trying again would not be what it mostly does. */
static void update_failure_rate(python_thread *thread, bool consistent)
{
    thread->failure_rate +=
        ((consistent ? 0 : FAILURE_RATE_ALWAYS) - thread->failure_rate) / FAILURE_RATE_SAMPLES;
}

/* The last held sample is taken for this one too, if it is not long ago. */
static bool repeat(python_thread *thread, uint64_t when)
{
    if (!thread->held_at || !hold_schedule_covers(&thread->schedule, when - thread->held_at)) return false;
    thread->age = when - thread->held_at;
    return true;
}

typedef enum held_result {
    HELD_TAKEN,       /* here is the sample */
    HELD_FAILED,      /* it is not, and what was read before has gone */
    HELD_NOT_RUNNING, /* the thread does not run: to be read as any other, which counts as a held sample */
    HELD_NOT_TRIED    /* nothing was done */
} held_result;

/* Sample a thread that is hard to read by holding it, each time at a moment that the thread had no part in
 * choosing. That takes of its time, so one held sample may be repeated for several. */
static fs_status sample_held(flame_interpreter *self, size_t at, held_result *result, fs_error *error)
{
    python_thread *thread = self->threads[at];
    const stack_thread *stack = &thread->stack;
    uint64_t when = self->read_at;
    stack_outcome outcome;
    flame_cpu_hold_result answer = FLAME_CPU_REFUSED;
    double cost;
    *result = HELD_NOT_TRIED;
    if (hold_schedule_next(&thread->schedule, self->hold_cost * SAMPLE_REST, self->options.interval,
                           &self->stacks.random)) {
        fs_status status = read_held(self, at, true, &outcome, &answer, &cost, error);
        if (status != FS_OK) return status;
    }
    if (answer == FLAME_CPU_NOT_IN_USE) {
        *result = HELD_NOT_RUNNING;
    } else if (answer == FLAME_CPU_REFUSED) {
        if (repeat(thread, when)) *result = HELD_TAKEN;
    } else {
        /* Smoothed, so that the time until the next hold does not depend on what this one met. */
        if (cost > 0) self->hold_cost += (cost - self->hold_cost) / (self->hold_cost > 0 ? 16 : 1);
        bool seen = outcome == STACK_OK && !stack->guessed && !stack->shifted;
        if (outcome == STACK_MEMORY || (seen && !keep_held(self, thread)))
            return fs_fail_memory(error, "reading a stack", 0);
        /* A frame that is being entered or left, even one that stands still, may not make sense. */
        bool may_repeat = is_moving(outcome) || outcome == STACK_AGAIN;
        *result = seen || (may_repeat && repeat(thread, when)) ? HELD_TAKEN : HELD_FAILED;
    }
    return FS_OK;
}

/* ---- sampling a thread ---- */

/* How often to try where `most` is usual. A thread that could not be read for many samples in a row is tried
 * less, or it would take up a processor; at times as ever, so that it comes back. */
static uint32_t patience(const python_thread *thread, uint32_t most, uint32_t least)
{
    enum { PATIENT = 16, PROBE = 64, LESS_MOST = 4 };
    uint32_t less = thread->failed / PATIENT;
    if (less == 0 || thread->failed % PROBE == 0 || most <= least) return most;
    uint32_t fewer = most >> (less < LESS_MOST ? less : LESS_MOST);
    return fewer > least ? fewer : least;
}

/* Read a thread again until its stack is consistent. `outcome` is that of the first reading, and becomes
 * that of the last. *consistent: no reading failed, though there may have been some that only found out what
 * to read. */
static fs_status try_again(flame_interpreter *self, size_t at, stack_outcome *outcome, bool *consistent,
                           fs_error *error)
{
    python_thread *thread = self->threads[at];
    stack_thread *stack = &thread->stack;
    uint32_t attempts = 0, rounds = 0, others = 0;
    uint64_t began = 0;
    const uint32_t attempts_most = patience(thread, self->options.attempts, ATTEMPTS_LEAST);
    const uint32_t rounds_most = patience(thread, ROUNDS, ROUNDS_LEAST);
    const uint32_t others_most = patience(thread, OTHERS, ATTEMPTS_LEAST);
    *consistent = true;
    while (true) {
        fs_status status = FS_OK;
        bool guessed = *outcome == STACK_OK && stack->guessed;
        *consistent = *consistent && was_consistent(thread, *outcome);
        if ((guessed || (*outcome != STACK_OK && stack->unknown_step && attempts >= HOLD_AFTER)) &&
            holds_possible(self, thread) && fs_clock_nanoseconds() >= self->hold_after) {
            if (guessed) stack_thread_swap(stack);
            status = learn(self, at, outcome, error);
            if (guessed && *outcome != STACK_OK && *outcome != STACK_MEMORY) {
                stack_thread_swap(stack);
                *outcome = STACK_OK;
            }
        }
        if (status != FS_OK) return status;
        if (*outcome == STACK_MEMORY) return fs_fail_memory(error, "reading a stack", 0);
        if (*outcome == STACK_OK || *outcome == STACK_FOREIGN) return FS_OK;
        if (*outcome == STACK_AGAIN && rounds < rounds_most)
            rounds++;
        else if (*outcome == STACK_OTHER && others < others_most)
            others++;
        else if (++attempts >= attempts_most || (*outcome == STACK_DEEP && attempts >= 2))
            return FS_OK;
        self->retries++;
        uint64_t now = self->process ? fs_clock_nanoseconds() : 0;
        if (!began) began = now;
        if (now - began > SAMPLE_LONG) {
            /* Something took the processor away from us: the sample is of now. */
            stack_thread_begin(stack);
            began = now;
        }
        self->again = true;
        status = interpreter_read_threads(self, at, at + 1, true, false, error);
        self->again = false;
        if (status != FS_OK) return status;
        self->stacks.repairs = attempts < REPAIRS_UNTIL;
        *outcome = is_disturbed(thread) && rounds < rounds_most
                       ? STACK_AGAIN
                       : evaluate(self, thread, attempts == REVALIDATE_AT || attempts == REVALIDATE_AGAIN);
        self->stacks.repairs = true;
    }
}

/* Threads that wait for the interpreter lock do not move, whatever they did before. */
static bool may_need_holding(const flame_interpreter *self, const python_thread *thread)
{
    return self->options.interval && holds_possible(self, thread) && interpreter_holds_gil(self, thread);
}

/* A hold is shorter when what it needs was read just before. */
bool interpreter_skips_frames(flame_interpreter *self, const python_thread *thread)
{
    return thread->failure_rate >= FAILURE_RATE_HIGH && thread->held_at && self->options.interval &&
           holds_possible(self, thread) && !hold_schedule_is_next(&thread->schedule) &&
           fs_random_below(&self->stacks.random, PROBED) != 0;
}

fs_status interpreter_sample_thread(flame_interpreter *self, size_t at, fs_error *error)
{
    python_thread *thread = self->threads[at];
    stack_thread *stack = &thread->stack;
    bool judge = may_need_holding(self, thread), nothing_read = thread->skip_frames || is_disturbed(thread);
    held_result held = HELD_NOT_TRIED;
    bool consistent;
    fs_status status = FS_OK;
    thread->skip_frames = false;
    stack_thread_begin(stack);
    stack_outcome outcome = nothing_read ? STACK_AGAIN : evaluate(self, thread, false);
    bool may_hold = outcome == STACK_OK || outcome == STACK_AGAIN || is_moving(outcome);
    if (judge && may_hold && thread->failure_rate >= FAILURE_RATE_HIGH) {
        if (outcome != STACK_AGAIN) update_failure_rate(thread, was_consistent(thread, outcome));
        judge = false;
        status = sample_held(self, at, &held, error);
        if (status != FS_OK) return status;
        if (held == HELD_FAILED) {
            stack_thread_begin(stack);
            outcome = STACK_TORN;
        }
    }
    if (held == HELD_TAKEN) {
        outcome = STACK_OK;
    } else {
        status = try_again(self, at, &outcome, &consistent, error);
        if (status != FS_OK) return status;
        if (judge && !nothing_read) update_failure_rate(thread, consistent);
        if (held == HELD_NOT_RUNNING && outcome == STACK_OK && !keep_held(self, thread))
            return fs_fail_memory(error, "reading a stack", 0);
    }
    if (outcome == STACK_OTHER) {
        outcome = validate(self, thread);
        if (outcome == STACK_MEMORY) return fs_fail_memory(error, "reading a stack", 0);
        thread->late = outcome == STACK_OK;
    }
    if (outcome == STACK_OK)
        thread->failed = 0;
    else if (thread->failed < UINT32_MAX)
        thread->failed++;
    thread->missed = missed_as(outcome);
    thread->taken = true;
    thread->has_stack = outcome == STACK_OK && !thread->age;
    if (outcome != STACK_OK) stack->depth = 0;
    return FS_OK;
}
