/*
 * The CPU profiles that gperftools writes (and Go did before 1.9), in the format of
 * gperftools.github.io/gperftools/cpuprofile-fileformat.html: machine words, a header of five, then for each
 * sample a count, a number of addresses and the addresses, leaf first; a sample of count 0 ends them, and the
 * mapped files follow as text.
 */
#include "legacy_symbols.h"

#include <string.h>

typedef struct words {
    const unsigned char *at, *end;
    unsigned size; /* of a word: 4 or 8 bytes */
    bool big;      /* the most significant byte first */
} words;

static bool next_word(words *from, uint64_t *value)
{
    if ((size_t)(from->end - from->at) < from->size) return false;
    *value = 0;
    for (unsigned i = 0; i < from->size; i++)
        *value |= (uint64_t)from->at[from->big ? from->size - 1 - i : i] << (8 * i);
    from->at += from->size;
    return true;
}

/* The header in one of the four ways that words are written; *period in microseconds. */
static bool read_header(const char *bytes, size_t length, words *from, uint64_t *period)
{
    for (unsigned way = 0; way < 4; way++) {
        uint64_t header[5] = {1, 1, 1, 0, 1};
        *from = (words){.at = (const unsigned char *)bytes,
                        .end = (const unsigned char *)bytes + length,
                        .size = way & 1 ? 4 : 8,
                        .big = way & 2};
        for (size_t i = 0; i < 5; i++)
            if (!next_word(from, &header[i])) break;
        *period = header[3];
        if (header[0] == 0 && header[1] == 3 && header[2] == 0 && header[4] == 0 && header[3] > 0 &&
            header[3] < 1000000000)
            return true;
    }
    return false;
}

bool legacy_looks_like_cpu(const char *bytes, size_t length)
{
    words from;
    uint64_t period;
    return read_header(bytes, length, &from, &period);
}

static fs_status fail_cut(const char *name, const char *what, fs_error *error)
{
    return fs_fail(error, FS_FORMAT, "%s: the CPU profile is cut off: %s", name, what);
}

/* The text behind the samples. */
static bool take_mappings(const words *from, legacy_symbols *symbols)
{
    const char *at = (const char *)from->at, *end = (const char *)from->end, *line;
    size_t length;
    bool no_memory = false;
    while ((line = flame_block_line(&at, end, &length)))
        (void)legacy_take_mapping(symbols, line, length, &no_memory);
    legacy_symbols_sort(symbols);
    return !no_memory;
}

/* One sample: its count, and where its addresses are. False at the end; *status tells of damage. */
static bool next_sample(words *from, const char *name, uint64_t *count, words *stack, fs_status *status,
                        fs_error *error)
{
    uint64_t depth, address;
    if (!next_word(from, count) || !next_word(from, &depth)) {
        *status = fail_cut(name, "the sample of count 0 that ends it is missing", error);
        return false;
    }
    if (depth > (uint64_t)(from->end - from->at) / from->size) {
        *status = fail_cut(name, "its last sample has fewer addresses than it says", error);
        return false;
    }
    *stack = *from;
    stack->end = from->at + depth * from->size;
    from->at = stack->end;
    words first = *stack;
    return !(*count == 0 && depth == 1 && next_word(&first, &address) && address == 0);
}

fs_status legacy_read_cpu(legacy_symbols *symbols, const char *bytes, size_t length, fs_error *error)
{
    flame_reading *in = symbols->in;
    const char *name = in->name;
    static const char *const types[] = {"samples", "cpu"};
    words from, end, stack;
    uint64_t period, count, address;
    size_t type;
    fs_status status = legacy_choose_type(in->options->sample_type, types, 2, name, &type, error);
    if (status) return status;
    if (!read_header(bytes, length, &from, &period))
        return fs_fail(error, FS_FORMAT, "%s is no CPU profile of gperftools", name);
    strcpy(in->report->unit, type ? "nanoseconds" : "samples");
    end = from;
    while (next_sample(&end, name, &count, &stack, &status, error)) {
    }
    if (status) return status;
    if (!take_mappings(&end, symbols)) return fs_fail_memory(error, "reading a CPU profile", 0);
    while (!status && next_sample(&from, name, &count, &stack, &status, error)) {
        in->report->lines++;
        while (!status && next_word(&stack, &address)) status = legacy_push_address(symbols, address, error);
        flame_exact weight = flame_exact_of_u64(count);
        if (type) weight = flame_exact_scale(weight, (double)period * 1000);
        if (!status) status = legacy_count(symbols, weight, error);
    }
    return status;
}

static fs_status read_cpu(flame_reading *in, fs_error *error)
{
    legacy_symbols symbols;
    legacy_symbols_init(&symbols, in);
    fs_status status = legacy_read_cpu(&symbols, in->bytes, in->length, error);
    legacy_symbols_fini(&symbols);
    return status;
}

const flame_stack_format flame_reader_pprof_cpu = {
    .item = "sample",
    .looks_like = legacy_looks_like_cpu,
    .whole = true,
    .read = read_cpu,
};
