/*
 * Child processes, known by their pids. libuv's own (uv_process_t) are not used: it forks, and looks at
 * each of its handles whenever a child ends.
 */
#include "loop/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/unit.h"
#include "loop/private.h"
#include "loop/timer.h"

/* How often a group is looked at of which some other process takes the status of the last one. */
#define GROUP_LOOK (100 * NS_PER_MS)

struct child {
    struct child *next; /* of the same bucket; or of those whose group is awaited */
    struct child **place; /* that points to it among the latter; NULL: it is not among them */
    struct loop *loop;
    child_exited *exited;
    void (*gone)(void *arg);
    void *arg;
    struct timer *look; /* NULL: its group was never awaited */
    pid_t pid;
    pid_t group;
    bool adopted;
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
    *child = (struct child){.loop = loop, .exited = exited, .arg = arg, .pid = pid, .group = pid};
    *find(loop, pid) = child;
    loop_hear_children(loop);
    return child;
}

bool child_is_watched(struct loop *loop, pid_t pid)
{
    return *find(loop, pid) != NULL;
}

struct child *child_adopt(struct loop *loop, pid_t pid, child_exited *exited, void *arg)
{
    pid_t group = getpgid(pid);
    siginfo_t info = {0};
    bool is_child = !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
    if (pid <= 1 || group <= 1 || group == getpgrp() || !is_child || child_is_watched(loop, pid))
        return NULL;
    struct child *child = child_watch(loop, pid, exited, arg); /* one that has ended is reaped at the end of this turn */
    child->group = group;
    child->adopted = true;
    return child;
}

/* An orphan may have been taken before it has gone to a group of its own. */
static void follow_group(struct child *child)
{
    bool leads = child->ended && (!kill(-child->pid, 0) || errno == EPERM);
    pid_t group = leads ? child->pid : child->ended ? 0 : getpgid(child->pid);
    if (child->adopted && group > 1 && group != getpgrp())
        child->group = group;
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
    follow_group(child);
    int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    child->exited(child->arg, WIFEXITED(status) ? WEXITSTATUS(status) : 0, signal_number);
    return true;
}

bool child_group_lives(const struct child *child)
{
    return !kill(-child->group, 0) || errno == EPERM;
}

static void list_add(struct child **list, struct child *child)
{
    child->next = *list;
    child->place = list;
    if (*list)
        (*list)->place = &child->next;
    *list = child;
}

static void list_remove(struct child *child)
{
    *child->place = child->next;
    if (child->next)
        child->next->place = child->place;
    child->place = NULL;
}

void loop_look_at_groups(struct loop *loop)
{
    struct child *gone = NULL;
    for (struct child *child = loop->left, *next; child; child = next) {
        next = child->next;
        if (child_group_lives(child))
            continue;
        list_remove(child);
        list_add(&gone, child);
    }
    while (gone) { /* what is called may free any of them */
        struct child *child = gone;
        list_remove(child);
        timer_stop(child->look);
        child->gone(child->arg);
    }
}

static void look_again(void *arg)
{
    struct child *child = arg;
    timer_start(child->look, GROUP_LOOK);
    loop_look_at_groups(child->loop);
}

bool child_await_group(struct child *child, void (*gone)(void *arg))
{
    if (!child_group_lives(child))
        return false;
    child->gone = gone;
    child->look = timer_new(child->loop, look_again, child);
    timer_start(child->look, GROUP_LOOK);
    list_add(&child->loop->left, child);
    return true;
}

pid_t child_pid(const struct child *child)
{
    return child->pid;
}

int child_signal(struct child *child, int signal)
{
    if (child->ended && !child->place)
        return -ESRCH;
    if (!child->ended)
        follow_group(child);
    if (!kill(-child->group, signal))
        return 0;
    return child_signal_leader(child, signal); /* it has gone to another group */
}

int child_signal_leader(const struct child *child, int signal)
{
    if (child->ended)
        return -ESRCH;
    return kill(child->pid, signal) ? -errno : 0;
}

void child_free(struct child *child)
{
    if (!child)
        return;
    if (!child->ended)
        forget(child);
    if (child->place)
        list_remove(child);
    timer_free(child->look);
    free(child);
}
