/* Commands run beside a process. */
#include "object/errand.h"

#include <signal.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "loop/child.h"
#include "object/start.h"
#include "os/descendants.h"

struct errand {
    struct child *child;
    errand_done *done;
    void *arg;
};

static void on_exited(void *arg, int code, int signal_number)
{
    struct errand *errand = arg;
    struct buf why = {0};
    if (!kill(-child_pid(errand->child), 0))
        descendants_kill_session(child_pid(errand->child));
    if (signal_number)
        buf_printf(&why, "signal %s", signal_name(signal_number));
    else if (code)
        buf_printf(&why, "exit code %d", code);
    errand->done(errand->arg, why.length ? buf_string(&why) : NULL);
    buf_release(&why);
}

struct errand *errand_new(struct run *run, struct world *world, const struct body_spec *body,
                          int output, errand_done *done, void *arg, struct error *error)
{
    struct errand *errand = mem_calloc(1, sizeof(*errand));
    struct start start = {.run = run, .world = world, .exited = on_exited, .arg = errand};
    const int descriptors[] = {-1, output, output};
    errand->done = done;
    errand->arg = arg;
    if (!start_command(&start, body, descriptors, countof(descriptors), &errand->child, error))
        return errand;
    free(errand);
    return NULL;
}

void errand_kill(struct errand *errand)
{
    child_signal(errand->child, SIGKILL);
}

void errand_free(struct errand *errand)
{
    if (!errand)
        return;
    child_free(errand->child);
    free(errand);
}
