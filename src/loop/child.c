/*
 * Child processes, known by their pids. libuv's own (uv_process_t) are not used: it forks, and looks at
 * each of its handles whenever a child ends.
 */
#include "loop/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "loop/private.h"

struct child {
    struct child *next; /* of the same bucket */
    struct loop *loop;
    child_exited *exited;
    void *arg;
    pid_t pid;
    bool ended;
};

/* Where the pointer to the child PID stands; where it would stand, if there is none. */
static struct child **find(struct loop *loop, pid_t pid)
{
    struct child **place = &loop->children[(unsigned)pid % LOOP_CHILD_BUCKETS];
    while (*place && (*place)->pid != pid)
        place = &(*place)->next;
    return place;
}

struct child *child_watch(struct loop *loop, pid_t pid, child_exited *exited, void *arg)
{
    struct child *child = mem_calloc(1, sizeof(*child));
    *child = (struct child){.loop = loop, .exited = exited, .arg = arg, .pid = pid};
    *find(loop, pid) = child;
    loop_hear_children(loop);
    return child;
}

static void forget(struct child *child)
{
    struct child **place = find(child->loop, child->pid);
    *place = child->next;
}

bool loop_child_ended(struct loop *loop, pid_t pid, int status)
{
    struct child *child = *find(loop, pid);
    if (!child)
        return false;
    forget(child);
    child->ended = true;
    int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    child->exited(child->arg, WIFEXITED(status) ? WEXITSTATUS(status) : 0, signal_number);
    return true;
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
    return kill(child->pid, signal) ? -errno : 0; /* it has gone to another group */
}

void child_free(struct child *child)
{
    if (!child)
        return;
    if (!child->ended)
        forget(child);
    free(child);
}
