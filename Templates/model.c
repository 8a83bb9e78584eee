// $title
//
// $header

#include "model_abi.h"

#include "vector.h"

enum {
    MAXIMUM_ROWS = $maximum_rows,  // rows of a step
    TILE = $tile,  // rows multiplied with one block of weights at once
    STREAMS = $streams,  // blocks of weights read at once, by
    STREAM_ROWS = $stream_rows,  // that many rows at most
    PRODUCTS = $products,  // vectors that one product yields at most
    ROWS_ALONE = $rows_alone,  // rows up to which each thread prepares all of them
    PAGE_POSITIONS = $page_positions,  // positions of a page
    PAGE_VECTORS = PAGE_POSITIONS / 16,
    RUN_PAGES = $run_pages,  // pages of one run of attention
    ATTENTION_QUERIES = $queries,  // queries multiplied with one page at once
    ATTENTION_WIDTH = $width,  // vectors of a page's row that they are multiplied with
};
static const size_t PAGE_BYTES = $page_bytes;      // of one page, all layers
static const size_t SHARED_BYTES = $shared_bytes;  // of scratch for all threads
static const size_t THREAD_BYTES = $thread_bytes;  // of scratch for each thread

// Where in the shared scratch the rows of a step are, each for as long as they are needed.
$buffers

#include "functions.h"
#include "meeting.h"
#include "step.h"
#include "rows.h"
#include "wanted.h"
#include "ahead.h"
#include "pages.h"
#include "cache.h"
#include "attention.h"
$includes

$functions

$calls

// Their places in the table of costs.
enum { $kernel_names };

// One thread's part of a step.
static void run_thread(const struct context *c, int thread, int threads) {
    struct clock clock = start_clock(c, thread);
    struct wanted wanted;
    $steps
}

static void run(const model_step *step, int32_t threads) {
    struct meeting meeting = {.patience = MOST_PATIENCE};
    const struct context c = {step, (const uint8_t *)step->weights, (uint8_t *)step->scratch,
                              step->rows, &meeting};
#pragma omp parallel num_threads(threads)
    run_thread(&c, omp_get_thread_num(), omp_get_num_threads());
}

static uint64_t scratch_bytes(int32_t threads) {
    return SHARED_BYTES + (uint64_t)threads * THREAD_BYTES;
}

static const model_kernel_cost kernels[] = {
    $kernels
};

static const model_description description = {
    .abi_version = MODEL_ABI_VERSION,
    .generator = "$generator",
    .model_type = "$model_type",
    .signature = "$signature",
    .target = "$target",
    .cpu_features = "$cpu_features",
    .numerics = "$numerics",
    .cache_type = "$cache_type",
    .vocabulary = $vocabulary,
    .hidden = $hidden,
    .layers = $layers,
    .maximum_rows = MAXIMUM_ROWS,
    .page_positions = PAGE_POSITIONS,
    .context_limit = $context_limit,
    .weights_bytes = $weights_bytes,
    .page_bytes = $page_bytes,
    .kernel_count = sizeof kernels / sizeof *kernels,
    .kernels = kernels,
    .scratch_bytes = scratch_bytes,
    .run = run,
};

__attribute__((visibility("default"))) const model_description *model_describe(void) {
    return &description;
}
