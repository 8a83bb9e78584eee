// AVX-512 VNNI: four products a lane in one instruction.

// sum + the four products of unsigned and signed bytes in each lane, exact.
INLINE i32x16 dot4(i32x16 sum, u32x16 codes, u32x16 x) {
    return (i32x16)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)codes, (__m512i)x);
}

// The same where codes are below 128.
INLINE i32x16 dot4_small(i32x16 sum, u32x16 codes, u32x16 x) { return dot4(sum, codes, x); }

// sum + the two products of signed halves in each lane, exact where their sum fits the lane.
INLINE i32x16 dot2(i32x16 sum, u32x16 a, u32x16 b) {
    return (i32x16)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
}
