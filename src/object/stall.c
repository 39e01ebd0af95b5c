/* Objects that wait for each other alone. */
#include "object/stall.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/graph.h"
#include "engine/report.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "object/queue.h"
#include "scenario/spec.h"

/* Two looks in a row that see the same are proof. */
#define LOOK_AGAIN (20 * NS_PER_MS)

/* As long as messages come and go. */
#define LOOK_TIME (100 * NS_PER_MS)

/* No more are told of; SIGUSR1 tells of all. */
#define TOLD_MOST 20

/* What is known of one object at the moment of a look. */
struct look {
    bool stuck;
    bool pending;
    struct object_wait wait; /* of one that is stuck and not pending */
};

struct stall {
    struct run *run;
    atomic_bool armed; /* a look is on its way: any thread */
    struct timer *timer;
    struct look *looks;     /* one an object */
    size_t *others[2];      /* one a queue: its producers and its consumers that may go on */
    size_t *stuck_of;       /* one a declaration: its objects that are stuck */
    size_t declarations;
    struct buf seen;        /* by the last look: print_stuck(); empty: nobody was stuck */
    unsigned changes;       /* of all queues, by then */
};

enum side { PRODUCERS, CONSUMERS };

static void note(size_t *counts, const size_t *queues, size_t count)
{
    for (size_t i = 0; i < count; i++)
        counts[queues[i]]++;
}

/* Whoever takes from a queue puts what it gives up into its dead letters. */
static void note_dead_letters(struct stall *stall, const struct object_spec *spec)
{
    for (size_t i = 0; i < spec->consumes_count; i++) {
        const size_t *dead = stall->run->scenario->queues[spec->consumes[i]].dead_letter;
        if (dead)
            stall->others[PRODUCERS][*dead]++;
    }
}

/* Counts anew who is stuck and who is not. */
static void count_sides(struct stall *stall)
{
    const struct run *run = stall->run;
    size_t queues = run->scenario->queue_count;
    memset(stall->others[PRODUCERS], 0, queues * sizeof(size_t));
    memset(stall->others[CONSUMERS], 0, queues * sizeof(size_t));
    memset(stall->stuck_of, 0, stall->declarations * sizeof(size_t));
    for (size_t i = 0; i < run->object_count; i++) {
        const struct object *object = run->objects[i];
        const struct object_spec *spec = object->spec;
        if (object->state == OBJECT_ENDED)
            continue;
        if (stall->looks[i].stuck) {
            stall->stuck_of[object->number]++;
            continue;
        }
        note(stall->others[PRODUCERS], spec->produces, spec->produces_count);
        note(stall->others[CONSUMERS], spec->consumes, spec->consumes_count);
        note_dead_letters(stall, spec);
    }
}

/* Whether something that it depends on is stuck before it has come so far. */
static bool waits_for_stuck(const struct stall *stall, const struct object *object)
{
    const struct run *run = stall->run;
    for (size_t i = 0; i < object->spec->depends_on_count; i++) {
        const struct dependency_spec *dependency = &object->spec->depends_on[i];
        if (!stall->stuck_of[dependency->object])
            continue;
        for (size_t j = 0; j < run->object_count; j++)
            if (run->objects[j]->number == dependency->object && stall->looks[j].stuck &&
                !(run->objects[j]->reached & 1u << dependency->condition))
                return true;
    }
    return false;
}

/* Who has a message may give it back, so that those who take can help each other to one too. */
static bool can_be_helped(const struct stall *stall, size_t number)
{
    const struct look *look = &stall->looks[number];
    if (look->pending)
        return !waits_for_stuck(stall, stall->run->objects[number]);
    return stall->others[CONSUMERS][look->wait.queue] ||
           (!look->wait.for_room && stall->others[PRODUCERS][look->wait.queue]);
}

