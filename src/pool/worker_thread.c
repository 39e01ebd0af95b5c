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
struct order {
    struct order *next;
    uint64_t id;
    int64_t index;
    int64_t attempt;
    int64_t timeout;
    size_t size;
    char item[];
};

struct crew_thread {
    struct crew crew;
    struct body_thread *body;
    struct thread *own; /* of a worker beyond those of the start, for which libuv's pool has no thread */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct order *first;
    struct order *last;
    bool finishing;
};

/* The next task; NULL when there will be none. */
static struct order *next_order(struct crew_thread *thread)
{
    pthread_mutex_lock(&thread->lock);
    while (!thread->first && !thread->finishing)
        pthread_cond_wait(&thread->changed, &thread->lock);
    struct order *order = thread->first;
    if (order) {
        thread->first = order->next;
        if (!thread->first)
            thread->last = NULL;
    }
    pthread_mutex_unlock(&thread->lock);
    return order;
}

static int call_body(struct crew_thread *thread, int chunk, const struct order *order,
                     struct buf *value, struct error *error)
{
    struct script *script = body_thread_script(thread->body);
    struct arena *arena = order->size && *order->item == VALUE_TABLE ? arena_new() : NULL;
    struct value item = {0};
    const char *at = order->item;
    size_t left = order->size;
    int result = value_decode(arena, &at, &left, &item, error);
    if (!result) {
        script_set_task(script, &item, order->index, thread->crew.number, order->attempt);
        body_thread_set_deadline(thread->body,
                                 order->timeout ? clock_monotonic() + order->timeout : 0);
        body_thread_tell(thread->body,
                         &(struct variables_task){&item, order->index, thread->crew.number,
                                                  order->attempt});
        result = script_call(script, chunk, value, error);
        body_thread_tell(thread->body, NULL);
    }
    arena_free(arena);
    return result;
}

static void run_order(struct crew_thread *thread, int chunk, const struct order *order)
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

static int prepare(struct crew_thread *thread, int *chunk, struct error *error)
{
    const struct lua_spec *setup = &thread->crew.pool->spec->setup;
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
    struct crew_thread *thread = arg;
    struct error error = {0};
    struct buf frames = {0};
    struct order *order;
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
    struct crew_thread *thread = arg;
    body_thread_free(thread->body);
    thread->body = NULL;
    crew_gone(&thread->crew, "its thread ended");
}

/* The thread is done; what it has sent lately is still in the mailbox, so its end goes behind. */
static void work_done(void *arg)
{
    struct crew_thread *thread = arg;
    body_thread_hold(thread->body, false);
    loop_post(thread->crew.pool->object.run->loop, tell_gone, thread);
}

static void on_frame(void *arg, struct frame *frame)
{
    struct crew_thread *thread = arg;
    crew_take_frame(&thread->crew, frame);
}

static void own_done(void *arg)
{
    struct crew_thread *thread = arg;
    thread_join(thread->own);
    thread->own = NULL;
    work_done(thread);
}

static void own_work(void *arg)
{
    struct crew_thread *thread = arg;
    thread_work(thread);
    loop_post(thread->crew.pool->object.run->loop, own_done, thread);
}

static int begin_work(struct crew_thread *thread, struct error *error)
{
    const struct pool *pool = thread->crew.pool;
    struct run *run = pool->object.run;
    if (thread->crew.number > (int64_t)pool_workers(run, pool->spec))
        return thread_start(own_work, thread, &thread->own, error);
    int result = work_start(run->loop, thread_work, work_done, thread);
    return result ? error_system(error, -result, "cannot use a thread of the pool") : 0;
}

static int thread_crew_start(struct crew *crew, struct error *error)
{
    struct crew_thread *thread = (struct crew_thread *)crew;
    struct pool *pool = crew->pool;
    thread->finishing = false;
    thread->body = body_thread_new(pool->object.run, &pool->spec->object, pool->object.name,
                                   on_frame, thread);
    crew->pid = getpid();
    int result = begin_work(thread, error);
    if (!result)
        return 0;
    body_thread_free(thread->body);
    thread->body = NULL;
    return result;
}

