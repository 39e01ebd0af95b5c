/* Writing the messages of a queue into a child's pipe. */
#include "child/stream_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "loop/pipe.h"
#include "loop/timer.h"
#include "queue/backlog.h"
#include "queue/consumer.h"
#include "queue/queue.h"

/*
 * Where a child is the only one to read the queue it gets much at a time. Where several share it,
 * each gets little, so that a slow one does not sit on messages that another could take.
 */
#define ROOM_ALONE (256 << 10)
#define ROOM_SHARED 4096

/* How soon is looked whether a child has read what it was given, and how seldom at last. */
#define LOOK_FIRST (10 * NS_PER_MS)
#define LOOK_LAST (1 * NS_PER_S)

/* A child that has read nothing for so many looks, while others wait, has enough. */
#define LOOKS_STUCK 4

struct feed {
    struct run *run;
    struct queue *queue;
    struct taker *taker;
    struct backlog *backlog; /* with one nothing stands in HISTORY, and it owns the taker */
    struct writer *writer;
    struct waiter waiter;
    struct feed_callbacks callbacks;
    void *arg;
    size_t room;        /* bytes that the pipe holds, and that are taken at a time */
    struct buf history; /* whole messages, the last given to the pipe: at least all unread */
    int probe;          /* tells how much is unread once FD is closed; or -1 */
    bool shared;        /* others take from the queue too, or want to know what was read */
    struct timer *look; /* of a shared queue: whether the child has read */
    int64_t wait;       /* until the next look */
    size_t seen;        /* unread at the last look */
    unsigned stuck;     /* looks at which that was the same */
    bool passed_over;   /* it gets nothing more before it has read what it has */
    bool closing;       /* the queue has ended, and the child has not read all */
    bool finished;      /* the queue has ended, and so has the pipe */
    bool ended;
    size_t left;   /* bytes that were not read, once it is ended */
    size_t unsure; /* messages that were, and may not be done */
};

/* Bytes in the pipe. */
static size_t in_pipe(const struct feed *feed)
{
    int bytes = 0;
    int fd = writer_fd(feed->writer) >= 0 ? writer_fd(feed->writer) : feed->probe;
    if (fd >= 0)
        ioctl(fd, FIONREAD, &bytes);
    return (size_t)bytes;
}

/* Bytes that were taken from the queue and not yet read by the child. */
static size_t unread(const struct feed *feed)
{
    return writer_pending(feed->writer) + in_pipe(feed);
}

/* What the child has read of a durable queue need not last any more. */
static void tell_read(struct feed *feed)
{
    if (!feed->backlog && taker_knows_each(feed->taker))
        taker_read_stream(feed->taker, unread(feed));
}

/* Forgets what the child has surely read. */
static void trim_history(struct feed *feed)
{
    size_t needed = 2 * feed->room + writer_pending(feed->writer);
    struct buf *history = &feed->history;
    if (history->length > 2 * needed + feed->room)
        buf_consume(history, framing_floor(queue_framing(feed->queue), history->data,
                                           history->length, history->length - needed));
}

/* Another descriptor of the pipe, from which can be read; or -1. */
static int open_probe(const struct feed *feed)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", writer_fd(feed->writer));
    return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

/* The next messages for the child. */
static enum take_result take(struct feed *feed, struct error *error)
{
    if (!feed->backlog)
        return taker_take_stream(feed->taker, &feed->history, feed->room, error);
    buf_clear(&feed->history); /* the writer has it, and the backlog */
    return backlog_take(feed->backlog, &feed->history, feed->room, error);
}

/* Nothing follows: the child is to see the end, and may still leave some of the pipe unread. */
static void feed_finish(struct feed *feed)
{
    feed->probe = open_probe(feed);
    feed->finished = true;
    writer_finish(feed->writer);
}

/* Looks soon whether the child has read what it was just given: others may wait for that. */
static void look_again(struct feed *feed)
{
    if (!feed->shared)
        return;
    taker_set_unread(feed->taker, true);
    feed->wait = LOOK_FIRST;
    feed->stuck = 0;
    feed->seen = (size_t)-1;
    timer_start(feed->look, feed->wait);
}

