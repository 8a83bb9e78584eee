// float32 weights: 16 rows of each column in turn.
INLINE void columns_f32(f32x16 *w, const uint8_t *weights, int column) {
    for (int i = 0; i < 4; i++) w[i] = load_f32(weights + (size_t)64 * (column + i));
}

INLINE float element_f32(const uint8_t *weights, int lane, int column) {
    return ((const float *)weights)[column * 16 + lane];
}
