/* What a worker's frames mean to its pool, whichever way they came. */
#include <stdlib.h>

#include "pool/private.h"

static void take_result(struct crew *crew, struct frame *frame)
{
    struct result result;
    frame_read_result(frame, &result);
    if (!frame->bad)
        crew_result(crew, &result);
}

static void take_revoked(struct crew *crew, struct frame *frame)
{
    uint32_t count = frame_read_u32(frame);
    for (uint32_t i = 0; i < count && !frame->bad; i++)
        crew_gave_back(crew, frame_read_u64(frame));
    crew_revoked(crew);
}

void crew_take_frame(struct crew *crew, struct frame *frame)
{
    char *text;
    switch ((int)frame->type) {
    case FRAME_READY:
        crew_ready(crew);
        break;
    case FRAME_REFUSED:
        text = frame_read_text(frame);
        crew_refused(crew, text);
        free(text);
        break;
    case FRAME_OUTPUT:
    case FRAME_ERROR_OUTPUT:
        frame_read_u64(frame);
        crew_output(crew, frame->type == FRAME_ERROR_OUTPUT, frame->at, frame->left);
        break;
    case FRAME_RESULT:
        take_result(crew, frame);
        break;
    case FRAME_REVOKED:
        take_revoked(crew, frame);
        break;
    case FRAME_LOG:
        crew_line(crew, frame->at, frame->left);
        break;
    default:
        break;
    }
}
