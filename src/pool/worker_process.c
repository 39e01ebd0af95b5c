/* A pool's worker that is a process: this program again, reached by frames, here or through an agent. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "child/creates.h"
#include "child/exec_context.h"
#include "child/launch.h"
#include "child/limits.h"
#include "child/stream_reader.h"
#include "engine/run.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "loop/pipe.h"
#include "os/cgroup.h"
#include "os/descendants.h"
#include "os/spawn.h"
#include "pool/private.h"
#include "scenario/spec.h"
#include "serve/control_socket.h"
#include "serve/queue_session.h"
#include "serve/worker_link.h"
#include "wire/agent.h"
#include "wire/worker_config.h"

/* A batch system ends all processes of a job at once: until its agent has given so many signs of life, at least a second apart,
 * after something there was ended by such a signal, it may tell that it was told to end too. */
#define DOUBT_BEATS 2

struct process_worker {
    struct pool_worker worker;
    struct child *child;
    struct link *link;
    struct stream_reader *stray; /* what is written past the frames */
    bool exited;
    bool link_ended;
    bool wrong; /* what came from it were no frames of a worker */
    int code;
    int signal;
    struct cgroup *cgroup; /* where its memory is limited, or its commands'; NULL: none */
    struct buf frames; /* scratch */
    int blocks; /* its descriptor of what the blocks are in, as it knows it; -1: none */

    struct agent_slot slot;  /* where it runs elsewhere, */
    bool doubtful;           /* it is not clear why something of it has ended */
    int beats;               /* of its agent, since then */
    struct buf doubtful_frames; /* what has come since */
    char *loss;              /* why its agent is lost */
};

/* Ends what the last life of this worker left open. */
static void release(struct process_worker *process)
{
    agent_detach(&process->slot);
    free(process->loss);
    process->loss = NULL;
    process->doubtful = false;
    buf_clear(&process->doubtful_frames);
    stream_reader_free(process->stray);
    link_free(process->link);
    child_free(process->child);
    cgroup_free(process->cgroup);
    process->cgroup = NULL;
    process->stray = NULL;
    process->link = NULL;
    process->child = NULL;
    process->exited = process->link_ended = process->wrong = false;
}

/* How it ended: which limit it met, its signal or its exit code. */
static void fill_reason(const struct process_worker *process, struct buf *reason)
{
    const struct object_spec *spec = &process->worker.pool->spec->object;
    if (process->loss)
        buf_text(reason, process->loss);
    else if (process->wrong)
        buf_text(reason, LINK_WRONG);
    else if (spec->body.kind == BODY_LUA && attributes_spec_blame(spec->attributes, process->signal,
                                                                  process->code, process->cgroup,
                                                                  reason))
        return;
    else if (process->signal)
        buf_printf(reason, "ended by signal %s", signal_name(process->signal));
    else
        buf_printf(reason, "exit code %d", process->code);
}

static void check_gone(void *arg)
{
    struct process_worker *process = arg;
    struct buf reason = {0};
    if (!process->exited || !process->link || process->doubtful)
        return;
    if (!process->link_ended) {
        link_drain(process->link);
        return; /* its end calls this again */
    }
    if (pool_is_ending(process->worker.pool))
        queue_session_put_unbounded(link_session(process->link));
    if (!queue_session_is_idle(link_session(process->link)))
        return; /* its messages still wait for room; told when they have it */
    fill_reason(process, &reason);
    if (process->stray)
        stream_reader_finish(process->stray);
    if (process->child && (process->signal || process->code))
        descendants_kill_session(child_pid(process->child)); /* the command it was running */
    release(process);
    pool_worker_gone(&process->worker, reason.data);
    buf_release(&reason);
}

static void on_exited(void *arg, int code, int signal_number)
{
    struct process_worker *process = arg;
    process->exited = true;
    process->code = code;
    process->signal = signal_number;
    loop_defer(process->worker.pool->object.run->loop, check_gone, process);
}

static void on_link_end(void *arg, bool wrong)
{
    struct process_worker *process = arg;
    process->link_ended = true;
    process->wrong = wrong;
    if (wrong && process->child)
        child_signal(process->child, SIGKILL);
    else if (wrong)
        agent_kill(&process->slot);
    queue_session_end(link_session(process->link), check_gone, process);
    loop_defer(process->worker.pool->object.run->loop, check_gone, process);
}

