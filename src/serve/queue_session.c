/* The runner's end of a worker's requests to queues. */
#include "serve/queue_session.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "engine/run.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "queue/consumer.h"
#include "queue/queue.h"
#include "scenario/spec.h"
#include "serve/worker_link.h"
#include "value/value.h"
#include "wire/frame.h"

#define WINDOW_MOST 1024

/* Messages that were put and find no room yet. */
struct put {
    struct put *next;
    struct queue *queue;
    struct put_options options;
    size_t from; /* of BYTES: behind those that have found room */
    size_t length;
    char bytes[]; /* u32 length and value of each */
};

/* Messages of one queue that went to the worker and with which its body is not done yet. */
struct unacked {
    struct queue *queue;
    struct consumer *consumer; /* once it was asked for some */
    struct buf bytes; /* u32 length and value of each */
    size_t from;      /* of BYTES: behind those that it is done with */
    size_t count;
    bool told;        /* that nothing takes from it any more */
};

struct queue_session {
    struct run *run;
    const char *consumer;
    struct link *link;
    struct buf scratch;

    struct unacked *getting; /* the worker waits for messages of this queue */
    size_t most;          /* so many at most */
    struct waiter for_message;
    bool timed;          /* but not longer than TIMER runs */
    struct timer *timer; /* of a GET with a timeout */
    struct unacked *sent; /* one a queue of the scenario */
    size_t sent_count;   /* messages in all of them */

    struct put *first_put;
    struct put *last_put;
    struct waiter for_room;
    bool stuck; /* the worker waits for room, and does nothing else */

    uint32_t ahead; /* messages that were put and of whose room the worker was not told */
    uint32_t room; /* of these of this turn that found it; 0: nothing is owed */
    bool freed;    /* tell_room_now() is on its way: it frees */
    bool ended;
    void (*idle)(void *arg);
    void *idle_arg;
};

static struct unacked *find_queue(struct queue_session *session, struct frame *frame)
{
    const struct scenario *scenario = session->run->scenario;
    size_t length;
    const char *name = frame_read_bytes(frame, &length);
    for (size_t i = 0; i < scenario->queue_count; i++) {
        const char *known = scenario->queues[i].name;
        if (strlen(known) == length && !memcmp(known, name, length))
            return &session->sent[i];
    }
    return NULL;
}

static void answer(struct queue_session *session, enum answer kind, const char *bytes,
                   size_t length)
{
    struct buf *out = &session->scratch;
    buf_clear(out);
    frame_head(out, FRAME_ANSWER, sizeof(uint8_t) + length);
    frame_u8(out, (uint8_t)kind);
    link_put(session->link, out->data, out->length);
    link_put(session->link, bytes, length);
}

/* With messages, which stay where they are at least until the worker has them: it asks for no others, and is done with none, before. */
static void answer_lent(struct queue_session *session, const char *bytes, size_t length)
{
    struct buf *out = &session->scratch;
    buf_clear(out);
    frame_head(out, FRAME_ANSWER, sizeof(uint8_t) + length);
    frame_u8(out, ANSWER_MESSAGE);
    link_put(session->link, out->data, out->length);
    link_lend(session->link, bytes, length);
}

static void tell_room(struct queue_session *session, uint32_t messages)
{
    struct buf *out = &session->scratch;
    buf_clear(out);
    size_t begin = frame_begin(out, FRAME_ROOM);
    frame_u32(out, messages);
    frame_end(out, begin);
    link_put(session->link, out->data, out->length);
}

static void stop_getting(struct queue_session *session)
{
    if (!session->getting)
        return;
    queue_unwait(session->getting->queue, &session->for_message);
    session->getting = NULL;
    if (session->timer)
        timer_stop(session->timer);
}

/* Answers the GET if that can be done now. */
static void try_get(struct queue_session *session)
{
    struct unacked *sent = session->getting;
    size_t start = sent->bytes.length;
    size_t count;
    switch (consumer_receive_many(sent->consumer, &sent->bytes, session->most, &count)) {
    case TAKE_EMPTY:
        consumer_wait(sent->consumer, &session->for_message);
        return;
    case TAKE_CLOSED:
        stop_getting(session);
        answer(session, ANSWER_CLOSED, "", 0);
        return;
    case TAKE_MESSAGE:
        stop_getting(session);
        sent->count += count;
        session->sent_count += count;
        answer_lent(session, sent->bytes.data + start, sent->bytes.length - start);
        return;
    }
}

static void on_message(void *arg)
{
    try_get(arg);
}

static void answer_timeout(void *arg)
{
    struct queue_session *session = arg;
    if (!session->getting)
        return;
    stop_getting(session);
    answer(session, ANSWER_TIMEOUT, "", 0);
}

static void take_get(struct queue_session *session, struct frame *frame)
{
    int64_t timeout = frame_read_i64(frame);
    session->most = frame_read_u32(frame);
    struct unacked *sent = find_queue(session, frame);
    if (!sent || session->getting) {
        answer(session, ANSWER_CLOSED, "", 0);
        return;
    }
    if (!sent->consumer)
        sent->consumer = consumer_new(sent->queue, session->consumer, CONSUMER_BODY);
    session->getting = sent;
    session->timed = timeout >= 0;
    try_get(session);
    if (!session->getting || !session->timed)
        return;
    if (!session->timer)
        session->timer = timer_new(session->run->loop, answer_timeout, session);
    timer_start(session->timer, timeout);
}

