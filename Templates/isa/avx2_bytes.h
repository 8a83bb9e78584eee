// AVX2 without VNNI: bytes multiply into 16-bit pairs, pairs add into 32 bits.
enum { CHAINS_OF_ONE_ROW = 1 };  // sums that take turns

// Sums of products of unsigned and signed bytes, each two neighbours in 16 bits, which hold
// 32767 / (2 * 127 * largest code) of them.
typedef int16_t small_sums __attribute__((vector_size(32)));

INLINE small_sums add_small(small_sums sums, u32_register codes, u32_register x) {
    sums += (small_sums)_mm256_maddubs_epi16((__m256i)codes, (__m256i)x);
    KEEP_ORDER(sums);
    return sums;
}

// Leaves a total in memory while registers are needed for sums.
INLINE void set_aside(i32_register *total) { __asm__("" : "+m"(*total)); }

// The two sums of each lane, `factor` times.
INLINE i32_register add_pairs(small_sums sums, int16_t factor) {
    return (i32_register)_mm256_madd_epi16((__m256i)sums, _mm256_set1_epi16(factor));
}

// sum + the two products of signed halves in each lane, exact where their sum fits the lane.
INLINE i32x16 dot2(i32x16 sum, u32x16 a, u32x16 b) {
    return sum + JOIN((i32x8)_mm256_madd_epi16((__m256i)LOWER(a), (__m256i)LOWER(b)),
                      (i32x8)_mm256_madd_epi16((__m256i)UPPER(a), (__m256i)UPPER(b)));
}
