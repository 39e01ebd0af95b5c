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

struct tap {
    struct loop *loop;
    struct reader *reader; /* NULL: given up, what came is no such stream */
    const char *stream;
    struct queue *queue;
    const char *producer; /* into it */
    struct waiter waiter;
    struct waiter for_break;
    struct tap_callbacks callbacks;
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
    bool ended;  /* END was called */
    bool broken; /* nobody takes from the queue any more */
};

static void tap_tell_end(struct tap *tap)
{
    if (tap->ended)
        return;
    tap->ended = true;
    tap->callbacks.end(tap->arg);
}

static void emit_line(struct tap *tap, const char *bytes, size_t length, bool unfinished)
{
    while (tap->terminal && length && !unfinished && bytes[length - 1] == '\r')
        length--;
    tap->callbacks.line(tap->arg, tap->stream, bytes, length, unfinished);
}

static void clear_rest(struct tap *tap)
{
    buf_clear(&tap->rest);
    tap->begun = 0;
}

/* A line that is too long is told in pieces, which end between characters. */
static void emit_piece(struct tap *tap)
{
    struct buf *rest = &tap->rest;
    size_t length = rest->length - utf8_tail(rest->data, rest->length);
    emit_line(tap, rest->data, length, true);
    buf_consume(rest, length);
    tap->begun = rest->length ? clock_monotonic() : 0;
}

/* Completes the line that an earlier read began; returns how many bytes of this one it took. */
static size_t complete_rest(struct tap *tap, const char *bytes, size_t length)
{
    const char *newline = memchr(bytes, '\n', length);
    size_t piece = newline ? (size_t)(newline - bytes) : length;
    if (tap->rest.length + piece > LINE_LONGEST) {
        piece = LINE_LONGEST - tap->rest.length;
        newline = NULL;
    }
    bool begins = !tap->rest.length;
    buf_append(&tap->rest, bytes, piece);
    if (newline) {
        emit_line(tap, tap->rest.data, tap->rest.length, false);
        clear_rest(tap);
    } else if (tap->rest.length == LINE_LONGEST) {
        emit_piece(tap);
    } else if (begins) {
        tap->begun = clock_monotonic();
    }
    return piece + (newline ? 1 : 0);
}

static void take_log(struct tap *tap, const char *bytes, size_t length)
{
    while (length) {
        const char *newline = tap->rest.length ? NULL : memchr(bytes, '\n', length);
        size_t taken;
        if (newline && (size_t)(newline - bytes) <= LINE_LONGEST) {
            taken = (size_t)(newline - bytes) + 1;
            emit_line(tap, bytes, taken - 1, false);
        } else {
            taken = complete_rest(tap, bytes, length);
        }
        bytes += taken;
        length -= taken;
    }
}

static void on_patience(void *arg);

/* The timer is not set anew for each line that a read ends in, but looks what there is when it is due. */
static void wait_for_line(struct tap *tap)
{
    bool waits = tap->begun && !tap->at_end;
    if (waits == tap->patient)
        return;
    if (waits && !tap->patience)
        tap->patience = timer_new(tap->loop, on_patience, tap);
    if (waits)
        timer_start(tap->patience, tap->begun + LINE_PATIENCE - clock_monotonic());
    else
        timer_stop(tap->patience);
    tap->patient = waits;
}

/* Whether the line began so long ago. A look that is late by as much as the patience itself counts for nothing:
 * who was not run for so long may share the machine with a child that was not either. */
static bool is_overdue(struct tap *tap)
{
    int64_t now = clock_monotonic();
    int64_t late = now - tap->begun - LINE_PATIENCE;
    if (tap->held || late >= LINE_PATIENCE)
        tap->begun = now;
    return now - tap->begun >= LINE_PATIENCE;
}

static void on_patience(void *arg)
{
    struct tap *tap = arg;
    bool overdue = is_overdue(tap);
    int64_t begun = tap->begun;
    tap->patient = false;
    if (overdue)
        reader_drain(tap->reader);
    if (overdue && !tap->at_end && tap->begun == begun) {
        emit_line(tap, tap->rest.data, tap->rest.length, true);
        clear_rest(tap);
    }
    wait_for_line(tap);
}

static void apply_pause(struct tap *tap)
{
    if (tap->at_end)
        return;
    if (tap->full || (tap->held && !tap->queue))
        reader_pause(tap->reader);
    else
        reader_resume(tap->reader);
}

/* Nothing more is taken from the child: whatever it writes from now on ends it with SIGPIPE. */
static void give_up(struct tap *tap, struct error *error)
{
    error_wrap(error, "queue %s", queue_name(tap->queue));
    tap->callbacks.wrong(tap->arg, error->text);
    tap->at_end = true;
    reader_free(tap->reader);
    tap->reader = NULL;
}

static void tell_put(struct tap *tap, const char *bytes, size_t length)
{
    size_t count;
    if (!tap->callbacks.put || !length)
        return;
    framing_measure(queue_framing(tap->queue), bytes, length, (size_t)-1, &count);
    tap->callbacks.put(tap->arg, tap->stream, count);
}

/* Puts what is whole of BYTES; returns how much of it that was. */
static size_t put_whole(struct tap *tap, const char *bytes)
{
    size_t put = tap->scan.whole ? queue_put_stream(tap->queue, bytes, tap->scan.whole, tap->producer) : 0;
    tell_put(tap, bytes, put);
    tap->full = put < tap->scan.whole;
    tap->scan.whole -= put;
    tap->scan.seen -= put < tap->scan.seen ? put : tap->scan.seen;
    return put;
}

