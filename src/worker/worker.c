/* The worker: receives its config, then runs task after task. */
#include "worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "os/jobserver.h"
#include "script/script.h"
#include "script/shared.h"
#include "worker/private.h"

/* Results of short tasks are gathered so long before they are written. */
#define GATHER_TIME NS_PER_MS

/* The runner has told of the first one that it begins, so it stays unless ALL are to go. */
static void give_back_tasks(struct worker *worker, bool all)
{
    struct buf *out = &worker->channel.pending;
    bool keeps = !all && !worker->running && worker->tasks.count;
    struct worker_task kept;
    if (keeps)
        kept = tasks_pop(&worker->tasks);
    size_t begin = frame_begin(out, FRAME_REVOKED);
    frame_u32(out, (uint32_t)worker->tasks.count);
    while (worker->tasks.count) {
        struct worker_task task = tasks_pop(&worker->tasks);
        frame_u64(out, task.id);
        worker_task_release(&task);
    }
    if (keeps)
        tasks_unpop(&worker->tasks, &kept);
    frame_end(out, begin);
    channel_flush(worker, false);
}

static void cancel(struct worker *worker, uint64_t id)
{
    if (worker->running != id || !id)
        return;
    worker->cancelled = true;
    if (worker->script)
        script_interrupt(worker->script);
}

static void take_answer(struct worker *worker, struct frame *frame)
{
    worker->reply.answer = (enum answer)frame_read_u8(frame);
    worker->reply.answered = true;
    buf_clear(&worker->reply.message);
    if (frame->spent)
        buf_move(&worker->reply.message, (void *)(uintptr_t)frame->at, frame->left);
    else
        buf_append(&worker->reply.message, frame->at, frame->left);
}

void worker_handle(struct worker *worker, struct frame *frame)
{
    switch (frame->type) {
    case FRAME_CONFIG:
        worker->configured = config_read(frame, &worker->config);
        if (!worker->configured)
            worker_abandon(worker, 2);
        break;
    case FRAME_TASK:
        tasks_push(&worker->tasks, frame);
        break;
    case FRAME_REVOKE:
        give_back_tasks(worker, frame_read_u8(frame));
        break;
    case FRAME_CANCEL:
        cancel(worker, frame_read_u64(frame));
        break;
    case FRAME_PAUSED:
        clock_skip(frame_read_i64(frame));
        break;
    case FRAME_FINISH:
        worker->finishing = true;
        break;
    case FRAME_ANSWER:
        take_answer(worker, frame);
        break;
    case FRAME_ROOM:
        worker->ahead -= frame_read_u32(frame);
        break;
    case FRAME_BROKEN:
        host_take_broken(worker, frame);
        break;
    default: /* whatever a later version may say */
        break;
    }
    if (frame->bad)
        worker_abandon(worker, 2); /* fields that end too soon are no frame of ours */
}

/*
 * Moves the frames off descriptors 0 and 1, so that what a body reads and writes there is its own:
 * a process's stdin and stdout, or nothing and the worker's stderr.
 */
static void take_channel(struct worker *worker)
{
    worker->channel.in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
    worker->channel.out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (worker->channel.in < 0 || worker->channel.out < 0 || null < 0 ||
        dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ||
        fcntl(worker->channel.out, F_SETFL, O_NONBLOCK)) {
        fprintf(stderr, "a worker cannot begin: %s\n", strerror(errno));
        _exit(MEM_EXIT_STATUS);
    }
    close(null);
}

static void take_stream(int from, int to)
{
    if (from < 0)
        return;
    dup2(from, to);
    close(from);
}

static const struct {
    int (*prepare)(struct worker *worker, struct error *error);
    void (*run_task)(struct worker *worker, const struct worker_task *task);
} bodies[] = {
    [WORKER_RUN] = {command_prepare, command_run_task},
    [WORKER_EXEC] = {command_prepare, command_run_task},
    [WORKER_LUA] = {body_prepare, body_run_task},
    [WORKER_COPROCESS] = {coprocess_prepare, coprocess_run_task},
};

static int prepare(struct worker *worker)
{
    struct error error = {0};
    take_stream(worker->config.stdin_fd, STDIN_FILENO);
    take_stream(worker->config.stdout_fd, STDOUT_FILENO);
    int result = bodies[worker->config.body].prepare(worker, &error);
    if (result)
        refusal_write(worker, error.text);
    else
        frame_plain(&worker->channel.pending, FRAME_READY);
    error_release(&error);
    channel_flush(worker, true);
    return result;
}

static void run_task(struct worker *worker)
{
    struct worker_task task = tasks_pop(&worker->tasks);
    worker->running = task.id;
    worker->cancelled = false;
    bodies[worker->config.body].run_task(worker, &task);
    worker->running = 0;
    worker_task_release(&task);
}

static void run_tasks(struct worker *worker)
{
    int64_t flushed_at = worker->now = clock_monotonic();
    for (;;) {
        while (!worker->tasks.count) {
            if (worker->finishing)
                return;
            channel_wait(worker, NULL, 0, 0);
            flushed_at = worker->now = clock_monotonic();
        }
        run_task(worker);
        if (worker->now - flushed_at > GATHER_TIME || channel_is_full(worker)) {
            channel_poll(worker);
            flushed_at = worker->now = clock_monotonic();
        }
    }
}

int worker_main(void)
{
    struct worker worker = {0};
    prctl(PR_SET_NAME, "parrun"); /* started by a descriptor, it would be called by that */
    jobserver_pass_on(getenv("MAKEFLAGS"));
    prctl(PR_SET_DUMPABLE, 0); /* its descriptors are no business of its tasks, which are of one user with it */
    take_channel(&worker);
    while (!worker.configured)
        channel_wait(&worker, NULL, 0, 0);
    int status = 0;
    if (prepare(&worker))
        status = 1;
    else
        run_tasks(&worker);
    coprocess_finish(&worker);
    if (worker.config.process && worker.failed)
        status = 1;
    fflush(stdout);
    inboxes_tidy(&worker, true);
    channel_flush(&worker, true);
    flusher_stop(&worker);
    script_free(worker.script);
    script_free(worker.expressions);
    shared_free(worker.shared);
    command_release(&worker);
    coprocess_release(&worker);
    tasks_release(&worker.tasks);
    buf_release(&worker.channel.received);
    buf_release(&worker.channel.pending);
    buf_release(&worker.reply.message);
    inboxes_release(&worker);
    free(worker.broken);
    buf_release(&worker.result);
    config_release(&worker.config);
    return status;
}
