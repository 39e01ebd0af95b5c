/* The socket of an agent. */
#include "worker/agent_socket.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "loop/timer.h"
#include "loop/watch.h"
#include "os/private_socket.h"
#include "os/run_places.h"
#include "wire/relay.h"

/* How long those who come wait where the system has no descriptor for them. */
#define RETRY (100 * NS_PER_MS)

struct agent_socket {
    struct relays relays;
    size_t most; /* of them */
    uint32_t last;
    int fd;
    struct watch *watch; /* NULL: it could not be opened */
    struct timer *retry;
};

static void wait_for_room(struct agent_socket *door)
{
    watch_pause(door->watch);
    timer_start(door->retry, RETRY);
}

/* It sends nothing before the runner says that there is room. */
static void take_in(struct agent_socket *door, const int ends[2])
{
    uint32_t number = ++door->last;
    relay_add(&door->relays, number, ends, 0);
    slot_frame(door->relays.frames, FRAME_CLIENT_BEGIN, number);
    door->relays.sent(door->relays.arg);
}

static void on_knock(void *arg)
{
    struct agent_socket *door = arg;
    int ends[2];
    if (door->relays.count >= door->most) {
        wait_for_room(door);
        return;
    }
    int result = private_socket_accept(door->fd, ends);
    if (!result)
        take_in(door, ends);
    else if (result != -EAGAIN && result != -EPERM && result != -EINTR && result != -ECONNABORTED)
        wait_for_room(door);
}

static void on_retry(void *arg)
{
    watch_resume(((struct agent_socket *)arg)->watch);
}

static void open_socket(struct agent_socket *door, struct private_socket *socket)
{
    struct error error = {0};
    struct buf address = {0};
    door->fd = socket ? private_socket_listen(socket, RUN_OF_AGENT, &error) : error_set(&error, ERROR_FAILED, "there is no memory for it");
    if (door->fd < 0)
        buf_printf(&address, "none: %s", error.text);
    else
        buf_text(&address, private_socket_path(socket));
    if (door->fd >= 0)
        door->watch = watch_new(door->relays.loop, door->fd, on_knock, door);
    setenv("PARRUN_SOCKET", buf_string(&address), 1);
    buf_release(&address);
    error_release(&error);
}

struct agent_socket *agent_socket_new(struct loop *loop, struct private_socket *socket, struct buf *frames, void (*sent)(void *arg),
                                      void *arg)
{
    struct agent_socket *door = mem_calloc(1, sizeof(*door));
    door->relays = (struct relays){.loop = loop, .frames = frames, .sent = sent, .arg = arg};
    door->most = relays_most();
    door->retry = timer_new(loop, on_retry, door);
    open_socket(door, socket);
    return door;
}

void agent_socket_take(struct agent_socket *door, struct frame *frame)
{
    uint32_t number = frame_read_u32(frame);
    if (door)
        relay_take(&door->relays, number, frame);
}

void agent_socket_hold(struct agent_socket *door, bool held)
{
    if (door)
        relays_hold(&door->relays, held);
}
