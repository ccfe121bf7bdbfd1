/*
 * pprof's legacy text profiles, as gperftools and Go's runtime (debug=1) write them:
 *
 *     heap profile:      1:    512 [     3:   1536] @ heap/1048576
 *          1:      512 [     3:     1536] @ 0x46ff25 0x4011d2
 *     #   0x46ff24   main.work+0x64   /src/main.go:12
 *
 * and `goroutine profile: total 5`, `threadcreate profile:`, `--- contention`, `--- mutex`; before them
 * perhaps
 * `--- symbol` with names, after them MAPPED_LIBRARIES. How values are scaled follows
 * github.com/google/pprof, profile/legacy_profile.go.
 */
#include "frame_name.h"
#include "legacy_symbols.h"

#include <math.h>
#include <string.h>

typedef enum text_kind { TEXT_NONE = 0, TEXT_HEAP, TEXT_COUNT, TEXT_CONTENTION, TEXT_CPU } text_kind;

typedef struct text_reader {
    flame_reading *in;
    legacy_symbols symbols;
    text_kind kind;
    size_t type;
    double period; /* heap: bytes from sample to sample; contention: events */
    double cycles; /* contention: a second; 0: not told */
    bool named;    /* rows have # lines below them */
    flame_exact weight;
    const char *row, *row_end; /* the addresses of the open row; NULL: none is open */
} text_reader;

static const char *after_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t')) at++;
    return at;
}

static bool take_number(const char **at, const char *end, uint64_t *value)
{
    const char *from = after_blanks(*at, end), *start = from;
    *value = 0;
    for (; from < end && *from >= '0' && *from <= '9' && from - start < 19; from++)
        *value = *value * 10 + (uint64_t)(*from - '0');
    *at = from;
    return from > start;
}

static bool take_mark(const char **at, const char *end, char mark)
{
    const char *from = after_blanks(*at, end);
    if (from == end || *from != mark) return false;
    *at = from + 1;
    return true;
}

static bool begins(const char *line, size_t length, const char *start)
{
    size_t n = strlen(start);
    return length >= n && memcmp(line, start, n) == 0;
}

/* "heap profile: 1: 512 [ 3: 1536] @ heap/1048576": the sampling. */
static bool take_heap_head(text_reader *reader, const char *line, size_t length)
{
    const char *mark = memchr(line, '@', length), *end = line + length;
    reader->kind = TEXT_HEAP;
    reader->period = 0;
    if (!mark) return true;
    const char *at = after_blanks(mark + 1, end);
    bool version_2 =
        begins(at, (size_t)(end - at), "heap_v2/") || begins(at, (size_t)(end - at), "heapz_v2/");
    bool go = begins(at, (size_t)(end - at), "heap/");
    const char *slash = memchr(at, '/', (size_t)(end - at));
    uint64_t period;
    if ((version_2 || go) && slash && (at = slash + 1, take_number(&at, end, &period)))
        reader->period = (double)(go ? period / 2 : period); /* Go writes twice its rate */
    return true;
}

/* The line that says what the rows are. */
static bool take_head(text_reader *reader, const char *line, size_t length)
{
    if (begins(line, length, "heap profile:")) return take_heap_head(reader, line, length);
    if (begins(line, length, "--- contention") || begins(line, length, "--- mutex")) {
        reader->kind = TEXT_CONTENTION;
        reader->period = 1;
        return true;
    }
    if (begins(line, length, "--- profile")) {
        reader->kind = TEXT_CPU;
        return true;
    }
    const char *total = memmem(line, length, " profile: total ", 16);
    if (total && !memchr(line, ' ', (size_t)(total - line))) {
        reader->kind = TEXT_COUNT;
        return true;
    }
    return false;
}

