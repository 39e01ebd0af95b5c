/* parrun.run of a body in a thread. */
#include "thread/command.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/refusal.h"
#include "base/unit.h"
#include "child/launch.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "loop/pipe.h"
#include "loop/timer.h"
#include "os/spawn.h"
#include "script/script.h"

/* How long pipes that somebody else holds open are still read after the command's end. */
#define DRAIN_TIME (200 * NS_PER_MS)

/* So long where that is another of its group, such as a filter that the command has put behind itself. */
#define FILTER_TIME (5 * NS_PER_S)

/* A command that is to end has so long, with all its group, before it is killed. */
#define GRACE (10 * NS_PER_S)

struct thread_run {
    struct thread_run_options options;

    /* The loop's alone until DONE. */
    struct child *child;
    struct pipe_reader *readers[2];
    bool ended[2];
    struct timer *timer;
    struct refusal refusal;
    bool exited;
    bool asked;   /* its group got SIGTERM */
    bool killed;
    bool lingers; /* it has exited, others of its group have not */
    bool finishing; /* what is left in its pipes is being read */
    int64_t filter_until; /* its output is read so long while its group lives; 0: no longer than any */
    int code;
    int signal;
    struct buf out[2];
    struct error error;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool begun;
    bool done;
    bool cancelled;
    bool forced; /* it is to end at once */
    bool ending; /* end() is on its way: nothing may be freed before it came */
};

static void tell_done(struct thread_run *run)
{
    for (int i = 0; i < 2; i++)
        reader_free(run->readers[i]);
    child_free(run->child);
    timer_free(run->timer);
    pthread_mutex_lock(&run->lock);
    run->done = true;
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

static void check_done(struct thread_run *run)
{
    if (run->exited && !run->lingers && !run->finishing && run->ended[0] && run->ended[1])
        tell_done(run);
}

static void on_out(void *arg, const char *bytes, size_t length)
{
    struct thread_run *run = arg;
    buf_append(&run->out[0], bytes, length);
}

static void on_err(void *arg, const char *bytes, size_t length)
{
    struct thread_run *run = arg;
    buf_append(&run->out[1], bytes, length);
}

static void on_out_end(void *arg, int status)
{
    struct thread_run *run = arg;
    (void)status;
    run->ended[0] = true;
    check_done(run);
}

static void on_err_end(void *arg, int status)
{
    struct thread_run *run = arg;
    (void)status;
    run->ended[1] = true;
    check_done(run);
}

/* Nothing of it runs any more: what is left is its output. */
static void command_over(struct thread_run *run)
{
    run->lingers = false;
    run->filter_until = run->asked ? 0 : clock_monotonic() + FILTER_TIME;
    timer_start(run->timer, DRAIN_TIME);
    check_done(run);
}

/* A pipe's end that is met here must not make it done, as the thread may free it then. */
static void finish_output(struct thread_run *run)
{
    run->finishing = true;
    for (int i = 0; i < 2; i++)
        if (!run->ended[i])
            reader_drain(run->readers[i]);
    tell_done(run);
}

static void kill_now(struct thread_run *run)
{
    run->killed = true;
    child_signal(run->child, SIGKILL);
    timer_start(run->timer, NS_PER_S);
}

static void begin(void *arg);

static void on_time(void *arg)
{
    struct thread_run *run = arg;
    if (!run->child) { /* the system may have a process for it now */
        begin(run);
        return;
    }
    if (run->exited && !run->lingers && !run->asked && clock_monotonic() < run->filter_until &&
        child_group_lives(run->child))
        timer_start(run->timer, DRAIN_TIME);
    else if (run->exited && !run->lingers)
        finish_output(run);
    else if (run->exited && run->killed)
        command_over(run); /* what SIGKILL does not end is waited for no longer */
    else
        kill_now(run);
}

static void on_group_gone(void *arg)
{
    command_over(arg);
}

static void on_exited(void *arg, int code, int signal_number)
{
    struct thread_run *run = arg;
    run->exited = true;
    run->code = code;
    run->signal = signal_number;
    run->lingers = run->asked && child_await_group(run->child, on_group_gone);
    if (!run->lingers)
        command_over(run);
}

static int start_child(struct thread_run *run, const int *descriptors)
{
    const char *const *argv = run->options.command->argv;
    const char *const *environment = run->options.environment;
    struct buf path = {0};
    int result = program_find(argv[0], environment, &path, &run->error);
    if (!result) {
        struct spawn_options options = {
            .argv = argv,
            .environment = environment,
            .descriptors = descriptors,
            .descriptor_count = 3,
            .place = SPAWN_SESSION,
        };
        result = launch(run->options.loop, &options, path.data, on_exited, run, &run->child,
                        &run->error);
    }
    buf_release(&path);
    return result;
}

/* On the loop's thread: starts the command; what the system refuses for a moment is tried again. */
static void begin(void *arg)
{
    static const struct reader_callbacks callbacks[2] = {{on_out, on_out_end},
                                                         {on_err, on_err_end}};
    struct thread_run *run = arg;
    int pipes[2][2] = {{-1, -1}, {-1, -1}};
    int result = pipe_open(pipes[0], &run->error);
    if (!result)
        result = pipe_open(pipes[1], &run->error);
    if (!result)
        result = start_child(run, (int[]){-1, pipes[0][1], pipes[1][1]});
    for (int i = 0; i < 2; i++) {
        if (pipes[i][1] >= 0)
            close(pipes[i][1]);
        if (result && pipes[i][0] >= 0)
            close(pipes[i][0]);
        if (!result)
            run->readers[i] = reader_new(run->options.loop, pipes[i][0], &callbacks[i], run);
    }
    if (!run->timer)
        run->timer = timer_new(run->options.loop, on_time, run);
    int64_t wait;
    if (refusal_may_pass(result) && refusal_waits(&run->refusal, &wait)) {
        error_release(&run->error);
        timer_start(run->timer, wait);
    } else if (result) {
        tell_done(run);
    }
}

/* Asks it to end, or, where there is no time for that, ends it. */
static void end_command(struct thread_run *run, bool force)
{
    if (!run->child)
        return;
    if (run->exited && !run->lingers) {
        run->asked = true; /* its output is waited for no longer */
    } else if (force) {
        kill_now(run);
    } else if (!run->asked) {
        run->asked = true;
        child_signal(run->child, SIGTERM);
        child_signal(run->child, SIGCONT); /* a stopped process acts on no other signal */
        timer_start(run->timer, GRACE);
    }
}

/* On the loop's thread: ends the command. */
static void end(void *arg)
{
    struct thread_run *run = arg;
    pthread_mutex_lock(&run->lock);
    bool waits = !run->done && !run->child; /* for the system to have a process */
    if (!run->done && run->child)
        end_command(run, run->forced);
    run->ending = false;
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->lock);
    if (waits)
        tell_done(run);
}

