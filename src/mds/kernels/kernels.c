#include "kernels.h"

#include "kernels_tables.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

const char *mds_isa_name(mds_isa isa)
{
    static const char *const names[] = {"auto", "scalar", "avx2", "avx512", "neon"};
    return (size_t)isa < sizeof names / sizeof *names ? names[isa] : NULL;
}

bool mds_isa_compiled(mds_isa isa)
{
#if defined(__x86_64__)
    if (isa == MDS_ISA_AVX2 || isa == MDS_ISA_AVX512) return true;
#elif defined(__aarch64__)
    if (isa == MDS_ISA_NEON) return true;
#endif
    return isa == MDS_ISA_SCALAR;
}

/* The processor, and the system that must save the wide registers, are asked by the compiler's support
 * library, once at program start. */
#if defined(__x86_64__)
/* Not every compiler's library knows this one; where AVX2 is, it is. */
static bool has_half_floats(void)
{
    unsigned a, b, c = 0, d;
    return __get_cpuid(1, &a, &b, &c, &d) && c & bit_F16C;
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_half_floats();
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && has_avx2();
}
#endif

const mds_kernels *mds_kernels_for(mds_isa isa)
{
    switch (isa) {
    case MDS_ISA_AUTO:
#if defined(__x86_64__)
        if (has_avx512()) return &mds_kernels_avx512;
        if (has_avx2()) return &mds_kernels_avx2;
#elif defined(__aarch64__)
        return &mds_kernels_neon;
#endif
        return &mds_kernels_scalar;
    case MDS_ISA_SCALAR:
        return &mds_kernels_scalar;
    case MDS_ISA_AVX2:
#if defined(__x86_64__)
        if (has_avx2()) return &mds_kernels_avx2;
#endif
        return NULL;
    case MDS_ISA_AVX512:
#if defined(__x86_64__)
        if (has_avx512()) return &mds_kernels_avx512;
#endif
        return NULL;
    case MDS_ISA_NEON:
#if defined(__aarch64__)
        return &mds_kernels_neon;
#endif
        return NULL;
    }
    return NULL;
}
