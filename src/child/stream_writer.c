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
#include "base/clock.h"
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
 * each gets a part of what is there, a page at most, and the next when it has read that. While another
 * one waits and nothing is left, half of what a child has not begun to read is taken back for it at each look.
 */
#define ROOM_ALONE (256 << 10)
#define ROOM_SHARED 4096

/* How soon is looked whether a child has read what it was given, and how seldom at last where nobody waits for it. */
#define LOOK_FIRST (10 * NS_PER_MS)
#define LOOK_LAST (1 * NS_PER_S)

/* A child that has read nothing for so many looks, while others wait, has enough. */
#define LOOKS_STUCK 4

/* A child that has read so many times in a row what it was given within this time gets all that goes into its pipe, as it
 * comes back for more soon. The first ones tell nothing: a program reads much at once and works on it then. */
#define QUICK_TIME (5 * NS_PER_MS)
#define QUICK_LEAST 4

/* Of a shared queue: whether the child has read. */
struct looks {
    struct timer *timer;
    int64_t wait;   /* until the next */
    size_t seen;    /* unread at the last one */
    unsigned stuck; /* so many in a row at which that was the same */
};

struct stream_writer {
    struct run *run;
    struct queue *queue;
    struct consumer *consumer;
    struct backlog *backlog; /* it owns the consumer */
    struct pipe_writer *writer;
    struct waiter waiter;
    struct waiter awaited; /* of one whose child has something unread */
    struct stream_writer_callbacks callbacks;
    void *arg;
    size_t room;        /* bytes that the pipe holds, and that are taken at a time */
    struct buf history; /* the last given to the pipe: at least all unread, from the begin of a message on */
    int probe;          /* tells how much is unread once FD is closed; or -1 */
    bool shared;        /* others take from the queue too, or want to know what was read */
    bool by_page;       /* of a shared one: the pipe takes bytes when all that stands in it was read */
    struct looks look;
    int64_t given_at;   /* when it was given something last */
    unsigned quick;     /* so many times in a row it had read that soon */
    bool yields;        /* it was passed over, and has read nothing since */
    bool passed_over;   /* it gets nothing more before it has read what it has */
    bool finished;      /* the queue has ended, and so has the pipe */
    bool ended;
    size_t left;   /* bytes that were not read, once it is ended */
    size_t unsure; /* messages that were, and may not be done */
};

/* Bytes in the pipe. */
static size_t in_pipe(const struct stream_writer *writer)
{
    int bytes = 0;
    int fd = writer_fd(writer->writer) >= 0 ? writer_fd(writer->writer) : writer->probe;
    if (fd >= 0)
        ioctl(fd, FIONREAD, &bytes);
    return (size_t)bytes;
}

/* Bytes that were taken from the queue and not yet read by the child. */
static size_t unread(const struct stream_writer *writer)
{
    return writer_pending(writer->writer) + in_pipe(writer);
}

/* What the child has read of a durable queue need not last any more. */
static void tell_read(struct stream_writer *writer)
{
    if (!writer->backlog && consumer_knows_each(writer->consumer))
        consumer_read_stream(writer->consumer, unread(writer));
}

/* Forgets what the child has surely read. */
static void trim_history(struct stream_writer *writer)
{
    size_t needed = 2 * writer->room + writer_pending(writer->writer);
    struct buf *history = &writer->history;
    if (history->length > 2 * needed + writer->room)
        buf_consume(history, framing_floor(queue_framing(writer->queue), history->data,
                                           history->length, history->length - needed));
    buf_trim(history);
}

/* Another descriptor of the pipe, from which can be read; or -1. */
static int open_probe(const struct stream_writer *writer)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", writer_fd(writer->writer));
    return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

/* The next messages for the child. */
static enum take_result take(struct stream_writer *writer, struct error *error)
{
    bool fair = writer->quick < QUICK_LEAST;
    if (!writer->backlog)
        return consumer_receive_stream(writer->consumer, &writer->history, writer->room, fair, error);
    return backlog_take(writer->backlog, &writer->history, writer->room, fair, error);
}

