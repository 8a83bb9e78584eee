// qwen3, 3 layers, for x86-64-v4-vnni in exact numerics, keys and values in f32.
//
// Products with weights in q6_g64_bf16.

#include "model.h"

// dot[t] = a group of codes (q6_g64_bf16) times row t's floats, for the lanes of register `r`: four sums
// that each take every fourth column.
INLINE void float_dots_q6_g64_bf16(union f32_lanes *dot, const uint8_t *codes, const float *x,
                                   int r, const int TOKENS) {
    enum { GROUP = 64, CHUNK = 16, QUADS = CHUNK / 4 };
    f32_register sums[TILE][4] = {{{0}}};
    for (int chunk = 0; chunk < GROUP / CHUNK; chunk++) {
        u32_register quads[QUADS];
        unpack_6(quads, codes + r * REGISTER_BYTES, chunk, GROUP);
        for (int q = 0; q < QUADS; q++)
            for (int j = 0; j < 4; j++, x += TOKENS) {
                const i32_register code = (i32_register)(quads[q] >> (8 * j) & 255u);
                const f32_register value = __builtin_convertvector(code, f32_register);
                for (int t = 0; t < TOKENS; t++)
                    sums[t][j] = multiply_add_register(value, splat_register(x[t]), sums[t][j]);
            }
    }
    for (int t = 0; t < TOKENS; t++)
        dot[t].registers[r] = (sums[t][0] + sums[t][1]) + (sums[t][2] + sums[t][3]);
}

// w[i] = the codes of column i of a group (q6_g64_bf16), as floats.
INLINE void columns_of_q6_g64_bf16(union f32_lanes *w, const uint8_t *codes) {
    enum { GROUP = 64, CHUNK = 16, QUADS = CHUNK / 4 };
    for (int chunk = 0; chunk < GROUP / CHUNK; chunk++, w += CHUNK)
        for (int r = 0; r < REGISTERS; r++) {
            u32_register quads[QUADS];
            unpack_6(quads, codes + r * REGISTER_BYTES, chunk, GROUP);
            for (int i = 0; i < CHUNK; i++) {
                const i32_register code = (i32_register)(quads[i / 4] >> (8 * (i % 4)) & 255u);
                w[i].registers[r] = __builtin_convertvector(code, f32_register);
            }
        }
}

// Blocks of 16 rows (q6_g64_bf16), `apart` bytes from one to the next, times TOKENS rows of floats:
// y = sum over groups of scale * dot(code, x) + bias * x_sum. One function for all numbers of
// columns: they only count the groups.
INLINE void tile_q6_g64_bf16(f32x16 *y, const uint8_t *weights, size_t apart,
                             const struct float_rows *x, int row, const int BLOCKS,
                             const int TOKENS) {
    enum { GROUP = 64, CODE_BYTES = 768, SCALE_BYTES = 32 };
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
                int registers = REGISTERS;
                if (REGISTERS > 1 && TOKENS > 1) KEEP_ROLLED(registers);
                for (int r = 0; r < registers; r++) float_dots_q6_g64_bf16(dot, group, rows, r, TOKENS);
            } else {
                union f32_lanes w[GROUP];
                columns_of_q6_g64_bf16(w, group);
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

SHARED void product_q6_g64_bf16(f32x16 *y, const uint8_t *weights, size_t apart,
                                const struct float_rows *x, int row, int blocks, int tokens) {
    switch (blocks * TILE + tokens) {
        case 1 * TILE + 1: tile_q6_g64_bf16(y, weights, apart, x, row, 1, 1); break;
        case 2 * TILE + 1: tile_q6_g64_bf16(y, weights, apart, x, row, 2, 1); break;
        case 4 * TILE + 1: tile_q6_g64_bf16(y, weights, apart, x, row, 4, 1); break;
        case 1 * TILE + 2: tile_q6_g64_bf16(y, weights, apart, x, row, 1, 2); break;
        case 1 * TILE + 3: tile_q6_g64_bf16(y, weights, apart, x, row, 1, 3); break;
        case 1 * TILE + 4: tile_q6_g64_bf16(y, weights, apart, x, row, 1, 4); break;
        case 1 * TILE + 5: tile_q6_g64_bf16(y, weights, apart, x, row, 1, 5); break;
        case 1 * TILE + 6: tile_q6_g64_bf16(y, weights, apart, x, row, 1, 6); break;
        case 1 * TILE + 7: tile_q6_g64_bf16(y, weights, apart, x, row, 1, 7); break;
        case 1 * TILE + 8: tile_q6_g64_bf16(y, weights, apart, x, row, 1, 8); break;
    }
}
