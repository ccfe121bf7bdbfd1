/*
 * plan_reader.h - the pieces that plan.c and plan_rung.c share: typed values out of checked JSON.
 */
#ifndef FLAME_PLAN_READER_H
#define FLAME_PLAN_READER_H

#include "json_place.h"
#include "plan.h"

typedef struct flame_plan_reader {
    flame_json json;
    flame_plan *plan;
    const cJSON *quick;      /* the object that takes effect, or NULL */
    const char *directory;   /* where relative directories start */
    flame_pairs_list values; /* what {name} stands for, for all rungs */
    fs_error *error;
} flame_plan_reader;

fs_status flame_plan_memory(flame_plan_reader *reader);

/* FS_FORMAT at `node`, or at its key. */
#define FLAME_PLAN_FAIL(reader, node, ...)                                                                   \
    flame_json_fail(&(reader)->json, node, false, (reader)->error, __VA_ARGS__)

/* Every key of `object` is one of `known` (ends with NULL) and stands there once. `what` names it: "a rung".
 */
FS_CHECK fs_status flame_plan_keys(flame_plan_reader *reader, const cJSON *object, const char *what,
                                   const char *const *known);

/* The member `key` of `object`, NULL when it is not there. */
const cJSON *flame_plan_get(const cJSON *object, const char *key);

/* Each leaves *out as it is when `object` has no such key. */
FS_CHECK fs_status flame_plan_string(flame_plan_reader *reader, const cJSON *object, const char *key,
                                     const char **out);
FS_CHECK fs_status flame_plan_number(flame_plan_reader *reader, const cJSON *object, const char *key,
                                     double least, double most, double *out);
FS_CHECK fs_status flame_plan_count(flame_plan_reader *reader, const cJSON *object, const char *key,
                                    int least, int most, int *out);
/* A list of strings, or one string. */
FS_CHECK fs_status flame_plan_strings(flame_plan_reader *reader, const cJSON *object, const char *key,
                                      const char ***out, size_t *count);
/* An object of strings and numbers, added to `list`; later values take the place of earlier ones. A null
 * value is kept as NULL when `null_allowed`. */
FS_CHECK fs_status flame_plan_pairs(flame_plan_reader *reader, const cJSON *object, const char *key,
                                    bool null_allowed, flame_pairs_list *list);
FS_CHECK fs_status flame_plan_pair(flame_plan_reader *reader, flame_pairs_list *list, const char *name,
                                   const char *value);

/* `text` with the values filled in. */
FS_CHECK fs_status flame_plan_fill(flame_plan_reader *reader, const flame_pairs_list *values,
                                   const char *text, const char **out);

/* A command that is a string or a list of strings; `node` is it. `shell`: it goes to /bin/sh -c. */
FS_CHECK fs_status flame_plan_command(flame_plan_reader *reader, const cJSON *node, bool shell,
                                      const flame_pairs_list *values, const char ***words);

/* plan_rung.c: fill plan->rungs from the list. */
FS_CHECK fs_status flame_plan_read_rungs(flame_plan_reader *reader, const cJSON *top, const cJSON *list);

#endif
