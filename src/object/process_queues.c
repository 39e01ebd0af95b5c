/* What a process does with its queues, as far as the runner can see. */
#include "base/unit.h"
#include "engine/run.h"
#include "loop/timer.h"
#include "object/client.h"
#include "object/door.h"
#include "object/link.h"
#include "object/parts.h"
#include "object/process_private.h"
#include "object/streams.h"
#include "object/users.h"
#include "os/turns.h"
#include "scenario/spec.h"

/* How often a daemon is looked at that has not yet read what was written for it. */
#define DRAINED_POLL (10 * NS_PER_MS)

void process_waits_for_queue(struct object *object, struct part_waits *waits)
{
    const struct process *process = (const struct process *)object;
    const struct link *link = process->life.link;
    struct part_wait one = {0};
    if (link && !process->life.link_ended && !object->spec->timeout &&
        client_waits(link_client(link), &one.wait))
        parts_add(waits, &one);
}

void process_parts(const struct object *object, struct part_waits *waits)
{
    const struct life *life = &((const struct process *)object)->life;
    if (!life->streams)
        return;
    streams_wait(life->streams, waits);
    door_waits(object->run->door, object, waits);
}

/* What has left its session is not looked at. */
bool process_sleeps(const struct object *object, const struct part_waits *waits, uint64_t *turns)
{
    const struct life *life = &((const struct process *)object)->life;
    (void)waits;
    return !life->exited && turns_of_session(life->pid, turns);
}

bool process_drained(const struct object *object)
{
    const struct process *process = (const struct process *)object;
    const struct life *life = &process->life;
    if (process->object.state != OBJECT_RESTING && (life->exited || !life->streams))
        return true;
    if (!users_drained(object->run, &process->spec->object))
        return false;
    if (life->link && !client_is_idle(link_client(life->link)))
        return false;
    if (streams_drained(life->streams))
        return true;
    timer_start(process->poll, DRAINED_POLL); /* nobody tells when a pipe was read empty */
    return false;
}
