/*
 * native_expression.h - DWARF expressions (DWARF 5, section 2.5) over a snapshot.
 */
#ifndef FLAME_NATIVE_EXPRESSION_H
#define FLAME_NATIVE_EXPRESSION_H

#include "native_snapshot.h"

#include <elfutils/libdw.h>

/* What an expression may use. */
typedef struct native_context {
    const flame_native_snapshot *snapshot; /* NULL: memory is not known */
    const flame_registers *registers;
    uint64_t known; /* a bit for each register whose value is known */
    uint64_t frame; /* the canonical frame address */
    bool has_frame;
    uint64_t missing; /* out: an address of memory that is not known; 0: none was asked for */
} native_context;

typedef enum native_kind { NATIVE_ADDRESS, NATIVE_VALUE } native_kind;

/* False when the expression uses what is not known, or an operation that makes no sense for registers. *kind
 * says whether the result is the address of what is looked for, or itself. */
bool native_evaluate(native_context *context, const Dwarf_Op *operations, size_t count, uint64_t *result,
                     native_kind *kind);

#endif
