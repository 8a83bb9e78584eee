// Floating-point codes of 4 bits: sign, two bits of exponent, one of fraction. They stand as codes
// of 4 bits do: a vector holds 16 rows x 8 columns, of columns k to k + 7, byte j of a lane's word
// has k + j in its lower half and k + 4 + j in its upper.
enum { CHUNK_E2M1 = 8 };

// Codes become bytes without a sign: twice what they stand for, above ZERO_E2M1.
enum { ZERO_E2M1 = 12 };

INLINE u32_register doubles_e2m1(u32_register codes) {
    static const uint8_t doubles[16] = {12, 13, 14, 15, 16, 18, 20, 24,
                                        12, 11, 10, 9,  8,  6,  4,  0};
    return look_up(doubles, codes);
}

INLINE const float *values_e2m1(void) {
    static const float values[16] = {0,     0.5f,  1,  1.5f,  2,  3,  4,  6,
                                     -0.0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};
    return values;
}

INLINE void unpack_e2m1(u32_register *quads, const uint8_t *codes, int chunk, int group) {
    (void)group;
    const u32_register packed = load_register(codes + 64 * chunk);
    quads[0] = doubles_e2m1(packed & 0x0f0f0f0fu);
    quads[1] = doubles_e2m1(packed >> 4 & 0x0f0f0f0fu);
}

INLINE void columns_e2m1(f32x16 *w, const uint8_t *codes, int chunk) {
    const u32x16 packed = load_words(codes + 64 * chunk);
    for (int i = 0; i < 8; i++)
        w[i] = look_up_floats(values_e2m1(), packed >> (8 * (i % 4) + 4 * (i / 4)));
}

INLINE float element_e2m1(const uint8_t *codes, int lane, int column) {
    const int byte = codes[column / 8 * 64 + lane * 4 + column % 4];
    return values_e2m1()[byte >> (4 * (column / 4 % 2)) & 15];
}
