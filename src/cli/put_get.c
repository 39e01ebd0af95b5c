/* A visitor: one connection, requests and replies, waited for. */
#include "cli/put_get.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "cli/options.h"
#include "cli/queue_command.h"
#include "cli/read_messages.h"
#include "cli/runner/complain.h"
#include "cli/runner/status.h"
#include "os/private_socket.h"
#include "wire/request.h"

/* The socket is read in pieces of this size. */
#define PIECE ((size_t)64 << 10)

/* No more messages are taken at once: as many as can be lost to a reader that ends. */
#define MESSAGES_MOST 256

struct visit {
    const struct options *options;
    const char *queue;
    int fd;
    struct buf out;   /* requests that are not sent yet */
    size_t unanswered;
    uint64_t done;    /* requests that were */
    uint64_t printed; /* messages */
    struct buf in;
    size_t taken;     /* of IN, from the front */
    const char *word; /* what one of several that are put is, "line" or "value"; NULL: there is but one */
    bool file;        /* for queue: what the run did not do is done without it */
};

/* There is none, or it has ended without a reply: one sentence for both. */
static int complain_gone(const struct visit *visit)
{
    complain(visit->file ? "the run was killed before it answered: it may have done it, or not"
                         : "the run has ended");
    return STATUS_SYSTEM;
}

static int complain_ended(const struct visit *visit)
{
    return visit->file ? VISIT_AGAIN : complain_gone(visit);
}

