// $title
//
// $header

#include "model.h"

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
    struct processors processors = {{0}};
    const struct context c = {step, (const uint8_t *)step->weights, (uint8_t *)step->scratch,
                              step->rows, streams_of(step), &meeting};
#pragma omp parallel num_threads(threads)
    {
        if (threads > 1) spread(&processors);
        run_thread(&c, omp_get_thread_num(), omp_get_num_threads());
    }
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
