#include "pprof_copy.h"

#include "gzip_stream.h"
#include "memory.h"
#include "name_table.h"
#include "wire.h"

#include <string.h>

enum { FUNCTION = 5, STRING = 6, COMMENT = 13, DEFAULT_TYPE = 14 }; /* of Profile in profile.proto */

typedef struct pprof_copier {
    flame_wire profile;
    flame_wire *strings; /* of the profile */
    size_t string_count, string_capacity;
    flame_names added; /* strings that are put behind them */
    flame_name_change *change;
    flame_gzip gzip;
    fs_text message, inner, name;
} pprof_copier;

static fs_status fail_no_memory(fs_error *error)
{
    return fs_fail_memory(error, "copying a pprof profile", 0);
}

static fs_status find_strings(pprof_copier *copier, fs_error *error)
{
    flame_wire wire = copier->profile;
    flame_field field;
    while (flame_wire_next(&wire, &field)) {
        if (field.number != STRING || field.type != FLAME_WIRE_BYTES) continue;
        if (!FS_GROW(copier->strings, copier->string_capacity, copier->string_count + 1))
            return fail_no_memory(error);
        copier->strings[copier->string_count++] = field.bytes;
    }
    return FS_OK;
}

/* The index of a text behind the profile's strings. */
static fs_status add_string(pprof_copier *copier, const char *text, size_t length, uint64_t *index,
                            fs_error *error)
{
    uint32_t id;
    fs_status status = flame_names_add(&copier->added, text, length, 0, &id, error);
    *index = copier->string_count + id;
    return status;
}

/* The field that is a varint with this number in a message; 0 when it has none. */
static uint64_t number_of(flame_wire message, uint32_t number)
{
    flame_field field;
    uint64_t value = 0;
    while (flame_wire_next(&message, &field))
        if (field.number == number && field.type == FLAME_WIRE_VARINT) value = field.value;
    return value;
}

/* A function, its name changed. */
static fs_status copy_function(pprof_copier *copier, flame_wire function, fs_error *error)
{
    uint64_t index = number_of(function, 2);
    if (index == 0) index = number_of(function, 3); /* the name that linkers know it by */
    if (index < copier->string_count) {
        flame_wire text = copier->strings[index];
        size_t length = (size_t)(text.end - text.at);
        fs_status status = FS_OK;
        if (!memchr(text.at, 0, length)) {
            status =
                flame_name_change_apply(copier->change, (const char *)text.at, length, &copier->name, error);
            bool other =
                copier->name.length != length || memcmp(fs_text_string(&copier->name), text.at, length) != 0;
            if (!status && other)
                status =
                    add_string(copier, fs_text_string(&copier->name), copier->name.length, &index, error);
        }
        if (status) return status;
    }
    fs_text_clear(&copier->inner);
    flame_wire_put_field(&copier->inner, 2, index);
    flame_field field;
    const unsigned char *from = function.at;
    for (; flame_wire_next(&function, &field); from = function.at)
        if (field.number != 2)
            fs_text_append(&copier->inner, (const char *)from, (size_t)(function.at - from));
    flame_wire_put_bytes(&copier->message, FUNCTION, fs_text_string(&copier->inner), copier->inner.length);
    return FS_OK;
}

/* The fields one after the other, as they are but for those that change. */
static fs_status copy_fields(pprof_copier *copier, const flame_pprof_changes *changes, fs_error *error)
{
    flame_wire wire = copier->profile;
    flame_field field;
    fs_status status = FS_OK;
    const unsigned char *from = wire.at;
    for (; !status && flame_wire_next(&wire, &field); from = wire.at) {
        if (field.number == DEFAULT_TYPE && changes->sample_type) continue;
        if (field.number == FUNCTION && field.type == FLAME_WIRE_BYTES && copier->change)
            status = copy_function(copier, field.bytes, error);
        else
            fs_text_append(&copier->message, (const char *)from, (size_t)(wire.at - from));
        if (copier->message.failed || copier->inner.failed) return fail_no_memory(error);
        if (status || copier->message.length < 65536) continue;
        status = flame_gzip_write(&copier->gzip, copier->message.data, copier->message.length, false, error);
        fs_text_clear(&copier->message);
    }
    return status;
}

static fs_status copy_all(pprof_copier *copier, const flame_pprof_changes *changes, fs_error *error)
{
    uint64_t index;
    fs_status status = find_strings(copier, error);
    if (!status) status = copy_fields(copier, changes, error);
    if (!status && changes->sample_type) {
        status = add_string(copier, changes->sample_type, strlen(changes->sample_type), &index, error);
        for (size_t i = 0; i < copier->string_count; i++) /* the sample type's own string says the same */
            if ((size_t)(copier->strings[i].end - copier->strings[i].at) == strlen(changes->sample_type) &&
                memcmp(copier->strings[i].at, changes->sample_type, strlen(changes->sample_type)) == 0)
                index = i;
        flame_wire_put_field(&copier->message, DEFAULT_TYPE, index);
    }
    if (!status && changes->title) {
        status = add_string(copier, changes->title, strlen(changes->title), &index, error);
        flame_wire_put_field(&copier->message, COMMENT, index);
    }
    if (status) return status;
    for (size_t i = 0; i < copier->added.count; i++)
        flame_wire_put_bytes(&copier->message, STRING, copier->added.list[i].text,
                             copier->added.list[i].length);
    if (copier->message.failed) return fail_no_memory(error);
    return flame_gzip_write(&copier->gzip, fs_text_string(&copier->message), copier->message.length, true,
                            error);
}

fs_status flame_pprof_copy(const char *bytes, size_t length, const flame_pprof_changes *changes,
                           fs_output *output, fs_error *error)
{
    pprof_copier copier = {
        .profile = {.at = (const unsigned char *)bytes, .end = (const unsigned char *)bytes + length}};
    fs_text_init(&copier.message);
    fs_text_init(&copier.inner);
    fs_text_init(&copier.name);
    fs_status status = flame_names_init(&copier.added) ? FS_OK : fail_no_memory(error);
    if (!status) status = flame_gzip_start(&copier.gzip, output, error);
    if (!status && changes->names) status = flame_name_change_create(changes->names, &copier.change, error);
    if (!status) status = copy_all(&copier, changes, error);
    flame_name_change_destroy(copier.change);
    flame_gzip_fini(&copier.gzip);
    flame_names_fini(&copier.added);
    fs_text_fini(&copier.message);
    fs_text_fini(&copier.inner);
    fs_text_fini(&copier.name);
    fs_free(copier.strings);
    return status;
}
