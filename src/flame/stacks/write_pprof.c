/*
 * pprof: profile.proto of github.com/google/pprof, gzipped. One location for each distinct frame name, one
 * function for each distinct (function, file). Counts there are whole: those with a fraction are all
 * multiplied by a power of ten that makes them whole, which a comment says; what is left of a third is
 * carried from one stack to the next, so that the sum is right to within one. A difference has two sample
 * types, before and after.
 */
#include "frame_name.h"
#include "gzip_stream.h"
#include "name_table.h"
#include "stack_writer.h"
#include "text.h"
#include "wire.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK = 64 * 1024 };

typedef struct pprof_writer {
    const flame_tree *tree;
    flame_names strings;   /* ids are indices of the table of strings */
    flame_names functions; /* key: the ids of function and file; ids from 0 */
    uint32_t *function_of; /* by name */
    int32_t *line_of;
    fs_text message, inner, packed;
    double scale; /* what counts are multiplied by */
    bool diff;
    flame_gzip gzip;
} pprof_writer;

/* Compress what `message` holds, and empty it; with `last`, all that is still held back too. */
static fs_status compress_message(pprof_writer *writer, bool last, fs_error *error)
{
    if (writer->message.failed || writer->inner.failed || writer->packed.failed)
        return fs_fail_memory(error, "writing a pprof profile", writer->message.length);
    fs_status status = flame_gzip_write(&writer->gzip, fs_text_string(&writer->message),
                                        writer->message.length, last, error);
    fs_text_clear(&writer->message);
    return status;
}

static fs_status intern(pprof_writer *writer, const char *text, size_t length, uint32_t *id, fs_error *error)
{
    /* The format's strings are UTF-8. */
    if (fs_utf8_valid(text, length)) return flame_names_add(&writer->strings, text, length, 0, id, error);
    fs_text clean;
    fs_text_init(&clean);
    fs_text_add_utf8(&clean, text, length);
    fs_status status = clean.failed
                           ? fs_fail_memory(error, "writing a pprof profile", length)
                           : flame_names_add(&writer->strings, clean.data, clean.length, 0, id, error);
    fs_text_fini(&clean);
    return status;
}

static fs_status write_type(pprof_writer *writer, uint32_t field, const char *type, const char *unit,
                            fs_error *error)
{
    uint32_t ids[2] = {0, 0};
    fs_status status = intern(writer, type, strlen(type), &ids[0], error);
    if (!status) status = intern(writer, unit, strlen(unit), &ids[1], error);
    if (status) return status;
    fs_text_clear(&writer->inner);
    flame_wire_put_field(&writer->inner, 1, ids[0]);
    flame_wire_put_field(&writer->inner, 2, ids[1]);
    flame_wire_put_bytes(&writer->message, field, fs_text_string(&writer->inner), writer->inner.length);
    return FS_OK;
}

