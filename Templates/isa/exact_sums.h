// Where sums of products of bytes are exact in 32 bits: they are collected as they are.

// total + the sums of each lane.
INLINE i32_register collect_small(i32_register total, small_sums sums) { return total + sums; }

// The same for codes of all 8 bits.
typedef small_sums wide_sums;

INLINE wide_sums add_wide(wide_sums sums, u32_register codes, u32_register x) {
    return add_small(sums, codes, x);
}

INLINE i32_register collect_wide(i32_register total, wide_sums sums) { return total + sums; }
