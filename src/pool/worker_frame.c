/* What a worker's frames mean to its pool, whichever way they came. */
#include <stdlib.h>

#include "pool/private.h"
#include "scenario/spec.h"

static void take_result(struct pool_worker *worker, struct frame *frame)
{
    struct result result;
    frame_read_result(frame, &result);
    if (!frame->bad)
        pool_worker_result(worker, &result);
}

static void take_revoked(struct pool_worker *worker, struct frame *frame)
{
    uint32_t count = frame_read_u32(frame);
    for (uint32_t i = 0; i < count && !frame->bad; i++)
        pool_worker_gave_back(worker, frame_read_u64(frame));
    pool_worker_revoked(worker);
}

/* A worker that is ready has no more to refuse, but for one whose program comes to no task. */
static void take_refused(struct pool_worker *worker, struct frame *frame)
{
    char *text = frame_read_text(frame);
    if (worker->state != CREW_STARTING && worker->pool->spec->object.body.kind != BODY_COPROCESS)
        frame->bad = true;
    if (!frame->bad)
        pool_worker_refused(worker, text);
    free(text);
}

void pool_worker_take_frame(struct pool_worker *worker, struct frame *frame)
{
    switch ((int)frame->type) {
    case FRAME_READY:
        pool_worker_ready(worker);
        break;
    case FRAME_REFUSED:
        take_refused(worker, frame);
        break;
    case FRAME_OUTPUT:
    case FRAME_ERROR_OUTPUT:
        frame_read_u64(frame);
        pool_worker_output(worker, frame->type == FRAME_ERROR_OUTPUT, frame->at, frame->left);
        break;
    case FRAME_RESULT:
        take_result(worker, frame);
        break;
    case FRAME_REVOKED:
        take_revoked(worker, frame);
        break;
    case FRAME_LOG:
        pool_worker_line(worker, frame->at, frame->left);
        break;
    default:
        break;
    }
}
