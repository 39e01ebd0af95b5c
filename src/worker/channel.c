/* The worker's side of the two pipes: never waits for one direction alone. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/unit.h"
#include "worker/private.h"

_Noreturn void worker_abandon(struct worker *worker, int status)
{
    command_kill_all(worker);
    _exit(status);
}

/* One write; false when the runner takes no more now. */
static bool write_some(struct worker *worker)
{
    struct channel *channel = &worker->channel;
    size_t left = channel->pending.length - channel->written;
    if (!left)
        return false;
    ssize_t length = write(channel->out, channel->pending.data + channel->written, left);
    if (length < 0 && errno == EINTR)
        return true;
    if (length < 0 && errno == EAGAIN)
        return false;
    if (length < 0)
        worker_abandon(worker, 1);
    channel->written += (size_t)length;
    channel->put.end = 0;
    if (channel->written < channel->pending.length)
        return true;
    buf_clear(&channel->pending);
    buf_trim(&channel->pending);
    channel->written = 0;
    return false;
}

/* One read and all its frames; false when nothing is there now. */
static bool read_some(struct worker *worker)
{
    struct channel *channel = &worker->channel;
    char *room = buf_reserve(&channel->received, 64 << 10);
    ssize_t length = read(channel->in, room, 64 << 10);
    if (length < 0)
        return errno == EINTR;
    if (length == 0)
        worker_abandon(worker, 1);
    buf_added(&channel->received, (size_t)length);
    struct frame frame;
    long taken;
    while ((taken = frame_take(channel->received.data + channel->taken,
                               channel->received.length - channel->taken, &frame)) > 0) {
        channel->taken += (size_t)taken;
        frame.spent = true;
        worker_handle(worker, &frame);
    }
    if (taken < 0)
        worker_abandon(worker, 2);
    buf_consume(&channel->received, channel->taken);
    buf_trim(&channel->received);
    channel->taken = 0;
    return true;
}

void channel_flush(struct worker *worker, bool all)
{
    while (write_some(worker))
        ;
    while (all && worker->channel.pending.length) {
        struct pollfd out = {.fd = worker->channel.out, .events = POLLOUT};
        poll(&out, 1, -1);
        while (write_some(worker))
            ;
    }
}

bool channel_is_full(const struct worker *worker)
{
    return worker->channel.pending.length - worker->channel.written > CHANNEL_BOUND;
}

void channel_poll(struct worker *worker)
{
    channel_flush(worker, false);
    struct pollfd in = {.fd = worker->channel.in, .events = POLLIN};
    if (poll(&in, 1, 0) > 0)
        read_some(worker);
}

static int poll_timeout(int64_t deadline)
{
    if (!deadline)
        return -1;
    int64_t left = deadline - clock_monotonic();
    if (left <= 0)
        return 0;
    int64_t ms = (left + NS_PER_MS - 1) / NS_PER_MS;
    return ms > 1000000 ? 1000000 : (int)ms;
}

void channel_wait(struct worker *worker, struct pollfd *extra, size_t count, int64_t deadline)
{
    struct pollfd fds[8] = {{.fd = worker->channel.in, .events = POLLIN}};
    bool was_full = channel_is_full(worker);
    channel_flush(worker, false);
    /* Whoever waited for room has it now; there may be nothing else left to wake them. */
    bool room = was_full && !channel_is_full(worker);
    fds[1].fd = worker->channel.pending.length ? worker->channel.out : -1;
    fds[1].events = POLLOUT;
    for (size_t i = 0; i < count; i++)
        fds[2 + i] = extra[i];
    int ready = poll(fds, 2 + count, room ? 0 : poll_timeout(deadline));
    for (size_t i = 0; i < count; i++)
        extra[i].revents = ready > 0 ? fds[2 + i].revents : 0;
    if (ready <= 0)
        return;
    if (fds[1].revents)
        channel_flush(worker, false);
    if (fds[0].revents)
        read_some(worker);
}
