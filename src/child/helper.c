/* Commands run beside a process. */
#include "child/helper.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "child/start.h"
#include "child/stream_reader.h"
#include "engine/run.h"
#include "loop/child.h"
#include "loop/pipe.h"
#include "os/descendants.h"

struct helper {
    struct child *child;
    struct stream_reader *reader;
    helper_line *line;
    helper_done *done;
    void *arg;
};

static void on_exited(void *arg, int code, int signal_number)
{
    struct helper *helper = arg;
    struct buf why = {0};
    if (child_group_lives(helper->child))
        descendants_kill_session(child_pid(helper->child));
    stream_reader_finish(helper->reader);
    if (signal_number)
        buf_printf(&why, "signal %s", signal_name(signal_number));
    else if (code)
        buf_printf(&why, "exit code %d", code);
    helper->done(helper->arg, why.length ? buf_string(&why) : NULL);
    buf_release(&why);
}

static void on_line(void *arg, const char *stream, const char *bytes, size_t length, bool unfinished)
{
    const struct helper *helper = arg;
    (void)stream;
    (void)unfinished;
    helper->line(helper->arg, bytes, length);
}

static void on_output_end(void *arg)
{
    (void)arg; /* it is its exit that ends it */
}

struct helper *helper_new(struct run *run, struct exec_context *context,
                          const struct body_spec *body, helper_line *line, helper_done *done,
                          void *arg, struct error *error)
{
    static const struct stream_reader_callbacks callbacks = {.line = on_line, .end = on_output_end};
    struct helper *helper = mem_calloc(1, sizeof(*helper));
    struct start start = {.run = run, .context = context, .exited = on_exited, .arg = helper};
    int ends[2];
    *helper = (struct helper){.line = line, .done = done, .arg = arg};
    if (pipe_open(ends, error)) {
        free(helper);
        return NULL;
    }
    const int descriptors[] = {-1, ends[1], ends[1]};
    int result =
        start_command(&start, body, descriptors, countof(descriptors), &helper->child, error);
    close(ends[1]);
    if (result) {
        close(ends[0]);
        free(helper);
        return NULL;
    }
    helper->reader = stream_reader_new(run->loop, ends[0], NULL, NULL, NULL, &callbacks, helper);
    stream_reader_mask(helper->reader, run->mask);
    return helper;
}

void helper_hold(struct helper *helper, bool held)
{
    if (helper)
        stream_reader_hold(helper->reader, held);
}

void helper_kill(struct helper *helper)
{
    child_signal(helper->child, SIGKILL);
}

void helper_free(struct helper *helper)
{
    if (!helper)
        return;
    stream_reader_free(helper->reader);
    child_free(helper->child);
    free(helper);
}