/* With the lock held. */
static void post_end(struct thread_run *run)
{
    if (run->ending || run->done)
        return;
    run->ending = true;
    loop_post(run->options.loop, end, run);
}

struct thread_run *thread_run_new(const struct thread_run_options *options)
{
    struct thread_run *run = mem_calloc(1, sizeof(*run));
    pthread_condattr_t attributes;
    run->options = *options;
    pthread_mutex_init(&run->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&run->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return run;
}

/* With the lock held: waits for a change; false once the deadline has passed. */
static bool wait_changed(struct thread_run *run)
{
    int64_t until = run->options.deadline;
    struct timespec time;
    if (!until) {
        pthread_cond_wait(&run->changed, &run->lock);
        return true;
    }
    clock_until(until, &time);
    return pthread_cond_timedwait(&run->changed, &run->lock, &time) != ETIMEDOUT ||
           clock_monotonic() < until;
}

int thread_run_wait(struct thread_run *run, struct script_result *result, struct error *error)
{
    bool late = false;
    pthread_mutex_lock(&run->lock);
    if (run->cancelled) {
        pthread_mutex_unlock(&run->lock);
        return error_set(error, ERROR_STOPPED, "stopped");
    }
    run->begun = true;
    loop_post(run->options.loop, begin, run);
    while (!run->done || run->ending) {
        if (wait_changed(run))
            continue;
        late = true;
        run->options.deadline = 0;
        post_end(run);
    }
    bool cancelled = run->cancelled;
    pthread_mutex_unlock(&run->lock);
    if (cancelled)
        return error_set(error, ERROR_STOPPED, "the command was ended with its body");
    if (late)
        return error_set(error, ERROR_TIMEOUT, "the command was ended with its body");
    if (run->error.code)
        return error_set(error, run->error.code, "%s", run->error.text);
    result->code = run->signal ? -1 : run->code;
    result->signal = run->signal;
    buf_append(&result->out, run->out[0].data, run->out[0].length);
    buf_append(&result->err, run->out[1].data, run->out[1].length);
    return 0;
}

void thread_run_cancel(struct thread_run *run, bool force)
{
    pthread_mutex_lock(&run->lock);
    run->cancelled = true;
    run->forced = run->forced || force;
    if (run->begun)
        post_end(run);
    pthread_mutex_unlock(&run->lock);
}

void thread_run_free(struct thread_run *run)
{
    buf_release(&run->out[0]);
    buf_release(&run->out[1]);
    error_release(&run->error);
    pthread_mutex_destroy(&run->lock);
    pthread_cond_destroy(&run->changed);
    free(run);
}
