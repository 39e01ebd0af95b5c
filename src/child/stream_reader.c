/* Reading a child's pipe to its end. */
#include "child/stream_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/unit.h"
#include "loop/pipe.h"
#include "loop/timer.h"
#include "os/pty_answer.h"
#include "queue/queue.h"

/* A longer line goes to the log in pieces of this size. */
#define LINE_LONGEST (64u << 10)

/* What has come of a line is told so long after its beginning: a prompt, or dots of progress. Whatever is in
 * the pipe by then belongs to it. */
#define LINE_PATIENCE (500 * NS_PER_MS)

/* Room in the kernel for a pipe that feeds a queue: fewer switches between the two sides. */
#define PIPE_ROOM (256 << 10)

/* The last message of a queue's stream. */
struct last {
    bool unended;   /* no end of it has come, and its writer is not judged */
    bool judged;    /* the writer has ended */
    bool succeeded; /* and how */
};

struct stream_reader {
    struct loop *loop;
    struct pipe_reader *reader; /* NULL: given up, what came is no such stream */
    const char *stream;
    struct queue *queue;
    const char *producer; /* into it */
    struct waiter waiter;
    struct waiter for_break;
    struct stream_reader_callbacks callbacks;
    void *arg;
    struct buf rest; /* log: a line's beginning; queue: what it had no room for, or a beginning */
    struct framing_scan scan; /* of REST, for a queue */
    const struct mask *mask; /* log: what is not to be seen; NULL: nothing */
    struct mask_stream masked;
    struct timer *patience; /* log: with a line that is not finished; NULL: there was none yet */
    bool patient;           /* it runs */
    int64_t begun;          /* of clock_monotonic(), when the line that is not finished began; 0: none is */
    bool terminal;
    int fd; /* of the terminal */
    struct pty_query query;
    bool held;
    bool full;   /* the queue was full: the reader is paused */
    bool at_end; /* the pipe has ended */
    struct last last;
    bool ended;  /* END was called */
    bool broken; /* nobody takes from the queue any more */
};

static void stream_reader_tell_end(struct stream_reader *reader)
{
    if (reader->ended)
        return;
    reader->ended = true;
    reader->callbacks.end(reader->arg);
}

static void emit_line(struct stream_reader *reader, const char *bytes, size_t length,
                      bool unfinished)
{
    while (reader->terminal && length && !unfinished && bytes[length - 1] == '\r')
        length--;
    reader->callbacks.line(reader->arg, reader->stream, bytes, length, unfinished);
}

static void clear_rest(struct stream_reader *reader)
{
    buf_clear(&reader->rest);
    reader->begun = 0;
}

/* A line that is too long is told in pieces, which end between characters. */
static void emit_piece(struct stream_reader *reader)
{
    struct buf *rest = &reader->rest;
    size_t length = rest->length - utf8_tail(rest->data, rest->length);
    emit_line(reader, rest->data, length, true);
    buf_consume(rest, length);
    reader->begun = rest->length ? clock_monotonic() : 0;
}

/* Completes the line that an earlier read began; returns how many bytes of this one it took. */
static size_t complete_rest(struct stream_reader *reader, const char *bytes, size_t length)
{
    const char *newline = memchr(bytes, '\n', length);
    size_t piece = newline ? (size_t)(newline - bytes) : length;
    if (reader->rest.length + piece > LINE_LONGEST) {
        piece = LINE_LONGEST - reader->rest.length;
        newline = NULL;
    }
    bool begins = !reader->rest.length;
    buf_append(&reader->rest, bytes, piece);
    if (newline) {
        emit_line(reader, reader->rest.data, reader->rest.length, false);
        clear_rest(reader);
    } else if (reader->rest.length == LINE_LONGEST) {
        emit_piece(reader);
    } else if (begins) {
        reader->begun = clock_monotonic();
    }
    return piece + (newline ? 1 : 0);
}

static void take_log(struct stream_reader *reader, const char *bytes, size_t length)
{
    while (length) {
        const char *newline = reader->rest.length ? NULL : memchr(bytes, '\n', length);
        size_t taken;
        if (newline && (size_t)(newline - bytes) <= LINE_LONGEST) {
            taken = (size_t)(newline - bytes) + 1;
            emit_line(reader, bytes, taken - 1, false);
        } else {
            taken = complete_rest(reader, bytes, length);
        }
        bytes += taken;
        length -= taken;
    }
}

static void on_patience(void *arg);

/* The timer is not set anew for each line that a read ends in, but looks what there is when it is due. */
static void wait_for_line(struct stream_reader *reader)
{
    bool waits = reader->begun && !reader->at_end;
    if (waits == reader->patient)
        return;
    if (waits && !reader->patience)
        reader->patience = timer_new(reader->loop, on_patience, reader);
    if (waits)
        timer_start(reader->patience, reader->begun + LINE_PATIENCE - clock_monotonic());
    else
        timer_stop(reader->patience);
    reader->patient = waits;
}

