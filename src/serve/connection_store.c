/* PURGE and REQUEUE: all that waits in a queue is taken out, or put where it came from. */
#include <string.h>

#include "base/error.h"
#include "engine/run.h"
#include "serve/connection.h"
#include "scenario/spec.h"
#include "store/dead_letter.h"

static void reply_count(struct connection *connection, size_t count)
{
    struct buf text = {0};
    buf_number(&text, (int64_t)count);
    connection_reply_kept(connection, text.data, text.length);
    buf_release(&text);
}

/* Bodies put and take; this is for who looks after the run from outside. */
static bool is_outside(struct connection *connection)
{
    if (connection->body)
        connection_refuse(connection, "a body cannot empty a queue of its own run");
    return !connection->body;
}

static bool forget_message(void *arg, const char *encoded, size_t length)
{
    (void)arg;
    (void)encoded;
    (void)length;
    return true;
}

void connection_purge(struct connection *connection, struct frame *frame)
{
    struct error error = {0};
    struct queue *queue = connection_queue(connection, frame);
    size_t count;
    if (!queue || !is_outside(connection))
        return;
    if (queue_drain(queue, forget_message, NULL, &count, &error))
        connection_refuse(connection, "%s", error.text);
    else
        reply_count(connection, count);
    error_release(&error);
}

struct requeue {
    const struct run *run;
    struct queue *from;
    struct queue *to; /* NULL: where each came from */
    size_t strays;    /* that came from none of this run */
};

static struct queue *find_queue(const struct run *run, const struct buf *name)
{
    for (size_t i = 0; i < run->scenario->queue_count; i++)
        if (!strcmp(queue_name(run->queue_set.list[i]), buf_string(name)))
            return run->queue_set.list[i];
    return NULL;
}

static bool requeue_message(void *arg, const char *encoded, size_t length)
{
    static const struct put_options usual;
    struct requeue *requeue = arg;
    struct buf message = {0}, name = {0};
    bool dead = dead_letter_open(encoded, length, &message, &name);
    struct queue *to = requeue->to ? requeue->to : dead ? find_queue(requeue->run, &name) : NULL;
    bool moves = to && to != requeue->from;
    if (moves)
        queue_put_unbounded(to, dead ? message.data : encoded, dead ? message.length : length,
                            &usual);
    requeue->strays += !moves;
    buf_release(&message);
    buf_release(&name);
    return moves;
}

static void requeue_all(struct connection *connection, struct requeue *requeue)
{
    struct error error = {0};
    size_t count;
    int result = queue_drain(requeue->from, requeue_message, requeue, &count, &error);
    if (result)
        connection_refuse(connection, "%s", error.text);
    else if (requeue->strays)
        connection_refuse(
            connection,
            "%zu of its messages are no dead letters of a queue of this run and stay: "
            "name the queue that they go to",
            requeue->strays);
    else
        reply_count(connection, count);
    error_release(&error);
}

/* The queue that FRAME names next, where it names one; false where it was refused. */
static bool find_target(struct connection *connection, struct frame *frame, struct requeue *requeue)
{
    if (!frame->left)
        return true;
    requeue->to = connection_queue(connection, frame);
    if (requeue->to != requeue->from)
        return requeue->to;
    connection_refuse(connection, "its messages are in it already");
    return false;
}

void connection_requeue(struct connection *connection, struct frame *frame)
{
    struct requeue requeue = {.run = connection->run, .from = connection_queue(connection, frame)};
    if (requeue.from && is_outside(connection) && find_target(connection, frame, &requeue))
        requeue_all(connection, &requeue);
}
