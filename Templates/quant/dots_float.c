// dot[t] = a group of codes ($format) times row t's floats, for the lanes of register `r`: four sums
// that each take every fourth column.
INLINE void $name(union f32_lanes *dot, const uint8_t *codes, const float *x, int r,
                  const int TOKENS) {
    enum { GROUP = $group, CHUNK = $chunk, QUADS = CHUNK / 4 };
    f32_register sums[TILE][4] = {{{0}}};
    for (int chunk = 0; chunk < GROUP / CHUNK; chunk++) {
        u32_register quads[QUADS];
        $unpack(quads, codes + r * REGISTER_BYTES, chunk, GROUP);
        for (int q = 0; q < QUADS; q++)
            for (int j = 0; j < 4; j++, x += TOKENS) {
                const i32_register code = (i32_register)(quads[q] >> (8 * j) & 255u);
                const f32_register value = __builtin_convertvector(code, f32_register);
                for (int t = 0; t < TOKENS; t++)
                    sums[t][j] = multiply_add_register(value, splat_register(x[t]), sums[t][j]);
            }
    }
    for (int t = 0; t < TOKENS; t++)
        dot[t].registers[r] = (sums[t][0] + sums[t][1]) + (sums[t][2] + sums[t][3]);
}
