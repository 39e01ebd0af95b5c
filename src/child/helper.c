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

struct errand {
    struct child *child;
    struct tap *tap;
    errand_line *line;
    errand_done *done;
    void *arg;
};

static void on_exited(void *arg, int code, int signal_number)
{
    struct errand *errand = arg;
    struct buf why = {0};
    if (child_group_lives(errand->child))
        descendants_kill_session(child_pid(errand->child));
    tap_finish(errand->tap);
    if (signal_number)
        buf_printf(&why, "signal %s", signal_name(signal_number));
    else if (code)
        buf_printf(&why, "exit code %d", code);
    errand->done(errand->arg, why.length ? buf_string(&why) : NULL);
    buf_release(&why);
}

static void on_line(void *arg, const char *stream, const char *bytes, size_t length, bool unfinished)
{
    const struct errand *errand = arg;
    (void)stream;
    (void)unfinished;
    errand->line(errand->arg, bytes, length);
}

static void on_output_end(void *arg)
{
    (void)arg; /* it is its exit that ends it */
}

struct errand *errand_new(struct run *run, struct world *world, const struct body_spec *body,
                          errand_line *line, errand_done *done, void *arg, struct error *error)
{
    static const struct tap_callbacks callbacks = {.line = on_line, .end = on_output_end};
    struct errand *errand = mem_calloc(1, sizeof(*errand));
    struct start start = {.run = run, .world = world, .exited = on_exited, .arg = errand};
    int ends[2];
    *errand = (struct errand){.line = line, .done = done, .arg = arg};
    if (pipe_open(ends, error)) {
        free(errand);
        return NULL;
    }
    const int descriptors[] = {-1, ends[1], ends[1]};
    int result = start_command(&start, body, descriptors, countof(descriptors), &errand->child, error);
    close(ends[1]);
    if (result) {
        close(ends[0]);
        free(errand);
        return NULL;
    }
    errand->tap = tap_new(run->loop, ends[0], NULL, NULL, NULL, &callbacks, errand);
    tap_mask(errand->tap, run->mask);
    return errand;
}

void errand_hold(struct errand *errand, bool held)
{
    if (errand)
        tap_hold(errand->tap, held);
}

void errand_kill(struct errand *errand)
{
    child_signal(errand->child, SIGKILL);
}

void errand_free(struct errand *errand)
{
    if (!errand)
        return;
    tap_free(errand->tap);
    child_free(errand->child);
    free(errand);
}