/* True for what the host may be to blame for, where that makes a difference. */
static bool is_doubtful_signal(const struct process_worker *process, int64_t number)
{
    return (number == SIGTERM || number == SIGKILL) && !pool_is_ending(process->worker.pool);
}

static bool is_doubtful(const struct process_worker *process, const struct frame *frame)
{
    struct frame copy = *frame;
    struct result result;
    if (frame->type != FRAME_RESULT)
        return false;
    frame_read_result(&copy, &result);
    return result.outcome == OUTCOME_SIGNALED && is_doubtful_signal(process, result.number);
}

static void doubt(struct process_worker *process)
{
    if (!process->doubtful)
        process->beats = 0;
    process->doubtful = true;
}

static void on_frame(void *arg, struct frame *frame)
{
    struct process_worker *process = arg;
    if (process->slot.agent && (process->doubtful || is_doubtful(process, frame))) {
        frame_head(&process->doubtful_frames, frame->type, frame->left);
        buf_append(&process->doubtful_frames, frame->at, frame->left);
        doubt(process);
        return;
    }
    pool_worker_take_frame(&process->worker, frame);
}

static bool take_doubtful(void *arg, struct frame *frame)
{
    struct process_worker *process = arg;
    pool_worker_take_frame(&process->worker, frame);
    return true;
}

/* Its agent has not said that it was told to end: what has come is as it seems. */
static void settle_doubt(struct process_worker *process)
{
    struct buf frames = process->doubtful_frames;
    bool wrong;
    process->doubtful = false;
    process->doubtful_frames = (struct buf){0};
    frames_take(frames.data, frames.length, take_doubtful, process, &wrong);
    buf_release(&frames);
    check_gone(process);
}

static void on_stray(void *arg, const char *stream, const char *bytes, size_t length,
                     bool unfinished)
{
    struct process_worker *process = arg;
    (void)stream;
    (void)unfinished;
    pool_worker_line(&process->worker, bytes, length);
}

static void on_stray_end(void *arg)
{
    (void)arg;
}

static void on_slot_beat(void *arg)
{
    struct process_worker *process = arg;
    if (process->doubtful && ++process->beats >= DOUBT_BEATS)
        settle_doubt(process);
}

static const struct link_callbacks link_callbacks = {.frame = on_frame, .end = on_link_end};
static const struct stream_reader_callbacks stream_reader_callbacks = {.line = on_stray,
                                                                       .end = on_stray_end};

static void send_config(struct process_worker *process, const struct exec_context *context)
{
    const struct pool_spec *spec = process->worker.pool->spec;
    struct worker_config config;
    exec_context_config(context, &config);
    config.worker = process->worker.number;
    config.separate = spec->separate;
    pool_fill_input(process->worker.pool, &config);
    config.blocks = process->blocks;
    config.setup =
        chunk_copy(spec->setup.text, spec->setup.length, spec->setup.file, spec->setup.line);
    config.stop.signal = spec->stop->signal;
    config.stop.leader = spec->stop->to == STOP_LEADER;
    config.stop.grace = spec->stop->grace;
    config_write(&process->frames, &config);
    link_send(process->link, &process->frames);
    config_release(&config);
}

static void on_slot_started(void *arg, int64_t pid, const char *host, const char *job, int64_t end)
{
    struct process_worker *process = arg;
    process->worker.pid = pid;
    process->worker.host = host;
    process->worker.job = job;
    process->worker.ends_at = end;
    process->worker.started = clock_monotonic(); /* how long it took to come there is its launcher's */
}

static void on_slot_output(void *arg, const char *bytes, size_t length)
{
    struct process_worker *process = arg;
    link_take(process->link, bytes, length);
}

static void on_slot_error(void *arg, const char *bytes, size_t length)
{
    struct process_worker *process = arg;
    pool_worker_text(&process->worker, bytes, length);
}

static void on_slot_ended(void *arg, int code, int signal_number)
{
    struct process_worker *process = arg;
    if (is_doubtful_signal(process, signal_number))
        doubt(process);
    on_exited(process, code, signal_number);
}

static void on_slot_lost(void *arg, enum agent_loss loss, const char *reason)
{
    struct process_worker *process = arg;
    process->doubtful = false;
    buf_clear(&process->doubtful_frames);
    process->worker.loss = loss;
    process->loss = mem_strdup(reason);
    on_exited(process, 0, 0);
}

static const struct agent_slot_callbacks slot_callbacks = {
    .started = on_slot_started,
    .output = on_slot_output,
    .error = on_slot_error,
    .beat = on_slot_beat,
    .ended = on_slot_ended,
    .lost = on_slot_lost,
};

