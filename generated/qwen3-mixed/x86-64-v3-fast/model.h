// qwen3, 3 layers, for x86-64-v3 in fast numerics, keys and values in int16.
//
// What its files share.

#include "model_abi.h"

#include "vector.h"

enum {
    MAXIMUM_ROWS = 512,  // rows of a step
    TILE = 8,  // rows multiplied with one block of weights at once
    STREAMS = 4,  // most blocks of weights read at once, by
    STREAM_ROWS = 1,  // that many rows at most
    USUAL_STREAMS = 4,  // where a step doesn't say how many
    PRODUCTS = 8,  // vectors that one product yields at most
    ROWS_ALONE = 2,  // rows up to which each thread prepares all of them
    PAGE_POSITIONS = 64,  // positions of a page
    PAGE_VECTORS = PAGE_POSITIONS / 16,
    RUN_PAGES = 4,  // pages of one run of attention
    ATTENTION_QUERIES = 6,  // queries multiplied with one page at once
    ATTENTION_WIDTH = 4,  // vectors of a page's row that they are multiplied with
};
static const size_t PAGE_BYTES = 50688;      // of one page, all layers
static const size_t SHARED_BYTES = 1007744;  // of scratch for all threads
static const size_t THREAD_BYTES = 13056;  // of scratch for each thread

// Where in the shared scratch the rows of a step are, each for as long as they are needed.
static const size_t ANGLES = 0;
static const size_t RESIDUAL = 65536;
static const size_t PREPARED = 327680;
static const size_t GATED = 401472;
static const size_t QUERIES = 401472;
static const size_t QUERIES_2 = 483456;
static const size_t ATTENDED = 663616;
static const size_t PREPARED_2 = 663616;
static const size_t ATTENDED_2 = 745600;

#include "functions.h"
#include "meeting.h"
#include "processors.h"
#include "step.h"
#include "rows.h"
#include "wanted.h"
#include "ahead.h"
#include "pages.h"
#include "cache.h"
#include "attention.h"
#include "angles.h"
#include "affine6.h"
#include "affine4.h"
#include "affine8.h"
#include "affine3.h"

// What one file computes for another.
SHARED void product_q6_g64_bf16(f32x16 *y, const uint8_t *weights, size_t apart,
                                const struct int8_rows *x, int row, int blocks, int tokens);
SHARED void attention_heads(const struct context *c, const struct call *call, int thread,
                            int threads);
SHARED void attention(const struct context *c, const struct call *call, int thread, int threads);
SHARED void attention_output(const struct context *c, const struct call *call, int thread,
                             int threads);
SHARED void gate_and_up(const struct context *c, const struct call *call, int thread, int threads);
SHARED void mlp_down(const struct context *c, const struct call *call, int thread, int threads);
SHARED void product_q4_g64_bf16(f32x16 *y, const uint8_t *weights, size_t apart,
                                const struct int8_rows *x, int row, int blocks, int tokens);
SHARED void product_q8_g32_bf16(f32x16 *y, const uint8_t *weights, size_t apart,
                                const struct int8_rows *x, int row, int blocks, int tokens);
SHARED void attention_heads_variant2(const struct context *c, const struct call *call, int thread,
                                     int threads);
SHARED void attention_variant2(const struct context *c, const struct call *call, int thread,
                               int threads);
SHARED void attention_output_variant2(const struct context *c, const struct call *call, int thread,
                                      int threads);
SHARED void gate_and_up_variant2(const struct context *c, const struct call *call, int thread,
                                 int threads);
SHARED void mlp_down_variant2(const struct context *c, const struct call *call, int thread,
                              int threads);
SHARED void product_q3_g128_bf16(f32x16 *y, const uint8_t *weights, size_t apart,
                                 const struct int8_rows *x, int row, int blocks, int tokens);
SHARED void attention_output_variant3(const struct context *c, const struct call *call, int thread,
                                      int threads);
SHARED void logits(const struct context *c, const struct call *call, int thread, int threads);
