// A compiled model in miniature: its logits count up from the last token, and it keeps each token
// in its page. What it says of itself can be bent with -D.
#include "model_abi.h"

#include <string.h>

enum { VOCABULARY = 32, ROWS = 8, POSITIONS = 4, PAGE_BYTES = 64 };

#ifndef VERSION
#define VERSION MODEL_ABI_VERSION
#endif
#ifndef SIGNATURE
#define SIGNATURE "tiny"
#endif
#ifndef FEATURES
#define FEATURES ""
#endif
#ifndef STATED_ROWS
#define STATED_ROWS ROWS
#endif

static uint64_t scratch_bytes(int32_t threads) { return 64 * (uint64_t)threads; }

static void run(const model_step *step, int32_t threads) {
    memset(step->scratch, threads, scratch_bytes(threads));
    for (int32_t row = 0; row < step->rows; row++) {
        int32_t position = step->positions[row];
        int32_t page = step->page_tables[step->sequences[row]][position / POSITIONS];
        int32_t *tokens = (int32_t *)((char *)step->pages + (size_t)page * PAGE_BYTES);
        tokens[position % POSITIONS] = step->tokens[row];
    }
    const unsigned char *weights = step->weights;
    for (int32_t index = 0; index < step->logit_rows; index++) {
        float *logits = step->logits + (size_t)index * VOCABULARY;
        int32_t token = step->tokens[step->logit_indices[index]];
        for (int32_t id = 0; id < VOCABULARY; id++)
            logits[id] = id == (token + weights[0]) % VOCABULARY ? 1.0f : 0.0f;
    }
}

static const model_description description = {
    .abi_version = VERSION,
    .generator = "test",
    .model_type = "tiny",
    .signature = SIGNATURE,
    .target = "test",
    .cpu_features = FEATURES,
    .numerics = "exact",
    .cache_type = "f32",
    .vocabulary = VOCABULARY,
    .hidden = 1,
    .layers = 1,
    .maximum_rows = STATED_ROWS,
    .page_positions = POSITIONS,
    .context_limit = 128,
    .weights_bytes = 16,
    .page_bytes = PAGE_BYTES,
    .scratch_bytes = scratch_bytes,
    .run = run,
};

#ifndef NAMELESS
__attribute__((visibility("default")))
#endif
const model_description *model_describe(void);
const model_description *model_describe(void) { return &description; }
