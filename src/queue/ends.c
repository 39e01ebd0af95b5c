/* Who uses which queue. */
#include "queue/ends.h"

#include "base/error.h"
#include "engine/run.h"
#include "queue/queue.h"
#include "scenario/spec.h"

static bool names(const size_t *queues, size_t count, size_t index)
{
    for (size_t i = 0; i < count; i++)
        if (queues[i] == index)
            return true;
    return false;
}

static void add(const struct object_spec *spec, size_t index, size_t times,
                struct queue_users *users)
{
    if (names(spec->queues.produces, spec->queues.produces_count, index))
        users->producers += times;
    if (names(spec->queues.consumes, spec->queues.consumes_count, index))
        users->consumers += times;
}

static void add_daemons(const struct object_spec *spec, bool daemon, size_t index,
                        struct queue_users *users)
{
    if (daemon && names(spec->queues.consumes, spec->queues.consumes_count, index))
        users->daemons++;
}

static bool reads_stream(const struct process_spec *spec, size_t index)
{
    if (spec->streams[0]->kind == STREAM_QUEUE && spec->streams[0]->queue == index)
        return true;
    for (size_t i = 0; i < spec->fd_count; i++) {
        const struct stream_spec *stream = &spec->fds[i].stream;
        if (stream->kind == STREAM_QUEUE && stream->input && stream->queue == index)
            return true;
    }
    return false;
}

void users_count(const struct scenario *scenario, size_t index, struct queue_users *users)
{
    *users = (struct queue_users){0};
    for (size_t i = 0; i < scenario->process_count; i++) {
        size_t replicas = (size_t)scenario->processes[i].replicas;
        add(&scenario->processes[i].object, index, replicas, users);
        add_daemons(&scenario->processes[i].object, scenario->processes[i].daemon, index, users);
        if (reads_stream(&scenario->processes[i], index))
            users->stream_consumers += replicas;
    }
    for (size_t i = 0; i < scenario->pool_count; i++)
        add(&scenario->pools[i].object, index, 1, users);
    for (size_t i = 0; i < scenario->queue_count; i++)
        users->producers += scenario->queues[i].dead_letter && *scenario->queues[i].dead_letter == index;
    for (size_t i = 0; i < scenario->thread_count; i++) {
        add(&scenario->threads[i].object, index, (size_t)scenario->threads[i].replicas, users);
        add_daemons(&scenario->threads[i].object, scenario->threads[i].daemon, index, users);
    }
}

void users_ended(struct run *run, const struct object_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->queues.produces_count; i++)
        queue_producer_ended(run->queue_set.list[spec->queues.produces[i]]);
    for (size_t i = 0; i < spec->queues.consumes_count; i++)
        queue_consumer_ended(run->queue_set.list[spec->queues.consumes[i]], name);
}

static int check_join(const struct run *run, const struct object_spec *spec, const char *name, struct error *error)
{
    for (size_t i = 0; i < spec->queues.produces_count; i++)
        if (queue_is_closed(run->queue_set.list[spec->queues.produces[i]]))
            return error_set(error, ERROR_FAILED, "queue %s, into which it puts, is closed, as all that put into it had ended",
                             queue_name(run->queue_set.list[spec->queues.produces[i]]));
    for (size_t i = 0; i < spec->queues.consumes_count; i++) {
        struct queue *queue = run->queue_set.list[spec->queues.consumes[i]];
        const char *why = queue_refuses_consumer(queue, name);
        if (why)
            return error_set(error, ERROR_FAILED, "queue %s takes no other consumer: %s", queue_name(queue), why);
    }
    return 0;
}

int users_join(struct run *run, const struct object_spec *spec, const char *name, bool check, struct error *error)
{
    int result = check_join(run, spec, name, error);
    for (size_t i = 0; !check && !result && i < spec->queues.produces_count; i++)
        queue_producer_joins(run->queue_set.list[spec->queues.produces[i]]);
    for (size_t i = 0; !check && !result && i < spec->queues.consumes_count; i++)
        queue_consumer_joins(run->queue_set.list[spec->queues.consumes[i]], name);
    return result;
}

bool users_drained(const struct run *run, const struct object_spec *spec)
{
    for (size_t i = 0; i < spec->queues.consumes_count; i++)
        if (!queue_is_empty(run->queue_set.list[spec->queues.consumes[i]]))
            return false;
    return true;
}
