/*
 * The end of queues that go round in circles: pools of random shapes that take from queues and put into
 * them, in a random order of events, against a model that knows at each moment who could still go on.
 */
#include "../harness/run_fixture.h"
#include "base/unit.h"
#include "engine/dependencies.h"
#include "loop/timer.h"
#include "queue/consumer.h"
#include "queue/deadlock.h"
#include "queue/ends.h"
#include "queue/parts.h"
#include "queue/queue.h"

#define QUEUES_MOST 4
#define POOLS_MOST 6
#define WORKERS_MOST 4
#define SHAPES 400

/* A run that does not end within that time hangs. */
#define HANGS (60 * NS_PER_S)

/* Longer than whatever one look is made after another. */
#define LONG_PAUSE (150 * NS_PER_MS)

enum work {
    FREE,
    AT_WORK,
    FOR_ROOM, /* waits for room in the queue that it puts into */
};

struct worker {
    struct fake *pool;
    enum work work;
    int steps; /* left of its task */
    int64_t depth;   /* of its message: what it puts has one less */
    int puts;        /* left */
    size_t into;     /* the queue of the next one */
    struct delivery_tag mark;
    struct waiter waiter;
};

/* A pool whose tasks are messages. */
struct fake {
    struct object object;
    struct model *model;
    struct consumer *consumer;
    struct waiter waiter;
    bool waiting; /* for a message */
    bool closed;  /* no more come */
    struct worker workers[WORKERS_MOST];
    size_t worker_count;
    size_t source;
    size_t targets[2];
};

struct model {
    struct run run;
    struct scenario scenario;
    struct queue_spec queue_specs[QUEUES_MOST];
    struct thread_spec specs[POOLS_MOST];
    struct queue *queues[QUEUES_MOST];
    struct object *objects[POOLS_MOST];
    struct fake pools[POOLS_MOST];
    struct timer *timer;
    struct timer *hangs;
    bool stepping; /* the next step is on its way */
    unsigned seed;
    unsigned shape;
    size_t put;
    size_t done;
    size_t closed_early;
    bool stalled;
};

static const struct put_options usual;
static const char *const queue_names[] = {"q0", "q1", "q2", "q3"};
static const char *const pool_names[] = {"p0", "p1", "p2", "p3", "p4", "p5"};

static size_t pick(struct model *model, size_t count)
{
    return (size_t)rand_r(&model->seed) % count;
}

static void step_soon(struct model *model);
static void serve(struct fake *pool);

/* The next put of a worker, or the end of its task. */
static void go_on(struct worker *worker)
{
    struct fake *pool = worker->pool;
    struct model *model = pool->model;
    if (worker->puts) {
        struct queue *queue = model->queues[worker->into];
        struct buf encoded = encoded_integer(worker->depth - 1);
        assert_false(queue_is_closed(queue));
        bool done = queue_put_value(queue, encoded.data, encoded.length, &usual);
        buf_release(&encoded);
        if (!done) {
            worker->work = FOR_ROOM;
            queue_wait_room(queue, &worker->waiter);
            return;
        }
        model->put++;
        worker->puts--;
        worker->into = pool->targets[pick(model, pool->object.spec->queues.produces_count)];
        return;
    }
    consumer_task_done(pool->consumer, &worker->mark);
    worker->work = FREE;
    model->done++;
    serve(pool);
}

static void on_room(void *arg)
{
    struct worker *worker = arg;
    worker->work = AT_WORK;
    step_soon(worker->pool->model);
}

static void on_step(void *arg)
{
    struct model *model = arg;
    struct worker *at_work[POOLS_MOST * WORKERS_MOST];
    size_t count = 0;
    model->stepping = false;
    for (size_t i = 0; i < model->run.all.object_count; i++)
        for (size_t j = 0; j < model->pools[i].worker_count; j++)
            if (model->pools[i].workers[j].work == AT_WORK)
                at_work[count++] = &model->pools[i].workers[j];
    if (!count || model->run.stop.cause)
        return;
    struct worker *worker = at_work[pick(model, count)];
    if (worker->steps)
        worker->steps--;
    else
        go_on(worker);
    step_soon(model);
}

