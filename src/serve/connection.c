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

static void serve(struct guest *guest);

static bool same(const char *bytes, size_t length, const char *text)
{
    return strlen(text) == length && !memcmp(bytes, text, length);
}

static void take_hello(struct guest *guest, struct frame *frame)
{
    const struct run *run = guest->run;
    size_t run_length, length;
    guest->busy = false;
    guest->known = frame_read_u32(frame) == REQUEST_VERSION;
    const char *id = frame_read_bytes(frame, &run_length);
    const char *name = frame_read_bytes(frame, &length);
    if (frame->bad || !guest->known) {
        guest_refuse(guest, "the run is one of another version of parrun");
        return;
    }
    for (size_t i = 0; same(id, run_length, run->id) && i < run->object_count; i++)
        if (same(name, length, run->objects[i]->name))
            guest->body = run->objects[i];
}

static const struct guest_verb {
    enum request type;
    void (*serve)(struct guest *guest, struct frame *frame);
} verbs[] = {
    {REQUEST_HELLO, take_hello},
    {REQUEST_PUT, guest_put},
    {REQUEST_GET, guest_get},
    {REQUEST_TAKEN, guest_taken},
    {REQUEST_PURGE, guest_purge},
    {REQUEST_REQUEUE, guest_requeue},
};

static const struct guest_verb *find_verb(const struct guest *guest, const struct frame *frame)
{
    for (size_t i = 0; i < countof(verbs); i++)
        if (verbs[i].type == request_type(frame))
            return guest->known || verbs[i].type == REQUEST_HELLO ? &verbs[i] : NULL;
    return NULL;
}

static void serve_one(struct guest *guest, struct frame *frame)
{
    const struct guest_verb *verb = find_verb(guest, frame);
    guest->busy = true;
    if (guest->run->over)
        guest_end(guest);
    else if (verb)
        verb->serve(guest, frame);
    else
        guest_refuse(guest, "the run does not know this request");
}

/* True for who reads no answers: there are no more until it does. */
static bool is_full(const struct guest *guest)
{
    return writer_pending(guest->writer) + guest->owed.length > UNREAD_MOST;
}

/* What is busy still reads on, so that it learns of a guest who has gone; a flood of it waits. */
static void hold_flood(struct guest *guest)
{
    bool flood = (guest->busy || is_full(guest)) && guest->received.length > RECEIVED_MOST;
    if (flood && !guest->paused)
        reader_pause(guest->reader);
    else if (!flood && guest->paused)
        reader_resume(guest->reader);
    guest->paused = flood;
}

static void serve(struct guest *guest)
{
    size_t done = 0;
    long length = 1;
    guest->serving = true;
    while (!guest->busy && !guest->leaving && length > 0 && !is_full(guest)) {
        struct frame frame;
        const char *at = buf_string(&guest->received) + done;
        size_t left = guest->received.length - done;
        length = frame_take(at, left, &frame);
        if (length < 0) {
            guest_refuse(guest, "what came is no request");
        } else if (frame_announces(at, left) > REQUEST_LONGEST) {
            guest_refuse(guest, "a message put from outside has at most %u MiB", REQUEST_LONGEST >> 20);
        } else if (length) {
            serve_one(guest, &frame);
            done += (size_t)length;
        }
    }
    buf_consume(&guest->received, done);
    guest->serving = false;
    hold_flood(guest);
}

static bool is_text(const struct buf *received)
{
    for (size_t i = 0; i < FIRST_BYTES; i++)
        if (i >= received->length || !(isprint((unsigned char)received->data[i]) || isspace((unsigned char)received->data[i])))
            return false;
    return true;
}

/* Lines that wait for the client to read are not read either. */
static void serve_session(struct guest *guest)
{
    session_take(guest->session, &guest->received);
    bool flood = !guest->leaving && guest->received.length > CONTROL_LINE_MOST;
    if (flood && !guest->paused)
        reader_pause(guest->reader);
    else if (!flood && guest->paused && !guest->leaving)
        reader_resume(guest->reader);
    guest->paused = flood;
}

static void on_data(void *arg, const char *bytes, size_t length)
{
    struct guest *guest = arg;
    if (guest->leaving)
        return;
    buf_append(&guest->received, bytes, length);
    if (!guest->session && !guest->known && guest->run->desk && is_text(&guest->received))
        guest->session = session_new(guest->run->desk, guest);
    if (guest->session)
        serve_session(guest);
    else
        serve(guest);
}