/* What an agent must know: of the environment what the scenario says, as the rest is that of its own machine. */
static void fill_setup(const struct process_worker *process, const struct exec_context *context, struct buf *out)
{
    const struct pool_spec *spec = process->worker.pool->spec;
    const char **entries = mem_calloc(context->declared_count + 2, sizeof(*entries));
    char *directory = spec->object.cwd ? NULL : getcwd(NULL, 0);
    const char *address = control_socket_address(process->worker.pool->object.run->service.control);
    struct buf attributes = {0};
    struct agent_setup setup = {
        .directory = context->spec->body.kind == BODY_LUA && context->directory ? context->directory : directory,
        .socket = address[0] == '/' ? "" : address,
        .grace = spec->stop->grace,
        .environment = entries,
    };
    for (size_t i = 0; i < context->declared_count; i++)
        entries[setup.count++] = context->declared[i];
    entries[setup.count++] = exec_context_entry(context, "PARRUN_NAME");
    entries[setup.count++] = exec_context_entry(context, "PARRUN_RUN");
    if (context->spec->body.kind == BODY_LUA)
        attributes_print(&attributes, &context->attributes);
    setup.attributes = buf_string(&attributes);
    agent_setup_write(out, &setup);
    buf_release(&attributes);
    free(directory);
    free(entries);
}

/* Through its agent, which is started where it does not run. */
static void start_elsewhere(struct process_worker *process, const struct exec_context *context)
{
    struct run *run = process->worker.pool->object.run;
    const struct link_carrier carrier = {.put = agent_put, .arg = &process->slot};
    struct buf setup = {0};
    fill_setup(process, context, &setup);
    process->link = link_new_carried(run, process->worker.pool->object.name, &link_callbacks, process, &carrier);
    agent_attach(&process->slot, &setup);
    send_config(process, context);
    buf_release(&setup);
}

static int start_child(struct process_worker *process, struct exec_context *context,
                       const int *descriptors, struct error *error)
{
    struct run *run = process->worker.pool->object.run;
    static const char *const argv[] = {"parrun", "--worker", NULL};
    int *list;
    size_t count = pool_descriptors(process->worker.pool, descriptors, &list);
    count = pool_add_blocks(process->worker.pool, &list, count, &process->blocks);
    bool lua = context->spec->body.kind == BODY_LUA;
    struct spawn_options options = {
        .argv = argv,
        .environment = context->environment,
        /* A command gets both from the worker, as they may differ from task to task. */
        .directory = lua ? context->directory : NULL,
        .attributes = lua ? &context->attributes : NULL,
        .descriptors = list,
        .descriptor_count = count,
        .place = SPAWN_SESSION,
    };
    int result = launch(run->loop, &options, NULL, on_exited, process, &process->child, error);
    free(list);
    return result;
}

static int start_in(struct process_worker *process, struct exec_context *context,
                    struct error *error)
{
    struct run *run = process->worker.pool->object.run;
    struct link_ends ends;
    int stray[2];
    int result = pipe_open(stray, error);
    if (result)
        return result;
    process->link =
        link_new(run, process->worker.pool->object.name, &link_callbacks, process, &ends, error);
    if (!process->link) {
        close(stray[0]);
        close(stray[1]);
        return error->code;
    }
    if (context->spec->body.kind == BODY_LUA)
        attributes_give(&context->attributes, stray[1]);
    result = start_child(process, context, (int[]){ends.in, ends.out, stray[1]}, error);
    close(ends.in);
    close(ends.out);
    close(stray[1]);
    if (result) {
        close(stray[0]);
        release(process);
        return result;
    }
    process->stray = stream_reader_new(run->loop, stray[0], "stderr", NULL, NULL,
                                       &stream_reader_callbacks, process);
    stream_reader_mask(process->stray, run->mask);
    send_config(process, context);
    return 0;
}

static int confine(struct process_worker *process, struct exec_context *context,
                   struct error *error)
{
    char name[128]; /* no object has a name with a blank in it */
    snprintf(name, sizeof(name), "%s %lld", context->name, (long long)process->worker.number);
    return attributes_confine(&context->attributes, context->spec->attributes, context->run, name,
                              false, &process->cgroup, error);
}