static void take_length(struct queue_session *session, struct frame *frame)
{
    const struct unacked *sent = find_queue(session, frame);
    struct value length = {.type = VALUE_INTEGER};
    length.integer = sent ? (int64_t)queue_length(sent->queue) : 0;
    struct buf encoded = {0};
    value_encode(&encoded, &length);
    answer(session, ANSWER_NUMBER, encoded.data, encoded.length);
    buf_release(&encoded);
}

static void tell_room_now(void *arg)
{
    struct queue_session *session = arg;
    uint32_t room = session->room;
    session->room = 0;
    session->ahead -= room;
    session->stuck = false;
    if (!session->ended)
        tell_room(session, room);
    if (session->freed)
        free(session);
}

/* One frame tells of all the messages that came in one turn. */
static void tell_room_soon(struct queue_session *session, size_t messages)
{
    if (messages && !session->room)
        loop_defer(session->run->loop, tell_room_now, session);
    session->room += (uint32_t)messages;
}

/* The first of those that wait was put. */
static void forget_put(struct queue_session *session)
{
    struct put *put = session->first_put;
    session->first_put = put->next;
    if (!session->first_put)
        session->last_put = NULL;
    free(put);
}

/* Puts what waits as far as there is room. */
static void try_puts(struct queue_session *session)
{
    while (session->first_put) {
        struct put *put = session->first_put;
        size_t count;
        put->from += queue_put_values(put->queue, put->bytes + put->from, put->length - put->from,
                                      &put->options, &count);
        tell_room_soon(session, count);
        if (put->from < put->length) {
            queue_wait_room(put->queue, &session->for_room);
            break;
        }
        forget_put(session);
    }
    if (session->ended && queue_session_is_idle(session) && session->idle)
        session->idle(session->idle_arg);
}

static void on_room(void *arg)
{
    try_puts(arg);
}

/* Messages in the rest of FRAME, each a whole value behind its length; the frame is bad where it holds
 * anything else. */
static uint32_t count_values(struct frame *frame)
{
    struct frame rest = *frame;
    uint32_t count = 0;
    size_t length;
    for (; rest.left && !rest.bad; count++) {
        const char *value = frame_read_bytes(&rest, &length);
        rest.bad = rest.bad || !length || value_size(value, length) != length;
    }
    frame->bad = frame->bad || rest.bad;
    return frame->bad ? 0 : count;
}

/* The worker puts for nobody: its next put is an error. */
static void tell_broken(struct queue_session *session, struct unacked *sent)
{
    if (sent->told || !queue_is_broken(sent->queue))
        return;
    struct buf *out = &session->scratch;
    buf_clear(out);
    size_t begin = frame_begin(out, FRAME_BROKEN);
    frame_text(out, queue_name(sent->queue));
    frame_end(out, begin);
    link_put(session->link, out->data, out->length);
    sent->told = true;
}

static void take_put(struct queue_session *session, struct frame *frame)
{
    struct put_options options = {.delay = frame_read_i64(frame), .producer = session->consumer, .spent = frame->spent};
    options.priority = frame_read_u8(frame);
    struct unacked *sent = find_queue(session, frame);
    uint32_t messages = count_values(frame);
    if (!sent || options.delay < 0 || options.priority >= SUBSCRIPTION_PRIORITIES || !messages)
        return;
    struct queue *queue = sent->queue;
    tell_broken(session, sent);
    session->ahead += messages;
    size_t count, taken = 0;
    if (!session->first_put) {
        taken = queue_put_values(queue, frame->at, frame->left, &options, &count);
        tell_room_soon(session, count);
    }
    size_t left = frame->left - taken;
    if (!left)
        return;
    struct put *put = mem_realloc(NULL, sizeof(*put) + left, 1);
    *put = (struct put){.queue = queue, .options = options, .length = left};
    memcpy(put->bytes, frame->at + taken, left);
    if (session->first_put)
        session->last_put->next = put;
    else
        session->first_put = put;
    session->last_put = put;
    queue_wait_room(session->first_put->queue, &session->for_room);
}

/* Bytes of the first COUNT messages that the worker is not done with. */
static size_t bytes_of(const struct unacked *sent, size_t count)
{
    size_t from = sent->from;
    while (count--) {
        uint32_t size;
        memcpy(&size, sent->bytes.data + from, sizeof(size));
        from += sizeof(size) + le32toh(size);
    }
    return from - sent->from;
}

static void forget_all_done(struct unacked *sent)
{
    if (sent->count)
        return;
    buf_clear(&sent->bytes);
    buf_trim(&sent->bytes);
    sent->from = 0;
}

