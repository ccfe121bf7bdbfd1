#include "name_change.h"

#include "demangle.h"
#include "frame_name.h"
#include "memory.h"
#include "regular_expression.h"
#include "short_name.h"

#include <string.h>

struct flame_name_change {
    flame_name_options options;
    pcre2_code **codes;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    fs_text text;
};

fs_status flame_name_change_create(const flame_name_options *options, flame_name_change **change,
                                   fs_error *error)
{
    *change = NULL;
    size_t count = options->merge_count;
    if (!options->demangle && !options->shorten && count == 0) return FS_OK;
    flame_name_change *made = fs_alloc_0(1, sizeof *made);
    if (!made) return fs_fail_memory(error, "changing names", sizeof *made);
    made->options = *options;
    fs_text_init(&made->text);
    fs_status status = FS_OK;
    if (count) {
        made->codes = fs_alloc_0(count, sizeof(pcre2_code *));
        made->match = pcre2_match_data_create(1, NULL);
        made->limits = pcre2_match_context_create(NULL);
        if (!made->codes || !made->match || !made->limits)
            status = fs_fail_memory(error, "changing names", 0);
        if (!status) pcre2_set_match_limit(made->limits, 1000000);
    }
    for (size_t i = 0; i < count && !status; i++)
        status = flame_regex_compile(options->merge[i], 0, FS_ARGUMENT, &made->codes[i], error);
    if (status) {
        flame_name_change_destroy(made);
        return status;
    }
    *change = made;
    return FS_OK;
}

void flame_name_change_destroy(flame_name_change *change)
{
    if (!change) return;
    for (size_t i = 0; change->codes && i < change->options.merge_count; i++)
        pcre2_code_free(change->codes[i]);
    pcre2_match_data_free(change->match);
    pcre2_match_context_free(change->limits);
    fs_free(change->codes);
    fs_text_fini(&change->text);
    fs_free(change);
}

/* The function in a name is changed, and what stands around it, its file and line, stays: the file by its
 * last part when names are short. */
static void change_function(const flame_name_change *change, const char *name, size_t length, fs_text *plain,
                            fs_text *out)
{
    flame_frame_parts frame = flame_frame_parse(name, length);
    const char *end = name + length, *function_end = frame.function + frame.function_length;
    const char *from = name, *rest = function_end;
    const char *slash = frame.file ? memrchr(frame.file, '/', frame.file_length) : NULL;
    bool short_file = change->options.shorten && slash;
    if (short_file && frame.file < frame.function) from = slash + 1;
    fs_text_append(out, from, (size_t)(frame.function - from));
    fs_text_clear(plain);
    if (!change->options.demangle || !flame_demangle(frame.function, frame.function_length, plain))
        fs_text_append(plain, frame.function, frame.function_length);
    if (change->options.shorten && !plain->failed)
        flame_short_name(fs_text_string(plain), plain->length, out);
    else
        fs_text_append(out, fs_text_string(plain), plain->length);
    if (short_file && frame.file > frame.function) {
        fs_text_append(out, function_end, (size_t)(frame.file - function_end));
        rest = slash + 1;
    }
    fs_text_append(out, rest, (size_t)(end - rest));
    out->failed = out->failed || plain->failed;
}

/* What matches is written as the expression, so that names which differ there become one. */
static void merge(const flame_name_change *change, size_t which, fs_text *from, fs_text *out)
{
    const char *text = fs_text_string(from);
    size_t at = 0, length = from->length;
    while (at <= length && pcre2_match(change->codes[which], (PCRE2_SPTR)text, length, at, 0, change->match,
                                       change->limits) > 0) {
        const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(change->match);
        if (ends[1] <= ends[0] || ends[0] < at) break; /* an empty match changes nothing */
        fs_text_append(out, text + at, ends[0] - at);
        fs_text_add(out, change->options.merge[which]);
        at = ends[1];
    }
    fs_text_append(out, text + at, length - at);
}

fs_status flame_name_change_apply(void *context, const char *name, size_t length, fs_text *out,
                                  fs_error *error)
{
    flame_name_change *change = context;
    fs_text_clear(out);
    change_function(change, name, length, &change->text, out);
    for (size_t i = 0; i < change->options.merge_count && !out->failed; i++) {
        fs_text other = change->text;
        change->text = *out;
        *out = other;
        fs_text_clear(out);
        merge(change, i, &change->text, out);
    }
    if (out->failed) return fs_fail_memory(error, "changing a name", length);
    return FS_OK;
}
