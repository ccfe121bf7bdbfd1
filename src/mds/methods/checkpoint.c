#include "checkpoint.h"

#include "clock.h"
#include "hash_map.h"
#include "memory.h"

#include <stdio.h>
#include <string.h>

static const char magic[] = "mdscale checkpoint 1\n";
static const char damaged[] = "the checkpoint is cut off or damaged";

static const double DEFAULT_SECONDS = 300;

/* ---- what every stage changes ---- */

/* A copy, so that a record does not hold what is in the padding or belongs to one process. */
struct job_numbers {
    fs_random random;
    uint64_t done, done_before;
    double told_loss, fraction, gradient;
    double power, power_from; /* of the transform, and the rest: */
    uint64_t stop, best_start, best_count, outcomes;
    uint64_t held, coarse, follows, coarsely;
};

static struct job_numbers take_numbers(const mds_job *job)
{
    const mds_transform *t = job->transform;
    struct job_numbers numbers = {.random = job->random,
                                  .done = job->done,
                                  .done_before = job->done_before,
                                  .told_loss = job->told_loss,
                                  .fraction = job->fraction,
                                  .gradient = job->gradient,
                                  .stop = job->stop,
                                  .best_start = job->best_start,
                                  .best_count = job->best_count,
                                  .outcomes = job->outcomes};
    if (!t) return numbers;
    numbers.power = t->power;
    numbers.power_from = t->power_from;
    numbers.held = t->held;
    numbers.coarse = t->coarse;
    numbers.follows = t->follows;
    numbers.coarsely = t->coarsely;
    return numbers;
}

/* Disparities are what the configuration that they follow makes of them. */
static void give_disparities(mds_transform *t, const struct job_numbers *numbers)
{
    mds_transform_reset(t);
    t->held = false;
    t->coarse = numbers->coarsely;
    t->power = numbers->power_from;
    if (numbers->follows) mds_transform_follow(t, t->followed);
    mds_transform_mirror(t);
    t->power = numbers->power;
    t->held = numbers->held;
    t->coarse = numbers->coarse;
}

static void give_numbers(mds_job *job, const struct job_numbers *numbers)
{
    job->random = numbers->random;
    job->done = numbers->done;
    job->done_before = numbers->done_before;
    job->told_loss = numbers->told_loss;
    job->fraction = numbers->fraction;
    job->gradient = numbers->gradient;
    job->stop = (mds_stop)numbers->stop;
    job->best_start = (unsigned)numbers->best_start;
    job->best_count = (unsigned)numbers->best_count;
    job->outcomes = (unsigned)numbers->outcomes;
}

/* ---- records ---- */

struct record {
    char name[16];
    uint64_t over, bytes; /* behind it */
};

static size_t configuration_bytes(const mds_job *job)
{
    return job->p * job->stride * sizeof(double);
}

static size_t record_bytes(const mds_job *job, const mds_stage *stage, bool over)
{
    size_t bytes = sizeof(struct job_numbers);
    if (job->transform) bytes += configuration_bytes(job);
    for (size_t i = 0; i < (over ? stage->result : stage->count); i++) bytes += stage->pieces[i].bytes;
    return bytes;
}

static void fail(mds_job *job, fs_status status, const char *message)
{
    mds_checkpoint *c = job->checkpoint;
    if (!c->status) c->status = fs_fail(&c->error, status, "%s", message);
    job->ended = true;
    job->asked = job->stop = MDS_STOP_CANCELLED;
}

static bool make_room(mds_checkpoint *c, size_t more)
{
    size_t need;
    return fs_size_add(c->used, more, &need) && FS_GROW(c->bytes, c->capacity, need);
}

static void put(mds_checkpoint *c, const void *from, size_t bytes)
{
    if (bytes) memcpy(c->bytes + c->used, from, bytes);
    c->used += bytes;
}

/* The record of the stage takes the place of the one it had, and of those of the stages within. */
static void put_record(mds_job *job, const mds_stage *stage, bool over)
{
    mds_checkpoint *c = job->checkpoint;
    struct record record = {.over = over, .bytes = record_bytes(job, stage, over)};
    snprintf(record.name, sizeof record.name, "%s", stage->name);
    c->cursor = c->used = stage->record;
    if (c->status) return;
    if (!make_room(c, sizeof record + record.bytes)) {
        fail(job, FS_MEMORY, "out of memory while making a checkpoint");
        return;
    }
    struct job_numbers numbers = take_numbers(job);
    put(c, &record, sizeof record);
    put(c, &numbers, sizeof numbers);
    if (job->transform) put(c, job->transform->followed, configuration_bytes(job));
    for (size_t i = 0; i < (over ? stage->result : stage->count); i++)
        put(c, stage->pieces[i].at, stage->pieces[i].bytes);
    c->cursor = c->used;
}

