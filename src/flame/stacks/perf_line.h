/*
 * perf_line.h - the lines of `perf script`: what stands in the head of a sample and in a frame.
 *
 * Which fields there are is the user's choice (-F); their order is perf's: command, process/thread, [cpu],
 * time, period, event, and then, when call chains were not recorded, the one frame.
 */
#ifndef FLAME_PERF_LINE_H
#define FLAME_PERF_LINE_H

#include "exact_count.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct perf_frame {
    const char *address, *symbol, *module; /* module: NULL when there is none; a symbol may be empty */
    size_t address_length, symbol_length, module_length;
} perf_frame;

/* Address, symbol, module in brackets; either of the last two may be missing, and without `addresses` the
 * first. Brackets inside a module's name are balanced. */
bool perf_split_frame(const char *line, size_t length, bool addresses, perf_frame *frame);

/* The frame at the end of a sample's own line, which has a module: after what perf mem says was loaded. */
bool perf_split_only_frame(const char *line, size_t length, perf_frame *frame);

/* file.c:137 below a frame, as -F +srcline writes it. */
bool perf_split_source(const char *line, size_t length, const char **file, size_t *file_length, int *number);

typedef struct perf_word {
    size_t at, length; /* length 0: not told */
} perf_word;

typedef struct perf_header {
    perf_word comm, pid, tid, event;
    size_t rest;        /* what follows the last field */
    size_t frame;       /* where the one frame begins that perf padded on this line; 0: none */
    bool bare;          /* nothing but that frame: a sample, or a frame below one whose tab became blanks */
    flame_exact period; /* 0: not told */
    bool period_huge;   /* more than 64 bits hold */
    bool placed;        /* with a time or a processor: nothing else is written so */
    bool sure;          /* placed, or with a field and an event, with process and thread, or a frame */
} perf_header;

/* False for a line without a word. One that is not `sure` is a head only where one must stand. */
bool perf_split_header(const char *line, size_t length, perf_header *header);

bool perf_module_is_kernel(const perf_frame *frame);
bool perf_module_is_jit(const perf_frame *frame);

/* What a period of an event counts: nanoseconds of a clock, else the event itself (cycles:P are cycles).
 * `unit` is left alone when it has no room; 12 bytes are enough for a clock's. */
void perf_name_unit(const char *event, size_t length, char *unit, size_t room);

#endif
