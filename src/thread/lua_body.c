/* A Lua body in a thread of the runner. */
#include "thread/lua_body.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "child/exec_context.h"
#include "engine/run.h"
#include "loop/loop.h"
#include "queue/consumer.h"
#include "queue/put_batch.h"
#include "queue/queue.h"
#include "scenario/spec.h"
#include "script/script.h"
#include "thread/command.h"
#include "value/message_check.h"
#include "wire/frame.h"
#include "wire/task_variables.h"

/* Bytes that may wait for the loop before the thread has to wait too. */
#define OUTBOX_BOUND (256u << 10)

struct body_thread {
    struct run *run;
    const struct object_spec *spec;
    const char *name;
    void (*frame)(void *arg, struct frame *frame);
    void *arg;
    struct consumer **consumers; /* one a queue that it consumes */
    struct exec_context context;
    int exec_context_result; /* of making it */
    struct error exec_context_error;
    struct put_batch *batch; /* of what it puts; NULL: into no queue */
    struct script *script;
    bool emitting;
    const struct variables_task *told; /* the thread's alone */
    int64_t deadline;     /* the thread's alone */
    struct buf sending;   /* the thread's alone */
    atomic_bool interrupted;
    atomic_size_t asking; /* as struct queue_wait has it: queue_asks(), as long as it sleeps */
    struct thread_run *running; /* the command of parrun.run, guarded by LOCK */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct buf outbox;
    size_t items; /* emitted and not taken */
    bool posted;
    bool held;
    struct buf opened; /* the loop's alone */
};

static int must_end(struct body_thread *body, struct error *error)
{
    if (atomic_load(&body->interrupted))
        return error_set(error, ERROR_STOPPED, "stopped");
    if (body->deadline && clock_monotonic() >= body->deadline)
        return error_set(error, ERROR_TIMEOUT, "timed out");
    return 0;
}

static int check(void *arg, struct error *error)
{
    return must_end(arg, error);
}

/* Hands all that has gathered to the owner. */
static void open_outbox(void *arg)
{
    struct body_thread *body = arg;
    struct buf empty = body->opened;
    pthread_mutex_lock(&body->lock);
    body->posted = false;
    if (body->held) {
        pthread_mutex_unlock(&body->lock);
        return;
    }
    body->opened = body->outbox;
    body->outbox = empty;
    pthread_cond_broadcast(&body->changed);
    pthread_mutex_unlock(&body->lock);
    const char *at = body->opened.data;
    size_t left = body->opened.length;
    struct frame frame;
    long taken;
    while (left && (taken = frame_take(at, left, &frame)) > 0) {
        at += taken;
        left -= (size_t)taken;
        body->frame(body->arg, &frame);
    }
    buf_clear(&body->opened);
}

void body_thread_send(struct body_thread *body, struct buf *frames)
{
    pthread_mutex_lock(&body->lock);
    buf_append(&body->outbox, frames->data, frames->length);
    bool post = !body->posted && !body->held;
    body->posted = body->posted || post;
    pthread_mutex_unlock(&body->lock);
    buf_clear(frames);
    if (post)
        loop_post(body->run->loop, open_outbox, body);
}

void body_thread_hold(struct body_thread *body, bool held)
{
    pthread_mutex_lock(&body->lock);
    held = held && !atomic_load(&body->interrupted); /* an end must be told in any case */
    body->held = held;
    bool post = !held && body->outbox.length && !body->posted;
    body->posted = body->posted || post;
    pthread_mutex_unlock(&body->lock);
    if (post)
        loop_post(body->run->loop, open_outbox, body);
}

/* Waits until signalled or UNTIL (0: for ever), with the lock held. */
static void wait_changed(struct body_thread *body, int64_t until)
{
    if (!until) {
        pthread_cond_wait(&body->changed, &body->lock);
        return;
    }
    struct timespec time;
    clock_until(until, &time);
    pthread_cond_timedwait(&body->changed, &body->lock, &time);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return !a || (b && b < a) ? b : a;
}

static struct queue_wait queue_wait_of(struct body_thread *body, double timeout)
{
    return (struct queue_wait){
        .deadline = sooner(clock_after(timeout), body->deadline),
        .check = check,
        .arg = body,
        .asking = &body->asking,
    };
}

/* Before whatever takes time, or looks at queues: what was put is in its queue. 0 or a negative code. */
static int put_gathered(struct body_thread *body, struct error *error)
{
    struct queue_wait wait = queue_wait_of(body, -1);
    int result = body->batch ? put_batch_flush(body->batch, &wait, error) : 1;
    return result < 0 ? result : 0;
}

