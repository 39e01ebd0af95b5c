/* Who reads standard input: there is one, and one at a time can have it. And terminals of its own. */
#include "scenario/check/stdin_owner.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "scenario/loader.h"

static bool reads(const struct process_spec *process)
{
    return process->object.when && process->streams[0]->kind == STREAM_INHERIT;
}

/* Whether object LATER begins behind the end of EARLIER; SEEN has one an object: was looked at. */
static bool is_behind(const struct scenario *scenario, size_t later, size_t earlier, bool *seen)
{
    const struct object_spec *object = scenario_object(scenario, later);
    seen[later] = true;
    for (size_t i = 0; i < object->depends_on_count; i++) {
        const struct dependency_spec *dependency = &object->depends_on[i];
        if (dependency->object == earlier && dependency->condition >= CONDITION_COMPLETED)
            return true;
        if (!seen[dependency->object] &&
            is_behind(scenario, dependency->object, earlier, seen))
            return true;
    }
    return false;
}

static bool are_ordered(const struct scenario *scenario, size_t one, size_t other)
{
    size_t count = scenario_object_count(scenario);
    bool *seen = mem_calloc(count, sizeof(bool));
    bool ordered = is_behind(scenario, one, other, seen);
    memset(seen, 0, count * sizeof(bool));
    ordered = ordered || is_behind(scenario, other, one, seen);
    free(seen);
    return ordered;
}

static void check_pair(struct loader *loader, size_t one, size_t other)
{
    const struct object_spec *first = &loader->scenario->processes[one].object;
    const struct object_spec *second = &loader->scenario->processes[other].object;
    if (are_ordered(loader->scenario, one, other))
        return;
    diag_error(loader->diags, second->mark,
               arena_printf(loader->arena, "let it wait for the other's end: depends_on: {%s: "
                                           "completed}", first->name),
               "processes '%s' and '%s' could both read standard input at the same time",
               first->name, second->name);
    diag_note(loader->diags, first->mark, "the other one");
}

/* The pool whose tasks standard input holds, or NULL. */
static const struct source_spec *find_tasks(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->pool_count; i++) {
        const char *path = scenario->pools[i].tasks.path;
        if (path && !strcmp(path, "-"))
            return &scenario->pools[i].tasks;
    }
    return NULL;
}

static void check_one(struct loader *loader, const struct process_spec *process,
                      const struct source_spec *tasks)
{
    if (process->replicas > 1)
        diag_error(loader->diags, process->object.mark, "take 'replicas' away",
                   "the replicas of process '%s' would all read standard input at the same time",
                   process->object.name);
    if (!tasks)
        return;
    diag_error(loader->diags, process->object.mark, "give the tasks as a file",
               "process '%s' cannot read standard input: it holds tasks", process->object.name);
    diag_note(loader->diags, tasks->mark, "of this pool");
}

void foreground_check(struct loader *loader)
{
    const struct scenario *scenario = loader->scenario;
    const struct source_spec *tasks = find_tasks(scenario);
    for (size_t i = 0; i < scenario->process_count; i++) {
        if (!reads(&scenario->processes[i]))
            continue;
        check_one(loader, &scenario->processes[i], tasks);
        for (size_t j = 0; j < i; j++)
            if (reads(&scenario->processes[j]))
                check_pair(loader, j, i);
    }
}

void forking_check(struct loader *loader, const struct process_spec *process)
{
    if (process->forking && process->tty)
        diag_error(loader->diags, process->object.mark, "take one of 'forking' and 'tty' away",
                   "process '%s': with 'tty: true' what goes into the background loses its terminal when its command ends",
                   process->object.name);
}

void tty_check(struct loader *loader, const struct process_spec *process)
{
    static const struct {
        unsigned kinds; /* bit K: kind K goes with a terminal */
        const char *name;
        const char *hint;
    } rows[] = {
        {1u << STREAM_NULL, "stdin", "take 'stdin' away"},
        {1u << STREAM_LOG | 1u << STREAM_FILE | 1u << STREAM_QUEUE, "stdout",
         "what it shows can go to the log, a file or a queue"},
        {1u << STREAM_LOG | 1u << STREAM_STDOUT | 1u << STREAM_JOINED, "stderr", "take 'stderr' away"},
    };
    for (size_t i = 0; process->tty && i < countof(rows); i++)
        if (!(rows[i].kinds & 1u << process->streams[i]->kind))
            diag_error(loader->diags, process->object.mark, rows[i].hint,
                       "process '%s': with 'tty: true' its terminal is its %s",
                       process->object.name, rows[i].name);
}
