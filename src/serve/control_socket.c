/* Letting guests in. */
#include "serve/control_socket.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/object.h"
#include "engine/run.h"
#include "loop/loop.h"
#include "loop/pipe.h"
#include "loop/timer.h"
#include "loop/watch.h"
#include "os/private_socket.h"
#include "queue/parts.h"
#include "serve/connection.h"
#include "serve/desk.h"
#include "serve/identity.h"

/* Clients at once, and their share of the descriptors that the system allows: each takes two. */
#define GUESTS_MOST 256
#define GUESTS_SHARE 8

/* How long those who come wait where the system has no descriptor for them. */
#define RETRY (100 * NS_PER_MS)

/* At the end everybody has so long to read the last answers. */
#define SETTLE (1 * NS_PER_S)
#define SETTLE_STEP (2 * NS_PER_MS)

struct door {
    struct run *run;
    struct private_socket *socket;
    int fd;
    struct watch *watch; /* NULL: it could not be opened */
    struct watch *removal; /* of its directory; NULL: nobody would hear of that */
    int removal_fd;
    struct timer *retry;
    struct guest *guests;
    size_t most; /* of them */
    struct buf address;
    int64_t settles; /* clock_monotonic() until when; 0: it does not */
    void (*settled)(void *arg);
    void *settled_arg;
};

/* The one who has been there longest without a request, or else with requests that are answered again; NULL: none. *COUNT: of
 * all. Who puts into queues or takes from them is never sent away. */
static struct guest *find_idle(const struct door *door, size_t *count)
{
    struct guest *idle = NULL, *steers = NULL;
    *count = 0;
    for (struct guest *guest = door->guests; guest; guest = guest->next) {
        ++*count;
        if (guest->leaving)
            continue;
        if (guest_is_idle(guest))
            idle = guest;
        else if (guest->session)
            steers = guest;
    }
    return idle ? idle : steers;
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
    if (writer_pending(idle->writer)) { /* it reads nothing: nor would it read why */
        guest_free(idle);
        return true;
    }
    guest_refuse(idle, guest_is_idle(idle) ? "more than %zu clients at once, and this one had asked for nothing"
                                           : "more than %zu clients at once, and this one came before the others", door->most);
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

/* False where all who are still there were let go, or the time is over. */
static bool settles_on(const struct door *door)
{
    for (const struct guest *guest = door->guests; guest; guest = guest->next)
        if (!guest->let_go)
            return clock_monotonic() < door->settles;
    return false;
}

static void on_retry(void *arg)
{
    struct door *door = arg;
    if (door->settles && settles_on(door)) {
        timer_start(door->retry, SETTLE_STEP);
    } else if (door->settles) {
        door->settled(door->settled_arg);
    } else if (door->watch) {
        watch_resume(door->watch);
    }
}

void door_settle(struct door *door, void (*done)(void *arg), void *arg)
{
    if (!door || !door->guests) {
        done(arg);
        return;
    }
    door->settles = clock_monotonic() + SETTLE;
    door->settled = done;
    door->settled_arg = arg;
    timer_start(door->retry, SETTLE_STEP);
}

static void on_removal(void *arg);

static size_t guests_most(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur / GUESTS_SHARE > GUESTS_MOST)
        return GUESTS_MOST;
    return limit.rlim_cur / GUESTS_SHARE + 1;
}

/* What the run's lock tells others of it: see serve/identity.h. */
static void put_identity(const struct run *run, struct buf *out)
{
    buf_char(out, '{');
    identity_print(run, out);
    buf_text(out, "}\n");
}

/* Opens it, or opens it anew. */
static void open_socket(struct door *door)
{
    struct error error = {0};
    struct buf identity = {0};
    put_identity(door->run, &identity);
    door->fd = door->socket ? private_socket_listen(door->socket, identity.data, &error)
                            : error_set(&error, ERROR_FAILED, "there is no memory for it");
    buf_release(&identity);
    buf_clear(&door->address);
    if (door->fd < 0) {
        buf_printf(&door->address, "none: %s", error.text);
        fprintf(stderr, "parrun: warning: the run goes on, but nobody can ask it anything: it cannot open its socket: %s\n",
                error.text);
        error_release(&error);
        return;
    }
    buf_text(&door->address, private_socket_path(door->socket));
    door->watch = watch_new(door->run->loop, door->fd, on_knock, door);
    door->removal_fd = private_socket_watch(door->socket);
    if (door->removal_fd >= 0)
        door->removal = watch_new(door->run->loop, door->removal_fd, on_removal, door);
}

static void close_socket(struct door *door)
{
    watch_free(door->watch);
    watch_free(door->removal);
    door->watch = door->removal = NULL;
}

static void open_again(void *arg)
{
    struct door *door = arg;
    if (!door->removal || !private_socket_is_lost(door->socket, door->removal_fd))
        return;
    close_socket(door);
    open_socket(door);
}

/* Not in the callback of the watch that is freed for it. */
static void on_removal(void *arg)
{
    struct door *door = arg;
    loop_defer(door->run->loop, open_again, door);
}

struct door *door_new(struct run *run, struct private_socket *socket)
{
    struct door *door = mem_calloc(1, sizeof(*door));
    *door = (struct door){.run = run, .most = guests_most(), .socket = socket};
    door->retry = timer_new(run->loop, on_retry, door);
    open_socket(door);
    run->desk = desk_new(run);
    return door;
}

/* A message that nobody has answered is put into its file by who has sent it: nobody may come in vain. */
void door_close(struct door *door)
{
    int ends[2];
    if (!door || !door->watch)
        return;
    watch_free(door->removal);
    door->removal = NULL;
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
    close_socket(door);
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