/* Nothing follows: the child is to see the end, and may still leave some of the pipe unread. */
static void stream_writer_finish(struct stream_writer *writer)
{
    writer->probe = open_probe(writer);
    writer->finished = true;
    writer_finish(writer->writer);
}

/* Looks soon whether the child has read what it has: others wait for that. */
static void look_soon(struct stream_writer *writer)
{
    writer->look.wait = LOOK_FIRST;
    writer->look.stuck = 0;
    timer_start(writer->look.timer, writer->look.wait);
}

static void on_awaited(void *arg)
{
    struct stream_writer *writer = arg;
    if (!writer->ended)
        look_soon(writer);
}

/* The child was just given something. */
static void given(struct stream_writer *writer)
{
    if (!writer->shared)
        return;
    if (!writer->backlog)
        consumer_set_unread(writer->consumer, true);
    writer->look.seen = (size_t)-1;
    writer->given_at = clock_monotonic();
    look_soon(writer);
}

/* Nothing is there for the child, which has read all: nothing of it can come back, unless it is given again as a whole. */
static void rest(struct stream_writer *writer)
{
    if (!writer->shared)
        return;
    if (writer->backlog)
        backlog_read(writer->backlog);
    else
        consumer_set_unread(writer->consumer, false);
    timer_stop(writer->look.timer);
    queue_unwait(writer->queue, &writer->awaited);
}

/* Gives the child the next messages; waits for some where there are none. */
static void feed(struct stream_writer *writer)
{
    if (writer->ended || writer->finished || writer->passed_over || writer_pending(writer->writer))
        return;
    struct error error = {0};
    tell_read(writer);
    if (writer->backlog && !writer->shared)
        buf_clear(&writer->history); /* the writer has it, and the backlog */
    else
        trim_history(writer);
    size_t start = writer->history.length;
    enum take_result result = take(writer, &error);
    if (error.code) {
        error_wrap(&error, "queue %s", queue_name(writer->queue));
        writer->callbacks.wrong(writer->arg, error.text);
    }
    error_release(&error);
    if (writer->history.length == start && writer->shared && unread(writer)) {
        if (writer->by_page) /* else it is seen at the next look */
            writer_await_room(writer->writer);
        return; /* as long as that can be taken back, another may have it */
    }
    if (writer->history.length > start) {
        writer_lend(writer->writer, writer->history.data + start, writer->history.length - start);
        given(writer);
        return;
    }
    rest(writer);
    if (result == TAKE_CLOSED)
        stream_writer_finish(writer);
    else
        consumer_wait(writer->consumer, &writer->waiter);
}

/* The same, once it has read what it has: others may have the rest meanwhile. */
static void stream_writer_pump(struct stream_writer *writer)
{
    if (writer->by_page && !writer->finished && in_pipe(writer))
        writer_await_room(writer->writer);
    else
        feed(writer);
}

static void on_message(void *arg)
{
    stream_writer_pump(arg);
}

static bool was_given_just_now(const struct stream_writer *writer)
{
    return clock_monotonic() - writer->given_at <= QUICK_TIME;
}

/* The child has read all and may have more. One that had nothing to read has shown nothing. */
static void has_read_all(struct stream_writer *writer)
{
    writer->quick = was_given_just_now(writer) ? writer->quick + 1 : 0;
    writer->passed_over = false;
    if (writer->yields && writer->look.seen) {
        consumer_yield(writer->consumer, false);
        writer->yields = false;
    }
    feed(writer);
}

static void on_drained(void *arg)
{
    struct stream_writer *writer = arg;
    bool quick = writer->quick >= QUICK_LEAST && was_given_just_now(writer);
    if (!writer->shared || writer->finished || quick)
        feed(writer);
    else if (in_pipe(writer))
        stream_writer_pump(writer);
    else
        has_read_all(writer);
    if (queue_is_empty(writer->queue))
        run_poke(writer->run);
}

static void on_failed(void *arg, int status)
{
    (void)status; /* the child closed its end: what it has not read goes back */
    stream_writer_end(arg);
}

