/* Encoded values on their way into a queue. */
#include "queue/async_put.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/run.h"
#include "loop/loop.h"
#include "queue/message.h"
#include "queue/queue.h"

struct outlet {
    struct run *run;
    struct queue *queue;
    const char *producer;
    struct outlet_callbacks callbacks;
    void *arg;
    struct waiter waiter;
    struct letters kept;
    bool finishing;
};

static bool put(struct outlet *outlet, const char *encoded, size_t length)
{
    const struct put_options options = {.producer = outlet->producer};
    return queue_put_value(outlet->queue, encoded, length, &options);
}

static void tell_finished(void *arg)
{
    struct outlet *outlet = arg;
    outlet->callbacks.finished(outlet->arg);
}

static void on_room(void *arg)
{
    struct outlet *outlet = arg;
    while (outlet->kept.first) {
        if (!put(outlet, outlet->kept.first->bytes, outlet->kept.first->length)) {
            queue_wait_room(outlet->queue, &outlet->waiter);
            return;
        }
        free(letters_take(&outlet->kept));
    }
    outlet->callbacks.room(outlet->arg);
    if (outlet->finishing)
        tell_finished(outlet);
}

struct outlet *outlet_new(struct run *run, struct queue *queue, const char *producer,
                          const struct outlet_callbacks *callbacks, void *arg)
{
    struct outlet *outlet = mem_calloc(1, sizeof(*outlet));
    *outlet = (struct outlet){
        .run = run,
        .queue = queue,
        .producer = producer,
        .callbacks = *callbacks,
        .arg = arg,
        .waiter = {.function = on_room, .arg = outlet},
    };
    return outlet;
}

void outlet_put(struct outlet *outlet, const char *encoded, size_t length)
{
    if (!outlet->kept.first && put(outlet, encoded, length))
        return;
    letters_add(&outlet->kept, letter_new(encoded, length, false, 0));
    outlet->callbacks.full(outlet->arg);
    queue_wait_room(outlet->queue, &outlet->waiter);
}

void outlet_finish(struct outlet *outlet)
{
    outlet->finishing = true;
    if (!outlet->kept.first)
        loop_defer(outlet->run->loop, tell_finished, outlet);
}

void outlet_free(struct outlet *outlet)
{
    if (!outlet)
        return;
    queue_unwait(outlet->queue, &outlet->waiter);
    letters_release(&outlet->kept);
    free(outlet);
}