/* The body is done with COUNT of the messages. */
static void take_taken(struct queue_session *session, struct frame *frame)
{
    size_t count = frame_read_u32(frame);
    struct unacked *sent = find_queue(session, frame);
    if (!sent || !sent->consumer)
        return;
    count = count < sent->count ? count : sent->count;
    sent->from += bytes_of(sent, count);
    sent->count -= count;
    session->sent_count -= count;
    consumer_done(sent->consumer, count);
    forget_all_done(sent);
    run_poke(session->run);
}

/* Gives back all but the first KEPT of what the worker is not done with. */
static void return_sent(struct queue_session *session, struct unacked *sent, size_t kept,
                        bool tried)
{
    if (!sent || sent->count <= kept)
        return;
    size_t count = sent->count - kept;
    size_t from = sent->from + bytes_of(sent, kept);
    consumer_requeue_many(sent->consumer, sent->bytes.data + from, sent->bytes.length - from, count,
                          tried);
    session->sent_count -= count;
    sent->count = kept;
    buf_truncate(&sent->bytes, from);
    forget_all_done(sent);
}

static void take_return(struct queue_session *session, struct frame *frame)
{
    size_t kept = frame_read_u32(frame);
    bool tried = frame_read_u8(frame);
    return_sent(session, find_queue(session, frame), kept, tried);
}

/* The worker is gone: it was at work on the first of each queue. */
static void return_all(struct queue_session *session)
{
    for (size_t i = 0; i < session->run->scenario->queue_count; i++)
        return_sent(session, &session->sent[i], 0, true);
}

struct queue_session *queue_session_new(struct run *run, const char *consumer,
                                        struct link *link)
{
    struct queue_session *session = mem_calloc(1, sizeof(*session));
    session->run = run;
    session->consumer = consumer;
    session->link = link;
    session->sent = mem_calloc(run->scenario->queue_count, sizeof(*session->sent));
    for (size_t i = 0; i < run->scenario->queue_count; i++)
        session->sent[i].queue = run->queue_set.list[i];
    session->for_message = (struct waiter){.function = on_message, .arg = session};
    session->for_room = (struct waiter){.function = on_room, .arg = session};
    return session;
}

/* No ROOM is on its way to it where both sides have counted the same. */
static void take_stuck(struct queue_session *session, struct frame *frame)
{
    session->stuck = frame_read_u32(frame) == session->ahead && session->first_put;
}

bool queue_session_take(struct queue_session *session, struct frame *frame)
{
    session->stuck = false;
    switch (frame->type) {
    case FRAME_GET:
        take_get(session, frame);
        return true;
    case FRAME_LENGTH:
        take_length(session, frame);
        return true;
    case FRAME_PUT:
        take_put(session, frame);
        return true;
    case FRAME_UNGET:
        answer_timeout(session);
        return true;
    case FRAME_TAKEN:
        take_taken(session, frame);
        return true;
    case FRAME_RETURN:
        take_return(session, frame);
        return true;
    case FRAME_STUCK:
        take_stuck(session, frame);
        return true;
    default:
        return false;
    }
}

bool queue_session_waits(const struct queue_session *session, struct object_wait *wait)
{
    if (session->getting)
        *wait = (struct object_wait){.queue = queue_index(session->getting->queue)};
    else if (session->stuck)
        *wait = (struct object_wait){queue_index(session->first_put->queue), .for_room = true};
    return session->getting ? !session->timed : session->stuck;
}

bool queue_session_is_idle(const struct queue_session *session)
{
    return !session->sent_count && !session->first_put;
}

void queue_session_end(struct queue_session *session, void (*idle)(void *arg), void *arg)
{
    session->ended = true;
    session->idle = idle;
    session->idle_arg = arg;
    stop_getting(session);
    return_all(session);
}

void queue_session_put_unbounded(struct queue_session *session)
{
    while (session->first_put) {
        const struct put *put = session->first_put;
        queue_unwait(put->queue, &session->for_room);
        for (size_t at = put->from; at < put->length;) {
            uint32_t size;
            memcpy(&size, put->bytes + at, sizeof(size));
            size = le32toh(size);
            queue_put_unbounded(put->queue, put->bytes + at + sizeof(size), size, &put->options);
            at += sizeof(size) + size;
        }
        forget_put(session);
    }
}

void queue_session_free(struct queue_session *session)
{
    if (!session)
        return;
    stop_getting(session);
    return_all(session);
    while (session->first_put) {
        queue_unwait(session->first_put->queue, &session->for_room);
        forget_put(session);
    }
    timer_free(session->timer);
    buf_release(&session->scratch);
    for (size_t i = 0; i < session->run->scenario->queue_count; i++) {
        consumer_free(session->sent[i].consumer);
        buf_release(&session->sent[i].bytes);
    }
    free(session->sent);
    session->ended = session->freed = true;
    if (!session->room)
        free(session);
}

unsigned queue_session_window(const struct run *run, const size_t *queues, size_t count)
{
    int64_t window = WINDOW_MOST;
    for (size_t i = 0; i < count; i++) {
        int64_t half = run->scenario->queues[queues[i]].capacity / 2;
        if (half < window)
            window = half;
    }
    return window < 1 ? 1 : (unsigned)window;
}
