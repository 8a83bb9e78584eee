// Codes of 5 bits: for each group a plane of the lower four bits (as in 4-bit codes), then a plane
// of the upper bit, of which a vector holds 16 rows x 32 columns: bit i of byte j is column
// k + 4 i + j.
enum { CHUNK_5 = 32 };

INLINE void unpack_5(u32_register *quads, const uint8_t *codes, int chunk, int group) {
    const u32_register upper = load_register(codes + group * 8 + 64 * chunk);
    for (int part = 0; part < 4; part++) {
        const u32_register lower = load_register(codes + 256 * chunk + 64 * part);
        quads[2 * part] = (lower & 0x0f0f0f0fu) | (upper >> (2 * part) & 0x01010101u) << 4;
        quads[2 * part + 1] =
            (lower >> 4 & 0x0f0f0f0fu) | (upper >> (2 * part + 1) & 0x01010101u) << 4;
    }
}

INLINE int code_5(const uint8_t *codes, int lane, int column, int group) {
    const int byte = lane * 4 + column % 4;
    const int lower = codes[column / 8 * 64 + byte] >> (4 * (column / 4 % 2)) & 15;
    const int upper = codes[group * 8 + column / 32 * 64 + byte] >> (column / 4 % 8) & 1;
    return lower | upper << 4;
}
