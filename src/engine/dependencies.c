/* The graph of dependencies. */
#include "engine/dependencies.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "engine/object.h"
#include "engine/run.h"

struct edge {
    size_t dependent; /* number of a node */
    enum condition condition;
};

struct node {
    const struct object_spec *spec;
    size_t first; /* of its objects */
    size_t count;
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
    struct node *nodes;
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
            struct node *node = &graph->nodes[spec->depends_on[j].object];
            graph->edges[node->edge_first + node->edge_count++] =
                (struct edge){.dependent = i, .condition = spec->depends_on[j].condition};
        }
    }
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
    for (size_t i = run->object_count; i-- > 0;) {
        struct node *node = &graph->nodes[run->objects[i]->number];
        node->first = i;
        node->count++;
    }
    make_edges(graph);
    for (size_t i = 0; i < graph->node_count; i++)
        if (!graph->nodes[i].waits || !graph->nodes[i].spec->when || graph->nodes[i].spec->left_out)
            decide(graph, i);
    return graph;
}

void graph_free(struct graph *graph)
{
    if (!graph)
        return;
    for (size_t i = 0; i < graph->node_count; i++)
        free(graph->nodes[i].reason);
    free(graph->nodes);
    free(graph->edges);
    free(graph->moves);
    free(graph);
}

void graph_reached(struct graph *graph, const struct object *object, enum condition condition)
{
    struct node *node = &graph->nodes[object->number];
    if (++node->reached[condition] < node->count)
        return;
    for (size_t i = 0; i < node->edge_count; i++) {
        const struct edge *edge = &graph->edges[node->edge_first + i];
        struct node *dependent = &graph->nodes[edge->dependent];
        if (edge->condition == condition && !--dependent->waits && !dependent->decided)
            decide(graph, edge->dependent);
    }
}

void graph_lost(struct graph *graph, const struct object *object, enum condition condition)
{
    struct node *node = &graph->nodes[object->number];
    if (node->reached[condition]-- < node->count)
        return;
    for (size_t i = 0; i < node->edge_count; i++) {
        const struct edge *edge = &graph->edges[node->edge_first + i];
        if (edge->condition == condition)
            graph->nodes[edge->dependent].waits++;
    }
}

/* Why what waited for CONDITION of the object waits in vain. */
static char *explain_end(const struct object *object, enum condition condition)
{
    struct buf text = {0};
    const char *end = object->skipped                    ? "was skipped"
                      : object->failed                   ? "failed"
                      : condition == CONDITION_READY     ? "has ended"
                      : condition == CONDITION_SUCCEEDED ? "was stopped"
                                                         : "never started";
    buf_printf(&text, "%s %s", object->name, end);
    return buf_take(&text);
}

void graph_ended(struct graph *graph, const struct object *object)
{
    const struct node *node = &graph->nodes[object->number];
    for (size_t i = 0; i < node->edge_count; i++) {
        const struct edge *edge = &graph->edges[node->edge_first + i];
        struct node *dependent = &graph->nodes[edge->dependent];
        if ((object->reached & 1u << edge->condition) || dependent->decided)
            continue;
        dependent->reason = explain_end(object, edge->condition);
        dependent->failure = object->failed || !object->skipped;
        dependent->cause = object->skipped ? object->cause : object;
        decide(graph, edge->dependent);
    }
}

bool graph_next(struct graph *graph, struct graph_move *move)
{
    if (graph->move_next == graph->move_count)
        return false;
    const struct node *node = &graph->nodes[graph->moves[graph->move_next]];
    size_t left = node->count - graph->moved;
    *move = (struct graph_move){
        .first = node->first + graph->moved,
        .count = left < GRAPH_MOVE_MOST ? left : GRAPH_MOVE_MOST,
        .reason = node->reason,
        .failure = node->failure,
        .cause = node->cause,
    };
    graph->moved += move->count;
    if (graph->moved == node->count) {
        graph->move_next++;
        graph->moved = 0;
    }
    return true;
}

static bool node_runs(const struct graph *graph, const struct node *node, bool daemons)
{
    for (size_t i = 0; i < node->count; i++) {
        const struct object *object = graph->run->objects[node->first + i];
        if (object->state != OBJECT_PENDING && object->state != OBJECT_ENDED &&
            (daemons || !object->daemon))
            return true;
    }
    return false;
}

bool graph_is_needed(const struct graph *graph, const struct object *object, bool daemons)
{
    const struct node *node = &graph->nodes[object->number];
    for (size_t i = 0; i < node->edge_count; i++)
        if (node_runs(graph, &graph->nodes[graph->edges[node->edge_first + i].dependent], daemons))
            return true;
    return false;
}

void graph_explain(const struct graph *graph, const struct object *object, struct buf *out)
{
    const struct object_spec *spec = object->spec;
    const char *before = "";
    for (size_t i = 0; i < spec->depends_on_count; i++) {
        const struct dependency_spec *dependency = &spec->depends_on[i];
        const struct node *node = &graph->nodes[dependency->object];
        if (node->reached[dependency->condition] == node->count)
            continue;
        buf_printf(out, "%s%s %s", before, node->spec->name, words[dependency->condition]);
        before = ", ";
    }
}
