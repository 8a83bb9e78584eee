// Floating-point codes of 8 bits: sign, four bits of exponent with a bias of 7, three of fraction.
// A vector holds 16 rows x 4 columns: byte j of a lane's word is column k + j.
enum { CHUNK_E4M3 = 4 };

// A code's bits moved to where a float has them leave an exponent that is 120 too small; the
// product is exact, and right for subnormal codes too.
INLINE void columns_e4m3(f32x16 *w, const uint8_t *codes, int chunk) {
    const u32x16 packed = load_words(codes + 64 * chunk);
    for (int i = 0; i < 4; i++) {
        const u32x16 bits = (u32x16)((i32x16)(packed << (24 - 8 * i)) >> 4) & 0x87f00000u;
        w[i] = (f32x16)bits * 0x1p120f;
    }
}

INLINE float element_e4m3(const uint8_t *codes, int lane, int column) {
    const uint32_t code = codes[column / 4 * 64 + lane * 4 + column % 4];
    union {
        uint32_t bits;
        float value;
    } x = {(code & 0x80u) << 24 | (code & 0x7fu) << 20};
    return x.value * 0x1p120f;
}
