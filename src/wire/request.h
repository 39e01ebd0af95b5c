/*
 * What is asked for at the socket of a run (serve/control_socket.h), in frames as wire/frame.h has them.
 *
 *     request                                    reply
 *     HELLO   u32 version, bytes run,            none
 *             bytes name
 *     PUT     i64 timeout (ns, -1: none),        DONE     it is in the queue, and of a
 *             i64 delay (ns), u8 priority,                durable one on the disk
 *             bytes queue, the rest is the
 *             message as text
 *     GET     i64 timeout, u32 most, bytes       MESSAGES bytes for each, as text
 *             queue                              CLOSED   nothing more will come
 *     TAKEN   (the MESSAGES are where they       DONE
 *             were to go)
 *     PURGE   bytes queue                        DONE     the rest says how many, as text
 *     REQUEUE bytes queue, bytes queue that      the same
 *             they go to, or nothing: each where
 *             it came from
 *     any                                        TIMEOUT  it passed: nothing was done
 *                                                REFUSED  the rest says why
 *
 * HELLO comes first, with PARRUN_RUN and PARRUN_NAME as they are: of a body of this run, the queues
 * that it declares are checked. Requests are served one after another and each is answered, in this
 * order, however many are sent at once. After TIMEOUT, REFUSED and ENDED the connection is closed, and what
 * was sent behind such a request is not done. End of file without a reply: the run was killed.
 *
 * GET is answered as soon as there is a message, with as many as are there, up to MOST. MESSAGES that
 * were not TAKEN before the end of file go back to their queue; a PUT that still waits
 * for room then is forgotten.
 */
#ifndef WIRE_REQUEST_H
#define WIRE_REQUEST_H

#include "wire/frame.h"

#define REQUEST_VERSION 3

/* A request is no longer: as many clients as may come could have each so much in memory. */
#define REQUEST_LONGEST (64u << 20)

enum request {
    REQUEST_HELLO = FRAME_REQUESTS,
    REQUEST_PUT,
    REQUEST_GET,
    REQUEST_TAKEN,
    REQUEST_PURGE,
    REQUEST_REQUEUE,
    REPLY_DONE = FRAME_REPLIES,
    REPLY_MESSAGES,
    REPLY_CLOSED,
    REPLY_TIMEOUT,
    REPLY_REFUSED,
    REPLY_ENDED,
};

/* Begins a request or a reply in OUT; frame_end() ends it. */
static inline size_t request_begin(struct buf *out, enum request type)
{
    return frame_begin(out, (enum frame_type)type);
}

static inline enum request request_type(const struct frame *frame)
{
    return (enum request)frame->type;
}

#endif
