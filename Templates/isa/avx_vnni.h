// AVX-VNNI beside AVX2: four products a lane in one instruction.
enum { CHAINS_OF_ONE_ROW = 1 };  // sums that take turns

// Sums of products of unsigned and signed bytes, exact.
typedef i32x8 small_sums;

INLINE small_sums add_small(small_sums sums, u32_register codes, u32_register x) {
    sums = (small_sums)_mm256_dpbusd_avx_epi32((__m256i)sums, (__m256i)codes, (__m256i)x);
    KEEP_ORDER(sums);
    return sums;
}

// Sums are totals.
INLINE void set_aside(i32_register *total) { (void)total; }

// sum + the two products of signed halves in each lane, exact where their sum fits the lane.
INLINE i32x16 dot2(i32x16 sum, u32x16 a, u32x16 b) {
    return JOIN((i32x8)_mm256_dpwssd_avx_epi32((__m256i)LOWER(sum), (__m256i)LOWER(a),
                                               (__m256i)LOWER(b)),
                (i32x8)_mm256_dpwssd_avx_epi32((__m256i)UPPER(sum), (__m256i)UPPER(a),
                                               (__m256i)UPPER(b)));
}
