/* What a process does with its queues, as far as the runner can see. */
#include "base/buf.h"
#include "base/unit.h"
#include "engine/run.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "queue/backlog.h"
#include "serve/queue_session.h"
#include "serve/control_socket.h"
#include "serve/worker_link.h"
#include "queue/parts.h"
#include "process/private.h"
#include "queue/queue.h"
#include "child/streams.h"
#include "queue/ends.h"
#include "os/context_switches.h"
#include "scenario/spec.h"

/* How often a daemon is looked at that has not yet read what was written for it. */
#define DRAINED_POLL (10 * NS_PER_MS)

void process_waits_for_queue(struct object *object, struct part_waits *waits)
{
    const struct process *process = (const struct process *)object;
    const struct link *link = process->life.link;
    struct part_wait one = {0};
    if (link && !process->life.link_ended && !object->spec->timeout &&
        queue_session_waits(link_session(link), &one.wait))
        parts_add(waits, &one);
}

/* How many have come in this turn of the loop. */
static void take_answers(void *arg)
{
    struct process *process = arg;
    size_t count = process->answers;
    process->answers = 0;
    if (process->backlog)
        backlog_answered(process->backlog, count);
    if (process->backlog && !backlog_is_owed(process->backlog))
        run_poke(process->object.run);
}

void process_answered(struct process *process, size_t count)
{
    if (!process->backlog)
        return;
    if (!process->answers)
        loop_defer(process->object.run->loop, take_answers, process);
    process->answers += count;
}

static void print_end(const struct process *process, struct buf *out)
{
    const struct life *life = &process->life;
    if (life->end.signal)
        buf_printf(out, "was ended by signal %s", signal_name(life->end.signal));
    else
        buf_printf(out, "ended with code %d", life->end.code);
}

static void tell_unsure(void *arg, struct queue *queue, size_t count)
{
    const struct process *process = arg;
    struct buf reason = {0};
    buf_printf(&reason, "process %s had read them when it ", process->object.name);
    print_end(process, &reason);
    queue_unsure(queue, count, reason.data);
    buf_release(&reason);
}

/* It was asked to end, and did, as all is done: what it was to read it has read. */
static bool ended_in_peace(const struct process *process)
{
    return object_is_ending(&process->object) && !process->life.killed && !process->object.run->stop.cause &&
           !object_is_lowered(&process->object);
}

void process_wrote_half(void *arg, struct queue *queue, size_t bytes)
{
    const struct process *process = arg;
    struct buf reason = {0};
    buf_printf(&reason, "process %s had written %zu byte%s of it, and no end, when it ", process->object.name, bytes,
               bytes == 1 ? "" : "s");
    print_end(process, &reason);
    queue_half(queue, reason.data);
    buf_release(&reason);
}

void process_settle_queues(struct process *process)
{
    const struct life *life = &process->life;
    if (life->exited && (life->killed || process_has_failed(process)) && !ended_in_peace(process) &&
        !process->object.spec->allow_failure)
        streams_tell_unsure(life->streams, life->end.signal, tell_unsure, process);
    if (!process->backlog)
        return;
    take_answers(process);
    bool done = !life->failed && life->exited &&
                (!object_is_ending(&process->object) || ended_in_peace(process));
    backlog_end(process->backlog, life->streams ? streams_unread(life->streams) : 0, done);
}

void process_open_backlog(struct process *process)
{
    const struct stream_spec *in = process->spec->streams[0];
    if (!process->backlog && in->kind == STREAM_QUEUE && in->ack >= ACK_LINE)
        process->backlog =
            backlog_new(process->object.run->queue_set.list[in->queue], process->object.name, in->ack);
}

void process_close_backlog(struct process *process)
{
    backlog_free(process->backlog);
    process->backlog = NULL;
}

void process_park_backlog(struct process *process)
{
    if (process->backlog && backlog_is_shared(process->backlog))
        process_close_backlog(process);
}

void process_parts(const struct object *object, struct part_waits *waits)
{
    const struct life *life = &((const struct process *)object)->life;
    if (!life->streams)
        return;
    streams_wait(life->streams, waits);
    control_socket_waits(object->run->service.control, object, waits);
}

/* What has left its session is not looked at. */
bool process_sleeps(const struct object *object, const struct part_waits *waits, uint64_t *turns)
{
    const struct life *life = &((const struct process *)object)->life;
    (void)waits;
    return !life->exited && turns_of_session(life->session, turns);
}

bool process_drained(const struct object *object)
{
    const struct process *process = (const struct process *)object;
    const struct life *life = &process->life;
    if (process->object.state == OBJECT_STOPPED ||
        (process->object.state != OBJECT_RESTING && (life->exited || !life->streams)))
        return true;
    if (!users_drained(object->run, &process->spec->object))
        return false;
    if (life->link && !queue_session_is_idle(link_session(life->link)))
        return false;
    if (!life->streams || streams_drained(life->streams))
        return true;
    timer_start(process->poll, DRAINED_POLL); /* nobody tells when a pipe was read empty */
    return false;
}
