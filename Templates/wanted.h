// Once the last layer has stored its keys and values, only rows whose logits are wanted go on:
// nobody would read what becomes of the others.

// A step of those rows alone, for one thread.
struct wanted {
    struct context context;
    model_step step;
    int32_t positions[MAXIMUM_ROWS], sequences[MAXIMUM_ROWS], indices[MAXIMUM_ROWS];
};

INLINE const struct context *only_wanted(const struct context *c, struct wanted *wanted) {
    const model_step *step = c->step;
    for (int i = 0; i < step->logit_rows; i++) {
        wanted->positions[i] = step->positions[step->logit_indices[i]];
        wanted->sequences[i] = step->sequences[step->logit_indices[i]];
        wanted->indices[i] = i;
    }
    wanted->step = *step;
    wanted->step.rows = step->logit_rows;
    wanted->step.positions = wanted->positions;
    wanted->step.sequences = wanted->sequences;
    wanted->step.logit_indices = wanted->indices;
    wanted->context = *c;
    wanted->context.step = &wanted->step;
    wanted->context.rows = step->logit_rows;
    return &wanted->context;
}

// Moves the wanted rows to the front: their numbers ascend, so none is overwritten before.
INLINE void keep_rows(const struct context *c, size_t offset, const int PADDED) {
    float *rows = shared_floats(c, offset);
    for (int i = 0; i < c->step->logit_rows; i++)
        if (c->step->logit_indices[i] != i)
            copy_row(rows + (size_t)i * PADDED, rows + (size_t)c->step->logit_indices[i] * PADDED,
                     PADDED);
}
