/*
 * json_fields.h - typed values out of the objects of a JSON file, for plans and for results.
 *
 * The first mistake is kept, with its place. What is read after it comes out as its default, so that a reader
 * of many values looks at `status` once, at the end.
 */
#ifndef FLAME_JSON_FIELDS_H
#define FLAME_JSON_FIELDS_H

#include "json_place.h"
#include "plan.h"

typedef struct flame_fields {
    flame_json json;
    fs_arena *arena;  /* owns what is read; borrowed */
    fs_status status; /* the first failure */
    fs_error *error;
} flame_fields;

/* FS_FORMAT at `node`, or at its key, unless something failed before. */
void flame_fields_fail(flame_fields *fields, const cJSON *node, const char *format, ...) FS_PRINTF(3, 4);
void flame_fields_fail_key(flame_fields *fields, const cJSON *node, const char *format, ...) FS_PRINTF(3, 4);
void flame_fields_memory(flame_fields *fields);

/* Zeroed memory of the arena; NULL, and failed, when there is none. */
void *flame_fields_alloc(flame_fields *fields, size_t count, size_t size);

/* `text` itself; NULL, which a function returned, is FS_MEMORY and comes out as "". And a copy in the arena.
 */
const char *flame_fields_keep(flame_fields *fields, const char *text);
const char *flame_fields_copy(flame_fields *fields, const char *text);

/* Fail unless every key of `object` is one of `known` (ends with NULL) and stands there once. `what` names
 * it: "a rung". */
void flame_fields_known(flame_fields *fields, const cJSON *object, const char *what,
                        const char *const *known);

/* The member `key` of `object`, NULL when it is not there. */
const cJSON *flame_field(const cJSON *object, const char *key);

/* Each gives `otherwise` when `object` has no such key. */
const char *flame_field_string(flame_fields *fields, const cJSON *object, const char *key,
                               const char *otherwise);
double flame_field_number(flame_fields *fields, const cJSON *object, const char *key, double least,
                          double most, double otherwise);
int flame_field_count(flame_fields *fields, const cJSON *object, const char *key, int least, int most,
                      int otherwise);

/* A list of strings, or one string; ended by NULL. Leaves *out as it is when there is no such key. */
void flame_field_strings(flame_fields *fields, const cJSON *object, const char *key, const char ***out,
                         size_t *count);

/* An object of strings and numbers, added to `list`; later values take the place of earlier ones. A null
 * value is kept as NULL when `null_allowed`. */
void flame_field_pairs(flame_fields *fields, const cJSON *object, const char *key, bool null_allowed,
                       flame_pairs_list *list);
void flame_fields_pair(flame_fields *fields, flame_pairs_list *list, const char *name, const char *value);

#endif
