/*
 * Items that are the lines which a command writes: a child of the runner, in the scenario's
 * directory, whose standard output is read as items are needed. Its messages go to the log.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "child/exec_context.h"
#include "child/launch.h"
#include "child/stream_reader.h"
#include "engine/run.h"
#include "loop/again.h"
#include "loop/child.h"
#include "loop/pipe.h"
#include "loop/timer.h"
#include "os/spawn.h"
#include "pool/source/private.h"
#include "template/template.h"

#define SHELL "/bin/sh"

struct command_source {
    struct exec_context context;
    struct buf line;
    struct child *child; /* NULL: it is not started yet, or could not be */
    struct again again;
    struct error error; /* why not */
    struct stream_reader *messages;
    struct timer *timer; /* of a command that was asked to end */
    bool read;           /* all that it wrote was taken */
    struct buf last;     /* a last line without its end, until the command has succeeded */
    bool exited;
    bool lingers; /* it has exited, others of its group have not, and are being ended */
    bool ending;
    bool killed;
    int code;
    int signal;
};

static void on_message(void *arg, const char *stream, const char *bytes, size_t length,
                       bool unfinished)
{
    (void)stream;
    items_tell_line(arg, bytes, length, unfinished);
}

static void on_messages_end(void *arg)
{
    (void)arg; /* the command's own end counts */
}

/* Nothing of it runs any more. */
static void command_over(struct items *items)
{
    struct command_source *command = items->state;
    command->lingers = false;
    timer_stop(command->timer);
    stream_reader_finish(command->messages);
    if (command->ending || command->read)
        items->more(items->arg);
}

static void on_group_gone(void *arg)
{
    command_over(arg);
}

static void on_exited(void *arg, int code, int signal)
{
    struct items *items = arg;
    struct command_source *command = items->state;
    command->exited = true;
    command->code = code;
    command->signal = signal;
    command->lingers = command->ending && child_await_group(command->child, on_group_gone);
    if (!command->lingers)
        command_over(items);
}

static void kill_command(void *arg)
{
    struct items *items = arg;
    struct command_source *command = items->state;
    if (command->killed && command->lingers) {
        command_over(items); /* what SIGKILL does not end is waited for no longer */
        return;
    }
    command->killed = true;
    child_signal(command->child, SIGKILL);
    timer_start(command->timer, NS_PER_S);
}

static int start_child(struct items *items, const struct buf *line, const int *descriptors,
                       struct error *error)
{
    struct command_source *command = items->state;
    const char *const argv[] = {SHELL, "-c", buf_string(line), NULL};
    struct spawn_options options = {
        .argv = argv,
        .environment = command->context.environment,
        .directory = items->run->scenario->source.directory,
        .descriptors = descriptors,
        .descriptor_count = 3,
        .place = SPAWN_SESSION,
        .attributes = &command->context.attributes,
    };
    attributes_drop_limits(&command->context.attributes); /* they are for the tasks */
    return launch(items->run->loop, &options, SHELL, on_exited, items, &command->child, error);
}

/* Reads what the child writes into the pipes OUT and ERR. */
static void read_child(struct items *items, const struct buf *line, int out, int err)
{
    static const struct stream_reader_callbacks callbacks = {.line = on_message,
                                                             .end = on_messages_end};
    struct command_source *command = items->state;
    struct input_options options = {
        .loop = items->run->loop,
        .name = arena_strdup(command->context.arena, buf_string(line)),
        .more = items->more,
        .arg = items->arg,
    };
    items->task_input = input_of(&options, out);
    command->messages =
        stream_reader_new(options.loop, err, "stderr", NULL, NULL, &callbacks, items);
    stream_reader_mask(command->messages, items->run->mask);
    stream_reader_hold(command->messages, items->run->held);
}

static int start(struct items *items, const struct buf *line, struct error *error)
{
    int pipes[2][2] = {{-1, -1}, {-1, -1}};
    int result = pipe_open(pipes[0], error);
    if (!result)
        result = pipe_open(pipes[1], error);
    if (!result)
        result = start_child(items, line, (int[]){-1, pipes[0][1], pipes[1][1]}, error);
    for (int i = 0; i < 2; i++) {
        if (pipes[i][1] >= 0)
            close(pipes[i][1]);
        if (result && pipes[i][0] >= 0)
            close(pipes[i][0]);
    }
    if (!result)
        read_child(items, line, pipes[0][0], pipes[1][0]);
    return result;
}

