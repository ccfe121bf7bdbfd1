#include "native_merge.h"

#include "file.h"
#include "memory.h"

#include <string.h>

/* Owners of evaluations are places of the native stack by index, but for these: */
#define OUTSIDE UINT32_MAX       /* outside of all that is known of the native stack */
#define NOWHERE (UINT32_MAX - 1) /* it is no call at all */

void native_merge_fini(native_merge *merge)
{
    fs_free(merge->kinds);
    fs_free(merge->owners);
    *merge = (native_merge){0};
}

/* ---- places ---- */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static place_kind kind_of_file(const native_merge *merge, const char *path, const char *function)
{
    static const char *const libraries[] = {"libc.so", "libc-", "libpthread", "ld-linux", "ld-musl"};
    const char *name = fs_path_base(path);
    if (strcmp(path, merge->interpreter) == 0)
        return function && begins(function, "_PyEval_EvalFrameDefault") ? PLACE_EVALUATION
                                                                        : PLACE_INTERPRETER;
    /* An executable whose interpreter is in a library, or a library of which the executable has no need. */
    if (begins(name, "python") || begins(name, "libpython")) return PLACE_INTERPRETER;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (begins(name, libraries[i])) return PLACE_SYSTEM;
    return PLACE_OTHER;
}

static bool find_kinds(native_merge *merge, const flame_native_stack *native)
{
    const size_t before = merge->kind_capacity;
    uint32_t most = 0;
    for (uint32_t i = 0; i < native->depth; i++)
        if (native->places[i] > most) most = native->places[i];
    if (!FS_GROW(merge->kinds, merge->kind_capacity, (size_t)most + 1)) return false;
    memset(merge->kinds + before, PLACE_NEW, merge->kind_capacity - before);
    for (uint32_t i = 0; i < native->depth; i++) {
        const char *path, *function;
        uint8_t *kind = &merge->kinds[native->places[i]];
        if (*kind != PLACE_NEW) continue;
        const bool in_file =
            merge->interpreter && flame_native_code(merge->native, native->places[i], &path, &function);
        *kind = in_file ? (uint8_t)kind_of_file(merge, path, function) : PLACE_OTHER;
    }
    return true;
}

/* ---- which call evaluates what ---- */

/* The native stack and what it is to be merged with. */
typedef struct merge_input {
    const native_merge *merge;
    const flame_native_stack *native;
    uint32_t calls; /* its places that are code: without a last one that says how it ends */
    const flame_evaluation *evaluations;
    size_t count;
    uint32_t depth, rest; /* rest: Python frames beyond the evaluations, of a stack that is cut */
} merge_input;

static place_kind kind_at(const merge_input *in, uint32_t call)
{
    return (place_kind)in->merge->kinds[in->native->places[call]];
}

/* Where the part of the stack ends that belongs to a call. */
static uint64_t end_of(const merge_input *in, uint32_t call)
{
    if (call + 1 < in->native->depth && call + 1 < in->calls) return in->native->frames[call + 1];
    /* The last that is known of: what lies further may belong to callers of its. */
    return kind_at(in, call) == PLACE_EVALUATION ? UINT64_MAX : in->native->frames[call];
}

/* The outermost call of the interpreter from `call` on, inside of the library that started the program: the
 * executable's own start is outside of that. */
static uint32_t outermost_interpreter(const merge_input *in, uint32_t call)
{
    uint32_t last = NOWHERE, found = NOWHERE;
    if (in->native->end != FLAME_NATIVE_WHOLE) return OUTSIDE;
    for (uint32_t i = call; i < in->calls; i++) {
        if (kind_at(in, i) == PLACE_INTERPRETER) last = i;
        if (kind_at(in, i) == PLACE_SYSTEM) found = last;
    }
    return found != NOWHERE ? found : last;
}

/* By the address in each call's part of the stack. */
static bool own_by_mark(const merge_input *in, uint32_t *owners)
{
    const flame_native_stack *native = in->native;
    const uint64_t last = in->calls ? native->frames[in->calls - 1] : 0;
    uint32_t call = 0;
    for (size_t i = 0; i < in->count; i++) {
        const uint64_t mark = in->evaluations[i].mark;
        uint32_t found = call;
        if (mark == FLAME_NO_EVALUATION) {
            const bool any = in->evaluations[i].frames > 0;
            owners[i] = any ? outermost_interpreter(in, call) : NOWHERE;
            if (any && owners[i] == NOWHERE) return false;
            continue;
        }
        while (found < in->calls && (mark < native->frames[found] || mark >= end_of(in, found))) found++;
        if (found < in->calls) {
            owners[i] = found;
            call = found + 1;
        } else if (native->end != FLAME_NATIVE_WHOLE && mark >= last) {
            owners[i] = OUTSIDE;
            call = in->calls;
        } else {
            owners[i] = NOWHERE;
            if (in->evaluations[i].frames) return false;
        }
    }
    return true;
}

/* By counting: each call evaluates one Python frame, but for the innermost one while it is entered or left.
 */
