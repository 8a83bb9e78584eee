// AVX-512 (F, BW, DQ, VL), VNNI and BF16, and AVX-VNNI, for tests on CPUs without them: what this
// machine has comes from the compiler, the rest is emulated by SIMDe (libsimde-dev) under the
// intrinsics' own names. Needs AVX2, FMA and F16C. A header of the kernels that begins to use another
// intrinsic needs its file of SIMDe here.
#pragma once
#include_next <immintrin.h>

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512/broadcast.h>
#include <simde/x86/avx512/dpbf16.h>
#include <simde/x86/avx512/dpbusd.h>
#include <simde/x86/avx512/dpwssd.h>
#include <simde/x86/avx512/fmadd.h>
#include <simde/x86/avx512/madd.h>
#include <simde/x86/avx512/maddubs.h>
#include <simde/x86/avx512/max.h>
#include <simde/x86/avx512/min.h>
#include <simde/x86/avx512/permutexvar.h>
#include <simde/x86/avx512/set1.h>
#include <simde/x86/avx512/shuffle.h>

// What SIMDe 0.7.4 lacks: conversions, each half by the instruction that AVX2 machines have.
#ifndef __AVX512F__
union emulated_vector {
    __m512 floats;
    __m512i integers;
    __m256 halves[2];
    __m256i integer_halves[2];
    int lanes[16];
};

static inline __m512 emulated_cvtph_ps(__m256i x) {
    union emulated_vector y;
    y.halves[0] = _mm256_cvtph_ps(_mm256_castsi256_si128(x));
    y.halves[1] = _mm256_cvtph_ps(_mm256_extracti128_si256(x, 1));
    return y.floats;
}
#define _mm512_cvtph_ps(x) emulated_cvtph_ps(x)

static inline __m256i emulated_cvtps_ph(__m512 x) {
    const union emulated_vector y = {.floats = x};
    const __m128i lower = _mm256_cvtps_ph(y.halves[0], _MM_FROUND_TO_NEAREST_INT);
    const __m128i upper = _mm256_cvtps_ph(y.halves[1], _MM_FROUND_TO_NEAREST_INT);
    return _mm256_set_m128i(upper, lower);
}
#define _mm512_cvtps_ph(x, rounding)                                                               \
    ({                                                                                             \
        _Static_assert((rounding) == _MM_FROUND_TO_NEAREST_INT, "emulated for this rounding");     \
        emulated_cvtps_ph(x);                                                                      \
    })

static inline __m512i emulated_cvtps_epi32(__m512 x) {
    union emulated_vector y = {.floats = x};
    for (int i = 0; i < 2; i++) y.integer_halves[i] = _mm256_cvtps_epi32(y.halves[i]);
    return y.integers;
}
#define _mm512_cvtps_epi32(x) emulated_cvtps_epi32(x)

// The lowest byte of each lane.
static inline __m128i emulated_cvtepi32_epi8(__m512i x) {
    const union emulated_vector y = {.integers = x};
    signed char bytes[16];
    for (int i = 0; i < 16; i++) bytes[i] = (signed char)y.lanes[i];
    return _mm_loadu_si128((const __m128i *)bytes);
}
#define _mm512_cvtepi32_epi8(x) emulated_cvtepi32_epi8(x)
#endif

// SIMDe 0.7.4 gives this name to the masked form.
#ifndef __AVX512BW__
#undef _mm512_madd_epi16
#define _mm512_madd_epi16(a, b) simde_mm512_madd_epi16(a, b)
#endif

// AVX-VNNI has names of its own for what AVX-512 VNNI does in 256 bits.
#ifndef __AVXVNNI__
#undef _mm256_dpbusd_avx_epi32
#undef _mm256_dpwssd_avx_epi32
#define _mm256_dpbusd_avx_epi32(sum, a, b) simde_mm256_dpbusd_epi32(sum, a, b)
#define _mm256_dpwssd_avx_epi32(sum, a, b) simde_mm256_dpwssd_epi32(sum, a, b)
#endif
