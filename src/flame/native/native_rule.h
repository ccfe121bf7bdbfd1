/*
 * native_rule.h - how the frame of the code at one address is left, as a few numbers.
 */
#ifndef FLAME_NATIVE_RULE_H
#define FLAME_NATIVE_RULE_H

#include "native_file.h"
#include "native_snapshot.h"

typedef enum native_rule_kind {
    NATIVE_RULE_SAVED,   /* the return address is at frame + caller, where frame is the stack pointer of the
                            caller */
    NATIVE_RULE_LINK,    /* AArch64: it is in the link register */
    NATIVE_RULE_FULL,    /* more registers are needed: a signal frame, hand-written code */
    NATIVE_RULE_POINTER, /* no call-frame information: follow the frame pointer */
    NATIVE_RULE_NONE,    /* ... and the function keeps no frame pointer */
    NATIVE_RULE_END      /* there is no caller */
} native_rule_kind;

typedef enum native_fp_kind {
    NATIVE_FP_SAME,     /* the frame pointer is not changed */
    NATIVE_FP_AT_FRAME, /* its value for the caller is at frame + fp */
    NATIVE_FP_AT_FP     /* ... at its own value + fp */
} native_fp_kind;

typedef struct native_rule {
    uint64_t address; /* 0: an empty slot */
    int32_t frame;    /* the frame address is base + frame; with `deref`, what is stored there, + more */
    int32_t more;
    int32_t caller, fp;
    uint32_t place;
    uint8_t kind, fp_kind;
    bool on_fp; /* base is the frame pointer, else the stack pointer */
    bool deref;
    bool by_code; /* there is no call-frame information: the code itself told */
} native_rule;

/* The rule for an address of a file, which may be NULL: code in no file. address and place are left alone. */
void native_rule_make(native_file *file, uint64_t address, native_rule *rule);

#endif