static int start_or_wait(struct items *items, struct error *error);

/* Once more, after the system had no process for it. */
static void start_again(void *arg)
{
    struct items *items = arg;
    struct command_source *command = items->state;
    if (start_or_wait(items, &command->error))
        error_wrap(&command->error, "cannot run the command that makes the tasks");
    if (command->child || command->error.code)
        items->more(items->arg);
}

static int start_or_wait(struct items *items, struct error *error)
{
    struct command_source *command = items->state;
    int result = start(items, &command->line, error);
    if (!result || !again_later(&command->again, items->run->loop, result, start_again, items))
        return result;
    error_release(error);
    return 0;
}

static int output_open(struct items *items, struct error *error)
{
    const struct object_spec *object = &items->pool->object;
    struct command_source *command = mem_calloc(1, sizeof(*command));
    items->state = command;
    command->timer = timer_new(items->run->loop, kill_command, items);
    int result = exec_context_init(&command->context, items->run, object, object->name, 0, error);
    if (!result)
        result =
            exec_context_render(&command->context, items->spec->command, &command->line, error);
    if (!result)
        result = start_or_wait(items, error);
    if (result)
        error_wrap(error, "cannot run the command that makes the tasks");
    return result;
}

/* The next line; one without its end is kept back, as half a line of a command that fails is no task. */
static enum items_result next_whole_line(struct items *items, struct buf *encoded, struct error *error)
{
    struct command_source *command = items->state;
    size_t start = encoded->length;
    enum items_result result = items_next_line(items, encoded, error);
    if (result == ITEMS_ONE && input_is_unended(items->task_input)) {
        buf_append(&command->last, encoded->data + start, encoded->length - start);
        buf_truncate(encoded, start);
        result = ITEMS_END;
    }
    command->read = result == ITEMS_END;
    return result;
}

static enum items_result say_failed(const struct command_source *command, struct error *error)
{
    const char *half = command->last.length ? "; the half of a line that it wrote last is no task" : "";
    if (command->signal)
        error_set(error, ERROR_FAILED, "the command that makes the tasks was ended by signal %s%s",
                  signal_name(command->signal), half);
    else
        error_set(error, ERROR_FAILED, "the command that makes the tasks exited with code %d%s",
                  command->code, half);
    return ITEMS_FAILED;
}

static enum items_result output_next(struct items *items, struct buf *encoded, struct error *error)
{
    struct command_source *command = items->state;
    if (command->error.code) {
        *error = command->error;
        command->error = (struct error){0};
        return ITEMS_FAILED;
    }
    if (!command->child)
        return ITEMS_WAIT;
    if (!command->read) {
        enum items_result result = next_whole_line(items, encoded, error);
        if (result != ITEMS_END)
            return result;
    }
    if (!command->exited)
        return ITEMS_WAIT;
    if (command->signal || command->code)
        return say_failed(command, error);
    if (!command->last.length)
        return ITEMS_END;
    buf_append(encoded, command->last.data, command->last.length);
    buf_clear(&command->last);
    return ITEMS_ONE;
}

static void output_hold(struct items *items, bool held)
{
    struct command_source *command = items->state;
    if (command->messages)
        stream_reader_hold(command->messages, held);
}

static bool output_finish(struct items *items, bool force)
{
    struct command_source *command = items->state;
    again_release(&command->again);
    if (!command->child || (command->exited && !command->lingers))
        return true;
    if (!command->ending) {
        command->ending = true;
        child_signal(command->child, SIGTERM);
        child_signal(command->child, SIGCONT);
        timer_start(command->timer, items->pool->stop->grace);
    }
    if (force && !command->killed)
        kill_command(items);
    return false;
}

static void output_close(struct items *items)
{
    struct command_source *command = items->state;
    again_release(&command->again);
    error_release(&command->error);
    buf_release(&command->line);
    child_free(command->child);
    stream_reader_free(command->messages);
    timer_free(command->timer);
    buf_release(&command->last);
    exec_context_release(&command->context);
    free(command);
}

const struct items_kind items_of_output = {
    .open = output_open,
    .next = output_next,
    .hold = output_hold,
    .finish = output_finish,
    .close = output_close,
};
