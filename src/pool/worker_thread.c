/* A pool's worker that is a thread of libuv's pool, with a Lua state of its own. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "loop/loop.h"
#include "loop/thread.h"
#include "pool/pool.h"
#include "pool/private.h"
#include "scenario/spec.h"
#include "script/script.h"
#include "thread/lua_body.h"
#include "wire/task_variables.h"

/* A task on its way to the thread: a copy, as the pool keeps its own. */
struct thread_task {
    struct thread_task *next;
    uint64_t id;
    int64_t index;
    int64_t attempt;
    int64_t timeout;
    size_t size;
    size_t uses_size; /* of what it was given of resources, behind the item */
    char item[];
};

struct thread_worker {
    struct pool_worker worker;
    struct body_thread *body;
    struct thread *own; /* of a worker beyond those of the start, for which libuv's pool has no thread */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct thread_task *first;
    struct thread_task *last;
    bool finishing;
};

/* The next task; NULL when there will be none. */
static struct thread_task *next_order(struct thread_worker *thread)
{
    pthread_mutex_lock(&thread->lock);
    while (!thread->first && !thread->finishing)
        pthread_cond_wait(&thread->changed, &thread->lock);
    struct thread_task *order = thread->first;
    if (order) {
        thread->first = order->next;
        if (!thread->first)
            thread->last = NULL;
    }
    pthread_mutex_unlock(&thread->lock);
    return order;
}

static int call_body(struct thread_worker *thread, int chunk, const struct thread_task *order,
                     struct buf *value, struct error *error)
{
    struct script *script = body_thread_script(thread->body);
    bool tables = value_is_table(order->item, order->size) || order->uses_size;
    struct arena *arena = tables ? arena_new() : NULL;
    struct value item = {0}, uses = {0};
    const char *at = order->item;
    size_t left = order->size;
    int result = value_decode(arena, &at, &left, &item, error);
    at = order->item + order->size;
    left = order->uses_size;
    if (!result && left)
        result = value_decode(arena, &at, &left, &uses, error);
    if (!result) {
        if (order->uses_size)
            script_set_uses(script, &uses);
        script_set_task(script, &item, order->index, thread->worker.number, order->attempt);
        body_thread_set_deadline(thread->body,
                                 order->timeout ? clock_monotonic() + order->timeout : 0);
        body_thread_tell(
            thread->body,
            &(struct variables_task){&item, order->index, thread->worker.number, order->attempt, &uses});
        result = script_call(script, chunk, value, error);
        body_thread_tell(thread->body, NULL);
    }
    arena_free(arena);
    return result;
}

static void run_order(struct thread_worker *thread, int chunk, const struct thread_task *order)
{
    struct error error = {0};
    struct buf value = {0};
    int64_t started = clock_monotonic();
    int result = call_body(thread, chunk, order, &value, &error);
    body_thread_send_result(thread->body, order->id, result, clock_monotonic() - started, &value,
                            &error);
    error_release(&error);
    buf_release(&value);
}

static int prepare(struct thread_worker *thread, int *chunk, struct error *error)
{
    const struct lua_spec *setup = &thread->worker.pool->spec->setup;
    int result = body_thread_prepare(thread->body, chunk, error);
    if (result || !setup->text)
        return result;
    int setup_chunk;
    struct script *script = body_thread_script(thread->body);
    result = script_load(script, setup->text, setup->length, setup->file, setup->line,
                         &setup_chunk, error);
    return result ? result : script_call(script, setup_chunk, NULL, error);
}

/* The thread itself. */
static void thread_work(void *arg)
{
    struct thread_worker *thread = arg;
    struct error error = {0};
    struct buf frames = {0};
    struct thread_task *order;
    int chunk;
    if (prepare(thread, &chunk, &error)) {
        size_t begin = frame_begin(&frames, FRAME_REFUSED);
        frame_text(&frames, error.text);
        frame_end(&frames, begin);
        body_thread_send(thread->body, &frames);
        error_release(&error);
        buf_release(&frames);
        return;
    }
    frame_plain(&frames, FRAME_READY);
    body_thread_send(thread->body, &frames);
    buf_release(&frames);
    while ((order = next_order(thread))) {
        run_order(thread, chunk, order);
        free(order);
    }
}

static void tell_gone(void *arg)
{
    struct thread_worker *thread = arg;
    body_thread_free(thread->body);
    thread->body = NULL;
    pool_worker_gone(&thread->worker, "its thread ended");
}

/* The thread is done; what it has sent lately is still in the mailbox, so its end goes behind. */
static void work_done(void *arg)
{
    struct thread_worker *thread = arg;
    body_thread_hold(thread->body, false);
    loop_post(thread->worker.pool->object.run->loop, tell_gone, thread);
}

static void on_frame(void *arg, struct frame *frame)
{
    struct thread_worker *thread = arg;
    pool_worker_take_frame(&thread->worker, frame);
}

static void own_done(void *arg)
{
    struct thread_worker *thread = arg;
    thread_join(thread->own);
    thread->own = NULL;
    work_done(thread);
}

static void own_work(void *arg)
{
    struct thread_worker *thread = arg;
    thread_work(thread);
    loop_post(thread->worker.pool->object.run->loop, own_done, thread);
}

