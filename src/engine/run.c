/* A run: starting, ending and stopping its objects in order. */
#include "engine/run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/dependencies.h"
#include "engine/hook.h"
#include "engine/report.h"
#include "engine/steer_private.h"
#include "event/bus.h"
#include "loop/loop.h"
#include "os/descendants.h"
#include "scenario/spec.h"

/* What was killed with its group is still dying when the group's leader is dead. */
#define LEAKED_SETTLE (200 * NS_PER_MS)

/* What was left behind has so long between SIGTERM and SIGKILL. */
#define LEAKED_GRACE (300 * NS_PER_MS)

/* So many of it are named. */
#define LEAKED_SHOWN 10

static unsigned run_flags(const struct run *run)
{
    const struct scenario *scenario = run->scenario;
    unsigned flags = 0;
    if (scenario->process_count || scenario->pool_count)
        flags |= EVENT_PROCESSES;
    if (scenario->thread_count)
        flags |= EVENT_THREADS;
    return flags;
}

/* In the reverse order of the file, as what stands later may use what stands earlier. */
static void all_happen(struct run *run, enum happening happening)
{
    for (size_t i = run->all.object_count; i-- > 0;)
        object_happens(run->all.objects[i], happening, "the run was stopped");
}

static void skip_pending(struct run *run)
{
    for (size_t i = run->all.object_count; i-- > 0;) {
        if (run->all.objects[i]->state != OBJECT_PENDING || run->all.objects[i]->spec->hook.when)
            continue;
        run->all.objects[i]->cause = run->stop.culprit;
        object_happens(run->all.objects[i], HAPPENING_STOP, "the run was stopped");
    }
}

/* Of a run that is being stopped: whatever nothing needs any more that runs. A daemon is ended
 * last, so none of those holds back what it depends on; a hook ends by itself, or by its timeout. */
static void stop_unneeded(struct run *run)
{
    for (size_t i = run->all.object_count; i-- > 0;) {
        struct object *object = run->all.objects[i];
        if (object->daemon || object->spec->hook.when || graph_is_needed(run->all.graph, object, false))
            continue;
        if (object->state == OBJECT_RUNNING && run->stop.cause == STOP_FAILURE &&
            object != run->stop.culprit)
            object->cause = run->stop.culprit;
        object_happens(object, HAPPENING_STOP, NULL);
    }
}

static void take_move(const struct graph_move *move)
{
    for (size_t i = 0; i < move->count; i++) {
        struct object *object = move->objects[i];
        if (object->state != OBJECT_PENDING)
            continue;
        object->failed = move->failure;
        object->cause = move->cause;
        if (move->reason)
            object_happens(object, HAPPENING_STOP, move->reason);
        else if (object->spec->left_out)
            object_happens(object, HAPPENING_STOP, "--only leaves it out");
        else if (!object->spec->when)
            object_happens(object, HAPPENING_STOP, "when is false");
        else if (graph_holds(object->run->all.graph, object))
            object_happens(object, HAPPENING_START, NULL);
        else
            object->wish.wanted = WANTED_UP; /* meanwhile something has gone again: it waits once more */
    }
}

static void start_more(void *arg)
{
    struct run *run = arg;
    run->turn.starting = false;
    run_poke(run);
}

/* Starts and skips what follows from all that has happened. Of very many the rest is left for the
 * loop's next turn: meanwhile signals are heard, and what has ended is taken off. */
static void take_moves(struct run *run)
{
    struct graph_move move;
    size_t taken = 0;
    while (!run->turn.starting && graph_next(run->all.graph, &move)) {
        take_move(&move);
        taken += move.count;
        if (taken < GRAPH_MOVE_MOST)
            continue;
        run->turn.starting = true;
        loop_post(run->loop, start_more, run);
    }
}

/* Whether the run goes on for it: what has ended and may be begun anew by a change of files does, what a word has stopped, and
 * none is to start, does not. */
static bool holds_run(const struct object *object)
{
    bool wakes = object->watch.watches && !object->daemon && !object->skipped && !object->down && !object->run->stop.cause;
    if (object->state == OBJECT_ENDED && wakes)
        return true;
    if (object->state == OBJECT_PENDING && object->spec->hook.when)
        return false; /* what it follows does */
    return object->state != OBJECT_ENDED && (object->state != OBJECT_STOPPED || object_is_raised(object));
}

static size_t count_alive(const struct run *run, bool daemons)
{
    size_t alive = 0;
    for (size_t i = 0; i < run->all.object_count; i++)
        if (run->all.objects[i]->daemon == daemons && holds_run(run->all.objects[i]))
            alive++;
    return alive;
}

