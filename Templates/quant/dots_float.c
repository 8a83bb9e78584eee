// dot[t] = a group of codes ($format) times row t's floats, for COUNT registers from `first` on: four
// sums that each take every fourth column. Codes stay where they are in a word, which saves an
// instruction for each: sum j is of products 256^j times as large, and loses nothing by that. Codes
// of 8 bits would reach the sign in sum 3, and move.
INLINE void $name(union f32_lanes *dot, const uint8_t *codes, const float *x, int first,
                  const int COUNT, const int TOKENS) {
    enum { GROUP = $group, CHUNK = $chunk, QUADS = CHUNK / 4, MOVED = QUADS == 1 };
    f32_register sums[TILE][REGISTERS][4];
    for (int t = 0; t < TOKENS; t++)
        for (int r = 0; r < COUNT; r++)
            for (int j = 0; j < 4; j++) sums[t][r][j] = splat_register(0);
    for (int chunk = 0; chunk < GROUP / CHUNK; chunk++) {
        u32_register quads[REGISTERS][QUADS];
        for (int r = 0; r < COUNT; r++)
            $unpack(quads[r], codes + (first + r) * REGISTER_BYTES, chunk, GROUP);
        for (int q = 0; q < QUADS; q++)
            for (int j = 0; j < 4; j++, x += TOKENS) {
                f32_register values[REGISTERS];
                for (int r = 0; r < COUNT; r++) {
                    const u32_register code = j == 3 && MOVED ? quads[r][q] >> 24
                                                              : quads[r][q] & 255u << (8 * j);
                    values[r] = __builtin_convertvector((i32_register)code, f32_register);
                }
                for (int t = 0; t < TOKENS; t++) {
                    const f32_register input = splat_register(x[t]);
                    for (int r = 0; r < COUNT; r++)
                        sums[t][r][j] = multiply_add_register(values[r], input, sums[t][r][j]);
                }
                if (COUNT > 1)
                    for (int r = 0; r < COUNT; r++) COMPLETE(sums[0][r][j]);
            }
    }
    for (int t = 0; t < TOKENS; t++)
        for (int r = 0; r < COUNT; r++)
            dot[t].registers[first + r] =
                (sums[t][r][0] + sums[t][r][1] * 0x1p-8f) +
                (sums[t][r][2] * 0x1p-16f + sums[t][r][3] * (MOVED ? 1 : 0x1p-24f));
}
