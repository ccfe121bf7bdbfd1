#include "json_writer.h"

#include <inttypes.h>
#include <math.h>

void fs_json_init(fs_json *json, fs_output *output, bool pretty)
{
    *json = (fs_json){.output = output, .pretty = pretty};
}

void fs_json_fini(fs_json *json)
{
    fs_text_fini(&json->scratch);
}

static void line_break(fs_json *json)
{
    if (!json->pretty) return;
    fs_output_string(json->output, "\n");
    for (unsigned i = 0; i < json->depth; i++) fs_output_string(json->output, "  ");
}

/* What stands before any value or key: a comma and a new line, unless a key stands there. */
static void before(fs_json *json)
{
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (json->depth == 0) return;
    if (json->filled[json->depth - 1]) fs_output_string(json->output, ",");
    json->filled[json->depth - 1] = true;
    line_break(json);
}

static void open_level(fs_json *json, const char *bracket)
{
    before(json);
    fs_output_string(json->output, bracket);
    if (json->depth < FS_JSON_DEPTH) json->filled[json->depth] = false;
    json->depth++;
}

static void close_level(fs_json *json, const char *bracket)
{
    bool filled = json->filled[--json->depth];
    if (filled) line_break(json);
    fs_output_string(json->output, bracket);
    if (json->depth == 0 && json->pretty) fs_output_string(json->output, "\n");
}

void fs_json_object(fs_json *json)
{
    open_level(json, "{");
}

void fs_json_end_object(fs_json *json)
{
    close_level(json, "}");
}

void fs_json_array(fs_json *json)
{
    open_level(json, "[");
}

void fs_json_end_array(fs_json *json)
{
    close_level(json, "]");
}

static void quoted(fs_json *json, const char *bytes, size_t length)
{
    fs_text_clear(&json->scratch);
    fs_text_char(&json->scratch, '"');
    fs_text_add_json(&json->scratch, bytes, length);
    fs_text_char(&json->scratch, '"');
    if (json->scratch.failed) {
        json->failed = true;
        fs_output_string(json->output, "\"\"");
        return;
    }
    fs_output_write(json->output, json->scratch.data, json->scratch.length);
}

void fs_json_key(fs_json *json, const char *key)
{
    before(json);
    size_t n = 0;
    while (key[n]) n++;
    quoted(json, key, n);
    fs_output_string(json->output, json->pretty ? ": " : ":");
    json->after_key = true;
}

void fs_json_string(fs_json *json, const char *string)
{
    size_t n = 0;
    while (string[n]) n++;
    fs_json_bytes(json, string, n);
}

void fs_json_bytes(fs_json *json, const char *bytes, size_t length)
{
    before(json);
    quoted(json, bytes, length);
}

void fs_json_number(fs_json *json, double value)
{
    before(json);
    if (!isfinite(value)) {
        fs_output_string(json->output, "null");
        return;
    }
    char number[FS_NUMBER_SIZE];
    size_t n = fs_number_format(value, number);
    fs_output_write(json->output, number, n);
}

void fs_json_number_text(fs_json *json, const char *number)
{
    before(json);
    fs_output_string(json->output, number);
}

void fs_json_integer(fs_json *json, int64_t value)
{
    before(json);
    fs_output_format(json->output, "%" PRId64, value);
}

void fs_json_bool(fs_json *json, bool value)
{
    before(json);
    fs_output_string(json->output, value ? "true" : "false");
}

void fs_json_null(fs_json *json)
{
    before(json);
    fs_output_string(json->output, "null");
}

void fs_json_key_object(fs_json *json, const char *key)
{
    fs_json_key(json, key);
    fs_json_object(json);
}

void fs_json_key_array(fs_json *json, const char *key)
{
    fs_json_key(json, key);
    fs_json_array(json);
}

void fs_json_key_string(fs_json *json, const char *key, const char *string)
{
    fs_json_key(json, key);
    fs_json_string(json, string);
}

void fs_json_key_number(fs_json *json, const char *key, double value)
{
    fs_json_key(json, key);
    fs_json_number(json, value);
}

void fs_json_key_integer(fs_json *json, const char *key, int64_t value)
{
    fs_json_key(json, key);
    fs_json_integer(json, value);
}

void fs_json_key_bool(fs_json *json, const char *key, bool value)
{
    fs_json_key(json, key);
    fs_json_bool(json, value);
}