/* Why PARRUN_SOCKET names no socket. */
static int complain_nowhere(const char *address)
{
    static const char none[] = "none: ";
    if (address && !strncmp(address, none, sizeof(none) - 1)) {
        complain("the run has no socket: %s", address + sizeof(none) - 1);
        return STATUS_SYSTEM;
    }
    return complain("put and get are for the bodies of a run with queues, and PARRUN_SOCKET names "
                    "none here");
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

/* Connects to the socket at ADDRESS. */
static int go_to(struct visit *visit, const struct options *options, const char *queue,
                 const char *address, bool file)
{
    struct error error = {0};
    *visit = (struct visit){.options = options, .queue = queue, .fd = -1, .file = file};
    if (file && address[0] != '/')
        return *address ? complain_nowhere(address) : VISIT_AGAIN;
    visit->fd = private_socket_connect(address, &error);
    if (visit->fd < 0) {
        bool gone = error.code == -ENOENT || error.code == -ECONNREFUSED;
        if (gone && file) {
            error_release(&error);
            return VISIT_AGAIN;
        }
        if (gone)
            complain_gone(visit);
        else
            complain("cannot reach the run: %s", error.text);
        error_release(&error);
        return STATUS_SYSTEM;
    }
    size_t begin = request_begin(&visit->out, REQUEST_HELLO);
    frame_u32(&visit->out, REQUEST_VERSION);
    frame_text(&visit->out, variable("PARRUN_RUN"));
    frame_text(&visit->out, variable("PARRUN_NAME"));
    frame_end(&visit->out, begin);
    return STATUS_OK;
}

static int arrive(struct visit *visit, const struct options *options)
{
    const char *address = getenv("PARRUN_SOCKET");
    *visit = (struct visit){.options = options, .fd = -1};
    if (!address || address[0] != '/')
        return complain_nowhere(address);
    return go_to(visit, options, options->subject, address, false);
}

static int leave(struct visit *visit, int status)
{
    if (visit->fd >= 0)
        close(visit->fd);
    buf_release(&visit->out);
    buf_release(&visit->in);
    return status;
}

/* A run that refuses one request closes the connection, with its reason still to be read. */
static void send_all(struct visit *visit)
{
    size_t sent = 0;
    while (sent < visit->out.length) {
        ssize_t length = send(visit->fd, visit->out.data + sent, visit->out.length - sent,
                              MSG_NOSIGNAL);
        if (length < 0 && errno != EINTR)
            break;
        sent += length > 0 ? (size_t)length : 0;
    }
    buf_clear(&visit->out);
}

/* The next reply; false at the end of the run. */
static bool next_reply(struct visit *visit, struct frame *frame)
{
    for (;;) {
        long length = frame_take(buf_string(&visit->in) + visit->taken,
                                 visit->in.length - visit->taken, frame);
        if (length > 0) {
            visit->taken += (size_t)length;
            visit->unanswered--;
            return true;
        }
        if (length < 0)
            return false;
        buf_consume(&visit->in, visit->taken);
        visit->taken = 0;
        ssize_t got;
        do {
            got = recv(visit->fd, buf_reserve(&visit->in, PIECE), PIECE, 0);
        } while (got < 0 && errno == EINTR);
        if (got <= 0)
            return false;
        buf_added(&visit->in, (size_t)got);
    }
}

/* What the request came to whose reply is neither DONE nor a message. */
static int explain(const struct visit *visit, const struct frame *frame)
{
    struct buf where = {0};
    int status;
    if (visit->word)
        buf_printf(&where, "%s %llu: ", visit->word, (unsigned long long)visit->done + 1);
    switch (request_type(frame)) {
    case REPLY_ENDED:
        status = complain_ended(visit);
        break;
    case REPLY_TIMEOUT:
        complain("%squeue '%s' was %s all the time", buf_string(&where), visit->queue,
                 visit->options->mode != MODE_GET ? "full" : "empty");
        status = STATUS_TIMEOUT;
        break;
    case REPLY_REFUSED:
        status = complain("%squeue '%s': %.*s", buf_string(&where), visit->queue,
                          (int)frame->left, frame->at);
        break;
    default:
        status = complain("the run is one of another version of parrun");
        break;
    }
    buf_release(&where);
    return status;
}

/* Sends what was asked for and waits until all of it is done. */
static int settle(struct visit *visit)
{
    struct frame frame;
    send_all(visit);
    while (visit->unanswered) {
        if (!next_reply(visit, &frame))
            return complain_gone(visit);
        if (request_type(&frame) != REPLY_DONE)
            return explain(visit, &frame);
        visit->done++;
    }
    return STATUS_OK;
}

static void ask_put(struct visit *visit, const char *bytes, size_t length)
{
    const struct asking *asking = &visit->options->asking;
    size_t begin = request_begin(&visit->out, REQUEST_PUT);
    frame_i64(&visit->out, asking->timeout);
    frame_i64(&visit->out, asking->delay);
    frame_u8(&visit->out, asking->priority);
    frame_text(&visit->out, visit->queue);
    buf_append(&visit->out, bytes, length);
    frame_end(&visit->out, begin);
    visit->unanswered++;
}

static int put_values(struct visit *visit, const char *const *values, size_t count)
{
    visit->word = count > 1 ? "value" : NULL;
    for (size_t i = 0; i < count; i++)
        ask_put(visit, values[i], strlen(values[i]));
    return settle(visit);
}

static int take_input(void *arg, const char *bytes, size_t length, struct error *error)
{
    (void)error;
    ask_put(arg, bytes, length);
    return 0;
}

/* What has come is put before more is waited for. */
static int put_input(struct visit *visit)
{
    struct input input = {.end = visit->options->asking.nul ? '\0' : '\n'};
    struct error error = {0};
    int status = STATUS_OK;
    int result = 1;
    visit->word = "line";
    while (result == 1 && status == STATUS_OK) {
        result = input_next(&input, take_input, visit, &error);
        if (result >= 0)
            status = settle(visit);
    }
    if (error.code)
        status = complain("%s", error.text);
    error_release(&error);
    input_release(&input);
    return status;
}

int visit_put(const struct options *options)
{
    struct visit visit;
    int status = arrive(&visit, options);
    if (status == STATUS_OK && options->values.count)
        status = put_values(&visit, options->values.items, options->values.count);
    else if (status == STATUS_OK)
        status = put_input(&visit);
    return leave(&visit, status);
}

void messages_add(struct messages *messages, const char *bytes, size_t length)
{
    uint32_t size = (uint32_t)length;
    buf_append(&messages->bytes, &size, sizeof(size));
    buf_append(&messages->bytes, bytes, length);
}

/* Those that were answered are done. */
static void drop_done(struct messages *messages, uint64_t count)
{
    size_t from = 0;
    uint32_t size;
    messages->done += count;
    for (; count; count--) {
        memcpy(&size, messages->bytes.data + from, sizeof(size));
        from += sizeof(size) + size;
    }
    buf_consume(&messages->bytes, from);
}

static int put_messages(struct visit *visit, const struct buf *bytes)
{
    uint32_t size;
    for (size_t at = 0; at < bytes->length; at += sizeof(size) + size) {
        memcpy(&size, bytes->data + at, sizeof(size));
        ask_put(visit, bytes->data + at + sizeof(size), size);
    }
    return settle(visit);
}

int visit_file_put(const struct options *options, const char *socket, const char *queue,
                   struct messages *messages)
{
    struct visit visit;
    int status = go_to(&visit, options, queue, socket, true);
    visit.word = messages->word;
    visit.done = messages->done;
    if (status == STATUS_OK)
        status = put_messages(&visit, &messages->bytes);
    drop_done(messages, visit.done - messages->done);
    return leave(&visit, status);
}

/* A request that names queues, and whose reply is a number of messages. */
static int ask_number(enum request type, const struct options *options, const char *socket,
                      const char *const *words, size_t count, const char *what)
{
    struct visit visit;
    struct frame frame;
    int status = go_to(&visit, options, words[0], socket, true);
    if (status != STATUS_OK)
        return leave(&visit, status);
    size_t begin = request_begin(&visit.out, type);
    for (size_t i = 0; i < count; i++)
        frame_text(&visit.out, words[i]);
    frame_end(&visit.out, begin);
    visit.unanswered++;
    send_all(&visit);
    if (!next_reply(&visit, &frame))
        return leave(&visit, complain_gone(&visit));
    if (request_type(&frame) != REPLY_DONE)
        return leave(&visit, explain(&visit, &frame));
    char *number = mem_copy(frame.at, frame.left);
    queue_tell(strtoll(number, NULL, 10), what, words[0]);
    free(number);
    return leave(&visit, STATUS_OK);
}

int visit_requeue(const struct options *options, const char *socket, const char *const *words,
                  size_t count)
{
    return ask_number(REQUEST_REQUEUE, options, socket, words, count, "put back from");
}

int visit_purge(const struct options *options, const char *socket, const char *const *words,
                size_t count)
{
    return ask_number(REQUEST_PURGE, options, socket, words, count, "purged from");
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* As many as have come before: who wants only a few, and ends then, leaves the rest in the queue. */
static void ask_get(struct visit *visit, uint64_t left)
{
    uint64_t most = visit->printed ? least(visit->printed, MESSAGES_MOST) : 1;
    size_t begin = request_begin(&visit->out, REQUEST_GET);
    frame_i64(&visit->out, visit->options->asking.timeout);
    frame_u32(&visit->out, (uint32_t)least(most, left));
    frame_text(&visit->out, visit->queue);
    frame_end(&visit->out, begin);
    visit->unanswered++;
}

/* They are taken once they stand where they were to go. */
static int print_messages(struct visit *visit, struct frame *frame)
{
    while (frame->left && !frame->bad) {
        size_t length;
        const char *bytes = frame_read_bytes(frame, &length);
        fwrite(bytes, 1, length, stdout);
        putchar(visit->options->asking.nul ? '\0' : '\n');
        visit->printed++;
    }
    int status = flush_output();
    if (status != STATUS_OK)
        return status;
    frame_end(&visit->out, request_begin(&visit->out, REQUEST_TAKEN));
    visit->unanswered++;
    return STATUS_OK;
}

/* Waits for what was asked for, behind the reply to what was taken before it. */
static int take_messages(struct visit *visit, bool *closed)
{
    struct frame frame;
    send_all(visit);
    do {
        if (!next_reply(visit, &frame))
            return complain_gone(visit);
    } while (request_type(&frame) == REPLY_DONE);
    *closed = request_type(&frame) == REPLY_CLOSED;
    if (*closed)
        return STATUS_OK;
    return request_type(&frame) == REPLY_MESSAGES ? print_messages(visit, &frame)
                                                  : explain(visit, &frame);
}

int visit_get(const struct options *options)
{
    struct visit visit;
    bool closed = false;
    const struct asking *asking = &options->asking;
    uint64_t most = asking->all ? UINT64_MAX : asking->count ? (uint64_t)asking->count : 1;
    int status = arrive(&visit, options);
    while (status == STATUS_OK && !closed && visit.printed < most) {
        ask_get(&visit, most - visit.printed);
        status = take_messages(&visit, &closed);
    }
    if (status == STATUS_OK)
        status = asking->all || visit.printed ? settle(&visit) : STATUS_END;
    return leave(&visit, status);
}
