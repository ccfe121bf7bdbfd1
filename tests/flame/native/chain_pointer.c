#include "native_chain.h"

__attribute__((noinline)) static void pointer_inner(chain_end end)
{
    end();
    chain_sink++;
}

__attribute__((noinline)) void pointer_outer(chain_end end)
{
    pointer_inner(end);
    chain_sink++;
}
