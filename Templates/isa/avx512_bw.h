// AVX-512 without VNNI: bytes multiply into 16-bit pairs, pairs add into 32 bits.

// sum + the four products of unsigned and signed bytes in each lane, for codes below 128, of which
// two products fit 16 bits.
INLINE i32x16 dot4_small(i32x16 sum, u32x16 codes, u32x16 x) {
    const __m512i pairs = _mm512_maddubs_epi16((__m512i)codes, (__m512i)x);
    return sum + (i32x16)_mm512_madd_epi16(pairs, _mm512_set1_epi16(1));
}

// The same for all codes: 16 times the upper half of each byte, and the lower half.
INLINE i32x16 dot4(i32x16 sum, u32x16 codes, u32x16 x) {
    const __m512i upper = _mm512_maddubs_epi16((__m512i)(codes >> 4 & 0x0f0f0f0fu), (__m512i)x);
    return dot4_small(sum, codes & 0x0f0f0f0fu, x) +
           (i32x16)_mm512_madd_epi16(upper, _mm512_set1_epi16(16));
}

// sum + the two products of signed halves in each lane, exact where their sum fits the lane.
INLINE i32x16 dot2(i32x16 sum, u32x16 a, u32x16 b) {
    return sum + (i32x16)_mm512_madd_epi16((__m512i)a, (__m512i)b);
}
