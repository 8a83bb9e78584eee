// qwen3, 3 layers, for x86-64-v3 in fast numerics, keys and values in int16.
//
// Products with weights in q3_g128_bf16.

#include "model.h"

// dot[b][t] = a group of codes (q3_g128_bf16) of BLOCKS blocks, `apart` bytes from one to the next, times
// row t's of a tile of STRIDE rows, for WIDTH registers of lanes from `r` on. All these registers are
// multiplied with what is read of a row once.
INLINE void dots_q3_g128_bf16(union i32_lanes (*dot)[TOKENS_TOGETHER], const uint8_t *codes,
                              size_t apart, const int8_t *x, int r, const int BLOCKS,
                              const int WIDTH, const int TOKENS, const int STRIDE) {
    enum { GROUP = 128, CHUNK = 32, QUADS = CHUNK / 4, CHUNKS = GROUP / CHUNK };
    enum { TOGETHER = 16, UNROLLED = 2 };  // quads whose sums fit, and chunks
    enum { MOST = REGISTERS * BLOCKS_TOGETHER };
    const int COUNT = BLOCKS * WIDTH;  // registers
    // A large chunk's codes come out of two planes, late; one row has registers left for more sums.
    const int CHAINS = TOKENS == 1 && QUADS >= 8 && CHUNKS > 1 ? CHAINS_OF_ONE_ROW : 1;
    const i32_register zero = {0};
    i32_register total[TOKENS_TOGETHER][MOST];
    small_sums sums[TOKENS_TOGETHER][MOST];
    for (int t = 0; t < TOKENS * CHAINS; t++)
        for (int i = 0; i < COUNT; i++) {
            if (UNROLLED < CHUNKS) total[t][i] = zero;
            sums[t][i] = (small_sums){0};
        }
    int chunks = CHUNKS;
    if (UNROLLED < CHUNKS) KEEP_ROLLED(chunks);
    for (int first = 0; first < chunks; first += UNROLLED) {
        UNROLL
        for (int chunk = 0; chunk < UNROLLED; chunk++) {
            u32_register quads[MOST][QUADS];
            for (int i = 0; i < COUNT; i++) {
                const uint8_t *from = codes + i / WIDTH * apart;
                unpack_3(quads[i], from + (r + i % WIDTH) * REGISTER_BYTES, first + chunk, GROUP);
            }
            UNROLL
            for (int q = 0; q < QUADS; q++, x += 4 * STRIDE) {
                const int done = chunk * QUADS + q + 1;
                const int begun = UNROLLED < CHUNKS || done > TOGETHER;
                for (int t = 0; t < TOKENS; t++) {
                    const u32_register four = splat_bytes(x + 4 * t);
                    const int chain = t + q % CHAINS;
                    for (int i = 0; i < COUNT; i++)
                        sums[chain][i] = add_small(sums[chain][i], quads[i][q], four);
                }
                if (done % TOGETHER) continue;
                for (int t = 0; t < TOKENS; t++)
                    for (int i = 0; i < COUNT; i++) {
                        total[t][i] = collect_small(begun ? total[t][i] : zero, sums[t][i]);
                        sums[t][i] = (small_sums){0};
                        for (int chain = 1; chain < CHAINS; chain++) {
                            total[t][i] = collect_small(total[t][i], sums[t + chain][i]);
                            sums[t + chain][i] = (small_sums){0};
                        }
                        if (TOKENS * WIDTH == TOKENS_TOGETHER * REGISTERS && done < GROUP / 4)
                            set_aside(&total[t][i]);
                    }
            }
        }
    }
    for (int t = 0; t < TOKENS; t++)
        for (int i = 0; i < COUNT; i++) dot[i / WIDTH][t].registers[r + i % WIDTH] = total[t][i];
}

