/* A connection, the table of requests, and who may use which queue. */
#include "serve/connection.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "base/unit.h"
#include "engine/object.h"
#include "engine/run.h"
#include "loop/pipe.h"
#include "loop/timer.h"
#include "scenario/spec.h"
#include "serve/desk.h"
#include "serve/session.h"
#include "store/queue_store.h"

/* Beyond so many bytes of replies that are not read, or not due yet, no request is served. */
#define UNREAD_MOST (1u << 20)

/* Beyond so many bytes that cannot be served yet, no more are read. */
#define RECEIVED_MOST (1u << 20)

/* The first bytes tell frames from text: the length of a frame that is all text would be more than any may have. */
#define FIRST_BYTES 4

/* Who was sent away has so long to read what it was sent. */
#define LET_GO (10 * NS_PER_S)

static void serve(struct connection *connection);

static bool same(const char *bytes, size_t length, const char *text)
{
    return strlen(text) == length && !memcmp(bytes, text, length);
}

static void take_hello(struct connection *connection, struct frame *frame)
{
    const struct run *run = connection->run;
    size_t run_length, length;
    connection->busy = false;
    connection->known = frame_read_u32(frame) == REQUEST_VERSION;
    const char *id = frame_read_bytes(frame, &run_length);
    const char *name = frame_read_bytes(frame, &length);
    if (frame->bad || !connection->known) {
        connection_refuse(connection, "the run is one of another version of parrun");
        return;
    }
    for (size_t i = 0; same(id, run_length, run->identity.id) && i < run->all.object_count; i++)
        if (same(name, length, run->all.objects[i]->name))
            connection->body = run->all.objects[i];
}

static const struct connection_verb {
    enum request type;
    void (*serve)(struct connection *connection, struct frame *frame);
} verbs[] = {
    {REQUEST_HELLO, take_hello},       {REQUEST_PUT, connection_put},
    {REQUEST_GET, connection_get},     {REQUEST_TAKEN, connection_taken},
    {REQUEST_PURGE, connection_purge}, {REQUEST_REQUEUE, connection_requeue},
};

static const struct connection_verb *find_verb(const struct connection *connection,
                                               const struct frame *frame)
{
    for (size_t i = 0; i < countof(verbs); i++)
        if (verbs[i].type == request_type(frame))
            return connection->known || verbs[i].type == REQUEST_HELLO ? &verbs[i] : NULL;
    return NULL;
}

static void serve_one(struct connection *connection, struct frame *frame)
{
    const struct connection_verb *verb = find_verb(connection, frame);
    connection->busy = true;
    if (connection->run->over)
        connection_end(connection);
    else if (verb)
        verb->serve(connection, frame);
    else
        connection_refuse(connection, "the run does not know this request");
}

/* True for who reads no answers: there are no more until it does. */
static bool is_full(const struct connection *connection)
{
    return writer_pending(connection->writer) + connection->owed.length > UNREAD_MOST;
}

/* What is busy still reads on, so that it learns of a client who has gone; a flood of it waits. */
static void hold_flood(struct connection *connection)
{
    bool flood =
        (connection->busy || is_full(connection)) && connection->received.length > RECEIVED_MOST;
    if (flood && !connection->paused)
        reader_pause(connection->reader);
    else if (!flood && connection->paused)
        reader_resume(connection->reader);
    connection->paused = flood;
}

static void serve(struct connection *connection)
{
    size_t done = 0;
    long length = 1;
    connection->serving = true;
    while (!connection->busy && !connection->leaving && length > 0 && !is_full(connection)) {
        struct frame frame;
        const char *at = buf_string(&connection->received) + done;
        size_t left = connection->received.length - done;
        length = frame_take(at, left, &frame);
        if (length < 0) {
            connection_refuse(connection, "what came is no request");
        } else if (frame_announces(at, left) > REQUEST_LONGEST) {
            connection_refuse(connection, "a message put from outside has at most %u MiB",
                              REQUEST_LONGEST >> 20);
        } else if (length) {
            serve_one(connection, &frame);
            done += (size_t)length;
        }
    }
    buf_consume(&connection->received, done);
    connection->serving = false;
    hold_flood(connection);
}

static bool is_text(const struct buf *received)
{
    for (size_t i = 0; i < FIRST_BYTES; i++)
        if (i >= received->length || !(isprint((unsigned char)received->data[i]) || isspace((unsigned char)received->data[i])))
            return false;
    return true;
}

