#include "native_chain.h"

#include <alloca.h>
#include <string.h>

volatile unsigned chain_sink;

__attribute__((noinline)) static void cfi_inner(chain_end end, unsigned size)
{
    chain_sink += size;
    end();
    chain_sink++;
}

__attribute__((noinline)) static void cfi_middle(chain_end end, unsigned size)
{
    char *room = alloca(size);
    memset(room, (int)size, size);
    cfi_inner(end, size);
    chain_sink += (unsigned)room[size / 2];
}

__attribute__((noinline)) void cfi_outer(chain_end end, unsigned size)
{
    cfi_middle(end, size + chain_sink % 64);
    chain_sink++;
}
