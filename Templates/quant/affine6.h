// Codes of 6 bits: for each group a plane of the lower four bits (as in 4-bit codes), then a plane
// of the upper two, of which a vector holds 16 rows x 16 columns: bits 2 i and 2 i + 1 of byte j
// are column k + 4 i + j.
enum { CHUNK_6 = 16 };

INLINE void unpack_6(u32_register *quads, const uint8_t *codes, int chunk, int group) {
    const u32_register upper = load_register(codes + group * 8 + 64 * chunk);
    for (int part = 0; part < 2; part++) {
        const u32_register lower = load_register(codes + 128 * chunk + 64 * part);
        quads[2 * part] = (lower & 0x0f0f0f0fu) | (upper >> (4 * part) & 0x03030303u) << 4;
        quads[2 * part + 1] =
            (lower >> 4 & 0x0f0f0f0fu) | (upper >> (4 * part + 2) & 0x03030303u) << 4;
    }
}

INLINE int code_6(const uint8_t *codes, int lane, int column, int group) {
    const int byte = lane * 4 + column % 4;
    const int lower = codes[column / 8 * 64 + byte] >> (4 * (column / 4 % 2)) & 15;
    const int upper = codes[group * 8 + column / 16 * 64 + byte] >> (2 * (column / 4 % 4)) & 3;
    return lower | upper << 4;
}