/* Whether the line began so long ago. A look that is late by as much as the patience itself counts for nothing:
 * who was not run for so long may share the machine with a child that was not either. */
static bool is_overdue(struct stream_reader *reader)
{
    int64_t now = clock_monotonic();
    int64_t late = now - reader->begun - LINE_PATIENCE;
    if (reader->held || late >= LINE_PATIENCE)
        reader->begun = now;
    return now - reader->begun >= LINE_PATIENCE;
}

static void on_patience(void *arg)
{
    struct stream_reader *reader = arg;
    bool overdue = is_overdue(reader);
    int64_t begun = reader->begun;
    reader->patient = false;
    if (overdue)
        reader_drain(reader->reader);
    if (overdue && !reader->at_end && reader->begun == begun) {
        emit_line(reader, reader->rest.data, reader->rest.length, true);
        clear_rest(reader);
    }
    wait_for_line(reader);
}

static void apply_pause(struct stream_reader *reader)
{
    if (reader->at_end)
        return;
    if (reader->full || (reader->held && !reader->queue))
        reader_pause(reader->reader);
    else
        reader_resume(reader->reader);
}

/* Nothing more is taken from the child: whatever it writes from now on ends it with SIGPIPE. */
static void give_up(struct stream_reader *reader, struct error *error)
{
    error_wrap(error, "queue %s", queue_name(reader->queue));
    reader->callbacks.wrong(reader->arg, error->text);
    reader->at_end = true;
    reader_free(reader->reader);
    reader->reader = NULL;
}

static void tell_put(struct stream_reader *reader, const char *bytes, size_t length)
{
    size_t count;
    if (!reader->callbacks.put || !length)
        return;
    framing_measure(queue_framing(reader->queue), bytes, length, (size_t)-1, &count);
    reader->callbacks.put(reader->arg, reader->stream, count);
}

/* Puts what is whole of BYTES; returns how much of it that was. */
static size_t put_whole(struct stream_reader *reader, const char *bytes)
{
    bool again = reader->callbacks.put || bytes != reader->rest.data; /* it is looked at */
    size_t put = 0;
    if (reader->scan.whole && again)
        put = queue_put_stream(reader->queue, bytes, reader->scan.whole, reader->producer);
    else if (reader->scan.whole)
        put = queue_move_stream(reader->queue, reader->rest.data, reader->scan.whole, reader->producer);
    tell_put(reader, bytes, put);
    reader->full = put < reader->scan.whole;
    reader->scan.whole -= put;
    reader->scan.seen -= put < reader->scan.seen ? put : reader->scan.seen;
    return put;
}

/* After something was put: waits for room as long as there is none. */
static void go_on(struct stream_reader *reader)
{
    if (reader->full)
        queue_wait_room(reader->queue, &reader->waiter);
    else if (reader->at_end && !reader->last.unended)
        stream_reader_tell_end(reader);
    apply_pause(reader);
}

/* Puts what was kept back. */
static void put_rest(struct stream_reader *reader)
{
    buf_consume(&reader->rest, put_whole(reader, reader->rest.data));
    buf_trim(&reader->rest);
    go_on(reader);
}

static void on_room(void *arg)
{
    put_rest(arg);
}

static void take_messages(struct stream_reader *reader, const char *bytes, size_t length)
{
    bool direct = !reader->rest.length; /* most often: then nothing needs to be copied here */
    struct error error = {0};
    if (!direct) {
        buf_append(&reader->rest, bytes, length);
        bytes = reader->rest.data;
        length = reader->rest.length;
    }
    int result = framing_scan(queue_framing(reader->queue), bytes, length, &reader->scan, &error);
    size_t put = reader->full ? 0 : put_whole(reader, bytes);
    if (direct)
        buf_append(&reader->rest, bytes + put, length - put);
    else
        buf_consume(&reader->rest, put);
    buf_trim(&reader->rest);
    if (result)
        give_up(reader, &error);
    error_release(&error);
    go_on(reader);
}

/* What stands behind the last whole message: without an end of its own it counts where the writer succeeded, as who has
 * failed may not have written all of it; or it is one that is cut short. */
static void end_last(struct stream_reader *reader)
{
    struct error error = {0};
    bool half = reader->last.unended && !reader->last.succeeded;
    size_t bytes = reader->rest.length - reader->scan.whole;
    reader->last.unended = false;
    if (half) {
        buf_truncate(&reader->rest, reader->scan.whole);
        reader->callbacks.half(reader->arg, reader->queue, bytes);
    } else if (framing_scan_end(queue_framing(reader->queue), &reader->rest, &reader->scan, &error)) {
        give_up(reader, &error);
    }
    error_release(&error);
}

