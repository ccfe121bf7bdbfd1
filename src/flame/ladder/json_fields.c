#include "json_fields.h"

#include "text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void fail_at(flame_fields *fields, const cJSON *node, bool key, const char *format, va_list args)
{
    char message[FS_ERROR_MESSAGE_SIZE];
    if (fields->status != FS_OK) return;
    vsnprintf(message, sizeof message, format, args);
    fields->status = flame_json_fail(&fields->json, node, key, fields->error, "%s", message);
}

void flame_fields_fail(flame_fields *fields, const cJSON *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail_at(fields, node, false, format, args);
    va_end(args);
}

void flame_fields_fail_key(flame_fields *fields, const cJSON *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail_at(fields, node, true, format, args);
    va_end(args);
}

void flame_fields_memory(flame_fields *fields)
{
    if (fields->status != FS_OK) return;
    fields->status = fs_fail_memory(fields->error, "reading a JSON file", 0);
}

void *flame_fields_alloc(flame_fields *fields, size_t count, size_t size)
{
    void *made = fields->status == FS_OK ? fs_arena_alloc(fields->arena, count, size) : NULL;
    if (made)
        memset(made, 0, count * size);
    else
        flame_fields_memory(fields);
    return made;
}

const char *flame_fields_keep(flame_fields *fields, const char *text)
{
    if (!text) flame_fields_memory(fields);
    return text ? text : "";
}

const char *flame_fields_copy(flame_fields *fields, const char *text)
{
    return flame_fields_keep(fields, fs_arena_strndup(fields->arena, text, strlen(text)));
}

/* ---- keys ---- */

static void fail_unknown(flame_fields *fields, const cJSON *item, const char *what, const char *const *known,
                         size_t count)
{
    const char *near = fs_nearest(item->string, known, count);
    fs_text all;
    fs_text_init(&all);
    for (size_t i = 0; i < count; i++) fs_text_format(&all, "%s%s", i ? ", " : "", known[i]);
    flame_fields_fail_key(fields, item, "%s has no key \"%s\"%s%s%s. It may have: %s", what, item->string,
                          near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "",
                          fs_text_string(&all));
    fs_text_fini(&all);
}

void flame_fields_known(flame_fields *fields, const cJSON *object, const char *what, const char *const *known)
{
    if (!cJSON_IsObject(object))
        flame_fields_fail(fields, object, "%s is an object in braces, not %s", what, flame_json_kind(object));
    size_t count = 0;
    while (known[count]) count++;
    for (const cJSON *item = object->child; item && fields->status == FS_OK; item = item->next) {
        size_t i = 0;
        while (i < count && strcmp(known[i], item->string) != 0) i++;
        if (i == count) fail_unknown(fields, item, what, known, count);
        if (flame_field(object, item->string) != item)
            flame_fields_fail_key(fields, item, "the key \"%s\" stands here for the second time",
                                  item->string);
    }
}

/* ---- values ---- */

const cJSON *flame_field(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

const char *flame_field_string(flame_fields *fields, const cJSON *object, const char *key,
                               const char *otherwise)
{
    const cJSON *node = flame_field(object, key);
    if (!node || fields->status != FS_OK) return otherwise;
    if (cJSON_IsString(node)) return flame_fields_copy(fields, node->valuestring);
    flame_fields_fail(fields, node, "\"%s\" is a string, not %s", key, flame_json_kind(node));
    return otherwise;
}

double flame_field_number(flame_fields *fields, const cJSON *object, const char *key, double least,
                          double most, double otherwise)
{
    const cJSON *node = flame_field(object, key);
    if (!node || fields->status != FS_OK) return otherwise;
    double value = node->valuedouble;
    if (!cJSON_IsNumber(node))
        flame_fields_fail(fields, node, "\"%s\" is a number, not %s", key, flame_json_kind(node));
    else if (!(value >= least && value <= most))
        flame_fields_fail(fields, node, "\"%s\" is a number from %g to %g, not %g", key, least, most, value);
    return fields->status == FS_OK ? value : otherwise;
}

int flame_field_count(flame_fields *fields, const cJSON *object, const char *key, int least, int most,
                      int otherwise)
{
    double value = flame_field_number(fields, object, key, least, most, otherwise);
    if (value != floor(value))
        flame_fields_fail(fields, flame_field(object, key), "\"%s\" is a whole number, not %g", key, value);
    return (int)value;
}

void flame_field_strings(flame_fields *fields, const cJSON *object, const char *key, const char ***out,
                         size_t *count)
{
    const cJSON *node = flame_field(object, key);
    if (!node) return;
    bool list = cJSON_IsArray(node);
    if (!list && !cJSON_IsString(node))
        flame_fields_fail(fields, node, "\"%s\" is a list of strings, not %s", key, flame_json_kind(node));
    size_t n = list ? (size_t)cJSON_GetArraySize(node) : 1;
    const char **items = flame_fields_alloc(fields, n + 1, sizeof *items);
    if (!items) return;
    for (const cJSON *item = list ? node->child : node; item && *count < n; item = item->next) {
        if (!cJSON_IsString(item)) {
            flame_fields_fail(fields, item, "\"%s\" is a list of strings; this is %s", key,
                              flame_json_kind(item));
            return;
        }
        items[(*count)++] = flame_fields_copy(fields, item->valuestring);
    }
    *out = items;
}

/* ---- pairs ---- */

void flame_fields_pair(flame_fields *fields, flame_pairs_list *list, const char *name, const char *value)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->names[i], name) != 0) continue;
        list->values[i] = value;
        return;
    }
    /* Lists are short: new arrays for each entry cost less than a word about capacity. */
    const char **names = flame_fields_alloc(fields, list->count + 1, sizeof *names);
    const char **values = flame_fields_alloc(fields, list->count + 1, sizeof *values);
    if (!names || !values) return;
    for (size_t i = 0; i < list->count; i++) {
        names[i] = list->names[i];
        values[i] = list->values[i];
    }
    names[list->count] = name;
    values[list->count] = value;
    *list = (flame_pairs_list){.names = names, .values = values, .count = list->count + 1};
}

void flame_field_pairs(flame_fields *fields, const cJSON *object, const char *key, bool null_allowed,
                       flame_pairs_list *list)
{
    const cJSON *node = flame_field(object, key);
    if (!node) return;
    if (!cJSON_IsObject(node))
        flame_fields_fail(fields, node, "\"%s\" is an object in braces, not %s", key, flame_json_kind(node));
    for (const cJSON *item = node->child; item && fields->status == FS_OK; item = item->next) {
        char number[FS_NUMBER_SIZE];
        const char *text = item->valuestring;
        if (cJSON_IsNumber(item)) {
            fs_number_format(item->valuedouble, number);
            text = number;
        } else if (!cJSON_IsString(item) && !(null_allowed && cJSON_IsNull(item))) {
            flame_fields_fail(fields, item, "\"%s\" in \"%s\" is a string or a number%s, not %s",
                              item->string, key, null_allowed ? " (or null to unset it)" : "",
                              flame_json_kind(item));
        }
        if (item->string[0] == '\0' || strchr(item->string, '='))
            flame_fields_fail_key(fields, item, "\"%s\" cannot be a name in \"%s\"", item->string, key);
        if (fields->status != FS_OK) return;
        flame_fields_pair(fields, list, flame_fields_copy(fields, item->string),
                          text ? flame_fields_copy(fields, text) : NULL);
    }
}
