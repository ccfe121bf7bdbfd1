/*
 * The call graph of macOS's `sample` (also of Activity Monitor's "Sample Process"): a tree, indented, each
 * line with the samples of a function and all that it called:
 *
 *     Call graph:
 *         825 Thread_15758523   DispatchQueue_1: com.apple.main-thread  (serial)
 *         + 825 start  (in libdyld.dylib) + 1  [0x7fff737cf3d5]
 *         +   800 main  (in rg) + 41  [0x10384b549]
 *
 * A frame is named module`function, as stackcollapse-sample.awk does, C++ without its parameters. What a
 * line has more than the lines below it are samples of its own. `sample` counts threads that wait, too:
 * where the innermost frame is one of the system's waiting calls the samples are left out and counted as
 * filtered, as the peers do.
 */
#include "count_text.h"
#include "read_formats.h"

#include <string.h>

static const char start_line[] = "Call graph:";

typedef struct sample_level {
    double left; /* of its samples, those that no line below has taken */
    bool waits;
} sample_level;

typedef struct sample_reader {
    flame_reading *in;
    bool inside;          /* the call graph */
    sample_level *levels; /* as many as the stack is deep */
    size_t capacity;
    fs_text name;
} sample_reader;

static bool is_wait(const char *name, size_t length)
{
    static const char *const calls[] = {"__psynch_cvwait",
                                        "__select",
                                        "__semwait_signal",
                                        "__ulock_wait",
                                        "__wait4",
                                        "__workq_kernreturn",
                                        "kevent",
                                        "mach_msg_trap",
                                        "mach_msg2_trap",
                                        "read",
                                        "semaphore_wait_trap",
                                        "__psynch_mutexwait"};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strlen(calls[i]) == length && memcmp(calls[i], name, length) == 0) return true;
    return false;
}

/* Count what lines from `depth` on have of their own. */
static void close_levels(sample_reader *reader, size_t depth)
{
    while (reader->in->depth > depth) {
        size_t top = --reader->in->depth;
        const sample_level *level = &reader->levels[top];
        if (!(level->left > 0)) continue;
        if (level->waits)
            reader->in->report->filtered += (uint64_t)level->left;
        else
            flame_read_count(reader->in, reader->in->nodes[top], flame_exact_of(level->left));
    }
}

/* "foo(int)" without its parameters; "-[View draw]", "operator()" and "(anonymous namespace)" stay. */
static size_t without_parameters(const char *name, size_t length)
{
    if (length == 0 || name[length - 1] != ')') return length;
    size_t open = length, depth = 0;
    do {
        open--;
        depth += name[open] == ')';
        depth -= name[open] == '(';
    } while (open > 0 && depth > 0);
    bool operator_call = open >= 8 && memcmp(name + open - 8, "operator", 8) == 0;
    return depth > 0 || open == 0 || operator_call || name[open - 1] == ':' ? length : open;
}

/* module`function of "main  (in rg) + 41  [0x10384b549]". */
static bool make_name(sample_reader *reader, const char *text, size_t length, bool *waits)
{
    static const char in[] = "  (in ", library[] = ".dylib";
    size_t function = length, module = length, module_end = length;
    for (size_t i = 0; i + 1 < length; i++) {
        if (text[i] != ' ' || text[i + 1] != ' ') continue;
        if (length - i < sizeof in - 1 || memcmp(text + i, in, sizeof in - 1) != 0) continue;
        function = i;
        module = i + sizeof in - 1;
        const char *close = memchr(text + module, ')', length - module);
        module_end = close ? (size_t)(close - text) : length;
        break;
    }
    if (module == length) { /* a thread: "Thread_1   DispatchQueue_1: main  (serial)" */
        const char *open = memchr(text, '(', length);
        if (open && open > text) function = (size_t)(open - text);
    } else if (!reader->in->options->perf.context) {
        function = without_parameters(text, function);
    }
    while (function > 0 && text[function - 1] == ' ') function--;
    *waits = is_wait(text, function);
    size_t n = module_end - module, ending = sizeof library - 1;
    if (n > ending && memcmp(text + module_end - ending, library, ending) == 0) n -= ending;
    fs_text_clear(&reader->name);
    if (n > 0) {
        fs_text_append(&reader->name, text + module, n);
        fs_text_char(&reader->name, '`');
    }
    fs_text_append(&reader->name, text, function);
    return !reader->name.failed;
}

static fs_status read_row(sample_reader *reader, const char *line, size_t length, fs_error *error)
{
    size_t indent = 4, digits;
    while (indent < length && strchr(" +|:!", line[indent]) && line[indent]) indent++;
    for (digits = indent; digits < length && line[digits] >= '0' && line[digits] <= '9';) digits++;
    flame_exact count;
    const char *wrong = NULL;
    size_t depth = (indent - 4) / 2;
    if (digits == indent || digits == length || line[digits] != ' ' ||
        flame_count_parse(line + indent, digits - indent, &count) != FLAME_COUNT_OK)
        wrong = "it has no count of samples and name";
    else if (indent % 2 || depth > reader->in->depth)
        wrong = "it is indented under no other line";
    if (wrong) {
        flame_read_skip(reader->in, line, length, wrong);
        return FS_OK;
    }
    close_levels(reader, depth);
    bool waits;
    while (digits < length && line[digits] == ' ') digits++;
    if (!make_name(reader, line + digits, length - digits, &waits) ||
        !FS_GROW(reader->levels, reader->capacity, depth + 1))
        return fs_fail_memory(error, "reading the output of sample", 0);
    if (depth > 0) reader->levels[depth - 1].left -= count.value;
    reader->levels[depth] = (sample_level){.left = count.value, .waits = waits};
    return flame_open_frame(reader->in, depth, fs_text_string(&reader->name), reader->name.length, error);
}

static bool begins(const char *line, size_t length, const char *with)
{
    return length >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

static bool looks_like_sample(const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length, *line;
    size_t n;
    if (!begins(bytes, length, "Analysis of sampling ") && !begins(bytes, length, "Sampling process "))
        return begins(bytes, length, start_line);
    while ((line = flame_block_line(&at, end, &n)))
        if (begins(line, n, start_line)) return true;
    return false;
}

static fs_status take_line(void *context, const char *line, size_t length, fs_error *error)
{
    sample_reader *reader = context;
    if (!reader->inside) {
        reader->inside = begins(line, length, start_line);
    } else if (begins(line, length, "Total number in stack") || begins(line, length, "Binary Images")) {
        reader->inside = false;
    } else if (begins(line, length, "    ") && !memchr(line, 0, length)) {
        return read_row(reader, line, length, error);
    } else if (length > 0) {
        flame_read_skip(reader->in, line, length, "it is no line of a call graph");
    }
    return FS_OK;
}

static fs_status read_sample(flame_reading *in, fs_error *error)
{
    sample_reader reader = {.in = in};
    fs_text_init(&reader.name);
    flame_report_unit(in->report, "samples", strlen("samples"));
    fs_status status = flame_each_line(in, take_line, &reader, error);
    if (!status) close_levels(&reader, 0);
    fs_free(reader.levels);
    fs_text_fini(&reader.name);
    return status;
}

const flame_stack_format flame_reader_sample = {
    .item = "line",
    .looks_like = looks_like_sample,
    .read = read_sample,
};
