// Codes of 3 bits: for each group a plane of the lower two bits (as in 2-bit codes), then a plane
// of the upper bit, of which a vector holds 16 rows x 32 columns: bit i of byte j is column
// k + 4 i + j.
enum { CHUNK_3 = 32 };

INLINE void unpack_3(u32_register *quads, const uint8_t *codes, int chunk, int group) {
    const u32_register upper = load_register(codes + group * 4 + 64 * chunk);
    for (int half = 0; half < 2; half++) {
        const u32_register lower = load_register(codes + 128 * chunk + 64 * half);
        for (int q = 0; q < 4; q++)
            quads[4 * half + q] = (lower >> (2 * q) & 0x03030303u) |
                                  (upper >> (4 * half + q) & 0x01010101u) << 2;
    }
}

INLINE int code_3(const uint8_t *codes, int lane, int column, int group) {
    const int byte = lane * 4 + column % 4;
    const int lower = codes[column / 16 * 64 + byte] >> (2 * (column / 4 % 4)) & 3;
    const int upper = codes[group * 4 + column / 32 * 64 + byte] >> (column / 4 % 8) & 1;
    return lower | upper << 2;
}