static int host_sleep(void *arg, double seconds, struct error *error)
{
    struct body_thread *body = arg;
    int64_t until = clock_after(seconds);
    int result = put_gathered(body, error);
    if (result)
        return result;
    pthread_mutex_lock(&body->lock);
    while (!(result = must_end(body, error)) && clock_monotonic() < until)
        wait_changed(body, sooner(until, body->deadline));
    pthread_mutex_unlock(&body->lock);
    return result;
}

/* Sends bytes as a frame of TYPE; waits while too much is on its way. */
static int send_bytes(struct body_thread *body, enum frame_type type, const char *bytes,
                      size_t length, struct error *error)
{
    int result;
    size_t begin = frame_begin(&body->sending, type);
    if (type == FRAME_OUTPUT)
        frame_u64(&body->sending, 0);
    buf_append(&body->sending, bytes, length);
    frame_end(&body->sending, begin);
    body_thread_send(body, &body->sending);
    pthread_mutex_lock(&body->lock);
    while (!(result = must_end(body, error)) && body->outbox.length > OUTBOX_BOUND)
        wait_changed(body, body->deadline);
    pthread_mutex_unlock(&body->lock);
    return result;
}

static int host_output(void *arg, const char *bytes, size_t length, struct error *error)
{
    return send_bytes(arg, FRAME_OUTPUT, bytes, length, error);
}

static int host_log(void *arg, const char *bytes, size_t length, struct error *error)
{
    return send_bytes(arg, FRAME_LOG, bytes, length, error);
}

/* Where the queue of this name stands among those that the body declares under KEY. */
static int find_queue(struct body_thread *body, const char *name, const char *key,
                      const size_t *declared, size_t count, size_t *index, struct error *error)
{
    for (*index = 0; *index < count; ++*index)
        if (!strcmp(body->run->scenario->queues[declared[*index]].name, name))
            return 0;
    return error_set(error, ERROR_FAILED, "this body does not declare '%s: %s'", key, name);
}

static int host_put(void *arg, const char *name, const char *encoded, size_t length,
                    const struct script_put *put, struct error *error)
{
    struct body_thread *body = arg;
    const struct object_spec *spec = body->spec;
    size_t index;
    int result = find_queue(body, name, "produces", spec->queues.produces, spec->queues.produces_count, &index,
                            error);
    struct queue_wait wait = queue_wait_of(body, put->timeout);
    struct put_options options = {(int64_t)(put->delay * (double)NS_PER_S), put->priority, body->name, false};
    if (!result && put->priority && body->run->scenario->queues[spec->queues.produces[index]].ordered)
        result = error_set(error, ERROR_FAILED, SCRIPT_NO_PRIORITY, name);
    if (!result && queue_is_broken(body->run->queue_set.list[spec->queues.produces[index]]))
        result = error_set(error, ERROR_FAILED, SCRIPT_NO_CONSUMER, name);
    int end;
    if (!result && queue_is_read_as_text(body->run->queue_set.list[spec->queues.produces[index]], &end))
        result = message_check(name, end, encoded, length, error);
    if (result)
        return result;
    struct queue *queue = body->run->queue_set.list[spec->queues.produces[index]];
    bool plain = put->timeout < 0 && !put->delay && !put->priority && queue_gathers(queue, 1);
    if (plain && put_batch_add(body->batch, queue, encoded, length))
        return 1;
    wait.for_what = queue_asks(spec->queues.produces[index], true);
    if ((result = put_batch_flush(body->batch, &wait, error)) == 1)
        result = queue_put_waiting(queue, encoded, length, &options, &wait, error);
    return result;
}

static int host_get(void *arg, const char *name, double timeout, bool keep, struct buf *encoded,
                    struct error *error)
{
    struct body_thread *body = arg;
    const struct object_spec *spec = body->spec;
    size_t index;
    int result = find_queue(body, name, "consumes", spec->queues.consumes, spec->queues.consumes_count, &index,
                            error);
    if (!result)
        result = put_gathered(body, error);
    if (result)
        return result;
    struct queue_wait wait = queue_wait_of(body, timeout);
    wait.for_what = queue_asks(spec->queues.consumes[index], false);
    return consumer_receive_waiting(body->consumers[index], encoded, keep, &wait, error);
}

static int64_t host_length(void *arg, const char *name, struct error *error)
{
    struct body_thread *body = arg;
    const struct run *run = body->run;
    int result = put_gathered(body, error);
    if (result)
        return result;
    for (size_t i = 0; i < run->scenario->queue_count; i++)
        if (!strcmp(run->scenario->queues[i].name, name))
            return (int64_t)queue_length(run->queue_set.list[i]);
    return error_set(error, ERROR_FAILED, "no queue is called '%s'", name);
}

