// Plain C over clang's vectors: right on every machine, the measure for other headers.

enum { REGISTERS = 1, REGISTER_BYTES = 64 };  // of one vector
enum { FLOAT_SUMS = 16 };  // registers that sums of floats can have beside their operands
enum { TOKENS_TOGETHER = 8 };  // whose products of bytes fit the registers
enum { BLOCKS_TOGETHER = 1 };  // whose products of bytes fit them, TOKENS_TOGETHER each
enum { CHAINS_OF_ONE_ROW = 1 };  // sums that take turns
typedef f32x16 f32_register;
typedef i32x16 i32_register;
typedef u32x16 u32_register;

// a * b + c, rounded once.
INLINE f32x16 multiply_add(f32x16 a, f32x16 b, f32x16 c) {
    for (int lane = 0; lane < 16; lane++) c[lane] = __builtin_fmaf(a[lane], b[lane], c[lane]);
    return c;
}

INLINE f32x16 maximum(f32x16 a, f32x16 b) { return choose(a > b, a, b); }

INLINE f32x16 minimum(f32x16 a, f32x16 b) { return choose(a < b, a, b); }

// A half's exponent and fraction lie 13 bits lower than a float's; the product moves the exponent's
// bias from 15 to 127 and makes subnormal halves normal.
INLINE f32x16 load_f16(const void *p) {
    const u32x16 halves = __builtin_convertvector(load_halves(p), u32x16);
    const f32x16 magnitude = (f32x16)((halves & 0x7fffu) << 13) * 0x1p112f;
    const i32x16 infinite = magnitude >= 65536.0f;
    const u32x16 bits = (u32x16)magnitude | ((u32x16)infinite & 0x7f800000u);
    return (f32x16)(bits | (halves & 0x8000u) << 16);
}

// Rounds to nearest even: adding a power of two above the value drops the bits a half can't hold.
INLINE void store_f16(void *p, f32x16 v) {
    const u32x16 bits = (u32x16)v;
    const u32x16 sign = bits >> 16 & 0x8000u;
    const u32x16 magnitude = bits & 0x7fffffffu;
    const u32x16 normal = (magnitude + 0xfffu + (magnitude >> 13 & 1u) - (112u << 23)) >> 13;
    const u32x16 subnormal = (u32x16)((f32x16)magnitude + 0.5f) - 0x3f000000u;
    const u32x16 small = (u32x16)(magnitude < (113u << 23));
    const u32x16 large = (u32x16)(magnitude >= 0x477ff000u);
    const u32x16 half = (small & subnormal) | (~small & normal);
    const u32x16 bounded = (large & 0x7c00u) | (~large & half);
    store_halves(p, __builtin_convertvector(bounded | sign, u16x16));
}

// Nearest integer, ties to even: beside 1.5 * 2^23 a float has no fraction.
INLINE i32x16 nearest(f32x16 v) {
    return (i32x16)(v + 0x1.8p23f) - (i32x16)splat(0x1.8p23f);
}

// Lanes of -128 to 127 as bytes.
INLINE void store_bytes(int8_t *p, i32x16 v) {
    for (int lane = 0; lane < 16; lane++) p[lane] = (int8_t)v[lane];
}

INLINE f32_register multiply_add_register(f32_register a, f32_register b, f32_register c) {
    return multiply_add(a, b, c);
}

INLINE f32_register splat_register(float x) { return splat(x); }
#define COMPLETE(sum) ((void)0)  // the compiler knows its registers

INLINE u32_register load_register(const void *p) { return load_words(p); }

// The same four bytes in every lane.
INLINE u32_register splat_bytes(const void *p) { return splat_word(p); }

// Sums of products of unsigned and signed bytes, exact.
typedef i32x16 small_sums;

INLINE small_sums add_small(small_sums sums, u32_register codes, u32_register x) {
    for (int byte = 0; byte < 4; byte++) {
        const i32x16 code = (i32x16)(codes >> (8 * byte) & 255u);
        const i32x16 value = (i32x16)(x << (24 - 8 * byte)) >> 24;
        sums += code * value;
    }
    return sums;
}

// Registers suffice for totals beside sums.
INLINE void set_aside(i32_register *total) { (void)total; }

// For every byte, which must be below 16, that one of the table.
INLINE u32_register look_up(const uint8_t *table, u32_register indices) {
    u32_register found = {0};
    for (int lane = 0; lane < 16; lane++)
        for (int shift = 0; shift < 32; shift += 8)
            found[lane] |= (uint32_t)table[indices[lane] >> shift & 15u] << shift;
    return found;
}

// For every lane, that one of 16 floats which its lowest four bits name.
INLINE f32x16 look_up_floats(const float *table, u32x16 indices) {
    f32x16 found;
    for (int lane = 0; lane < 16; lane++) found[lane] = table[indices[lane] & 15u];
    return found;
}

// sum + the two products of signed halves in each lane, exact where their sum fits the lane.
INLINE i32x16 dot2(i32x16 sum, u32x16 a, u32x16 b) {
    for (int shift = 0; shift <= 16; shift += 16)
        sum += ((i32x16)(a << shift) >> 16) * ((i32x16)(b << shift) >> 16);
    return sum;
}
