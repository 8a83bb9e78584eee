// What later kernels read of the rows whose logits are wanted moves to the front; returns the
// step of those rows.
KERNEL const struct context *$name(const struct context *c, struct wanted *wanted, int thread,
                                   int threads) {
    if (c->step->logit_rows == c->rows) return c;
    if (thread == 0) {
        $rows
    }
    meet(c->meeting, threads);
    return only_wanted(c, wanted);
}
