/* Bodies that are Lua: one state for the worker's life. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "script/script.h"
#include "script/shared.h"
#include "wire/task_variables.h"
#include "worker/private.h"

static int call(struct worker *worker, int chunk, struct buf *result, struct error *error)
{
    flusher_lend(worker);
    int code = script_call(worker->script, chunk, result, error);
    flusher_take_back(worker);
    return code;
}

static int run_setup(struct worker *worker, struct error *error)
{
    const struct chunk *setup = &worker->config.setup;
    int chunk;
    if (!setup->text)
        return 0;
    int result =
        script_load(worker->script, setup->text, setup->length, setup->file, setup->line, &chunk,
                    error);
    return result ? result : call(worker, chunk, NULL, error);
}

int body_prepare(struct worker *worker, struct error *error)
{
    const struct worker_config *config = &worker->config;
    struct arena *arena = arena_new();
    struct value vars = {0};
    const char *at = config->vars.data;
    size_t left = config->vars.length;
    flusher_start(worker);
    int result = value_decode(arena, &at, &left, &vars, error);
    if (!result) {
        worker->shared = shared_new();
        struct script_options options = {
            .name = config->name,
            .vars = vars,
            .environment = (const char *const *)environ,
            .directory = config->directory,
            .host = flusher_host(worker),
            .host_arg = worker,
            .shared = worker->shared,
            .pid = getpid(),
        };
        worker->script = script_new(&options);
        result = script_load(worker->script, config->lua.text, config->lua.length,
                             config->lua.file, config->lua.line, &worker->body, error);
    }
    if (!result)
        result = run_setup(worker, error);
    arena_free(arena);
    return result;
}

void body_run_task(struct worker *worker, const struct worker_task *task)
{
    struct arena *arena = NULL;
    struct value item = {0}, uses;
    struct error error = {0};
    struct buf *out = &worker->result;
    /* Only a table needs an arena, and making one costs more than an empty task. */
    if (worker_task_needs_arena(task))
        arena = arena_new();
    int64_t started = worker->now;
    int result = worker_task_decode(task, arena, &item, &uses, &error);
    if (!result) {
        if (task->uses_size)
            script_set_uses(worker->script, &uses);
        script_set_task(worker->script, &item, task->index, worker->config.worker, task->attempt);
        worker->deadline = task->timeout ? started + task->timeout : 0;
        script_set_deadline(worker->script, worker->deadline);
        buf_clear(out);
        worker->told = &(struct variables_task){&item, task->index, worker->config.worker,
                                                task->attempt, &uses};
        result = call(worker, worker->body, out, &error);
        worker->told = NULL;
        worker->deadline = 0;
        inboxes_settle(worker, !result);
    }
    worker->now = clock_monotonic();
    struct result told = {
        .id = task->id,
        .outcome = outcome_of_call(result),
        .duration = worker->now - started,
        .text = result ? error.text : out->data,
        .text_length = result ? strlen(error.text) : out->length,
        .spent = !result,
    };
    result_write(worker, &told);
    error_release(&error);
    arena_free(arena);
}
