#include "native_rule.h"

#include "native_expression.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

static bool is_register(const Dwarf_Op *operation, uint64_t *number, int64_t *offset)
{
    if (operation->atom >= DW_OP_breg0 && operation->atom <= DW_OP_breg31) {
        *number = (uint64_t)(operation->atom - DW_OP_breg0);
        *offset = (int64_t)operation->number;
        return true;
    }
    *number = operation->number;
    *offset = (int64_t)operation->number2;
    return operation->atom == DW_OP_bregx;
}

static bool fits(int64_t value)
{
    return value >= INT32_MIN && value <= INT32_MAX;
}

/* base + offset, perhaps what is stored there (gcc's realigned stacks). */
static bool simple_frame(const Dwarf_Op *operations, size_t count, native_rule *rule)
{
    uint64_t number;
    int64_t offset;
    if (count < 1 || count > 3 || !is_register(&operations[0], &number, &offset) || !fits(offset))
        return false;
    if (number != FLAME_REG_SP && number != FLAME_REG_FP) return false;
    rule->on_fp = number == FLAME_REG_FP;
    rule->frame = (int32_t)offset;
    rule->deref = count > 1;
    if (count > 1 && operations[1].atom != DW_OP_deref) return false;
    if (count < 3) return true;
    rule->more = (int32_t)operations[2].number;
    return operations[2].atom == DW_OP_plus_uconst && operations[2].number <= INT32_MAX;
}

/* An expression of the stack pointer and the program counter alone, as for the entries of a procedure linkage
 * table: at this one address it is the stack pointer and a constant. */
static bool constant_frame(const Dwarf_Op *operations, size_t count, uint64_t address, native_rule *rule)
{
    const uint64_t far = UINT64_C(1) << 40;
    uint64_t at_zero, at_far;
    native_kind kind;
    flame_registers registers = {0};
    native_context context = {.registers = &registers,
                              .known = UINT64_C(1) << FLAME_REG_SP | UINT64_C(1) << FLAME_REG_PC};
    registers.value[FLAME_REG_PC] = address;
    if (!native_evaluate(&context, operations, count, &at_zero, &kind)) return false;
    registers.value[FLAME_REG_SP] = far;
    if (!native_evaluate(&context, operations, count, &at_far, &kind)) return false;
    if (at_far - at_zero != far || !fits((int64_t)at_zero)) return false;
    rule->frame = (int32_t)at_zero;
    return true;
}

/* frame + offset, as the place of a saved register. */
static bool at_frame(const Dwarf_Op *operations, size_t count, int32_t *offset)
{
    if (count < 1 || count > 2 || operations[0].atom != DW_OP_call_frame_cfa) return false;
    int64_t value = count == 2 ? (int64_t)operations[1].number : 0;
    *offset = (int32_t)value;
    return (count == 1 || operations[1].atom == DW_OP_plus_uconst) && fits(value);
}

static native_rule_kind caller_kind(Dwarf_Frame *frame, int column, native_rule *rule)
{
    Dwarf_Op memory[3], *operations;
    size_t count;
    if (dwarf_frame_register(frame, column, memory, &operations, &count) != 0) return NATIVE_RULE_FULL;
#if defined(__aarch64__)
    const bool same = count == 0 && operations;
    if (same || (count == 1 && operations[0].atom == DW_OP_regx && operations[0].number == FLAME_REG_LINK))
        return NATIVE_RULE_LINK;
#endif
    if (count == 0) return NATIVE_RULE_END; /* undefined: the outermost frame */
    return at_frame(operations, count, &rule->caller) ? NATIVE_RULE_SAVED : NATIVE_RULE_FULL;
}

static bool fp_rule(Dwarf_Frame *frame, native_rule *rule)
{
    Dwarf_Op memory[3], *operations;
    size_t count;
    uint64_t number;
    int64_t offset;
    if (dwarf_frame_register(frame, FLAME_REG_FP, memory, &operations, &count) != 0) return false;
    rule->fp_kind = NATIVE_FP_SAME;
    if (count == 0) return true;
    rule->fp_kind = NATIVE_FP_AT_FRAME;
    if (at_frame(operations, count, &rule->fp)) return true;
    rule->fp_kind = NATIVE_FP_AT_FP;
    if (count != 2 || operations[0].atom != DW_OP_call_frame_cfa) return false;
    if (!is_register(&operations[1], &number, &offset) || number != FLAME_REG_FP || !fits(offset))
        return false;
    rule->fp = (int32_t)offset;
    return true;
}

