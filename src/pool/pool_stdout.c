/* A pool whose tasks' output is written to files, in place of the log or beside it. */
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

/* One of the files. */
struct file_end {
    struct pool *pool;
    struct output *output;
    char *path;
    bool full;    /* too much waits to be written */
    bool written; /* nothing does any more, nor will */
};

struct pool_stdout {
    struct file_end *files;
    size_t count;
    bool log;    /* the log has it too */
    bool ending; /* no more will come */
};

static void on_full(void *arg)
{
    struct file_end *file = arg;
    file->full = true;
    pool_apply_hold(file->pool);
}

static void on_room(void *arg)
{
    struct file_end *file = arg;
    file->full = false;
    pool_apply_hold(file->pool);
}

/* As of results: the pool does not go on as if all were well. What has been put out gets to the other ends. */
static void on_failed(void *arg, int number)
{
    const struct file_end *file = arg;
    struct buf text = {0};
    buf_printf(&text, "cannot write its output to '%s': %s", file->path, target_reason(number));
    pool_lose(file->pool, text.data);
    buf_release(&text);
}

static void on_finished(void *arg)
{
    struct file_end *file = arg;
    struct buf text = {0};
    int stuck = output_stuck(file->output);
    file->written = true;
    if (stuck)
        buf_printf(&text, "'%s' could not rotate and is longer than it may be: %s", file->path, strerror(stuck));
    if (text.length)
        pool_lose(file->pool, text.data);
    buf_release(&text);
    pool_look(file->pool);
}

/* The scenario's check has seen to it that nothing of a task is in the path. */
static char *path_of(const struct pool *pool, const struct stream_spec *spec)
{
    struct buf written = {0};
    size_t length;
    const char *source = template_source(spec->path, &length);
    buf_append(&written, source, length);
    char *path = scenario_path(pool->object.run->scenario, buf_string(&written));
    buf_release(&written);
    return path;
}

static void open_file(struct pool *pool, const struct stream_spec *spec, struct file_end *file)
{
    static const struct output_callbacks callbacks = {
        .full = on_full, .room = on_room, .failed = on_failed, .finished = on_finished};
    const struct rotation_rules rules = {spec->rotate.size, spec->rotate.keep, spec->rotate.compress};
    struct error error = {0};
    char *path = path_of(pool, spec);
    unsigned flags = FILE_DIRECTORIES | (spec->append ? FILE_APPEND : FILE_CLAIM | (pool->object.run->selection.resume ? FILE_APPEND : FILE_EMPTY));
    struct target *target = target_open(path, flags, spec->rotate.size ? &rules : NULL, "write output to", &error);
    *file = (struct file_end){.pool = pool, .path = path, .written = !target};
    if (target)
        file->output = output_new(pool->object.run->loop, target, &callbacks, file);
    else
        pool_lose(pool, error.text);
    error_release(&error);
}

void pool_open_stdout(struct pool *pool)
{
    size_t count;
    const struct stream_spec *ends = stream_ends(pool->spec->output_file, &count);
    if ((count == 1 && ends->kind == STREAM_LOG) || pool->object.run->plan.dry || pool->stdout_file)
        return;
    struct pool_stdout *out = pool->stdout_file = mem_calloc(1, sizeof(*out));
    out->files = mem_calloc(count, sizeof(*out->files));
    for (size_t i = 0; i < count; i++) {
        out->log = out->log || ends[i].kind == STREAM_LOG;
        if (ends[i].kind == STREAM_FILE)
            open_file(pool, &ends[i], &out->files[out->count++]);
    }
}

bool pool_put_stdout(struct pool *pool, const struct task *task, size_t stream, const char *bytes, size_t length)
{
    const struct pool_stdout *out = pool->stdout_file;
    if (!out || task->retried || (stream && pool->spec->separate))
        return false;
    for (size_t i = 0; i < out->count; i++)
        if (out->files[i].output)
            output_put(out->files[i].output, bytes, length);
    return !out->log;
}

bool pool_is_held(const struct pool *pool)
{
    const struct pool_stdout *out = pool->stdout_file;
    bool held = pool->object.run->held;
    for (size_t i = 0; out && i < out->count; i++)
        held = held || out->files[i].full;
    return held;
}

bool pool_has_written_stdout(struct pool *pool)
{
    struct pool_stdout *out = pool->stdout_file;
    bool written = true;
    for (size_t i = 0; out && i < out->count; i++) {
        if (!out->ending && out->files[i].output)
            output_finish(out->files[i].output);
        written = written && out->files[i].written;
    }
    if (out)
        out->ending = true;
    return written;
}

void pool_free_stdout(struct pool *pool)
{
    struct pool_stdout *out = pool->stdout_file;
    for (size_t i = 0; out && i < out->count; i++) {
        output_free(out->files[i].output);
        free(out->files[i].path);
    }
    free(out ? out->files : NULL);
    free(out);
}