/* Lines that wait for the client to read are not read either. */
static void serve_session(struct connection *connection)
{
    session_take(connection->session, &connection->received);
    bool flood = !connection->leaving && connection->received.length > CONTROL_LINE_MOST;
    if (flood && !connection->paused)
        reader_pause(connection->reader);
    else if (!flood && connection->paused && !connection->leaving)
        reader_resume(connection->reader);
    connection->paused = flood;
}

static void on_data(void *arg, const char *bytes, size_t length)
{
    struct connection *connection = arg;
    if (connection->leaving)
        return;
    buf_append(&connection->received, bytes, length);
    if (!connection->session && !connection->known && connection->run->service.desk &&
        is_text(&connection->received))
        connection->session = session_new(connection->run->service.desk, connection);
    if (connection->session)
        serve_session(connection);
    else
        serve(connection);
}

/* Who has shut down one side alone still reads what it has asked for. */
static void on_end(void *arg, int status)
{
    struct connection *connection = arg;
    if (!connection->session || status)
        connection_free(connection);
    else if (!connection->leaving)
        connection_let_go(connection);
}

static void on_drained(void *arg)
{
    struct connection *connection = arg;
    if (connection->leaving && !connection->owed.length) {
        connection_free(connection);
        return;
    }
    if (connection->session) {
        session_drained(connection->session);
        serve_session(connection);
        return;
    }
    if (connection->received.length && !connection->busy && !connection->serving &&
        !connection->leaving)
        serve(connection);
}

static void on_failed(void *arg, int status)
{
    (void)status;
    connection_free(arg);
}

void connection_new(struct run *run, struct connection **list, const int ends[2])
{
    static const struct reader_callbacks reading = {.data = on_data, .end = on_end};
    static const struct writer_callbacks writing = {.drained = on_drained, .failed = on_failed};
    struct connection *connection = mem_calloc(1, sizeof(*connection));
    *connection = (struct connection){.run = run, .list = list, .next = *list};
    if (*list)
        (*list)->previous = connection;
    *list = connection;
    connection->reader = reader_new(run->loop, ends[0], &reading, connection);
    connection->writer = writer_new(run->loop, ends[1], &writing, connection);
}

/* It waits for nothing any more. */
static void settle(struct connection *connection)
{
    connection->busy = false;
    connection->cancel = NULL;
    if (connection->timer)
        timer_stop(connection->timer);
}

static void cancel(struct connection *connection)
{
    if (connection->cancel)
        connection->cancel(connection);
    settle(connection);
}

void connection_free(struct connection *connection)
{
    cancel(connection);
    connection_return(connection);
    session_free(connection->session);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        *connection->list = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    reader_free(connection->reader);
    writer_free(connection->writer);
    timer_free(connection->timer);
    buf_release(&connection->received);
    buf_release(&connection->owed);
    buf_release(&connection->request.message);
    buf_release(&connection->request.held);
    free(connection);
}

static void send_reply(struct connection *connection, enum request type, const char *bytes,
                       size_t length)
{
    struct buf out = {0};
    size_t begin = request_begin(&out, type);
    buf_append(&out, bytes, length);
    frame_end(&out, begin);
    if (connection->owed.length)
        buf_append(&connection->owed, out.data, out.length);
    else
        writer_put(connection->writer, out.data, out.length);
    buf_release(&out);
}

/* The request that was being served is answered: the next one. */
static void go_on(struct connection *connection)
{
    settle(connection);
    if (!connection->serving)
        serve(connection);
}

void connection_reply(struct connection *connection, enum request type, const char *bytes,
                      size_t length)
{
    send_reply(connection, type, bytes, length);
    go_on(connection);
}

void connection_reply_kept(struct connection *connection, const char *bytes, size_t length)
{
    if (!connection->run->queue_set.store) {
        connection_reply(connection, REPLY_DONE, bytes, length);
        return;
    }
    size_t begin = request_begin(&connection->owed, REPLY_DONE);
    buf_append(&connection->owed, bytes, length);
    frame_end(&connection->owed, begin);
    connection->moment = queue_store_moment(connection->run->queue_set.store);
    go_on(connection);
}

void connection_committed(struct connection *connection)
{
    if (!connection->owed.length ||
        !queue_store_has_reached(connection->run->queue_set.store, connection->moment))
        return;
    if (queue_store_has_failed(connection->run->queue_set.store)) { /* what was put is lost, or may be */
        buf_clear(&connection->owed);
        cancel(connection);
        connection_refuse(connection, "it cannot be written to its file");
        return;
    }
    writer_put(connection->writer, connection->owed.data, connection->owed.length);
    buf_clear(&connection->owed);
    if (connection->leaving)
        writer_finish(connection->writer);
    else if (!connection->busy && !connection->serving)
        serve(connection);
}