static int host_run(void *arg, const struct script_command *command, struct script_result *result,
                    struct error *error)
{
    struct body_thread *body = arg;
    struct variables variables = {0};
    const char **told = NULL;
    if (body->told) {
        variables_fill(&variables, body->told);
        told = variables_environment(&variables, body->context.environment);
    }
    struct thread_run_options options = {
        .loop = body->run->loop,
        .command = command,
        .environment = told ? told : body->context.environment,
        .deadline = body->deadline,
    };
    struct thread_run *run = thread_run_new(&options);
    pthread_mutex_lock(&body->lock);
    body->running = run;
    pthread_mutex_unlock(&body->lock);
    int code = put_gathered(body, error);
    if (!code)
        code = must_end(body, error);
    if (!code)
        code = variables_fit(&variables, command->argv, error);
    if (!code)
        code = thread_run_wait(run, result, error);
    pthread_mutex_lock(&body->lock);
    body->running = NULL;
    pthread_mutex_unlock(&body->lock);
    thread_run_free(run);
    free(told);
    variables_release(&variables);
    return code;
}

/* An item counts before the loop can see it, so that no item is taken that was not counted. */
static int host_emit(void *arg, const char *encoded, size_t length, struct error *error)
{
    struct body_thread *body = arg;
    pthread_mutex_lock(&body->lock);
    body->items++;
    pthread_mutex_unlock(&body->lock);
    int result = send_bytes(body, FRAME_ITEM, encoded, length, error);
    pthread_mutex_lock(&body->lock);
    while (!result && body->items >= BODY_ITEMS_MOST && !(result = must_end(body, error)))
        wait_changed(body, body->deadline);
    pthread_mutex_unlock(&body->lock);
    return result;
}

static const struct script_host thread_host = {
    .sleep = host_sleep,
    .output = host_output,
    .log = host_log,
    .put = host_put,
    .get = host_get,
    .length = host_length,
    .run = host_run,
};

static const struct script_host emitting_host = {
    .sleep = host_sleep,
    .output = host_output,
    .log = host_log,
    .put = host_put,
    .get = host_get,
    .length = host_length,
    .run = host_run,
    .emit = host_emit,
};

