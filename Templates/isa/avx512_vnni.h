// AVX-512 VNNI: four products a lane in one instruction.
enum { BLOCKS_TOGETHER = 2 };  // whose products of bytes fit the registers, with TOKENS_TOGETHER
enum { CHAINS_OF_ONE_ROW = 2 };  // sums that take turns

// Sums of products of unsigned and signed bytes, exact.
typedef i32x16 small_sums;

INLINE small_sums add_small(small_sums sums, u32_register codes, u32_register x) {
    sums = (small_sums)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)codes, (__m512i)x);
    KEEP_ORDER(sums);
    return sums;
}

// sum + the two products of signed halves in each lane, exact where their sum fits the lane.
INLINE i32x16 dot2(i32x16 sum, u32x16 a, u32x16 b) {
    return (i32x16)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
}
