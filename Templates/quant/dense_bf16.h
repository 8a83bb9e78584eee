// bfloat16 weights: a vector holds 16 rows of two columns, the first in the lower half of each
// word.
INLINE u32x16 pair_bf16(const uint8_t *weights, int column) {
    return load_words(weights + (size_t)32 * column);
}

INLINE void columns_bf16(f32x16 *w, const uint8_t *weights, int column) {
    for (int i = 0; i < 4; i += 2) {
        const u32x16 pair = pair_bf16(weights, column + i);
        w[i] = (f32x16)(pair << 16);
        w[i + 1] = (f32x16)(pair & 0xffff0000u);
    }
}

INLINE float element_bf16(const uint8_t *weights, int lane, int column) {
    const uint32_t half = ((const uint16_t *)weights)[column / 2 * 32 + lane * 2 + column % 2];
    union {
        uint32_t bits;
        float value;
    } x = {half << 16};
    return x.value;
}