static int begin_work(struct thread_worker *thread, struct error *error)
{
    const struct pool *pool = thread->worker.pool;
    struct run *run = pool->object.run;
    if (thread->worker.number > (int64_t)pool_workers(run, pool->spec))
        return thread_start(own_work, thread, &thread->own, error);
    int result = work_start(run->loop, thread_work, work_done, thread);
    return result ? error_system(error, -result, "cannot use a thread of the pool") : 0;
}

static int thread_worker_start(struct pool_worker *worker, struct error *error)
{
    struct thread_worker *thread = (struct thread_worker *)worker;
    struct pool *pool = worker->pool;
    thread->finishing = false;
    thread->body = body_thread_new(pool->object.run, &pool->spec->object, pool->object.name,
                                   on_frame, thread);
    worker->pid = getpid();
    int result = begin_work(thread, error);
    if (!result)
        return 0;
    body_thread_free(thread->body);
    thread->body = NULL;
    return result;
}

static void thread_worker_send(struct pool_worker *worker, const struct task *task)
{
    struct thread_worker *thread = (struct thread_worker *)worker;
    struct buf uses = {0};
    pool_put_uses(worker->pool, task, &uses);
    struct thread_task *order = mem_realloc(NULL, sizeof(*order) + task->item.length + uses.length, 1);
    *order = (struct thread_task){.id = task->id,
                                  .index = task->index,
                                  .attempt = task->attempt,
                                  .timeout = task->terms.timeout,
                                  .size = task->item.length,
                                  .uses_size = uses.length};
    memcpy(order->item, task->item.data, task->item.length);
    if (uses.length)
        memcpy(order->item + order->size, uses.data, uses.length);
    buf_release(&uses);
    pthread_mutex_lock(&thread->lock);
    if (thread->last)
        thread->last->next = order;
    else
        thread->first = order;
    thread->last = order;
    pthread_cond_signal(&thread->changed);
    pthread_mutex_unlock(&thread->lock);
}

/* Takes all off but the one of the id KEPT, where it has not begun; returns them as a list. */
static struct thread_task *take_orders(struct thread_worker *thread, uint64_t kept)
{
    pthread_mutex_lock(&thread->lock);
    struct thread_task *keeps = thread->first && thread->first->id == kept ? thread->first : NULL;
    struct thread_task *order = keeps ? keeps->next : thread->first;
    if (keeps)
        keeps->next = NULL;
    thread->first = thread->last = keeps;
    pthread_mutex_unlock(&thread->lock);
    return order;
}

static void thread_worker_revoke(struct pool_worker *worker, bool all)
{
    struct thread_worker *thread = (struct thread_worker *)worker;
    struct thread_task *order =
        take_orders(thread, all || !worker->tasks.first ? 0 : worker->tasks.first->id);
    while (order) {
        struct thread_task *next = order->next;
        pool_worker_gave_back(worker, order->id);
        free(order);
        order = next;
    }
    pool_worker_revoked(worker);
}

static void thread_worker_cancel(struct pool_worker *worker, uint64_t id)
{
    struct thread_worker *thread = (struct thread_worker *)worker;
    (void)id; /* it is only called to end all: the thread needs no other task after this one */
    body_thread_interrupt(thread->body, false);
}

static void thread_worker_finish(struct pool_worker *worker)
{
    struct thread_worker *thread = (struct thread_worker *)worker;
    pthread_mutex_lock(&thread->lock);
    thread->finishing = true;
    pthread_cond_signal(&thread->changed);
    pthread_mutex_unlock(&thread->lock);
}

static void thread_worker_kill(struct pool_worker *worker)
{
    struct thread_worker *thread = (struct thread_worker *)worker;
    if (!thread->body)
        return;
    body_thread_interrupt(thread->body, true);
    thread_worker_finish(worker);
}

static void thread_worker_hold(struct pool_worker *worker, bool held)
{
    struct thread_worker *thread = (struct thread_worker *)worker;
    if (thread->body)
        body_thread_hold(thread->body, held);
}

static bool thread_worker_waits(const struct pool_worker *worker, struct object_wait *wait)
{
    const struct thread_worker *thread = (const struct thread_worker *)worker;
    return thread->body && body_thread_waits(thread->body, wait);
}

static void thread_worker_free(struct pool_worker *worker)
{
    struct thread_worker *thread = (struct thread_worker *)worker;
    task_list_release(&worker->tasks);
    pthread_mutex_destroy(&thread->lock);
    pthread_cond_destroy(&thread->changed);
    free(thread);
}

static const struct pool_worker_ops thread_kind = {
    .start = thread_worker_start,
    .send = thread_worker_send,
    .revoke = thread_worker_revoke,
    .cancel = thread_worker_cancel,
    .finish = thread_worker_finish,
    .kill = thread_worker_kill,
    .hold = thread_worker_hold,
    .waits = thread_worker_waits,
    .free = thread_worker_free,
};

struct pool_worker *thread_worker_new(struct pool *pool)
{
    struct thread_worker *thread = mem_calloc(1, sizeof(*thread));
    thread->worker.kind = &thread_kind;
    thread->worker.pool = pool;
    pthread_mutex_init(&thread->lock, NULL);
    pthread_cond_init(&thread->changed, NULL);
    return &thread->worker;
}