/* Who has shut down one side alone still reads what it has asked for. */
static void on_end(void *arg, int status)
{
    struct guest *guest = arg;
    if (!guest->session || status)
        guest_free(guest);
    else if (!guest->leaving)
        guest_let_go(guest);
}

static void on_drained(void *arg)
{
    struct guest *guest = arg;
    if (guest->leaving && !guest->owed.length) {
        guest_free(guest);
        return;
    }
    if (guest->session) {
        session_drained(guest->session);
        serve_session(guest);
        return;
    }
    if (guest->received.length && !guest->busy && !guest->serving && !guest->leaving)
        serve(guest);
}

static void on_failed(void *arg, int status)
{
    (void)status;
    guest_free(arg);
}

void guest_new(struct run *run, struct guest **list, const int ends[2])
{
    static const struct reader_callbacks reading = {.data = on_data, .end = on_end};
    static const struct writer_callbacks writing = {.drained = on_drained, .failed = on_failed};
    struct guest *guest = mem_calloc(1, sizeof(*guest));
    *guest = (struct guest){.run = run, .list = list, .next = *list};
    if (*list)
        (*list)->previous = guest;
    *list = guest;
    guest->reader = reader_new(run->loop, ends[0], &reading, guest);
    guest->writer = writer_new(run->loop, ends[1], &writing, guest);
}

/* It waits for nothing any more. */
static void settle(struct guest *guest)
{
    guest->busy = false;
    guest->cancel = NULL;
    if (guest->timer)
        timer_stop(guest->timer);
}

static void cancel(struct guest *guest)
{
    if (guest->cancel)
        guest->cancel(guest);
    settle(guest);
}

void guest_free(struct guest *guest)
{
    cancel(guest);
    guest_return(guest);
    session_free(guest->session);
    if (guest->previous)
        guest->previous->next = guest->next;
    else
        *guest->list = guest->next;
    if (guest->next)
        guest->next->previous = guest->previous;
    reader_free(guest->reader);
    writer_free(guest->writer);
    timer_free(guest->timer);
    buf_release(&guest->received);
    buf_release(&guest->owed);
    buf_release(&guest->message);
    buf_release(&guest->held);
    free(guest);
}

static void send_reply(struct guest *guest, enum request type, const char *bytes, size_t length)
{
    struct buf out = {0};
    size_t begin = request_begin(&out, type);
    buf_append(&out, bytes, length);
    frame_end(&out, begin);
    if (guest->owed.length)
        buf_append(&guest->owed, out.data, out.length);
    else
        writer_put(guest->writer, out.data, out.length);
    buf_release(&out);
}

/* The request that was being served is answered: the next one. */
static void go_on(struct guest *guest)
{
    settle(guest);
    if (!guest->serving)
        serve(guest);
}

void guest_reply(struct guest *guest, enum request type, const char *bytes, size_t length)
{
    send_reply(guest, type, bytes, length);
    go_on(guest);
}

void guest_reply_kept(struct guest *guest, const char *bytes, size_t length)
{
    if (!guest->run->store) {
        guest_reply(guest, REPLY_DONE, bytes, length);
        return;
    }
    size_t begin = request_begin(&guest->owed, REPLY_DONE);
    buf_append(&guest->owed, bytes, length);
    frame_end(&guest->owed, begin);
    guest->moment = queue_store_moment(guest->run->store);
    go_on(guest);
}

void guest_committed(struct guest *guest)
{
    if (!guest->owed.length || !queue_store_has_reached(guest->run->store, guest->moment))
        return;
    if (queue_store_has_failed(guest->run->store)) { /* what was put is lost, or may be */
        buf_clear(&guest->owed);
        cancel(guest);
        guest_refuse(guest, "it cannot be written to its file");
        return;
    }
    writer_put(guest->writer, guest->owed.data, guest->owed.length);
    buf_clear(&guest->owed);
    if (guest->leaving)
        writer_finish(guest->writer);
    else if (!guest->busy && !guest->serving)
        serve(guest);
}

