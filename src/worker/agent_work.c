/* Frames that pass by. */
#include "worker/agent_work.h"

#include <string.h>

void agent_work_given(struct agent_work *work, const char *bytes, size_t length)
{
    struct frame frame;
    long taken;
    for (; (taken = frame_take(bytes, length, &frame)) > 0; bytes += taken, length -= (size_t)taken)
        work->tasks += frame.type == FRAME_TASK;
}

/* A frame of TYPE begins: whether somebody waits for it. */
static bool is_awaited(struct agent_work *work, enum frame_type type)
{
    if (type == FRAME_OUTPUT || type == FRAME_ERROR_OUTPUT)
        return false;
    if (type != FRAME_RESULT)
        work->tasks = 0; /* given back, or as good as that: what it has is not known */
    else if (work->tasks)
        work->tasks--;
    return !work->tasks;
}

/* Gathers the head of a frame; returns how many of the bytes are of it. */
static size_t take_head(struct agent_work *work, const char *bytes, size_t length, bool *awaited)
{
    size_t left = sizeof(work->head) - work->head_length;
    size_t taken = length < left ? length : left;
    memcpy(work->head + work->head_length, bytes, taken);
    work->head_length += taken;
    if (work->head_length < sizeof(work->head))
        return taken;
    work->head_length = 0;
    work->rest = frame_announces(work->head, sizeof(work->head));
    work->rest -= work->rest > 0; /* the type has come */
    *awaited |= is_awaited(work, (enum frame_type)(unsigned char)work->head[sizeof(work->head) - 1]);
    return taken;
}

bool agent_work_told(struct agent_work *work, const char *bytes, size_t length)
{
    bool awaited = false;
    while (length) {
        size_t taken = length < work->rest ? length : work->rest;
        if (taken)
            work->rest -= taken;
        else
            taken = take_head(work, bytes, length, &awaited);
        bytes += taken;
        length -= taken;
    }
    return awaited;
}
