// $title
//
// What its files share.

#include "model_abi.h"

#include "vector.h"

enum {
    MAXIMUM_ROWS = $maximum_rows,  // rows of a step
    TILE = $tile,  // rows multiplied with one block of weights at once
    STREAMS = $streams,  // most blocks of weights read at once, by
    STREAM_ROWS = $stream_rows,  // that many rows at most
    USUAL_STREAMS = $usual_streams,  // where a step doesn't say how many
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
#include "processors.h"
#include "step.h"
#include "rows.h"
#include "wanted.h"
#include "ahead.h"
#include "pages.h"
#include "cache.h"
#include "attention.h"
$includes

// What one file computes for another.
$declarations