static bool own_by_count(const merge_input *in, uint32_t *owners)
{
    const bool whole = in->native->end == FLAME_NATIVE_WHOLE;
    size_t calls = 0, next = 0;
    for (uint32_t i = 0; i < in->calls; i++) calls += kind_at(in, i) == PLACE_EVALUATION;
    const bool inside = in->calls && kind_at(in, 0) != PLACE_EVALUATION; /* it has called something */
    if (calls > in->count + 1 || (whole && calls < in->count)) return false;
    if (!whole && calls <= in->count && calls && !inside) return false;
    size_t skip = calls > in->count;
    for (uint32_t i = 0; i < in->calls && next < in->count; i++) {
        if (kind_at(in, i) != PLACE_EVALUATION) continue;
        if (skip)
            skip--;
        else
            owners[next++] = i;
    }
    while (next < in->count) owners[next++] = OUTSIDE;
    return true;
}

/* The frames of a stack that is cut belong to the next call after those that were found, if there is one. */
static bool own_rest(const merge_input *in, uint32_t *owners)
{
    uint32_t call = 0;
    owners[in->count] = NOWHERE;
    if (!in->rest) return true;
    for (size_t i = 0; i < in->count; i++)
        if (owners[i] != NOWHERE) call = owners[i] == OUTSIDE ? in->calls : owners[i] + 1;
    while (call < in->calls && kind_at(in, call) != PLACE_EVALUATION) call++;
    owners[in->count] = call < in->calls ? call : OUTSIDE;
    return call < in->calls || in->native->end != FLAME_NATIVE_WHOLE;
}

/* Of each evaluation, and of the rest behind them. */
static bool find_owners(const merge_input *in, uint32_t *owners)
{
    bool marked = in->count > 0;
    for (size_t i = 0; i < in->count; i++) marked = marked && in->evaluations[i].mark;
    return (marked ? own_by_mark(in, owners) : own_by_count(in, owners)) && own_rest(in, owners);
}

static uint32_t frames_of(const merge_input *in, size_t evaluation)
{
    return evaluation < in->count ? in->evaluations[evaluation].frames : in->rest;
}

/* ---- one stack ---- */

static bool is_kept(const merge_input *in, uint32_t call, bool outside)
{
    if (in->merge->all || in->depth == 0 || call >= in->calls) return true;
    switch (kind_at(in, call)) {
    case PLACE_INTERPRETER:
    case PLACE_EVALUATION:
        return false;
    case PLACE_SYSTEM:
        return !outside;
    default:
        return true;
    }
}

static void add(merged_stack *out, merged_kind kind, uint32_t index)
{
    out->frames[out->count++] = (merged_frame){.kind = kind, .index = index};
}

static void add_python(merged_stack *out, uint32_t *next, uint32_t count)
{
    while (count-- > 0) add(out, MERGED_PYTHON, (*next)++);
}

/* Native frames with each evaluation's frames inside the call that owns them. */
static void join(const merge_input *in, const uint32_t *owners, merged_stack *out)
{
    uint32_t next = 0, outermost = OUTSIDE; /* the call outside of which is no Python frame */
    size_t at = 0;
    for (size_t i = 0; i <= in->count; i++)
        if (frames_of(in, i)) outermost = owners[i];
    for (uint32_t i = 0; i < in->native->depth; i++) {
        for (; at <= in->count && (owners[at] == i || owners[at] == NOWHERE); at++)
            add_python(out, &next, frames_of(in, at));
        if (is_kept(in, i, i > outermost)) add(out, MERGED_NATIVE, in->native->places[i]);
    }
    add_python(out, &next, in->depth - next);
}

static void put_apart(const merge_input *in, merged_stack *out)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < in->native->depth; i++)
        if (is_kept(in, i, false)) add(out, MERGED_NATIVE, in->native->places[i]);
    add(out, MERGED_NATIVE, FLAME_NATIVE_UNORDERED);
    add_python(out, &next, in->depth);
    out->unordered = true;
}

fs_status native_merge_stack(native_merge *merge, const flame_native_stack *native,
                             const flame_evaluation *evaluations, size_t count, uint32_t depth,
                             merged_stack *out, fs_error *error)
{
    merge_input in = {.merge = merge,
                      .native = native,
                      .calls = native->depth,
                      .evaluations = evaluations,
                      .count = count,
                      .depth = depth,
                      .rest = depth};
    for (size_t i = 0; i < count; i++) in.rest -= evaluations[i].frames;
    if (native->end != FLAME_NATIVE_WHOLE && in.calls) in.calls--;
    out->count = 0;
    out->unordered = false;
    if (!find_kinds(merge, native) || !FS_GROW(merge->owners, merge->owner_capacity, count + 1) ||
        !FS_GROW(out->frames, out->capacity, (size_t)native->depth + depth + 1))
        return fs_fail_memory(error, "merging native and Python frames", 0);
    if (find_owners(&in, merge->owners))
        join(&in, merge->owners, out);
    else
        put_apart(&in, out);
    return FS_OK;
}
