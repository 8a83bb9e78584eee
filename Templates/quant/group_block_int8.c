// sum[b * TILE + t] += a group of codes ($format) of BLOCKS blocks, `apart` bytes from one to the next, times
// TOKENS rows of a tile of STRIDE rows.
INLINE void $name(f32x16 *sum, const uint8_t *group, const uint8_t *scale, size_t apart,
                  const int8_t *codes, const float *scales, const float *sums, const int BLOCKS,
                  const int TOKENS, const int STRIDE) {
    enum { ZERO = $zero };
    union i32_lanes dot[BLOCKS_TOGETHER][TOKENS_TOGETHER];
    const int WIDTH = TOKENS == 1 ? 1 : $width;
    $unroll
    for (int r = 0; r < REGISTERS; r += WIDTH)
        $dots(dot, group, apart, codes, r, BLOCKS, WIDTH, TOKENS, STRIDE);
    for (int b = 0; b < BLOCKS; b++, sum += TILE) {
        const f32x16 factor = $load_scales(scale + b * apart);
        for (int t = 0; t < TOKENS; t++) {
            const f32x16 zero = splat(-(float)ZERO * sums[t]);
            const f32x16 dots = to_float(dot[b][t].vector);
            const f32x16 total = multiply_add(splat(scales[t]), dots, zero);
            sum[t] = multiply_add(factor, total, sum[t]);
        }
    }
}
