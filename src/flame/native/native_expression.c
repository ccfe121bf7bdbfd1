#include "native_expression.h"

#include <dwarf.h>

enum { STACK = 32, STEPS = 1000 };

typedef struct machine {
    native_context *context;
    uint64_t stack[STACK];
    size_t depth;
    native_kind kind;
    bool failed;
} machine;

static void push(machine *m, uint64_t value)
{
    if (m->depth == STACK)
        m->failed = true;
    else
        m->stack[m->depth++] = value;
}

static uint64_t pop(machine *m)
{
    if (m->depth) return m->stack[--m->depth];
    m->failed = true;
    return 0;
}

static uint64_t register_value(machine *m, uint64_t number)
{
    if (number >= FLAME_REGISTERS || !(m->context->known >> number & 1)) {
        m->failed = true;
        return 0;
    }
    return m->context->registers->value[number];
}

static uint64_t memory(machine *m, uint64_t address, uint64_t size)
{
    uint64_t value = 0;
    if (!m->context->snapshot || size == 0 || size > 8 ||
        !flame_native_load(m->context->snapshot, address, &value)) {
        m->context->missing = address;
        m->failed = true;
        return 0;
    }
    return size == 8 ? value : value & ((UINT64_C(1) << 8 * size) - 1);
}

static uint64_t compare(uint8_t atom, int64_t a, int64_t b)
{
    switch (atom) {
    case DW_OP_eq:
        return a == b;
    case DW_OP_ne:
        return a != b;
    case DW_OP_ge:
        return a >= b;
    case DW_OP_gt:
        return a > b;
    case DW_OP_le:
        return a <= b;
    default:
        return a < b;
    }
}

/* Operations on the two topmost values; false: it is none of them. */
static bool two_values(machine *m, uint8_t atom)
{
    if (m->depth < 2) return false;
    uint64_t b = m->stack[m->depth - 1], a = m->stack[m->depth - 2], value;
    unsigned shift = b < 64 ? (unsigned)b : 63;
    switch (atom) {
    case DW_OP_plus:
        value = a + b;
        break;
    case DW_OP_minus:
        value = a - b;
        break;
    case DW_OP_and:
        value = a & b;
        break;
    case DW_OP_or:
        value = a | b;
        break;
    case DW_OP_xor:
        value = a ^ b;
        break;
    case DW_OP_mul:
        value = a * b;
        break;
    case DW_OP_shl:
        value = b < 64 ? a << b : 0;
        break;
    case DW_OP_shr:
        value = b < 64 ? a >> b : 0;
        break;
    case DW_OP_shra:
        value = (uint64_t)((int64_t)a >> shift);
        break;
    case DW_OP_eq:
    case DW_OP_ne:
    case DW_OP_ge:
    case DW_OP_gt:
    case DW_OP_le:
    case DW_OP_lt:
        value = compare(atom, (int64_t)a, (int64_t)b);
        break;
    default:
        return false;
    }
    m->depth -= 2;
    push(m, value);
    return true;
}

/* Operations that put a constant or a register's value on the stack; false: it is none of them. */
static bool operand(machine *m, const Dwarf_Op *operation)
{
    const uint8_t atom = operation->atom;
    if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31) {
        push(m, (uint64_t)(atom - DW_OP_lit0));
    } else if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31) {
        push(m, register_value(m, (uint64_t)(atom - DW_OP_breg0)) + operation->number);
    } else if (atom == DW_OP_bregx) {
        push(m, register_value(m, operation->number) + operation->number2);
    } else if ((atom >= DW_OP_const1u && atom <= DW_OP_consts) || atom == DW_OP_addr) {
        push(m, operation->number);
    } else if (atom == DW_OP_call_frame_cfa) {
        if (!m->context->has_frame) m->failed = true;
        push(m, m->context->frame);
    } else {
        return false;
    }
    return true;
}

static void stack_operation(machine *m, const Dwarf_Op *operation)
{
    uint64_t a, b;
    switch (operation->atom) {
    case DW_OP_deref:
        push(m, memory(m, pop(m), 8));
        break;
    case DW_OP_deref_size:
        push(m, memory(m, pop(m), operation->number));
        break;
    case DW_OP_plus_uconst:
        push(m, pop(m) + operation->number);
        break;
    case DW_OP_neg:
        push(m, 0 - pop(m));
        break;
    case DW_OP_not:
        push(m, ~pop(m));
        break;
    case DW_OP_dup:
        a = pop(m);
        push(m, a);
        push(m, a);
        break;
    case DW_OP_drop:
        pop(m);
        break;
    case DW_OP_swap:
        a = pop(m);
        b = pop(m);
        push(m, a);
        push(m, b);
        break;
    case DW_OP_over:
        if (m->depth >= 2)
            push(m, m->stack[m->depth - 2]);
        else
            m->failed = true;
        break;
    case DW_OP_stack_value:
        m->kind = NATIVE_VALUE;
        break;
    case DW_OP_nop:
        break;
    default:
        m->failed = true;
    }
}

/* Where a jump goes: the index of the operation at that offset; `count` for the end. */
static size_t jump(machine *m, const Dwarf_Op *operations, size_t count, size_t from)
{
    uint64_t target = operations[from].offset + 3 + (uint64_t)(int64_t)(int16_t)operations[from].number;
    for (size_t i = 0; i < count; i++)
        if (operations[i].offset == target) return i;
    if (target <= operations[count - 1].offset) m->failed = true;
    return count;
}

bool native_evaluate(native_context *context, const Dwarf_Op *operations, size_t count, uint64_t *result,
                     native_kind *kind)
{
    machine m = {.context = context, .kind = NATIVE_ADDRESS};
    size_t at = 0;
    for (int step = 0; at < count && !m.failed; step++) {
        const Dwarf_Op *operation = &operations[at];
        if (step == STEPS) return false;
        if (operation->atom == DW_OP_skip) {
            at = jump(&m, operations, count, at);
        } else if (operation->atom == DW_OP_bra) {
            at = pop(&m) ? jump(&m, operations, count, at) : at + 1;
        } else if (count == 1 && ((operation->atom >= DW_OP_reg0 && operation->atom <= DW_OP_reg31) ||
                                  operation->atom == DW_OP_regx)) {
            push(&m, register_value(&m, operation->atom == DW_OP_regx
                                            ? operation->number
                                            : (uint64_t)(operation->atom - DW_OP_reg0)));
            m.kind = NATIVE_VALUE;
            at++;
        } else {
            if (!operand(&m, operation) && !two_values(&m, operation->atom)) stack_operation(&m, operation);
            at++;
        }
    }
    *result = pop(&m);
    *kind = m.kind;
    return !m.failed;
}
