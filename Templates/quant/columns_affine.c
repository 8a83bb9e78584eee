// w[i] = the codes of column i of a group ($format), as floats.
INLINE void $name(union f32_lanes *w, const uint8_t *codes) {
    enum { GROUP = $group, CHUNK = $chunk, QUADS = CHUNK / 4 };
    for (int chunk = 0; chunk < GROUP / CHUNK; chunk++, w += CHUNK)
        for (int r = 0; r < REGISTERS; r++) {
            u32_register quads[QUADS];
            $unpack(quads, codes + r * REGISTER_BYTES, chunk, GROUP);
            for (int i = 0; i < CHUNK; i++) {
                const i32_register code = (i32_register)(quads[i / 4] >> (8 * (i % 4)) & 255u);
                w[i].registers[r] = __builtin_convertvector(code, f32_register);
            }
        }
}
