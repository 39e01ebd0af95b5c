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

struct queue_client {
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
static int complain_gone(const struct queue_client *client)
{
    complain(client->file ? "the run was killed before it answered: it may have done it, or not"
                          : "the run has ended");
    return STATUS_SYSTEM;
}

static int complain_ended(const struct queue_client *client)
{
    return client->file ? VISIT_AGAIN : complain_gone(client);
}

/* Why PARRUN_SOCKET names no socket. */
static int complain_nowhere(const char *address)
{
    static const char none[] = "none: ";
    if (address && !strncmp(address, none, sizeof(none) - 1)) {
        complain("the run has no socket: %s", address + sizeof(none) - 1);
        return STATUS_SYSTEM;
    }
    return complain("put and get are for the bodies of a run with queues, and PARRUN_SOCKET names none here; "
                    "'parrun queue FILE put' puts into the file of a durable queue, with and without a run");
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

/* Connects to the socket at ADDRESS. */
static int go_to(struct queue_client *client, const struct options *options, const char *queue,
                 const char *address, bool file)
{
    struct error error = {0};
    *client = (struct queue_client){.options = options, .queue = queue, .fd = -1, .file = file};
    if (file && address[0] != '/')
        return *address ? complain_nowhere(address) : VISIT_AGAIN;
    client->fd = private_socket_connect(address, &error);
    if (client->fd < 0) {
        bool gone = error.code == -ENOENT || error.code == -ECONNREFUSED;
        if (gone && file) {
            error_release(&error);
            return VISIT_AGAIN;
        }
        if (gone)
            complain_gone(client);
        else
            complain("cannot reach the run: %s", error.text);
        error_release(&error);
        return STATUS_SYSTEM;
    }
    size_t begin = request_begin(&client->out, REQUEST_HELLO);
    frame_u32(&client->out, REQUEST_VERSION);
    frame_text(&client->out, variable("PARRUN_RUN"));
    frame_text(&client->out, variable("PARRUN_NAME"));
    frame_end(&client->out, begin);
    return STATUS_OK;
}

static int arrive(struct queue_client *client, const struct options *options)
{
    const char *address = getenv("PARRUN_SOCKET");
    *client = (struct queue_client){.options = options, .fd = -1};
    if (!address || address[0] != '/')
        return complain_nowhere(address);
    return go_to(client, options, options->subject, address, false);
}

static int leave(struct queue_client *client, int status)
{
    if (client->fd >= 0)
        close(client->fd);
    buf_release(&client->out);
    buf_release(&client->in);
    return status;
}

/* A run that refuses one request closes the connection, with its reason still to be read. */
static void send_all(struct queue_client *client)
{
    size_t sent = 0;
    while (sent < client->out.length) {
        ssize_t length =
            send(client->fd, client->out.data + sent, client->out.length - sent, MSG_NOSIGNAL);
        if (length < 0 && errno != EINTR)
            break;
        sent += length > 0 ? (size_t)length : 0;
    }
    buf_clear(&client->out);
}

/* The next reply; false at the end of the run. */
static bool next_reply(struct queue_client *client, struct frame *frame)
{
    for (;;) {
        long length = frame_take(buf_string(&client->in) + client->taken,
                                 client->in.length - client->taken, frame);
        if (length > 0) {
            client->taken += (size_t)length;
            client->unanswered--;
            return true;
        }
        if (length < 0)
            return false;
        buf_consume(&client->in, client->taken);
        client->taken = 0;
        ssize_t got;
        do {
            got = recv(client->fd, buf_reserve(&client->in, PIECE), PIECE, 0);
        } while (got < 0 && errno == EINTR);
        if (got <= 0)
            return false;
        buf_added(&client->in, (size_t)got);
    }
}

/* What the request came to whose reply is neither DONE nor a message. */
static int explain(const struct queue_client *client, const struct frame *frame)
{
    struct buf where = {0};
    int status;
    if (client->word)
        buf_printf(&where, "%s %llu: ", client->word, (unsigned long long)client->done + 1);
    switch (request_type(frame)) {
    case REPLY_ENDED:
        status = complain_ended(client);
        break;
    case REPLY_TIMEOUT:
        complain("%squeue '%s' was %s all the time", buf_string(&where), client->queue,
                 client->options->mode != MODE_GET ? "full" : "empty");
        status = STATUS_TIMEOUT;
        break;
    case REPLY_REFUSED:
        status = complain("%squeue '%s': %.*s", buf_string(&where), client->queue, (int)frame->left,
                          frame->at);
        break;
    default:
        status = complain("the run is one of another version of parrun");
        break;
    }
    buf_release(&where);
    return status;
}

/* Sends what was asked for and waits until all of it is done. */
static int settle(struct queue_client *client)
{
    struct frame frame;
    send_all(client);
    while (client->unanswered) {
        if (!next_reply(client, &frame))
            return complain_gone(client);
        if (request_type(&frame) != REPLY_DONE)
            return explain(client, &frame);
        client->done++;
    }
    return STATUS_OK;
}

static void ask_put(struct queue_client *client, const char *bytes, size_t length)
{
    const struct asking *asking = &client->options->asking;
    size_t begin = request_begin(&client->out, REQUEST_PUT);
    frame_i64(&client->out, asking->timeout);
    frame_i64(&client->out, asking->delay);
    frame_u8(&client->out, asking->priority);
    frame_text(&client->out, client->queue);
    buf_append(&client->out, bytes, length);
    frame_end(&client->out, begin);
    client->unanswered++;
}

static int put_values(struct queue_client *client, const char *const *values, size_t count)
{
    client->word = count > 1 ? "value" : NULL;
    for (size_t i = 0; i < count; i++)
        ask_put(client, values[i], strlen(values[i]));
    return settle(client);
}

static int take_input(void *arg, const char *bytes, size_t length, struct error *error)
{
    (void)error;
    ask_put(arg, bytes, length);
    return 0;
}

/* What has come is put before more is waited for. */
static int put_input(struct queue_client *client)
{
    struct input input = {.end = client->options->asking.nul ? '\0' : '\n'};
    struct error error = {0};
    int status = STATUS_OK;
    int result = 1;
    client->word = "line";
    while (result == 1 && status == STATUS_OK) {
        result = input_next(&input, take_input, client, &error);
        if (result >= 0)
            status = settle(client);
    }
    if (error.code)
        status = complain("%s", error.text);
    error_release(&error);
    input_release(&input);
    return status;
}

int queue_client_put(const struct options *options)
{
    struct queue_client client;
    int status = arrive(&client, options);
    if (status == STATUS_OK && options->values.count)
        status = put_values(&client, options->values.items, options->values.count);
    else if (status == STATUS_OK)
        status = put_input(&client);
    return leave(&client, status);
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

static int put_messages(struct queue_client *client, const struct buf *bytes)
{
    uint32_t size;
    for (size_t at = 0; at < bytes->length; at += sizeof(size) + size) {
        memcpy(&size, bytes->data + at, sizeof(size));
        ask_put(client, bytes->data + at + sizeof(size), size);
    }
    return settle(client);
}

int queue_client_file_put(const struct options *options, const char *socket, const char *queue,
                          struct messages *messages)
{
    struct queue_client client;
    int status = go_to(&client, options, queue, socket, true);
    client.word = messages->word;
    client.done = messages->done;
    if (status == STATUS_OK)
        status = put_messages(&client, &messages->bytes);
    drop_done(messages, client.done - messages->done);
    return leave(&client, status);
}

/* A request that names queues, and whose reply is a number of messages. */
static int ask_number(enum request type, const struct options *options, const char *socket,
                      const char *const *words, size_t count, const char *what)
{
    struct queue_client client;
    struct frame frame;
    int status = go_to(&client, options, words[0], socket, true);
    if (status != STATUS_OK)
        return leave(&client, status);
    size_t begin = request_begin(&client.out, type);
    for (size_t i = 0; i < count; i++)
        frame_text(&client.out, words[i]);
    frame_end(&client.out, begin);
    client.unanswered++;
    send_all(&client);
    if (!next_reply(&client, &frame))
        return leave(&client, complain_gone(&client));
    if (request_type(&frame) != REPLY_DONE)
        return leave(&client, explain(&client, &frame));
    char *number = mem_copy(frame.at, frame.left);
    queue_tell(strtoll(number, NULL, 10), what, words[0]);
    free(number);
    return leave(&client, STATUS_OK);
}

int queue_client_requeue(const struct options *options, const char *socket,
                         const char *const *words, size_t count)
{
    return ask_number(REQUEST_REQUEUE, options, socket, words, count, "put back from");
}

int queue_client_purge(const struct options *options, const char *socket, const char *const *words,
                       size_t count)
{
    return ask_number(REQUEST_PURGE, options, socket, words, count, "purged from");
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* As many as have come before: who wants only a few, and ends then, leaves the rest in the queue. */
static void ask_get(struct queue_client *client, uint64_t left)
{
    uint64_t most = client->printed ? least(client->printed, MESSAGES_MOST) : 1;
    size_t begin = request_begin(&client->out, REQUEST_GET);
    frame_i64(&client->out, client->options->asking.timeout);
    frame_u32(&client->out, (uint32_t)least(most, left));
    frame_text(&client->out, client->queue);
    frame_end(&client->out, begin);
    client->unanswered++;
}

/* They are taken once they stand where they were to go. */
static int print_messages(struct queue_client *client, struct frame *frame)
{
    while (frame->left && !frame->bad) {
        size_t length;
        const char *bytes = frame_read_bytes(frame, &length);
        fwrite(bytes, 1, length, stdout);
        putchar(client->options->asking.nul ? '\0' : '\n');
        client->printed++;
    }
    int status = flush_output();
    if (status != STATUS_OK)
        return status;
    frame_end(&client->out, request_begin(&client->out, REQUEST_TAKEN));
    client->unanswered++;
    return STATUS_OK;
}

/* Waits for what was asked for, behind the reply to what was taken before it. */
static int take_messages(struct queue_client *client, bool *closed)
{
    struct frame frame;
    send_all(client);
    do {
        if (!next_reply(client, &frame))
            return complain_gone(client);
    } while (request_type(&frame) == REPLY_DONE);
    *closed = request_type(&frame) == REPLY_CLOSED;
    if (*closed)
        return STATUS_OK;
    return request_type(&frame) == REPLY_MESSAGES ? print_messages(client, &frame)
                                                  : explain(client, &frame);
}

int queue_client_get(const struct options *options)
{
    struct queue_client client;
    bool closed = false;
    const struct asking *asking = &options->asking;
    uint64_t most = asking->all ? UINT64_MAX : asking->count ? (uint64_t)asking->count : 1;
    int status = arrive(&client, options);
    while (status == STATUS_OK && !closed && client.printed < most) {
        ask_get(&client, most - client.printed);
        status = take_messages(&client, &closed);
    }
    if (status == STATUS_OK)
        status = asking->all || client.printed ? settle(&client) : STATUS_END;
    return leave(&client, status);
}