struct body_thread *body_thread_new(struct run *run, const struct object_spec *spec,
                                    const char *name,
                                    void (*frame)(void *arg, struct frame *frame), void *arg)
{
    struct body_thread *body = mem_calloc(1, sizeof(*body));
    pthread_condattr_t attributes;
    body->run = run;
    body->spec = spec;
    body->name = name;
    body->frame = frame;
    body->arg = arg;
    pthread_mutex_init(&body->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&body->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    body->held = run->held;
    body->consumers = mem_calloc(spec->queues.consumes_count, sizeof(struct consumer *));
    for (size_t i = 0; i < spec->queues.consumes_count; i++)
        body->consumers[i] = consumer_new(run->queue_set.list[spec->queues.consumes[i]], name, CONSUMER_BODY);
    if (spec->queues.produces_count)
        body->batch = put_batch_new(run);
    body->exec_context_result =
        exec_context_init(&body->context, run, spec, name, 0, &body->exec_context_error);
    return body;
}

void body_thread_set_emitting(struct body_thread *body)
{
    body->emitting = true;
}

/* The thread goes on when half of them were taken: a switch between threads an item is too many. */
void body_thread_took(struct body_thread *body, size_t count)
{
    pthread_mutex_lock(&body->lock);
    bool many = body->items > BODY_ITEMS_MOST / 2;
    body->items -= count;
    if (many && body->items <= BODY_ITEMS_MOST / 2)
        pthread_cond_broadcast(&body->changed);
    pthread_mutex_unlock(&body->lock);
}

void body_thread_free(struct body_thread *body)
{
    if (!body)
        return;
    for (size_t i = 0; i < body->spec->queues.consumes_count; i++)
        consumer_free(body->consumers[i]);
    free(body->consumers);
    if (body->batch)
        put_batch_free(body->batch);
    script_free(body->script);
    exec_context_release(&body->context);
    error_release(&body->exec_context_error);
    buf_release(&body->sending);
    buf_release(&body->outbox);
    buf_release(&body->opened);
    pthread_mutex_destroy(&body->lock);
    pthread_cond_destroy(&body->changed);
    free(body);
}

bool body_thread_runs_command(struct body_thread *body)
{
    pthread_mutex_lock(&body->lock);
    bool runs = body->running != NULL;
    pthread_mutex_unlock(&body->lock);
    return runs;
}

void body_thread_interrupt(struct body_thread *body, bool force)
{
    atomic_store(&body->interrupted, true);
    pthread_mutex_lock(&body->lock);
    if (body->script)
        script_interrupt(body->script);
    if (body->running)
        thread_run_cancel(body->running, force);
    pthread_cond_broadcast(&body->changed);
    pthread_mutex_unlock(&body->lock);
    body_thread_hold(body, false);
    for (size_t i = 0; i < body->spec->queues.produces_count; i++)
        queue_interrupt(body->run->queue_set.list[body->spec->queues.produces[i]]);
    for (size_t i = 0; i < body->spec->queues.consumes_count; i++)
        queue_interrupt(body->run->queue_set.list[body->spec->queues.consumes[i]]);
}

int body_thread_prepare(struct body_thread *body, int *chunk, struct error *error)
{
    const struct lua_spec *lua = &body->spec->body.lua;
    if (body->exec_context_result)
        return error_set(error, body->exec_context_result, "%s", body->exec_context_error.text);
    struct script_options options = {
        .name = body->name,
        .vars = body->run->scenario->vars,
        .environment = body->context.environment,
        .directory = body->run->scenario->source.directory,
        .host = body->emitting ? &emitting_host : &thread_host,
        .host_arg = body,
        .shared = body->run->service.shared,
        .pid = getpid(),
    };
    struct script *script = script_new(&options);
    int result =
        script_load(script, lua->text, lua->length, lua->file, lua->line, chunk, error);
    pthread_mutex_lock(&body->lock);
    body->script = script;
    pthread_mutex_unlock(&body->lock);
    if (atomic_load(&body->interrupted))
        script_interrupt(script); /* it may have come before there was a state */
    return result;
}

void body_thread_close(struct body_thread *body)
{
    pthread_mutex_lock(&body->lock);
    struct script *script = body->script;
    body->script = NULL;
    pthread_mutex_unlock(&body->lock);
    script_free(script);
}

struct script *body_thread_script(struct body_thread *body)
{
    return body->script;
}

void body_thread_tell(struct body_thread *body, const struct variables_task *told)
{
    body->told = told;
}

void body_thread_set_deadline(struct body_thread *body, int64_t deadline)
{
    body->deadline = deadline;
    if (body->script)
        script_set_deadline(body->script, deadline);
}

void body_thread_send_result(struct body_thread *body, uint64_t id, int result, int64_t duration,
                             const struct buf *value, const struct error *error)
{
    struct result told = {
        .id = id,
        .outcome = outcome_of_call(result),
        .duration = duration,
        .text = result ? error->text : value->data,
        .text_length = result ? strlen(error->text) : value->length,
        .spent = !result,
    };
    struct error late = {0}; /* that it was stopped meanwhile is told by its result, or does not matter */
    put_gathered(body, &late);
    error_release(&late);
    body_thread_settle(body, !result);
    frame_write_result(&body->sending, &told);
    body_thread_send(body, &body->sending);
}

void body_thread_settle(struct body_thread *body, bool well)
{
    for (size_t i = 0; i < body->spec->queues.consumes_count; i++)
        consumer_settle(body->consumers[i], well);
}

bool body_thread_is_at_work(struct body_thread *body)
{
    for (size_t i = 0; i < body->spec->queues.consumes_count; i++)
        if (consumer_keeps(body->consumers[i]))
            return true;
    return false;
}

/* Whether what it waits for is not there; a message is looked for with the queue's lock held. */
static bool finds_nothing(const struct body_thread *body, const struct object_wait *wait)
{
    for (size_t i = 0; !wait->for_room && i < body->spec->queues.consumes_count; i++)
        if (body->spec->queues.consumes[i] == wait->queue)
            return consumer_finds_nothing(body->consumers[i]);
    return true;
}

/* It sleeps as long as ASKING says so; that is read again, as it may have got what was there, and more, before
 * the queue was looked at. */
bool body_thread_waits(struct body_thread *body, struct object_wait *wait)
{
    size_t asking = atomic_load(&body->asking);
    if (!asking)
        return false;
    *wait = (struct object_wait){.queue = (asking - 1) / 2, .for_room = (asking - 1) % 2};
    return finds_nothing(body, wait) && atomic_load(&body->asking) == asking;
}

bool body_thread_is_interrupted(const struct body_thread *body)
{
    return atomic_load(&body->interrupted);
}
