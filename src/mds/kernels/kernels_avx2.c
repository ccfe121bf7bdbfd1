/* AVX2 and FMA: four doubles. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

static inline __m256i avx2_first_lanes(size_t n)
{
    static const int64_t lanes[8] = {-1, -1, -1, -1, 0, 0, 0, 0};
    return _mm256_loadu_si256((const __m256i *)(lanes + 4 - n));
}

static inline __m256i avx2_first_floats(size_t n)
{
    static const int32_t lanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
    return _mm256_loadu_si256((const __m256i *)(lanes + 8 - n));
}

static inline __m256 avx2_exchange(__m256 v, size_t mask)
{
    const __m256i lanes = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
    return _mm256_permutevar8x32_ps(v, _mm256_xor_si256(lanes, _mm256_set1_epi32((int)mask)));
}

static inline float avx2_sum_floats(__m256 v)
{
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static inline double avx2_sum(__m256d v)
{
    __m128d half = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
    return _mm_cvtsd_f64(_mm_add_sd(half, _mm_unpackhi_pd(half, half)));
}

/* There is no estimate of 1/sqrt for doubles, and that for floats lacks their range. Halving the exponent
 * with integer arithmetic gives 3.4 % (the constant is Lomont's and others'; any near it serves), and one
 * step of third order makes that 1e-5. */
static inline __m256d avx2_rsqrt(__m256d s)
{
    const __m256i magic = _mm256_set1_epi64x(0x5FE6EB50C7B537A9);
    __m256d y = _mm256_castsi256_pd(_mm256_sub_epi64(magic, _mm256_srli_epi64(_mm256_castpd_si256(s), 1)));
    __m256d e = _mm256_fnmadd_pd(_mm256_mul_pd(s, y), y, _mm256_set1_pd(1.0));
    __m256d q = _mm256_fmadd_pd(e, _mm256_set1_pd(0.3125), _mm256_set1_pd(0.375));
    q = _mm256_mul_pd(_mm256_fmadd_pd(q, e, _mm256_set1_pd(0.5)), e);
    return _mm256_fmadd_pd(y, q, y);
}

#define TABLE               mds_kernels_avx2
#define ISA                 MDS_ISA_AVX2
#define V                   __m256d
#define WIDTH               4
#define V_LOAD              _mm256_loadu_pd
#define V_LOAD_PART(p, n)   _mm256_maskload_pd(p, avx2_first_lanes(n))
#define V_STORE             _mm256_storeu_pd
#define V_KEEP(v, n)        _mm256_and_pd(v, _mm256_castsi256_pd(avx2_first_lanes(n)))
#define V_EVEN(a, b)        _mm256_permute4x64_pd(_mm256_unpacklo_pd(a, b), 0xD8)
#define V_ODD(a, b)         _mm256_permute4x64_pd(_mm256_unpackhi_pd(a, b), 0xD8)
#define V_SET               _mm256_set1_pd
#define V_ADD               _mm256_add_pd
#define V_SUB               _mm256_sub_pd
#define V_MUL               _mm256_mul_pd
#define V_MAX               _mm256_max_pd
#define V_ABS(v)            _mm256_andnot_pd(_mm256_set1_pd(-0.0), v)
#define V_SQRT              _mm256_sqrt_pd
#define V_FMA               _mm256_fmadd_pd
#define V_FNMA              _mm256_fnmadd_pd
#define V_SUM               avx2_sum
#define V_NUMBER(g, v)      _mm256_and_pd(v, _mm256_cmp_pd(g, g, _CMP_ORD_Q))
#define V_POSITIVE(v)       _mm256_and_pd(_mm256_cmp_pd(v, _mm256_setzero_pd(), _CMP_GT_OQ), _mm256_set1_pd(1))
#define V_RSQRT             avx2_rsqrt
#define ROOT_HERE           V_SQRT
#define V_MIN               _mm256_min_pd
#define V_DIV               _mm256_div_pd
#define GRADIENT_ROWS       2
#define GRADIENT_DIVIDED(r) ((r) % 2 == 1)

#define F                   __m256
#define F_WIDTH             8
#define F_LOAD              _mm256_loadu_ps
#define F_LOAD_HALF(at)     _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(at)))
#define F_LOAD_BYTES(at)    _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(at))))
#define F_LOAD_PART(p, n)   _mm256_maskload_ps(p, avx2_first_floats(n))
#define F_STORE             _mm256_storeu_ps
#define F_KEEP(v, n)        _mm256_and_ps(v, _mm256_castsi256_ps(avx2_first_floats(n)))
#define F_SET               _mm256_set1_ps
#define F_ADD               _mm256_add_ps
#define F_SUB               _mm256_sub_ps
#define F_MUL               _mm256_mul_ps
#define F_MAX               _mm256_max_ps
#define F_MIN               _mm256_min_ps
#define F_DIV               _mm256_div_ps
#define F_ABS(v)            _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v)
#define F_FMA               _mm256_fmadd_ps
#define F_FNMA              _mm256_fnmadd_ps
#define F_SUM               avx2_sum_floats
#define F_NUMBER(g, v)      _mm256_and_ps(v, _mm256_cmp_ps(g, g, _CMP_ORD_Q))
#define F_BELOW(g, most, v) _mm256_and_ps(v, _mm256_cmp_ps(g, _mm256_set1_ps(most), _CMP_LT_OQ))
#define F_ESTIMATE          _mm256_rsqrt_ps
#define F_LOW(v)            _mm256_cvtps_pd(_mm256_castps256_ps128(v))
#define F_HIGH(v)           _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1))
#define F_FROM(a, b)        _mm256_set_m128(_mm256_cvtpd_ps(b), _mm256_cvtpd_ps(a))
#define PANEL_ROWS          4

#define F_TOGETHER 2
#define F_EXCHANGE avx2_exchange

#include "kernel_template.h"
