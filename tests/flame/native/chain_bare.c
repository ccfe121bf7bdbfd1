#include "native_chain.h"

__attribute__((noinline)) static void bare_inner(chain_end end)
{
    end();
    chain_sink++;
}

__attribute__((noinline)) void bare_outer(chain_end end)
{
    bare_inner(end);
    chain_sink++;
}
