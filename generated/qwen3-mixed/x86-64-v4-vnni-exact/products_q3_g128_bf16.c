// qwen3, 3 layers, for x86-64-v4-vnni in exact numerics, keys and values in f32.
//
// Products with weights in q3_g128_bf16.

#include "model.h"

// dot[t] = a group of codes (q3_g128_bf16) times row t's floats, for COUNT registers from `first` on: four
// sums that each take every fourth column. Codes stay where they are in a word, which saves an
// instruction for each: sum j is of products 256^j times as large, and loses nothing by that. Codes
// of 8 bits would reach the sign in sum 3, and move.
INLINE void float_dots_q3_g128_bf16(union f32_lanes *dot, const uint8_t *codes, const float *x,
                                    int first, const int COUNT, const int TOKENS) {
    enum { GROUP = 128, CHUNK = 32, QUADS = CHUNK / 4, MOVED = QUADS == 1 };
    f32_register sums[TILE][REGISTERS][4];
    for (int t = 0; t < TOKENS; t++)
        for (int r = 0; r < COUNT; r++)
            for (int j = 0; j < 4; j++) sums[t][r][j] = splat_register(0);
    for (int chunk = 0; chunk < GROUP / CHUNK; chunk++) {
        u32_register quads[REGISTERS][QUADS];
        for (int r = 0; r < COUNT; r++)
            unpack_3(quads[r], codes + (first + r) * REGISTER_BYTES, chunk, GROUP);
        for (int q = 0; q < QUADS; q++)
            for (int j = 0; j < 4; j++, x += TOKENS) {
                f32_register values[REGISTERS];
                for (int r = 0; r < COUNT; r++) {
                    const u32_register code = j == 3 && MOVED ? quads[r][q] >> 24
                                                              : quads[r][q] & 255u << (8 * j);
                    values[r] = __builtin_convertvector((i32_register)code, f32_register);
                }
                for (int t = 0; t < TOKENS; t++) {
                    const f32_register input = splat_register(x[t]);
                    for (int r = 0; r < COUNT; r++)
                        sums[t][r][j] = multiply_add_register(values[r], input, sums[t][r][j]);
                }
                if (COUNT > 1)
                    for (int r = 0; r < COUNT; r++) COMPLETE(sums[0][r][j]);
            }
    }
    for (int t = 0; t < TOKENS; t++)
        for (int r = 0; r < COUNT; r++)
            dot[t].registers[first + r] =
                (sums[t][r][0] + sums[t][r][1] * 0x1p-8f) +
                (sums[t][r][2] * 0x1p-16f + sums[t][r][3] * (MOVED ? 1 : 0x1p-24f));
}

// w[i] = the codes of column i of a group (q3_g128_bf16), as floats.
INLINE void columns_of_q3_g128_bf16(union f32_lanes *w, const uint8_t *codes) {
    enum { GROUP = 128, CHUNK = 32, QUADS = CHUNK / 4 };
    for (int chunk = 0; chunk < GROUP / CHUNK; chunk++, w += CHUNK)
        for (int r = 0; r < REGISTERS; r++) {
            u32_register quads[QUADS];
            unpack_3(quads, codes + r * REGISTER_BYTES, chunk, GROUP);
            for (int i = 0; i < CHUNK; i++) {
                const i32_register code = (i32_register)(quads[i / 4] >> (8 * (i % 4)) & 255u);
                w[i].registers[r] = __builtin_convertvector(code, f32_register);
            }
        }
}

// Blocks of 16 rows (q3_g128_bf16), `apart` bytes from one to the next, times TOKENS rows of floats:
// y = sum over groups of scale * dot(code, x) + bias * x_sum. One function for all numbers of
// columns: they only count the groups.
INLINE void tile_q3_g128_bf16(f32x16 *y, const uint8_t *weights, size_t apart,
                              const struct float_rows *x, int row, const int BLOCKS,
                              const int TOKENS) {
    enum { GROUP = 128, CODE_BYTES = 768, SCALE_BYTES = 32 };
    enum { GROUP_BYTES = CODE_BYTES + 2 * SCALE_BYTES };
    const int groups = x->columns / GROUP;
    const float *rows = x->values + (size_t)row * x->padded;
    const float *sums = x->sums + (size_t)row * groups;
    f32x16 sum[STREAMS][TILE];
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) sum[b][t] = splat(0);
    for (int g = 0; g < groups; g++) {
        for (int b = 0; b < BLOCKS; b++) {
            const uint8_t *group = weights + b * apart;
            read_ahead(group, weights, apart, b, GROUP_BYTES, BLOCKS, TOKENS);
            union f32_lanes dot[TILE];
            if (4 * TOKENS <= FLOAT_SUMS) {
                const int together = TOKENS == 1 ? REGISTERS : 1;
                int registers = REGISTERS;
                if (REGISTERS > together) KEEP_ROLLED(registers);
                for (int r = 0; r < registers; r += together)
                    float_dots_q3_g128_bf16(dot, group, rows, r, together, TOKENS);
            } else {
                union f32_lanes w[GROUP];
                columns_of_q3_g128_bf16(w, group);
                dots_of_columns(&dot[0].vector, &w[0].vector, rows, GROUP, 4, TOKENS);
            }
            const f32x16 scale = load_bf16(group + CODE_BYTES);
            const f32x16 bias = load_bf16(group + CODE_BYTES + SCALE_BYTES);
            for (int t = 0; t < TOKENS; t++) {
                sum[b][t] = multiply_add(scale, dot[t].vector, sum[b][t]);
                sum[b][t] = multiply_add(bias, splat(sums[t]), sum[b][t]);
            }
        }
        weights += GROUP_BYTES;
        rows += GROUP * TOKENS;
        sums += TOKENS;
    }
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) y[b * TOKENS + t] = sum[b][t];
}

SHARED void product_q3_g128_bf16(f32x16 *y, const uint8_t *weights, size_t apart,
                                 const struct float_rows *x, int row, int blocks, int tokens) {
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