static void take(mds_checkpoint *c, void *to, size_t bytes)
{
    if (bytes) memcpy(to, c->bytes + c->cursor, bytes);
    c->cursor += bytes;
}

/* The next record is to be the stage's, as sizes are checked with the checkpoint; false: it is not. */
static bool take_record(mds_job *job, const mds_stage *stage, bool *over)
{
    mds_checkpoint *c = job->checkpoint;
    struct record record;
    if (c->used - c->cursor < sizeof record) return false;
    take(c, &record, sizeof record);
    *over = record.over;
    if (strncmp(record.name, stage->name, sizeof record.name) != 0 || record.over > 1 ||
        record.bytes != record_bytes(job, stage, *over) || record.bytes > c->used - c->cursor)
        return false;
    struct job_numbers numbers;
    take(c, &numbers, sizeof numbers);
    give_numbers(job, &numbers);
    if (job->transform) {
        take(c, job->transform->followed, configuration_bytes(job));
        give_disparities(job->transform, &numbers);
    }
    for (size_t i = 0; i < (*over ? stage->result : stage->count); i++)
        take(c, stage->pieces[i].at, stage->pieces[i].bytes);
    return true;
}

/* ---- writing ---- */

/* Bytes of the outcomes that the caller has room for, which are written behind the log: their number, the
 * step from one to the next, and they themselves. */
static size_t outcome_bytes(const mds_job *job)
{
    const mds_fit_options *fit = job->fit;
    if (!fit->outcomes) return 0;
    return fit->outcome_step *
           (job->outcomes < fit->outcome_capacity ? job->outcomes : fit->outcome_capacity);
}

/* The identity, how long the log is, the log; the outcomes, their step; a hash of it all. */
static void write_checkpoint(mds_job *job)
{
    mds_checkpoint *c = job->checkpoint;
    uint64_t log = c->used - c->log, step = job->fit->outcome_step;
    size_t outcomes = outcome_bytes(job);
    if (c->status) return;
    if (!make_room(c, outcomes + 2 * sizeof(uint64_t))) {
        fail(job, FS_MEMORY, "out of memory while making a checkpoint");
        return;
    }
    memcpy(c->bytes + c->log - sizeof log, &log, sizeof log);
    size_t end = c->used;
    put(c, job->fit->outcomes, outcomes);
    put(c, &step, sizeof step);
    uint64_t hash = fs_hash_bytes(0, c->bytes, c->used);
    put(c, &hash, sizeof hash);
    bool go_on = c->write(c->bytes, c->used, c->context);
    c->used = end;
    c->written = fs_clock_seconds();
    if (go_on) return;
    job->ended = true;
    job->asked = job->stop = MDS_STOP_CANCELLED;
}

/* ---- stages ---- */

mds_stage_state mds_stage_begin(mds_job *job, mds_stage *stage)
{
    mds_checkpoint *c = job->checkpoint;
    bool over = false;
    if (!c || c->status) return MDS_STAGE_NEW;
    stage->record = c->cursor;
    if (c->cursor == c->used) {
        if (c->write) put_record(job, stage, false);
        return MDS_STAGE_NEW;
    }
    if (take_record(job, stage, &over)) return over ? MDS_STAGE_OVER : MDS_STAGE_RESUMED;
    fail(job, FS_DATA, damaged);
    return MDS_STAGE_NEW;
}

void mds_stage_pass(mds_job *job, mds_stage *stage)
{
    mds_checkpoint *c = job->checkpoint;
    if (!c || c->status || !c->write || job->ended) return;
    bool due = job->leaving || fs_clock_seconds() - c->written >= c->every;
    if (due || stage->nests) put_record(job, stage, false);
    if (due) write_checkpoint(job);
}

void mds_stage_end(mds_job *job, mds_stage *stage)
{
    mds_checkpoint *c = job->checkpoint;
    if (c && !c->status && c->write && !job->ended) put_record(job, stage, true);
}

bool mds_stage_require(mds_job *job, bool holds)
{
    if (job->checkpoint && !holds) fail(job, FS_DATA, damaged);
    return holds;
}

