/* The durable queues of a run as a whole. */
#include "cli/runner/durable_queues.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "queue/queue.h"
#include "scenario/spec.h"
#include "serve/control_socket.h"
#include "store/queue_file.h"
#include "store/queue_store.h"
#include "value/framing.h"
#include "value/value.h"

struct durable_run {
    struct run *run;
    int64_t *slots;
    void (*finished)(void *arg);
    void *arg;
};

static int64_t add_queue(struct queue_store *store, const struct queue_spec *spec,
                         struct error *error)
{
    struct stored *items = mem_calloc(spec->item_count + 1, sizeof(*items));
    struct buf encoded = {0};
    for (size_t i = 0; i < spec->item_count; i++) {
        size_t start = encoded.length;
        value_encode(&encoded, &spec->items[i]);
        items[i].length = encoded.length - start;
    }
    const char *at = encoded.data;
    for (size_t i = 0; i < spec->item_count; i++) {
        items[i].encoded = at;
        at += items[i].length;
    }
    int64_t slot =
        queue_store_add(store, spec->durable, spec->name, framing_word(spec->framing), items,
                        spec->item_count, error);
    buf_release(&encoded);
    free(items);
    return slot;
}

static bool on_settle(void *arg)
{
    const struct durable_run *durable = arg;
    return run_recorded(durable->run, NULL, 0);
}

static void on_committed(void *arg)
{
    struct durable_run *durable = arg;
    struct run *run = durable->run;
    if (queue_store_has_failed(run->queue_set.store) && !run->stop.cause && !run->over)
        run_stop(run, STOP_DISK, 0);
    for (size_t i = 0; run->queue_set.list && i < run->scenario->queue_count; i++)
        if (durable->slots[i] >= 0)
            queue_has_room_again(run->queue_set.list[i]);
    control_socket_committed(run->service.control);
}

static void on_finished(void *arg)
{
    struct durable_run *durable = arg;
    durable->finished(durable->arg);
}

static int open_files(struct durable_run *durable, struct error *error)
{
    struct run *run = durable->run;
    for (size_t i = 0; i < run->scenario->queue_count; i++) {
        const struct queue_spec *spec = &run->scenario->queues[i];
        durable->slots[i] = spec->durable ? add_queue(run->queue_set.store, spec, error) : -1;
        if (spec->durable && durable->slots[i] < 0)
            return error_wrap(error, "queue '%s'", spec->name);
    }
    return 0;
}

static bool has_any(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->queue_count; i++)
        if (scenario->queues[i].durable)
            return true;
    return false;
}

int durable_begin(struct run *run, void (*finished)(void *arg), void *arg, struct error *error)
{
    static const struct queue_store_callbacks callbacks = {
        .settle = on_settle, .committed = on_committed, .finished = on_finished};
    if (run->plan.dry || !has_any(run->scenario))
        return 0;
    struct durable_run *durable = mem_calloc(1, sizeof(*durable));
    durable->run = run;
    durable->finished = finished;
    durable->arg = arg;
    durable->slots = mem_calloc(run->scenario->queue_count, sizeof(*durable->slots));
    run->queue_set.store = queue_store_new();
    run->queue_set.slots = durable->slots;
    run->queue_set.durable = durable;
    int result = open_files(durable, error);
    return result ? result
                  : queue_store_start(run->queue_set.store, run->loop, &callbacks, durable, error);
}

void durable_tell_control_socket(struct run *run)
{
    if (run->queue_set.store)
        queue_store_set_socket(run->queue_set.store, control_socket_address(run->service.control));
}

void durable_finish(struct run *run)
{
    queue_store_finish(run->queue_set.store);
}

bool durable_wait(struct run *run)
{
    if (run->queue_set.store)
        queue_store_wait(run->queue_set.store);
    return !run->queue_set.store || !queue_store_has_failed(run->queue_set.store);
}

void durable_end(struct run *run)
{
    if (!run->queue_set.durable)
        return;
    queue_store_free(run->queue_set.store);
    free(run->queue_set.durable->slots);
    free(run->queue_set.durable);
    run->queue_set.durable = NULL;
}
