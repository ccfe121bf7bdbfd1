/*
 * How one thread is sampled. While it does not run nothing can change, and while it stands somewhere for some
 * microseconds the two copies of a reading agree. What moves faster is held (cpu_hold.h); what could not be
 * read is missed. Nothing is put together from readings that differ.
 */
#include "clock.h"
#include "interpreter_private.h"

enum {
    ROUNDS = 12,      /* readings that only found out what to read */
    HOLDS_MOST = 3,   /* one after the other, for code that turned out to be other than what was known */
    OWED_WINDOWS = 16 /* windows without a held sample, after which it is tried beside once */
};

/* How often a thread's copies differ at the first reading: a moving average over some 64 samples. More than
 * 3% is too often: what agrees then is not what the thread mostly does, and may be there by an exact change
 * back. */
enum {
    FAILURE_RATE_ALWAYS = 1 << 16,
    FAILURE_RATE_HIGH = FAILURE_RATE_ALWAYS / 32,
    FAILURE_RATE_SAMPLES = 64
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

static stack_outcome evaluate(flame_interpreter *self, python_thread *thread)
{
    if (!thread->fresh) return STACK_UNMAPPED;
    return stack_thread_evaluate(&self->stacks, &thread->stack, &thread->generation);
}

/* What made no sense may have been for code that is no longer what it was. */
static stack_outcome validate(flame_interpreter *self, python_thread *thread, stack_outcome outcome)
{
    const stack_validation *validation = &thread->stack.validation;
    bool stale = validation->pending || validation->outside;
    if (outcome == STACK_AGAIN || (outcome != STACK_OK && !stale)) return outcome;
    stack_outcome valid = stack_thread_validate(&self->stacks, &thread->stack, thread->generation.now);
    return valid == STACK_OK ? outcome : valid;
}

/* ---- a thread that moves ---- */

/* A frame that is being entered or left may lead anywhere. */
static bool is_moving(const python_thread *thread, stack_outcome outcome)
{
    return outcome == STACK_TORN || outcome == STACK_CODE || (outcome == STACK_UNMAPPED && thread->fresh);
}

static void note_reading(flame_interpreter *self, python_thread *thread, stack_outcome outcome)
{
    int32_t *rate = &thread->schedule.failure_rate;
    if (!is_moving(thread, outcome) && outcome != STACK_OK) return;
    *rate += ((outcome == STACK_OK ? 0 : FAILURE_RATE_ALWAYS) - *rate) / FAILURE_RATE_SAMPLES;
    self->holds.failure_rate = *rate;
}

static bool can_hold(const flame_interpreter *self, const python_thread *thread)
{
    return self->process && !self->options.freeze && thread->identity.tid && !self->holds.refused;
}

static hold_turn *turn_of(flame_interpreter *self, python_thread *thread)
{
    return self->runtime.layout.free_threaded ? &thread->turn : &self->holds.turn;
}

/* Threads that wait for the interpreter lock do not move, whatever they did before. */
static bool may_hold(const flame_interpreter *self, const python_thread *thread)
{
    return can_hold(self, thread) && interpreter_may_run(self, thread);
}

static bool moves_too_often(const flame_interpreter *self, const python_thread *thread)
{
    return self->options.interval && thread->schedule.failure_rate > FAILURE_RATE_HIGH &&
           can_hold(self, thread);
}

static bool is_only_held(const flame_interpreter *self, const python_thread *thread)
{
    return moves_too_often(self, thread) && interpreter_may_run(self, thread);
}

static bool is_owed_too_long(flame_interpreter *self, python_thread *thread)
{
    return thread->schedule.owed >= OWED_WINDOWS * turn_of(self, thread)->schedule.window;
}

/* A hold is shorter when what it needs was read just before, which also tells whether it is still needed. */
bool interpreter_skips_frames(flame_interpreter *self, python_thread *thread)
{
    const hold_turn *turn = turn_of(self, thread);
    return is_only_held(self, thread) && !turn->due && !hold_schedule_is_next(&turn->schedule);
}

static double hold_rest(const flame_interpreter *self)
{
    return self->holds.cost / self->options.budget;
}

static fs_status hold_once(flame_interpreter *self, size_t at, stack_outcome *outcome,
                           flame_cpu_hold_result *answer, fs_error *error)
{
    interpreter_holds *holds = &self->holds;
    python_thread *thread = self->threads[at];
    fs_status status = FS_OK;
    double cost;
    *outcome = STACK_TORN;
    *answer = FLAME_CPU_REFUSED;
    if (!holds->holder && flame_cpu_holder_open(&holds->holder, NULL) != FS_OK) {
        holds->refused = true;
        return FS_OK;
    }
    *answer = flame_cpu_hold_begin(holds->holder, self->pid, thread->identity.tid);
    if (*answer != FLAME_CPU_HELD) return FS_OK;
    holds->count++;
    gather_clear(&thread->stack.validation.spans); /* nothing is read now that can be read afterwards */
    *outcome = STACK_AGAIN;
    for (int round = 0; round < ROUNDS && *outcome == STACK_AGAIN && status == FS_OK; round++) {
        status = interpreter_read_frames(self, at, error);
        if (status == FS_OK) *outcome = thread->fresh ? evaluate(self, thread) : STACK_AGAIN;
    }
    if (!flame_cpu_hold_end(holds->holder, &cost)) *outcome = STACK_TORN;
    /* Smoothed, so that the time until the next hold does not depend on what this one met. */
    if (cost > 0) holds->cost += (cost - holds->cost) / 16;
    hold_turn *turn = turn_of(self, thread);
    const uint64_t now = fs_clock_nanoseconds();
    turn->after = (turn->after > now ? turn->after : now) + (uint64_t)hold_rest(self);
    if (status == FS_OK) *outcome = validate(self, thread, *outcome);
    return status;
}

/* Read a thread while its processor is held: it stands still meanwhile. Code of the stack that was not what
 * it was taken for has been read anew by then, so the thread is held again: to wait for a better moment would
 * be to leave out what runs new code. */
static fs_status read_held(flame_interpreter *self, size_t at, stack_outcome *outcome,
                           flame_cpu_hold_result *answer, fs_error *error)
{
    fs_status status;
    int holds = 0;
    do {
        status = hold_once(self, at, outcome, answer, error);
    } while (!status && *answer == FLAME_CPU_HELD && *outcome == STACK_AGAIN && ++holds < HOLDS_MOST);
    return status;
}

/* ---- a sample ---- */

/* Read a thread again until its copies agree; what differs is held at once. `outcome` is that of the first
 * reading, and becomes that of the last. */
static fs_status read_beside(flame_interpreter *self, size_t at, stack_outcome *outcome, fs_error *error)
{
    python_thread *thread = self->threads[at];
    uint32_t failed = thread->schedule.failed < 4 ? thread->schedule.failed : 4;
    uint32_t rounds = 0, attempts = self->options.attempts >> failed;
    bool first = true;
    while (true) {
        fs_status status = FS_OK;
        *outcome = validate(self, thread, *outcome);
        if (first && *outcome != STACK_AGAIN) {
            flame_cpu_hold_result answer;
            first = false;
            if (may_hold(self, thread)) {
                note_reading(self, thread, *outcome);
                if (is_moving(thread, *outcome) && fs_clock_nanoseconds() >= turn_of(self, thread)->after)
                    status = read_held(self, at, outcome, &answer, error);
            }
        }
        if (status != FS_OK || *outcome == STACK_OK || *outcome == STACK_FOREIGN || *outcome == STACK_MEMORY)
            return status;
        if (*outcome == STACK_AGAIN && rounds < ROUNDS)
            rounds++;
        else if (attempts-- <= 1)
            return FS_OK;
        self->retries++;
        status = interpreter_read_frames(self, at, error);
        if (status != FS_OK) return status;
        *outcome = evaluate(self, thread);
    }
}

typedef enum turn { TURN_OWED, TURN_TAKEN, TURN_BESIDE } turn;

/* A thread that is only read while it is held: hold it when that is its turn. TURN_OWED: it is not read now.
 * TURN_BESIDE: it does not run, or was not to be held for so long that what can be read beside must do. */
static fs_status take_turn(flame_interpreter *self, size_t at, turn *now, fs_error *error)
{
    hold_turn *own = turn_of(self, self->threads[at]);
    flame_cpu_hold_result answer = FLAME_CPU_REFUSED;
    stack_outcome outcome = STACK_TORN;
    fs_status status = FS_OK;
    if (hold_schedule_next(&own->schedule, hold_rest(self), self->options.interval, &self->holds.random))
        own->due = true;
    if (own->due && fs_clock_nanoseconds() >= own->after)
        status = read_held(self, at, &outcome, &answer, error);
    if (status == FS_OK && outcome == STACK_MEMORY) status = fs_fail_memory(error, "reading a stack", 0);
    *now = outcome == STACK_OK                                                           ? TURN_TAKEN
           : answer == FLAME_CPU_NOT_IN_USE || is_owed_too_long(self, self->threads[at]) ? TURN_BESIDE
                                                                                         : TURN_OWED;
    if (*now != TURN_OWED) own->due = false;
    return status;
}

fs_status interpreter_sample_thread(flame_interpreter *self, size_t at, fs_error *error)
{
    python_thread *thread = self->threads[at];
    thread_schedule *schedule = &thread->schedule;
    bool read = thread->plan == THREAD_READ, runs = may_hold(self, thread);
    stack_outcome outcome = read ? evaluate(self, thread) : STACK_AGAIN;
    turn now = TURN_BESIDE;
    fs_status status = FS_OK;
    thread->plan = THREAD_READ;
    thread->has_stack = false;
    thread->result = (thread_result){.wanted = true};
    if (is_only_held(self, thread)) {
        if (read) note_reading(self, thread, outcome);
        status = take_turn(self, at, &now, error);
        outcome = now == TURN_TAKEN ? STACK_OK : STACK_AGAIN;
    }
    if (status == FS_OK && now == TURN_BESIDE) status = read_beside(self, at, &outcome, error);
    /* It waited, and has gone on since. */
    if (is_moving(thread, outcome) && moves_too_often(self, thread) && !is_owed_too_long(self, thread))
        now = TURN_OWED;
    schedule->owed += now == TURN_OWED;
    if (status != FS_OK || now == TURN_OWED) return status;
    if (status == FS_OK && outcome == STACK_MEMORY) status = fs_fail_memory(error, "reading a stack", 0);
    if (status != FS_OK) return status;
    schedule->failed = outcome == STACK_OK ? 0 : schedule->failed + 1;
    thread->result.missed = missed_as(outcome);
    thread->result.ticks = 1;
    if (runs) {
        thread->result.ticks += schedule->owed;
        schedule->owed = 0;
    }
    /* What was owed by threads that have ended: only a moment that was chosen at random stands for others. */
    if (now == TURN_TAKEN) {
        thread->result.ticks += self->holds.orphan;
        self->holds.orphan = 0;
    }
    thread->has_stack = outcome == STACK_OK;
    if (outcome != STACK_OK) thread->stack.depth = 0;
    return FS_OK;
}

void interpreter_miss(python_thread *thread)
{
    if (!thread->result.ticks) return;
    thread->schedule.owed += thread->result.ticks - 1;
    thread->result.ticks = 1;
    thread->result.missed = FLAME_MISSED_TORN;
    thread->has_stack = false;
}

fs_status interpreter_read_standing(flame_interpreter *self, size_t at, fs_error *error)
{
    python_thread *thread = self->threads[at];
    stack_outcome outcome = STACK_AGAIN;
    thread->plan = THREAD_READ;
    thread->has_stack = false;
    for (int round = 0; round < ROUNDS && outcome == STACK_AGAIN; round++) {
        fs_status status = interpreter_read_frames(self, at, error);
        if (status) return status;
        outcome = thread->fresh ? validate(self, thread, evaluate(self, thread)) : STACK_AGAIN;
    }
    if (outcome == STACK_MEMORY) return fs_fail_memory(error, "reading a stack", 0);
    thread->result = (thread_result){.missed = missed_as(outcome), .ticks = 1, .wanted = true};
    thread->has_stack = outcome == STACK_OK;
    if (outcome != STACK_OK) thread->stack.depth = 0;
    return FS_OK;
}

void interpreter_forget_schedule(flame_interpreter *self, python_thread *thread)
{
    self->holds.orphan += thread->schedule.owed;
    /* Most likely it does what the others do; else the first reading decides. */
    int32_t rate = self->holds.failure_rate;
    thread->schedule.failure_rate = rate > FAILURE_RATE_HIGH ? rate : FAILURE_RATE_HIGH;
    thread->schedule.owed = thread->schedule.failed = 0;
}