/* Nothing is left that could use what a word has stopped: it has ended. False where there is none. */
static bool end_stopped(struct run *run, bool daemons)
{
    bool any = false;
    for (size_t i = run->all.object_count; i-- > 0;) {
        struct object *object = run->all.objects[i];
        if (object->daemon != daemons || object->state != OBJECT_STOPPED)
            continue;
        object_happens(object, HAPPENING_STOP, NULL);
        any = true;
    }
    return any;
}

/* Stops the daemons that nobody needs any more; one that still has messages to take is left. */
static void stop_drained_daemons(struct run *run)
{
    for (size_t i = run->all.object_count; i-- > 0;) {
        struct object *object = run->all.objects[i];
        if (object->daemon && !graph_is_needed(run->all.graph, object, true) &&
            (run->stop.cause || object->kind->wait.drained(object)))
            object_happens(object, HAPPENING_STOP, "nothing is left that could need it");
    }
}

/* Whether those objects that decide it make the run a failure; a hook that fails does in any case. */
static bool objects_failed(const struct run *run)
{
    bool any = run->scenario->success_any, failed = any;
    for (size_t i = 0; i < run->all.object_count; i++) {
        const struct object *object = run->all.objects[i];
        if (object->failed && (object->spec->hook.when || (!any && object->spec->decides)))
            return true;
        if (any && !object->failed && !object->skipped && !object->down && !object->daemon && !object->spec->hook.when)
            failed = false;
    }
    return failed;
}

bool run_has_failed(const struct run *run)
{
    return objects_failed(run) || run->stop.cause == STOP_STALL;
}

/* 128 and the number, as a shell shows an end by a signal; 0: it has ended with neither, or well. */
static int code_of_end(const struct object_end *end)
{
    if (end->has_code)
        return (int)end->code;
    return end->signal ? 128 + end->signal : 0;
}

int run_failure_code(const struct run *run)
{
    const struct object *first = NULL, *decides = NULL;
    for (size_t i = 0; run->scenario->success_named && i < run->all.object_count; i++) {
        const struct object *object = run->all.objects[i];
        if (object->spec->hook.when || !object->spec->decides)
            continue;
        if (decides && decides->number != object->number)
            return RUN_FAILED;
        decides = object;
        if (object->failed && !object->skipped && (!first || object->ended < first->ended))
            first = object;
    }
    int code = first ? code_of_end(&first->end) : 0;
    return code ? code : RUN_FAILED;
}

/*
 * Ends whatever the objects have left behind, with TEXT naming it as "2 (sleep 4711, sh 4712)". All
 * that the loop has started has ended, so nobody else waits for a child.
 */
static size_t end_leaked(struct buf *text)
{
    struct buf names = {0};
    sigset_t child, before;
    if (waitpid(-1, NULL, WNOHANG) < 0)
        return 0; /* as nearly always: there is no child at all */
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &child, &before);
    descendants_settle(LEAKED_SETTLE);
    size_t count = descendants_name(&names, LEAKED_SHOWN, NULL);
    descendants_end(LEAKED_GRACE);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (count)
        buf_printf(text, "%zu (%s)", count, buf_string(&names));
    buf_release(&names);
    return count;
}

/* As far as the run itself decides it. */
static int exit_status(const struct run *run)
{
    if (run->outcome.refused)
        return MEM_EXIT_STATUS;
    if (run->outcome.unwritten)
        return RUN_UNWRITTEN;
    return run->outcome.failed ? run->outcome.code : RUN_SUCCEEDED;
}

static void run_over(void *arg)
{
    struct run *run = arg;
    struct buf leaked = {0};
    bool balanced = run->plan.dry || run->balance(run);
    run->outcome.failed = run_has_failed(run) || !balanced;
    run->outcome.code = run_failure_code(run);
    report_end(run);
    struct event event = {
        .kind = EVENT_RUN_ENDED,
        .flags = run_flags(run),
        .place.pid = getpid(),
        .end.has_code = true,
        .end.code = exit_status(run),
        .leak.known = true,
        .leak.count = (int64_t)end_leaked(&leaked),
    };
    if (event.leak.count) {
        event.flags |= EVENT_REASONED;
        event.reason = leaked.data;
    }
    if (run->outcome.failed)
        event.flags |= EVENT_WRONG;
    if (run->stop.cause == STOP_SIGNAL || run->stop.cause == STOP_OUTPUT)
        event.flags |= EVENT_SIGNALED;
    if (event.flags & EVENT_SIGNALED)
        event.end.signal = run->stop.cause == STOP_SIGNAL ? run->stop.signal : SIGPIPE;
    bus_emit(run->bus, &event);
    buf_release(&leaked);
    run->ended(run->ended_arg);
}

