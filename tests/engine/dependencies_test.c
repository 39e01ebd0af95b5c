/* The graph of dependencies: random ones, driven at random, against what their definition says. */
#include "../harness/unit.h"

#include <stdlib.h>

#include "base/buf.h"
#include "engine/dependencies.h"
#include "engine/object.h"
#include "engine/run.h"

#define NODES_MOST 12
#define REPLICAS_MOST (GRAPH_MOVE_MOST + 2)
#define ROUNDS 20000

struct model {
    struct scenario scenario;
    struct process_spec processes[NODES_MOST];
    struct dependency_spec dependencies[NODES_MOST][NODES_MOST];
    struct object objects[NODES_MOST * REPLICAS_MOST];
    struct object *pointers[NODES_MOST * REPLICAS_MOST];
    struct run run;
    struct graph *graph;
    uint64_t seed;
};

static uint64_t draw(struct model *model, uint64_t below)
{
    model->seed = model->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (model->seed >> 33) % below;
}

/* Each may depend on those before it. */
static void make(struct model *model, uint64_t seed)
{
    size_t count = 0;
    *model = (struct model){.seed = seed};
    model->scenario.process_count = 1 + draw(model, NODES_MOST);
    model->scenario.processes = model->processes;
    for (size_t i = 0; i < model->scenario.process_count; i++) {
        struct object_spec *spec = &model->processes[i].object;
        spec->name = "x";
        spec->when = draw(model, 8) > 0;
        spec->depends_on = model->dependencies[i];
        for (size_t j = 0; j < i; j++)
            if (draw(model, 3) == 0)
                model->dependencies[i][spec->depends_on_count++] = (struct dependency_spec){
                    .object = j, .condition = (enum condition)draw(model, CONDITIONS)};
        model->processes[i].replicas = 1 + (int64_t)draw(model, REPLICAS_MOST);
        for (int64_t replica = 0; replica < model->processes[i].replicas; replica++) {
            model->objects[count] =
                (struct object){.spec = spec, .number = i, .name = "x", .run = &model->run};
            model->pointers[count] = &model->objects[count];
            count++;
        }
    }
    model->run.scenario = &model->scenario;
    model->run.all.objects = model->pointers;
    model->run.all.object_count = count;
    model->graph = graph_new(&model->run);
}

static bool all_reached(const struct model *model, const struct dependency_spec *dependency)
{
    for (size_t i = 0; i < model->run.all.object_count; i++)
        if (model->objects[i].number == dependency->object &&
            !(model->objects[i].reached & 1u << dependency->condition))
            return false;
    return true;
}

static bool some_never(const struct model *model, const struct dependency_spec *dependency)
{
    for (size_t i = 0; i < model->run.all.object_count; i++)
        if (model->objects[i].number == dependency->object &&
            model->objects[i].state == OBJECT_ENDED &&
            !(model->objects[i].reached & 1u << dependency->condition))
            return true;
    return false;
}

static void reach(struct model *model, struct object *object, enum condition condition)
{
    if (object->reached & 1u << condition)
        return;
    object->reached |= 1u << condition;
    graph_reached(model->graph, object, condition);
}

static void lose(struct model *model, struct object *object)
{
    if (!(object->reached & 1u << CONDITION_READY))
        return;
    object->reached &= ~(1u << CONDITION_READY);
    graph_lost(model->graph, object, CONDITION_READY);
}

static void end(struct model *model, struct object *object)
{
    object->state = OBJECT_ENDED;
    graph_ended(model->graph, object);
}

/* What the graph says now, held against the definition. */
static void take_moves(struct model *model)
{
    struct graph_move move;
    while (graph_next(model->graph, &move)) {
        const struct object_spec *spec = move.objects[0]->spec;
        bool all = true;
        bool never = false;
        assert_in_range(move.count, 1, GRAPH_MOVE_MOST);
        for (size_t i = 0; i < spec->depends_on_count; i++) {
            all = all && all_reached(model, &spec->depends_on[i]);
            never = never || some_never(model, &spec->depends_on[i]);
        }
        if (spec->when)
            assert_true(move.reason ? never : all);
        else
            assert_null(move.reason);
        for (size_t i = 0; i < move.count; i++) {
            struct object *object = move.objects[i];
            assert_int_equal(object->state, OBJECT_PENDING);
            assert_ptr_equal(object->spec, spec);
            object->skipped = move.reason || !spec->when;
            object->failed = move.failure;
            object->state = OBJECT_RUNNING;
            if (object->skipped)
                end(model, object);
        }
    }
}

/* One of those that run comes a step further. */
static void step(struct model *model)
{
    struct object *object = &model->objects[draw(model, model->run.all.object_count)];
    if (object->state != OBJECT_RUNNING)
        return;
    if (draw(model, 3)) {
        reach(model, object, CONDITION_STARTED);
        if (draw(model, 2))
            reach(model, object, CONDITION_READY);
        take_moves(model); /* what is decided stays so, whatever is lost later */
        if (draw(model, 3) == 0)
            lose(model, object);
        return;
    }
    object->failed = draw(model, 3) == 0;
    if (object->failed)
        lose(model, object);
    reach(model, object, CONDITION_COMPLETED);
    if (!object->failed)
        reach(model, object, CONDITION_SUCCEEDED);
    end(model, object);
}

static bool over(const struct model *model)
{
    bool runs = false;
    for (size_t i = 0; i < model->run.all.object_count; i++)
        runs = runs || model->objects[i].state == OBJECT_RUNNING;
    return !runs;
}

static void test_random(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct model model;
        make(&model, round);
        take_moves(&model);
        while (!over(&model)) {
            step(&model);
            take_moves(&model);
        }
        /* Nobody is left waiting: each was started or skipped. */
        for (size_t i = 0; i < model.run.all.object_count; i++)
            assert_int_equal(model.objects[i].state, OBJECT_ENDED);
        graph_free(model.graph);
    }
}

static void test_needed(void **state)
{
    (void)state;
    struct model model = {.seed = 1};
    model.scenario.process_count = 2;
    model.scenario.processes = model.processes;
    model.run.scenario = &model.scenario;
    model.run.all.objects = model.pointers;
    model.run.all.object_count = 2;
    for (size_t i = 0; i < 2; i++) {
        model.processes[i].object.when = true;
        model.processes[i].object.name = i ? "user" : "used";
        model.objects[i] = (struct object){.spec = &model.processes[i].object, .number = i};
        model.pointers[i] = &model.objects[i];
    }
    model.dependencies[1][0] = (struct dependency_spec){0, CONDITION_READY};
    model.processes[1].object.depends_on = model.dependencies[1];
    model.processes[1].object.depends_on_count = 1;
    model.graph = graph_new(&model.run);
    struct buf text = {0};
    graph_explain(model.graph, &model.objects[1], &text);
    assert_string_equal(buf_string(&text), "used is ready");
    buf_release(&text);
    assert_false(graph_is_needed(model.graph, &model.objects[0], true));
    model.objects[1].state = OBJECT_RUNNING;
    assert_true(graph_is_needed(model.graph, &model.objects[0], false));
    model.objects[1].daemon = true;
    assert_false(graph_is_needed(model.graph, &model.objects[0], false));
    assert_true(graph_is_needed(model.graph, &model.objects[0], true));
    model.objects[1].state = OBJECT_ENDED;
    assert_false(graph_is_needed(model.graph, &model.objects[0], true));
    graph_free(model.graph);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_random);
    TEST(&tests, test_needed);
    return tests_run(&tests, "graph");
}
