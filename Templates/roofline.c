// What the cores of this machine can do at most: products of bytes, of 16-bit integers and of floats
// with all operands in the first-level cache, in sums that don't wait for one another.
#include <omp.h>
#include <stddef.h>

#include "vector.h"

enum { SUMS = $sums, STEPS = 64, ROUNDS = 10000, PASSES = 5 };

// What is multiplied, and what became of it, so that nothing can be left out.
struct operands {
    float left[STEPS][16];
    float right[STEPS][SUMS];
    float bytes[SUMS * REGISTERS][16];
    float result[16];
    i32_register sum;
    i32x16 pairs;
};

KERNEL void multiply_bytes(struct operands *x) {
    enum { PARTS = SUMS * REGISTERS };
    small_sums sums[PARTS] = {{0}};
    for (int round = 0; round < ROUNDS; round++)
        for (int step = 0; step < STEPS; step++) {
            const u32_register codes = load_register(x->left[step]);
            for (int i = 0; i < PARTS; i++)
                sums[i] = add_small(sums[i], codes, load_register(x->bytes[i]));
        }
    i32_register total = {0};
    for (int i = 0; i < PARTS; i++) total = collect_small(total, sums[i]);
    x->sum = total;
}

KERNEL void multiply_pairs(struct operands *x) {
    i32x16 sums[SUMS] = {{0}};
    for (int round = 0; round < ROUNDS; round++)
        for (int step = 0; step < STEPS; step++) {
            const u32x16 pairs = load_words(x->left[step]);
            for (int i = 0; i < SUMS; i++)
                sums[i] = dot2(sums[i], pairs, splat_word(&x->right[step][i]));
        }
    x->pairs = sums[0];
    for (int i = 1; i < SUMS; i++) x->pairs += sums[i];
}

KERNEL void multiply_floats(struct operands *x) {
    f32x16 sums[SUMS] = {{0}};
    for (int round = 0; round < ROUNDS; round++)
        for (int step = 0; step < STEPS; step++) {
            const f32x16 values = load(x->left[step]);
            for (int i = 0; i < SUMS; i++)
                sums[i] = multiply_add(values, splat(x->right[step][i]), sums[i]);
        }
    f32x16 total = splat(0);
    for (int i = 0; i < SUMS; i++) total += sums[i];
    store(x->result, total);
}

#ifdef HAS_DOT_BF16
KERNEL void multiply_bf16(struct operands *x) {
    f32x16 sums[SUMS] = {{0}};
    for (int round = 0; round < ROUNDS; round++)
        for (int step = 0; step < STEPS; step++) {
            const u32x16 pairs = load_words(x->left[step]);
            for (int i = 0; i < SUMS; i++)
                sums[i] = dot_bf16(sums[i], pairs, splat_word(&x->right[step][i]));
        }
    f32x16 total = splat(0);
    for (int i = 0; i < SUMS; i++) total += sums[i];
    store(x->result, total);
}
#endif

// The seconds of the quickest pass of all threads together.
static double seconds(int32_t threads, void (*multiply)(struct operands *)) {
    double best = 1e9, started = 0;
#pragma omp parallel num_threads(threads)
    {
        struct operands x = {{{0}}, {{0}}, {{0}}, {0}, {0}, {0}};
        for (int pass = 0; pass < PASSES; pass++) {
#pragma omp barrier
            if (omp_get_thread_num() == 0) started = omp_get_wtime();
            multiply(&x);
#pragma omp barrier
            if (omp_get_thread_num() == 0) {
                const double taken = omp_get_wtime() - started;
                if (taken < best) best = taken;
            }
        }
    }
    return best;
}

// Multiplications and additions of bytes in one second.
__attribute__((visibility("default"))) double int8_operations(int32_t threads) {
    const double operations = 2.0 * 64 * SUMS * STEPS * ROUNDS * threads;
    return operations / seconds(threads, multiply_bytes);
}

// The same of 16-bit integers.
__attribute__((visibility("default"))) double int16_operations(int32_t threads) {
    const double operations = 2.0 * 32 * SUMS * STEPS * ROUNDS * threads;
    return operations / seconds(threads, multiply_pairs);
}

// The same of floats.
__attribute__((visibility("default"))) double float_operations(int32_t threads) {
    const double operations = 2.0 * 16 * SUMS * STEPS * ROUNDS * threads;
    return operations / seconds(threads, multiply_floats);
}

#ifdef HAS_DOT_BF16
// The same of bfloat16.
__attribute__((visibility("default"))) double bf16_operations(int32_t threads) {
    const double operations = 2.0 * 32 * SUMS * STEPS * ROUNDS * threads;
    return operations / seconds(threads, multiply_bf16);
}
#endif
