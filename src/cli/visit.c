/* A visitor: one connection, requests and replies, waited for. */
#include "cli/visit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/unit.h"
#include "cli/options.h"
#include "cli/status.h"
#include "os/private_socket.h"
#include "script/value.h"
#include "worker/request.h"

/* Standard input is read, and the socket too, in pieces of this size. */
#define PIECE ((size_t)64 << 10)

struct visit {
    const struct options *options;
    int fd;
    struct buf out;   /* requests that are not sent yet */
    size_t unanswered;
    uint64_t done;    /* requests that were */
    struct buf in;
    size_t taken;     /* of IN, from the front */
    bool lines;       /* what is put are the lines of standard input */
};

static int complain(const char *text)
{
    fprintf(stderr, "parrun: error: %s\n", text);
    return STATUS_USAGE;
}

static int complain_ended(void)
{
    complain("the run has ended");
    return STATUS_SYSTEM;
}

/* Why PARRUN_SOCKET names no socket. */
static int complain_nowhere(const char *address)
{
    static const char none[] = "none: ";
    if (address && !strncmp(address, none, sizeof(none) - 1)) {
        fprintf(stderr, "parrun: error: the run has no socket: %s\n", address + sizeof(none) - 1);
        return STATUS_SYSTEM;
    }
    return complain("--put and --get are for the bodies of a run with queues, and PARRUN_SOCKET names "
                    "none here");
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

static int arrive(struct visit *visit, const struct options *options)
{
    const char *address = getenv("PARRUN_SOCKET");
    struct error error = {0};
    *visit = (struct visit){.options = options, .fd = -1};
    if (!address || address[0] != '/')
        return complain_nowhere(address);
    visit->fd = private_socket_connect(address, &error);
    if (visit->fd < 0) {
        bool gone = error.code == -ENOENT || error.code == -ECONNREFUSED;
        fprintf(stderr, "parrun: error: cannot reach the run%s: %s\n",
                gone ? ", which has ended" : "", error.text);
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
    int status = STATUS_USAGE;
    if (visit->lines)
        buf_printf(&where, "line %llu: ", (unsigned long long)visit->done + 1);
    else if (visit->options->values.count > 1)
        buf_printf(&where, "value %llu: ", (unsigned long long)visit->done + 1);
    switch (request_type(frame)) {
    case REPLY_TIMEOUT:
        fprintf(stderr, "parrun: error: %squeue '%s' was %s all the time\n", buf_string(&where),
                visit->options->subject,
                visit->options->mode == MODE_PUT ? "full" : "empty");
        status = STATUS_TIMEOUT;
        break;
    case REPLY_REFUSED:
        fprintf(stderr, "parrun: error: %squeue '%s': %.*s\n", buf_string(&where),
                visit->options->subject, (int)frame->left, frame->at);
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
            return complain_ended();
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
    frame_text(&visit->out, visit->options->subject);
    buf_append(&visit->out, bytes, length);
    frame_end(&visit->out, begin);
    visit->unanswered++;
}

static int put_values(struct visit *visit)
{
    const struct words *values = &visit->options->values;
    for (size_t i = 0; i < values->count; i++)
        ask_put(visit, values->items[i], strlen(values->items[i]));
    return settle(visit);
}

/* Asks for each message that is whole, and with LAST for what stands behind them. */
static void put_whole(struct visit *visit, struct buf *input, bool last)
{
    char end = visit->options->asking.nul ? '\0' : '\n';
    size_t from = 0;
    const char *found;
    while (from < input->length && (found = memchr(input->data + from, end, input->length - from))) {
        ask_put(visit, input->data + from, (size_t)(found - input->data) - from);
        from = (size_t)(found - input->data) + 1;
    }
    if (last && from < input->length) {
        ask_put(visit, input->data + from, input->length - from);
        from = input->length;
    }
    buf_consume(input, from);
}

/* What has come is put before more is waited for. */
static int put_input(struct visit *visit)
{
    struct buf input = {0};
    ssize_t length = 1;
    int status = STATUS_OK;
    visit->lines = true;
    while (status == STATUS_OK && length) {
        length = read(STDIN_FILENO, buf_reserve(&input, PIECE), PIECE);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0) {
            fprintf(stderr, "parrun: error: standard input: %s\n", strerror(errno));
            status = STATUS_USAGE;
            break;
        }
        buf_added(&input, (size_t)length);
        if (input.length > VALUE_MOST)
            status = complain("a message of more than 2 GiB");
        put_whole(visit, &input, length == 0);
        if (status == STATUS_OK)
            status = settle(visit);
    }
    buf_release(&input);
    return status;
}

int visit_put(const struct options *options)
{
    struct visit visit;
    int status = arrive(&visit, options);
    if (status == STATUS_OK)
        status = options->values.count ? put_values(&visit) : put_input(&visit);
    return leave(&visit, status);
}

static void ask_get(struct visit *visit)
{
    size_t begin = request_begin(&visit->out, REQUEST_GET);
    frame_i64(&visit->out, visit->options->asking.timeout);
    frame_text(&visit->out, visit->options->subject);
    frame_end(&visit->out, begin);
    visit->unanswered++;
}

/* It is taken once it stands where it was to go. */
static int print_message(struct visit *visit, const struct frame *frame)
{
    fwrite(frame->at, 1, frame->left, stdout);
    putchar(visit->options->asking.nul ? '\0' : '\n');
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "parrun: error: standard output: %s\n", strerror(errno));
        return STATUS_OUTPUT;
    }
    frame_end(&visit->out, request_begin(&visit->out, REQUEST_TAKEN));
    visit->unanswered++;
    return STATUS_OK;
}

/* Waits for the message that was asked for, behind the reply to the one before it. */
static int take_message(struct visit *visit, bool *closed)
{
    struct frame frame;
    send_all(visit);
    do {
        if (!next_reply(visit, &frame))
            return complain_ended();
    } while (request_type(&frame) == REPLY_DONE);
    *closed = request_type(&frame) == REPLY_CLOSED;
    if (*closed)
        return STATUS_OK;
    return request_type(&frame) == REPLY_MESSAGE ? print_message(visit, &frame)
                                                 : explain(visit, &frame);
}

int visit_get(const struct options *options)
{
    struct visit visit;
    bool closed = false;
    bool all = options->asking.all;
    int status = arrive(&visit, options);
    if (status == STATUS_OK) {
        do {
            ask_get(&visit);
            status = take_message(&visit, &closed);
        } while (status == STATUS_OK && all && !closed);
    }
    if (status == STATUS_OK)
        status = closed && !all ? STATUS_END : settle(&visit);
    return leave(&visit, status);
}
