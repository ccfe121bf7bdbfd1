#include "plan_reader.h"

#include "text.h"
#include "words.h"

#include <math.h>
#include <string.h>

fs_status flame_plan_memory(flame_plan_reader *reader)
{
    return fs_fail_memory(reader->error, "reading the plan", 0);
}

fs_status flame_plan_keys(flame_plan_reader *reader, const cJSON *object, const char *what,
                          const char *const *known)
{
    if (!cJSON_IsObject(object))
        return FLAME_PLAN_FAIL(reader, object, "%s is an object in braces, not %s", what,
                               flame_json_kind(object));
    size_t count = 0;
    while (known[count]) count++;
    for (const cJSON *item = object->child; item; item = item->next) {
        size_t i = 0;
        while (i < count && strcmp(known[i], item->string) != 0) i++;
        if (i == count) {
            const char *near = fs_nearest(item->string, known, count);
            fs_text all;
            fs_text_init(&all);
            for (i = 0; i < count; i++) fs_text_format(&all, "%s%s", i ? ", " : "", known[i]);
            fs_status status = flame_json_fail(&reader->json, item, true, reader->error,
                                               "%s has no key \"%s\"%s%s%s. It may have: %s", what,
                                               item->string, near ? "; did you mean \"" : "",
                                               near ? near : "", near ? "\"?" : "", fs_text_string(&all));
            fs_text_fini(&all);
            return status;
        }
        for (const cJSON *other = object->child; other != item; other = other->next)
            if (strcmp(other->string, item->string) == 0)
                return flame_json_fail(&reader->json, item, true, reader->error,
                                       "the key \"%s\" stands here for the second time", item->string);
    }
    return FS_OK;
}

const cJSON *flame_plan_get(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static fs_status copy_string(flame_plan_reader *reader, const cJSON *node, const char *key, const char **out)
{
    if (!cJSON_IsString(node))
        return FLAME_PLAN_FAIL(reader, node, "\"%s\" is a string, not %s", key, flame_json_kind(node));
    *out = fs_arena_strndup(&reader->plan->arena, node->valuestring, strlen(node->valuestring));
    return *out ? FS_OK : flame_plan_memory(reader);
}

fs_status flame_plan_string(flame_plan_reader *reader, const cJSON *object, const char *key, const char **out)
{
    const cJSON *node = flame_plan_get(object, key);
    return node ? copy_string(reader, node, key, out) : FS_OK;
}

fs_status flame_plan_number(flame_plan_reader *reader, const cJSON *object, const char *key, double least,
                            double most, double *out)
{
    const cJSON *node = flame_plan_get(object, key);
    if (!node) return FS_OK;
    if (!cJSON_IsNumber(node))
        return FLAME_PLAN_FAIL(reader, node, "\"%s\" is a number, not %s", key, flame_json_kind(node));
    if (!(node->valuedouble >= least && node->valuedouble <= most))
        return FLAME_PLAN_FAIL(reader, node, "\"%s\" is a number from %g to %g, not %g", key, least, most,
                               node->valuedouble);
    *out = node->valuedouble;
    return FS_OK;
}

fs_status flame_plan_count(flame_plan_reader *reader, const cJSON *object, const char *key, int least,
                           int most, int *out)
{
    double value = *out;
    fs_status status = flame_plan_number(reader, object, key, least, most, &value);
    if (status != FS_OK) return status;
    if (value != floor(value))
        return FLAME_PLAN_FAIL(reader, flame_plan_get(object, key), "\"%s\" is a whole number, not %g", key,
                               value);
    *out = (int)value;
    return FS_OK;
}

fs_status flame_plan_strings(flame_plan_reader *reader, const cJSON *object, const char *key,
                             const char ***out, size_t *count)
{
    const cJSON *node = flame_plan_get(object, key);
    if (!node) return FS_OK;
    bool list = cJSON_IsArray(node);
    if (!list && !cJSON_IsString(node))
        return FLAME_PLAN_FAIL(reader, node, "\"%s\" is a list of strings, not %s", key,
                               flame_json_kind(node));
    size_t n = list ? (size_t)cJSON_GetArraySize(node) : 1;
    const char **items = fs_arena_alloc(&reader->plan->arena, n + 1, sizeof *items);
    if (!items) return flame_plan_memory(reader);
    size_t i = 0;
    for (const cJSON *item = list ? node->child : node; item && i < n; item = item->next, i++) {
        if (!cJSON_IsString(item))
            return FLAME_PLAN_FAIL(reader, item, "\"%s\" is a list of strings; this is %s", key,
                                   flame_json_kind(item));
        fs_status status = copy_string(reader, item, key, &items[i]);
        if (status != FS_OK) return status;
    }
    items[n] = NULL;
    *out = items;
    *count = n;
    return FS_OK;
}

fs_status flame_plan_pair(flame_plan_reader *reader, flame_pairs_list *list, const char *name,
                          const char *value)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->names[i], name) != 0) continue;
        list->values[i] = value;
        return FS_OK;
    }
    /* Lists are short: a new array for each entry costs less than a word about capacity. */
    const char **names = fs_arena_alloc(&reader->plan->arena, list->count + 1, sizeof *names);
    const char **values = fs_arena_alloc(&reader->plan->arena, list->count + 1, sizeof *values);
    if (!names || !values) return flame_plan_memory(reader);
    if (list->count) {
        memcpy(names, list->names, list->count * sizeof *names);
        memcpy(values, list->values, list->count * sizeof *values);
    }
    names[list->count] = name;
    values[list->count] = value;
    *list = (flame_pairs_list){.names = names, .values = values, .count = list->count + 1};
    return FS_OK;
}