/* The pipe has ended, or the writer is judged: what can be put is, and the last message once both are so. */
static void end_messages(struct stream_reader *reader)
{
    if (!reader->last.unended || reader->last.judged)
        end_last(reader);
    if (!reader->full)
        put_rest(reader);
}

static void on_messages_end(struct stream_reader *reader)
{
    reader->last.unended = framing_lacks_end(queue_framing(reader->queue), reader->rest.length, &reader->scan);
    end_messages(reader);
}

/* As the reader of a shell's pipe that has ended does, so that who writes for nobody hears of it. */
static void on_broken(void *arg)
{
    struct stream_reader *reader = arg;
    if (reader->at_end)
        return;
    reader_drain(reader->reader);
    if (reader->at_end)
        return;
    reader->broken = true;
    reader->at_end = true;
    reader_free(reader->reader);
    reader->reader = NULL;
    on_messages_end(reader);
}

static void take_masked(struct stream_reader *reader, const char *bytes, size_t length, bool last)
{
    struct buf shown = {0};
    mask_put(reader->mask, &reader->masked, &shown, bytes, length);
    if (last)
        mask_end(reader->mask, &reader->masked, &shown);
    take_log(reader, shown.data, shown.length);
    buf_release(&shown);
}

static void on_data(void *arg, const char *bytes, size_t length)
{
    struct stream_reader *reader = arg;
    if (reader->terminal)
        pty_answer(&reader->query, reader->fd, bytes, length);
    if (reader->queue)
        take_messages(reader, bytes, length);
    else if (reader->mask)
        take_masked(reader, bytes, length, false);
    else
        take_log(reader, bytes, length);
    if (!reader->queue)
        wait_for_line(reader);
}

static void on_end(void *arg, int status)
{
    struct stream_reader *reader = arg;
    (void)status; /* a read error ends the pipe as its end does: nothing more can come */
    if (reader->at_end)
        return;
    reader->at_end = true;
    if (reader->queue) {
        on_messages_end(reader);
        return;
    }
    if (reader->mask)
        take_masked(reader, "", 0, true);
    if (reader->patience)
        timer_stop(reader->patience);
    if (reader->rest.length)
        emit_line(reader, reader->rest.data, reader->rest.length, true);
    stream_reader_tell_end(reader);
}

struct stream_reader *stream_reader_new(struct loop *loop, int fd, const char *stream,
                                        struct queue *queue, const char *producer,
                                        const struct stream_reader_callbacks *callbacks, void *arg)
{
    static const struct reader_callbacks reader_callbacks = {.data = on_data, .end = on_end};
    struct stream_reader *reader = mem_calloc(1, sizeof(*reader));
    reader->loop = loop;
    reader->stream = stream;
    reader->queue = queue;
    reader->producer = producer;
    reader->callbacks = *callbacks;
    reader->arg = arg;
    reader->waiter = (struct waiter){.function = on_room, .arg = reader};
    reader->for_break = (struct waiter){.function = on_broken, .arg = reader};
    if (queue)
        fcntl(fd, F_SETPIPE_SZ, PIPE_ROOM);
    reader->reader = reader_new(loop, fd, &reader_callbacks, reader);
    if (queue)
        queue_wait_broken(queue, &reader->for_break);
    return reader;
}

void stream_reader_mask(struct stream_reader *reader, const struct mask *mask)
{
    reader->mask = mask;
}

void stream_reader_terminal(struct stream_reader *reader, int fd)
{
    reader->terminal = true;
    reader->fd = fd;
}

void stream_reader_hold(struct stream_reader *reader, bool held)
{
    reader->held = held;
    apply_pause(reader);
}

void stream_reader_finish(struct stream_reader *reader)
{
    if (reader->at_end)
        return;
    reader_drain(reader->reader); /* what the queue has no room for is kept: it was written */
    reader_free(reader->reader);  /* who goes on writing hears that nobody reads */
    reader->reader = NULL;
    on_end(reader, 0);
}

void stream_reader_judge(struct stream_reader *reader, bool succeeded)
{
    reader->last.judged = true;
    reader->last.succeeded = succeeded;
    if (reader->last.unended)
        end_messages(reader);
}

bool stream_reader_has_ended(const struct stream_reader *reader)
{
    return reader->ended;
}

bool stream_reader_waits(const struct stream_reader *reader)
{
    return reader->queue && reader->waiter.waiting;
}

const struct queue *stream_reader_broken(const struct stream_reader *reader)
{
    return reader->broken ? reader->queue : NULL;
}

void stream_reader_free(struct stream_reader *reader)
{
    if (!reader)
        return;
    if (reader->queue) {
        queue_unwait(reader->queue, &reader->waiter);
        queue_unwait(reader->queue, &reader->for_break);
    }
    timer_free(reader->patience);
    reader_free(reader->reader);
    buf_release(&reader->rest);
    mask_stream_release(&reader->masked);
    free(reader);
}
