// AVX-512 without VNNI: bytes multiply into 16-bit pairs, pairs add into 32 bits.
enum { BLOCKS_TOGETHER = 1 };  // whose products of bytes fit the registers, with TOKENS_TOGETHER
enum { CHAINS_OF_ONE_ROW = 1 };  // sums that take turns

// Sums of products of unsigned and signed bytes, each two neighbours in 16 bits, which hold
// 32767 / (2 * 127 * largest code) of them.
typedef int16_t small_sums __attribute__((vector_size(64)));

INLINE small_sums add_small(small_sums sums, u32_register codes, u32_register x) {
    sums += (small_sums)_mm512_maddubs_epi16((__m512i)codes, (__m512i)x);
    KEEP_ORDER(sums);
    return sums;
}

// The two sums of each lane, `factor` times.
INLINE i32_register add_pairs(small_sums sums, int16_t factor) {
    return (i32_register)_mm512_madd_epi16((__m512i)sums, _mm512_set1_epi16(factor));
}

// sum + the two products of signed halves in each lane, exact where their sum fits the lane.
INLINE i32x16 dot2(i32x16 sum, u32x16 a, u32x16 b) {
    return sum + (i32x16)_mm512_madd_epi16((__m512i)a, (__m512i)b);
}
