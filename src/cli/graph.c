/* The objects of a scenario as a graph, and as a tree. */
#include "cli/graph.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/object_list.h"
#include "scenario/spec.h"

/* Deeper than that a tree is not drawn. */
#define TREE_DEPTH 64

static const struct {
    const char *kind;
    const char *shape;
} shapes[] = {{"process", "box"}, {"pool", "box3d"}, {"thread", "ellipse"}, {"queue", "cds"}};

/* The objects; the queues are the last of them, in the scenario's order. */
struct drawing {
    struct buf *out;
    struct object_entry *objects;
    size_t count;
    size_t first_queue;
    bool *drawn; /* tree: what stands further up already */
    struct buf margin;
};

static struct drawing graph_new(struct buf *out, const struct scenario *scenario)
{
    struct drawing graph = {.out = out};
    graph.objects = object_list_make(scenario, &graph.count);
    graph.first_queue = graph.count - scenario->queue_count;
    graph.drawn = mem_calloc(graph.count, sizeof(*graph.drawn));
    return graph;
}

static void graph_release(struct drawing *graph)
{
    free(graph->objects);
    free(graph->drawn);
    buf_release(&graph->margin);
}

/* dot's strings are JSON's where they hold no control characters, and names hold none. */
static void put_name(const struct drawing *graph, size_t number)
{
    const char *name = graph->objects[number].name;
    json_quote(graph->out, name, strlen(name));
}

static void put_node(const struct drawing *graph, size_t number)
{
    const struct object_entry *object = &graph->objects[number];
    buf_text(graph->out, "  ");
    put_name(graph, number);
    for (size_t i = 0; i < countof(shapes); i++)
        if (!strcmp(shapes[i].kind, object->kind))
            buf_printf(graph->out, " [shape=%s", shapes[i].shape);
    if (object->help) {
        buf_text(graph->out, ", tooltip=");
        json_quote(graph->out, object->help, strlen(object->help));
    }
    buf_text(graph->out, "];\n");
}

static void put_edge(const struct drawing *graph, size_t from, size_t to, const char *attributes)
{
    buf_text(graph->out, "  ");
    put_name(graph, from);
    buf_text(graph->out, " -> ");
    put_name(graph, to);
    buf_printf(graph->out, "%s;\n", attributes);
}

/* Who waits for the object is drawn dashed: no message goes that way. */
static void put_dependencies(const struct drawing *graph, size_t number)
{
    static const char *const attributes[CONDITIONS] = {
        [CONDITION_STARTED] = " [style=dashed, label=started]",
        [CONDITION_READY] = " [style=dashed, label=ready]",
        [CONDITION_COMPLETED] = " [style=dashed, label=completed]",
        [CONDITION_SUCCEEDED] = " [style=dashed, label=succeeded]",
    };
    const struct object_entry *object = &graph->objects[number];
    for (size_t i = 0; i < object->depends_on_count; i++)
        put_edge(graph, object->depends_on[i].object, number,
                 attributes[object->depends_on[i].condition]);
}

void graph_print_dot(struct buf *out, const struct scenario *scenario)
{
    struct drawing graph = graph_new(out, scenario);
    buf_text(out, "digraph ");
    json_quote(out, scenario->name, strlen(scenario->name));
    buf_text(out, " {\n  rankdir=LR;\n");
    for (size_t i = 0; i < graph.count; i++)
        put_node(&graph, i);
    for (size_t i = 0; i < graph.first_queue; i++) {
        const struct object_entry *object = &graph.objects[i];
        for (size_t j = 0; j < object->produces_count; j++)
            put_edge(&graph, i, graph.first_queue + object->produces[j], "");
        for (size_t j = 0; j < object->consumes_count; j++)
            put_edge(&graph, graph.first_queue + object->consumes[j], i, "");
        put_dependencies(&graph, i);
    }
    buf_text(out, "}\n");
    graph_release(&graph);
}

static bool holds(const size_t *queues, size_t count, size_t queue)
{
    for (size_t i = 0; i < count; i++)
        if (queues[i] == queue)
            return true;
    return false;
}

static bool depends(const struct object_entry *object, size_t other)
{
    for (size_t i = 0; i < object->depends_on_count; i++)
        if (object->depends_on[i].object == other)
            return true;
    return false;
}

/* True where the way of the messages leads from FROM to TO, or TO waits for FROM. */
static bool leads(const struct drawing *graph, size_t from, size_t to)
{
    bool queue = from >= graph->first_queue;
    const struct object_entry *object = &graph->objects[queue ? to : from];
    if (queue == (to >= graph->first_queue))
        return !queue && depends(&graph->objects[to], from);
    return queue ? holds(object->consumes, object->consumes_count, from - graph->first_queue)
                 : holds(object->produces, object->produces_count, to - graph->first_queue);
}

static void put_branch(struct drawing *graph, size_t number, size_t depth);

static void put_children(struct drawing *graph, size_t number, size_t depth)
{
    size_t last = graph->count;
    for (size_t i = 0; i < graph->count; i++)
        last = leads(graph, number, i) ? i : last;
    for (size_t i = 0; i < graph->count; i++) {
        if (!leads(graph, number, i))
            continue;
        size_t before = graph->margin.length;
        buf_printf(graph->out, "%s%s", buf_string(&graph->margin), i == last ? "└─ " : "├─ ");
        buf_text(&graph->margin, i == last ? "   " : "│  ");
        put_branch(graph, i, depth + 1);
        graph->margin.length = before;
        graph->margin.data[before] = '\0';
    }
}

static void put_branch(struct drawing *graph, size_t number, size_t depth)
{
    const struct object_entry *object = &graph->objects[number];
    bool again = graph->drawn[number];
    buf_printf(graph->out, "%s (%s)%s\n", object->name, object->kind,
               again                 ? ", see above"
               : depth >= TREE_DEPTH ? " ..."
                                     : "");
    if (!again && depth < TREE_DEPTH) {
        graph->drawn[number] = true;
        put_children(graph, number, depth);
    }
}

/* True where nothing leads to the object. */
static bool is_root(const struct drawing *graph, size_t number)
{
    for (size_t i = 0; i < graph->count; i++)
        if (leads(graph, i, number))
            return false;
    return true;
}

void graph_print_tree(struct buf *out, const struct scenario *scenario)
{
    struct drawing graph = graph_new(out, scenario);
    for (size_t i = 0; i < graph.count; i++)
        if (is_root(&graph, i))
            put_branch(&graph, i, 0);
    for (size_t i = 0; i < graph.count; i++)
        if (!graph.drawn[i])
            put_branch(&graph, i, 0);
    graph_release(&graph);
}