// sum[b * TILE + t] += a group of codes (q3_g128_bf16) of BLOCKS blocks, `apart` bytes from one to the next, times
// TOKENS rows of a tile of STRIDE rows.
INLINE void group_q3_g128_bf16(f32x16 *sum, const uint8_t *group, size_t apart,
                               const int8_t *codes, const float *scales, const float *sums,
                               const int BLOCKS, const int TOKENS, const int STRIDE) {
    enum { CODE_BYTES = 768, SCALE_BYTES = 32 };
    union i32_lanes dot[BLOCKS_TOGETHER][TOKENS_TOGETHER];
    const int WIDTH = TOKENS == 1 ? 1 : REGISTERS;
    UNROLL
    for (int r = 0; r < REGISTERS; r += WIDTH)
        dots_q3_g128_bf16(dot, group, apart, codes, r, BLOCKS, WIDTH, TOKENS, STRIDE);
    for (int b = 0; b < BLOCKS; b++, sum += TILE) {
        const uint8_t *after = group + b * apart + CODE_BYTES;
        const f32x16 scale = load_bf16(after), bias = load_bf16(after + SCALE_BYTES);
        for (int t = 0; t < TOKENS; t++) {
            const f32x16 total = to_float(dot[b][t].vector);
            sum[t] = multiply_add(scale * splat(scales[t]), total, sum[t]);
            sum[t] = multiply_add(bias, splat(sums[t]), sum[t]);
        }
    }
}

// Blocks of 16 rows (q3_g128_bf16), `apart` bytes from one to the next, times TOKENS rows of bytes:
// y = sum over groups of scale * x_scale * dot(code, x_code) + bias * x_sum. One function for all
// numbers of columns: they only count the groups.
INLINE void tile_q3_g128_bf16(f32x16 *y, const uint8_t *weights, size_t apart,
                              const struct int8_rows *x, int row, const int BLOCKS,
                              const int TOKENS) {
    enum { GROUP = 128, CODE_BYTES = 768, SCALE_BYTES = 32 };
    enum { GROUP_BYTES = CODE_BYTES + 2 * SCALE_BYTES };
    const int SIDE = blocks_together(BLOCKS, TOKENS), groups = x->columns / GROUP;
    const int8_t *codes = x->codes + (size_t)row * x->columns;
    const float *scales = x->scales + (size_t)row * groups;
    const float *sums = x->sums + (size_t)row * groups;
    f32x16 sum[STREAMS][TILE];
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) sum[b][t] = splat(0);
    for (int g = 0; g < groups; g++) {
        for (int b = 0; b < BLOCKS; b += SIDE) {
            const uint8_t *group = weights + b * apart;
            for (int s = 0; s < SIDE; s++)
                read_ahead(group + s * apart, weights, apart, b + s, GROUP_BYTES, BLOCKS, TOKENS);
            int whole = TOKENS / TOKENS_TOGETHER * TOKENS_TOGETHER, t = 0;
            if (whole > TOKENS_TOGETHER) KEEP_ROLLED(whole);
            for (; t < whole; t += TOKENS_TOGETHER)
                group_q3_g128_bf16(sum[b] + t, group, apart, codes + 4 * t, scales + t, sums + t,
                                   SIDE, TOKENS_TOGETHER, TOKENS);
            if (TOKENS % TOKENS_TOGETHER)
                group_q3_g128_bf16(sum[b] + t, group, apart, codes + 4 * t, scales + t, sums + t,
                                   SIDE, TOKENS % TOKENS_TOGETHER, TOKENS);
        }
        weights += GROUP_BYTES;
        codes += GROUP * TOKENS;
        scales += TOKENS;
        sums += TOKENS;
    }
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) y[b * TOKENS + t] = sum[b][t];
}

SHARED void product_q3_g128_bf16(f32x16 *y, const uint8_t *weights, size_t apart,
                                 const struct int8_rows *x, int row, int blocks, int tokens) {
    switch (blocks * TILE + tokens) {
        case 1 * TILE + 1: tile_q3_g128_bf16(y, weights, apart, x, row, 1, 1); break;
        case 2 * TILE + 1: tile_q3_g128_bf16(y, weights, apart, x, row, 2, 1); break;
        case 4 * TILE + 1: tile_q3_g128_bf16(y, weights, apart, x, row, 4, 1); break;
        case 1 * TILE + 2: tile_q3_g128_bf16(y, weights, apart, x, row, 1, 2); break;
        case 1 * TILE + 3: tile_q3_g128_bf16(y, weights, apart, x, row, 1, 3); break;
        case 1 * TILE + 4: tile_q3_g128_bf16(y, weights, apart, x, row, 1, 4); break;
        case 1 * TILE + 5: tile_q3_g128_bf16(y, weights, apart, x, row, 1, 5); break;
        case 1 * TILE + 6: tile_q3_g128_bf16(y, weights, apart, x, row, 1, 6); break;
        case 1 * TILE + 7: tile_q3_g128_bf16(y, weights, apart, x, row, 1, 7); break;
        case 1 * TILE + 8: tile_q3_g128_bf16(y, weights, apart, x, row, 1, 8); break;
    }
}
