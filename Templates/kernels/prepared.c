const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + $room;
$take
for (struct slice s = {0}; next_slice(&s, $columns, rows, thread, threads);)
    for (int row = s.row; row < s.limit; row++)
        $prepare(c, weights, row, rows, s.from, s.end, $arguments);
if (!alone) meet(c->meeting, threads);
