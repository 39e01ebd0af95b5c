/* A pool whose tasks' output is written to one file, in place of the log. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "engine/run.h"
#include "log/destination.h"
#include "log/file.h"
#include "log/writer_thread.h"
#include "pool/private.h"
#include "scenario/spec.h"
#include "template/template.h"

struct pool_stdout {
    struct output *output;
    char *path;
    bool full;    /* too much waits to be written */
    bool ending;  /* no more will come */
    bool written;
};

static void on_full(void *arg)
{
    struct pool *pool = arg;
    pool->stdout_file->full = true;
    pool_apply_hold(pool);
}

static void on_room(void *arg)
{
    struct pool *pool = arg;
    pool->stdout_file->full = false;
    pool_apply_hold(pool);
}

/* As of results: the pool does not go on as if all were well. */
static void on_failed(void *arg, int number)
{
    struct pool *pool = arg;
    struct buf text = {0};
    buf_printf(&text, "cannot write its output to '%s': %s", pool->stdout_file->path, target_reason(number));
    pool_lose(pool, text.data);
    buf_release(&text);
}

static void on_finished(void *arg)
{
    struct pool *pool = arg;
    struct buf text = {0};
    int stuck = output_stuck(pool->stdout_file->output);
    pool->stdout_file->written = true;
    if (stuck)
        buf_printf(&text, "'%s' could not rotate and is longer than it may be: %s", pool->stdout_file->path, strerror(stuck));
    if (text.length)
        pool_lose(pool, text.data);
    buf_release(&text);
    pool_look(pool);
}

/* The scenario's check has seen to it that nothing of a task is in the path. */
static char *path_of(const struct pool *pool)
{
    struct buf written = {0};
    size_t length;
    const char *source = template_source(pool->spec->output_file.path, &length);
    buf_append(&written, source, length);
    char *path = scenario_path(pool->object.run->scenario, buf_string(&written));
    buf_release(&written);
    return path;
}

void pool_open_stdout(struct pool *pool)
{
    static const struct output_callbacks callbacks = {
        .full = on_full, .room = on_room, .failed = on_failed, .finished = on_finished};
    const struct stream_spec *spec = &pool->spec->output_file;
    const struct rotation_rules rules = {spec->rotate.size, spec->rotate.keep, spec->rotate.compress};
    struct error error = {0};
    if (spec->kind != STREAM_FILE || pool->object.run->dry || pool->stdout_file)
        return;
    char *path = path_of(pool);
    unsigned flags = FILE_DIRECTORIES | (spec->append ? FILE_APPEND : FILE_CLAIM | (pool->object.run->resume ? FILE_APPEND : FILE_EMPTY));
    struct target *target = target_open(path, flags, spec->rotate.size ? &rules : NULL, "write output to", &error);
    if (target) {
        pool->stdout_file = mem_calloc(1, sizeof(*pool->stdout_file));
        pool->stdout_file->path = path;
        pool->stdout_file->output = output_new(pool->object.run->loop, target, &callbacks, pool);
    } else {
        free(path);
        pool_lose(pool, error.text);
    }
    error_release(&error);
}

bool pool_put_stdout(struct pool *pool, const struct task *task, size_t stream, const char *bytes, size_t length)
{
    if (!pool->stdout_file || task->retried || (stream && pool->spec->separate))
        return false;
    output_put(pool->stdout_file->output, bytes, length);
    return true;
}

bool pool_is_held(const struct pool *pool)
{
    return pool->object.run->held || (pool->stdout_file && pool->stdout_file->full);
}

bool pool_has_written_stdout(struct pool *pool)
{
    struct pool_stdout *file = pool->stdout_file;
    if (!file || file->written)
        return true;
    if (!file->ending)
        output_finish(file->output);
    file->ending = true;
    return false;
}

void pool_free_stdout(struct pool *pool)
{
    if (!pool->stdout_file)
        return;
    output_free(pool->stdout_file->output);
    free(pool->stdout_file->path);
    free(pool->stdout_file);
}
