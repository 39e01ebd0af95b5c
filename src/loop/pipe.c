/* Readers and writers over uv_poll_t: the reading and writing itself is read(2) and write(2). */
#include "loop/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "loop/private.h"

/* What is at least so long is not gathered with others before it is written. */
#define DIRECT_SIZE ((size_t)16 << 10)

struct pipe_reader {
    uv_poll_t uv;
    struct loop *loop;
    struct reader_callbacks callbacks;
    void *arg;
    int fd;
    bool running;
    bool ended;
};

struct pipe_writer {
    uv_poll_t *poll; /* apart, so that it is closed together with FD: numbers are used again */
    struct loop *loop;
    struct writer_callbacks callbacks;
    void *arg;
    int fd;
    struct buf bytes;
    size_t written; /* of BYTES, from the front */
    const char *lent; /* comes behind BYTES, */
    size_t lent_length;
    struct buf behind; /* and this behind it */
    bool polling;
    bool finishing;
    bool dirty;
    bool failed;
    struct pipe_writer *next_dirty;
    struct pipe_writer *previous_dirty;
};

int pipe_open(int ends[2], struct error *error)
{
    if (pipe2(ends, O_CLOEXEC))
        return error_system(error, errno, "cannot open a pipe");
    return 0;
}

static void reader_end(struct pipe_reader *reader, int status)
{
    reader_pause(reader);
    reader->ended = true;
    reader->callbacks.end(reader->arg, status);
}

/* One read: how many bytes it was; none when nothing more can be read now. */
static size_t reader_read(struct pipe_reader *reader)
{
    struct loop *loop = reader->loop;
    char *buffer = loop->read_buffer;
    ssize_t length = read(reader->fd, buffer, LOOP_READ_SIZE);
    if (length > 0) {
        loop->read_number = ++loop->reads;
        reader->callbacks.data(reader->arg, buffer, (size_t)length);
        loop->read_number = 0;
    } else if (length == 0)
        reader_end(reader, 0);
    else if (errno != EAGAIN && errno != EINTR)
        reader_end(reader, -errno);
    return length > 0 ? (size_t)length : 0;
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    reader_read(handle->data);
}

struct pipe_reader *reader_new(struct loop *loop, int fd, const struct reader_callbacks *callbacks,
                               void *arg)
{
    struct pipe_reader *reader = mem_calloc(1, sizeof(*reader));
    *reader = (struct pipe_reader){.loop = loop, .callbacks = *callbacks, .arg = arg, .fd = fd};
    reader->uv.data = reader;
    loop_poll_init(loop, &reader->uv, fd);
    reader_resume(reader);
    return reader;
}

void reader_pause(struct pipe_reader *reader)
{
    if (reader->running)
        uv_poll_stop(&reader->uv);
    reader->running = false;
}

void reader_resume(struct pipe_reader *reader)
{
    if (reader->running || reader->ended)
        return;
    reader->running = true;
    uv_poll_start(&reader->uv, UV_READABLE, on_readable);
}

void reader_drain(struct pipe_reader *reader)
{
    int there = 0;
    size_t length = 1;
    if (reader->ended || ioctl(reader->fd, FIONREAD, &there))
        there = 0;
    /* uv_poll made the descriptor non-blocking, so this cannot wait; nor does it read for ever what
     * somebody goes on to write. The last read looks for the end. */
    for (size_t done = 0; !reader->ended && length && done <= (size_t)there; done += length)
        length = reader_read(reader);
}

static void on_reader_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void reader_free(struct pipe_reader *reader)
{
    if (!reader)
        return;
    reader_pause(reader);
    reader->ended = true;
    uv_close((uv_handle_t *)&reader->uv, on_reader_closed);
    close(reader->fd);
}

static void writer_mark_dirty(struct pipe_writer *writer)
{
    if (writer->dirty)
        return;
    writer->dirty = true;
    writer->previous_dirty = NULL;
    writer->next_dirty = writer->loop->dirty;
    if (writer->next_dirty)
        writer->next_dirty->previous_dirty = writer;
    writer->loop->dirty = writer;
}

static void writer_unmark_dirty(struct pipe_writer *writer)
{
    if (!writer->dirty)
        return;
    writer->dirty = false;
    if (writer->previous_dirty)
        writer->previous_dirty->next_dirty = writer->next_dirty;
    else
        writer->loop->dirty = writer->next_dirty;
    if (writer->next_dirty)
        writer->next_dirty->previous_dirty = writer->previous_dirty;
}

static void on_writable(uv_poll_t *handle, int status, int events);

static void writer_start_polling(struct pipe_writer *writer)
{
    if (!writer->polling)
        uv_poll_start(writer->poll, UV_WRITABLE, on_writable);
    writer->polling = true;
}