/* Functions and locations, by name. */
static fs_status write_locations(pprof_writer *writer, fs_error *error)
{
    const flame_tree *tree = writer->tree;
    uint32_t count = flame_tree_names(tree);
    writer->function_of = fs_alloc(count, sizeof *writer->function_of);
    writer->line_of = fs_alloc(count, sizeof *writer->line_of);
    if (!writer->function_of || !writer->line_of)
        return fs_fail_memory(error, "writing a pprof profile", (size_t)count * 8);
    for (uint32_t i = 0; i < count; i++) {
        const flame_name *name = flame_tree_name_of(tree, i);
        flame_frame_parts frame = flame_frame_parse(name->text, name->length);
        uint32_t key[2] = {0, 0}; /* file 0 is the empty string */
        fs_status status = intern(writer, frame.function, frame.function_length, &key[0], error);
        if (!status && frame.file) status = intern(writer, frame.file, frame.file_length, &key[1], error);
        size_t before = writer->functions.count;
        if (!status)
            status = flame_names_add(&writer->functions, (const char *)key, sizeof key, 0,
                                     &writer->function_of[i], error);
        if (status) return status;
        writer->line_of[i] = frame.line;
        if (writer->functions.count > before) {
            fs_text_clear(&writer->inner);
            flame_wire_put_field(&writer->inner, 1, (uint64_t)writer->function_of[i] + 1);
            flame_wire_put_field(&writer->inner, 2, key[0]);
            flame_wire_put_field(&writer->inner, 3, key[0]);
            flame_wire_put_field(&writer->inner, 4, key[1]);
            flame_wire_put_bytes(&writer->message, 5, fs_text_string(&writer->inner), writer->inner.length);
        }
        fs_text_clear(&writer->packed);
        flame_wire_put_field(&writer->packed, 1, (uint64_t)writer->function_of[i] + 1);
        flame_wire_put_field(&writer->packed, 2, (uint64_t)frame.line);
        fs_text_clear(&writer->inner);
        flame_wire_put_field(&writer->inner, 1, (uint64_t)i + 1);
        flame_wire_put_bytes(&writer->inner, 4, fs_text_string(&writer->packed), writer->packed.length);
        flame_wire_put_bytes(&writer->message, 4, fs_text_string(&writer->inner), writer->inner.length);
        if (writer->message.length > CHUNK) status = compress_message(writer, false, error);
        if (status) return status;
    }
    return FS_OK;
}

/* Whether a count is whole, but for what a double cannot tell. */
static bool is_whole(flame_exact count)
{
    flame_exact nearest = flame_exact_floor(flame_exact_add(count, flame_exact_of(0.5)));
    double off = fabs(flame_exact_add(count, flame_exact_minus(nearest)).value);
    return off <= fmin(4 * DBL_EPSILON * count.value, 1e-3);
}

static bool all_whole(const flame_tree *tree, double scale)
{
    for (uint32_t i = 0; i < flame_tree_nodes(tree); i++)
        if (!is_whole(flame_exact_scale(flame_tree_exact(tree, i, FLAME_SELF_AFTER), scale)) ||
            !is_whole(flame_exact_scale(flame_tree_exact(tree, i, FLAME_SELF_BEFORE), scale)))
            return false;
    return true;
}

double flame_pprof_scale(const flame_tree *tree)
{
    flame_counts root = flame_tree_counts(tree, 0);
    double total = fmax(root.total_after, root.total_before), scale = 1;
    for (int digits = 0; digits < FLAME_PPROF_DIGITS && !all_whole(tree, scale); digits++) {
        if (total * scale * 10 > 9e18) break;
        scale *= 10;
    }
    return scale;
}

/* The whole count to write; *carried is what the one before left of its fraction, and becomes what this
 * leaves. False when the format, whose counts have a sign, does not hold it. */
static bool whole_count(flame_exact count, double *carried, uint64_t *whole)
{
    if (!flame_exact_is_u64(count, whole)) {
        flame_exact exact = flame_exact_add(count, flame_exact_of(*carried));
        flame_exact down = flame_exact_floor(flame_exact_add(exact, flame_exact_of(0.5)));
        if (!flame_exact_is_u64(down, whole)) return false;
        *carried = flame_exact_add(exact, flame_exact_minus(down)).value;
    }
    return *whole <= INT64_MAX;
}

static fs_status fail_too_many(const flame_tree *tree, uint32_t node, flame_exact number, fs_error *error)
{
    char count[FLAME_EXACT_SIZE];
    const flame_name *name = node ? flame_tree_name_of(tree, flame_tree_node(tree, node)->name) : NULL;
    flame_exact_format(number, count);
    return fs_fail(error, FS_DATA,
                   "a stack that ends in '%.100s' counts %s, and a pprof profile holds counts up to "
                   "9223372036854775807; folded stacks and speedscope's JSON hold it",
                   name ? name->text : "all", count);
}

/* A sample's values, packed: before and after for a difference, else the count, and its time when the period
 * is known. *any: whether one of them is not 0. */