static int process_start(struct pool_worker *worker, struct error *error)
{
    struct process_worker *process = (struct process_worker *)worker;
    struct pool *pool = worker->pool;
    struct exec_context context;
    int result = exec_context_init(&context, pool->object.run, &pool->spec->object,
                                   pool->object.name, 0, error);
    if (!result)
        pool_tell_jobserver(pool, &context);
    if (!result && process->slot.agent) {
        worker->pid = 0;
        start_elsewhere(process, &context);
        exec_context_release(&context);
        return 0;
    }
    if (!result)
        result = confine(process, &context, error);
    if (!result)
        result = start_in(process, &context, error);
    exec_context_release(&context);
    if (!result)
        worker->pid = child_pid(process->child);
    return result;
}

static void process_send(struct pool_worker *worker, const struct task *task)
{
    struct process_worker *process = (struct process_worker *)worker;
    struct buf uses = {0};
    pool_put_uses(worker->pool, task, &uses);
    frame_write_task(&process->frames, task->id, task->index, task->attempt, task->terms.timeout, &task->terms.limits,
                     &uses, task->file.creates ? creates_temporary(task->file.creates) : "", &task->item);
    buf_release(&uses);
    link_send(process->link, &process->frames);
}

static void process_revoke(struct pool_worker *worker, bool all)
{
    struct process_worker *process = (struct process_worker *)worker;
    size_t begin = frame_begin(&process->frames, FRAME_REVOKE);
    frame_u8(&process->frames, all);
    frame_end(&process->frames, begin);
    link_send(process->link, &process->frames);
}

static void process_cancel(struct pool_worker *worker, uint64_t id)
{
    struct process_worker *process = (struct process_worker *)worker;
    size_t begin = frame_begin(&process->frames, FRAME_CANCEL);
    frame_u64(&process->frames, id);
    frame_end(&process->frames, begin);
    link_send(process->link, &process->frames);
}

static void process_finish(struct pool_worker *worker)
{
    link_send_plain(((struct process_worker *)worker)->link, FRAME_FINISH);
}

static void kill_elsewhere(struct process_worker *process)
{
    if (process->exited && process->doubtful) {
        settle_doubt(process);
    } else if (process->slot.begun) {
        agent_kill(&process->slot);
    } else if (process->slot.attached) {
        agent_detach(&process->slot);
        on_exited(process, 0, 0);
    }
}

static void process_kill(struct pool_worker *worker)
{
    struct process_worker *process = (struct process_worker *)worker;
    if (process->slot.agent) {
        kill_elsewhere(process);
        return;
    }
    if (!process->child || process->exited) {
        loop_defer(worker->pool->object.run->loop, check_gone, process);
        return;
    }
    descendants_kill_session(child_pid(process->child));
    if (process->cgroup)
        cgroup_kill(process->cgroup);
    child_signal(process->child, SIGKILL);
}

static void process_hold(struct pool_worker *worker, bool held)
{
    struct process_worker *process = (struct process_worker *)worker;
    if (!process->link)
        return;
    link_hold(process->link, held);
    if (process->stray)
        stream_reader_hold(process->stray, held);
}

static void process_free(struct pool_worker *worker)
{
    struct process_worker *process = (struct process_worker *)worker;
    task_list_release(&worker->tasks);
    release(process);
    buf_release(&process->frames);
    buf_release(&process->doubtful_frames);
    buf_release(&process->slot.waiting);
    free(process);
}

static bool process_waits(const struct pool_worker *worker, struct object_wait *wait)
{
    const struct process_worker *process = (const struct process_worker *)worker;
    return process->link && !process->link_ended &&
           queue_session_waits(link_session(process->link), wait);
}

static const struct pool_worker_ops process_kind = {
    .start = process_start,
    .send = process_send,
    .revoke = process_revoke,
    .cancel = process_cancel,
    .finish = process_finish,
    .kill = process_kill,
    .hold = process_hold,
    .waits = process_waits,
    .free = process_free,
};

struct pool_worker *process_worker_new(struct pool *pool, size_t place)
{
    struct process_worker *process = mem_calloc(1, sizeof(*process));
    process->worker.kind = &process_kind;
    process->worker.pool = pool;
    if (pool->spec->on->command_count && !pool->object.run->plan.dry) /* commands are rendered here */
        process->slot = (struct agent_slot){
            .agent = agent_of(pool, place),
            .number = (uint32_t)(place % (size_t)pool->spec->on->slots),
            .callbacks = &slot_callbacks,
            .arg = process,
        };
    return &process->worker;
}
