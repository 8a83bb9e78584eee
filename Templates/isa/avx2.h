// AVX2 with FMA and F16C: two registers are one vector.
#include <immintrin.h>

// A word made of the intrinsic for each half.
#define LOWER(v) __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7)
#define UPPER(v) __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15)
#define JOIN(a, b)                                                                                 \
    __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)

enum { REGISTERS = 2, REGISTER_BYTES = 32 };  // of one vector
enum { FLOAT_SUMS = 12 };  // registers that sums of floats can have beside their operands
enum { TOKENS_TOGETHER = 4 };  // whose products of bytes fit the registers
enum { BLOCKS_TOGETHER = 1 };  // whose products of bytes fit them, TOKENS_TOGETHER each
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef uint32_t u32x8 __attribute__((vector_size(32)));
typedef float f32_register __attribute__((vector_size(32)));
typedef i32x8 i32_register;
typedef u32x8 u32_register;

// a * b + c, rounded once.
INLINE f32x16 multiply_add(f32x16 a, f32x16 b, f32x16 c) {
    return JOIN(_mm256_fmadd_ps(LOWER(a), LOWER(b), LOWER(c)),
                _mm256_fmadd_ps(UPPER(a), UPPER(b), UPPER(c)));
}

INLINE f32x16 maximum(f32x16 a, f32x16 b) {
    return JOIN(_mm256_max_ps(LOWER(a), LOWER(b)), _mm256_max_ps(UPPER(a), UPPER(b)));
}

INLINE f32x16 minimum(f32x16 a, f32x16 b) {
    return JOIN(_mm256_min_ps(LOWER(a), LOWER(b)), _mm256_min_ps(UPPER(a), UPPER(b)));
}

INLINE f32x16 load_f16(const void *p) {
    const __m128i *halves = (const __m128i *)p;
    return JOIN(_mm256_cvtph_ps(_mm_loadu_si128(halves)),
                _mm256_cvtph_ps(_mm_loadu_si128(halves + 1)));
}

INLINE void store_f16(void *p, f32x16 v) {
    __m128i *halves = (__m128i *)p;
    _mm_storeu_si128(halves, _mm256_cvtps_ph(LOWER(v), _MM_FROUND_TO_NEAREST_INT));
    _mm_storeu_si128(halves + 1, _mm256_cvtps_ph(UPPER(v), _MM_FROUND_TO_NEAREST_INT));
}

// Nearest integer, ties to even.
INLINE i32x16 nearest(f32x16 v) {
    return JOIN((i32x8)_mm256_cvtps_epi32(LOWER(v)), (i32x8)_mm256_cvtps_epi32(UPPER(v)));
}

// Lanes of -128 to 127 as bytes.
INLINE void store_bytes(int8_t *p, i32x16 v) {
    for (int lane = 0; lane < 16; lane++) p[lane] = (int8_t)v[lane];
}

INLINE f32_register multiply_add_register(f32_register a, f32_register b, f32_register c) {
    return _mm256_fmadd_ps(a, b, c);
}

INLINE f32_register splat_register(float x) { return _mm256_set1_ps(x); }

INLINE u32_register load_register(const void *p) {
    return (u32_register)_mm256_loadu_si256((const __m256i *)p);
}

// The same four bytes in every lane.
INLINE u32_register splat_bytes(const void *p) {
    return (u32_register)_mm256_set1_epi32(*(const word_anywhere *)p);
}

// Sums stay in the order in which they are written: in another, clang needs more registers than
// there are.
#define KEEP_ORDER(sums) __asm__("" : "+x"(sums))

// What follows is begun after this sum: clang would begin so much that registers run out.
#define COMPLETE(sum) __asm__ volatile("" : "+x"(sum))

// For every byte, which must be below 16, that one of the table.
INLINE u32_register look_up(const uint8_t *table, u32_register indices) {
    const __m128i bytes = _mm_loadu_si128((const __m128i *)table);
    return (u32_register)_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), (__m256i)indices);
}

// The permutation reads three bits of an index; the fourth, moved to the sign, chooses the half.
INLINE __m256 look_up_floats_half(f32x16 table, __m256i indices) {
    return _mm256_blendv_ps(_mm256_permutevar8x32_ps(LOWER(table), indices),
                            _mm256_permutevar8x32_ps(UPPER(table), indices),
                            (__m256)_mm256_slli_epi32(indices, 28));
}

// For every lane, that one of 16 floats which its lowest four bits name.
INLINE f32x16 look_up_floats(const float *table, u32x16 indices) {
    return JOIN(look_up_floats_half(load(table), (__m256i)LOWER(indices)),
                look_up_floats_half(load(table), (__m256i)UPPER(indices)));
}
