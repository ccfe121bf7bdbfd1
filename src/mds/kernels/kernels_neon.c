/* AArch64: two doubles. Its divider is left to do all the roots. */
#include <arm_neon.h>
#include <stddef.h>

static inline float64x2_t neon_number(float64x2_t g, float64x2_t v)
{
    return vreinterpretq_f64_u64(vandq_u64(vreinterpretq_u64_f64(v), vceqq_f64(g, g)));
}

static inline float64x2_t neon_positive(float64x2_t v)
{
    return vreinterpretq_f64_u64(vandq_u64(vreinterpretq_u64_f64(vdupq_n_f64(1)), vcgtzq_f64(v)));
}

#define V_LOAD_PAIRS(p, a, b)                                                                                \
    do {                                                                                                     \
        float64x2x2_t pairs = vld2q_f64(p);                                                                  \
        (a) = pairs.val[0], (b) = pairs.val[1];                                                              \
    } while (0)

#define TABLE             mds_kernels_neon
#define ISA               MDS_ISA_NEON
#define V                 float64x2_t
#define WIDTH             2
#define V_LOAD            vld1q_f64
#define V_LOAD_PART(p, n) vsetq_lane_f64(*(p), vdupq_n_f64(0), 0) /* n is 1 */
#define V_STORE           vst1q_f64
#define V_KEEP(v, n)      vsetq_lane_f64(0, v, 1)
#define V_SET             vdupq_n_f64
#define V_ADD             vaddq_f64
#define V_SUB             vsubq_f64
#define V_MUL             vmulq_f64
#define V_MAX             vmaxq_f64
#define V_ABS             vabsq_f64
#define V_SQRT            vsqrtq_f64
#define V_FMA(a, b, c)    vfmaq_f64(c, a, b)
#define V_FNMA(a, b, c)   vfmsq_f64(c, a, b)
#define V_SUM             vaddvq_f64
#define V_NUMBER          neon_number
#define V_POSITIVE        neon_positive
#define ROOT_HERE         V_SQRT

#include "kernel_template.h"
