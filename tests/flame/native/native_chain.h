/* Chains of calls that are known, each compiled in another way. */
#ifndef NATIVE_CHAIN_H
#define NATIVE_CHAIN_H

typedef void (*chain_end)(void);

extern volatile unsigned chain_sink;

/* With call-frame information and no frame pointers: outer, middle (alloca), inner, then `end`. */
void cfi_outer(chain_end end, unsigned size);
/* Without call-frame information, but with frame pointers. */
void pointer_outer(chain_end end);
/* With neither. */
void bare_outer(chain_end end);

#endif
