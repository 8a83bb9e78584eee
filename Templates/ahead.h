// Memory answers fastest when it is read in AHEAD_STREAMS places at once, each in its order and for
// long. While a head of a page is read, those that come next are asked for in that way.
enum { AHEAD_STREAMS = 4, AHEAD_BYTES = 64 * AHEAD_STREAMS, AHEAD_ROOM = 160 << 10 };

// What comes next: AHEAD_STREAMS pieces of memory, `apart` from one another. Of a head that is
// written in part only that is asked for which will be read, in its place: all before `keys`, then
// the first `each` of every `vector` bytes from `values` on.
struct ahead {
    const uint8_t *from;
    size_t apart;  // 0: a head in part
    size_t keys, values, vector, each;
};

// How many rows of some bytes are read between two looks ahead.
#define AHEAD_ROWS(bytes) ((bytes) < AHEAD_BYTES ? AHEAD_BYTES / (bytes) : 1)

// `done` bytes have been read of what comes before it, and now `bytes` are. NULL: nothing is asked
// for.
INLINE void look_ahead(const struct ahead *ahead, size_t done, const size_t bytes) {
    if (!ahead) return;
    for (const size_t end = done + bytes; done < end; done += AHEAD_BYTES) {
        if (ahead->apart) {
            for (int i = 0; i < AHEAD_STREAMS; i++)
                prefetch(ahead->from + i * ahead->apart + done / AHEAD_STREAMS);
        } else if (done < ahead->keys || (done >= ahead->values &&
                                          (done - ahead->values) % ahead->vector < ahead->each)) {
            for (int i = 0; i < AHEAD_BYTES; i += 64) prefetch(ahead->from + done + i);
        }
    }
}
