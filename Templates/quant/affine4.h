// Codes of 4 bits. A vector holds 16 rows x 8 columns: of columns k to k + 7, byte j of a lane's
// word has k + j in its lower half and k + 4 + j in its upper.
enum { CHUNK_4 = 8 };

INLINE void unpack_4(u32_register *quads, const uint8_t *codes, int chunk, int group) {
    (void)group;
    const u32_register packed = load_register(codes + 64 * chunk);
    quads[0] = packed & 0x0f0f0f0fu;
    quads[1] = packed >> 4 & 0x0f0f0f0fu;
}

INLINE int code_4(const uint8_t *codes, int lane, int column, int group) {
    (void)group;
    return codes[column / 8 * 64 + lane * 4 + column % 4] >> (4 * (column / 4 % 2)) & 15;
}
