/* PURGE and REQUEUE: all that waits in a queue is taken out, or put where it came from. */
#include <string.h>

#include "base/error.h"
#include "engine/run.h"
#include "serve/connection.h"
#include "scenario/spec.h"
#include "store/dead_letter.h"

static void reply_count(struct guest *guest, size_t count)
{
    struct buf text = {0};
    buf_number(&text, (int64_t)count);
    guest_reply_kept(guest, text.data, text.length);
    buf_release(&text);
}

/* Bodies put and take; this is for who looks after the run from outside. */
static bool is_outside(struct guest *guest)
{
    if (guest->body)
        guest_refuse(guest, "a body cannot empty a queue of its own run");
    return !guest->body;
}

static bool forget_message(void *arg, const char *encoded, size_t length)
{
    (void)arg;
    (void)encoded;
    (void)length;
    return true;
}

void guest_purge(struct guest *guest, struct frame *frame)
{
    struct error error = {0};
    struct queue *queue = guest_queue(guest, frame);
    size_t count;
    if (!queue || !is_outside(guest))
        return;
    if (queue_drain(queue, forget_message, NULL, &count, &error))
        guest_refuse(guest, "%s", error.text);
    else
        reply_count(guest, count);
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
        if (!strcmp(queue_name(run->queues[i]), buf_string(name)))
            return run->queues[i];
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
        queue_put_anyway(to, dead ? message.data : encoded, dead ? message.length : length,
                         &usual);
    requeue->strays += !moves;
    buf_release(&message);
    buf_release(&name);
    return moves;
}

static void requeue_all(struct guest *guest, struct requeue *requeue)
{
    struct error error = {0};
    size_t count;
    int result = queue_drain(requeue->from, requeue_message, requeue, &count, &error);
    if (result)
        guest_refuse(guest, "%s", error.text);
    else if (requeue->strays)
        guest_refuse(guest, "%zu of its messages are no dead letters of a queue of this run and stay: "
                     "name the queue that they go to", requeue->strays);
    else
        reply_count(guest, count);
    error_release(&error);
}

/* The queue that FRAME names next, where it names one; false where it was refused. */
static bool find_target(struct guest *guest, struct frame *frame, struct requeue *requeue)
{
    if (!frame->left)
        return true;
    requeue->to = guest_queue(guest, frame);
    if (requeue->to != requeue->from)
        return requeue->to;
    guest_refuse(guest, "its messages are in it already");
    return false;
}

void guest_requeue(struct guest *guest, struct frame *frame)
{
    struct requeue requeue = {.run = guest->run, .from = guest_queue(guest, frame)};
    if (requeue.from && is_outside(guest) && find_target(guest, frame, &requeue))
        requeue_all(guest, &requeue);
}