/* After something was put: waits for room as long as there is none. */
static void go_on(struct tap *tap)
{
    if (tap->full)
        queue_wait_room(tap->queue, &tap->waiter);
    else if (tap->at_end)
        tap_tell_end(tap);
    apply_pause(tap);
}

/* Puts what was kept back. */
static void put_rest(struct tap *tap)
{
    buf_consume(&tap->rest, put_whole(tap, tap->rest.data));
    go_on(tap);
}

static void on_room(void *arg)
{
    put_rest(arg);
}

static void take_messages(struct tap *tap, const char *bytes, size_t length)
{
    bool direct = !tap->rest.length; /* most often: then nothing needs to be copied here */
    struct error error = {0};
    if (!direct) {
        buf_append(&tap->rest, bytes, length);
        bytes = tap->rest.data;
        length = tap->rest.length;
    }
    int result = framing_scan(queue_framing(tap->queue), bytes, length, &tap->scan, &error);
    size_t put = tap->full ? 0 : put_whole(tap, bytes);
    if (direct)
        buf_append(&tap->rest, bytes + put, length - put);
    else
        buf_consume(&tap->rest, put);
    if (result)
        give_up(tap, &error);
    error_release(&error);
    go_on(tap);
}

/* The end of the pipe: a last message without an end of its own, or one that is cut short. */
static void end_messages(struct tap *tap)
{
    struct error error = {0};
    if (framing_scan_end(queue_framing(tap->queue), &tap->rest, &tap->scan, &error))
        give_up(tap, &error);
    error_release(&error);
    if (!tap->full)
        put_rest(tap);
}

/* As the reader of a shell's pipe that has ended does, so that who writes for nobody hears of it. */
static void on_broken(void *arg)
{
    struct tap *tap = arg;
    if (tap->at_end)
        return;
    reader_drain(tap->reader);
    if (tap->at_end)
        return;
    tap->broken = true;
    tap->at_end = true;
    reader_free(tap->reader);
    tap->reader = NULL;
    end_messages(tap);
}

static void take_masked(struct tap *tap, const char *bytes, size_t length, bool last)
{
    struct buf shown = {0};
    mask_put(tap->mask, &tap->masked, &shown, bytes, length);
    if (last)
        mask_end(tap->mask, &tap->masked, &shown);
    take_log(tap, shown.data, shown.length);
    buf_release(&shown);
}

static void on_data(void *arg, const char *bytes, size_t length)
{
    struct tap *tap = arg;
    if (tap->terminal)
        pty_answer(&tap->query, tap->fd, bytes, length);
    if (tap->queue)
        take_messages(tap, bytes, length);
    else if (tap->mask)
        take_masked(tap, bytes, length, false);
    else
        take_log(tap, bytes, length);
    if (!tap->queue)
        wait_for_line(tap);
}

static void on_end(void *arg, int status)
{
    struct tap *tap = arg;
    (void)status; /* a read error ends the pipe as its end does: nothing more can come */
    if (tap->at_end)
        return;
    tap->at_end = true;
    if (tap->queue) {
        end_messages(tap);
        return;
    }
    if (tap->mask)
        take_masked(tap, "", 0, true);
    if (tap->patience)
        timer_stop(tap->patience);
    if (tap->rest.length)
        emit_line(tap, tap->rest.data, tap->rest.length, true);
    tap_tell_end(tap);
}

struct tap *tap_new(struct loop *loop, int fd, const char *stream, struct queue *queue,
                    const char *producer, const struct tap_callbacks *callbacks, void *arg)
{
    static const struct reader_callbacks reader_callbacks = {.data = on_data, .end = on_end};
    struct tap *tap = mem_calloc(1, sizeof(*tap));
    tap->loop = loop;
    tap->stream = stream;
    tap->queue = queue;
    tap->producer = producer;
    tap->callbacks = *callbacks;
    tap->arg = arg;
    tap->waiter = (struct waiter){.function = on_room, .arg = tap};
    tap->for_break = (struct waiter){.function = on_broken, .arg = tap};
    if (queue)
        fcntl(fd, F_SETPIPE_SZ, PIPE_ROOM);
    tap->reader = reader_new(loop, fd, &reader_callbacks, tap);
    if (queue)
        queue_wait_broken(queue, &tap->for_break);
    return tap;
}

void tap_mask(struct tap *tap, const struct mask *mask)
{
    tap->mask = mask;
}

void tap_terminal(struct tap *tap, int fd)
{
    tap->terminal = true;
    tap->fd = fd;
}

void tap_hold(struct tap *tap, bool held)
{
    tap->held = held;
    apply_pause(tap);
}

void tap_finish(struct tap *tap)
{
    if (tap->at_end)
        return;
    reader_drain(tap->reader); /* what the queue has no room for is kept: it was written */
    reader_free(tap->reader); /* who goes on writing hears that nobody reads */
    tap->reader = NULL;
    on_end(tap, 0);
}

bool tap_has_ended(const struct tap *tap)
{
    return tap->ended;
}

bool tap_waits(const struct tap *tap)
{
    return tap->queue && tap->waiter.waiting;
}

const struct queue *tap_broken(const struct tap *tap)
{
    return tap->broken ? tap->queue : NULL;
}

void tap_free(struct tap *tap)
{
    if (!tap)
        return;
    if (tap->queue) {
        queue_unwait(tap->queue, &tap->waiter);
        queue_unwait(tap->queue, &tap->for_break);
    }
    timer_free(tap->patience);
    reader_free(tap->reader);
    buf_release(&tap->rest);
    mask_stream_release(&tap->masked);
    free(tap);
}