/* In the same turn of the loop, in the next one, after a moment, or long after all that went before. */
static void step_soon(struct model *model)
{
    if (model->stepping)
        return;
    model->stepping = true;
    size_t how = pick(model, 100);
    if (how < 50)
        loop_defer(model->run.loop, on_step, model);
    else if (how < 90)
        loop_post(model->run.loop, on_step, model);
    else
        timer_start(model->timer, how == 99 && model->shape % 8 == 0 ? LONG_PAUSE : NS_PER_MS);
}

static struct worker *free_worker(struct fake *pool)
{
    for (size_t i = 0; i < pool->worker_count; i++)
        if (pool->workers[i].work == FREE)
            return &pool->workers[i];
    return NULL;
}

static void begin(struct fake *pool, struct worker *worker, const struct buf *encoded)
{
    struct model *model = pool->model;
    size_t targets = pool->object.spec->queues.produces_count;
    struct value value;
    struct error error = {0};
    const char *at = encoded->data;
    size_t left = encoded->length;
    assert_int_equal(value_decode(NULL, &at, &left, &value, &error), 0);
    worker->depth = value.integer;
    worker->work = AT_WORK;
    worker->steps = (int)pick(model, 4);
    worker->puts = targets && worker->depth ? (int)pick(model, 4) : 0;
    worker->into = targets ? pool->targets[pick(model, targets)] : 0;
    step_soon(model);
}

static void end(void *arg)
{
    struct fake *pool = arg;
    if (pool->object.state == OBJECT_ENDED)
        return;
    users_ended(pool->object.run, pool->object.spec, pool->object.name);
    object_gone(&pool->object);
}

/* Gives messages to who is free. */
static void serve(struct fake *pool)
{
    struct worker *worker;
    struct buf encoded = {0};
    while (!pool->waiting && !pool->closed && !object_is_ending(&pool->object) &&
           (worker = free_worker(pool))) {
        buf_clear(&encoded);
        switch (consumer_receive(pool->consumer, &encoded, &worker->mark)) {
        case TAKE_MESSAGE:
            begin(pool, worker, &encoded);
            break;
        case TAKE_EMPTY:
            pool->waiting = true;
            consumer_wait(pool->consumer, &pool->waiter);
            break;
        case TAKE_CLOSED:
            pool->closed = true;
            break;
        }
    }
    buf_release(&encoded);
    bool busy = false;
    for (size_t i = 0; i < pool->worker_count; i++)
        busy = busy || pool->workers[i].work != FREE;
    if (pool->closed && !busy)
        loop_defer(pool->object.run->loop, end, pool);
}

static void on_message(void *arg)
{
    struct fake *pool = arg;
    pool->waiting = false;
    serve(pool);
}

static void fake_start(struct object *object)
{
    object_reached(object, CONDITION_STARTED);
    serve((struct fake *)object);
}

static void fake_stop(struct object *object)
{
    struct fake *pool = (struct fake *)object;
    loop_defer(object->run->loop, end, pool);
}

static void fake_waits(struct object *object, struct part_waits *waits)
{
    const struct fake *pool = (const struct fake *)object;
    bool any_free = false, waits_all = true;
    for (size_t i = 0; i < pool->worker_count; i++) {
        const struct worker *worker = &pool->workers[i];
        const struct part_wait one = {.wait = {worker->into, .for_room = true}};
        any_free = any_free || worker->work == FREE;
        waits_all = waits_all && worker->work != AT_WORK;
        if (worker->work == FOR_ROOM)
            parts_add(waits, &one);
    }
    const struct part_wait more = {.wait = {pool->source, .for_room = false}};
    if (any_free && !pool->closed && pool->waiting)
        parts_add(waits, &more);
    else if (any_free && !pool->closed)
        waits_all = false;
    if (!waits_all)
        waits->count = 0;
}

static const struct object_kind fake_kind = {
    .word = "pool",
    .start = fake_start,
    .stop = fake_stop,
    .kill = fake_stop,
    .wait.waits = fake_waits,
};

/* The model: what it says of a pool is worked out from the whole of the run alone. */

/* It goes on by itself, now. */
static bool is_active(const struct model *model, const struct fake *pool)
{
    bool active = false;
    if (pool->object.state == OBJECT_ENDED)
        return false;
    for (size_t i = 0; i < pool->worker_count; i++) {
        const struct worker *worker = &pool->workers[i];
        active = active || worker->work == AT_WORK ||
                 (worker->work == FOR_ROOM && !queue_is_full(model->queues[worker->into])) ||
                 (worker->work == FREE && !queue_is_empty(model->queues[pool->source]));
    }
    return active;
}