static void feed_pump(struct feed *feed)
{
    if (feed->ended || feed->finished || feed->passed_over || writer_pending(feed->writer))
        return;
    struct error error = {0};
    tell_read(feed);
    trim_history(feed);
    size_t start = feed->backlog ? 0 : feed->history.length;
    enum take_result result = take(feed, &error);
    if (error.code) {
        error_wrap(&error, "queue %s", queue_name(feed->queue));
        feed->callbacks.wrong(feed->arg, error.text);
    }
    error_release(&error);
    feed->closing = result == TAKE_CLOSED && feed->shared && unread(feed);
    if (feed->closing)
        return; /* as long as it can be taken back, another may have it */
    if (result == TAKE_CLOSED) {
        feed_finish(feed);
    } else if (feed->history.length > start) {
        writer_put(feed->writer, feed->history.data + start, feed->history.length - start);
        look_again(feed);
    } else {
        taker_wait(feed->taker, &feed->waiter);
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

/* Reads back what is in the pipe; its bytes are the last of the history. */
static size_t read_back(struct feed *feed)
{
    size_t most = in_pipe(feed);
    char *bytes = mem_calloc(most + 1, 1);
    int probe = open_probe(feed);
    ssize_t length = probe >= 0 ? read(probe, bytes, most) : 0;
    if (probe >= 0)
        close(probe);
    free(bytes);
    return length > 0 ? (size_t)length : 0;
}

/*
 * Takes back the messages that the child has not begun to read, for others who wait for them. The
 * rest of one that it has begun goes into the pipe again: nobody else writes there, and one read takes
 * all that is in it, so the child cannot see the difference.
 */
static void pass_over(struct feed *feed)
{
    enum framing framing = queue_framing(feed->queue);
    struct buf *history = &feed->history;
    size_t length = writer_forget(feed->writer);
    length += read_back(feed);
    size_t from = history->length - length;
    size_t begun = framing_floor(framing, history->data, history->length, from);
    size_t end = begun;
    if (begun < from) {
        size_t count;
        end += framing_measure(framing, history->data + begun, history->length - begun, 1, &count);
        writer_put(feed->writer, history->data + from, end - from);
    }
    feed->passed_over = true;
    queue_unwait(feed->queue, &feed->waiter);
    taker_return_stream(feed->taker, buf_string(history) + end, history->length - end);
    buf_truncate(history, end);
}

/* The child has read all: it may have more, and nothing of it can come back. */
static void has_read_all(struct feed *feed)
{
    bool waits = !feed->passed_over && !feed->closing;
    feed->passed_over = false;
    tell_read(feed);
    taker_set_unread(feed->taker, false);
    if (!waits)
        feed_pump(feed);
}

static void on_look(void *arg)
{
    struct feed *feed = arg;
    if (feed->ended)
        return;
    size_t left = unread(feed);
    if (!left) {
        has_read_all(feed);
        return;
    }
    bool awaited = taker_is_awaited(feed->taker);
    feed->stuck = awaited && left == feed->seen ? feed->stuck + 1 : 0;
    feed->seen = left;
    if (feed->stuck == LOOKS_STUCK && !feed->finished && !feed->passed_over)
        pass_over(feed);
    if (feed->wait < LOOK_LAST && (!awaited || feed->passed_over))
        feed->wait *= 2;
    timer_start(feed->look, feed->wait);
}

struct feed *feed_new(struct run *run, int fd, struct queue *queue, const char *consumer,
                      struct backlog *backlog, const struct feed_callbacks *callbacks, void *arg)
{
    static const struct writer_callbacks writer_callbacks = {.drained = on_drained,
                                                             .failed = on_failed};
    struct feed *feed = mem_calloc(1, sizeof(*feed));
    feed->run = run;
    feed->queue = queue;
    feed->backlog = backlog;
    feed->taker = backlog ? backlog_taker(backlog) : taker_new(queue, consumer, TAKER_STREAM);
    feed->probe = -1;
    feed->callbacks = *callbacks;
    feed->arg = arg;
    feed->waiter = (struct waiter){.function = on_message, .arg = feed};
    bool little = taker_is_shared(feed->taker) || taker_knows_each(feed->taker);
    feed->shared = little && !backlog;
    if (feed->shared)
        feed->look = timer_new(run->loop, on_look, feed);
    fcntl(fd, F_SETPIPE_SZ, little ? ROOM_SHARED : ROOM_ALONE);
    int room = fcntl(fd, F_GETPIPE_SZ);
    feed->room = room > 0 ? (size_t)room : ROOM_SHARED;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    feed->writer = writer_new(run->loop, fd, &writer_callbacks, feed);
    if (backlog) {
        backlog_begin(backlog);
        feed_pump(feed);
    } else {
        taker_wait(feed->taker, &feed->waiter);
    }
    return feed;
}

bool feed_is_drained(const struct feed *feed)
{
    return feed->ended || (queue_is_empty(feed->queue) && !unread(feed) &&
                           !(feed->backlog && backlog_is_owed(feed->backlog)));
}

bool feed_waits(const struct feed *feed)
{
    return !feed->ended && feed->waiter.waiting && !unread(feed);
}

/* What the child has read last, as much as it may have read at once: it may still stand in a buffer of
 * its own. READ is a border between messages. */
static void count_unsure(struct feed *feed, size_t read)
{
    enum framing framing = queue_framing(feed->queue);
    size_t from = read > feed->room
                      ? framing_floor(framing, feed->history.data, feed->history.length,
                                      read - feed->room)
                      : 0;
    if (read > from)
        framing_measure(framing, feed->history.data + from, read - from, (size_t)-1, &feed->unsure);
}

/* Gives back what the child had not read. */
static void return_unread(struct feed *feed)
{
    size_t left = feed->left < feed->history.length ? feed->left : feed->history.length;
    /* A message that was read in part was not taken. */
    size_t from = framing_floor(queue_framing(feed->queue), feed->history.data,
                                feed->history.length, feed->history.length - left);
    count_unsure(feed, from);
    if (taker_knows_each(feed->taker))
        taker_read_stream(feed->taker, feed->history.length - from);
    taker_return_stream(feed->taker, buf_string(&feed->history) + from,
                        feed->history.length - from);
    taker_free(feed->taker);
}

void feed_end(struct feed *feed)
{
    if (feed->ended)
        return;
    feed->ended = true;
    queue_unwait(feed->queue, &feed->waiter);
    feed->left = unread(feed);
    if (!feed->backlog)
        return_unread(feed);
    feed->taker = NULL;
    if (feed->look)
        timer_stop(feed->look);
    buf_clear(&feed->history);
}

size_t feed_unsure(const struct feed *feed, bool killed)
{
    bool at_end = feed->finished && !feed->left;
    return at_end && !killed ? 0 : feed->unsure;
}

size_t feed_unread(const struct feed *feed)
{
    return feed->left;
}

void feed_free(struct feed *feed)
{
    if (!feed)
        return;
    feed_end(feed);
    writer_free(feed->writer);
    timer_free(feed->look);
    if (feed->probe >= 0)
        close(feed->probe);
    buf_release(&feed->history);
    free(feed);
}