static void writer_stop_polling(struct pipe_writer *writer)
{
    if (writer->polling)
        uv_poll_stop(writer->poll);
    writer->polling = false;
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static void writer_close(struct pipe_writer *writer)
{
    if (writer->fd < 0)
        return;
    writer->polling = false;
    uv_close((uv_handle_t *)writer->poll, on_poll_closed);
    writer->poll = NULL;
    close(writer->fd);
    writer->fd = -1;
}

static void writer_fail(struct pipe_writer *writer, int status)
{
    writer->failed = true;
    writer_stop_polling(writer);
    writer->callbacks.failed(writer->arg, status);
}

/* What is to be written next; false: nothing is. */
static bool next_bytes(struct pipe_writer *writer, const char **bytes, size_t *length)
{
    if (writer->written == writer->bytes.length && !writer->lent_length && writer->behind.length) {
        struct buf written = writer->bytes;
        writer->bytes = writer->behind;
        writer->behind = written;
        writer->written = 0;
        buf_clear(&writer->behind);
    }
    bool own = writer->written < writer->bytes.length;
    *bytes = own ? writer->bytes.data + writer->written : writer->lent;
    *length = own ? writer->bytes.length - writer->written : writer->lent_length;
    return *length;
}

/* LENGTH of those were written. */
static void bytes_written(struct pipe_writer *writer, size_t length)
{
    if (writer->written < writer->bytes.length) {
        writer->written += length;
    } else {
        writer->lent += length;
        writer->lent_length -= length;
    }
}

/* Writes what the system takes now; polls for the rest. */
static void writer_flush(struct pipe_writer *writer)
{
    const char *bytes;
    size_t left;
    while (next_bytes(writer, &bytes, &left)) {
        ssize_t length = write(writer->fd, bytes, left);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0 && errno == EAGAIN) {
            writer_start_polling(writer);
            return;
        }
        if (length < 0) {
            writer_fail(writer, -errno);
            return;
        }
        bytes_written(writer, (size_t)length);
    }
    buf_clear(&writer->bytes);
    buf_trim(&writer->bytes);
    writer->written = 0;
    writer_stop_polling(writer);
    if (writer->finishing)
        writer_close(writer);
    writer->callbacks.drained(writer->arg);
}

static void on_writable(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    writer_flush(handle->data);
}

void loop_flush(struct loop *loop)
{
    while (loop->dirty) {
        struct pipe_writer *writer = loop->dirty;
        writer_unmark_dirty(writer);
        if (!writer->polling && !writer->failed && writer->fd >= 0)
            writer_flush(writer);
    }
}

struct pipe_writer *writer_new(struct loop *loop, int fd, const struct writer_callbacks *callbacks,
                               void *arg)
{
    struct pipe_writer *writer = mem_calloc(1, sizeof(*writer));
    writer->loop = loop;
    writer->callbacks = *callbacks;
    writer->arg = arg;
    writer->fd = fd;
    writer->poll = mem_calloc(1, sizeof(*writer->poll));
    writer->poll->data = writer;
    loop_poll_init(loop, writer->poll, fd);
    return writer;
}

/* So much goes into the pipe from where it is; the rest, and what fails, is for writer_flush(). */
static size_t write_now(const struct pipe_writer *writer, const char *bytes, size_t length)
{
    if (length < DIRECT_SIZE || writer->polling || writer->bytes.length || writer->lent_length)
        return 0;
    ssize_t written = write(writer->fd, bytes, length);
    return written > 0 ? (size_t)written : 0;
}

void writer_put(struct pipe_writer *writer, const char *bytes, size_t length)
{
    if (writer->failed || writer->finishing)
        return;
    if (writer->lent_length) {
        buf_append(&writer->behind, bytes, length);
        return;
    }
    size_t direct = write_now(writer, bytes, length);
    bytes += direct;
    length -= direct;
    if (writer->written > writer->bytes.length / 2) {
        buf_consume(&writer->bytes, writer->written);
        writer->written = 0;
    }
    buf_append(&writer->bytes, bytes, length);
    writer_mark_dirty(writer);
}

void writer_lend(struct pipe_writer *writer, const char *bytes, size_t length)
{
    if (writer->lent_length || length < DIRECT_SIZE) {
        writer_put(writer, bytes, length);
        return;
    }
    if (writer->failed || writer->finishing)
        return;
    size_t direct = write_now(writer, bytes, length);
    writer->lent = bytes + direct;
    writer->lent_length = length - direct;
    writer_mark_dirty(writer);
}

void writer_await_room(struct pipe_writer *writer)
{
    if (!writer->failed && writer->fd >= 0)
        writer_start_polling(writer);
}

size_t writer_pending(const struct pipe_writer *writer)
{
    return writer->bytes.length - writer->written + writer->lent_length + writer->behind.length;
}

size_t writer_forget(struct pipe_writer *writer)
{
    size_t length = writer_pending(writer);
    writer_unmark_dirty(writer);
    writer_stop_polling(writer);
    buf_clear(&writer->bytes);
    buf_clear(&writer->behind);
    writer->written = writer->lent_length = 0;
    return length;
}

int writer_fd(const struct pipe_writer *writer)
{
    return writer->fd;
}

void writer_finish(struct pipe_writer *writer)
{
    writer->finishing = true;
    if (!writer->failed)
        writer_mark_dirty(writer);
}

void writer_free(struct pipe_writer *writer)
{
    if (!writer)
        return;
    writer_unmark_dirty(writer);
    writer_close(writer);
    buf_release(&writer->bytes);
    buf_release(&writer->behind);
    free(writer);
}