fs_status flame_plan_pairs(flame_plan_reader *reader, const cJSON *object, const char *key, bool null_allowed,
                           flame_pairs_list *list)
{
    const cJSON *node = flame_plan_get(object, key);
    if (!node) return FS_OK;
    if (!cJSON_IsObject(node))
        return FLAME_PLAN_FAIL(reader, node, "\"%s\" is an object in braces, not %s", key,
                               flame_json_kind(node));
    for (const cJSON *item = node->child; item; item = item->next) {
        char number[FS_NUMBER_SIZE];
        const char *text = NULL;
        if (cJSON_IsString(item)) {
            text = item->valuestring;
        } else if (cJSON_IsNumber(item)) {
            fs_number_format(item->valuedouble, number);
            text = number;
        } else if (!(null_allowed && cJSON_IsNull(item))) {
            return FLAME_PLAN_FAIL(reader, item, "\"%s\" in \"%s\" is a string or a number%s, not %s",
                                   item->string, key, null_allowed ? " (or null to unset it)" : "",
                                   flame_json_kind(item));
        }
        if (item->string[0] == '\0' || strchr(item->string, '='))
            return flame_json_fail(&reader->json, item, true, reader->error,
                                   "\"%s\" cannot be a name in \"%s\"", item->string, key);
        fs_arena *arena = &reader->plan->arena;
        char *name = fs_arena_strndup(arena, item->string, strlen(item->string));
        char *value = text ? fs_arena_strndup(arena, text, strlen(text)) : NULL;
        if (!name || (text && !value)) return flame_plan_memory(reader);
        fs_status status = flame_plan_pair(reader, list, name, value);
        if (status != FS_OK) return status;
    }
    return FS_OK;
}

fs_status flame_plan_fill(flame_plan_reader *reader, const flame_pairs_list *values, const char *text,
                          const char **out)
{
    *out = flame_words_fill(text, values->names, values->values, values->count, &reader->plan->arena);
    return *out ? FS_OK : flame_plan_memory(reader);
}

fs_status flame_plan_command(flame_plan_reader *reader, const cJSON *node, bool shell,
                             const flame_pairs_list *values, const char ***words)
{
    fs_arena *arena = &reader->plan->arena;
    const char **list = NULL;
    size_t count = 0;
    fs_status status = FS_OK;
    if (shell) {
        if (!cJSON_IsString(node))
            return FLAME_PLAN_FAIL(reader, node, "with \"shell\": true the command is one string, not %s",
                                   flame_json_kind(node));
        list = fs_arena_alloc(arena, 4, sizeof *list);
        if (!list) return flame_plan_memory(reader);
        list[0] = "/bin/sh";
        list[1] = "-c";
        list[2] = node->valuestring;
        count = 3;
    } else if (cJSON_IsString(node)) {
        char **split;
        fs_error why;
        status = flame_words_split(node->valuestring, arena, &split, &count, &why);
        if (status == FS_UNSUPPORTED)
            return FLAME_PLAN_FAIL(
                reader, node,
                "this command needs a shell: %s. Write \"shell\": true beside it to run it "
                "with /bin/sh -c, or put quotes around what is meant as it stands",
                why.message);
        if (status == FS_FORMAT)
            return FLAME_PLAN_FAIL(reader, node, "this command cannot be split into words: %s", why.message);
        if (status != FS_OK) return flame_plan_memory(reader);
        list = (const char **)split;
    } else if (cJSON_IsArray(node)) {
        count = (size_t)cJSON_GetArraySize(node);
        if (count == 0) return FLAME_PLAN_FAIL(reader, node, "this command has no words");
        list = fs_arena_alloc(arena, count + 1, sizeof *list);
        if (!list) return flame_plan_memory(reader);
        size_t i = 0;
        for (const cJSON *item = node->child; item && i < count; item = item->next) {
            if (!cJSON_IsString(item))
                return FLAME_PLAN_FAIL(reader, item, "a word of a command is a string, not %s",
                                       flame_json_kind(item));
            list[i++] = item->valuestring;
        }
        if (list[0][0] == '\0') return FLAME_PLAN_FAIL(reader, node, "this command's first word is empty");
    } else {
        return FLAME_PLAN_FAIL(reader, node, "a command is a string or a list of words, not %s",
                               flame_json_kind(node));
    }
    for (size_t i = 0; i < count && status == FS_OK; i++)
        status = flame_plan_fill(reader, values, list[i], &list[i]);
    if (status != FS_OK) return status;
    list[count] = NULL;
    *words = list;
    return FS_OK;
}
