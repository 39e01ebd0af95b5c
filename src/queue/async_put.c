/* Encoded values on their way into a queue. */
#include "queue/async_put.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/run.h"
#include "loop/loop.h"
#include "queue/message.h"
#include "queue/queue.h"

struct async_put {
    struct run *run;
    struct queue *queue;
    const char *producer;
    struct async_put_callbacks callbacks;
    void *arg;
    struct waiter waiter;
    struct message_list kept;
    bool finishing;
};

static bool put(struct async_put *async, const char *encoded, size_t length)
{
    const struct put_options options = {.producer = async->producer};
    return queue_put_value(async->queue, encoded, length, &options);
}

static void tell_finished(void *arg)
{
    struct async_put *async = arg;
    async->callbacks.finished(async->arg);
}

static void on_room(void *arg)
{
    struct async_put *async = arg;
    while (async->kept.first) {
        if (!put(async, async->kept.first->bytes, async->kept.first->length)) {
            queue_wait_room(async->queue, &async->waiter);
            return;
        }
        free(message_list_take(&async->kept));
    }
    async->callbacks.room(async->arg);
    if (async->finishing)
        tell_finished(async);
}

struct async_put *async_put_new(struct run *run, struct queue *queue, const char *producer,
                                const struct async_put_callbacks *callbacks, void *arg)
{
    struct async_put *async = mem_calloc(1, sizeof(*async));
    *async = (struct async_put){
        .run = run,
        .queue = queue,
        .producer = producer,
        .callbacks = *callbacks,
        .arg = arg,
        .waiter = {.function = on_room, .arg = async},
    };
    return async;
}

void async_put_put(struct async_put *async, const char *encoded, size_t length)
{
    if (!async->kept.first && put(async, encoded, length))
        return;
    message_list_add(&async->kept, message_new(encoded, length, false, 0));
    async->callbacks.full(async->arg);
    queue_wait_room(async->queue, &async->waiter);
}

void async_put_finish(struct async_put *async)
{
    async->finishing = true;
    if (!async->kept.first)
        loop_defer(async->run->loop, tell_finished, async);
}

void async_put_free(struct async_put *async)
{
    if (!async)
        return;
    queue_unwait(async->queue, &async->waiter);
    message_list_release(&async->kept);
    free(async);
}
