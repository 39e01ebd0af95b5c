/* The graph of dependencies. */
#include "engine/dependencies.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "engine/hook.h"
#include "engine/object.h"
#include "engine/run.h"

struct edge {
    size_t dependent; /* number of a node */
    enum condition condition;
};

struct graph_node {
    const struct object_spec *spec;
    struct object **objects;
    size_t count;
    size_t capacity;
    size_t reached[CONDITIONS]; /* how many of its objects */
    size_t waits;               /* dependencies that do not hold yet */
    size_t edge_first;          /* of those that depend on it */
    size_t edge_count;
    bool decided; /* it starts or is skipped: on the list of moves */
    bool failure; /* see struct graph_move */
    const struct object *cause;
    char *reason;
};

struct graph {
    const struct run *run;
    struct graph_node *nodes;
    size_t node_count;
    struct edge *edges;
    size_t *moves; /* numbers of decided nodes: each stands there once */
    size_t move_count;
    size_t move_next;
    size_t moved; /* objects of that node that were handed out */
};

static const char *const words[CONDITIONS] = {"has started", "is ready", "has ended",
                                              "has succeeded"};

static void decide(struct graph *graph, size_t number)
{
    graph->nodes[number].decided = true;
    graph->moves[graph->move_count++] = number;
}

/* Sorts all dependencies by what they depend on. */
static void make_edges(struct graph *graph)
{
    size_t total = 0;
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct object_spec *spec = graph->nodes[i].spec;
        graph->nodes[i].waits = spec->depends_on_count;
        total += spec->depends_on_count;
        for (size_t j = 0; j < spec->depends_on_count; j++)
            graph->nodes[spec->depends_on[j].object].edge_count++;
    }
    graph->edges = mem_calloc(total, sizeof(*graph->edges));
    size_t first = 0;
    for (size_t i = 0; i < graph->node_count; i++) {
        graph->nodes[i].edge_first = first;
        first += graph->nodes[i].edge_count;
        graph->nodes[i].edge_count = 0;
    }
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct object_spec *spec = graph->nodes[i].spec;
        for (size_t j = 0; j < spec->depends_on_count; j++) {
            struct graph_node *node = &graph->nodes[spec->depends_on[j].object];
            graph->edges[node->edge_first + node->edge_count++] =
                (struct edge){.dependent = i, .condition = spec->depends_on[j].condition};
        }
    }
}

static void put_object(struct graph_node *node, struct object *object)
{
    node->objects = mem_grow(node->objects, &node->capacity, node->count + 1, sizeof(*node->objects));
    node->objects[node->count++] = object;
}

struct graph *graph_new(const struct run *run)
{
    struct graph *graph = mem_calloc(1, sizeof(*graph));
    graph->run = run;
    graph->node_count = scenario_object_count(run->scenario);
    graph->nodes = mem_calloc(graph->node_count, sizeof(*graph->nodes));
    graph->moves = mem_calloc(graph->node_count, sizeof(*graph->moves));
    for (size_t i = 0; i < graph->node_count; i++)
        graph->nodes[i].spec = scenario_object(run->scenario, i);
    for (size_t i = 0; i < run->all.object_count; i++)
        put_object(&graph->nodes[run->all.objects[i]->number], run->all.objects[i]);
    make_edges(graph);
    for (size_t i = 0; i < graph->node_count; i++)
        if ((!graph->nodes[i].waits && !graph->nodes[i].spec->hook.when) || !graph->nodes[i].spec->when ||
            graph->nodes[i].spec->left_out)
            decide(graph, i);
    return graph;
}

void graph_free(struct graph *graph)
{
    if (!graph)
        return;
    for (size_t i = 0; i < graph->node_count; i++) {
        free(graph->nodes[i].reason);
        free(graph->nodes[i].objects);
    }
    free(graph->nodes);
    free(graph->edges);
    free(graph->moves);
    free(graph);
}

static bool node_holds(const struct graph_node *node, enum condition condition)
{
    return node->reached[condition] == node->count;
}

/* The condition holds from now on where it HELD not before, or the other way round: those that depend on it wait for
 * one less, or one more. */
static void tell_dependents(struct graph *graph, const struct graph_node *node,
                            enum condition condition, bool held)
{
    bool holds = node_holds(node, condition);
    for (size_t i = 0; holds != held && i < node->edge_count; i++) {
        const struct edge *edge = &graph->edges[node->edge_first + i];
        struct graph_node *dependent = &graph->nodes[edge->dependent];
        if (edge->condition != condition)
            continue;
        dependent->waits += holds ? (size_t)-1 : 1;
        if (!dependent->waits && !dependent->decided)
            decide(graph, edge->dependent);
    }
}

void graph_reached(struct graph *graph, const struct object *object, enum condition condition)
{
    struct graph_node *node = &graph->nodes[object->number];
    bool held = node_holds(node, condition);
    if (object->copy.retired)
        return;
    node->reached[condition]++;
    tell_dependents(graph, node, condition, held);
}

void graph_lost(struct graph *graph, const struct object *object, enum condition condition)
{
    struct graph_node *node = &graph->nodes[object->number];
    bool held = node_holds(node, condition);
    if (object->copy.retired)
        return;
    node->reached[condition]--;
    tell_dependents(graph, node, condition, held);
}

