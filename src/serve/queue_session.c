/* The runner's end of a worker's requests to queues. */
#include "serve/queue_session.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "engine/run.h"
#include "loop/loop.h"
#include "loop/pipe.h"
#include "loop/timer.h"
#include "queue/consumer.h"
#include "queue/queue.h"
#include "scenario/spec.h"
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
struct sent {
    struct queue *queue;
    struct taker *taker; /* once it was asked for some */
    struct buf bytes; /* u32 length and value of each */
    size_t from;      /* of BYTES: behind those that it is done with */
    size_t count;
    bool told;        /* that nothing takes from it any more */
};

struct client {
    struct run *run;
    const char *consumer;
    struct writer *writer;
    struct buf scratch;

    struct sent *getting; /* the worker waits for messages of this queue */
    size_t most;          /* so many at most */
    struct waiter for_message;
    bool timed;          /* but not longer than TIMER runs */
    struct timer *timer; /* of a GET with a timeout */
    struct sent *sent;   /* one a queue of the scenario */
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

static struct sent *find_queue(struct client *client, struct frame *frame)
{
    const struct scenario *scenario = client->run->scenario;
    size_t length;
    const char *name = frame_read_bytes(frame, &length);
    for (size_t i = 0; i < scenario->queue_count; i++) {
        const char *known = scenario->queues[i].name;
        if (strlen(known) == length && !memcmp(known, name, length))
            return &client->sent[i];
    }
    return NULL;
}

static void answer(struct client *client, enum answer kind, const char *bytes, size_t length)
{
    struct buf *out = &client->scratch;
    buf_clear(out);
    frame_head(out, FRAME_ANSWER, sizeof(uint8_t) + length);
    frame_u8(out, (uint8_t)kind);
    writer_put(client->writer, out->data, out->length);
    writer_put(client->writer, bytes, length);
}

static void tell_room(struct client *client, uint32_t messages)
{
    struct buf *out = &client->scratch;
    buf_clear(out);
    size_t begin = frame_begin(out, FRAME_ROOM);
    frame_u32(out, messages);
    frame_end(out, begin);
    writer_put(client->writer, out->data, out->length);
}

static void stop_getting(struct client *client)
{
    if (!client->getting)
        return;
    queue_unwait(client->getting->queue, &client->for_message);
    client->getting = NULL;
    if (client->timer)
        timer_stop(client->timer);
}

/* Answers the GET if that can be done now. */
static void try_get(struct client *client)
{
    struct sent *sent = client->getting;
    size_t start = sent->bytes.length;
    size_t count;
    switch (taker_take_many(sent->taker, &sent->bytes, client->most, &count)) {
    case TAKE_EMPTY:
        taker_wait(sent->taker, &client->for_message);
        return;
    case TAKE_CLOSED:
        stop_getting(client);
        answer(client, ANSWER_CLOSED, "", 0);
        return;
    case TAKE_MESSAGE:
        stop_getting(client);
        sent->count += count;
        client->sent_count += count;
        answer(client, ANSWER_MESSAGE, sent->bytes.data + start, sent->bytes.length - start);
        return;
    }
}

static void on_message(void *arg)
{
    try_get(arg);
}

static void answer_timeout(void *arg)
{
    struct client *client = arg;
    if (!client->getting)
        return;
    stop_getting(client);
    answer(client, ANSWER_TIMEOUT, "", 0);
}

static void take_get(struct client *client, struct frame *frame)
{
    int64_t timeout = frame_read_i64(frame);
    client->most = frame_read_u32(frame);
    struct sent *sent = find_queue(client, frame);
    if (!sent || client->getting) {
        answer(client, ANSWER_CLOSED, "", 0);
        return;
    }
    if (!sent->taker)
        sent->taker = taker_new(sent->queue, client->consumer, TAKER_BODY);
    client->getting = sent;
    client->timed = timeout >= 0;
    try_get(client);
    if (!client->getting || !client->timed)
        return;
    if (!client->timer)
        client->timer = timer_new(client->run->loop, answer_timeout, client);
    timer_start(client->timer, timeout);
}

static void take_length(struct client *client, struct frame *frame)
{
    const struct sent *sent = find_queue(client, frame);
    struct value length = {.type = VALUE_INTEGER};
    length.integer = sent ? (int64_t)queue_length(sent->queue) : 0;
    struct buf encoded = {0};
    value_encode(&encoded, &length);
    answer(client, ANSWER_NUMBER, encoded.data, encoded.length);
    buf_release(&encoded);
}

static void tell_room_now(void *arg)
{
    struct client *client = arg;
    uint32_t room = client->room;
    client->room = 0;
    client->ahead -= room;
    client->stuck = false;
    if (!client->ended)
        tell_room(client, room);
    if (client->freed)
        free(client);
}

/* One frame tells of all the messages that came in one turn. */
static void tell_room_soon(struct client *client, size_t messages)
{
    if (messages && !client->room)
        loop_defer(client->run->loop, tell_room_now, client);
    client->room += (uint32_t)messages;
}

/* The first of those that wait was put. */
static void forget_put(struct client *client)
{
    struct put *put = client->first_put;
    client->first_put = put->next;
    if (!client->first_put)
        client->last_put = NULL;
    free(put);
}

/* Puts what waits as far as there is room. */
static void try_puts(struct client *client)
{
    while (client->first_put) {
        struct put *put = client->first_put;
        size_t count;
        put->from += queue_put_values(put->queue, put->bytes + put->from, put->length - put->from,
                                      &put->options, &count);
        tell_room_soon(client, count);
        if (put->from < put->length) {
            queue_wait_room(put->queue, &client->for_room);
            break;
        }
        forget_put(client);
    }
    if (client->ended && client_is_idle(client) && client->idle)
        client->idle(client->idle_arg);
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
static void tell_broken(struct client *client, struct sent *sent)
{
    if (sent->told || !queue_is_broken(sent->queue))
        return;
    struct buf *out = &client->scratch;
    buf_clear(out);
    size_t begin = frame_begin(out, FRAME_BROKEN);
    frame_text(out, queue_name(sent->queue));
    frame_end(out, begin);
    writer_put(client->writer, out->data, out->length);
    sent->told = true;
}

static void take_put(struct client *client, struct frame *frame)
{
    struct put_options options = {.delay = frame_read_i64(frame), .producer = client->consumer};
    options.priority = frame_read_u8(frame);
    struct sent *sent = find_queue(client, frame);
    uint32_t messages = count_values(frame);
    if (!sent || options.delay < 0 || options.priority >= LANE_PRIORITIES || !messages)
        return;
    struct queue *queue = sent->queue;
    tell_broken(client, sent);
    client->ahead += messages;
    size_t count, taken = 0;
    if (!client->first_put) {
        taken = queue_put_values(queue, frame->at, frame->left, &options, &count);
        tell_room_soon(client, count);
    }
    size_t left = frame->left - taken;
    if (!left)
        return;
    struct put *put = mem_realloc(NULL, sizeof(*put) + left, 1);
    *put = (struct put){.queue = queue, .options = options, .length = left};
    memcpy(put->bytes, frame->at + taken, left);
    if (client->first_put)
        client->last_put->next = put;
    else
        client->first_put = put;
    client->last_put = put;
    queue_wait_room(client->first_put->queue, &client->for_room);
}

/* Bytes of the first COUNT messages that the worker is not done with. */
static size_t bytes_of(const struct sent *sent, size_t count)
{
    size_t from = sent->from;
    while (count--) {
        uint32_t size;
        memcpy(&size, sent->bytes.data + from, sizeof(size));
        from += sizeof(size) + le32toh(size);
    }
    return from - sent->from;
}

static void forget_all_done(struct sent *sent)
{
    if (sent->count)
        return;
    buf_clear(&sent->bytes);
    sent->from = 0;
}

/* The body is done with COUNT of the messages. */
static void take_taken(struct client *client, struct frame *frame)
{
    size_t count = frame_read_u32(frame);
    struct sent *sent = find_queue(client, frame);
    if (!sent || !sent->taker)
        return;
    count = count < sent->count ? count : sent->count;
    sent->from += bytes_of(sent, count);
    sent->count -= count;
    client->sent_count -= count;
    taker_done(sent->taker, count);
    forget_all_done(sent);
    run_poke(client->run);
}

/* Gives back all but the first KEPT of what the worker is not done with. */
static void return_sent(struct client *client, struct sent *sent, size_t kept, bool tried)
{
    if (!sent || sent->count <= kept)
        return;
    size_t count = sent->count - kept;
    size_t from = sent->from + bytes_of(sent, kept);
    taker_return_many(sent->taker, sent->bytes.data + from, sent->bytes.length - from, count,
                      tried);
    client->sent_count -= count;
    sent->count = kept;
    buf_truncate(&sent->bytes, from);
    forget_all_done(sent);
}

static void take_return(struct client *client, struct frame *frame)
{
    size_t kept = frame_read_u32(frame);
    bool tried = frame_read_u8(frame);
    return_sent(client, find_queue(client, frame), kept, tried);
}

/* The worker is gone: it was at work on the first of each queue. */
static void return_all(struct client *client)
{
    for (size_t i = 0; i < client->run->scenario->queue_count; i++)
        return_sent(client, &client->sent[i], 0, true);
}

struct client *client_new(struct run *run, const char *consumer, struct writer *writer)
{
    struct client *client = mem_calloc(1, sizeof(*client));
    client->run = run;
    client->consumer = consumer;
    client->writer = writer;
    client->sent = mem_calloc(run->scenario->queue_count, sizeof(*client->sent));
    for (size_t i = 0; i < run->scenario->queue_count; i++)
        client->sent[i].queue = run->queues[i];
    client->for_message = (struct waiter){.function = on_message, .arg = client};
    client->for_room = (struct waiter){.function = on_room, .arg = client};
    return client;
}

/* No ROOM is on its way to it where both sides have counted the same. */
static void take_stuck(struct client *client, struct frame *frame)
{
    client->stuck = frame_read_u32(frame) == client->ahead && client->first_put;
}

bool client_take(struct client *client, struct frame *frame)
{
    client->stuck = false;
    switch (frame->type) {
    case FRAME_GET:
        take_get(client, frame);
        return true;
    case FRAME_LENGTH:
        take_length(client, frame);
        return true;
    case FRAME_PUT:
        take_put(client, frame);
        return true;
    case FRAME_UNGET:
        answer_timeout(client);
        return true;
    case FRAME_TAKEN:
        take_taken(client, frame);
        return true;
    case FRAME_RETURN:
        take_return(client, frame);
        return true;
    case FRAME_STUCK:
        take_stuck(client, frame);
        return true;
    default:
        return false;
    }
}

bool client_waits(const struct client *client, struct object_wait *wait)
{
    if (client->getting)
        *wait = (struct object_wait){.queue = queue_index(client->getting->queue)};
    else if (client->stuck)
        *wait = (struct object_wait){queue_index(client->first_put->queue), .for_room = true};
    return client->getting ? !client->timed : client->stuck;
}

bool client_is_idle(const struct client *client)
{
    return !client->sent_count && !client->first_put;
}

void client_end(struct client *client, void (*idle)(void *arg), void *arg)
{
    client->ended = true;
    client->idle = idle;
    client->idle_arg = arg;
    stop_getting(client);
    return_all(client);
}

void client_put_anyway(struct client *client)
{
    while (client->first_put) {
        const struct put *put = client->first_put;
        queue_unwait(put->queue, &client->for_room);
        for (size_t at = put->from; at < put->length;) {
            uint32_t size;
            memcpy(&size, put->bytes + at, sizeof(size));
            size = le32toh(size);
            queue_put_anyway(put->queue, put->bytes + at + sizeof(size), size, &put->options);
            at += sizeof(size) + size;
        }
        forget_put(client);
    }
}

void client_free(struct client *client)
{
    if (!client)
        return;
    stop_getting(client);
    return_all(client);
    while (client->first_put) {
        queue_unwait(client->first_put->queue, &client->for_room);
        forget_put(client);
    }
    timer_free(client->timer);
    buf_release(&client->scratch);
    for (size_t i = 0; i < client->run->scenario->queue_count; i++) {
        taker_free(client->sent[i].taker);
        buf_release(&client->sent[i].bytes);
    }
    free(client->sent);
    client->ended = client->freed = true;
    if (!client->room)
        free(client);
}

unsigned client_window(const struct run *run, const size_t *queues, size_t count)
{
    int64_t window = WINDOW_MOST;
    for (size_t i = 0; i < count; i++) {
        int64_t half = run->scenario->queues[queues[i]].capacity / 2;
        if (half < window)
            window = half;
    }
    return window < 1 ? 1 : (unsigned)window;
}
