// Where sums of products of bytes are pairs of 16 bits: they are collected in 32.

// total + the sums of each lane.
INLINE i32_register collect_small(i32_register total, small_sums sums) {
    return total + add_pairs(sums, 1);
}

// The same for codes of all 8 bits: their lower and their upper halves apart.
typedef struct {
    small_sums lower, upper;
} wide_sums;

INLINE wide_sums add_wide(wide_sums sums, u32_register codes, u32_register x) {
    sums.lower = add_small(sums.lower, codes & 0x0f0f0f0fu, x);
    sums.upper = add_small(sums.upper, codes >> 4 & 0x0f0f0f0fu, x);
    return sums;
}

INLINE i32_register collect_wide(i32_register total, wide_sums sums) {
    const i32_register upper = add_pairs(sums.upper, 16);
    return collect_small(total, sums.lower) + upper;
}