static bool uses(const size_t *queues, size_t count, size_t queue)
{
    for (size_t i = 0; i < count; i++)
        if (queues[i] == queue)
            return true;
    return false;
}

/* Whether OTHER may do what POOL waits for. */
static bool may_help(const struct fake *pool, const struct fake *other)
{
    bool helps = false;
    for (size_t i = 0; i < pool->worker_count; i++) {
        const struct worker *worker = &pool->workers[i];
        helps = helps || (worker->work == FOR_ROOM && other->source == worker->into) ||
                (worker->work == FREE &&
                 uses(other->targets, other->object.spec->queues.produces_count, pool->source));
    }
    return helps;
}

/* Fills in which pools may go on at some time, but for what a close of queues would do. */
static void find_living(const struct model *model, bool living[POOLS_MOST])
{
    size_t count = model->run.all.object_count;
    for (size_t i = 0; i < count; i++)
        living[i] = is_active(model, &model->pools[i]);
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < count && !living[i]; j++)
                if (model->pools[i].object.state != OBJECT_ENDED && living[j] &&
                    may_help(&model->pools[i], &model->pools[j]))
                    living[i] = changed = true;
    }
}

static void check_closed(struct model *model, const char *name)
{
    bool living[POOLS_MOST];
    size_t queue = 0;
    while (strcmp(queue_names[queue], name))
        queue++;
    find_living(model, living);
    model->closed_early++;
    assert_true(queue_is_empty(model->queues[queue]));
    for (size_t i = 0; i < model->run.all.object_count; i++)
        if (living[i] && uses(model->pools[i].targets, model->specs[i].object.queues.produces_count, queue))
            fail_msg("shape %u: %s closed while %s could put into it", model->shape, name,
                     pool_names[i]);
}

static void check_stalled(struct model *model)
{
    bool living[POOLS_MOST];
    find_living(model, living);
    model->stalled = true;
    for (size_t i = 0; i < model->run.all.object_count; i++)
        for (size_t j = 0; j < model->pools[i].worker_count; j++)
            if (!living[i] && model->pools[i].workers[j].work == FOR_ROOM)
                return;
    fail_msg("shape %u: told as deadlocked, and nobody waits for room in vain", model->shape);
}

static void on_event(void *arg, const struct event *event)
{
    struct model *model = arg;
    if (event->kind == EVENT_QUEUE_CLOSED && event->reason)
        check_closed(model, event->object);
    else if (event->kind == EVENT_RUN_STALLED)
        check_stalled(model);
}

static void on_hang(void *arg)
{
    struct model *model = arg;
    fail_msg("shape %u hangs", model->shape);
}

static bool balance(struct run *run)
{
    (void)run;
    return true;
}

/* A ring, a chain, or whatever comes. */
static void shape_pool(struct model *model, size_t number, size_t form)
{
    struct fake *pool = &model->pools[number];
    struct object_spec *spec = &model->specs[number].object;
    size_t queues = model->scenario.queue_count;
    *spec = (struct object_spec){OBJECT_WITHOUT_PARTS, .name = pool_names[number], .when = true, .decides = true};
    model->specs[number].replicas = 1;
    pool->model = model;
    pool->source = number < queues ? number : pick(model, queues);
    pool->worker_count = 1 + pick(model, WORKERS_MOST);
    spec->queues.produces_count = form == 2 ? pick(model, 3) : 1;
    for (size_t i = 0; i < spec->queues.produces_count; i++)
        pool->targets[i] = form == 2 ? pick(model, queues) : (pool->source + 1) % queues;
    if (form == 1 && pool->source + 1 == queues)
        spec->queues.produces_count = 0;
    if (spec->queues.produces_count == 2 && pool->targets[0] == pool->targets[1])
        spec->queues.produces_count = 1;
    spec->queues.produces = pool->targets;
    spec->queues.consumes = &pool->source;
    spec->queues.consumes_count = 1;
    pool->object = (struct object){.kind = &fake_kind, .run = &model->run, .spec = spec,
                                   .name = spec->name, .number = number};
    model->objects[number] = &pool->object;
}