static void thread_crew_send(struct crew *crew, const struct task *task)
{
    struct crew_thread *thread = (struct crew_thread *)crew;
    struct order *order = mem_realloc(NULL, sizeof(*order) + task->item.length, 1);
    *order = (struct order){.id = task->id,
                            .index = task->index,
                            .attempt = task->attempt,
                            .timeout = task->timeout,
                            .size = task->item.length};
    memcpy(order->item, task->item.data, task->item.length);
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
static struct order *take_orders(struct crew_thread *thread, uint64_t kept)
{
    pthread_mutex_lock(&thread->lock);
    struct order *keeps = thread->first && thread->first->id == kept ? thread->first : NULL;
    struct order *order = keeps ? keeps->next : thread->first;
    if (keeps)
        keeps->next = NULL;
    thread->first = thread->last = keeps;
    pthread_mutex_unlock(&thread->lock);
    return order;
}

static void thread_crew_revoke(struct crew *crew, bool all)
{
    struct crew_thread *thread = (struct crew_thread *)crew;
    struct order *order = take_orders(thread, all || !crew->tasks.first ? 0 : crew->tasks.first->id);
    while (order) {
        struct order *next = order->next;
        crew_gave_back(crew, order->id);
        free(order);
        order = next;
    }
    crew_revoked(crew);
}

static void thread_crew_cancel(struct crew *crew, uint64_t id)
{
    struct crew_thread *thread = (struct crew_thread *)crew;
    (void)id; /* it is only called to end all: the thread needs no other task after this one */
    body_thread_interrupt(thread->body, false);
}

static void thread_crew_finish(struct crew *crew)
{
    struct crew_thread *thread = (struct crew_thread *)crew;
    pthread_mutex_lock(&thread->lock);
    thread->finishing = true;
    pthread_cond_signal(&thread->changed);
    pthread_mutex_unlock(&thread->lock);
}

static void thread_crew_kill(struct crew *crew)
{
    struct crew_thread *thread = (struct crew_thread *)crew;
    if (!thread->body)
        return;
    body_thread_interrupt(thread->body, true);
    thread_crew_finish(crew);
}

static void thread_crew_hold(struct crew *crew, bool held)
{
    struct crew_thread *thread = (struct crew_thread *)crew;
    if (thread->body)
        body_thread_hold(thread->body, held);
}

static bool thread_crew_waits(const struct crew *crew, struct object_wait *wait)
{
    const struct crew_thread *thread = (const struct crew_thread *)crew;
    return thread->body && body_thread_waits(thread->body, wait);
}

static void thread_crew_free(struct crew *crew)
{
    struct crew_thread *thread = (struct crew_thread *)crew;
    struct task *task;
    while ((task = task_list_take(&crew->tasks)))
        task_free(task);
    pthread_mutex_destroy(&thread->lock);
    pthread_cond_destroy(&thread->changed);
    free(thread);
}

static const struct crew_kind thread_kind = {
    .start = thread_crew_start,
    .send = thread_crew_send,
    .revoke = thread_crew_revoke,
    .cancel = thread_crew_cancel,
    .finish = thread_crew_finish,
    .kill = thread_crew_kill,
    .hold = thread_crew_hold,
    .waits = thread_crew_waits,
    .free = thread_crew_free,
};

struct crew *crew_thread_new(struct pool *pool)
{
    struct crew_thread *thread = mem_calloc(1, sizeof(*thread));
    thread->crew.kind = &thread_kind;
    thread->crew.pool = pool;
    pthread_mutex_init(&thread->lock, NULL);
    pthread_cond_init(&thread->changed, NULL);
    return &thread->crew;
}
