/* The sender's side of sd_notify(3). */
#include "cli/runner/systemd_service.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "os/sd_notify.h"

struct service {
    struct run *run;
    char *socket;
    struct timer *alive; /* of WATCHDOG=1 */
    int64_t interval;    /* of that; 0: nobody waits for it */
    bool ready;
    bool looking; /* a look at what has changed is on its way */
};

static void say(const struct service *service, const char *text)
{
    notify_send(service->socket, text); /* who has asked and does not listen misses nothing */
}

static void on_alive(void *arg)
{
    struct service *service = arg;
    say(service, "WATCHDOG=1");
    timer_start(service->alive, service->interval);
}

/* What others may want to use: it is to be ready, or is past that. */
static bool is_up(const struct object *object)
{
    return !object->daemon || object->state == OBJECT_ENDED || object->state == OBJECT_STOPPED ||
           (object->reached & 1u << CONDITION_READY);
}

static void look(void *arg)
{
    struct service *service = arg;
    const struct run *run = service->run;
    struct buf text = {0};
    size_t running = 0, waiting = 0;
    bool up = true;
    service->looking = false;
    for (size_t i = 0; i < run->all.object_count; i++) {
        enum object_state state = run->all.objects[i]->state;
        running += state != OBJECT_PENDING && state != OBJECT_STOPPED && state != OBJECT_ENDED;
        waiting += state == OBJECT_PENDING;
        up = up && is_up(run->all.objects[i]);
    }
    if (up && !service->ready) {
        service->ready = true;
        buf_text(&text, "READY=1\n");
    }
    buf_printf(&text, "STATUS=%zu running, %zu waiting", running, waiting);
    say(service, buf_string(&text));
    buf_release(&text);
}

static bool wants(void *arg, enum event_kind kind, unsigned flags)
{
    (void)arg;
    (void)flags;
    switch (kind) {
    case EVENT_RUN_STOPPING:
    case EVENT_PROCESS_STARTED:
    case EVENT_PROCESS_READY:
    case EVENT_PROCESS_STOPPED:
    case EVENT_PROCESS_ENDED:
    case EVENT_PROCESS_SKIPPED:
    case EVENT_POOL_STARTED:
    case EVENT_POOL_STOPPED:
    case EVENT_POOL_ENDED:
    case EVENT_POOL_SKIPPED:
    case EVENT_THREAD_STARTED:
    case EVENT_THREAD_STOPPED:
    case EVENT_THREAD_ENDED:
    case EVENT_THREAD_SKIPPED:
        return true;
    default:
        return false;
    }
}

static void take(void *arg, const struct event *event)
{
    struct service *service = arg;
    if (event->kind == EVENT_RUN_STOPPING)
        say(service, "STOPPING=1");
    if (service->looking)
        return;
    service->looking = true;
    loop_defer(service->run->loop, look, service);
}

/* The watchdog's interval where it waits for this process, or for the guard before it. */
static int64_t watchdog_interval(void)
{
    const char *time = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    if (!time || (pid && strtol(pid, NULL, 10) != getppid()))
        return 0;
    return strtoll(time, NULL, 10) * 1000 / 2;
}

struct service *service_new(struct run *run)
{
    const char *socket = getenv("NOTIFY_SOCKET");
    struct service *service = NULL;
    if (socket && *socket) {
        service = mem_calloc(1, sizeof(*service));
        *service = (struct service){
            .run = run, .socket = mem_strdup(socket), .interval = watchdog_interval()};
        bus_add(run->bus, &(struct bus_reader){.arg = service, .wants = wants, .take = take});
        service->alive = timer_new(run->loop, on_alive, service);
        if (service->interval)
            timer_start(service->alive, service->interval);
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return service;
}

void service_free(struct service *service)
{
    if (!service)
        return;
    say(service, "STOPPING=1");
    timer_free(service->alive);
    free(service->socket);
    free(service);
}
