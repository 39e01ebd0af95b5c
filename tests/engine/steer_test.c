/*
 * Words at random moments against objects that end, fail, rest and become ready at random, held against what
 * the words mean: one life at a time, conditions kept, nothing failed that was stopped, nothing left waiting.
 *
 * steer_test STEPS SEED makes so many steps with that seed.
 */
#include "../harness/run_fixture.h"
#include "../harness/unit.h"

#include <inttypes.h>
#include <unistd.h>

#include "engine/dependencies.h"
#include "engine/object.h"
#include "engine/steer.h"

#define NODES_MOST 6
#define STEPS_USUAL 60000
#define STEPS_A_RUN 60

struct fake {
    struct object object;
    char name[32];
    bool lives;
    bool asked;  /* stop was called in this life */
    bool by_word; /* and a word had asked for it */
    bool killed;
    bool rests; /* it is started again by itself */
    size_t lives_count;
};

struct model {
    struct scenario scenario;
    struct process_spec processes[NODES_MOST];
    char names[NODES_MOST][24];
    struct dependency_spec dependencies[NODES_MOST][NODES_MOST];
    struct run run;
    uint64_t seed;
    size_t watches;
    size_t told;
    bool over;
};

static struct model *current;

static uint64_t draw(struct model *model, uint64_t below)
{
    model->seed = model->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (model->seed >> 33) % below;
}

static bool has_come(const struct run *run, const struct dependency_spec *dependency)
{
    for (size_t i = 0; i < run->all.object_count; i++)
        if (run->all.objects[i]->number == dependency->object && !run->all.objects[i]->copy.retired &&
            !(run->all.objects[i]->reached & 1u << dependency->condition))
            return false;
    return true;
}

static bool all_have_come(const struct run *run, const struct object_spec *spec)
{
    for (size_t i = 0; i < spec->depends_on_count; i++)
        if (!has_come(run, &spec->depends_on[i]))
            return false;
    return true;
}

static void fake_start(struct object *object)
{
    struct fake *fake = (struct fake *)object;
    assert_false(fake->lives);
    assert_false(object->down);
    assert_true(fake->rests || object->wish.no_deps || all_have_come(object->run, object->spec));
    fake->lives = true;
    fake->rests = false;
    fake->asked = fake->killed = false;
    fake->lives_count++;
    object_reached(object, CONDITION_STARTED);
}

static void fake_stop(struct object *object)
{
    struct fake *fake = (struct fake *)object;
    if (object->down) {
        assert_false(fake->lives);
        object_gone(object);
        return;
    }
    assert_true(fake->lives);
    assert_false(fake->asked);
    fake->asked = true;
    fake->by_word = object_is_lowered(object);
}

static void fake_kill(struct object *object)
{
    if (object->down)
        object_gone(object);
    else
        ((struct fake *)object)->killed = true;
}

static void fake_cancel(struct object *object)
{
    ((struct fake *)object)->rests = false;
    assert_false(((struct fake *)object)->lives);
}

static int fake_revive(struct object *object, bool check, struct error *error)
{
    (void)object;
    (void)check;
    (void)error;
    return 0;
}

static bool fake_signal(struct object *object, int signal)
{
    (void)signal;
    return ((struct fake *)object)->lives;
}

static void fake_skip(struct object *object, const char *reason)
{
    assert_false(((struct fake *)object)->lives);
    assert_non_null(reason);
}

static bool fake_drained(const struct object *object)
{
    (void)object;
    return true;
}

static void fake_free(struct object *object)
{
    object_release(object);
    free(object);
}

static struct object *fake_replicate(struct object *object, int64_t replica);

static const struct object_kind fake_kind = {
    .word = "process",
    .events.asked = EVENT_PROCESS_ASKED,
    .events.stopped = EVENT_PROCESS_STOPPED,
    .start = fake_start,
    .stop = fake_stop,
    .kill = fake_kill,
    .settle = fake_cancel,
    .cancel = fake_cancel,
    .revive = fake_revive,
    .replicate = fake_replicate,
    .signal = fake_signal,
    .skip = fake_skip,
    .wait.drained = fake_drained,
    .free = fake_free,
};

static struct object *fake_new(struct run *run, const struct object_spec *spec, int64_t replica)
{
    struct fake *fake = mem_calloc(1, sizeof(*fake));
    fake->object = (struct object){.kind = &fake_kind, .run = run, .spec = spec, .copy.replica = replica};
    snprintf(fake->name, sizeof(fake->name), replica > 1 ? "%s.%d" : "%s", spec->name, (int)replica);
    fake->object.name = fake->name;
    return &fake->object;
}

