// Keys and values of earlier positions in 16 bits, with one scale for a key: nearer to the floats than
// float16 is, and twice as many of them are multiplied in an instruction.
typedef int16_t page_code;

enum { LARGEST_CODE = 32767, KEY_GROUP = 1 << 16 };  // any key has fewer channels

INLINE u32x16 load_pairs(const void *p) { return load_words(p); }

INLINE void store_codes(page_code *p, i32x16 codes) {
    store_halves(p, __builtin_convertvector((u32x16)codes, u16x16));
}

// The range of some channels of a key: their norm, so that sums of products fit 32 bits.
INLINE float range_of_key(const float *x, int count) { return norm_of(x, count); }

// Puts codes first or second into 16 pairs.
INLINE void replace_codes(uint8_t *pairs, int second, u32x16 codes) {
    const int shift = 16 * second;
    const u32x16 other = load_words(pairs) & (0xffff0000u >> shift);
    store_words(pairs, other | (codes & 0xffffu) << shift);
}