/* Reads back what is in the pipe; its bytes are the last of the history. */
static size_t read_back(struct stream_writer *writer)
{
    size_t most = in_pipe(writer);
    char *bytes = mem_calloc(most + 1, 1);
    int probe = open_probe(writer);
    ssize_t length = probe >= 0 ? read(probe, bytes, most) : 0;
    if (probe >= 0)
        close(probe);
    free(bytes);
    return length > 0 ? (size_t)length : 0;
}

/* Of the messages that end HISTORY and begin at byte FROM: behind how many bytes those begin that are taken back. */
static size_t find_border(const struct stream_writer *writer, size_t from, bool all)
{
    enum framing framing = queue_framing(writer->queue);
    const char *bytes = writer->history.data + from;
    size_t length = writer->history.length - from;
    size_t count, kept;
    if (all || !length)
        return from;
    framing_measure(framing, bytes, length, (size_t)-1, &count);
    return from + framing_measure(framing, bytes, length, count - count / 2, &kept);
}

/*
 * Takes back ALL messages that the child has not begun to read, or the last half of them, for others who wait. What it
 * keeps goes into the pipe again: nobody else writes there, and one read takes all that is in it, so the child cannot
 * see the difference.
 */
static void take_back(struct stream_writer *writer, bool all)
{
    enum framing framing = queue_framing(writer->queue);
    struct buf *history = &writer->history;
    size_t length = writer_forget(writer->writer);
    length += read_back(writer);
    size_t from = history->length - length;
    size_t begun = framing_floor(framing, history->data, history->length, from);
    size_t whole = begun;
    if (begun < from) {
        size_t count;
        whole += framing_measure(framing, history->data + begun, history->length - begun, 1, &count);
    }
    size_t end = find_border(writer, whole, all);
    if (end > from)
        writer_put(writer->writer, history->data + from, end - from);
    if (writer->backlog)
        backlog_return(writer->backlog, buf_string(history) + end, history->length - end);
    else
        consumer_requeue_stream(writer->consumer, buf_string(history) + end, history->length - end);
    buf_truncate(history, end);
    writer->look.seen = end - from;
}

/* The child reads no more: it gets nothing before it does, and then when nobody else waits. */
static void pass_over(struct stream_writer *writer)
{
    writer->passed_over = true;
    queue_unwait(writer->queue, &writer->waiter);
    writer->yields = true;
    consumer_yield(writer->consumer, true);
    take_back(writer, true);
}

/* Others wait: they may have what the child has not begun to read. */
static void share(struct stream_writer *writer, size_t left)
{
    writer->look.stuck = left == writer->look.seen ? writer->look.stuck + 1 : 0;
    writer->look.seen = left;
    if (writer->finished || writer->passed_over || !consumer_may_pass_on(writer->consumer) ||
        (writer->backlog && !backlog_is_all_given(writer->backlog)))
        return;
    if (writer->look.stuck >= LOOKS_STUCK)
        pass_over(writer);
    else
        take_back(writer, false);
}

static void on_look(void *arg)
{
    struct stream_writer *writer = arg;
    if (writer->ended)
        return;
    size_t left = unread(writer);
    if (!left) {
        has_read_all(writer);
        return;
    }
    bool awaited = consumer_is_awaited(writer->consumer);
    if (awaited) {
        share(writer, left);
    } else {
        writer->look.stuck = 0;
        writer->look.seen = left;
        consumer_wait_awaited(writer->consumer, &writer->awaited);
    }
    if (writer->look.wait < LOOK_LAST && (!awaited || writer->passed_over))
        writer->look.wait *= 2;
    timer_start(writer->look.timer, writer->look.wait);
}