void guest_leave(struct guest *guest)
{
    settle(guest);
    guest->leaving = true;
    buf_clear(&guest->message);
    guest_return(guest);
    if (!guest->owed.length)
        writer_finish(guest->writer);
}

void guest_end(struct guest *guest)
{
    if (guest->leaving)
        return;
    if (guest->session) {
        session_end(guest->session);
        return;
    }
    cancel(guest);
    send_reply(guest, REPLY_ENDED, "", 0);
    guest_leave(guest);
}

void guest_refuse(struct guest *guest, const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    if (guest->session) {
        session_dismiss(guest->session, buf_string(&text));
    } else {
        send_reply(guest, REPLY_REFUSED, text.data, text.length);
        guest_leave(guest);
    }
    buf_release(&text);
}

static void on_timeout(void *arg)
{
    struct guest *guest = arg;
    if (guest->leaving) {
        guest_free(guest);
        return;
    }
    cancel(guest);
    send_reply(guest, REPLY_TIMEOUT, "", 0);
    guest_leave(guest);
}

static void start_timer(struct guest *guest, int64_t time)
{
    if (!guest->timer)
        guest->timer = timer_new(guest->run->loop, on_timeout, guest);
    timer_start(guest->timer, time);
}

void guest_wait(struct guest *guest, int64_t timeout, void (*undo)(struct guest *guest))
{
    guest->cancel = undo;
    guest->timed = timeout >= 0;
    if (!guest->timed)
        return;
    start_timer(guest, timeout);
}

void guest_let_go(struct guest *guest)
{
    guest->let_go = true;
    reader_pause(guest->reader);
    guest_leave(guest);
    start_timer(guest, LET_GO);
}

bool guest_is_idle(const struct guest *guest)
{
    if (guest->session && !session_is_idle(guest->session))
        return false;
    return !guest->busy && !guest->held.length && !guest->owed.length && !writer_pending(guest->writer);
}

bool guest_waits(const struct guest *guest, struct part_wait *wait)
{
    bool for_room = !guest->waiter.taker;
    *wait = (struct part_wait){.part = for_room ? "parrun put" : "parrun get",
                               .timed = guest->timed};
    if (!guest->waiter.waiting)
        return false;
    wait->wait = (struct object_wait){queue_index(guest->queue), for_room};
    return true;
}

struct queue *guest_queue(struct guest *guest, struct frame *frame)
{
    const struct run *run = guest->run;
    size_t length;
    const char *bytes = frame_read_bytes(frame, &length);
    for (size_t i = 0; i < run->scenario->queue_count; i++)
        if (same(bytes, length, queue_name(run->queues[i])))
            return run->queues[i];
    char *name = mem_copy(bytes, length);
    struct nearest nearest = {.wrong = name};
    for (size_t i = 0; i < run->scenario->queue_count; i++)
        nearest_offer(&nearest, queue_name(run->queues[i]));
    if (nearest.name)
        guest_refuse(guest, "the run has no queue '%s', did you mean '%s'?", name, nearest.name);
    else
        guest_refuse(guest, "the run has no queue '%s'", name);
    free(name);
    return NULL;
}

static bool declares(const struct guest *guest, const struct queue *queue, enum guest_side side)
{
    const struct object_spec *spec = guest->body->spec;
    const size_t *queues = side == GUEST_PUTS ? spec->produces : spec->consumes;
    size_t count = side == GUEST_PUTS ? spec->produces_count : spec->consumes_count;
    for (size_t i = 0; i < count; i++)
        if (guest->run->queues[queues[i]] == queue)
            return true;
    return false;
}

bool guest_may(struct guest *guest, const struct queue *queue, enum guest_side side)
{
    static const char *const keys[] = {[GUEST_PUTS] = "produces", [GUEST_TAKES] = "consumes"};
    const struct object *body = guest->body;
    if (!body)
        return true;
    if (!declares(guest, queue, side)) {
        guest_refuse(guest, "%s '%s' does not declare it: add '%s: %s' to it", body->kind->word,
                     body->name, keys[side], queue_name(queue));
        return false;
    }
    if (body->state == OBJECT_ENDED || body->state == OBJECT_STOPPED) {
        guest_refuse(guest, "%s '%s' has ended, and with it its use of the queue",
                     body->kind->word, body->name);
        return false;
    }
    return true;
}
