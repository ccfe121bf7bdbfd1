/* AArch64: two doubles. Its divider is left to do all the roots. */
#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline float64x2_t neon_number(float64x2_t g, float64x2_t v)
{
    return vreinterpretq_f64_u64(vandq_u64(vreinterpretq_u64_f64(v), vceqq_f64(g, g)));
}

static inline float64x2_t neon_positive(float64x2_t v)
{
    return vreinterpretq_f64_u64(vandq_u64(vreinterpretq_u64_f64(vdupq_n_f64(1)), vcgtzq_f64(v)));
}

static inline float32x4_t neon_first_floats(float32x4_t v, size_t n)
{
    static const uint32_t lanes[8] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, 0, 0, 0, 0};
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v), vld1q_u32(lanes + 4 - n)));
}

static inline float32x4_t neon_load_floats(const float *p, size_t n)
{
    float lanes[4] = {0};
    for (size_t i = 0; i < n; i++) lanes[i] = p[i];
    return vld1q_f32(lanes);
}

/* Bytes are looked up: lane l is the bytes 4 l to 4 l + 3. */
static inline float32x4_t neon_exchange(float32x4_t v, size_t mask)
{
    static const uint8_t lanes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    uint8x16_t from = veorq_u8(vld1q_u8(lanes), vdupq_n_u8((uint8_t)(4 * mask)));
    return vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(v), from));
}

static inline float32x4_t neon_number_floats(float32x4_t g, float32x4_t v)
{
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v), vceqq_f32(g, g)));
}

static inline float32x4_t neon_below(float32x4_t g, float most, float32x4_t v)
{
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v), vcltq_f32(g, vdupq_n_f32(most))));
}

static inline float32x4_t neon_load_bytes(const uint8_t *at)
{
    uint32_t four;
    memcpy(&four, at, sizeof four);
    return vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(four)))));
}

/* The processor's estimate has 8 bits; a step doubles them. */
static inline float32x4_t neon_estimate(float32x4_t s)
{
    float32x4_t y = vrsqrteq_f32(s);
    return vmulq_f32(y, vrsqrtsq_f32(vmulq_f32(s, y), y));
}

#define TABLE               mds_kernels_neon
#define ISA                 MDS_ISA_NEON
#define V                   float64x2_t
#define WIDTH               2
#define V_LOAD              vld1q_f64
#define V_LOAD_PART(p, n)   vsetq_lane_f64(*(p), vdupq_n_f64(0), 0) /* n is 1 */
#define V_STORE             vst1q_f64
#define V_KEEP(v, n)        vsetq_lane_f64(0, v, 1)
#define V_EVEN              vuzp1q_f64
#define V_ODD               vuzp2q_f64
#define V_SET               vdupq_n_f64
#define V_ADD               vaddq_f64
#define V_SUB               vsubq_f64
#define V_MUL               vmulq_f64
#define V_MAX               vmaxq_f64
#define V_ABS               vabsq_f64
#define V_SQRT              vsqrtq_f64
#define V_FMA(a, b, c)      vfmaq_f64(c, a, b)
#define V_FNMA(a, b, c)     vfmsq_f64(c, a, b)
#define V_SUM               vaddvq_f64
#define V_NUMBER            neon_number
#define V_POSITIVE          neon_positive
#define ROOT_HERE           V_SQRT
#define V_MIN               vminq_f64
#define V_DIV               vdivq_f64
#define GRADIENT_ROWS       2
#define GRADIENT_DIVIDED(r) true

#define F               float32x4_t
#define F_WIDTH         4
#define F_LOAD          vld1q_f32
#define F_LOAD_HALF(at) vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(at)))
#define F_LOAD_BYTES    neon_load_bytes
#define F_LOAD_PART     neon_load_floats
#define F_STORE         vst1q_f32
#define F_KEEP          neon_first_floats
#define F_SET           vdupq_n_f32
#define F_ADD           vaddq_f32
#define F_SUB           vsubq_f32
#define F_MUL           vmulq_f32
#define F_MAX           vmaxq_f32
#define F_MIN           vminq_f32
#define F_DIV           vdivq_f32
#define F_ABS           vabsq_f32
#define F_FMA(a, b, c)  vfmaq_f32(c, a, b)
#define F_FNMA(a, b, c) vfmsq_f32(c, a, b)
#define F_SUM           vaddvq_f32
#define F_NUMBER        neon_number_floats
#define F_BELOW         neon_below
#define F_ESTIMATE      neon_estimate
#define F_LOW(v)        vcvt_f64_f32(vget_low_f32(v))
#define F_HIGH(v)       vcvt_high_f64_f32(v)
#define F_FROM(a, b)    vcvt_high_f32_f64(vcvt_f32_f64(a), b)
#define PANEL_ROWS      8

#define F_TOGETHER 2
#define F_EXCHANGE neon_exchange

#include "kernel_template.h"
