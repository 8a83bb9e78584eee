// sum[t] += a group of codes ($format) times TOKENS rows of a tile
// of STRIDE rows.
INLINE void $name(f32x16 *sum, const uint8_t *group, const int8_t *codes, const float *scales,
                  const float *sums, const int TOKENS, const int STRIDE) {
    enum { CODE_BYTES = $code_bytes, SCALE_BYTES = $scale_bytes };
    union i32_lanes dot[TOKENS_TOGETHER];
    const int WIDTH = TOKENS == 1 ? 1 : $width;
    $unroll
    for (int r = 0; r < REGISTERS; r += WIDTH)
        $dots(dot, group, codes, r, WIDTH, TOKENS, STRIDE);
    const f32x16 scale = $load_scales(group + CODE_BYTES);
    const f32x16 bias = $load_scales(group + CODE_BYTES + SCALE_BYTES);
    for (int t = 0; t < TOKENS; t++) {
        sum[t] = multiply_add(scale * splat(scales[t]), to_float(dot[t].vector), sum[t]);
        sum[t] = multiply_add(bias, splat(sums[t]), sum[t]);
    }
}
