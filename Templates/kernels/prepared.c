const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + $room;
$take
for (int row = alone ? 0 : thread; row < rows; row += alone ? 1 : threads)
    $prepare(c, weights, row, rows, $arguments);
if (!alone) meet(c->meeting, threads);
