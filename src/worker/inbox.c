/*
 * Messages that came ahead of the body's asking for them.
 *
 * A body that is quick gets more and more at a time, so that a message costs no round trip; one
 * that is slow gets one at a time, so that nothing waits here which another could take. What turns
 * out to wait behind a slow message goes back.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "worker/private.h"

#define WANT_MOST 512

/* What came is used up within this time, or less is asked for. */
#define USE_TIME (2 * NS_PER_MS)

/* A message that keeps the body for longer makes those behind it go back. */
#define LONG_TIME (10 * NS_PER_MS)

static bool is_empty(const struct inbox *inbox)
{
    return inbox->from == inbox->bytes.length;
}

static void tell_taken(struct worker *worker, size_t index)
{
    struct inbox *inbox = &worker->inboxes[index];
    struct buf *out = &worker->channel.pending;
    if (!inbox->taken)
        return;
    size_t begin = frame_begin(out, FRAME_TAKEN);
    frame_u32(out, inbox->taken);
    frame_text(out, worker->config.queues.consumes.items[index]);
    frame_end(out, begin);
    inbox->taken = 0;
}

/* Gives back what the body has not got, and with TRIED what it has in hand. */
static void give_back(struct worker *worker, size_t index, bool tried)
{
    struct inbox *inbox = &worker->inboxes[index];
    struct buf *out = &worker->channel.pending;
    size_t begin = frame_begin(out, FRAME_RETURN);
    frame_u32(out, inbox->in_hand && !tried);
    frame_u8(out, tried);
    frame_text(out, worker->config.queues.consumes.items[index]);
    frame_end(out, begin);
    buf_clear(&inbox->bytes);
    inbox->from = 0;
    inbox->want = 1;
}

void inboxes_tidy(struct worker *worker, bool body_takes_long)
{
    for (size_t i = 0; worker->inboxes && i < worker->config.queues.consumes.count; i++) {
        struct inbox *inbox = &worker->inboxes[i];
        tell_taken(worker, i);
        if (is_empty(inbox))
            continue;
        if (body_takes_long || clock_monotonic() - inbox->came_at > LONG_TIME)
            give_back(worker, i, false);
    }
}

void inboxes_settle(struct worker *worker, bool well)
{
    for (size_t i = 0; worker->inboxes && i < worker->config.queues.consumes.count; i++) {
        struct inbox *inbox = &worker->inboxes[i];
        bool in_hand = inbox->in_hand;
        inbox->taken += in_hand && well;
        tell_taken(worker, i);
        if (in_hand && !well)
            give_back(worker, i, true);
        inbox->in_hand = false;
    }
}

void inboxes_release(struct worker *worker)
{
    for (size_t i = 0; worker->inboxes && i < worker->config.queues.consumes.count; i++)
        buf_release(&worker->inboxes[i].bytes);
    free(worker->inboxes);
}

/* How many to ask for, by how long the last ones have lasted. */
static uint32_t next_want(const struct inbox *inbox)
{
    if (!inbox->want || clock_monotonic() - inbox->came_at > USE_TIME)
        return inbox->want > 4 ? inbox->want / 4 : 1;
    return inbox->want * 2 > WANT_MOST ? WANT_MOST : inbox->want * 2;
}

static int ask(struct worker *worker, size_t index, double timeout, struct error *error)
{
    struct inbox *inbox = &worker->inboxes[index];
    struct buf *out = &worker->channel.pending;
    inbox->want = next_want(inbox);
    tell_taken(worker, index);
    size_t begin = frame_begin(out, FRAME_GET);
    frame_i64(out, timeout < 0 ? -1 : (int64_t)(timeout * (double)NS_PER_S));
    frame_u32(out, inbox->want);
    frame_text(out, worker->config.queues.consumes.items[index]);
    frame_end(out, begin);
    int result = host_wait_for_answer(worker, error);
    buf_clear(&inbox->bytes);
    inbox->from = 0;
    if (worker->reply.answer == ANSWER_MESSAGE) {
        struct buf empty = inbox->bytes;
        inbox->bytes = worker->reply.message;
        worker->reply.message = empty;
        inbox->came_at = clock_monotonic();
    }
    return result;
}

static void take(struct worker *worker, struct inbox *inbox, bool keep, struct buf *encoded)
{
    uint32_t size = 0;
    size_t left = inbox->bytes.length - inbox->from;
    if (left >= sizeof(size))
        memcpy(&size, inbox->bytes.data + inbox->from, sizeof(size));
    size = le32toh(size);
    if (left < sizeof(size) || size > left - sizeof(size))
        worker_abandon(worker, 2); /* what came are no messages */
    buf_move(encoded, inbox->bytes.data + inbox->from + sizeof(size), size);
    inbox->from += sizeof(size) + size;
    if (is_empty(inbox)) {
        buf_clear(&inbox->bytes);
        buf_trim(&inbox->bytes);
        inbox->from = 0;
    }
    inbox->in_hand = keep;
    inbox->taken += !keep;
}

int inbox_get(struct worker *worker, size_t index, double timeout, bool keep, struct buf *encoded,
              struct error *error)
{
    if (!worker->inboxes)
        worker->inboxes = mem_calloc(worker->config.queues.consumes.count, sizeof(struct inbox));
    struct inbox *inbox = &worker->inboxes[index];
    inbox->taken += inbox->in_hand; /* the body has come back for the next */
    inbox->in_hand = false;
    if (is_empty(inbox)) {
        int result = ask(worker, index, timeout, error);
        if (result)
            return result; /* what came all the same is there for the next task */
        if (worker->reply.answer == ANSWER_TIMEOUT)
            return 0;
        if (worker->reply.answer == ANSWER_CLOSED)
            return 2;
    } else if (host_must_end(worker, error)) {
        return error->code;
    }
    take(worker, inbox, keep, encoded);
    if (!keep && is_empty(inbox)) { /* what comes one by one is acknowledged one by one */
        tell_taken(worker, index);
        channel_flush(worker, false);
    }
    return 1;
}
