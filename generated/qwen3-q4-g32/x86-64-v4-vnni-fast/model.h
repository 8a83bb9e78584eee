// qwen3, 2 layers, for x86-64-v4-vnni in fast numerics, keys and values in int16.
//
// What its files share.

#include "model_abi.h"

#include "vector.h"

enum {
    MAXIMUM_ROWS = 512,  // rows of a step
    TILE = 8,  // rows multiplied with one block of weights at once
    STREAMS = 4,  // most blocks of weights read at once, by
    STREAM_ROWS = 1,  // that many rows at most
    USUAL_STREAMS = 2,  // where a step doesn't say how many
    PRODUCTS = 16,  // vectors that one product yields at most
    ROWS_ALONE = 2,  // rows up to which each thread prepares all of them
    PAGE_POSITIONS = 64,  // positions of a page
    PAGE_VECTORS = PAGE_POSITIONS / 16,
    RUN_PAGES = 4,  // pages of one run of attention
    ATTENTION_QUERIES = 6,  // queries multiplied with one page at once
    ATTENTION_WIDTH = 16,  // vectors of a page's row that they are multiplied with
};
static const size_t PAGE_BYTES = 33792;      // of one page, all layers
static const size_t SHARED_BYTES = 761920;  // of scratch for all threads
static const size_t THREAD_BYTES = 12672;  // of scratch for each thread

// Where in the shared scratch the rows of a step are, each for as long as they are needed.
static const size_t ANGLES = 0;
static const size_t RESIDUAL = 65536;
static const size_t PREPARED = 196608;
static const size_t GATED = 237632;
static const size_t QUERIES = 237632;
static const size_t ATTENDED = 499776;
static const size_t PREPARED_2 = 499776;

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
#include "affine4.h"

// What one file computes for another.
SHARED void product_q4_g32_bf16(f32x16 *y, const uint8_t *weights, size_t apart,
                                const struct int8_rows *x, int row, int blocks, int tokens);
SHARED void attention_heads(const struct context *c, const struct call *call, int thread,
                            int threads);
SHARED void attention(const struct context *c, const struct call *call, int thread, int threads);
SHARED void attention_output(const struct context *c, const struct call *call, int thread,
                             int threads);
SHARED void gate_and_up(const struct context *c, const struct call *call, int thread, int threads);
SHARED void mlp_down(const struct context *c, const struct call *call, int thread, int threads);
SHARED void logits(const struct context *c, const struct call *call, int thread, int threads);