static void look_at(struct stall *stall, size_t number)
{
    struct object *object = stall->run->objects[number];
    struct look *look = &stall->looks[number];
    *look = (struct look){.pending = object->state == OBJECT_PENDING};
    look->stuck = look->pending;
    if (object->state == OBJECT_RUNNING && object->kind->waits)
        look->stuck = object->kind->waits(object, &look->wait) &&
                      queue_rests(stall->run->queues[look->wait.queue], look->wait.for_room);
}

/* Marks the largest set of objects that can be helped by each other alone; false: there is none. */
static bool find_stuck(struct stall *stall)
{
    size_t count = stall->run->object_count;
    size_t waiting = 0;
    for (size_t i = 0; i < count; i++) {
        look_at(stall, i);
        waiting += stall->looks[i].stuck && !stall->looks[i].pending;
    }
    for (bool changed = true; changed && waiting;) {
        changed = false;
        count_sides(stall);
        for (size_t i = 0; i < count; i++) {
            struct look *look = &stall->looks[i];
            if (!look->stuck || !can_be_helped(stall, i))
                continue;
            look->stuck = false;
            changed = true;
            waiting -= !look->pending;
        }
    }
    return waiting;
}

/* Writes down all that would differ if any of them had gone on in between. */
static void print_stuck(const struct stall *stall, struct buf *out)
{
    for (size_t i = 0; i < stall->run->object_count; i++) {
        const struct look *look = &stall->looks[i];
        if (!look->stuck)
            continue;
        buf_printf(out, "%zu", i);
        if (!look->pending)
            buf_printf(out, ":%zu%c%u", look->wait.queue, look->wait.for_room ? '>' : '<',
                       queue_changes(stall->run->queues[look->wait.queue]));
        buf_char(out, ' ');
    }
}

static bool names(const size_t *queues, size_t count, size_t queue)
{
    for (size_t i = 0; i < count; i++)
        if (queues[i] == queue)
            return true;
    return false;
}

static bool is_on_side(const struct object_spec *spec, enum side side, size_t queue)
{
    return side == PRODUCERS ? names(spec->produces, spec->produces_count, queue)
                             : names(spec->consumes, spec->consumes_count, queue);
}

/* Whether one that never started puts into the queue. */
static bool is_awaited(const struct stall *stall, size_t queue)
{
    for (size_t i = 0; i < stall->run->object_count; i++)
        if (stall->looks[i].pending && stall->looks[i].stuck &&
            is_on_side(stall->run->objects[i]->spec, PRODUCERS, queue))
            return true;
    return false;
}

/* Where all wait for messages: closes the queues; false where that is not so, or helps nobody. */
static bool close_queues(struct stall *stall)
{
    const struct run *run = stall->run;
    bool closed = false;
    for (size_t i = 0; i < run->object_count; i++)
        if (stall->looks[i].stuck && stall->looks[i].wait.for_room)
            return false;
    for (size_t i = 0; i < run->object_count; i++) {
        const struct look *look = &stall->looks[i];
        if (look->stuck && !look->pending && !is_awaited(stall, look->wait.queue))
            closed = queue_close_early(run->queues[look->wait.queue]) || closed;
    }
    return closed;
}

/* ", which a and b take from", of those that have not ended. */
static void put_side(const struct stall *stall, enum side side, size_t queue, struct buf *out)
{
    const struct run *run = stall->run;
    const char *before = ", which ";
    size_t count = 0;
    for (size_t i = 0; i < run->object_count; i++) {
        const struct object *object = run->objects[i];
        if (object->state == OBJECT_ENDED || !is_on_side(object->spec, side, queue))
            continue;
        if (count++ < TOLD_MOST)
            buf_printf(out, "%s%s", before, object->name);
        before = ", ";
    }
    if (count > TOLD_MOST)
        buf_text(out, ", ...");
    if (count)
        buf_printf(out, " %s%s %s", side == PRODUCERS ? "put" : "take", count == 1 ? "s" : "",
                   side == PRODUCERS ? "into" : "from");
}