static void run_advance(void *arg)
{
    struct run *run = arg;
    run->turn.advancing = false;
    if (run->over)
        return;
    take_moves(run);
    steer_advance(run);
    if (run->stop.draining && !run->stop.cause && !steer_tasks(run))
        run_stop(run, STOP_DRAINED, 0);
    if (run->stop.culprit && !run->stop.cause)
        run_stop(run, STOP_FAILURE, 0);
    if (run->stop.cause)
        stop_unneeded(run);
    steer_look(run);
    if (run->watching.watchers)
        run->watching.attend(run->watching.watchers);
    if (count_alive(run, false) || (end_stopped(run, false) && count_alive(run, false)))
        return;
    stop_drained_daemons(run);
    if (count_alive(run, true) || (end_stopped(run, true) && count_alive(run, true)))
        return;
    if (hooks_end_run(run))
        return;
    run->over = true;
    steer_look(run);
    loop_post(run->loop, run_over, run); /* behind every event that a thread has posted */
}

void run_poke(struct run *run)
{
    if (run->turn.advancing)
        return;
    run->turn.advancing = true;
    loop_defer(run->loop, run_advance, run);
}

void run_start(struct run *run)
{
    struct event event = {.kind = EVENT_RUN_STARTED, .flags = run_flags(run), .place.pid = getpid()};
    bus_emit(run->bus, &event);
    run->identity.started = clock_monotonic();
    run->all.graph = graph_new(run);
    take_moves(run);
    run_poke(run);
}

static void tell_stopping(struct run *run)
{
    struct buf reason = {0};
    if (run->stop.cause == STOP_SIGNAL && run->stop.orphaned) {
        buf_text(&reason, "the process that watches over this run was killed");
    } else if (run->stop.cause == STOP_SIGNAL) {
        buf_printf(&reason, "signal %s", signal_name(run->stop.signal));
        if (run->stop.signal == SIGINT)
            buf_text(&reason, ", press Ctrl-C again to end everything at once");
    } else if (run->stop.cause == STOP_FAILURE) {
        buf_printf(&reason, "%s failed", run->stop.culprit->name);
    } else if (run->stop.cause == STOP_DISK) {
        buf_text(&reason, "a durable queue cannot be written to its file");
    } else if (run->stop.cause == STOP_DRAINED) {
        buf_text(&reason, "drained, no task runs any more");
    } else if (run->stop.cause == STOP_STALL) {
        buf_text(&reason, "nothing could go on");
    } else {
        buf_text(&reason, "nobody reads the output any more");
    }
    struct event event = {
        .kind = EVENT_RUN_STOPPING,
        .flags = run->stop.orphaned ? EVENT_WRONG : 0, /* nobody has asked for it */
        .reason = buf_string(&reason),
        .end.signal = run->stop.orphaned ? 0 : run->stop.signal,
    };
    bus_emit(run->bus, &event);
    buf_release(&reason);
}

void run_stop(struct run *run, enum stop_cause cause, int signal)
{
    if (run->stop.cause && run->stop.cause != STOP_FAILURE) {
        all_happen(run, HAPPENING_KILL);
        return;
    }
    run->stop.cause = cause;
    run->stop.signal = signal;
    if (run->over)
        return;
    steer_forget(run);
    tell_stopping(run);
    skip_pending(run);
    stop_unneeded(run);
    run_poke(run);
}

void run_writes(struct run *run, const char *path)
{
    if (!run->watching.watchers)
        return;
    for (size_t i = 0; i < run->watching.written_count; i++)
        if (!strcmp(run->watching.written[i], path))
            return;
    run->watching.written = mem_realloc(run->watching.written, run->watching.written_count + 1, sizeof(*run->watching.written));
    run->watching.written[run->watching.written_count++] = mem_strdup(path);
}

void run_hold(struct run *run, bool held)
{
    if (run->held == held)
        return;
    run->held = held;
    for (size_t i = 0; i < run->all.object_count; i++)
        if (object_is_alive(run->all.objects[i]) || run->all.objects[i]->reads_on)
            run->all.objects[i]->kind->hold(run->all.objects[i], held);
}

void run_resize(struct run *run)
{
    for (size_t i = 0; i < run->all.object_count; i++)
        if (run->all.objects[i]->kind->resize && run->all.objects[i]->state == OBJECT_RUNNING)
            run->all.objects[i]->kind->resize(run->all.objects[i]);
}

bool run_recorded(const struct run *run, const char *name, size_t length)
{
    bool whole = true;
    size_t count = run->all.declared_count;
    for (size_t i = 0; i < count; i++) {
        struct object *object = run->all.declared[i];
        bool meant = !name || (strlen(object->name) == length && !memcmp(object->name, name, length));
        if (meant && object->kind->recorded && !object->kind->recorded(object))
            whole = false;
    }
    return whole;
}
