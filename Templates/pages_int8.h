// Keys and values of earlier positions as bytes, with a scale for every 32 channels of a key.
typedef int8_t page_code;

enum { LARGEST_CODE = 127, KEY_GROUP = 32 };

INLINE u32x16 load_pairs(const void *p) { return load_byte_pairs(p); }

INLINE void store_codes(page_code *p, i32x16 codes) { store_bytes(p, codes); }

// The range of some channels of a key.
INLINE float range_of_key(const float *x, int count) { return largest_of(x, count); }

// Puts codes first or second into 16 pairs.
INLINE void replace_codes(uint8_t *pairs, int second, u32x16 codes) {
    const int shift = 8 * second;
    const u16x16 other = load_halves(pairs) & (uint16_t)(0xff00u >> shift);
    store_halves(pairs, other | __builtin_convertvector((codes & 0xffu) << shift, u16x16));
}
