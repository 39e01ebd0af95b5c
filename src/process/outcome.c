/* Whether a life of a process was a success, and what was to blame if not. */
#include <signal.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/unit.h"
#include "child/limits.h"
#include "process/private.h"
#include "queue/queue.h"
#include "child/streams.h"
#include "os/descendants.h"
#include "scenario/spec.h"

/* A shell exits with so much and the signal by which its command was ended. */
#define SHELL_SIGNAL 128

/* Of what it has left in the background so many are named. */
#define LEFT_SHOWN 3

void process_fail(struct process *process, const char *reason)
{
    process->life.failed = true;
    if (!process->life.end.reason)
        process->life.end.reason = mem_strdup(reason);
}

/* The queue for whose lack of consumers it, or its shell's command, was ended by SIGPIPE; NULL: none. */
static const struct queue *ended_by_queue(const struct life *life)
{
    bool by_pipe = life->end.signal == SIGPIPE || life->end.code == SHELL_SIGNAL + SIGPIPE;
    return by_pipe ? streams_broken(life->streams) : NULL;
}

bool process_has_failed(const struct process *process)
{
    const struct life *life = &process->life;
    const struct queue *queue = ended_by_queue(life);
    bool meant = queue && queue_drops_leftover(queue);
    return life->failed ||
           (!meant && (life->end.signal || !scenario_is_success(process->spec->success, life->end.code)));
}

static void blame_queue(struct process *process)
{
    const struct queue *queue = ended_by_queue(&process->life);
    struct buf text = {0};
    if (!queue || !process->life.failed)
        return;
    buf_printf(&text, "ended by signal PIPE: nothing takes from queue %s any more",
               queue_name(queue));
    process_fail(process, buf_string(&text));
    buf_release(&text);
}

/* It has put itself into the background, as daemons do: names what it has left there. */
static void blame_background(struct process *process)
{
    struct buf entry = {0};
    struct buf names = {0};
    struct buf text = {0};
    buf_printf(&entry, "PARRUN_NAME=%s", process->object.name);
    size_t count = descendants_name(&names, LEFT_SHOWN, entry.data);
    buf_text(&text, "it ended before it was ready");
    if (count && !process->life.end.signal && !process->life.end.code)
        buf_printf(&text, ", and left %s in the background: let it run in the foreground, for which most "
                          "servers have an option, or write forking: true", names.data);
    process_fail(process, text.data);
    buf_release(&entry);
    buf_release(&names);
    buf_release(&text);
}

/* Those that wait for it to be ready wait in vain: what ended well all the same has failed them. */
static void blame_readiness(struct process *process)
{
    const struct life *life = &process->life;
    if (process->spec->ready->kind != PROBE_NONE && !life->failed && life->exited && !process->was_ready)
        blame_background(process);
}

/* An exit code of 0 looks like success to whoever does not know that it is none here. */
static void blame_code(struct process *process)
{
    const struct life *life = &process->life;
    if (life->failed && life->exited && !life->end.signal && !life->end.code &&
        !scenario_is_success(process->spec->success, 0))
        process_fail(process, "exit code 0 is none of its success_codes");
}

/* A limit that it met is the reason. */
static void blame_limits(struct process *process)
{
    const struct life *life = &process->life;
    const struct attributes_spec *attributes = process->spec->object.attributes;
    struct buf text = {0};
    struct buf near = {0};
    if (attributes_spec_blame(attributes, life->end.signal, life->end.code, life->cgroup, &text))
        process_fail(process, text.data);
    if (life->failed && life->exited && life->end.code && !life->end.reason)
        attributes_print_near(attributes, process->object.run, 0, 0, &near);
    if (near.length) {
        buf_printf(&text, "exit code %d%s", life->end.code, near.data);
        process_fail(process, text.data);
    }
    buf_release(&near);
    buf_release(&text);
}

void process_judge(struct process *process)
{
    process->life.failed = process_has_failed(process);
    blame_limits(process);
    blame_queue(process);
    blame_code(process);
    blame_readiness(process);
}

void process_blame_restarts(struct process *process)
{
    const struct life *life = &process->life;
    int64_t count = process->history.in_a_row;
    struct buf text = {0};
    if (!life->failed || !count || life->end.reason || count < process->spec->restart->max)
        return;
    if (life->end.signal)
        buf_printf(&text, "ended by signal %s", signal_name(life->end.signal));
    else
        buf_printf(&text, "exited with code %d", life->end.code);
    buf_printf(&text, "; it was started again %lld time%s, as often as restart allows",
               (long long)count, count == 1 ? "" : "s");
    process_fail(process, text.data);
    buf_release(&text);
}

bool process_is_of_use(const struct process *process)
{
    bool failed = process->life.condemned || process_has_failed(process);
    return !process->life.exited || (!process->spec->daemon && !failed &&
                                     !restart_is_for(process->spec->restart, false));
}
