// sum[b * TILE + t] += a group of codes ($format) of BLOCKS blocks, `apart` bytes from one to the next, times
// TOKENS rows of a tile of STRIDE rows.
INLINE void $name(f32x16 *sum, const uint8_t *group, size_t apart, const int8_t *codes,
                  const float *scales, const float *sums, const int BLOCKS, const int TOKENS,
                  const int STRIDE) {
    enum { CODE_BYTES = $code_bytes, SCALE_BYTES = $scale_bytes };
    union i32_lanes dot[BLOCKS_TOGETHER][TOKENS_TOGETHER];
    const int WIDTH = TOKENS == 1 ? 1 : $width;
    $unroll
    for (int r = 0; r < REGISTERS; r += WIDTH)
        $dots(dot, group, apart, codes, r, BLOCKS, WIDTH, TOKENS, STRIDE);
    for (int b = 0; b < BLOCKS; b++, sum += TILE) {
        const uint8_t *after = group + b * apart + CODE_BYTES;
        const f32x16 scale = $load_scales(after), bias = $load_scales(after + SCALE_BYTES);
        for (int t = 0; t < TOKENS; t++) {
            const f32x16 total = to_float(dot[b][t].vector);
            sum[t] = multiply_add(scale * splat(scales[t]), total, sum[t]);
            sum[t] = multiply_add(bias, splat(sums[t]), sum[t]);
        }
    }
}
