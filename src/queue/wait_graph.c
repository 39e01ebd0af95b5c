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
struct wait_node {
    bool stuck;
    bool pending;
    bool seems;              /* it is not known for sure */
    struct part_waits waits; /* of one that is stuck and not pending */
};

struct wait_graph {
    struct run *run;
    struct wait_node *looks; /* one an object */
    size_t look_count;
    size_t *others[2]; /* one a queue: its producers and its consumers that may go on */
    size_t *stuck_of;  /* one a declaration: its objects that are stuck */
    size_t declarations;
};

enum side { PRODUCERS, CONSUMERS };

static void note(size_t *counts, const size_t *queues, size_t count)
{
    for (size_t i = 0; i < count; i++)
        counts[queues[i]]++;
}

/* Whoever takes from a queue puts what it gives up into its dead messages. */
static void note_dead_letters(struct wait_graph *graph, const struct object_spec *spec)
{
    for (size_t i = 0; i < spec->queues.consumes_count; i++) {
        const size_t *dead = graph->run->scenario->queues[spec->queues.consumes[i]].dead_letter;
        if (dead)
            graph->others[PRODUCERS][*dead]++;
    }
}

/* Counts anew who is stuck and who is not. */
static void count_sides(struct wait_graph *graph)
{
    const struct run *run = graph->run;
    size_t queues = run->scenario->queue_count;
    memset(graph->others[PRODUCERS], 0, queues * sizeof(size_t));
    memset(graph->others[CONSUMERS], 0, queues * sizeof(size_t));
    memset(graph->stuck_of, 0, graph->declarations * sizeof(size_t));
    for (size_t i = 0; i < run->all.object_count; i++) {
        const struct object *object = run->all.objects[i];
        const struct object_spec *spec = object->spec;
        if (object->state == OBJECT_ENDED)
            continue;
        if (graph->looks[i].stuck) {
            graph->stuck_of[object->number]++;
            continue;
        }
        note(graph->others[PRODUCERS], spec->queues.produces, spec->queues.produces_count);
        note(graph->others[CONSUMERS], spec->queues.consumes, spec->queues.consumes_count);
        note_dead_letters(graph, spec);
    }
}

/* Whether something that it depends on is stuck before it has come so far. */
static bool waits_for_stuck(const struct wait_graph *graph, const struct object *object)
{
    const struct run *run = graph->run;
    for (size_t i = 0; i < object->spec->depends_on_count; i++) {
        const struct dependency_spec *dependency = &object->spec->depends_on[i];
        if (!graph->stuck_of[dependency->object])
            continue;
        for (size_t j = 0; j < run->all.object_count; j++)
            if (run->all.objects[j]->number == dependency->object && graph->looks[j].stuck &&
                !(run->all.objects[j]->reached & 1u << dependency->condition))
                return true;
    }
    return false;
}

/* Who has a message may give it back, so that those who take can help each other to one too. */
static bool can_end(const struct wait_graph *graph, const struct object_wait *wait)
{
    return graph->others[CONSUMERS][wait->queue] ||
           (!wait->for_room && graph->others[PRODUCERS][wait->queue]);
}

static bool can_be_helped(const struct wait_graph *graph, size_t number)
{
    const struct wait_node *look = &graph->looks[number];
    if (look->pending)
        return !waits_for_stuck(graph, graph->run->all.objects[number]);
    for (size_t i = 0; i < look->waits.count; i++)
        if (can_end(graph, &look->waits.items[i].wait))
            return true;
    return false;
}

/* Whether nothing from outside of the run, and no time that passes, ends what it waits for. */
static bool all_rest(const struct run *run, const struct wait_node *look)
{
    for (size_t i = 0; i < look->waits.count; i++) {
        const struct part_wait *one = &look->waits.items[i];
        if (one->timed || !queue_rests(run->queue_set.list[one->wait.queue], one->wait.for_room))
            return false;
    }
    return look->waits.count;
}

static void look_at(struct wait_graph *graph, size_t number, bool seeming)
{
    struct object *object = graph->run->all.objects[number];
    struct wait_node *look = &graph->looks[number];
    look->stuck = look->pending = object->state == OBJECT_PENDING;
    look->seems = false;
    look->waits.count = 0;
    if (object->state != OBJECT_RUNNING)
        return;
    if (object->kind->wait.waits)
        object->kind->wait.waits(object, &look->waits);
    if (!look->waits.count && seeming && object->kind->wait.parts && !object->spec->timeout) {
        look->seems = true;
        object->kind->wait.parts(object, &look->waits);
    }
    look->stuck = all_rest(graph->run, look);
}

/* A word may have made more objects. */
static void grow(struct wait_graph *graph, size_t count)
{
    if (count <= graph->look_count)
        return;
    graph->looks = mem_realloc(graph->looks, count, sizeof(*graph->looks));
    memset(&graph->looks[graph->look_count], 0,
           (count - graph->look_count) * sizeof(*graph->looks));
    graph->look_count = count;
}

