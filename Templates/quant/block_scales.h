// Scales of one byte, one for each of 16 rows, stand before the codes of a block.

INLINE const uint8_t *codes_of(const uint8_t *block, int groups) {
    return block + (size_t)(groups + 3) / 4 * 64;
}

// Codes are asked for far ahead by read_ahead(); asked for here is what that leaves out, as many
// bytes as there are scales before the codes.
INLINE void read_over_scales(const uint8_t *block, int groups, const int BLOCKS,
                             const int TOKENS) {
    const int bytes = (int)(codes_of(block, groups) - block);
    if (BLOCKS * TOKENS == 1) prefetch_bytes(block + AHEAD_OF_ONE_ROW, bytes);
}

// Powers of two: 2^(byte - 127).
INLINE f32x16 load_e8m0(const uint8_t *p) {
    const u32x16 exponent = load_bytes(p);
    const u32x16 zero = (u32x16)(exponent == 0u);
    return (f32x16)(exponent << 23 | (zero & 0x00400000u));
}

// Four bits of exponent with a bias of 7, three of fraction: a float's, 20 bits lower and with an
// exponent that is 120 less. Copies of the sign stand above it and are cut off.
INLINE f32x16 load_e4m3(const uint8_t *p) {
    const u32x16 bits = (u32x16)load_signed_bytes(p) << 20 & 0x87f00000u;
    return (f32x16)bits * 0x1p120f;
}
