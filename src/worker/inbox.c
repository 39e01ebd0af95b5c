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
    frame_text(out, worker->config.consumes.items[index]);
    frame_end(out, begin);
    inbox->taken = 0;
}

static void give_back(struct worker *worker, size_t index)
{
    struct inbox *inbox = &worker->inboxes[index];
    struct buf *out = &worker->channel.pending;
    if (is_empty(inbox))
        return;
    size_t begin = frame_begin(out, FRAME_RETURN);
    frame_text(out, worker->config.consumes.items[index]);
    frame_end(out, begin);
    buf_clear(&inbox->bytes);
    inbox->from = 0;
    inbox->want = 1;
}

void inboxes_tidy(struct worker *worker, bool body_takes_long)
{
    for (size_t i = 0; worker->inboxes && i < worker->config.consumes.count; i++) {
        struct inbox *inbox = &worker->inboxes[i];
        tell_taken(worker, i);
        if (is_empty(inbox))
            continue;
        if (body_takes_long || clock_monotonic() - inbox->came_at > LONG_TIME)
            give_back(worker, i);
    }
}

void inboxes_release(struct worker *worker)
{
    for (size_t i = 0; worker->inboxes && i < worker->config.consumes.count; i++)
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
    frame_text(out, worker->config.consumes.items[index]);
    frame_end(out, begin);
    int result = host_wait_for_answer(worker, error);
    buf_clear(&inbox->bytes);
    inbox->from = 0;
    if (worker->answer == ANSWER_MESSAGE) {
        buf_append(&inbox->bytes, worker->message.data, worker->message.length);
        inbox->came_at = clock_monotonic();
    }
    return result;
}

static void take(struct worker *worker, struct inbox *inbox, struct buf *encoded)
{
    uint32_t size = 0;
    size_t left = inbox->bytes.length - inbox->from;
    if (left >= sizeof(size))
        memcpy(&size, inbox->bytes.data + inbox->from, sizeof(size));
    size = le32toh(size);
    if (left < sizeof(size) || size > left - sizeof(size))
        worker_abandon(worker, 2); /* what came are no messages */
    buf_append(encoded, inbox->bytes.data + inbox->from + sizeof(size), size);
    inbox->from += sizeof(size) + size;
    inbox->taken++;
}

int inbox_get(struct worker *worker, size_t index, double timeout, struct buf *encoded,
              struct error *error)
{
    if (!worker->inboxes)
        worker->inboxes = mem_calloc(worker->config.consumes.count, sizeof(struct inbox));
    struct inbox *inbox = &worker->inboxes[index];
    if (is_empty(inbox)) {
        int result = ask(worker, index, timeout, error);
        if (result)
            return result; /* what came all the same is there for the next task */
        if (worker->answer == ANSWER_TIMEOUT)
            return 0;
        if (worker->answer == ANSWER_CLOSED)
            return 2;
    } else if (host_must_end(worker, error)) {
        return error->code;
    }
    take(worker, inbox, encoded);
    return 1;
}
