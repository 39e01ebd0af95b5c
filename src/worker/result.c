/* What a worker tells of a task. */
#include "worker/private.h"

void result_write(struct worker *worker, uint64_t id, enum outcome outcome, int64_t number,
                  int64_t duration, const char *text, size_t length)
{
    struct buf *out = &worker->channel.pending;
    worker->failed = worker->failed || outcome != OUTCOME_DONE;
    size_t begin = frame_begin(out, FRAME_RESULT);
    frame_u64(out, id);
    frame_u8(out, (uint8_t)outcome);
    frame_i64(out, number);
    frame_i64(out, duration);
    frame_bytes(out, text, length);
    frame_end(out, begin);
}

void output_write(struct worker *worker, const char *bytes, size_t length)
{
    struct buf *out = &worker->channel.pending;
    size_t begin = frame_begin(out, FRAME_OUTPUT);
    frame_u64(out, worker->running);
    buf_append(out, bytes, length);
    frame_end(out, begin);
}