static struct object *fake_replicate(struct object *object, int64_t replica)
{
    return fake_new(object->run, object->spec, replica);
}

static bool balances(struct run *run)
{
    (void)run;
    return true;
}

static void on_over(void *arg)
{
    ((struct model *)arg)->over = true;
}

/* Each may depend on those before it. */
static void make(struct model *model)
{
    struct run *run = &model->run;
    model->scenario = (struct scenario){.process_count = 2 + draw(model, NODES_MOST - 1), .processes = model->processes};
    memset(model->processes, 0, sizeof(model->processes));
    *run = (struct run){.loop = test_loop(), .bus = bus_new(), .scenario = &model->scenario, .balance = balances,
                        .ended = on_over, .ended_arg = model};
    run->all.objects = mem_calloc(model->scenario.process_count, sizeof(*run->all.objects));
    for (size_t i = 0; i < model->scenario.process_count; i++) {
        struct object_spec *spec = &model->processes[i].object;
        snprintf(model->names[i], sizeof(model->names[i]), "p%zu", i);
        *spec = (struct object_spec){OBJECT_WITHOUT_PARTS, .name = model->names[i], .when = true, .decides = true,
                                     .cascade = draw(model, 2), .depends_on = model->dependencies[i]};
        for (size_t j = 0; j < i; j++)
            if (draw(model, 3) == 0)
                model->dependencies[i][spec->depends_on_count++] = (struct dependency_spec){
                    j, draw(model, 3) ? CONDITION_READY : CONDITION_SUCCEEDED};
        run->all.objects[i] = fake_new(run, spec, 1);
        run->all.objects[i]->number = i;
        run->all.object_count++;
    }
    model->watches = model->told = 0;
    model->over = false;
    run_start(run);
}

static void on_come(void *arg, enum steer_standing standing)
{
    (void)standing;
    ((struct model *)arg)->told++;
}

/* Nothing that words have not asked for has happened to those that they have not named. */
static void say(struct model *model)
{
    static const enum steer_word said[] = {STEER_STOP, STEER_START, STEER_RESTART, STEER_RESTART, STEER_SIGNAL, STEER_SCALE};
    char text[3][40];
    const char *names[3];
    struct steer_request request = {
        .word = said[draw(model, countof(said))],
        .names = names,
        .name_count = 1 + draw(model, 3),
        .signal = 1,
        .now = draw(model, 4) == 0,
        .with_deps = draw(model, 4) == 0,
        .no_deps = draw(model, 6) == 0,
    };
    struct steer_answer answer;
    struct error error = {0};
    for (size_t i = 0; i < request.name_count; i++) {
        size_t number = draw(model, model->scenario.process_count);
        if (request.word == STEER_SCALE)
            snprintf(text[i], sizeof(text[i]), "p%zu=%d", number, (int)draw(model, 5));
        else
            snprintf(text[i], sizeof(text[i]), draw(model, 8) ? "p%zu" : draw(model, 2) ? "p%zu.2" : "*", number);
        names[i] = text[i];
    }
    size_t before = model->run.all.object_count;
    if (steer(&model->run, &request, &answer, &error)) {
        assert_int_equal(model->run.all.object_count, before);
        assert_int_equal(answer.count, 0);
        assert_non_null(error.text);
    } else {
        struct object *objects[64];
        assert_true(answer.count);
        for (size_t i = 0; i < answer.count; i++)
            objects[i] = answer.lines[i].object;
        steer_watch(&model->run, objects, answer.count, answer.until, on_come, model);
        model->watches++;
    }
    error_release(&error);
    steer_release(&answer);
}

/* This life is over, as the kinds of objects do it. */
static void end_life(struct model *model, struct fake *fake, bool failed)
{
    struct object *object = &fake->object;
    fake->lives = false;
    if (fake->asked && fake->by_word && !model->run.stop.cause)
        assert_true(object_is_lowered(object)); /* whatever was said since */
    if (object_is_lowered(object)) {
        object_down(object);
    } else if (!object_is_ending(object) && draw(model, 3) == 0) {
        object->restarts++;
        fake->rests = true;
        object_lost(object, CONDITION_READY);
        object_rests(object);
    } else {
        if (object->state == OBJECT_RUNNING)
            object_lost(object, CONDITION_READY);
        object->failed = failed && !object_is_ending(object);
        object_gone(object);
    }
}

