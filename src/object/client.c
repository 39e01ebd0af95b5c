/* The runner's end of a worker's requests to queues. */
#include "object/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "engine/run.h"
#include "loop/pipe.h"
#include "loop/timer.h"
#include "object/queue.h"
#include "scenario/spec.h"
#include "script/value.h"
#include "worker/frame.h"

#define WINDOW_MOST 256

/* A message that was put and finds no room yet. */
struct put {
    struct put *next;
    struct queue *queue;
    size_t length;
    char bytes[];
};

struct client {
    struct run *run;
    struct writer *writer;
    struct buf scratch;

    struct queue *getting; /* the worker waits for a message of this queue */
    struct waiter for_message;
    struct timer *timer; /* of a GET with a timeout */

    struct queue *sent; /* a message of this queue is on its way to the worker */
    struct buf message;

    struct put *first_put;
    struct put *last_put;
    struct waiter for_room;

    bool ended;
    void (*idle)(void *arg);
    void *idle_arg;
};

static struct queue *find_queue(const struct run *run, struct frame *frame)
{
    size_t length;
    const char *name = frame_read_bytes(frame, &length);
    for (size_t i = 0; i < run->scenario->queue_count; i++) {
        const char *known = run->scenario->queues[i].name;
        if (strlen(known) == length && !memcmp(known, name, length))
            return run->queues[i];
    }
    return NULL;
}

static void answer(struct client *client, enum answer kind, const char *bytes, size_t length)
{
    struct buf *out = &client->scratch;
    buf_clear(out);
    size_t begin = frame_begin(out, FRAME_ANSWER);
    frame_u8(out, (uint8_t)kind);
    buf_append(out, bytes, length);
    frame_end(out, begin);
    writer_put(client->writer, out->data, out->length);
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
    queue_unwait(client->getting, &client->for_message);
    client->getting = NULL;
    if (client->timer)
        timer_stop(client->timer);
}

/* Answers the GET if that can be done now. */
static void try_get(struct client *client)
{
    struct queue *queue = client->getting;
    buf_clear(&client->message);
    switch (queue_take_value(queue, &client->message)) {
    case TAKE_EMPTY:
        queue_wait_message(queue, &client->for_message);
        return;
    case TAKE_CLOSED:
        stop_getting(client);
        answer(client, ANSWER_CLOSED, "", 0);
        return;
    case TAKE_MESSAGE:
        stop_getting(client);
        client->sent = queue;
        answer(client, ANSWER_MESSAGE, client->message.data, client->message.length);
        return;
    }
}

static void on_message(void *arg)
{
    try_get(arg);
}

static void on_timeout(void *arg)
{
    struct client *client = arg;
    stop_getting(client);
    answer(client, ANSWER_TIMEOUT, "", 0);
}

static void take_get(struct client *client, struct frame *frame)
{
    int64_t timeout = frame_read_i64(frame);
    struct queue *queue = find_queue(client->run, frame);
    if (!queue || client->getting) {
        answer(client, ANSWER_CLOSED, "", 0);
        return;
    }
    client->getting = queue;
    try_get(client);
    if (!client->getting || timeout < 0)
        return;
    if (!client->timer)
        client->timer = timer_new(client->run->loop, on_timeout, client);
    timer_start(client->timer, timeout);
}

static void take_length(struct client *client, struct frame *frame)
{
    struct queue *queue = find_queue(client->run, frame);
    struct value length = {.type = VALUE_INTEGER};
    length.integer = queue ? (int64_t)queue_length(queue) : 0;
    struct buf encoded = {0};
    value_encode(&encoded, &length);
    answer(client, ANSWER_NUMBER, encoded.data, encoded.length);
    buf_release(&encoded);
}

/* Puts what waits as far as there is room. */
static void try_puts(struct client *client)
{
    uint32_t done = 0;
    while (client->first_put) {
        struct put *put = client->first_put;
        if (!queue_put_value(put->queue, put->bytes, put->length)) {
            queue_wait_room(put->queue, &client->for_room);
            break;
        }
        client->first_put = put->next;
        if (!client->first_put)
            client->last_put = NULL;
        free(put);
        done++;
    }
    if (done && !client->ended)
        tell_room(client, done);
    if (client->ended && client_is_idle(client) && client->idle)
        client->idle(client->idle_arg);
}

static void on_room(void *arg)
{
    try_puts(arg);
}

static void take_put(struct client *client, struct frame *frame)
{
    struct queue *queue = find_queue(client->run, frame);
    if (!queue)
        return;
    if (!client->first_put && queue_put_value(queue, frame->at, frame->left)) {
        tell_room(client, 1);
        return;
    }
    struct put *put = mem_realloc(NULL, sizeof(*put) + frame->left, 1);
    *put = (struct put){.queue = queue, .length = frame->left};
    if (frame->left)
        memcpy(put->bytes, frame->at, frame->left);
    if (client->last_put)
        client->last_put->next = put;
    else
        client->first_put = put;
    client->last_put = put;
    queue_wait_room(client->first_put->queue, &client->for_room);
}

static void return_sent(struct client *client)
{
    if (client->sent)
        queue_return_value(client->sent, client->message.data, client->message.length);
    client->sent = NULL;
}

struct client *client_new(struct run *run, struct writer *writer)
{
    struct client *client = mem_calloc(1, sizeof(*client));
    client->run = run;
    client->writer = writer;
    client->for_message = (struct waiter){.function = on_message, .arg = client};
    client->for_room = (struct waiter){.function = on_room, .arg = client};
    return client;
}

bool client_take(struct client *client, struct frame *frame)
{
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
    case FRAME_TAKEN:
        client->sent = NULL;
        run_poke(client->run);
        return true;
    case FRAME_RETURN:
        return_sent(client);
        return true;
    default:
        return false;
    }
}

bool client_is_idle(const struct client *client)
{
    return !client->sent && !client->first_put;
}

void client_end(struct client *client, void (*idle)(void *arg), void *arg)
{
    client->ended = true;
    client->idle = idle;
    client->idle_arg = arg;
    stop_getting(client);
    return_sent(client);
}

void client_free(struct client *client)
{
    if (!client)
        return;
    stop_getting(client);
    return_sent(client);
    while (client->first_put) {
        struct put *put = client->first_put;
        client->first_put = put->next;
        queue_unwait(put->queue, &client->for_room);
        free(put);
    }
    timer_free(client->timer);
    buf_release(&client->scratch);
    buf_release(&client->message);
    free(client);
}

unsigned client_window(const struct run *run, const size_t *queues, size_t count)
{
    int64_t window = WINDOW_MOST;
    for (size_t i = 0; i < count; i++) {
        int64_t quarter = run->scenario->queues[queues[i]].capacity / 4;
        if (quarter < window)
            window = quarter;
    }
    return window < 1 ? 1 : (unsigned)window;
}
