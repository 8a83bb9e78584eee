// Vector words: one vocabulary for every instruction set. A vector holds 16 lanes; on narrower
// machines the compiler makes it of two or four registers. Words mean the same, to the bit, in
// every header that has them, so all targets of a model agree where they use the same ones: only
// products of bfloat16 have a word that most lack. Products of bytes work on one register at a
// time: a header says how many REGISTERS a vector takes.
#include <stddef.h>
#include <stdint.h>

typedef float f32x16 __attribute__((vector_size(64)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));

typedef float f32x16_anywhere __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t u32x16_anywhere __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint16_t u16x16_anywhere __attribute__((vector_size(32), aligned(2), may_alias));
typedef uint8_t u8x16_anywhere __attribute__((vector_size(16), aligned(1), may_alias));
typedef int8_t i8x16_anywhere __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint32_t word_anywhere __attribute__((aligned(1), may_alias));

#define INLINE static inline __attribute__((always_inline, unused))
// Hides a loop's count, so that the compiler leaves the loop rolled up.
#define KEEP_ROLLED(count) __asm__("" : "+r"(count))
// What becomes of the loop that follows.
#define UNROLL _Pragma("clang loop unroll(full)")
#define UNROLL_BY_4 _Pragma("clang loop unroll_count(4)")
#define DONT_UNROLL _Pragma("clang loop unroll(disable)")

#define KERNEL static __attribute__((noinline))  // keeps its name in profiles and assembly
#define SHARED __attribute__((noinline, visibility("hidden")))  // a kernel that other files call

INLINE f32x16 load(const float *p) { return *(const f32x16_anywhere *)p; }

INLINE void store(float *p, f32x16 v) { *(f32x16_anywhere *)p = v; }

INLINE u32x16 load_words(const void *p) { return *(const u32x16_anywhere *)p; }

INLINE u16x16 load_halves(const void *p) { return *(const u16x16_anywhere *)p; }

INLINE void store_halves(void *p, u16x16 v) { *(u16x16_anywhere *)p = v; }

// 16 bytes, one to a lane, with a sign or without.
INLINE u32x16 load_bytes(const void *p) {
    return __builtin_convertvector(*(const u8x16_anywhere *)p, u32x16);
}

INLINE i32x16 load_signed_bytes(const void *p) {
    return __builtin_convertvector(*(const i8x16_anywhere *)p, i32x16);
}

INLINE f32x16 splat(float x) {
    return (f32x16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
}

INLINE void store_words(void *p, u32x16 v) { *(u32x16_anywhere *)p = v; }

// The same four bytes in every lane.
INLINE u32x16 splat_word(const void *p) {
    const uint32_t x = *(const word_anywhere *)p;
    return (u32x16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
}

INLINE f32x16 to_float(i32x16 v) { return __builtin_convertvector(v, f32x16); }

// Lanes of a where mask is all ones, of b where it is zero.
INLINE f32x16 choose(i32x16 mask, f32x16 a, f32x16 b) {
    return (f32x16)((mask & (i32x16)a) | (~mask & (i32x16)b));
}

INLINE f32x16 absolute(f32x16 v) { return (f32x16)((u32x16)v & 0x7fffffffu); }

// 16 floats of which memory holds the upper halves.
INLINE f32x16 load_bf16(const void *p) {
    return (f32x16)(__builtin_convertvector(load_halves(p), u32x16) << 16);
}

INLINE f32x16 load_f32(const void *p) { return load((const float *)p); }

// Lane i meets lane i + 8, then i + 4, i + 2, i + 1: one order on every machine.
#define REDUCE(v, operation)                                                                       \
    do {                                                                                           \
        v = operation(v, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3,  \
                                                 4, 5, 6, 7));                                     \
        v = operation(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, \
                                                 9, 10, 11));                                      \
        v = operation(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14,  \
                                                 15, 12, 13));                                     \
        v = operation(v, __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13,  \
                                                 12, 15, 14));                                     \
    } while (0)

typedef uint16_t half_anywhere __attribute__((aligned(1), may_alias));
typedef int8_t i8x32_anywhere __attribute__((vector_size(32), aligned(1), may_alias));
typedef int16_t i16x32 __attribute__((vector_size(64)));

// 32 signed bytes as two signed halves in each lane.
INLINE u32x16 load_byte_pairs(const void *p) {
    return (u32x16)__builtin_convertvector(*(const i8x32_anywhere *)p, i16x32);
}

// Asks for the cache line that holds a byte, for later.
INLINE void prefetch(const void *p) { __builtin_prefetch(p, 0, 3); }

INLINE void prefetch_bytes(const uint8_t *p, const int BYTES) {
    for (int i = 0; i < BYTES; i += 64) prefetch(p + i);
}

// How far ahead of their use weights are asked for that several rows are multiplied with, and those
// of one block that one row is, in bytes: more than a page, at whose end the hardware stops.
enum { AHEAD_OF_USE = 4608, AHEAD_OF_ONE_ROW = 8192 };

// Asks for weights while BYTES of block `b` at p are multiplied. One row is as fast as memory
// answers. One block is asked for far ahead: the hardware doesn't foresee pages, nor scales and
// planes of codes that lie apart. Of two it foresees what is read in order, and asking takes time.
// Of more it sees each block's order, but not that they take turns: asked for is what comes next,
// as much of the next block, or of the first one (at `first`) further on.
INLINE void read_ahead(const uint8_t *p, const uint8_t *first, size_t apart, int b,
                       const int BYTES, const int BLOCKS, const int TOKENS) {
    if (TOKENS > 1)
        prefetch_bytes(p + AHEAD_OF_USE, BYTES);
    else if (BLOCKS == 1)
        prefetch_bytes(p + AHEAD_OF_ONE_ROW, BYTES);
    else if (BLOCKS > 2)
        prefetch_bytes(b + 1 < BLOCKS ? p + apart : first + BYTES, BYTES);
}
