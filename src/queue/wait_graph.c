/* Objects that wait for each other alone. */
#include "queue/wait_graph.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "engine/dependencies.h"
#include "engine/report.h"
#include "engine/run.h"
#include "queue/queue.h"
#include "scenario/spec.h"

/* No more are told of; SIGUSR1 tells of all. */
#define TOLD_MOST 20

/* What is known of one object at the moment of a look. */
struct look {
    bool stuck;
    bool pending;
    bool seems; /* it is not known for sure */
    struct part_waits waits; /* of one that is stuck and not pending */
};

struct standstill {
    struct run *run;
    struct look *looks;     /* one an object */
    size_t look_count;
    size_t *others[2];      /* one a queue: its producers and its consumers that may go on */
    size_t *stuck_of;       /* one a declaration: its objects that are stuck */
    size_t declarations;
};

enum side { PRODUCERS, CONSUMERS };

static void note(size_t *counts, const size_t *queues, size_t count)
{
    for (size_t i = 0; i < count; i++)
        counts[queues[i]]++;
}

/* Whoever takes from a queue puts what it gives up into its dead letters. */
static void note_dead_letters(struct standstill *standstill, const struct object_spec *spec)
{
    for (size_t i = 0; i < spec->consumes_count; i++) {
        const size_t *dead = standstill->run->scenario->queues[spec->consumes[i]].dead_letter;
        if (dead)
            standstill->others[PRODUCERS][*dead]++;
    }
}

/* Counts anew who is stuck and who is not. */
static void count_sides(struct standstill *standstill)
{
    const struct run *run = standstill->run;
    size_t queues = run->scenario->queue_count;
    memset(standstill->others[PRODUCERS], 0, queues * sizeof(size_t));
    memset(standstill->others[CONSUMERS], 0, queues * sizeof(size_t));
    memset(standstill->stuck_of, 0, standstill->declarations * sizeof(size_t));
    for (size_t i = 0; i < run->object_count; i++) {
        const struct object *object = run->objects[i];
        const struct object_spec *spec = object->spec;
        if (object->state == OBJECT_ENDED)
            continue;
        if (standstill->looks[i].stuck) {
            standstill->stuck_of[object->number]++;
            continue;
        }
        note(standstill->others[PRODUCERS], spec->produces, spec->produces_count);
        note(standstill->others[CONSUMERS], spec->consumes, spec->consumes_count);
        note_dead_letters(standstill, spec);
    }
}

/* Whether something that it depends on is stuck before it has come so far. */
static bool waits_for_stuck(const struct standstill *standstill, const struct object *object)
{
    const struct run *run = standstill->run;
    for (size_t i = 0; i < object->spec->depends_on_count; i++) {
        const struct dependency_spec *dependency = &object->spec->depends_on[i];
        if (!standstill->stuck_of[dependency->object])
            continue;
        for (size_t j = 0; j < run->object_count; j++)
            if (run->objects[j]->number == dependency->object && standstill->looks[j].stuck &&
                !(run->objects[j]->reached & 1u << dependency->condition))
                return true;
    }
    return false;
}

/* Who has a message may give it back, so that those who take can help each other to one too. */
static bool can_end(const struct standstill *standstill, const struct object_wait *wait)
{
    return standstill->others[CONSUMERS][wait->queue] ||
           (!wait->for_room && standstill->others[PRODUCERS][wait->queue]);
}

static bool can_be_helped(const struct standstill *standstill, size_t number)
{
    const struct look *look = &standstill->looks[number];
    if (look->pending)
        return !waits_for_stuck(standstill, standstill->run->objects[number]);
    for (size_t i = 0; i < look->waits.count; i++)
        if (can_end(standstill, &look->waits.items[i].wait))
            return true;
    return false;
}

/* Whether nothing from outside of the run, and no time that passes, ends what it waits for. */
static bool all_rest(const struct run *run, const struct look *look)
{
    for (size_t i = 0; i < look->waits.count; i++) {
        const struct part_wait *one = &look->waits.items[i];
        if (one->timed || !queue_rests(run->queues[one->wait.queue], one->wait.for_room))
            return false;
    }
    return look->waits.count;
}

static void look_at(struct standstill *standstill, size_t number, bool seeming)
{
    struct object *object = standstill->run->objects[number];
    struct look *look = &standstill->looks[number];
    look->stuck = look->pending = object->state == OBJECT_PENDING;
    look->seems = false;
    look->waits.count = 0;
    if (object->state != OBJECT_RUNNING)
        return;
    if (object->kind->waits)
        object->kind->waits(object, &look->waits);
    if (!look->waits.count && seeming && object->kind->parts && !object->spec->timeout) {
        look->seems = true;
        object->kind->parts(object, &look->waits);
    }
    look->stuck = all_rest(standstill->run, look);
}

/* A word may have made more objects. */
static void grow(struct standstill *standstill, size_t count)
{
    if (count <= standstill->look_count)
        return;
    standstill->looks = mem_realloc(standstill->looks, count, sizeof(*standstill->looks));
    memset(&standstill->looks[standstill->look_count], 0,
           (count - standstill->look_count) * sizeof(*standstill->looks));
    standstill->look_count = count;
}

