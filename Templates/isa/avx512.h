// AVX-512 (F, BW, DQ, VL): one register is one vector.
#include <immintrin.h>

enum { REGISTERS = 1, REGISTER_BYTES = 64 };  // of one vector
enum { FLOAT_SUMS = 24 };  // registers that sums of floats can have beside their operands
enum { TOKENS_TOGETHER = 8 };  // whose products of bytes fit the registers
typedef f32x16 f32_register;
typedef i32x16 i32_register;
typedef u32x16 u32_register;

// a * b + c, rounded once.
INLINE f32x16 multiply_add(f32x16 a, f32x16 b, f32x16 c) { return _mm512_fmadd_ps(a, b, c); }

INLINE f32x16 maximum(f32x16 a, f32x16 b) { return _mm512_max_ps(a, b); }

INLINE f32x16 minimum(f32x16 a, f32x16 b) { return _mm512_min_ps(a, b); }

INLINE f32x16 load_f16(const void *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}

INLINE void store_f16(void *p, f32x16 v) {
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}

// Nearest integer, ties to even.
INLINE i32x16 nearest(f32x16 v) { return (i32x16)_mm512_cvtps_epi32(v); }

// Lanes of -128 to 127 as bytes.
INLINE void store_bytes(int8_t *p, i32x16 v) {
    _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8((__m512i)v));
}

INLINE f32_register multiply_add_register(f32_register a, f32_register b, f32_register c) {
    return multiply_add(a, b, c);
}

INLINE f32_register splat_register(float x) { return splat(x); }

INLINE u32_register load_register(const void *p) { return load_words(p); }

// The same four bytes in every lane.
INLINE u32_register splat_bytes(const void *p) { return splat_word(p); }

// Sums stay in the order in which they are written: clang 14 reads the tokens of a whole group first
// when a tile is full, and keeps them in memory meanwhile. Where AVX-512 is emulated there is no such
// register.
#ifdef __AVX512F__
#define KEEP_ORDER(sums) __asm__("" : "+v"(sums))
#else
#define KEEP_ORDER(sums) ((void)0)
#endif
#define COMPLETE(sum) ((void)0)  // there are registers enough

// Registers suffice for totals beside sums.
INLINE void set_aside(i32_register *total) { (void)total; }

// For every byte, which must be below 16, that one of the table.
INLINE u32_register look_up(const uint8_t *table, u32_register indices) {
    const __m512i bytes = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)table));
    return (u32_register)_mm512_shuffle_epi8(bytes, (__m512i)indices);
}

// For every lane, that one of 16 floats which its lowest four bits name.
INLINE f32x16 look_up_floats(const float *table, u32x16 indices) {
    return _mm512_permutexvar_ps((__m512i)indices, load(table));
}
