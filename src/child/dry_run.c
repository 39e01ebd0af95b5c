/* What would be run, as text. */
#include "child/dry_run.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/unit.h"
#include "child/exec_context.h"
#include "child/limits.h"
#include "engine/run.h"
#include "os/spawn.h"
#include "scenario/spec.h"

void plan_conditions(const struct object_spec *spec, struct buf *out)
{
    attributes_plan(spec->attributes, out);
    if (!spec->timeout)
        return;
    buf_text(out, out->length ? ", timeout " : "timeout ");
    duration_print(out, spec->timeout);
}

void plan_current(const struct buf *why, struct buf *out)
{
    buf_printf(out, "# up to date: %s", why->data);
}

void plan_lua(const struct lua_spec *lua, struct buf *out)
{
    buf_printf(out, "# the Lua chunk at %s:%u", lua->file, lua->line);
}

/* " 2>>FILE" and the like; nothing where the stream is no file. */
static int plan_file(struct exec_context *context, int fd, const struct stream_spec *stream,
                     struct buf *out, struct error *error)
{
    bool input = fd == 0 || stream->input;
    const char *path = "/dev/null";
    int result = 0;
    if (stream->kind == STREAM_FILE)
        result = exec_context_path(context, stream->path, &path, error);
    else if (stream->kind != STREAM_NULL || fd == 0)
        return 0; /* no input is what every body has unless it says so */
    if (result)
        return result;
    buf_char(out, ' ');
    if (fd != (input ? 0 : 1))
        buf_number(out, fd);
    buf_text(out, input ? "<" : stream->append ? ">>" : ">");
    shell_quote(out, path, strlen(path));
    return 0;
}

static int plan_stream(struct exec_context *context, int fd, const struct stream_spec *stream,
                       struct buf *out, struct error *error)
{
    if (stream->kind == STREAM_STDOUT)
        buf_printf(out, " %d>&1", fd);
    return plan_file(context, fd, stream, out, error);
}

/* What cannot be typed into a shell is told of behind the command. */
static int plan_queue(struct exec_context *context, int fd, const struct stream_spec *stream, struct buf *out,
                      struct error *error)
{
    size_t count;
    const struct stream_spec *ends = stream_ends(stream, &count);
    int result = 0;
    for (size_t i = 0; !result && i < count; i++) {
        const char *path;
        if (ends[i].kind == STREAM_QUEUE)
            buf_printf(out, " # descriptor %d: queue %s", fd, context->run->scenario->queues[ends[i].queue].name);
        if (stream->kind != STREAM_SEVERAL || ends[i].kind != STREAM_FILE)
            continue;
        result = exec_context_path(context, ends[i].path, &path, error);
        if (!result)
            buf_printf(out, " # descriptor %d: file %s", fd, path);
    }
    return result;
}

int plan_process(struct exec_context *context, const struct process_spec *spec, struct buf *out,
                 struct error *error)
{
    struct spawn_options options = {.directory = context->directory};
    if (spec->object.body.kind == BODY_LUA) {
        plan_lua(&spec->object.body.lua, out);
        return 0;
    }
    const char **argv;
    int result = exec_context_arguments(context, &spec->object.body, &argv, error);
    if (result)
        return result;
    options.argv = argv;
    spawn_print(&options, context->declared, context->declared_count, out);
    for (int fd = 0; !result && fd < 3; fd++)
        result = plan_stream(context, fd, spec->streams[fd], out, error);
    for (size_t i = 0; !result && i < spec->fd_count; i++)
        result = plan_stream(context, spec->fds[i].fd, &spec->fds[i].stream, out, error);
    for (int fd = 0; !result && fd < 3; fd++)
        result = plan_queue(context, fd, spec->streams[fd], out, error);
    for (size_t i = 0; !result && i < spec->fd_count; i++)
        result = plan_queue(context, spec->fds[i].fd, &spec->fds[i].stream, out, error);
    return result;
}