static void happen(struct model *model)
{
    struct object *object = model->run.all.objects[draw(model, model->run.all.object_count)];
    struct fake *fake = (struct fake *)object;
    if (object->state == OBJECT_RESTING)
        object_due(object);
    else if (fake->lives && draw(model, 3))
        end_life(model, fake, draw(model, 2));
    else if (fake->lives && object->state == OBJECT_RUNNING)
        object_reached(object, CONDITION_READY);
}

static void check(const struct model *model)
{
    for (size_t i = 0; i < model->run.all.object_count; i++) {
        const struct object *object = model->run.all.objects[i];
        assert_int_equal(((const struct fake *)object)->lives, object_is_alive(object));
        assert_int_equal(graph_holds(model->run.all.graph, object), all_have_come(&model->run, object->spec));
        if (object->down)
            assert_false(object->failed);
        if (object->state == OBJECT_STOPPED)
            assert_true(object->down);
    }
}

/* All that is asked to end ends, all that starts is ready: then no word is under way but for what has to wait. */
static void settle(struct model *model)
{
    for (size_t round = 0; round < 100 && !model->over; round++) {
        for (size_t i = 0; i < model->run.all.object_count; i++) {
            struct object *object = model->run.all.objects[i];
            struct fake *fake = (struct fake *)object;
            if (fake->lives && (object->state == OBJECT_STOPPING || object->state == OBJECT_KILLING))
                end_life(model, fake, false);
            else if (fake->lives)
                object_reached(object, CONDITION_READY);
            else if (object->state == OBJECT_RESTING)
                object_due(object);
        }
        run_turn(&model->run);
    }
    for (size_t i = 0; i < model->run.all.object_count && !model->over; i++) {
        const struct object *object = model->run.all.objects[i];
        if (object->wish.wanted == WANTED_NOTHING) {
            bool down = object->state == OBJECT_STOPPED || object->state == OBJECT_ENDED;
            assert_int_equal(steer_stands(object, STEER_UNTIL_DOWN), down ? STEER_COME : STEER_NOT_YET);
            assert_true(object->state == OBJECT_PENDING || steer_stands(object, STEER_UNTIL_READY) != STEER_NOT_YET);
            continue;
        }
        assert_int_equal(object->wish.wanted, WANTED_UP);
        assert_int_equal(object->state, OBJECT_PENDING);
        assert_false(all_have_come(&model->run, object->spec));
    }
}

static void one_run(struct model *model)
{
    make(model);
    current = model;
    for (size_t i = 0; i < STEPS_A_RUN && !model->over; i++) {
        if (draw(model, 3))
            happen(model);
        else
            say(model);
        if (draw(model, 2))
            run_turn(&model->run);
        if (!model->run.turn.advancing)
            check(model);
    }
    settle(model);
    if (!model->over)
        run_stop(&model->run, STOP_SIGNAL, 15);
    settle(model);
    assert_true(model->over);
    for (size_t i = 0; i < model->run.all.object_count; i++)
        assert_int_equal(model->run.all.objects[i]->state, OBJECT_ENDED);
    assert_int_equal(model->told, model->watches);
    for (size_t i = 0; i < model->run.all.object_count; i++)
        fake_free(model->run.all.objects[i]);
    free(model->run.all.objects);
    loop_free(model->run.loop);
    graph_free(model->run.all.graph);
    bus_free(model->run.bus);
}

static size_t steps = STEPS_USUAL;
static uint64_t seed;

static void test_random(void **state)
{
    struct model *model = mem_calloc(1, sizeof(*model));
    (void)state;
    print_message("steer: seed %" PRIu64 ", %zu steps\n", seed, steps);
    model->seed = seed;
    for (size_t i = 0; i < steps; i += STEPS_A_RUN)
        one_run(model);
    free(model);
}

int main(int argc, char **argv)
{
    struct tests tests = {0};
    steps = argc > 1 ? (size_t)strtoll(argv[1], NULL, 10) : STEPS_USUAL;
    seed = argc > 2 ? (uint64_t)strtoll(argv[2], NULL, 10) : (uint64_t)getpid();
    loop_warm_up();
    TEST(&tests, test_random);
    return tests_run(&tests, "steer");
}