static void make_workers(struct model *model, size_t number)
{
    struct fake *pool = &model->pools[number];
    pool->consumer = consumer_new(model->queues[pool->source], pool->object.name, CONSUMER_TASKS);
    pool->waiter = (struct waiter){.function = on_message, .arg = pool};
    for (size_t i = 0; i < pool->worker_count; i++) {
        struct worker *worker = &pool->workers[i];
        worker->pool = pool;
        worker->waiter = (struct waiter){.function = on_room, .arg = worker};
    }
}

static void fill(struct model *model)
{
    for (size_t i = pick(model, 6) + 1; i-- > 0;) {
        struct buf encoded = encoded_integer((int64_t)pick(model, 5));
        struct queue *queue = model->queues[pick(model, model->scenario.queue_count)];
        queue_put_unbounded(queue, encoded.data, encoded.length, &usual);
        buf_release(&encoded);
        model->put++;
    }
}

static void make(struct model *model)
{
    static const int64_t capacities[] = {1, 2, 100, 100};
    size_t form = pick(model, 3);
    model->scenario.queue_count = 1 + pick(model, QUEUES_MOST);
    model->scenario.queues = model->queue_specs;
    model->scenario.threads = model->specs;
    model->run.scenario = &model->scenario;
    model->run.queue_set.list = model->queues;
    model->run.all.objects = model->objects;
    model->run.all.object_count = model->scenario.thread_count =
        model->scenario.queue_count + pick(model, POOLS_MOST - model->scenario.queue_count + 1);
    for (size_t i = 0; i < model->run.all.object_count; i++)
        shape_pool(model, i, form);
    for (size_t i = 0; i < model->scenario.queue_count; i++) {
        struct queue_users users;
        users_count(&model->scenario, i, &users);
        model->queue_specs[i] = (struct queue_spec){
            .name = queue_names[i], .capacity = capacities[pick(model, 4)], .close_auto = true};
        model->queues[i] = queue_new(&model->run, &model->queue_specs[i], true, &users);
    }
    for (size_t i = 0; i < model->run.all.object_count; i++)
        make_workers(model, i);
    fill(model);
}

static size_t in_hand(const struct model *model)
{
    size_t count = 0;
    for (size_t i = 0; i < model->run.all.object_count; i++)
        for (size_t j = 0; j < model->pools[i].worker_count; j++)
            count += model->pools[i].workers[j].work != FREE;
    return count;
}

static void check_end(struct model *model)
{
    size_t left = in_hand(model);
    for (size_t i = 0; i < model->scenario.queue_count; i++)
        left += queue_length(model->queues[i]);
    if (model->done + left != model->put || (left && !model->stalled))
        fail_msg("shape %u: %zu put, %zu done, %zu left", model->shape, model->put, model->done,
                 left);
    assert_int_equal(model->run.stop.cause, model->stalled ? STOP_STALL : STOP_NONE);
}

static void clear(struct model *model)
{
    deadlock_stop(model->run.queue_set.deadlock);
    for (size_t i = 0; i < model->run.all.object_count; i++) {
        struct fake *pool = &model->pools[i];
        queue_unwait(model->queues[pool->source], &pool->waiter);
        for (size_t j = 0; j < pool->worker_count; j++)
            queue_unwait(model->queues[pool->workers[j].into], &pool->workers[j].waiter);
        consumer_free(pool->consumer);
        object_release(&pool->object);
    }
    timer_free(model->timer);
    timer_free(model->hangs);
    for (size_t i = 0; i < model->scenario.queue_count; i++)
        queue_stop(model->queues[i]);
    graph_free(model->run.all.graph);
    test_run_end(&model->run);
    for (size_t i = 0; i < model->scenario.queue_count; i++)
        queue_free(model->queues[i]);
    deadlock_free(model->run.queue_set.deadlock);
}

static void run_shape(unsigned shape, size_t *closed, size_t *stalled)
{
    struct model model = {.run = test_run(NULL), .seed = shape * 7919 + 1, .shape = shape};
    bus_add(model.run.bus, &(struct bus_reader){&model, wants_all, on_event, false});
    model.run.over = false;
    model.run.balance = balance;
    model.run.ended = stop_loop;
    model.run.ended_arg = model.run.loop;
    make(&model);
    model.timer = timer_new(model.run.loop, on_step, &model);
    model.hangs = timer_new(model.run.loop, on_hang, &model);
    timer_start(model.hangs, HANGS);
    model.run.queue_set.deadlock = deadlock_new(&model.run);
    run_start(&model.run);
    loop_run(model.run.loop);
    check_end(&model);
    *closed += model.closed_early > 0;
    *stalled += model.stalled;
    clear(&model);
}

