/*
 * json_writer.h - JSON written as it is produced, for outputs too large to build as a tree first.
 * (Reading JSON is cJSON's work.) Commas and indentation are kept right by the writer.
 */
#ifndef FS_JSON_WRITER_H
#define FS_JSON_WRITER_H

#include "file.h"
#include "text.h"

#include <stdint.h>

enum { FS_JSON_DEPTH = 32 };

typedef struct fs_json {
    fs_output *output; /* borrowed */
    bool pretty;
    unsigned depth;
    bool filled[FS_JSON_DEPTH]; /* something was written at this depth */
    bool after_key;
    bool failed; /* out of memory for a string: what was written is not whole */
    fs_text scratch;
} fs_json;

void fs_json_init(fs_json *json, fs_output *output, bool pretty);
void fs_json_fini(fs_json *json); /* does not commit the output */

void fs_json_object(fs_json *json); /* { */
void fs_json_end_object(fs_json *json);
void fs_json_array(fs_json *json); /* [ */
void fs_json_end_array(fs_json *json);
void fs_json_key(fs_json *json, const char *key);
void fs_json_string(fs_json *json, const char *string);
void fs_json_bytes(fs_json *json, const char *bytes, size_t length);
void fs_json_number(fs_json *json, double value);            /* NaN and infinities come out as null */
void fs_json_number_text(fs_json *json, const char *number); /* that is JSON's spelling of one */
void fs_json_integer(fs_json *json, int64_t value);
void fs_json_bool(fs_json *json, bool value);
void fs_json_null(fs_json *json);

/* A key and its value, or the beginning of that. */
void fs_json_key_object(fs_json *json, const char *key);
void fs_json_key_array(fs_json *json, const char *key);
void fs_json_key_string(fs_json *json, const char *key, const char *string);
void fs_json_key_number(fs_json *json, const char *key, double value);
void fs_json_key_integer(fs_json *json, const char *key, int64_t value);
void fs_json_key_bool(fs_json *json, const char *key, bool value);

#endif
