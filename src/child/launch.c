/* Starting a child and hearing of its end. */
#include "child/launch.h"

#include "os/spawn.h"

int launch(struct loop *loop, const struct spawn_options *options, const char *path,
           child_exited *exited, void *arg, struct child **child, struct error *error)
{
    pid_t pid;
    int result = spawn_program(options, path, &pid, error);
    if (!result)
        *child = child_watch(loop, pid, exited, arg);
    return result;
}
