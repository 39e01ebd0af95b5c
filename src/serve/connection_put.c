/* PUT: a message from a guest into a queue. */
#include "base/error.h"
#include "engine/run.h"
#include "serve/connection.h"
#include "queue/subscription.h"
#include "value/value.h"

static void try_put(struct guest *guest);

/* The message that TEXT is, as the guest's encoded value. */
static int read_message(struct guest *guest, enum framing framing, const char *text, size_t length,
                        struct error *error)
{
    buf_clear(&guest->message);
    if (framing != FRAMING_JSON) {
        value_encode_string(&guest->message, text, length);
        return 0;
    }
    return value_encode_json(&guest->message, text, length, error);
}

static void on_room(void *arg)
{
    try_put(arg);
}

static void forget(struct guest *guest)
{
    queue_unwait(guest->queue, &guest->waiter);
}

static bool may_put(struct guest *guest)
{
    if (!guest_may(guest, guest->queue, GUEST_PUTS))
        return false;
    bool lasts = queue_is_durable(guest->queue) && !guest->body;
    if (queue_is_closed(guest->queue) && !lasts) {
        guest_refuse(guest, "it is closed: all that produces into it has ended");
        return false;
    }
    if (queue_is_broken(guest->queue)) {
        guest_refuse(guest, "nothing takes from it any more");
        return false;
    }
    return true;
}

static void try_put(struct guest *guest)
{
    if (!may_put(guest))
        return;
    if (queue_put_value(guest->queue, guest->message.data, guest->message.length,
                        &guest->options)) {
        buf_clear(&guest->message);
        if (queue_is_durable(guest->queue))
            guest_reply_kept(guest, "", 0);
        else
            guest_reply(guest, REPLY_DONE, "", 0);
    } else {
        queue_wait_room(guest->queue, &guest->waiter);
    }
}

void guest_put(struct guest *guest, struct frame *frame)
{
    struct error error = {0};
    int64_t timeout = frame_read_i64(frame);
    guest->options.delay = frame_read_i64(frame);
    guest->options.priority = frame_read_u8(frame);
    guest->options.producer = guest->body ? guest->body->name : NULL;
    guest->queue = guest_queue(guest, frame);
    guest->waiter = (struct waiter){.function = on_room, .arg = guest};
    if (!guest->queue)
        return;
    if (frame->bad || guest->options.delay < 0 || guest->options.priority >= LANE_PRIORITIES) {
        guest_refuse(guest, "the run does not know this request");
        return;
    }
    if (guest->options.priority && queue_is_ordered(guest->queue)) {
        guest_refuse(guest, "it is ordered: its messages have no priority");
        return;
    }
    if (read_message(guest, queue_framing(guest->queue), frame->at, frame->left, &error)) {
        guest_refuse(guest, "it takes JSON: %s", error.text);
        error_release(&error);
        return;
    }
    try_put(guest);
    if (guest->waiter.waiting)
        guest_wait(guest, timeout, forget);
}
