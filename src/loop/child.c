/* Child processes over uv_process_t. */
#include "loop/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/mem.h"
#include "loop/private.h"

struct child {
    uv_process_t uv;
    child_exited *exited;
    void *arg;
    pid_t pid;
    bool ended;
};

static void on_exit_status(uv_process_t *handle, int64_t code, int signal)
{
    struct child *child = handle->data;
    child->ended = true;
    if (child->exited)
        child->exited(child->arg, (int)code, signal);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

int child_start(struct loop *loop, const struct child_options *options, child_exited *exited,
                void *arg, struct child **child)
{
    uv_stdio_container_t *stdio = mem_calloc(options->descriptor_count, sizeof(*stdio));
    for (size_t i = 0; i < options->descriptor_count; i++) {
        stdio[i].flags = options->descriptors[i] < 0 ? UV_IGNORE : UV_INHERIT_FD;
        stdio[i].data.fd = options->descriptors[i];
    }
    uv_process_options_t uv_options = {
        .exit_cb = on_exit_status,
        .file = options->file,
        .args = (char **)options->argv,
        .env = (char **)options->environment,
        .cwd = options->directory,
        .flags = options->keeps_session ? 0 : UV_PROCESS_DETACHED,
        .stdio_count = (int)options->descriptor_count,
        .stdio = stdio,
    };
    struct child *made = mem_calloc(1, sizeof(*made));
    made->exited = exited;
    made->arg = arg;
    made->uv.data = made;
    int result = uv_spawn(&loop->uv, &made->uv, &uv_options);
    free(stdio);
    if (result) {
        uv_close((uv_handle_t *)&made->uv, on_closed);
        return result;
    }
    made->pid = uv_process_get_pid(&made->uv);
    *child = made;
    return 0;
}

pid_t child_pid(const struct child *child)
{
    return child->pid;
}

int child_signal(const struct child *child, int signal)
{
    if (child->ended)
        return -ESRCH;
    if (!kill(-child->pid, signal))
        return 0;
    return kill(child->pid, signal) ? -errno : 0; /* the session is not made yet */
}

void child_free(struct child *child)
{
    if (!child)
        return;
    child->exited = NULL;
    uv_close((uv_handle_t *)&child->uv, on_closed);
}