static void put_wait(const struct stall *stall, size_t number, struct buf *out)
{
    const struct run *run = stall->run;
    const struct object *object = run->objects[number];
    const struct object_wait *wait = &stall->looks[number].wait;
    buf_printf(out, "\n  %s %s waits for ", object->kind->word, object->name);
    if (stall->looks[number].pending) {
        graph_explain(run->graph, object, out);
        return;
    }
    report_wait(run, wait, out);
    put_side(stall, wait->for_room ? CONSUMERS : PRODUCERS, wait->queue, out);
}

static void tell(struct stall *stall)
{
    struct buf text = {0};
    size_t count = 0;
    buf_text(&text, "Deadlock: these wait for each other, and none of them can ever go on:");
    for (size_t i = 0; i < stall->run->object_count; i++)
        if (stall->looks[i].stuck && count++ < TOLD_MOST)
            put_wait(stall, i, &text);
    if (count > TOLD_MOST)
        buf_printf(&text, "\n  and %zu more", count - TOLD_MOST);
    struct event event = {
        .kind = EVENT_RUN_STALLED,
        .flags = EVENT_WRONG,
        .bytes = text.data,
        .length = text.length,
    };
    bus_emit(stall->run->bus, &event);
    buf_release(&text);
}

static bool is_proof(struct stall *stall)
{
    struct buf now = {0};
    if (find_stuck(stall))
        print_stuck(stall, &now);
    bool proof = now.length && now.length == stall->seen.length &&
                 !memcmp(now.data, stall->seen.data, now.length);
    buf_release(&stall->seen);
    stall->seen = now;
    return proof;
}

static bool has_moved(struct stall *stall)
{
    const struct run *run = stall->run;
    unsigned changes = 0;
    for (size_t i = 0; i < run->scenario->queue_count; i++)
        changes += queue_changes(run->queues[i]);
    bool moved = changes != stall->changes;
    stall->changes = changes;
    return moved;
}

static void arm(struct stall *stall, int64_t time)
{
    atomic_store(&stall->armed, true);
    timer_start(stall->timer, time);
}

static void on_time(void *arg)
{
    struct stall *stall = arg;
    struct run *run = stall->run;
    atomic_store(&stall->armed, false); /* who begins to wait from here on is not sure to be seen */
    if (run->stop_cause)
        return;
    if (is_proof(stall) && !close_queues(stall)) {
        tell(stall);
        run_stop(run, STOP_STALL, 0);
        return;
    }
    bool moved = has_moved(stall);
    if (moved || stall->seen.length)
        arm(stall, stall->seen.length ? LOOK_AGAIN : LOOK_TIME);
}

static void look(void *arg)
{
    struct stall *stall = arg;
    if (stall->timer)
        arm(stall, LOOK_AGAIN);
}

void stall_look_soon(struct stall *stall)
{
    if (stall && !atomic_exchange(&stall->armed, true))
        loop_soon(stall->run->loop, look, stall);
}

struct stall *stall_new(struct run *run)
{
    const struct scenario *scenario = run->scenario;
    struct stall *stall = mem_calloc(1, sizeof(*stall));
    stall->run = run;
    stall->declarations =
        scenario->process_count + scenario->pool_count + scenario->thread_count;
    stall->looks = mem_calloc(run->object_count, sizeof(*stall->looks));
    stall->others[PRODUCERS] = mem_calloc(scenario->queue_count, sizeof(size_t));
    stall->others[CONSUMERS] = mem_calloc(scenario->queue_count, sizeof(size_t));
    stall->stuck_of = mem_calloc(stall->declarations, sizeof(size_t));
    stall->timer = timer_new(run->loop, on_time, stall);
    return stall;
}

void stall_stop(struct stall *stall)
{
    if (!stall)
        return;
    timer_free(stall->timer);
    stall->timer = NULL;
}

void stall_free(struct stall *stall)
{
    if (!stall)
        return;
    buf_release(&stall->seen);
    free(stall->looks);
    free(stall->others[PRODUCERS]);
    free(stall->others[CONSUMERS]);
    free(stall->stuck_of);
    free(stall);
}
