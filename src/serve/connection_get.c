/* GET and TAKEN: messages from a queue to a client, which acknowledges them. */
#include "base/arena.h"
#include "base/error.h"
#include "engine/run.h"
#include "queue/consumer.h"
#include "scenario/spec.h"
#include "serve/connection.h"
#include "value/value.h"

/* Who takes and is no body of the run, as dead messages name it. */
#define OUTSIDE "parrun get"

static void try_get(struct connection *connection);

static void on_message(void *arg)
{
    try_get(arg);
}

static void forget(struct connection *connection)
{
    queue_unwait(connection->request.queue, &connection->request.waiter);
}

/* The message at *AT of HELD, a u32 length and the encoded value; moves *AT behind it. */
static void put_text(const struct connection *connection, const char **at, struct buf *text)
{
    struct arena *arena = arena_new();
    struct value value = {0};
    struct error error = {0};
    size_t left =
        connection->request.held.length - (size_t)(*at + sizeof(uint32_t) - connection->request.held.data);
    *at += sizeof(uint32_t);
    value_decode(arena, at, &left, &value, &error);
    if (queue_framing(connection->request.queue) == FRAMING_JSON)
        value_json(text, &value);
    else
        value_text(text, &value);
    error_release(&error);
    arena_free(arena);
}

static void send_messages(struct connection *connection)
{
    struct buf text = {0};
    struct buf reply = {0};
    const char *at = connection->request.held.data;
    for (size_t i = 0; i < connection->request.held_count; i++) {
        buf_clear(&text);
        put_text(connection, &at, &text);
        frame_bytes(&reply, text.data, text.length);
    }
    connection_reply(connection, REPLY_MESSAGES, reply.data, reply.length);
    buf_release(&text);
    buf_release(&reply);
}

static void try_get(struct connection *connection)
{
    if (!connection_may(connection, connection->request.queue, GUEST_TAKES))
        return;
    switch (consumer_receive_many(connection->request.consumer, &connection->request.held, connection->request.most,
                                  &connection->request.held_count)) {
    case TAKE_EMPTY:
        consumer_wait(connection->request.consumer, &connection->request.waiter);
        return;
    case TAKE_CLOSED:
        connection_reply(connection, REPLY_CLOSED, "", 0);
        return;
    case TAKE_MESSAGE:
        send_messages(connection);
        return;
    }
}

/* Each consumer of a broadcast has messages of its own. */
static bool has_share(struct connection *connection)
{
    if (connection->body || !queue_is_broadcast(connection->request.queue))
        return true;
    connection_refuse(connection,
                      "each of its consumers gets every message, and this is none of them");
    return false;
}

void connection_get(struct connection *connection, struct frame *frame)
{
    int64_t timeout = frame_read_i64(frame);
    connection->request.most = frame_read_u32(frame);
    struct queue *queue = connection_queue(connection, frame);
    if (!queue)
        return;
    if (frame->bad || connection->request.held.length ||
        (connection->request.consumer && consumer_queue(connection->request.consumer) != queue)) {
        connection_refuse(connection, "the run does not know this request");
        return;
    }
    connection->request.queue = queue;
    connection->request.waiter = (struct waiter){.function = on_message, .arg = connection};
    if (!connection_may(connection, queue, GUEST_TAKES) || !has_share(connection))
        return;
    if (!connection->request.consumer)
        connection->request.consumer =
            consumer_new(queue, connection->body ? connection->body->name : OUTSIDE, CONSUMER_BODY);
    try_get(connection);
    if (connection->request.waiter.waiting)
        connection_wait(connection, timeout, forget);
}

void connection_taken(struct connection *connection, struct frame *frame)
{
    (void)frame;
    if (connection->request.held.length) {
        buf_clear(&connection->request.held);
        consumer_done(connection->request.consumer, connection->request.held_count);
        run_poke(connection->run);
    }
    connection_reply(connection, REPLY_DONE, "", 0);
}

void connection_return(struct connection *connection)
{
    if (connection->request.held.length)
        consumer_requeue_many(connection->request.consumer, connection->request.held.data, connection->request.held.length,
                              connection->request.held_count, false);
    buf_clear(&connection->request.held);
    consumer_free(connection->request.consumer);
    connection->request.consumer = NULL;
}
