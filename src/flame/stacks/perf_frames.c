#include "perf_frames.h"

#include "hash.h"
#include "symbol_name.h"

#include <string.h>

/* A cached line that is not exactly one frame: the rest of the value is an index into `sequences`. */
static const uint32_t many_frames = (uint32_t)1 << 31;

void perf_frames_init(perf_frames *frames, flame_tree *tree, const flame_perf_options *options, bool nameless)
{
    *frames = (perf_frames){.tree = tree, .options = options, .nameless = nameless};
    flame_cache_init(&frames->line_cache[0]);
    flame_cache_init(&frames->line_cache[1]);
    fs_text_init(&frames->scratch);
}

void perf_frames_fini(perf_frames *frames)
{
    flame_cache_fini(&frames->line_cache[0]);
    flame_cache_fini(&frames->line_cache[1]);
    fs_text_fini(&frames->scratch);
    fs_free(frames->sequences);
    fs_free(frames->names);
    *frames = (perf_frames){0};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static void tidy(const perf_frames *frames, const char *symbol, size_t length, fs_text *out)
{
    if (frames->options->context) {
        fs_text_append(out, symbol, length);
    } else {
        if (!flame_symbol_is_go_method(symbol, length)) {
            size_t end = flame_symbol_end(symbol, length);
            if (end > 0) length = end;
        }
        while (length > 0 && is_space(symbol[length - 1])) length--;
        bool java = frames->java && length > 0 && symbol[0] == 'L' && memchr(symbol, '/', length);
        for (size_t i = java; i < length; i++)
            if (symbol[i] != '"' && symbol[i] != '\'') fs_text_char(out, symbol[i]);
    }
}

static fs_status add_name(perf_frames *frames, uint32_t name, fs_error *error)
{
    if (!FS_GROW(frames->names, frames->capacity, frames->count + 1))
        return fs_fail_memory(error, "reading a deep stack", frames->count);
    frames->names[frames->count++] = name;
    return FS_OK;
}

/* One call of a frame, interned; `inlined` when it ran inside its caller. */
static fs_status add_call(perf_frames *frames, const perf_frame *frame, const char *symbol, size_t length,
                          bool inlined, fs_error *error)
{
    fs_text *text = &frames->scratch;
    fs_text_clear(text);
    if (length == 0 || (length == 9 && memcmp(symbol, "[unknown]", 9) == 0)) {
        const char *module = frame->module;
        size_t module_length = frame->module_length;
        if (module_length > 0 && !(module_length == 9 && memcmp(module, "[unknown]", 9) == 0)) {
            const char *slash = memrchr(module, '/', module_length);
            if (slash) {
                module_length -= (size_t)(slash + 1 - module);
                module = slash + 1;
            }
        } else {
            module = "unknown";
            module_length = 7;
        }
        fs_text_char(text, '[');
        fs_text_append(text, module, module_length);
        if (frames->options->addrs && frame->address_length) {
            fs_text_add(text, " <");
            fs_text_append(text, frame->address, frame->address_length);
            fs_text_char(text, '>');
        }
        fs_text_char(text, ']');
    } else {
        tidy(frames, symbol, length, text);
    }
    if (!text->failed)
        for (size_t i = 0; i < text->length; i++)
            if (text->data[i] == ';') text->data[i] = ':';
    if (inlined)
        fs_text_add(text, "_[i]");
    else if (frames->options->kernel && perf_module_is_kernel(frame))
        fs_text_add(text, "_[k]");
    else if (frames->options->jit && perf_module_is_jit(frame))
        fs_text_add(text, "_[j]");
    if (text->failed) return fs_fail_memory(error, "reading a frame", length);
    uint32_t name;
    fs_status status = flame_tree_name(frames->tree, fs_text_string(text), text->length, true, &name, error);
    return status ? status : add_name(frames, name, error);
}

/* Whether `->` separates calls that were inlined: in what run-time compilers write. In C++ it is an operator.
 */
static bool arrows_are_calls(const perf_frames *frames, const perf_frame *frame)
{
    if (perf_module_is_jit(frame)) return true;
    return frames->java && frame->module_length && !memmem(frame->module, frame->module_length, ".so", 3) &&
           !memmem(frame->symbol, frame->symbol_length, "operator", 8);
}

fs_status perf_frames_add(perf_frames *frames, const perf_frame *frame, fs_error *error)
{
    const char *symbol = frame->symbol;
    size_t length = frame->symbol_length;
    if (length && symbol[0] == '(' && !flame_symbol_is_anonymous(symbol, length))
        return FS_OK; /* a process name */
    /* The offset into the function: +0x1f. */
    size_t end = length;
    while (end > 0 && strchr("0123456789abcdefABCDEF", symbol[end - 1]) && symbol[end - 1]) end--;
    if (end >= 3 && end < length && memcmp(symbol + end - 3, "+0x", 3) == 0 && end > 3) length = end - 3;
    bool inlined = frame->module_length == 7 && memcmp(frame->module, "inlined", 7) == 0;
    if (!arrows_are_calls(frames, frame))
        return add_call(frames, frame, symbol, length, inlined && frames->options->inlined, error);
    /* caller->inlined: from the end, since names are collected leaf first. */
    size_t right = length;
    for (;;) {
        size_t left = right;
        while (left >= 2 && memcmp(symbol + left - 2, "->", 2) != 0) left--;
        if (left < 2) left = 0;
        if (right > left || length == 0) {
            bool within = left > 0 || (inlined && frames->options->inlined);
            fs_status status = add_call(frames, frame, symbol + left, right - left, within, error);
            if (status) return status;
        }
        if (left == 0) return FS_OK;
        right = left - 2;
    }
}

/* Note what a line came to: the names from `first` on. */
static void note_line(perf_frames *frames, const char *line, size_t length, uint64_t hash, size_t first)
{
    uint32_t value;
    size_t count = frames->count - first;
    if (count == 1 && frames->names[first] < many_frames) {
        value = frames->names[first];
    } else {
        if (frames->sequence_used + count + 1 >= many_frames) return;
        if (!FS_GROW(frames->sequences, frames->sequence_capacity, frames->sequence_used + count + 1))
            return; /* it is only a short cut */
        value = many_frames | (uint32_t)frames->sequence_used;
        if (value == UINT32_MAX) return;
        frames->sequences[frames->sequence_used++] = (uint32_t)count;
        for (size_t i = 0; i < count; i++)
            frames->sequences[frames->sequence_used++] = frames->names[first + i];
    }
    flame_cache_store(&frames->line_cache[frames->java], line, length, hash, value);
}

fs_status perf_frames_line(perf_frames *frames, const flame_reading *in, const char *line, size_t length,
                           fs_error *error)
{
    flame_cache *cache = &frames->line_cache[frames->java];
    uint64_t hash = flame_hash(line, length, 0);
    uint32_t value;
    if (flame_cache_lookup(cache, line, length, hash, &value)) {
        if (value < many_frames) return add_name(frames, value, error);
        const uint32_t *sequence = frames->sequences + (value & ~many_frames);
        for (uint32_t i = 0; i < sequence[0]; i++) {
            fs_status status = add_name(frames, sequence[1 + i], error);
            if (status) return status;
        }
        return FS_OK;
    }
    perf_frame frame;
    if (!perf_split_frame(line, length, !frames->nameless, &frame)) {
        flame_read_skip(in, line, length, "it is no frame: an address, a symbol and a module in brackets");
        return FS_OK;
    }
    if (flame_skip_nul(in, line, length)) return FS_OK;
    size_t first = frames->count;
    fs_status status = perf_frames_add(frames, &frame, error);
    if (status) return status;
    note_line(frames, line, length, hash, first);
    return FS_OK;
}
