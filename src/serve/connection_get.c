/* GET and TAKEN: messages from a queue to a guest, which acknowledges them. */
#include "base/arena.h"
#include "base/error.h"
#include "engine/run.h"
#include "serve/connection.h"
#include "queue/consumer.h"
#include "scenario/spec.h"
#include "value/value.h"

/* Who takes and is no body of the run, as dead letters name it. */
#define OUTSIDE "parrun get"

static void try_get(struct guest *guest);

static void on_message(void *arg)
{
    try_get(arg);
}

static void forget(struct guest *guest)
{
    queue_unwait(guest->queue, &guest->waiter);
}

/* The message at *AT of HELD, a u32 length and the encoded value; moves *AT behind it. */
static void put_text(const struct guest *guest, const char **at, struct buf *text)
{
    struct arena *arena = arena_new();
    struct value value = {0};
    struct error error = {0};
    size_t left = guest->held.length - (size_t)(*at + sizeof(uint32_t) - guest->held.data);
    *at += sizeof(uint32_t);
    value_decode(arena, at, &left, &value, &error);
    if (queue_framing(guest->queue) == FRAMING_JSON)
        value_json(text, &value);
    else
        value_text(text, &value);
    error_release(&error);
    arena_free(arena);
}

static void send_messages(struct guest *guest)
{
    struct buf text = {0};
    struct buf reply = {0};
    const char *at = guest->held.data;
    for (size_t i = 0; i < guest->held_count; i++) {
        buf_clear(&text);
        put_text(guest, &at, &text);
        frame_bytes(&reply, text.data, text.length);
    }
    guest_reply(guest, REPLY_MESSAGES, reply.data, reply.length);
    buf_release(&text);
    buf_release(&reply);
}

static void try_get(struct guest *guest)
{
    if (!guest_may(guest, guest->queue, GUEST_TAKES))
        return;
    switch (taker_take_many(guest->taker, &guest->held, guest->most, &guest->held_count)) {
    case TAKE_EMPTY:
        taker_wait(guest->taker, &guest->waiter);
        return;
    case TAKE_CLOSED:
        guest_reply(guest, REPLY_CLOSED, "", 0);
        return;
    case TAKE_MESSAGE:
        send_messages(guest);
        return;
    }
}

/* Each consumer of a broadcast has messages of its own. */
static bool has_share(struct guest *guest)
{
    if (guest->body || !queue_is_broadcast(guest->queue))
        return true;
    guest_refuse(guest, "each of its consumers gets every message, and this is none of them");
    return false;
}

void guest_get(struct guest *guest, struct frame *frame)
{
    int64_t timeout = frame_read_i64(frame);
    guest->most = frame_read_u32(frame);
    struct queue *queue = guest_queue(guest, frame);
    if (!queue)
        return;
    if (frame->bad || guest->held.length || (guest->taker && taker_queue(guest->taker) != queue)) {
        guest_refuse(guest, "the run does not know this request");
        return;
    }
    guest->queue = queue;
    guest->waiter = (struct waiter){.function = on_message, .arg = guest};
    if (!guest_may(guest, queue, GUEST_TAKES) || !has_share(guest))
        return;
    if (!guest->taker)
        guest->taker = taker_new(queue, guest->body ? guest->body->name : OUTSIDE, TAKER_BODY);
    try_get(guest);
    if (guest->waiter.waiting)
        guest_wait(guest, timeout, forget);
}

void guest_taken(struct guest *guest, struct frame *frame)
{
    (void)frame;
    if (guest->held.length) {
        buf_clear(&guest->held);
        taker_done(guest->taker, guest->held_count);
        run_poke(guest->run);
    }
    guest_reply(guest, REPLY_DONE, "", 0);
}

void guest_return(struct guest *guest)
{
    if (guest->held.length)
        taker_return_many(guest->taker, guest->held.data, guest->held.length, guest->held_count,
                          false);
    buf_clear(&guest->held);
    taker_free(guest->taker);
    guest->taker = NULL;
}
