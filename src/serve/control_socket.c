/* Letting clients in. */
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

struct control_socket {
    struct run *run;
    struct private_socket *socket;
    int fd;
    struct watch *watch; /* NULL: it could not be opened */
    struct watch *removal; /* of its directory; NULL: nobody would hear of that */
    int removal_fd;
    struct timer *retry;
    struct connection *connections;
    size_t most; /* of them */
    struct buf address;
    int64_t settles; /* clock_monotonic() until when; 0: it does not */
    void (*settled)(void *arg);
    void *settled_arg;
};

/* The one who has been there longest without a request, or else with requests that are answered again; NULL: none. *COUNT: of
 * all. Who puts into queues or takes from them is never sent away. */
static struct connection *find_idle(const struct control_socket *control, size_t *count)
{
    struct connection *idle = NULL, *steers = NULL;
    *count = 0;
    for (struct connection *connection = control->connections; connection;
         connection = connection->next) {
        ++*count;
        if (connection->leaving)
            continue;
        if (connection_is_idle(connection))
            idle = connection;
        else if (connection->session)
            steers = connection;
    }
    return idle ? idle : steers;
}

/* Makes room for one more, by the end of this turn of the loop; false where everybody is waited on. */
static bool make_room(const struct control_socket *control)
{
    size_t count;
    struct connection *idle = find_idle(control, &count);
    if (count < control->most)
        return true;
    if (!idle)
        return false;
    if (writer_pending(idle->writer)) { /* it reads nothing: nor would it read why */
        connection_free(idle);
        return true;
    }
    connection_refuse(idle,
                      connection_is_idle(idle)
                          ? "more than %zu clients at once, and this one had asked for nothing"
                          : "more than %zu clients at once, and this one came before the others",
                      control->most);
    return true;
}

static void on_knock(void *arg)
{
    struct control_socket *control = arg;
    int ends[2];
    if (!make_room(control)) {
        watch_pause(control->watch);
        timer_start(control->retry, RETRY);
        return;
    }
    int result = private_socket_accept(control->fd, ends);
    if (!result) {
        connection_new(control->run, &control->connections, ends);
    } else if (result != -EAGAIN && result != -EPERM && result != -EINTR &&
               result != -ECONNABORTED) {
        watch_pause(control->watch);
        timer_start(control->retry, RETRY);
    }
}

/* False where all who are still there were let go, or the time is over. */
static bool settles_on(const struct control_socket *control)
{
    for (const struct connection *connection = control->connections; connection;
         connection = connection->next)
        if (!connection->let_go)
            return clock_monotonic() < control->settles;
    return false;
}

static void on_retry(void *arg)
{
    struct control_socket *control = arg;
    if (control->settles && settles_on(control)) {
        timer_start(control->retry, SETTLE_STEP);
    } else if (control->settles) {
        control->settled(control->settled_arg);
    } else if (control->watch) {
        watch_resume(control->watch);
    }
}

void control_socket_settle(struct control_socket *control, void (*done)(void *arg), void *arg)
{
    if (!control || !control->connections) {
        done(arg);
        return;
    }
    control->settles = clock_monotonic() + SETTLE;
    control->settled = done;
    control->settled_arg = arg;
    timer_start(control->retry, SETTLE_STEP);
}

static void on_removal(void *arg);

static size_t connections_most(void)
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
static void open_socket(struct control_socket *control)
{
    struct error error = {0};
    struct buf identity = {0};
    put_identity(control->run, &identity);
    control->fd = control->socket ? private_socket_listen(control->socket, identity.data, &error)
                                  : error_set(&error, ERROR_FAILED, "there is no memory for it");
    buf_release(&identity);
    buf_clear(&control->address);
    if (control->fd < 0) {
        buf_printf(&control->address, "none: %s", error.text);
        fprintf(stderr, "parrun: warning: the run goes on, but nobody can ask it anything: it cannot open its socket: %s\n",
                error.text);
        error_release(&error);
        return;
    }
    buf_text(&control->address, private_socket_path(control->socket));
    control->watch = watch_new(control->run->loop, control->fd, on_knock, control);
    control->removal_fd = private_socket_watch(control->socket);
    if (control->removal_fd >= 0)
        control->removal = watch_new(control->run->loop, control->removal_fd, on_removal, control);
}

static void close_socket(struct control_socket *control)
{
    watch_free(control->watch);
    watch_free(control->removal);
    control->watch = control->removal = NULL;
}

static void open_again(void *arg)
{
    struct control_socket *control = arg;
    if (!control->removal || !private_socket_is_lost(control->socket, control->removal_fd))
        return;
    close_socket(control);
    open_socket(control);
}

/* Not in the callback of the watch that is freed for it. */
static void on_removal(void *arg)
{
    struct control_socket *control = arg;
    loop_defer(control->run->loop, open_again, control);
}

struct control_socket *control_socket_new(struct run *run, struct private_socket *socket)
{
    struct control_socket *control = mem_calloc(1, sizeof(*control));
    *control = (struct control_socket){.run = run, .most = connections_most(), .socket = socket};
    control->retry = timer_new(run->loop, on_retry, control);
    open_socket(control);
    run->service.desk = desk_new(run);
    return control;
}

/* A message that nobody has answered is put into its file by who has sent it: nobody may come in vain. */
void control_socket_close(struct control_socket *control)
{
    int ends[2];
    if (!control || !control->watch)
        return;
    watch_free(control->removal);
    control->removal = NULL;
    private_socket_remove(control->socket);
    while (!private_socket_accept(control->fd, ends))
        connection_new(control->run, &control->connections, ends);
    for (struct connection *connection = control->connections; connection;
         connection = connection->next)
        connection_end(connection);
}

void control_socket_free(struct control_socket *control)
{
    if (!control)
        return;
    while (control->connections)
        connection_free(control->connections);
    close_socket(control);
    timer_free(control->retry);
    private_socket_remove(control->socket);
    buf_release(&control->address);
    free(control);
}

void control_socket_committed(struct control_socket *control)
{
    for (struct connection *connection = control ? control->connections : NULL; connection;
         connection = connection->next)
        connection_committed(connection);
}

void control_socket_waits(const struct control_socket *control, const struct object *object,
                          struct part_waits *waits)
{
    struct part_wait wait;
    for (const struct connection *connection = control ? control->connections : NULL; connection;
         connection = connection->next)
        if (connection->body == object && connection_waits(connection, &wait))
            parts_add(waits, &wait);
}

const char *control_socket_address(const struct control_socket *control)
{
    return buf_string(&control->address);
}
