// Codes of 2 bits. A vector holds 16 rows x 16 columns: of columns k to k + 15, byte j of a lane's
// word has k + j in its lowest two bits, then k + 4 + j, k + 8 + j, k + 12 + j.
enum { CHUNK_2 = 16 };

INLINE void unpack_2(u32_register *quads, const uint8_t *codes, int chunk, int group) {
    (void)group;
    const u32_register packed = load_register(codes + 64 * chunk);
    for (int q = 0; q < 4; q++) quads[q] = packed >> (2 * q) & 0x03030303u;
}

INLINE int code_2(const uint8_t *codes, int lane, int column, int group) {
    (void)group;
    return codes[column / 16 * 64 + lane * 4 + column % 4] >> (2 * (column / 4 % 4)) & 3;
}