static void from_frame(Dwarf_Frame *frame, uint64_t address, native_rule *rule)
{
    Dwarf_Addr start, end;
    bool signal;
    Dwarf_Op *operations;
    size_t count;
    rule->kind = NATIVE_RULE_FULL;
    const int column = dwarf_frame_info(frame, &start, &end, &signal);
    if (column < 0 || signal || dwarf_frame_cfa(frame, &operations, &count) != 0) return;
    native_rule made = *rule;
    if (!simple_frame(operations, count, &made)) {
        made = *rule;
        if (!constant_frame(operations, count, address, &made)) return;
    }
    native_rule_kind kind = caller_kind(frame, column, &made);
    if (kind != NATIVE_RULE_END && !fp_rule(frame, &made)) return;
    made.kind = (uint8_t)kind;
    *rule = made;
}

/* Does the function begin by setting up a frame pointer? What has no symbol is taken at its word: compilers
 * that make code at run time (JITs) keep frame pointers if anything. */
static bool keeps_frame_pointer(native_file *file, uint64_t address)
{
#if defined(__x86_64__)
    static const uint8_t sets_up[] = {0x48, 0x89, 0xe5}; /* mov %rsp,%rbp */
    uint8_t code[24];
    const native_symbol *symbol = native_file_symbol(file, address);
    if (!symbol) return true;
    size_t length = native_file_code(file, symbol->start, code, sizeof code);
    return memmem(code, length, sets_up, sizeof sets_up) != NULL;
#else
    (void)file, (void)address; /* the procedure call standard asks for it */
    return true;
#endif
}

#if defined(__x86_64__)
/* Code without call-frame information but with frame pointers, before it has set up its own or after it has
 * left it: push %rbp; mov %rsp,%rbp; ...; pop %rbp; ret, with some that belongs to neither between the last
 * two. */
static bool from_code(native_file *file, uint64_t address, native_rule *rule)
{
    static const uint8_t prologue[] = {0x55, 0x48, 0x89, 0xe5},
                         entry[] = {0xf3, 0x0f, 0x1e, 0xfa}; /* endbr64 */
    uint8_t code[25] = {0}; /* the byte before the address, and those from it on */
    const size_t length = native_file_code(file, address - 1, code, sizeof code);
    const uint8_t *here = code + 1;
    if (length < 1 + sizeof entry + sizeof prologue) return false;
    const bool pushed = code[0] == prologue[0] && memcmp(here, prologue + 1, 3) == 0;
    if (memcmp(here, entry, sizeof entry) == 0) here += sizeof entry;
    bool outside = memcmp(here, prologue, sizeof prologue) == 0;
    const uint8_t *leaves = memchr(code + 1, 0xc3, length - 1);
    for (const uint8_t *at = code + 1; leaves && at < leaves; at++)
        if (*at == 0x5d || *at == 0xc9) leaves = NULL; /* pop %rbp, leave */
    outside |= leaves != NULL;
    if (!pushed && !outside) return false;
    rule->kind = NATIVE_RULE_SAVED;
    rule->by_code = true;
    rule->caller = -8;
    rule->frame = pushed ? 16 : 8;
    rule->fp_kind = pushed ? NATIVE_FP_AT_FRAME : NATIVE_FP_SAME;
    rule->fp = -16;
    return true;
}
#else
static bool from_code(native_file *file, uint64_t address, native_rule *rule)
{
    (void)file, (void)address, (void)rule;
    return false;
}
#endif

/* Where a program begins nobody has called it. The dynamic linker's beginning has no call-frame information,
 * and often no symbol; glibc's goes on in _dl_start_user. */
static bool is_beginning(native_file *file, uint64_t address)
{
    enum { BEGINNING = 64 }; /* bytes */
    const uint64_t entry = native_file_entry(file);
    if (!entry || address - entry >= BEGINNING) return false;
    const native_symbol *symbol = native_file_symbol(file, address);
    return !symbol || symbol->start == entry || strcmp(symbol->name, "_dl_start_user") == 0;
}

void native_rule_make(native_file *file, uint64_t address, native_rule *rule)
{
    Dwarf_Frame *frame = NULL;
    *rule = (native_rule){.address = rule->address, .place = rule->place, .kind = NATIVE_RULE_POINTER};
    if (!file) return;
    if (native_file_frame(file, address, &frame))
        from_frame(frame, address, rule);
    else if (is_beginning(file, address))
        rule->kind = NATIVE_RULE_END;
    else if (!from_code(file, address, rule) && !keeps_frame_pointer(file, address))
        rule->kind = NATIVE_RULE_NONE;
    free(frame);
}