static const char *const heap_types[] = {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"};
static const char *const contention_types[] = {"contentions", "delay"};
static const char *const count_types[] = {"count"};

static fs_status choose_type(text_reader *reader, fs_error *error)
{
    const char *wanted = reader->in->options->sample_type;
    const char *const *types = count_types;
    size_t count = 1;
    if (reader->kind == TEXT_HEAP) {
        types = heap_types;
        count = 4;
    } else if (reader->kind == TEXT_CONTENTION) {
        types = contention_types;
        count = 2;
    }
    fs_status status = legacy_choose_type(wanted, types, count, reader->in->name, &reader->type, error);
    const char *unit = reader->kind == TEXT_HEAP         ? (reader->type & 1 ? "bytes" : "objects")
                       : reader->kind == TEXT_CONTENTION ? (reader->type ? "nanoseconds" : "contentions")
                                                         : "samples";
    strcpy(reader->in->report->unit, unit);
    return status;
}

/* What a sampled heap's counts stand for: an object of `size` bytes is met with probability
 * 1 - exp(-size / period). */
static flame_exact unsampled(const text_reader *reader, uint64_t objects, uint64_t bytes, bool of_bytes)
{
    flame_exact value = flame_exact_of_u64(of_bytes ? bytes : objects);
    if (reader->period <= 1 || objects == 0 || bytes == 0) return value;
    double size = (double)bytes / (double)objects;
    return flame_exact_floor(flame_exact_scale(value, 1 / (1 - exp(-size / reader->period))));
}

/* The values of a row, up to its '@'; false when the line is none. */
static bool take_row(text_reader *reader, const char *line, size_t length)
{
    const char *at = line, *end = line + length;
    uint64_t v[4] = {0};
    bool row = false;
    if (reader->kind == TEXT_HEAP) {
        row = take_number(&at, end, &v[0]) && take_mark(&at, end, ':') && take_number(&at, end, &v[1]);
        row = row && take_mark(&at, end, '[') && take_number(&at, end, &v[2]) && take_mark(&at, end, ':') &&
              take_number(&at, end, &v[3]) && take_mark(&at, end, ']');
        size_t pair = reader->type < 2 ? 2 : 0;
        reader->weight = unsampled(reader, v[pair], v[pair + 1], reader->type & 1);
    } else if (reader->kind == TEXT_COUNT) {
        row = take_number(&at, end, &v[0]);
        reader->weight = flame_exact_of_u64(v[0]);
    } else {
        row = take_number(&at, end, &v[0]) && take_number(&at, end, &v[1]);
        reader->weight = flame_exact_of_u64(v[1]);
        if (reader->type) reader->weight = flame_exact_of_u64(v[0]);
        double factor = reader->period * (reader->type && reader->cycles > 0 ? 1e9 / reader->cycles : 1);
        if (factor != 1) reader->weight = flame_exact_floor(flame_exact_scale(reader->weight, factor));
    }
    if (!row || !take_mark(&at, end, '@')) return false;
    reader->row = at;
    reader->row_end = end;
    return true;
}

/* "cycles/second = 2800000000" and the like, between the head and the rows of a contention profile. */
static bool take_setting(text_reader *reader, const char *line, size_t length)
{
    const char *equals = memchr(line, '=', length), *at = equals ? equals + 1 : NULL;
    uint64_t value;
    if (reader->kind != TEXT_CONTENTION || !equals) return false;
    if (!take_number(&at, line + length, &value)) return true;
    if (begins(line, length, "cycles/second") && value > 0) reader->cycles = (double)value;
    if (begins(line, length, "sampling period") && value > 0) reader->period = (double)value;
    return true;
}

static fs_status end_row(text_reader *reader, fs_error *error)
{
    if (!reader->row) return FS_OK;
    const char *at = reader->row, *end = reader->row_end;
    fs_status status = FS_OK;
    uint64_t address;
    reader->row = NULL;
    while (!reader->named && !status) {
        at = after_blanks(at, end);
        if (!legacy_hex(&at, end, &address)) break;
        status = legacy_push_address(&reader->symbols, address, error);
    }
    reader->named = false;
    if (status) return status;
    return legacy_count(&reader->symbols, reader->weight, error);
}

/* "#  0x46ff24  main.work+0x64  /src/main.go:12" below a row. */
static fs_status take_name(text_reader *reader, const char *line, size_t length, fs_error *error)
{
    const char *at = after_blanks(line + 1, line + length), *end = line + length;
    uint64_t address;
    int32_t number = 0;
    if (!begins(at, (size_t)(end - at), "0x") || !legacy_hex(&at, end, &address)) return FS_OK;
    reader->named = true;
    const char *name = after_blanks(at, end), *name_end = name;
    while (name_end < end && *name_end != '\t') name_end++;
    const char *file = after_blanks(name_end, end), *file_end = end;
    while (name_end > name && name_end[-1] == ' ') name_end--;
    for (const char *plus = name_end; plus - name > 3; plus--) {
        if (memcmp(plus - 3, "+0x", 3) != 0) continue;
        name_end = plus - 3;
        break;
    }
    if (name == name_end) return legacy_push_address(&reader->symbols, address, error);
    const char *colon = file < end ? memrchr(file, ':', (size_t)(end - file)) : NULL;
    for (const char *c = colon ? colon + 1 : end; c < end && *c >= '0' && *c <= '9' && number < 100000000;
         c++)
        number = number * 10 + (*c - '0');
    if (colon) file_end = colon;
    fs_text *text = &reader->symbols.scratch;
    flame_frame_compose(text, name, (size_t)(name_end - name), file, (size_t)(file_end - file), number,
                        reader->in->options->lines);
    if (text->failed) return fs_fail_memory(error, "reading a frame", length);
    return legacy_push_name(&reader->symbols, text->data, text->length, error);
}

static fs_status take_line(text_reader *reader, const char *line, size_t length, fs_error *error)
{
    if (length == 0) return end_row(reader, error);
    if (line[0] == '#') return reader->row ? take_name(reader, line, length, error) : FS_OK;
    fs_status status = end_row(reader, error);
    if (status || take_row(reader, line, length) || take_setting(reader, line, length)) return status;
    flame_report_skip(reader->in->report, reader->in->report->lines, line, length,
                      "it is no row: values, '@' and addresses");
    return FS_OK;
}

/* The rows after the head; binary when the head says so. Mappings end them. */
static fs_status read_rows(text_reader *reader, const char *at, const char *end, fs_error *error)
{
    const char *line;
    size_t length;
    if (reader->kind == TEXT_CPU) return legacy_read_cpu(&reader->symbols, at, (size_t)(end - at), error);
    fs_status status = choose_type(reader, error);
    while (!status && (line = flame_block_line(&at, end, &length))) {
        reader->in->report->lines++;
        if (begins(line, length, "MAPPED_LIBRARIES") || begins(line, length, "--- Memory map") ||
            begins(line, length, "Memory map:"))
            break;
        if (begins(line, length, "build=")) continue;
        status = take_line(reader, line, length, error);
    }
    return status ? status : end_row(reader, error);
}

/* Names and mappings are wanted before the rows, wherever they stand. */
static bool take_tables(text_reader *reader, const char **at, const char *end)
{
    const char *line;
    size_t length;
    bool no_memory = false;
    while ((line = flame_block_line(at, end, &length)) && !no_memory) {
        reader->in->report->lines++;
        if (take_head(reader, line, length)) break;
        (void)legacy_take_symbol(&reader->symbols, line, length, &no_memory);
    }
    if (reader->kind == TEXT_CPU || no_memory) return !no_memory;
    const char *rest = *at;
    while ((line = flame_block_line(&rest, end, &length)) && !no_memory)
        (void)legacy_take_mapping(&reader->symbols, line, length, &no_memory);
    legacy_symbols_sort(&reader->symbols);
    return !no_memory;
}

static fs_status read_text(flame_reading *in, fs_error *error)
{
    text_reader reader = {.in = in};
    const char *at = in->bytes, *end = in->bytes + in->length;
    legacy_symbols_init(&reader.symbols, in);
    fs_status status;
    if (!take_tables(&reader, &at, end)) {
        status = fs_fail_memory(error, "reading a profile", 0);
    } else if (reader.kind == TEXT_NONE) {
        status = fs_fail(error, FS_FORMAT, "%s is cut off: no profile follows its names", in->name);
    } else {
        status = read_rows(&reader, at, end, error);
    }
    legacy_symbols_fini(&reader.symbols);
    return status;
}

/* The first line that is not empty decides. */
static bool looks_like_text(const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length, *line;
    text_reader reader = {0};
    while ((line = flame_block_line(&at, end, &length)) && length == 0) {
    }
    return line && (begins(line, length, "--- symbol") || begins(line, length, "--- heap") ||
                    begins(line, length, "--- growth") || take_head(&reader, line, length));
}

const flame_stack_format flame_reader_pprof_text = {
    .item = "line",
    .looks_like = looks_like_text,
    .whole = true,
    .read = read_text,
};
