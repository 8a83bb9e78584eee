// The passes over a whole row of logits that sampling makes, in the widest vectors that this
// processor has. A row has up to 260,000 entries and a step dozens of rows.
//
// Results don't depend on the processor: all work on 16 lanes and in the same order.
#ifndef ROW_LOOPS_H
#define ROW_LOOPS_H

#include <stdint.h>

// Entries of one maximum, and of one sum of weights.
enum { ROW_SCAN_RUN = 256, ROW_MASS_RUN = 4096 };

// Bins of a histogram.
enum { ROW_BINS = 1024 };

// An entry that is still in the draw.
typedef struct row_candidate {
    int32_t index;
    float exponent; // (value - maximum) * scale
    double weight;  // exp(exponent)
} row_candidate;

// Finds the largest value of each run of ROW_SCAN_RUN entries. Returns 0 if a value is NaN.
int row_scan(const float *values, int32_t count, float *run_maxima);

// Some entries of a row: those whose exponent is nearer to `center` than `edge`, and of those at
// exactly that distance the ones up to the index `last_tie`.
typedef struct row_region {
    float center;
    float edge;
    int32_t last_tie;
} row_region;

// Sums exp((value - maximum) * scale) of a region's entries over each run of ROW_MASS_RUN entries,
// and returns the sum of weight times exponent over all.
double row_mass(const float *values, int32_t count, float maximum, float scale,
                const row_region *region, double *runs);

// Sums the weights of the entries by their distance from `center`, or counts them: each bin is
// 1 / per_unit wide, a power of two, and the last one takes the rest.
void row_histogram(const float *values, int32_t count, float maximum, float scale, float center,
                   float per_unit, int counts, double *bins);

// Lists the entries whose exponents are at a distance from `lower` to `upper` from `center`, by
// ascending index. Returns how many there are, or room + 1 as soon as they are more than `room`.
// `run_maxima` are those that row_scan found.
int32_t row_collect(const float *values, int32_t count, const float *run_maxima, float maximum,
                    float scale, float center, float lower, float upper, row_candidate *found,
                    int32_t room);

// The entry of a region at which the running sum of weights passes `target`, else the last one;
// -1 if all are minus infinity.
int32_t row_draw(const float *values, int32_t count, float maximum, float scale,
                 const row_region *region, double target);

#endif
