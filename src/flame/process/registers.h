/*
 * registers.h - the general registers of a thread, numbered as in DWARF.
 *
 * x86-64: System V ABI, figure 3.36 (rax 0, rdx 1, rcx 2, rbx 3, rsi 4, rdi 5, rbp 6, rsp 7, r8 to r15,
 * return address 16). AArch64: "DWARF for the Arm 64-bit Architecture" (x0 to x30, sp 31; 32 is ELR_mode,
 * taken for the program counter here).
 */
#ifndef FLAME_REGISTERS_H
#define FLAME_REGISTERS_H

#include <stdint.h>

#if defined(__aarch64__)
enum { FLAME_REG_FP = 29, FLAME_REG_LINK = 30, FLAME_REG_SP = 31, FLAME_REG_PC = 32, FLAME_REGISTERS = 33 };
#else
enum { FLAME_REG_FP = 6, FLAME_REG_SP = 7, FLAME_REG_PC = 16, FLAME_REGISTERS = 17 };
#endif

typedef struct flame_registers {
    uint64_t value[FLAME_REGISTERS];
} flame_registers;

#endif