static fs_status pack_values(pprof_writer *writer, uint32_t node, double period, double carried[2], bool *any,
                             fs_error *error)
{
    static const flame_sum sums[] = {FLAME_SELF_BEFORE, FLAME_SELF_AFTER};
    *any = false;
    fs_text_clear(&writer->packed);
    for (size_t side = writer->diff ? 0 : 1; side < 2; side++) {
        uint64_t whole;
        flame_exact count =
            flame_exact_scale(flame_tree_exact(writer->tree, node, sums[side]), writer->scale);
        if (!whole_count(count, &carried[side], &whole))
            return fail_too_many(writer->tree, node, count, error);
        *any = *any || whole > 0;
        flame_wire_put_varint(&writer->packed, whole);
        if (period <= 0 || writer->diff) continue;
        uint64_t time;
        double rounded = 0;
        flame_exact exact = flame_exact_scale(flame_exact_of_u64(whole), period / writer->scale);
        if (!whole_count(exact, &rounded, &time)) return fail_too_many(writer->tree, node, exact, error);
        flame_wire_put_varint(&writer->packed, time);
    }
    return FS_OK;
}

/* The thread a stack is of, as a label, from the frame at its root. */
static fs_status put_thread(pprof_writer *writer, uint32_t top, uint32_t key, fs_error *error)
{
    const flame_name *name = flame_tree_name_of(writer->tree, flame_tree_node(writer->tree, top)->name);
    uint32_t value;
    fs_status status = intern(writer, name->text, name->length, &value, error);
    if (status) return status;
    fs_text_clear(&writer->packed);
    flame_wire_put_field(&writer->packed, 1, key);
    flame_wire_put_field(&writer->packed, 2, value);
    flame_wire_put_bytes(&writer->inner, 3, fs_text_string(&writer->packed), writer->packed.length);
    return FS_OK;
}

static fs_status write_samples(pprof_writer *writer, const flame_profile *profile, fs_error *error)
{
    const flame_tree *tree = writer->tree;
    uint32_t nodes = flame_tree_nodes(tree), thread_key = 0;
    double carried[2] = {0};
    fs_status status = FS_OK;
    if (profile->threads) status = intern(writer, "thread", 6, &thread_key, error);
    for (uint32_t i = 0; i < nodes && !status; i++) {
        flame_counts counts = flame_tree_counts(tree, i);
        bool any;
        if (!(counts.self_after > 0 || counts.self_before > 0)) continue;
        fs_text_clear(&writer->packed);
        uint32_t top = i;
        for (uint32_t at = i; at != 0; at = flame_tree_node(tree, at)->parent) {
            flame_wire_put_varint(&writer->packed, (uint64_t)flame_tree_node(tree, at)->name + 1);
            top = at;
        }
        fs_text_clear(&writer->inner);
        flame_wire_put_bytes(&writer->inner, 1, fs_text_string(&writer->packed), writer->packed.length);
        status = pack_values(writer, i, profile->period, carried, &any, error);
        if (status || !any) continue;
        flame_wire_put_bytes(&writer->inner, 2, fs_text_string(&writer->packed), writer->packed.length);
        if (profile->threads && top != 0) status = put_thread(writer, top, thread_key, error);
        flame_wire_put_bytes(&writer->message, 2, fs_text_string(&writer->inner), writer->inner.length);
        if (!status && writer->message.length > CHUNK) status = compress_message(writer, false, error);
    }
    return status;
}