static void test_circles_end_when_nothing_is_left(void **state)
{
    size_t closed = 0, stalled = 0;
    (void)state;
    for (unsigned shape = 0; shape < SHAPES; shape++)
        run_shape(shape, &closed, &stalled);
    assert_true(closed > SHAPES / 4); /* the shapes are what this is about */
    assert_true(stalled > SHAPES / 100);
}

/* One that waits for room in its own queue, and does so anew after each of the first looks: what had come for it is heard of then. */
struct restless {
    struct object object;
    struct waiter waiter;
    size_t queue;
    int looks;
};

#define RESTLESS_LOOKS 5

static void wait_again(void *arg)
{
    struct restless *one = arg;
    struct queue *queue = one->object.run->queue_set.list[0];
    queue_unwait(queue, &one->waiter);
    queue_wait_room(queue, &one->waiter);
}

static void restless_start(struct object *object)
{
    object_reached(object, CONDITION_STARTED);
    wait_again(object);
}

static void restless_stop(struct object *object)
{
    users_ended(object->run, object->spec, object->name);
    object_gone(object);
}

static void restless_waits(struct object *object, struct part_waits *waits)
{
    struct restless *one = (struct restless *)object;
    const struct part_wait wait = {.wait = {0, .for_room = true}};
    parts_add(waits, &wait);
    if (one->looks++ < RESTLESS_LOOKS)
        loop_post(object->run->loop, wait_again, one);
}

/* The queue closes at the end. */
static void nothing(void *arg)
{
    (void)arg;
}

static void test_a_deadlock_lasts(void **state)
{
    (void)state;
    static const struct object_kind kind = {
        .word = "thread", .start = restless_start, .stop = restless_stop, .kill = restless_stop, .wait.waits = restless_waits};
    struct queue_spec queue_spec = {.name = "q", .capacity = 1, .close_auto = true};
    struct restless one = {.waiter.function = nothing};
    struct thread_spec spec = {.replicas = 1,
                               .object = {OBJECT_WITHOUT_PARTS, .name = "t", .when = true, .decides = true,
                                          .queues = {.produces = &one.queue, .produces_count = 1, .consumes = &one.queue, .consumes_count = 1}}};
    struct scenario scenario = {.queues = &queue_spec, .queue_count = 1, .threads = &spec, .thread_count = 1};
    struct queue_users users = {.producers = 1, .consumers = 1};
    struct object *objects[] = {&one.object};
    struct run run = test_run(NULL);
    struct buf encoded = encoded_integer(1);
    run.over = false;
    run.balance = balance;
    run.ended = stop_loop;
    run.ended_arg = run.loop;
    run.scenario = &scenario;
    run.all.objects = objects;
    run.all.object_count = 1;
    one.object = (struct object){.kind = &kind, .run = &run, .spec = &spec.object, .name = "t"};
    one.waiter.arg = &one;
    struct queue *queue = queue_new(&run, &queue_spec, true, &users);
    struct consumer *consumer = consumer_new(queue, "t", CONSUMER_BODY);
    run.queue_set.list = &queue;
    queue_put_unbounded(queue, encoded.data, encoded.length, &usual);
    run.queue_set.deadlock = deadlock_new(&run);
    run_start(&run);
    loop_run(run.loop);
    assert_int_equal(run.stop.cause, STOP_STALL);
    assert_true(one.looks > RESTLESS_LOOKS);
    deadlock_stop(run.queue_set.deadlock);
    queue_unwait(queue, &one.waiter);
    consumer_free(consumer);
    object_release(&one.object);
    queue_stop(queue);
    graph_free(run.all.graph);
    test_run_end(&run);
    queue_free(queue);
    deadlock_free(run.queue_set.deadlock);
    buf_release(&encoded);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST(&tests, test_circles_end_when_nothing_is_left);
    TEST(&tests, test_a_deadlock_lasts);
    return tests_run(&tests, "stall");
}