bool standstill_find(struct standstill *standstill, bool seeming)
{
    size_t count = standstill->run->object_count;
    grow(standstill, count);
    size_t waiting = 0;
    for (size_t i = 0; i < count; i++) {
        look_at(standstill, i, seeming);
        waiting += standstill->looks[i].stuck && !standstill->looks[i].pending;
    }
    for (bool changed = true; changed && waiting;) {
        changed = false;
        count_sides(standstill);
        for (size_t i = 0; i < count; i++) {
            struct look *look = &standstill->looks[i];
            if (!look->stuck || !can_be_helped(standstill, i))
                continue;
            look->stuck = false;
            changed = true;
            waiting -= !look->pending;
        }
    }
    return waiting;
}

bool standstill_print(const struct standstill *standstill, struct buf *out)
{
    const struct run *run = standstill->run;
    for (size_t i = 0; i < run->object_count; i++) {
        const struct look *look = &standstill->looks[i];
        struct object *object = run->objects[i];
        uint64_t turns = 0;
        if (!look->stuck)
            continue;
        if (look->seems && !object->kind->sleeps(object, &look->waits, &turns))
            return false;
        buf_printf(out, "%zu.%" PRIu64, i, turns);
        for (size_t j = 0; j < look->waits.count; j++) {
            const struct object_wait *wait = &look->waits.items[j].wait;
            buf_printf(out, ":%zu%c%u", wait->queue, wait->for_room ? '>' : '<',
                       queue_changes(run->queues[wait->queue]));
        }
        buf_char(out, ' ');
    }
    return true;
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
static bool is_awaited(const struct standstill *standstill, size_t queue)
{
    for (size_t i = 0; i < standstill->run->object_count; i++)
        if (standstill->looks[i].pending && standstill->looks[i].stuck &&
            is_on_side(standstill->run->objects[i]->spec, PRODUCERS, queue))
            return true;
    return false;
}

static bool any_for_room(const struct look *look)
{
    for (size_t i = 0; i < look->waits.count; i++)
        if (look->waits.items[i].wait.for_room)
            return true;
    return false;
}

bool standstill_close(struct standstill *standstill)
{
    const struct run *run = standstill->run;
    bool closed = false;
    for (size_t i = 0; i < run->object_count; i++)
        if (standstill->looks[i].stuck && any_for_room(&standstill->looks[i]))
            return false;
    for (size_t i = 0; i < run->object_count; i++) {
        const struct look *look = &standstill->looks[i];
        for (size_t j = 0; look->stuck && j < look->waits.count; j++) {
            size_t queue = look->waits.items[j].wait.queue;
            if (!is_awaited(standstill, queue))
                closed = queue_close_early(run->queues[queue]) || closed;
        }
    }
    return closed;
}

/* ", which a and b take from", of those that have not ended. */
static void put_side(const struct standstill *standstill, enum side side, size_t queue, struct buf *out)
{
    const struct run *run = standstill->run;
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

static void put_wait(const struct standstill *standstill, size_t number, struct buf *out)
{
    const struct run *run = standstill->run;
    const struct object *object = run->objects[number];
    const struct look *look = &standstill->looks[number];
    buf_printf(out, "\n  %s %s", object->kind->word, object->name);
    if (look->pending) {
        buf_text(out, " waits until ");
        graph_explain(run->graph, object, out);
    }
    for (size_t i = 0; i < look->waits.count; i++) {
        const struct part_wait *one = &look->waits.items[i];
        const struct object_wait *wait = &one->wait;
        buf_text(out, i ? "; " : one->part ? ": " : " ");
        report_wait(run, one, out);
        put_side(standstill, wait->for_room ? CONSUMERS : PRODUCERS, wait->queue, out);
    }
}

void standstill_describe(const struct standstill *standstill, struct buf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < standstill->run->object_count; i++)
        if (standstill->looks[i].stuck && count++ < TOLD_MOST)
            put_wait(standstill, i, out);
    if (count > TOLD_MOST)
        buf_printf(out, "\n  and %zu more", count - TOLD_MOST);
}

struct standstill *standstill_new(struct run *run)
{
    const struct scenario *scenario = run->scenario;
    struct standstill *standstill = mem_calloc(1, sizeof(*standstill));
    standstill->run = run;
    standstill->declarations =
        scenario->process_count + scenario->pool_count + scenario->thread_count;
    grow(standstill, run->object_count);
    standstill->others[PRODUCERS] = mem_calloc(scenario->queue_count, sizeof(size_t));
    standstill->others[CONSUMERS] = mem_calloc(scenario->queue_count, sizeof(size_t));
    standstill->stuck_of = mem_calloc(standstill->declarations, sizeof(size_t));
    return standstill;
}

void standstill_free(struct standstill *standstill)
{
    for (size_t i = 0; i < standstill->look_count; i++)
        free(standstill->looks[i].waits.items);
    free(standstill->looks);
    free(standstill->others[PRODUCERS]);
    free(standstill->others[CONSUMERS]);
    free(standstill->stuck_of);
    free(standstill);
}

