/* What depends on what: depends_on, its conditions, and cycles. */
#include "scenario/bind/depend.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "scenario/loader.h"
#include "scenario/types.h"

/* Until depend_check(): as the other object is. */
#define CONDITION_UNSAID CONDITIONS

static const char *const words[CONDITIONS] = {
    [CONDITION_STARTED] = "started",
    [CONDITION_READY] = "ready",
    [CONDITION_COMPLETED] = "completed",
    [CONDITION_SUCCEEDED] = "succeeded",
};

/* Other tools' words for the same. */
static const struct {
    const char *word;
    enum condition condition;
} others[] = {
    {"service_started", CONDITION_STARTED},
    {"process_started", CONDITION_STARTED},
    {"service_healthy", CONDITION_READY},
    {"process_healthy", CONDITION_READY},
    {"healthy", CONDITION_READY},
    {"process_log_ready", CONDITION_READY},
    {"process_completed", CONDITION_COMPLETED},
    {"ended", CONDITION_COMPLETED},
    {"done", CONDITION_COMPLETED},
    {"finished", CONDITION_COMPLETED},
    {"exited", CONDITION_COMPLETED},
    {"service_completed_successfully", CONDITION_SUCCEEDED},
    {"process_completed_successfully", CONDITION_SUCCEEDED},
    {"success", CONDITION_SUCCEEDED},
};

static const char *condition_hint(struct loader *loader, const char *word)
{
    struct nearest nearest = {.wrong = word};
    for (size_t i = 0; i < countof(others); i++)
        if (!strcmp(others[i].word, word))
            return arena_printf(loader->arena, "write %s", words[others[i].condition]);
    for (size_t i = 0; i < countof(words); i++)
        nearest_offer(&nearest, words[i]);
    return loader_did_you_mean(loader, &nearest, NULL);
}

/* {web: {condition: ...}}, as in a compose file. */
static const char *mapping_hint(struct loader *loader, const struct node *name)
{
    return arena_printf(loader->arena, "write %s: ready", name->text);
}

static enum condition bind_word(struct loader *loader, const struct field *field,
                                const struct node *name, const struct node *node)
{
    const char *expected = "started, ready, completed or succeeded";
    const char *word;
    if (node->kind != NODE_SCALAR || !node->size) {
        field_expected(loader, field, node, expected,
                       node->kind == NODE_MAP ? mapping_hint(loader, name) : NULL);
        return CONDITION_UNSAID;
    }
    if (!field_text(loader, field, node, &word))
        return CONDITION_UNSAID;
    for (size_t i = 0; i < countof(words); i++)
        if (!strcmp(words[i], word))
            return (enum condition)i;
    field_expected(loader, field, node, expected, condition_hint(loader, word));
    return CONDITION_UNSAID;
}

static void bind_depends_on(struct loader *loader, const struct field *field,
                            const struct node *node)
{
    size_t count = node->kind == NODE_SCALAR ? 1 : node->size;
    struct dependency_spec *items = arena_alloc(loader->arena, count * sizeof(*items));
    size_t named = 0;
    field_warn_twice(loader, field, node);
    for (size_t i = 0; i < count; i++) {
        const struct node *name = node->kind == NODE_LIST  ? &node->items[i]
                                  : node->kind == NODE_MAP ? node_key(node, i)
                                                           : node;
        struct dependency_spec *item = &items[named];
        const char *text = name->text;
        item->condition = CONDITION_UNSAID;
        if (node->kind == NODE_MAP)
            item->condition = bind_word(loader, field, name, node_value(node, i));
        else if (!field_text(loader, field, name, &text))
            continue;
        loader_refer_object(loader, name, text, &item->object);
        named++;
    }
    *(const struct dependency_spec **)field->member = items;
    *field->count = named;
}

static const struct process_spec *process_of(const struct scenario *scenario, size_t number)
{
    return number < scenario->process_count ? &scenario->processes[number] : NULL;
}

static bool is_daemon(const struct scenario *scenario, size_t number)
{
    size_t others_count = scenario->process_count + scenario->pool_count;
    if (number >= others_count)
        return scenario->threads[number - others_count].daemon;
    return number < scenario->process_count && scenario->processes[number].daemon;
}

static bool tells_ready(const struct scenario *scenario, size_t number)
{
    const struct process_spec *process = process_of(scenario, number);
    return process && (process->forking || process->ready->kind != PROBE_NONE);
}

/* OBJECT waits for what will not come. */
static void warn_of_never(struct loader *loader, const struct object_spec *object,
                          const struct dependency_spec *dependency)
{
    const struct object_spec *other = scenario_object(loader->scenario, dependency->object);
    if (other->never && !object->never)
        diag_warning(loader->diags, loader_reference_mark(loader, &dependency->object),
                     "take it out here as long as it is not to be started",
                     "'%s' will be skipped: 'when' of '%s' is false", object->name, other->name);
}