/* NODE has another number of objects from now on, of which ONE has come, or goes. */
static void recount(struct graph *graph, struct graph_node *node, const struct object *one,
                    bool comes)
{
    bool held[CONDITIONS];
    for (int i = 0; i < CONDITIONS; i++)
        held[i] = node_holds(node, (enum condition)i);
    node->count += comes ? 1 : (size_t)-1;
    for (int i = 0; i < CONDITIONS; i++) {
        if (one->reached & 1u << i)
            node->reached[i] += comes ? 1 : (size_t)-1;
        tell_dependents(graph, node, (enum condition)i, held[i]);
    }
}

void graph_add(struct graph *graph, struct object *object)
{
    struct graph_node *node = &graph->nodes[object->number];
    put_object(node, object);
    node->count--;
    recount(graph, node, object, true);
}

void graph_remove(struct graph *graph, const struct object *object)
{
    struct graph_node *node = &graph->nodes[object->number];
    size_t at = 0;
    while (node->objects[at] != object)
        at++;
    memmove(&node->objects[at], &node->objects[at + 1], (node->count - at - 1) * sizeof(*node->objects));
    recount(graph, node, object, false);
}

struct object *const *graph_objects(const struct graph *graph, size_t number, size_t *count)
{
    *count = graph->nodes[number].count;
    return graph->nodes[number].objects;
}

bool graph_holds(const struct graph *graph, const struct object *object)
{
    return !graph->nodes[object->number].waits;
}

const struct object *graph_in_vain(const struct graph *graph, const struct object *object, enum condition *condition)
{
    for (size_t i = 0; i < object->spec->depends_on_count; i++) {
        const struct dependency_spec *dependency = &object->spec->depends_on[i];
        const struct graph_node *node = &graph->nodes[dependency->object];
        *condition = dependency->condition;
        for (size_t j = 0; j < node->count; j++)
            if (node->objects[j]->state == OBJECT_ENDED && !(node->objects[j]->reached & 1u << *condition))
                return node->objects[j];
    }
    return NULL;
}

char *graph_explain_end(const struct object *object, enum condition condition)
{
    struct buf text = {0};
    const char *end = object->skipped                    ? "was skipped"
                      : object->down                     ? "was stopped"
                      : object->failed                   ? "failed"
                      : condition == CONDITION_READY     ? "has ended"
                      : condition == CONDITION_SUCCEEDED ? "was stopped"
                                                         : "never started";
    buf_printf(&text, "%s %s", object->name, end);
    return buf_take(&text);
}

void graph_ended(struct graph *graph, const struct object *object)
{
    const struct graph_node *node = &graph->nodes[object->number];
    for (size_t i = 0; i < node->edge_count; i++) {
        const struct edge *edge = &graph->edges[node->edge_first + i];
        struct graph_node *dependent = &graph->nodes[edge->dependent];
        if ((object->reached & 1u << edge->condition) || dependent->decided)
            continue;
        dependent->reason = graph_explain_end(object, edge->condition);
        dependent->failure = object->failed || !object->skipped;
        dependent->cause = object->skipped ? object->cause : object;
        decide(graph, edge->dependent);
    }
}

bool graph_next(struct graph *graph, struct graph_move *move)
{
    if (graph->move_next == graph->move_count)
        return false;
    const struct graph_node *node = &graph->nodes[graph->moves[graph->move_next]];
    size_t left = node->count > graph->moved ? node->count - graph->moved : 0; /* some may have been removed */
    *move = (struct graph_move){
        .objects = node->objects + graph->moved,
        .count = left < GRAPH_MOVE_MOST ? left : GRAPH_MOVE_MOST,
        .reason = node->reason,
        .failure = node->failure,
        .cause = node->cause,
    };
    graph->moved += move->count;
    if (graph->moved >= node->count) {
        graph->move_next++;
        graph->moved = 0;
    }
    return true;
}

bool graph_any_dependent(const struct graph *graph, const struct object *object,
                         bool (*holds)(const struct object *other))
{
    const struct graph_node *node = &graph->nodes[object->number];
    for (size_t i = 0; i < node->edge_count; i++) {
        const struct graph_node *dependent =
            &graph->nodes[graph->edges[node->edge_first + i].dependent];
        for (size_t j = 0; j < dependent->count; j++)
            if (holds(dependent->objects[j]))
                return true;
    }
    return false;
}

static bool runs(const struct object *object)
{
    return object->state == OBJECT_RESTING || object_is_alive(object);
}

static bool runs_as_no_daemon(const struct object *object)
{
    return !object->daemon && runs(object);
}

bool graph_is_needed(const struct graph *graph, const struct object *object, bool daemons)
{
    return graph_any_dependent(graph, object, daemons ? runs : runs_as_no_daemon);
}

static bool any_down(const struct graph_node *node)
{
    for (size_t i = 0; i < node->count; i++)
        if (node->objects[i]->state == OBJECT_STOPPED)
            return true;
    return false;
}

void graph_explain(const struct graph *graph, const struct object *object, struct buf *out)
{
    const struct object_spec *spec = object->spec;
    const char *before = "";
    if (spec->hook.when)
        hook_explain(graph->run, spec, out);
    for (size_t i = 0; i < spec->depends_on_count; i++) {
        const struct dependency_spec *dependency = &spec->depends_on[i];
        const struct graph_node *node = &graph->nodes[dependency->object];
        if (node->reached[dependency->condition] == node->count)
            continue;
        buf_printf(out, "%s%s %s%s", before, node->spec->name, words[dependency->condition],
                   any_down(node) ? " (it was stopped)" : "");
        before = ", ";
    }
}
