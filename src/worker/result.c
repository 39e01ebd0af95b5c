/* What a worker tells of a task. */
#include "worker/private.h"

void result_write(struct worker *worker, const struct result *result)
{
    worker->failed = worker->failed || result->outcome != OUTCOME_DONE;
    frame_write_result(&worker->channel.pending, result);
}

void refusal_write(struct worker *worker, const char *reason)
{
    struct buf *out = &worker->channel.pending;
    size_t begin = frame_begin(out, FRAME_REFUSED);
    frame_text(out, reason);
    frame_end(out, begin);
}

void log_write(struct worker *worker, const char *bytes, size_t length)
{
    struct buf *out = &worker->channel.pending;
    size_t begin = frame_begin(out, FRAME_LOG);
    buf_append(out, bytes, length);
    frame_end(out, begin);
}

void output_write(struct worker *worker, int stream, const char *bytes, size_t length)
{
    struct buf *out = &worker->channel.pending;
    size_t begin = frame_begin(out, stream ? FRAME_ERROR_OUTPUT : FRAME_OUTPUT);
    frame_u64(out, worker->running);
    buf_append(out, bytes, length);
    frame_end(out, begin);
}
