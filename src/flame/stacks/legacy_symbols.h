/*
 * legacy_symbols.h - the addresses of pprof's legacy profiles, and what such a file says of them: the mapped
 * files at its end, and the names that `pprof --raw` puts at its beginning.
 */
#ifndef FLAME_LEGACY_SYMBOLS_H
#define FLAME_LEGACY_SYMBOLS_H

#include "read_formats.h"
#include "stack_builder.h"

typedef struct legacy_mapping {
    uint64_t start, end;
    const char *file; /* its last part; points into the input */
    size_t file_length;
} legacy_mapping;

typedef struct legacy_symbol {
    uint64_t address;
    const char *name; /* points into the input; calls that were inlined stand before it, "--" between */
    size_t name_length;
} legacy_symbol;

typedef struct legacy_symbols {
    flame_reading *in;
    legacy_mapping *mappings;
    size_t mapping_count, mapping_capacity;
    legacy_symbol *symbols; /* by address once sorted */
    size_t symbol_count, symbol_capacity;
    uint32_t *leaf; /* the stack that is built, leaf first */
    size_t depth, leaf_capacity;
    fs_text scratch;
} legacy_symbols;

void legacy_symbols_init(legacy_symbols *symbols, flame_reading *in);
void legacy_symbols_fini(legacy_symbols *symbols);

/* Take a line of /proc/PID/maps ("400000-4ff000 r-xp ... /bin/x") or of its short form ("400000-4ff000:
 * /bin/x"); false when it is none. */
bool legacy_take_mapping(legacy_symbols *symbols, const char *line, size_t length, bool *no_memory);

/* Take "0x46ff25 name"; false when it is none. */
bool legacy_take_symbol(legacy_symbols *symbols, const char *line, size_t length, bool *no_memory);

void legacy_symbols_sort(legacy_symbols *symbols);

/* Push what an address or a text is called onto `leaf`; report->unnamed says that an address has no name. */
FS_CHECK fs_status legacy_push_address(legacy_symbols *symbols, uint64_t address, fs_error *error);
FS_CHECK fs_status legacy_push_name(legacy_symbols *symbols, const char *name, size_t length,
                                    fs_error *error);

/* Count the stack in `leaf`, and empty it. */
FS_CHECK fs_status legacy_count(legacy_symbols *symbols, flame_exact weight, fs_error *error);

/* A hexadecimal number with or without 0x; moves *at past it. */
bool legacy_hex(const char **at, const char *end, uint64_t *value);

/* One of several kinds of value that a profile has: the one asked for, else the last. FS_ARGUMENT when there
 * is none of that name; the message lists them. */
FS_CHECK fs_status legacy_choose_type(const char *wanted, const char *const *types, size_t count,
                                      const char *input, size_t *chosen, fs_error *error);

/* Read the binary CPU profile that these bytes are. */
FS_CHECK fs_status legacy_read_cpu(legacy_symbols *symbols, const char *bytes, size_t length,
                                   fs_error *error);
bool legacy_looks_like_cpu(const char *bytes, size_t length);

#endif
