/* Messages that a process is not done with. */
#include "queue/backlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "os/spool.h"
#include "queue/queue.h"
#include "value/framing.h"

/* So much is kept in memory at either end. */
#define MEMORY_MOST ((size_t)1 << 20)

/* So much is read back from the file at once, or one message. */
#define PIECE ((size_t)256 << 10)

struct backlog {
    struct queue *queue;
    struct consumer *consumer;
    enum ack ack;
    size_t messages;
    uint64_t given;   /* bytes that this life has got */
    struct buf front; /* the first bytes, from HEAD on; then those of the file, then the tail */
    size_t head;
    int fd;           /* of the file; -1: none yet */
    uint64_t from;
    uint64_t to;
    struct buf tail;
};

static uint64_t size_of(const struct backlog *backlog)
{
    return backlog->front.length - backlog->head + (backlog->to - backlog->from) +
           backlog->tail.length;
}

/* Moves the tail to the file; where that cannot be, it stays in memory. */
static void spill(struct backlog *backlog)
{
    size_t done = 0;
    struct error error = {0};
    if (backlog->fd < 0)
        backlog->fd = spool_open(&error);
    error_release(&error);
    while (backlog->fd >= 0 && done < backlog->tail.length) {
        ssize_t length = pwrite(backlog->fd, backlog->tail.data + done, backlog->tail.length - done,
                                (off_t)backlog->to);
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0)
            break;
        done += (size_t)length;
        backlog->to += (uint64_t)length;
    }
    buf_consume(&backlog->tail, done);
}

static void keep(struct backlog *backlog, const char *bytes, size_t length)
{
    size_t count = 0;
    if (length)
        framing_measure(queue_framing(backlog->queue), bytes, length, (size_t)-1, &count);
    backlog->messages += count;
    buf_append(&backlog->tail, bytes, length);
    if (backlog->tail.length > MEMORY_MOST)
        spill(backlog);
}

/* Appends LENGTH bytes of the file that stand OFFSET behind its first one. */
static bool read_file(struct backlog *backlog, uint64_t offset, size_t length, struct buf *out)
{
    while (length) {
        char *room = buf_reserve(out, length);
        ssize_t done = pread(backlog->fd, room, length, (off_t)(backlog->from + offset));
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            break;
        buf_added(out, (size_t)done);
        offset += (uint64_t)done;
        length -= (size_t)done;
    }
    return !length;
}

/* Appends up to MOST bytes behind the first OFFSET ones, of one of the three places. */
static bool read_at(struct backlog *backlog, uint64_t offset, size_t most, struct buf *out)
{
    size_t front = backlog->front.length - backlog->head;
    uint64_t stored = backlog->to - backlog->from;
    const struct buf *place = &backlog->front;
    uint64_t at = offset + backlog->head;
    if (offset >= front && offset - front < stored) {
        uint64_t left = stored - (offset - front);
        return read_file(backlog, offset - front, left < most ? (size_t)left : most, out);
    }
    if (offset >= front) {
        place = &backlog->tail;
        at = offset - front - stored;
    }
    size_t left = place->length - (size_t)at;
    buf_append(out, place->data + at, left < most ? left : most);
    return true;
}

/* The first LENGTH bytes of the file are in memory again: their room on the disk is free, as the process may never
 * come to the end of it. */
static void pass_in_file(struct backlog *backlog, size_t length)
{
    /* Where the file system can do neither, the room is free when the file is closed. */
    int result = fallocate(backlog->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                           (off_t)backlog->from, (off_t)length);
    backlog->from += length;
    if (backlog->from == backlog->to) {
        backlog->from = backlog->to = 0;
        result = ftruncate(backlog->fd, 0);
    }
    (void)result;
}

/* Adds to the front what stands behind it; false where nothing does. */
static bool refill(struct backlog *backlog)
{
    uint64_t stored = backlog->to - backlog->from;
    buf_consume(&backlog->front, backlog->head);
    backlog->head = 0;
    if (stored) {
        size_t length = stored < PIECE ? (size_t)stored : PIECE;
        size_t before = backlog->front.length;
        if (!read_file(backlog, 0, length, &backlog->front)) {
            buf_truncate(&backlog->front, before); /* not known to be done, so it is given again */
            return false;
        }
        pass_in_file(backlog, length);
        return true;
    }
    if (!backlog->tail.length)
        return false;
    buf_append(&backlog->front, backlog->tail.data, backlog->tail.length);
    buf_clear(&backlog->tail);
    return true;
}

/* The bytes of the first message, which stands whole in the front then; 0: there is none. */
static size_t first_message(struct backlog *backlog)
{
    do {
        struct buf *front = &backlog->front;
        size_t left = front->length - backlog->head;
        const char *bytes = buf_string(front) + backlog->head;
        size_t whole = framing_whole(queue_framing(backlog->queue), bytes, left);
        if (whole)
            return whole;
    } while (refill(backlog));
    return 0;
}

