// AVX-512 BF16: two products a lane in one instruction.
#define HAS_DOT_BF16

// sum + the two products of bfloat16 halves in each lane, rounded to floats one after the other;
// numbers below 2^-126 count as zero.
INLINE f32x16 dot_bf16(f32x16 sum, u32x16 a, u32x16 b) {
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
}
