/* Letting guests in. */
#include "serve/control_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/object.h"
#include "engine/run.h"
#include "loop/timer.h"
#include "loop/watch.h"
#include "os/private_socket.h"
#include "queue/parts.h"
#include "serve/connection.h"

/* Clients at once, and their share of the descriptors that the system allows: each takes two. */
#define GUESTS_MOST 256
#define GUESTS_SHARE 8

/* How long those who come wait where the system has no descriptor for them. */
#define RETRY (100 * NS_PER_MS)

struct door {
    struct run *run;
    struct private_socket *socket;
    int fd;
    struct watch *watch; /* NULL: it could not be opened */
    struct timer *retry;
    struct guest *guests;
    size_t most; /* of them */
    struct buf address;
};

/* The one who has been there longest without a request; NULL: none. *COUNT: of all. */
static struct guest *find_idle(const struct door *door, size_t *count)
{
    struct guest *idle = NULL;
    *count = 0;
    for (struct guest *guest = door->guests; guest; guest = guest->next, ++*count)
        if (guest_is_idle(guest))
            idle = guest;
    return idle;
}

/* Makes room for one more, by the end of this turn of the loop; false where everybody is waited on. */
static bool make_room(const struct door *door)
{
    size_t count;
    struct guest *idle = find_idle(door, &count);
    if (count < door->most)
        return true;
    if (!idle)
        return false;
    guest_refuse(idle, "more than %zu clients at once, and this one had asked for nothing", door->most);
    return true;
}

static void on_knock(void *arg)
{
    struct door *door = arg;
    int ends[2];
    if (!make_room(door)) {
        watch_pause(door->watch);
        timer_start(door->retry, RETRY);
        return;
    }
    int result = private_socket_accept(door->fd, ends);
    if (!result) {
        guest_new(door->run, &door->guests, ends);
    } else if (result != -EAGAIN && result != -EPERM && result != -EINTR &&
               result != -ECONNABORTED) {
        watch_pause(door->watch);
        timer_start(door->retry, RETRY);
    }
}

static void on_retry(void *arg)
{
    struct door *door = arg;
    watch_resume(door->watch);
}

static size_t guests_most(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur / GUESTS_SHARE > GUESTS_MOST)
        return GUESTS_MOST;
    return limit.rlim_cur / GUESTS_SHARE + 1;
}

struct door *door_new(struct run *run, struct private_socket *socket)
{
    struct door *door = mem_calloc(1, sizeof(*door));
    struct error error = {0};
    *door = (struct door){.run = run, .most = guests_most(), .socket = socket};
    door->fd = socket ? private_socket_listen(socket, &error)
                      : error_set(&error, ERROR_FAILED, "there is no memory for it");
    if (door->fd < 0) {
        buf_printf(&door->address, "none: %s", error.text);
        error_release(&error);
        return door;
    }
    buf_text(&door->address, private_socket_path(socket));
    door->watch = watch_new(run->loop, door->fd, on_knock, door);
    door->retry = timer_new(run->loop, on_retry, door);
    return door;
}

/* A message that nobody has answered is put into its file by who has sent it: nobody may come in vain. */
void door_close(struct door *door)
{
    int ends[2];
    if (!door || !door->watch)
        return;
    private_socket_remove(door->socket);
    while (!private_socket_accept(door->fd, ends))
        guest_new(door->run, &door->guests, ends);
    for (struct guest *guest = door->guests; guest; guest = guest->next)
        guest_end(guest);
}

void door_free(struct door *door)
{
    if (!door)
        return;
    while (door->guests)
        guest_free(door->guests);
    watch_free(door->watch);
    timer_free(door->retry);
    private_socket_remove(door->socket);
    buf_release(&door->address);
    free(door);
}

void door_committed(struct door *door)
{
    for (struct guest *guest = door ? door->guests : NULL; guest; guest = guest->next)
        guest_committed(guest);
}

void door_waits(const struct door *door, const struct object *object, struct part_waits *waits)
{
    struct part_wait wait;
    for (const struct guest *guest = door ? door->guests : NULL; guest; guest = guest->next)
        if (guest->body == object && guest_waits(guest, &wait))
            parts_add(waits, &wait);
}

const char *door_address(const struct door *door)
{
    return buf_string(&door->address);
}