bool wait_graph_find(struct wait_graph *graph, bool seeming)
{
    size_t count = graph->run->all.object_count;
    grow(graph, count);
    size_t waiting = 0;
    for (size_t i = 0; i < count; i++) {
        look_at(graph, i, seeming);
        waiting += graph->looks[i].stuck && !graph->looks[i].pending;
    }
    for (bool changed = true; changed && waiting;) {
        changed = false;
        count_sides(graph);
        for (size_t i = 0; i < count; i++) {
            struct wait_node *look = &graph->looks[i];
            if (!look->stuck || !can_be_helped(graph, i))
                continue;
            look->stuck = false;
            changed = true;
            waiting -= !look->pending;
        }
    }
    return waiting;
}

bool wait_graph_print(const struct wait_graph *graph, struct buf *out)
{
    const struct run *run = graph->run;
    for (size_t i = 0; i < run->all.object_count; i++) {
        const struct wait_node *look = &graph->looks[i];
        struct object *object = run->all.objects[i];
        uint64_t turns = 0;
        if (!look->stuck)
            continue;
        if (look->seems && !object->kind->wait.sleeps(object, &look->waits, &turns))
            return false;
        buf_printf(out, "%zu.%" PRIu64, i, turns);
        for (size_t j = 0; j < look->waits.count; j++) {
            const struct object_wait *wait = &look->waits.items[j].wait;
            buf_printf(out, ":%zu%c%u", wait->queue, wait->for_room ? '>' : '<',
                       queue_changes(run->queue_set.list[wait->queue]));
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
    return side == PRODUCERS ? names(spec->queues.produces, spec->queues.produces_count, queue)
                             : names(spec->queues.consumes, spec->queues.consumes_count, queue);
}

/* Whether one that never started puts into the queue. */
static bool is_awaited(const struct wait_graph *graph, size_t queue)
{
    for (size_t i = 0; i < graph->run->all.object_count; i++)
        if (graph->looks[i].pending && graph->looks[i].stuck &&
            is_on_side(graph->run->all.objects[i]->spec, PRODUCERS, queue))
            return true;
    return false;
}

static bool any_for_room(const struct wait_node *look)
{
    for (size_t i = 0; i < look->waits.count; i++)
        if (look->waits.items[i].wait.for_room)
            return true;
    return false;
}

bool wait_graph_close(struct wait_graph *graph)
{
    const struct run *run = graph->run;
    bool closed = false;
    for (size_t i = 0; i < run->all.object_count; i++)
        if (graph->looks[i].stuck && any_for_room(&graph->looks[i]))
            return false;
    for (size_t i = 0; i < run->all.object_count; i++) {
        const struct wait_node *look = &graph->looks[i];
        for (size_t j = 0; look->stuck && j < look->waits.count; j++) {
            size_t queue = look->waits.items[j].wait.queue;
            if (!is_awaited(graph, queue))
                closed = queue_close_early(run->queue_set.list[queue]) || closed;
        }
    }
    return closed;
}

/* ", which a and b take from", of those that have not ended. */
static void put_side(const struct wait_graph *graph, enum side side, size_t queue, struct buf *out)
{
    const struct run *run = graph->run;
    const char *before = ", which ";
    size_t count = 0;
    for (size_t i = 0; i < run->all.object_count; i++) {
        const struct object *object = run->all.objects[i];
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

static void put_wait(const struct wait_graph *graph, size_t number, struct buf *out)
{
    const struct run *run = graph->run;
    const struct object *object = run->all.objects[number];
    const struct wait_node *look = &graph->looks[number];
    buf_printf(out, "\n  %s %s", object->kind->word, object->name);
    if (look->pending) {
        buf_text(out, " waits until ");
        graph_explain(run->all.graph, object, out);
    }
    for (size_t i = 0; i < look->waits.count; i++) {
        const struct part_wait *one = &look->waits.items[i];
        const struct object_wait *wait = &one->wait;
        buf_text(out, i ? "; " : one->part ? ": " : " ");
        report_wait(run, one, out);
        put_side(graph, wait->for_room ? CONSUMERS : PRODUCERS, wait->queue, out);
    }
}

void wait_graph_describe(const struct wait_graph *graph, struct buf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->run->all.object_count; i++)
        if (graph->looks[i].stuck && count++ < TOLD_MOST)
            put_wait(graph, i, out);
    if (count > TOLD_MOST)
        buf_printf(out, "\n  and %zu more", count - TOLD_MOST);
}

struct wait_graph *wait_graph_new(struct run *run)
{
    const struct scenario *scenario = run->scenario;
    struct wait_graph *graph = mem_calloc(1, sizeof(*graph));
    graph->run = run;
    graph->declarations = scenario->process_count + scenario->pool_count + scenario->thread_count;
    grow(graph, run->all.object_count);
    graph->others[PRODUCERS] = mem_calloc(scenario->queue_count, sizeof(size_t));
    graph->others[CONSUMERS] = mem_calloc(scenario->queue_count, sizeof(size_t));
    graph->stuck_of = mem_calloc(graph->declarations, sizeof(size_t));
    return graph;
}

void wait_graph_free(struct wait_graph *graph)
{
    for (size_t i = 0; i < graph->look_count; i++)
        free(graph->looks[i].waits.items);
    free(graph->looks);
    free(graph->others[PRODUCERS]);
    free(graph->others[CONSUMERS]);
    free(graph->stuck_of);
    free(graph);
}
