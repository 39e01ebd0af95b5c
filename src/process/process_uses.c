/* A process that starts when what it uses of the run's resources is free. */
#include "base/buf.h"
#include "base/error.h"
#include "child/exec_context.h"
#include "engine/run.h"
#include "event/event.h"
#include "loop/loop.h"
#include "process/private.h"
#include "script/script.h"

static bool begin(void *arg, struct claim *claim)
{
    struct process *process = arg;
    (void)claim;
    object_due(&process->object);
    return true;
}

/* What was free has been granted by now. */
static void tell_waiting(void *arg)
{
    struct process *process = arg;
    struct buf reason = {0};
    struct event event = {.kind = EVENT_PROCESS_WAITING, .flags = EVENT_REASONED};
    if (process->claim.state != CLAIM_WAITING)
        return;
    resources_print_wait(process->object.run->machine.resources, &process->claim, &reason);
    event.reason = reason.data;
    process_emit(process, &event);
    buf_release(&reason);
}

static int ask(struct process *process, struct error *error)
{
    struct run *run = process->object.run;
    struct exec_context context;
    int result =
        exec_context_init(&context, run, &process->spec->object, process->object.name, process->index, error);
    if (!result)
        result = resources_ask(run->machine.resources, &process->claimant, &process->claim, exec_context_script(&context), error);
    exec_context_release(&context);
    return result;
}

int process_ask(struct process *process, bool *waits, struct error *error)
{
    struct run *run = process->object.run;
    if (!process->claimant.spec)
        process->claimant = resources_claimant(process->object.name, &process->spec->object, process->spec->daemon, begin, process);
    if (process->claim.state == CLAIM_GRANTED || !resources_concern(run->machine.resources, &process->claimant))
        return 0;
    process->claimant.applicant.room = 1;
    int result = ask(process, error);
    if (result)
        return result;
    *waits = true;
    object_rests(&process->object);
    process->wait = WAIT_RESTART;
    loop_defer(run->loop, tell_waiting, process);
    return 0;
}

void process_print_uses(const struct process *process, struct buf *out)
{
    if (process->claim.state == CLAIM_GRANTED)
        resources_print_granted(process->object.run->machine.resources, &process->claim, out);
}

bool process_print_wait(const struct process *process, struct buf *out)
{
    if (process->claim.state != CLAIM_WAITING)
        return false;
    resources_print_wait(process->object.run->machine.resources, &process->claim, out);
    return true;
}

void process_release_uses(struct process *process)
{
    resources_leave(process->object.run->machine.resources, &process->claim);
}
