/* Writing the messages of a queue into a child's pipe. */
#include "object/feed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "loop/pipe.h"
#include "object/queue.h"

/*
 * Where a child is the only one to read the queue it gets much at a time. Where several share it,
 * each gets little, so that a slow one does not sit on messages that another could take.
 */
#define ROOM_ALONE (256 << 10)
#define ROOM_SHARED 4096

struct feed {
    struct run *run;
    struct queue *queue;
    struct writer *writer;
    struct waiter waiter;
    struct feed_callbacks callbacks;
    void *arg;
    size_t room;        /* bytes that the pipe holds, and that are taken at a time */
    struct buf history; /* whole messages, the last given to the pipe: at least all that may be unread */
    int probe;          /* reads nothing, but tells how much is unread once FD is closed; or -1 */
    bool finished;      /* the queue has ended */
    bool ended;
};

/* Bytes that were taken from the queue and not yet read by the child. */
static size_t unread(const struct feed *feed)
{
    int in_pipe = 0;
    int fd = writer_fd(feed->writer) >= 0 ? writer_fd(feed->writer) : feed->probe;
    if (fd >= 0)
        ioctl(fd, FIONREAD, &in_pipe);
    return writer_pending(feed->writer) + (size_t)in_pipe;
}

/* Forgets what the child has surely read. */
static void trim_history(struct feed *feed)
{
    size_t needed = feed->room + writer_pending(feed->writer);
    struct buf *history = &feed->history;
    if (history->length > 2 * needed + feed->room)
        buf_consume(history, framing_floor(queue_framing(feed->queue), history->data,
                                           history->length, history->length - needed));
}

/* Nothing follows: the child is to see the end, and may still leave some of the pipe unread. */
static void feed_finish(struct feed *feed)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", writer_fd(feed->writer));
    feed->probe = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    feed->finished = true;
    writer_finish(feed->writer);
}

static void feed_pump(struct feed *feed)
{
    if (feed->ended || feed->finished || writer_pending(feed->writer))
        return;
    struct error error = {0};
    trim_history(feed);
    size_t start = feed->history.length;
    enum take_result result = queue_take_stream(feed->queue, &feed->history, feed->room, &error);
    if (error.code) {
        error_wrap(&error, "queue %s", queue_name(feed->queue));
        feed->callbacks.wrong(feed->arg, error.text);
    }
    error_release(&error);
    if (result == TAKE_CLOSED) {
        feed_finish(feed);
    } else if (feed->history.length > start) {
        writer_put(feed->writer, feed->history.data + start, feed->history.length - start);
    } else {
        queue_wait_message(feed->queue, &feed->waiter);
    }
}

static void on_message(void *arg)
{
    feed_pump(arg);
}

static void on_drained(void *arg)
{
    struct feed *feed = arg;
    feed_pump(feed);
    if (queue_is_empty(feed->queue))
        run_poke(feed->run);
}

static void on_failed(void *arg, int status)
{
    (void)status; /* the child closed its end: what it has not read goes back */
    feed_end(arg);
}

struct feed *feed_new(struct run *run, int fd, struct queue *queue,
                      const struct feed_callbacks *callbacks, void *arg)
{
    static const struct writer_callbacks writer_callbacks = {.drained = on_drained,
                                                             .failed = on_failed};
    struct feed *feed = mem_calloc(1, sizeof(*feed));
    feed->run = run;
    feed->queue = queue;
    feed->probe = -1;
    feed->callbacks = *callbacks;
    feed->arg = arg;
    feed->waiter = (struct waiter){.function = on_message, .arg = feed};
    fcntl(fd, F_SETPIPE_SZ, queue_stream_consumers(queue) > 1 ? ROOM_SHARED : ROOM_ALONE);
    int room = fcntl(fd, F_GETPIPE_SZ);
    feed->room = room > 0 ? (size_t)room : ROOM_SHARED;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    feed->writer = writer_new(run->loop, fd, &writer_callbacks, feed);
    queue_wait_message(queue, &feed->waiter);
    return feed;
}

bool feed_is_drained(const struct feed *feed)
{
    return feed->ended || (queue_is_empty(feed->queue) && !unread(feed));
}

void feed_end(struct feed *feed)
{
    if (feed->ended)
        return;
    feed->ended = true;
    queue_unwait(feed->queue, &feed->waiter);
    size_t left = unread(feed);
    if (left > feed->history.length)
        left = feed->history.length;
    /* A message that was read in part was not taken. */
    size_t from = framing_floor(queue_framing(feed->queue), feed->history.data,
                                feed->history.length, feed->history.length - left);
    queue_return_stream(feed->queue, buf_string(&feed->history) + from,
                        feed->history.length - from);
    buf_clear(&feed->history);
}

void feed_free(struct feed *feed)
{
    if (!feed)
        return;
    feed_end(feed);
    writer_free(feed->writer);
    if (feed->probe >= 0)
        close(feed->probe);
    buf_release(&feed->history);
    free(feed);
}
