// float16 weights: 16 rows of each column in turn.
INLINE void columns_f16(f32x16 *w, const uint8_t *weights, int column) {
    for (int i = 0; i < 4; i++) w[i] = load_f16(weights + (size_t)32 * (column + i));
}

INLINE float element_f16(const uint8_t *weights, int lane, int column) {
    return load_f16(weights + (size_t)32 * column)[lane];
}