/* The sample types, and the period when it is known. */
static fs_status write_types(pprof_writer *writer, const flame_profile *profile, fs_error *error)
{
    const char *unit = profile->unit ? profile->unit : "samples";
    bool counts = strcmp(unit, "samples") == 0 || strcmp(unit, "count") == 0;
    const char *unit_written = counts ? "count" : unit;
    fs_status status = FS_OK;
    if (writer->diff) {
        status = write_type(writer, 1, "before", unit_written, error);
        return status ? status : write_type(writer, 1, "after", unit_written, error);
    }
    status = write_type(writer, 1, counts ? "samples" : unit, unit_written, error);
    if (status || profile->period <= 0) return status;
    status = write_type(writer, 1, "time", "nanoseconds", error);
    if (!status) status = write_type(writer, 11, "time", "nanoseconds", error);
    flame_wire_put_field(&writer->message, 12, (uint64_t)(profile->period + 0.5));
    double total = flame_tree_counts(writer->tree, 0).total_after * profile->period;
    if (total < 9e18) flame_wire_put_field(&writer->message, 10, (uint64_t)total);
    return status;
}

static fs_status write_comment(pprof_writer *writer, const char *comment, fs_error *error)
{
    uint32_t id = 0;
    fs_status status = intern(writer, comment, strlen(comment), &id, error);
    flame_wire_put_field(&writer->message, 13, id);
    return status;
}

static fs_status write_all(pprof_writer *writer, const flame_profile *profile, fs_error *error)
{
    uint32_t id;
    fs_status status = intern(writer, "", 0, &id, error); /* string 0 */
    if (!status) status = write_types(writer, profile, error);
    flame_wire_put_field(&writer->message, 9, profile->start);
    if (!status) status = write_locations(writer, error);
    if (!status) status = write_samples(writer, profile, error);
    if (!status && profile->title) status = write_comment(writer, profile->title, error);
    if (!status && profile->note) status = write_comment(writer, profile->note, error);
    if (!status && writer->scale > 1) {
        char comment[80];
        snprintf(comment, sizeof comment, "%s%.0f", FLAME_PPROF_SCALED, writer->scale);
        status = write_comment(writer, comment, error);
    }
    for (size_t i = 0; i < writer->strings.count && !status; i++) {
        flame_wire_put_bytes(&writer->message, 6, writer->strings.list[i].text,
                             writer->strings.list[i].length);
        if (writer->message.length > CHUNK) status = compress_message(writer, false, error);
    }
    return status ? status : compress_message(writer, true, error);
}

fs_status flame_write_pprof(const flame_tree *tree, const flame_profile *given, fs_output *output,
                            fs_error *error)
{
    flame_profile profile = given ? *given : (flame_profile){0};
    fs_status status;
    if (flame_tree_failed(tree)) return fs_fail_memory(error, "adding up counts", 0);
    pprof_writer *writer = fs_alloc_0(1, sizeof *writer);
    if (!writer) return fs_fail_memory(error, "writing a pprof profile", sizeof *writer);
    writer->tree = tree;
    writer->scale = flame_pprof_scale(tree);
    writer->diff = flame_tree_is_diff(tree);
    fs_text_init(&writer->message);
    fs_text_init(&writer->inner);
    fs_text_init(&writer->packed);
    bool ready = flame_names_init(&writer->strings);
    ready = flame_names_init(&writer->functions) && ready;
    status = ready ? flame_gzip_start(&writer->gzip, output, error)
                   : fs_fail_memory(error, "writing a pprof profile", 0);
    if (!status) status = write_all(writer, &profile, error);
    flame_gzip_fini(&writer->gzip);
    flame_names_fini(&writer->strings);
    flame_names_fini(&writer->functions);
    fs_text_fini(&writer->message);
    fs_text_fini(&writer->inner);
    fs_text_fini(&writer->packed);
    fs_free(writer->function_of);
    fs_free(writer->line_of);
    fs_free(writer);
    return status;
}

static fs_status write_pprof(const flame_tree *tree, const flame_output_settings *settings, fs_output *output,
                             fs_error *error)
{
    return flame_write_pprof(tree, settings->profile, output, error);
}

const flame_output_format flame_writer_pprof = {
    .endings = {".pb.gz", ".pprof"},
    .exact = true,
    .packed = true,
    .write = write_pprof,
};