struct stream_writer *stream_writer_new(struct run *run, int fd, struct queue *queue,
                                        const char *consumer, struct backlog *backlog,
                                        const struct stream_writer_callbacks *callbacks, void *arg)
{
    static const struct writer_callbacks writer_callbacks = {.drained = on_drained,
                                                             .failed = on_failed};
    struct stream_writer *writer = mem_calloc(1, sizeof(*writer));
    writer->run = run;
    writer->queue = queue;
    writer->backlog = backlog;
    writer->consumer =
        backlog ? backlog_consumer(backlog) : consumer_new(queue, consumer, CONSUMER_STREAM);
    writer->probe = -1;
    writer->callbacks = *callbacks;
    writer->arg = arg;
    writer->waiter = (struct waiter){.function = on_message, .arg = writer};
    writer->awaited = (struct waiter){.function = on_awaited, .arg = writer};
    bool little = consumer_is_shared(writer->consumer) || consumer_knows_each(writer->consumer);
    writer->shared = little && (!backlog || consumer_is_shared(writer->consumer));
    if (writer->shared)
        writer->look.timer = timer_new(run->loop, on_look, writer);
    fcntl(fd, F_SETPIPE_SZ, little ? ROOM_SHARED : ROOM_ALONE);
    int room = fcntl(fd, F_GETPIPE_SZ);
    writer->room = room > 0 ? (size_t)room : ROOM_SHARED;
    writer->by_page = writer->shared && room == sysconf(_SC_PAGESIZE);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    writer->writer = writer_new(run->loop, fd, &writer_callbacks, writer);
    if (backlog) {
        backlog_begin(backlog);
        stream_writer_pump(writer);
    } else {
        consumer_wait(writer->consumer, &writer->waiter);
    }
    return writer;
}

bool stream_writer_is_drained(const struct stream_writer *writer)
{
    return writer->ended || (queue_is_empty(writer->queue) && !unread(writer) &&
                             !(writer->backlog && backlog_is_owed(writer->backlog)));
}

bool stream_writer_waits(const struct stream_writer *writer)
{
    return !writer->ended && writer->waiter.waiting && !unread(writer);
}

/* What the child has read last, as much as it may have read at once: it may still stand in a buffer of
 * its own. READ is a border between messages. */
static void count_unsure(struct stream_writer *writer, size_t read)
{
    enum framing framing = queue_framing(writer->queue);
    size_t from = read > writer->room ? framing_floor(framing, writer->history.data,
                                                      writer->history.length, read - writer->room)
                                      : 0;
    if (read > from)
        framing_measure(framing, writer->history.data + from, read - from, (size_t)-1,
                        &writer->unsure);
}

/* Gives back what the child had not read. */
static void return_unread(struct stream_writer *writer)
{
    size_t left = writer->left < writer->history.length ? writer->left : writer->history.length;
    /* A message that was read in part was not taken. */
    size_t from = framing_floor(queue_framing(writer->queue), writer->history.data,
                                writer->history.length, writer->history.length - left);
    count_unsure(writer, from);
    if (consumer_knows_each(writer->consumer))
        consumer_read_stream(writer->consumer, writer->history.length - from);
    consumer_requeue_stream(writer->consumer, buf_string(&writer->history) + from,
                            writer->history.length - from);
    consumer_free(writer->consumer);
}

void stream_writer_end(struct stream_writer *writer)
{
    if (writer->ended)
        return;
    writer->ended = true;
    queue_unwait(writer->queue, &writer->waiter);
    queue_unwait(writer->queue, &writer->awaited);
    writer->left = unread(writer);
    if (!writer->backlog)
        return_unread(writer);
    writer->consumer = NULL;
    if (writer->look.timer)
        timer_stop(writer->look.timer);
    writer_forget(writer->writer); /* it was given back, or is not needed any more */
    buf_clear(&writer->history);
}

size_t stream_writer_unsure(const struct stream_writer *writer, bool killed)
{
    bool at_end = writer->finished && !writer->left;
    return at_end && !killed ? 0 : writer->unsure;
}

size_t stream_writer_unread(const struct stream_writer *writer)
{
    return writer->left;
}

void stream_writer_free(struct stream_writer *writer)
{
    if (!writer)
        return;
    stream_writer_end(writer);
    writer_free(writer->writer);
    timer_free(writer->look.timer);
    if (writer->probe >= 0)
        close(writer->probe);
    buf_release(&writer->history);
    free(writer);
}