/* ---- resuming ---- */

fs_status mds_identity_differs(const char *text, size_t bytes, const char *identity, const char *what,
                               fs_error *error)
{
    for (;;) {
        size_t here = strcspn(identity, "\n"), name = strcspn(identity, ":");
        const char *end = memchr(text, '\n', bytes);
        size_t there = end ? (size_t)(end - text) : 0;
        if (!end || here == 0 || name > here || there < name || memcmp(text, identity, name) != 0)
            return fs_fail(error, FS_DATA, "%s, or by another version of this program", what);
        if (there != here || memcmp(text, identity, here) != 0) {
            if (memchr(identity, '#', here)) /* a hash */
                return fs_fail(error, FS_DATA, "%s: its %.*s differ", what, (int)name, identity);
            return fs_fail(error, FS_DATA, "%s: its %.*s is%.*s, here it is%.*s", what, (int)name, identity,
                           (int)(there - name - 1), text + name + 1, (int)(here - name - 1),
                           identity + name + 1);
        }
        text += there + 1;
        bytes -= there + 1;
        identity += here + 1;
    }
}

/* Take the log, and the caller's outcomes so far. */
static fs_status take_checkpoint(mds_job *job, const char *identity, fs_error *error)
{
    mds_checkpoint *c = job->checkpoint;
    const char *from = job->fit->resume;
    size_t bytes = job->fit->resume_bytes, prefix = sizeof magic - 1, text = strlen(identity);
    uint64_t hash, log, step;
    if (bytes < prefix || memcmp(from, magic, prefix) != 0)
        return fs_fail(error, FS_DATA, "this is no checkpoint of mdscale");
    if (bytes - prefix < sizeof hash) return fs_fail(error, FS_DATA, damaged);
    bytes -= sizeof hash;
    memcpy(&hash, from + bytes, sizeof hash);
    if (hash != fs_hash_bytes(0, from, bytes)) return fs_fail(error, FS_DATA, damaged);
    if (bytes - prefix < text || memcmp(from + prefix, identity, text) != 0)
        return mds_identity_differs(from + prefix, bytes - prefix, identity,
                                    "the checkpoint is of another fit", error);
    if (bytes - prefix - text < sizeof log + sizeof step) return fs_fail(error, FS_DATA, damaged);
    bytes -= sizeof step;
    memcpy(&step, from + bytes, sizeof step);
    memcpy(&log, from + prefix + text, sizeof log);
    if (log > bytes - prefix - text - sizeof log) return fs_fail(error, FS_DATA, damaged);
    if (!make_room(c, log)) return fs_fail_memory(error, "resuming", log);
    const char *at = from + prefix + text + sizeof log;
    put(c, at, log);
    c->cursor = c->log;

    const mds_fit_options *fit = job->fit;
    size_t left = bytes - (size_t)(at + log - from);
    for (size_t i = 0; fit->outcomes && step == fit->outcome_step && i < fit->outcome_capacity; i++) {
        if (left < (i + 1) * step) break;
        memcpy((char *)fit->outcomes + i * step, at + log + i * step, step);
    }
    return FS_OK;
}

fs_status mds_checkpoint_create(mds_job *job, const char *identity, fs_error *error)
{
    const mds_fit_options *fit = job->fit;
    mds_checkpoint *c = fs_alloc_0(1, sizeof *c);
    uint64_t nothing = 0;
    job->checkpoint = c;
    if (!c) return fs_fail_memory(error, "making a checkpoint", sizeof *c);
    c->write = mds_share_rank(job->share) == 0 ? fit->checkpoint : NULL;
    c->context = fit->context;
    c->every = fit->checkpoint_seconds > 0 ? fit->checkpoint_seconds : DEFAULT_SECONDS;
    if (!make_room(c, sizeof magic + strlen(identity) + sizeof nothing))
        return fs_fail_memory(error, "making a checkpoint", 0);
    put(c, magic, sizeof magic - 1);
    put(c, identity, strlen(identity));
    put(c, &nothing, sizeof nothing);
    c->log = c->cursor = c->used;
    if (fit->resume) return take_checkpoint(job, identity, error);
    if (c->write) write_checkpoint(job);
    return c->status ? fs_fail(error, c->status, "%s", c->error.message) : FS_OK;
}

void mds_checkpoint_destroy(mds_checkpoint *checkpoint)
{
    if (!checkpoint) return;
    fs_free(checkpoint->bytes);
    fs_free(checkpoint);
}
