// The passes over a whole row of logits that sampling makes, in the widest vectors that this
// processor has. A row has up to 260,000 entries and a step dozens of rows.
//
// Results don't depend on the processor: all work on 16 lanes and in the same order.
#ifndef ROW_LOOPS_H
#define ROW_LOOPS_H

#include <stdint.h>

// Entries of one maximum, and of one sum of weights.
enum { ROW_SCAN_RUN = 256, ROW_MASS_RUN = 4096 };

// An entry that is still in the draw.
typedef struct row_candidate {
    int32_t index;
    float exponent; // (value - maximum) * scale
    double weight;  // exp(exponent)
} row_candidate;

// Finds the largest value of each run of ROW_SCAN_RUN entries. Returns 0 if a value is NaN.
int row_scan(const float *values, int32_t count, float *run_maxima);

// Sums exp((value - maximum) * scale) over each run of ROW_MASS_RUN entries, and returns the sum of
// weight times exponent over all.
double row_mass(const float *values, int32_t count, float maximum, float scale, double *runs);

// Lists the entries with exponents from `lower` to `upper`, by ascending index. Returns how many
// there are; those beyond `room` are left out.
int32_t row_collect(const float *values, int32_t count, float maximum, float scale, float lower,
                    float upper, row_candidate *found, int32_t room);

// The entry at which the running sum of weights passes `target`, else the last that is not minus
// infinity; -1 if all are.
int32_t row_draw(const float *values, int32_t count, float maximum, float scale, double target);

#endif
