/* Starting a child, through this program again where it has attributes. */
#include "object/launch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "loop/pipe.h"
#include "os/exec_with.h"
#include "os/spawn.h"

static int explain(const struct child_options *options, int number, struct error *error)
{
    struct spawn_options explained = {
        .argv = (const char *const *)options->argv,
        .environment = (const char *const *)options->environment,
        .directory = options->directory,
    };
    return spawn_explain(&explained, options->file, number, error);
}

/* Waits for the program to run; false with FAILURE where it does not. */
static bool read_failure(int fd, struct exec_failure *failure)
{
    ssize_t length;
    do {
        length = read(fd, failure, sizeof(*failure));
    } while (length < 0 && errno == EINTR);
    return length == sizeof(*failure);
}

/* The options of a child that becomes what OPTIONS say; *STATUS is the descriptor behind theirs. */
static int start_through(struct loop *loop, const struct child_options *options, const char *words,
                         int status, child_exited *exited, void *arg, struct child **child)
{
    char number[16];
    size_t count = 0;
    while (options->argv[count])
        count++;
    const char **argv = mem_calloc(EXEC_WITH_ARGUMENTS + count + 1, sizeof(*argv));
    int *descriptors = mem_calloc(options->descriptor_count + 1, sizeof(*descriptors));
    snprintf(number, sizeof(number), "%zu", options->descriptor_count);
    const char *const head[EXEC_WITH_ARGUMENTS] = {"parrun", EXEC_WITH, number, words,
                                                   options->file};
    memcpy(argv, head, sizeof(head));
    memcpy(argv + EXEC_WITH_ARGUMENTS, options->argv, count * sizeof(*argv));
    memcpy(descriptors, options->descriptors, options->descriptor_count * sizeof(*descriptors));
    descriptors[options->descriptor_count] = status;
    struct child_options through = *options;
    through.file = "/proc/self/exe";
    through.argv = (char *const *)argv;
    through.descriptors = descriptors;
    through.descriptor_count++;
    int result = child_start(loop, &through, exited, arg, child);
    free(argv);
    free(descriptors);
    return result;
}

static int launch_with(struct loop *loop, const struct child_options *options,
                       const struct attributes *attributes, child_exited *exited, void *arg,
                       struct child **child, struct error *error)
{
    struct buf words = {0};
    struct exec_failure failure;
    int ends[2];
    int result = pipe_open(ends, error);
    if (result)
        return result;
    attributes_print(&words, attributes);
    result = start_through(loop, options, buf_string(&words), ends[1], exited, arg, child);
    close(ends[1]);
    buf_release(&words);
    if (result) {
        result = explain(options, -result, error);
    } else if (read_failure(ends[0], &failure)) {
        child_free(*child); /* it ends by itself, and is reaped as an orphan is */
        *child = NULL;
        result = failure.failed == ATTRIBUTE_EXEC
                     ? explain(options, failure.number, error)
                     : attributes_explain(attributes, failure.failed, failure.number, error);
    }
    close(ends[0]);
    return result;
}

int launch(struct loop *loop, const struct child_options *options,
           const struct attributes *attributes, child_exited *exited, void *arg,
           struct child **child, struct error *error)
{
    if (attributes && attributes->given)
        return launch_with(loop, options, attributes, exited, arg, child, error);
    int result = child_start(loop, options, exited, arg, child);
    return result ? explain(options, -result, error) : 0;
}
