/* PUT: a message from a client into a queue. */
#include "base/error.h"
#include "engine/run.h"
#include "queue/subscription.h"
#include "serve/connection.h"
#include "value/value.h"

static void try_put(struct connection *connection);

/* The message that TEXT is, as the client's encoded value. */
static int read_message(struct connection *connection, enum framing framing, const char *text,
                        size_t length, struct error *error)
{
    buf_clear(&connection->request.message);
    if (framing != FRAMING_JSON) {
        value_encode_string(&connection->request.message, text, length);
        return 0;
    }
    return value_encode_json(&connection->request.message, text, length, error);
}

static void on_room(void *arg)
{
    try_put(arg);
}

static void forget(struct connection *connection)
{
    queue_unwait(connection->request.queue, &connection->request.waiter);
}

static bool may_put(struct connection *connection)
{
    if (!connection_may(connection, connection->request.queue, GUEST_PUTS))
        return false;
    bool lasts = queue_is_durable(connection->request.queue) && !connection->body;
    if (queue_is_closed(connection->request.queue) && !lasts) {
        connection_refuse(connection, "it is closed: all that produces into it has ended");
        return false;
    }
    if (queue_is_broken(connection->request.queue)) {
        connection_refuse(connection, "nothing takes from it any more");
        return false;
    }
    return true;
}

static void try_put(struct connection *connection)
{
    if (!may_put(connection))
        return;
    if (queue_put_value(connection->request.queue, connection->request.message.data, connection->request.message.length,
                        &connection->request.options)) {
        buf_clear(&connection->request.message);
        if (queue_is_durable(connection->request.queue))
            connection_reply_kept(connection, "", 0);
        else
            connection_reply(connection, REPLY_DONE, "", 0);
    } else {
        queue_wait_room(connection->request.queue, &connection->request.waiter);
    }
}

void connection_put(struct connection *connection, struct frame *frame)
{
    struct error error = {0};
    int64_t timeout = frame_read_i64(frame);
    connection->request.options.delay = frame_read_i64(frame);
    connection->request.options.priority = frame_read_u8(frame);
    connection->request.options.producer = connection->body ? connection->body->name : NULL;
    connection->request.queue = connection_queue(connection, frame);
    connection->request.waiter = (struct waiter){.function = on_room, .arg = connection};
    if (!connection->request.queue)
        return;
    if (frame->bad || connection->request.options.delay < 0 ||
        connection->request.options.priority >= SUBSCRIPTION_PRIORITIES) {
        connection_refuse(connection, "the run does not know this request");
        return;
    }
    if (connection->request.options.priority && queue_is_ordered(connection->request.queue)) {
        connection_refuse(connection, "it is ordered: its messages have no priority");
        return;
    }
    if (read_message(connection, queue_framing(connection->request.queue), frame->at, frame->left,
                     &error)) {
        connection_refuse(connection, "it takes JSON: %s", error.text);
        error_release(&error);
        return;
    }
    try_put(connection);
    if (connection->request.waiter.waiting)
        connection_wait(connection, timeout, forget);
}
