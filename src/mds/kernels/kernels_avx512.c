/* AVX-512 F, DQ and VL: eight doubles; masks for the ends of rows; a 14-bit estimate of 1/sqrt. */
#include <immintrin.h>
#include <stddef.h>

static inline __m512 avx512_exchange(__m512 v, size_t mask)
{
    const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_permutexvar_ps(_mm512_xor_si512(lanes, _mm512_set1_epi32((int)mask)), v);
}

#define TABLE             mds_kernels_avx512
#define ISA               MDS_ISA_AVX512
#define V                 __m512d
#define WIDTH             8
#define V_FIRST(n)        ((__mmask8)((1u << (n)) - 1))
#define V_LOAD            _mm512_loadu_pd
#define V_LOAD_PART(p, n) _mm512_maskz_loadu_pd(V_FIRST(n), p)
#define V_STORE           _mm512_storeu_pd
#define V_KEEP(v, n)      _mm512_maskz_mov_pd(V_FIRST(n), v)
#define V_EVEN(a, b)      _mm512_permutex2var_pd(a, _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0), b)
#define V_ODD(a, b)       _mm512_permutex2var_pd(a, _mm512_set_epi64(15, 13, 11, 9, 7, 5, 3, 1), b)
#define V_SET             _mm512_set1_pd
#define V_ADD             _mm512_add_pd
#define V_SUB             _mm512_sub_pd
#define V_MUL             _mm512_mul_pd
#define V_MAX             _mm512_max_pd
#define V_ABS             _mm512_abs_pd
#define V_SQRT            _mm512_sqrt_pd
#define V_FMA             _mm512_fmadd_pd
#define V_FNMA            _mm512_fnmadd_pd
#define V_SUM             _mm512_reduce_add_pd
#define V_NUMBER(g, v)    _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(g, g, _CMP_ORD_Q), v)
#define V_POSITIVE(v)                                                                                        \
    _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(v, _mm512_setzero_pd(), _CMP_GT_OQ), _mm512_set1_pd(1))
#define V_RSQRT             _mm512_rsqrt14_pd
#define ROOT_HERE           v_root
#define V_MIN               _mm512_min_pd
#define V_DIV               _mm512_div_pd
#define GRADIENT_ROWS       4
#define GRADIENT_DIVIDED(r) false

#define F                   __m512
#define F_WIDTH             16
#define F_FIRST(n)          ((__mmask16)((1u << (n)) - 1))
#define F_LOAD              _mm512_loadu_ps
#define F_LOAD_HALF(at)     _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(at)))
#define F_LOAD_BYTES(at)    _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(at))))
#define F_LOAD_PART(p, n)   _mm512_maskz_loadu_ps(F_FIRST(n), p)
#define F_STORE             _mm512_storeu_ps
#define F_KEEP(v, n)        _mm512_maskz_mov_ps(F_FIRST(n), v)
#define F_SET               _mm512_set1_ps
#define F_ADD               _mm512_add_ps
#define F_SUB               _mm512_sub_ps
#define F_MUL               _mm512_mul_ps
#define F_MAX               _mm512_max_ps
#define F_MIN               _mm512_min_ps
#define F_DIV               _mm512_div_ps
#define F_ABS               _mm512_abs_ps
#define F_FMA               _mm512_fmadd_ps
#define F_FNMA              _mm512_fnmadd_ps
#define F_SUM               _mm512_reduce_add_ps
#define F_NUMBER(g, v)      _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(g, g, _CMP_ORD_Q), v)
#define F_BELOW(g, most, v) _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(g, _mm512_set1_ps(most), _CMP_LT_OQ), v)
#define F_ESTIMATE          _mm512_rsqrt14_ps
#define F_LOW(v)            _mm512_cvtps_pd(_mm512_castps512_ps256(v))
#define F_HIGH(v)           _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1))
#define F_FROM(a, b)        _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(a)), _mm512_cvtpd_ps(b), 1)
#define PANEL_ROWS          8

#define F_TOGETHER 4
#define F_EXCHANGE avx512_exchange

#include "kernel_template.h"