/* Tells the consumer what is left. */
static void settle(struct backlog *backlog)
{
    if (consumer_knows_each(backlog->consumer))
        consumer_read_stream(backlog->consumer, (size_t)size_of(backlog));
    consumer_set_unread(backlog->consumer, size_of(backlog));
}

/* The first messages are done: COUNT of them at most, and no more than BYTES. */
static void drop(struct backlog *backlog, size_t count, uint64_t bytes)
{
    size_t length;
    while (count-- && (length = first_message(backlog)) && length <= bytes) {
        backlog->head += length;
        backlog->given -= length < backlog->given ? length : backlog->given;
        backlog->messages--;
        bytes -= length;
    }
    settle(backlog);
}

struct backlog *backlog_new(struct queue *queue, const char *consumer, enum ack ack)
{
    struct backlog *backlog = mem_calloc(1, sizeof(*backlog));
    backlog->queue = queue;
    backlog->consumer = consumer_new(queue, consumer, CONSUMER_STREAM);
    backlog->ack = ack;
    backlog->fd = -1;
    return backlog;
}

void backlog_free(struct backlog *backlog)
{
    if (!backlog)
        return;
    struct buf all = {0};
    while (consumer_is_shared(backlog->consumer) && all.length < size_of(backlog) &&
           read_at(backlog, all.length, PIECE, &all))
        continue;
    if (all.length == size_of(backlog))
        consumer_requeue_stream(backlog->consumer, all.data, all.length);
    else
        consumer_leave(backlog->consumer, backlog->messages);
    consumer_free(backlog->consumer);
    buf_release(&all);
    buf_release(&backlog->front);
    buf_release(&backlog->tail);
    if (backlog->fd >= 0)
        close(backlog->fd);
    free(backlog);
}

bool backlog_is_shared(const struct backlog *backlog)
{
    return consumer_is_shared(backlog->consumer);
}

struct consumer *backlog_consumer(const struct backlog *backlog)
{
    return backlog->consumer;
}

void backlog_begin(struct backlog *backlog)
{
    backlog->given = 0;
}

enum take_result backlog_take(struct backlog *backlog, struct buf *out, size_t most, bool fair,
                              struct error *error)
{
    size_t start = out->length;
    if (backlog->given < size_of(backlog)) {
        if (!read_at(backlog, backlog->given, most, out))
            error_system(error, errno ? errno : EIO, "cannot read back what was kept of it");
        backlog->given += out->length - start;
        return out->length > start ? TAKE_MESSAGE : TAKE_EMPTY;
    }
    enum take_result result = consumer_receive_stream(backlog->consumer, out, most, fair, error);
    keep(backlog, buf_string(out) + start, out->length - start);
    backlog->given += out->length - start;
    if (out->length > start)
        consumer_rest(backlog->consumer, false);
    consumer_set_unread(backlog->consumer, size_of(backlog));
    return result;
}

void backlog_read(struct backlog *backlog)
{
    consumer_rest(backlog->consumer, backlog->ack == ACK_END && backlog_is_all_given(backlog));
}

bool backlog_is_all_given(const struct backlog *backlog)
{
    return backlog->given == size_of(backlog);
}

/* Takes up to LENGTH bytes off the end of what BUF has behind FROM; returns what is left of LENGTH. */
static size_t cut(struct buf *buf, size_t from, size_t length)
{
    size_t here = buf->length - from;
    size_t taken = length < here ? length : here;
    buf_truncate(buf, buf->length - taken);
    return length - taken;
}

void backlog_return(struct backlog *backlog, const char *bytes, size_t length)
{
    size_t count = 0;
    if (!length)
        return;
    framing_measure(queue_framing(backlog->queue), bytes, length, (size_t)-1, &count);
    backlog->messages -= count;
    backlog->given -= length;
    size_t left = cut(&backlog->tail, 0, length);
    uint64_t stored = backlog->to - backlog->from;
    size_t in_file = left < stored ? left : (size_t)stored;
    backlog->to -= in_file;
    cut(&backlog->front, backlog->head, left - in_file);
    consumer_requeue_stream(backlog->consumer, bytes, length);
    settle(backlog);
}

void backlog_answered(struct backlog *backlog, size_t count)
{
    if (backlog->ack == ACK_LINE)
        drop(backlog, count, backlog->given);
}

void backlog_end(struct backlog *backlog, size_t unread, bool done)
{
    if (backlog->ack == ACK_END && done && unread <= backlog->given)
        drop(backlog, (size_t)-1, backlog->given - unread);
    backlog->given = 0;
    consumer_rest(backlog->consumer, false);
}

bool backlog_is_owed(const struct backlog *backlog)
{
    return backlog->ack == ACK_LINE && size_of(backlog);
}
