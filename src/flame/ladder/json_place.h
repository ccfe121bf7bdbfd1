/*
 * json_place.h - JSON read strictly, with the line and column of every value.
 *
 * cJSON builds the tree. It keeps no positions, and forgives some things that other readers do not; a second
 * pass over the text finds both. Columns count characters from 1.
 */
#ifndef FLAME_JSON_PLACE_H
#define FLAME_JSON_PLACE_H

#include "status.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct flame_json {
    const char *name; /* for messages: the path; borrowed */
    char *text;
    size_t length;
    cJSON *root;
} flame_json;

/* Read `path`, 16 MiB at most. FS_FORMAT: "plan.json: line 3, column 7: what is wrong". */
FS_CHECK fs_status flame_json_read(const char *path, flame_json *json, fs_error *error);

/* The same from memory; `text` is taken over (fs_free), also on failure. It ends with a NUL that is not
 * counted. */
FS_CHECK fs_status flame_json_take(const char *name, char *text, size_t length, flame_json *json,
                                   fs_error *error);
void flame_json_fini(flame_json *json);

/* Where `node` stands, or its key when `key` is true. O(text). */
void flame_json_place(const flame_json *json, const cJSON *node, bool key, size_t *line, size_t *column);

/* The text of `node` as it was written. O(text). */
const char *flame_json_source(const flame_json *json, const cJSON *node, size_t *length);

/* FS_FORMAT with "name: line L, column C: message" for the place of `node`. */
fs_status flame_json_fail(const flame_json *json, const cJSON *node, bool key, fs_error *error,
                          const char *format, ...) FS_PRINTF(5, 6);

/* "a number", "a list", ...: what `node` is, for messages. */
const char *flame_json_kind(const cJSON *node);

#endif
