/* Starting a process. */
#include "child/start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "child/exec_context.h"
#include "child/launch.h"
#include "child/streams.h"
#include "engine/run.h"
#include "os/spawn.h"
#include "os/terminal.h"
#include "scenario/spec.h"
#include "wire/frame.h"
#include "wire/worker_config.h"

bool start_was_refused(int code)
{
    return code == -EAGAIN || code == -ENOMEM || code == -EMFILE || code == -ENFILE;
}

/* Starts FILE, NULL: this program, with ARGV; DESCRIPTORS as in child_options; its body's input is STDIN_FD. */
static int start_child(const struct start *start, const char *file, const char **argv,
                       const int *descriptors, size_t count, int stdin_fd, struct child **child,
                       struct error *error)
{
    struct spawn_options options = {
        .argv = argv,
        .environment = start->context->environment,
        .directory = start->context->directory,
        .descriptors = descriptors,
        .descriptor_count = count,
        .place = start->foreground ? SPAWN_HERE : SPAWN_SESSION,
        .attributes = &start->context->attributes,
    };
    if (start->tty)
        attributes_set(&start->context->attributes, ATTRIBUTE_TTY, stdin_fd);
    if (start->foreground)
        attributes_set(&start->context->attributes, ATTRIBUTE_TERMINAL,
                       terminal_offer(start->run->machine.terminal) ? stdin_fd : -1);
    return launch(start->run->loop, &options, file, start->exited, start->arg, child, error);
}

static int *declared_descriptors(const struct start *start, size_t extra, size_t *count)
{
    int highest = streams_highest(start->streams);
    *count = (size_t)highest + 1 + extra;
    int *descriptors = mem_calloc(*count, sizeof(*descriptors));
    for (int fd = 0; fd < (int)*count; fd++)
        descriptors[fd] = streams_child_end(start->streams, fd);
    return descriptors;
}

int start_command(const struct start *start, const struct body_spec *body, const int *descriptors,
                  size_t count, struct child **child, struct error *error)
{
    const char **argv;
    struct buf path = {0};
    int result = exec_context_arguments(start->context, body, &argv, error);
    if (!result)
        result = program_find(argv[0], start->context->environment, &path, error);
    if (!result)
        result = start_child(start, path.data, argv, descriptors, count, STDIN_FILENO, child,
                             error);
    buf_release(&path);
    return result;
}

int start_program(const struct start *start, struct child **child, struct error *error)
{
    size_t count;
    int *descriptors = declared_descriptors(start, 0, &count);
    int result =
        start_command(start, &start->spec->object.body, descriptors, count, child, error);
    free(descriptors);
    return result;
}

/* The frames that make a worker run one Lua body and then end. */
static void send_body(const struct start *start, int stdin_fd, int stdout_fd)
{
    struct worker_config config;
    struct buf frames = {0};
    struct buf none = {0}, uses = {0};
    exec_context_config(start->context, &config);
    config.process = true;
    config.stdin_fd = stdin_fd;
    config.stdout_fd = stdout_fd;
    config.stop.signal = start->spec->stop->signal;
    config.stop.leader = start->spec->stop->to == STOP_LEADER;
    config.stop.grace = start->spec->stop->grace;
    config_write(&frames, &config);
    value_encode_nil(&none);
    exec_context_put_uses(start->context, &uses);
    frame_write_task(&frames, 1, 0, 1, 0, &(struct buf){0}, &uses, "", &none); /* the process's own timer ends it */
    buf_release(&none);
    buf_release(&uses);
    frame_plain(&frames, FRAME_FINISH);
    link_send(start->link, &frames);
    buf_release(&frames);
    config_release(&config);
}

/*
 * The worker gets its frames as 0 and 1; the body's own stdin and stdout stand behind the declared
 * descriptors, and the worker moves them where they belong.
 */
int start_body(const struct start *start, struct child **child, struct error *error)
{
    const char *argv[] = {"parrun", "--worker", NULL};
    size_t count;
    int *descriptors = declared_descriptors(start, 2, &count);
    int stdin_fd = (int)count - 2;
    int stdout_fd = (int)count - 1;
    descriptors[stdin_fd] = descriptors[0];
    descriptors[stdout_fd] = descriptors[1];
    descriptors[0] = start->ends.in;
    descriptors[1] = start->ends.out;
    int result =
        start_child(start, NULL, argv, descriptors, count, stdin_fd, child, error);
    free(descriptors);
    if (!result)
        send_body(start, stdin_fd, stdout_fd);
    return result;
}
