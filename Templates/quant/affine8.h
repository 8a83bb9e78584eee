// Codes of 8 bits. A vector holds 16 rows x 4 columns: byte j of a lane's word is column k + j.
enum { CHUNK_8 = 4 };

INLINE void unpack_8(u32_register *quads, const uint8_t *codes, int chunk, int group) {
    (void)group;
    quads[0] = load_register(codes + 64 * chunk);
}

INLINE int code_8(const uint8_t *codes, int lane, int column, int group) {
    (void)group;
    return codes[column / 4 * 64 + lane * 4 + column % 4];
}
