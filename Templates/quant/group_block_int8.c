// sum[t] += a group of codes ($format) times TOKENS rows of a tile
// of STRIDE rows.
INLINE void $name(f32x16 *sum, const uint8_t *group, f32x16 scale, const int8_t *codes,
                  const float *scales, const float *sums, const int TOKENS, const int STRIDE) {
    enum { ZERO = $zero };
    union i32_lanes dot[TOKENS_TOGETHER];
    const int WIDTH = TOKENS == 1 ? 1 : $width;
    $unroll
    for (int r = 0; r < REGISTERS; r += WIDTH)
        $dots(dot, group, codes, r, WIDTH, TOKENS, STRIDE);
    for (int t = 0; t < TOKENS; t++) {
        const f32x16 zero = splat(-(float)ZERO * sums[t]);
        const f32x16 total = multiply_add(splat(scales[t]), to_float(dot[t].vector), zero);
        sum[t] = multiply_add(scale, total, sum[t]);
    }
}
