/* A command with pipes to its standard streams. */
#include "pool/launcher.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "child/stream_reader.h"
#include "engine/run.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "loop/pipe.h"
#include "os/descendants.h"
#include "os/spawn.h"
#include "pool/launch_command.h"

struct launcher {
    const struct run *run;
    const struct launcher_callbacks *callbacks;
    void *arg;
    struct child *child;
    struct pipe_reader *reader;
    struct pipe_writer *writer;
    struct stream_reader *errors;
    bool exited;
    int code;
    int signal;
};

static void on_data(void *arg, const char *bytes, size_t length)
{
    struct launcher *launcher = arg;
    if (launcher->callbacks->output)
        launcher->callbacks->output(launcher->arg, bytes, length);
}

static void on_end(void *arg, int status)
{
    struct launcher *launcher = arg;
    (void)status;
    if (launcher->callbacks->silent)
        launcher->callbacks->silent(launcher->arg);
}

static void on_line(void *arg, const char *stream, const char *bytes, size_t length, bool unfinished)
{
    struct launcher *launcher = arg;
    (void)stream;
    (void)unfinished;
    if (launcher->callbacks->line)
        launcher->callbacks->line(launcher->arg, bytes, length);
}

static void on_lines_end(void *arg)
{
    (void)arg;
}

static void on_drained(void *arg)
{
    (void)arg;
}

static void on_failed(void *arg, int status)
{
    (void)arg;
    (void)status; /* its exit, or the end of its output, tells the rest */
}

static void tell_exited(void *arg)
{
    struct launcher *launcher = arg;
    launcher->callbacks->exited(launcher->arg);
}

static void on_exited(void *arg, int code, int signal_number)
{
    struct launcher *launcher = arg;
    launcher->exited = true;
    launcher->code = code;
    launcher->signal = signal_number;
    loop_defer(launcher->run->loop, tell_exited, launcher);
}

static int spawn(struct launcher *launcher, const struct launch_command *command, int pipes[3][2], struct error *error)
{
    const int descriptors[] = {pipes[0][0], pipes[1][1], pipes[2][1]};
    pid_t pid;
    struct spawn_options options = {
        .argv = command->argv,
        .environment = command->environment,
        .descriptors = descriptors,
        .descriptor_count = countof(descriptors),
        .place = SPAWN_SESSION, /* no question of it comes to the terminal */
        .dies_with_parent = true,
    };
    int result = spawn_command(&options, &pid, error);
    if (!result)
        launcher->child = child_watch(launcher->run->loop, pid, on_exited, launcher);
    return result;
}

static void watch(struct launcher *launcher, int in, int out, int errors)
{
    static const struct reader_callbacks output = {.data = on_data, .end = on_end};
    static const struct writer_callbacks input = {.drained = on_drained, .failed = on_failed};
    static const struct stream_reader_callbacks lines = {.line = on_line, .end = on_lines_end};
    struct loop *loop = launcher->run->loop;
    launcher->writer = writer_new(loop, in, &input, launcher);
    launcher->reader = reader_new(loop, out, &output, launcher);
    launcher->errors = stream_reader_new(loop, errors, "stderr", NULL, NULL, &lines, launcher);
    stream_reader_mask(launcher->errors, launcher->run->mask);
    if (launcher->run->held)
        reader_pause(launcher->reader);
}

static void close_pipes(int pipes[3][2], int count)
{
    for (int i = 0; i < count; i++) {
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
}

static int start(struct launcher *launcher, const struct launch_command *command, struct error *error)
{
    int pipes[3][2];
    int result = 0;
    for (int i = 0; i < 3 && !result; i++) {
        result = pipe_open(pipes[i], error);
        if (result)
            close_pipes(pipes, i);
    }
    if (result)
        return result;
    result = spawn(launcher, command, pipes, error);
    if (result) {
        close_pipes(pipes, 3);
        return result;
    }
    close(pipes[0][0]);
    close(pipes[1][1]);
    close(pipes[2][1]);
    watch(launcher, pipes[0][1], pipes[1][0], pipes[2][0]);
    return 0;
}

struct launcher *launcher_start(const struct run *run, const struct launch_command *command,
                                const struct launcher_callbacks *callbacks, void *arg, struct error *error)
{
    struct launcher *launcher = mem_calloc(1, sizeof(*launcher));
    launcher->run = run;
    launcher->callbacks = callbacks;
    launcher->arg = arg;
    if (!start(launcher, command, error))
        return launcher;
    launcher_free(launcher);
    return NULL;
}

void launcher_free(struct launcher *launcher)
{
    if (!launcher)
        return;
    stream_reader_free(launcher->errors);
    reader_free(launcher->reader);
    writer_free(launcher->writer);
    child_free(launcher->child);
    free(launcher);
}

int64_t launcher_pid(const struct launcher *launcher)
{
    return child_pid(launcher->child);
}

void launcher_put(struct launcher *launcher, const char *bytes, size_t length)
{
    writer_put(launcher->writer, bytes, length);
}

void launcher_finish(struct launcher *launcher)
{
    writer_finish(launcher->writer);
}

void launcher_signal(struct launcher *launcher, int signal_number)
{
    if (!descendants_signal_session(child_pid(launcher->child), signal_number))
        child_signal(launcher->child, signal_number);
}

void launcher_hold(struct launcher *launcher, bool held)
{
    if (held)
        reader_pause(launcher->reader);
    else
        reader_resume(launcher->reader);
    stream_reader_hold(launcher->errors, held);
}

void launcher_read_output(struct launcher *launcher)
{
    reader_drain(launcher->reader);
}

void launcher_read_errors(struct launcher *launcher)
{
    stream_reader_finish(launcher->errors);
}

bool launcher_has_exited(const struct launcher *launcher)
{
    return launcher->exited;
}

bool launcher_was_killed(const struct launcher *launcher)
{
    return launcher->signal;
}

bool launcher_has_code(const struct launcher *launcher, int code)
{
    return launcher->exited && !launcher->signal && launcher->code == code;
}

void launcher_print_exit(const struct launcher *launcher, struct buf *out)
{
    if (launcher->signal)
        buf_printf(out, "by signal %s", signal_name(launcher->signal));
    else
        buf_printf(out, "with exit code %d", launcher->code);
}
