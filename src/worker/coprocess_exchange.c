/* One question to a program that is kept running, and its answer. */
#include "worker/coprocess_exchange.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "worker/coprocess_program.h"
#include "worker/private.h"

/* An answer is no longer. */
#define ANSWER_LONGEST ((size_t)64 << 20)

/* How long frames for the runner are gathered. */
#define GATHER_MS 1

/* So much of a wrong line is shown. */
#define SHOWN_BYTES 60

void exchange_show(const struct exchange *exchange, struct buf *out)
{
    const struct buf *received = &exchange->program->received;
    const char *newline = memchr(received->data, '\n', received->length);
    size_t end = newline ? (size_t)(newline - received->data) : received->length;
    size_t shown = 0;
    while (shown < end && shown < SHOWN_BYTES) {
        size_t size = utf8_char(received->data + shown, end - shown);
        shown += size ? size : 1;
    }
    buf_char(out, '\'');
    buf_append(out, received->data, shown);
    buf_text(out, shown < end ? "...'" : "'");
}

static void wrong(struct exchange *exchange, const char *what)
{
    exchange->state = EXCHANGE_WRONG;
    buf_printf(&exchange->reason, "its program %s: ", what);
    exchange_show(exchange, &exchange->reason);
}

/*
 * What has been written by now: nothing yet, an answer, or something that is none. A line's
 * beginning may come before the question's end, as from a program that copies what it reads.
 */
static void judge(struct exchange *exchange)
{
    const struct buf *received = &exchange->program->received;
    if (received->length == exchange->scanned)
        return;
    const char *newline =
        memchr(received->data + exchange->scanned, '\n', received->length - exchange->scanned);
    exchange->scanned = received->length;
    exchange->length = newline ? (size_t)(newline - received->data) : received->length;
    if (exchange->length > ANSWER_LONGEST)
        wrong(exchange, "answered with more than 64 MiB");
    else if (newline && !exchange->asked)
        wrong(exchange, "wrote before it was asked");
    else if (newline && exchange->length + 1 < received->length)
        wrong(exchange, "answered with more than one line");
    else if (newline)
        exchange->state = EXCHANGE_ANSWERED;
}

static void listen(struct exchange *exchange)
{
    program_read(exchange->program);
    judge(exchange);
}

/* Writes on: the newline where the rest was written, as the program has read all of that. */
static void push(struct exchange *exchange)
{
    const struct buf *question = exchange->question;
    size_t left = question->length - exchange->written;
    const char *bytes = left ? question->data + exchange->written : "\n";
    ssize_t length = write(exchange->program->in, bytes, left ? left : 1);
    if (length > 0 && left)
        exchange->written += (size_t)length;
    else if (length > 0)
        exchange->asked = true;
    else if (errno != EAGAIN && errno != EINTR)
        exchange->state = EXCHANGE_ENDED;
}

/* It has ended: what it wrote before may still be the answer. */
static void take_last_words(struct exchange *exchange)
{
    struct program *program = exchange->program;
    size_t before;
    exchange->exited = true;
    do {
        before = program->received.length;
        listen(exchange);
    } while (exchange->state == EXCHANGE_OPEN && program->received.length > before);
    if (exchange->state == EXCHANGE_OPEN)
        exchange->state = EXCHANGE_ENDED;
}

/*
 * One wait: room for the question, the answer, the program's end, and where that takes longer
 * frames from the runner. Those for it gather meanwhile, as writing each would cost more than a
 * short task.
 *
 * poll(2) looks at the descriptors in this order: where there is room, what the program wrote
 * before it took the question is there too.
 */
static void step(struct exchange *exchange)
{
    struct program *program = exchange->program;
    struct pollfd fds[3] = {
        {.fd = exchange->asked ? -1 : program->in, .events = POLLOUT},
        {.fd = program->out, .events = POLLIN},
        {.fd = program->pidfd, .events = POLLIN},
    };
    if (poll(fds, 3, GATHER_MS) <= 0)
        channel_wait(exchange->worker, fds, 3, exchange->deadline);
    if (fds[1].revents)
        listen(exchange);
    if (fds[0].revents && exchange->state == EXCHANGE_OPEN)
        push(exchange);
    if (fds[2].revents && exchange->state == EXCHANGE_OPEN)
        take_last_words(exchange);
    else if (program->out < 0 && exchange->state == EXCHANGE_OPEN)
        exchange->state = EXCHANGE_ENDED;
}

static bool may_go_on(struct exchange *exchange)
{
    if (exchange->state != EXCHANGE_OPEN)
        return false;
    if (exchange->worker->cancelled)
        exchange->state = EXCHANGE_CANCELLED;
    else if (exchange->deadline && clock_monotonic() >= exchange->deadline)
        exchange->state = EXCHANGE_TIMEOUT;
    return exchange->state == EXCHANGE_OPEN;
}

bool exchange_was_read(const struct exchange *exchange)
{
    int unread = 0;
    return ioctl(exchange->program->in, FIONREAD, &unread) || (size_t)unread < exchange->written ||
           exchange->asked;
}

void exchange_run(struct exchange *exchange)
{
    if (exchange->question->length)
        push(exchange);
    while (may_go_on(exchange))
        step(exchange);
}