void connection_leave(struct connection *connection)
{
    settle(connection);
    connection->leaving = true;
    buf_clear(&connection->request.message);
    connection_return(connection);
    if (!connection->owed.length)
        writer_finish(connection->writer);
}

void connection_end(struct connection *connection)
{
    if (connection->leaving)
        return;
    if (connection->session) {
        session_end(connection->session);
        return;
    }
    cancel(connection);
    send_reply(connection, REPLY_ENDED, "", 0);
    connection_leave(connection);
}

void connection_refuse(struct connection *connection, const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    if (connection->session) {
        session_dismiss(connection->session, buf_string(&text));
    } else {
        send_reply(connection, REPLY_REFUSED, text.data, text.length);
        connection_leave(connection);
    }
    buf_release(&text);
}

static void on_timeout(void *arg)
{
    struct connection *connection = arg;
    if (connection->leaving) {
        connection_free(connection);
        return;
    }
    cancel(connection);
    send_reply(connection, REPLY_TIMEOUT, "", 0);
    connection_leave(connection);
}

static void start_timer(struct connection *connection, int64_t time)
{
    if (!connection->timer)
        connection->timer = timer_new(connection->run->loop, on_timeout, connection);
    timer_start(connection->timer, time);
}

void connection_wait(struct connection *connection, int64_t timeout,
                     void (*undo)(struct connection *connection))
{
    connection->cancel = undo;
    connection->timed = timeout >= 0;
    if (!connection->timed)
        return;
    start_timer(connection, timeout);
}

void connection_let_go(struct connection *connection)
{
    connection->let_go = true;
    reader_pause(connection->reader);
    connection_leave(connection);
    start_timer(connection, LET_GO);
}

bool connection_is_idle(const struct connection *connection)
{
    if (connection->session && !session_is_idle(connection->session))
        return false;
    return !connection->busy && !connection->request.held.length && !connection->owed.length &&
           !writer_pending(connection->writer);
}

bool connection_waits(const struct connection *connection, struct part_wait *wait)
{
    bool for_room = !connection->request.waiter.consumer;
    *wait = (struct part_wait){.part = for_room ? "parrun put" : "parrun get",
                               .timed = connection->timed};
    if (!connection->request.waiter.waiting)
        return false;
    wait->wait = (struct object_wait){queue_index(connection->request.queue), for_room};
    return true;
}

struct queue *connection_queue(struct connection *connection, struct frame *frame)
{
    const struct run *run = connection->run;
    size_t length;
    const char *bytes = frame_read_bytes(frame, &length);
    for (size_t i = 0; i < run->scenario->queue_count; i++)
        if (same(bytes, length, queue_name(run->queue_set.list[i])))
            return run->queue_set.list[i];
    char *name = mem_copy(bytes, length);
    struct nearest nearest = {.wrong = name};
    for (size_t i = 0; i < run->scenario->queue_count; i++)
        nearest_offer(&nearest, queue_name(run->queue_set.list[i]));
    if (nearest.name)
        connection_refuse(connection, "the run has no queue '%s', did you mean '%s'?", name,
                          nearest.name);
    else
        connection_refuse(connection, "the run has no queue '%s'", name);
    free(name);
    return NULL;
}

static bool declares(const struct connection *connection, const struct queue *queue,
                     enum connection_side side)
{
    const struct object_spec *spec = connection->body->spec;
    const size_t *queues = side == GUEST_PUTS ? spec->queues.produces : spec->queues.consumes;
    size_t count = side == GUEST_PUTS ? spec->queues.produces_count : spec->queues.consumes_count;
    for (size_t i = 0; i < count; i++)
        if (connection->run->queue_set.list[queues[i]] == queue)
            return true;
    return false;
}

bool connection_may(struct connection *connection, const struct queue *queue,
                    enum connection_side side)
{
    static const char *const keys[] = {[GUEST_PUTS] = "produces", [GUEST_TAKES] = "consumes"};
    const struct object *body = connection->body;
    if (!body)
        return true;
    if (!declares(connection, queue, side)) {
        connection_refuse(connection, "%s '%s' does not declare it: add '%s: %s' to it",
                          body->kind->word, body->name, keys[side], queue_name(queue));
        return false;
    }
    if (body->state == OBJECT_ENDED || body->state == OBJECT_STOPPED) {
        connection_refuse(connection, "%s '%s' has ended, and with it its use of the queue",
                          body->kind->word, body->name);
        return false;
    }
    return true;
}