static void check_condition(struct loader *loader, struct dependency_spec *dependency)
{
    const struct scenario *scenario = loader->scenario;
    const char *name = scenario_object(scenario, dependency->object)->name;
    bool daemon = is_daemon(scenario, dependency->object);
    bool ready = tells_ready(scenario, dependency->object);
    struct mark mark = loader_reference_mark(loader, &dependency->object);
    if (scenario_object(scenario, dependency->object)->hook.when) {
        diag_error(loader->diags, mark, "wait for what it follows, or write a process that depends on that in its place",
                   "'%s' is a hook, for which nothing can wait", name);
        return;
    }
    switch ((int)dependency->condition) {
    case CONDITION_UNSAID:
        dependency->condition = ready    ? CONDITION_READY
                                : daemon ? CONDITION_STARTED
                                         : CONDITION_SUCCEEDED;
        break;
    case CONDITION_READY:
        if (!ready)
            diag_error(
                loader->diags, mark,
                arena_printf(loader->arena, "add 'ready' to '%s', or wait for 'started'", name),
                "nothing says when '%s' is ready", name);
        break;
    case CONDITION_COMPLETED:
    case CONDITION_SUCCEEDED:
        if (daemon)
            diag_error(loader->diags, mark, "wait for 'started' or 'ready'",
                       "'%s' is a daemon: it runs until all else has ended", name);
        break;
    default:
        break;
    }
}

/* A walk along the dependencies, depth first, without recursion. */
struct walk {
    struct loader *loader;
    size_t *path; /* numbers of objects */
    size_t *next; /* of each on the path: the dependency to go on with */
    size_t length;
    bool *on_path;
    bool *done;
};

static void report_cycle(const struct walk *walk, const struct dependency_spec *closing)
{
    const struct scenario *scenario = walk->loader->scenario;
    size_t i = 0;
    struct buf text = {0};
    while (walk->path[i] != closing->object)
        i++;
    if (i + 1 == walk->length) {
        diag_error(walk->loader->diags, loader_reference_mark(walk->loader, &closing->object),
                   "leave it out", "'%s' depends on itself",
                   scenario_object(scenario, closing->object)->name);
        return;
    }
    for (; i < walk->length; i++)
        buf_printf(&text, "%s -> ", scenario_object(scenario, walk->path[i])->name);
    buf_text(&text, scenario_object(scenario, closing->object)->name);
    diag_error(walk->loader->diags, loader_reference_mark(walk->loader, &closing->object),
               "one of them must start without the other",
               "'depends_on' goes round in a circle: %s", buf_string(&text));
    buf_release(&text);
}

static void walk_into(struct walk *walk, size_t number)
{
    walk->path[walk->length] = number;
    walk->next[walk->length++] = 0;
    walk->on_path[number] = true;
}

/* One step: along the next dependency of the last object on the path, or back. */
static void walk_step(struct walk *walk)
{
    size_t number = walk->path[walk->length - 1];
    const struct object_spec *object = scenario_object(walk->loader->scenario, number);
    size_t next = walk->next[walk->length - 1]++;
    if (next == object->depends_on_count) {
        walk->on_path[number] = false;
        walk->done[number] = true;
        walk->length--;
        return;
    }
    const struct dependency_spec *dependency = &object->depends_on[next];
    if (walk->on_path[dependency->object])
        report_cycle(walk, dependency);
    else if (!walk->done[dependency->object])
        walk_into(walk, dependency->object);
}

static void check_cycles(struct loader *loader)
{
    size_t count = scenario_object_count(loader->scenario);
    struct walk walk = {
        .loader = loader,
        .path = mem_calloc(count, sizeof(size_t)),
        .next = mem_calloc(count, sizeof(size_t)),
        .on_path = mem_calloc(count, sizeof(bool)),
        .done = mem_calloc(count, sizeof(bool)),
    };
    for (size_t i = 0; i < count; i++) {
        if (!walk.done[i])
            walk_into(&walk, i);
        while (walk.length)
            walk_step(&walk);
    }
    free(walk.path);
    free(walk.next);
    free(walk.on_path);
    free(walk.done);
}

void depend_check(struct loader *loader)
{
    size_t count = scenario_object_count(loader->scenario);
    for (size_t i = 0; i < count; i++) {
        const struct object_spec *object = scenario_object(loader->scenario, i);
        for (size_t j = 0; j < object->depends_on_count; j++) {
            warn_of_never(loader, object, &object->depends_on[j]);
            check_condition(loader, (struct dependency_spec *)&object->depends_on[j]);
        }
    }
    check_cycles(loader);
}

const struct type type_depends_on = {
    .name = "depends_on",
    .wording = "a name, a list of names, or a mapping of names to conditions",
    .bind = bind_depends_on,
    .early = true,
    .json = "'anyOf':[@text,{'type':'array','items':@text},{'type':'object',"
            "'additionalProperties':{'anyOf':[{'enum':['started','ready','completed','succeeded']}"
            ",@template]}}]",
};
