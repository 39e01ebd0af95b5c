/* A program that puts itself into the background: what it has left is found, and is the process from then on. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "child/exec_context.h"
#include "child/health.h"
#include "engine/run.h"
#include "event/event.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "os/descendants.h"
#include "os/pidfile.h"
#include "process/private.h"
#include "scenario/spec.h"

/* Its command has ended: how soon it is looked again for what it has left, at first and at last. */
#define LOOK_FIRST (2 * NS_PER_MS)
#define LOOK_LAST (200 * NS_PER_MS)

/* How long it may take in all, where ready has no timeout to say so. */
#define FORKING_TIMEOUT (60 * NS_PER_S)

enum forking_state {
    FORKING_COMMAND,  /* its command runs */
    FORKING_SEARCHES, /* that has ended, and what it has left is not known yet */
    FORKING_FOUND,
    FORKING_ENDS,  /* that has ended, and what it has left besides is being ended */
    FORKING_OVER, /* nothing, or nothing else, will be found */
};

/* Of one life. */
struct forking {
    struct timer *look;
    struct timer *limit;
    char *pidfile; /* its path; NULL: there is none */
    char *entry;   /* "PARRUN_NAME=..." of its environment */
    char *why;     /* nothing is believed yet: what was found last; NULL: nothing was looked for */
    uint64_t born; /* as struct descendant has it, of its command */
    pid_t command;
    pid_t cut;     /* a number without a newline, which may have been part of another; 0: none */
    pid_t doubted; /* a number that was told as not believed; -1: the file itself; 0: none */
    int64_t interval;
    enum forking_state state;
    int code; /* FORKING_ENDS: how the process has ended */
    int signal;
};

/* What of the children of the runner may be the process. */
struct orphan_search {
    const struct process *process;
    struct descendant best; /* its pid is 0 where there is none */
    size_t count;           /* of those that live */
    size_t strangers;       /* that live, and of which nobody knows whose they are */
};

static int64_t time_limit(const struct process *process)
{
    const struct probe_spec *ready = process->spec->ready;
    return ready->kind == PROBE_NONE ? FORKING_TIMEOUT : ready->timeout;
}

static void keep_why(struct forking *forking, struct buf *why)
{
    free(forking->why);
    forking->why = mem_strdup(buf_string(why));
}

/* Whether CHILD is an orphan that was born in this life. */
static bool may_be(const struct process *process, const struct descendant *child)
{
    return child->born >= process->life.forking->born && !child_is_watched(process->object.run->loop, child->pid);
}

/* Those that live go before those that have ended, and the oldest before all others. */
static bool goes_before(const struct descendant *one, const struct descendant *other)
{
    if (!other->pid || one->ended != other->ended)
        return !other->pid || other->ended;
    return one->born != other->born ? one->born < other->born : one->pid < other->pid;
}

/* Whether it is of its session, or of its environment. */
static bool is_own(const struct process *process, const struct descendant *child)
{
    const struct life *life = &process->life;
    bool beside = child->session == life->forking->command || child->session == life->session || child->session == life->pid;
    return beside || (!child->ended && descendants_was_given(child->pid, life->forking->entry));
}

static void look_at(void *arg, const struct descendant *child)
{
    struct orphan_search *search = arg;
    if (!may_be(search->process, child))
        return;
    search->strangers += !child->ended;
    if (!is_own(search->process, child))
        return;
    search->count += !child->ended;
    if (goes_before(child, &search->best))
        search->best = *child;
}

/* Without a pidfile: what is left of its session, or of its environment. */
static struct orphan_search search_orphans(const struct process *process)
{
    struct orphan_search search = {.process = process};
    descendants_children(look_at, &search);
    return search;
}

/* Whether something is wrong with the process PID, which the pidfile names, and what: an orphan of this life is right. */
static bool doubts(struct process *process, pid_t pid, struct descendant *found, struct buf *why)
{
    const struct run *run = process->object.run;
    if (!descendants_find(pid, found))
        buf_printf(why, "names %ld, which does not run", (long)pid);
    else if (pid == getpid() || child_is_watched(run->loop, pid))
        buf_printf(why, "names %s (%ld), which is another process of this run", found->name, (long)pid);
    else if (descendants_was_given_another(pid, process->life.forking->entry))
        buf_printf(why, "names %s (%ld), which another process of this run has left", found->name, (long)pid);
    else if (found->parent == getpid() && found->born < process->life.forking->born)
        buf_printf(why, "names %s (%ld), which ran before this was started", found->name, (long)pid);
    else if (found->parent != getpid())
        buf_printf(why, "names %s (%ld), which is a child of process %ld, and not what this has left", found->name, (long)pid,
                   (long)found->parent);
    return why->length > 0;
}

/* A number that is not believed is told once; it may be that of an earlier life, to which the new one comes yet. */
static void tell_doubt(struct process *process, pid_t pid, const struct buf *why)
{
    struct forking *forking = process->life.forking;
    struct buf text = {0};
    if (forking->doubted == pid || forking->state != FORKING_SEARCHES)
        return;
    forking->doubted = pid;
    buf_printf(&text, "its pidfile %s %s: it is not believed", forking->pidfile, buf_string(why));
    process_emit(process, &(struct event){.kind = EVENT_PROCESS_FILE, .reason = text.data});
    buf_release(&text);
}

/* Whether the pidfile names a process that is believed. */
static bool search_pidfile(struct process *process, struct descendant *found)
{
    struct forking *forking = process->life.forking;
    struct buf why = {0};
    bool whole = false, believed = false;
    pid_t pid = 0;
    enum pidfile_state state = pidfile_read(forking->pidfile, &pid, &whole, &why);
    if (state == PIDFILE_NAMES && !doubts(process, pid, found, &why)) {
        believed = whole || pid == forking->cut;
        forking->cut = pid;
    } else if (state != PIDFILE_UNWRITTEN) {
        tell_doubt(process, state == PIDFILE_REFUSED ? -1 : pid, &why);
    }
    keep_why(forking, &why);
    buf_release(&why);
    return believed;
}

static bool is_asked(const struct process *process)
{
    return object_is_ending(&process->object) || process->life.condemned;
}

/* The first that is found lets those go on that wait for it. */
static void become_found(struct process *process)
{
    struct forking *forking = process->life.forking;
    bool first = forking->state != FORKING_FOUND;
    forking->state = FORKING_FOUND;
    timer_stop(forking->look);
    timer_stop(forking->limit);
    if (!first || is_asked(process))
        return;
    if (process->spec->ready->kind == PROBE_NONE)
        object_reached(&process->object, CONDITION_READY);
    if (process->life.monitor)
        monitor_let_go(process->life.monitor);
}

/* What was FOUND is the process from now on, unless it is only to be ended. */
static bool adopt(struct process *process, const struct descendant *found, const char *how)
{
    struct life *life = &process->life;
    struct event event = {.kind = EVENT_PROCESS_BACKGROUND, .reason = how};
    struct child *child = child_adopt(process->object.run->loop, found->pid, process_exited, process);
    if (!child)
        return false;
    child_free(life->child);
    life->child = child;
    life->pid = found->pid;
    life->session = found->session == getsid(0) ? found->pid : found->session;
    life->signalled = false;
    if (!found->ended && !is_asked(process))
        process_emit(process, &event);
    become_found(process);
    return true;
}

/* What its session or its environment tells of: the oldest, where there are several. */
static bool adopt_orphan(struct process *process)
{
    struct orphan_search search = search_orphans(process);
    struct buf how = {0};
    buf_text(&how, "as what its command has left");
    if (search.count > 1)
        buf_printf(&how, ", the oldest of %zu; pidfile would say which", search.count);
    bool adopted = search.best.pid && adopt(process, &search.best, how.data);
    buf_release(&how);
    return adopted;
}

static bool adopt_named(struct process *process)
{
    struct descendant found;
    struct buf how = {0};
    if (!search_pidfile(process, &found))
        return false;
    buf_printf(&how, "as %s says", process->life.forking->pidfile);
    bool adopted = adopt(process, &found, how.data);
    buf_release(&how);
    return adopted;
}

static bool adopt_next(struct process *process)
{
    return process->life.forking->pidfile ? adopt_named(process) : adopt_orphan(process);
}

/* Nothing can be found any more: the life ends as its command has. */
static void give_up(void *arg)
{
    struct process *process = arg;
    struct forking *forking = process->life.forking;
    if (!forking || forking->state != FORKING_SEARCHES)
        return;
    forking->state = FORKING_OVER;
    timer_stop(forking->limit);
    process_exited(process, 0, 0);
}

/* Its command has ended, and what would be the process has ended as well. */
static void blame_nothing(struct process *process)
{
    const struct forking *forking = process->life.forking;
    struct buf text = {0};
    buf_text(&text, "its command has ended and left nothing in the background");
    if (forking->pidfile)
        buf_printf(&text, "; its pidfile %s %s", forking->pidfile, forking->why ? forking->why : "was not looked at");
    else
        buf_text(&text, " that is known as its own: 'pidfile' says what it leaves, and what stays in the foreground needs no "
                        "'forking'");
    process_fail(process, text.data);
    buf_release(&text);
}

/* True once it is found, or nothing is left that it could be. */
static bool search_ends(struct process *process)
{
    if (adopt_next(process))
        return true;
    if (search_orphans(process).strangers)
        return false;
    if (adopt_next(process)) /* written, and orphaned, since */
        return true;
    blame_nothing(process);
    return true;
}

static void on_look(void *arg)
{
    struct process *process = arg;
    struct forking *forking = process->life.forking;
    if (search_ends(process)) {
        give_up(process); /* where it was not found */
        return;
    }
    forking->interval = forking->interval * 2 < LOOK_LAST ? forking->interval * 2 : LOOK_LAST;
    timer_start(forking->look, forking->interval);
}

static void on_limit(void *arg)
{
    struct process *process = arg;
    const struct forking *forking = process->life.forking;
    struct buf why = {0};
    struct event event = {.kind = EVENT_PROCESS_TIMEOUT,
                          .flags = EVENT_REASONED,
                          .has_duration = true,
                          .duration = time_limit(process)};
    if (forking->state == FORKING_COMMAND)
        buf_text(&why, "its command has not put itself into the background");
    else if (forking->pidfile)
        buf_printf(&why, "its pidfile %s %s", forking->pidfile, forking->why);
    else
        buf_text(&why, "what its command has left is not known; pidfile would say it");
    event.reason = why.data;
    process_condemn(process, &event);
    buf_release(&why);
}

int process_open_forking(struct process *process, struct exec_context *context, struct error *error)
{
    const struct process_spec *spec = process->spec;
    struct buf path = {0};
    struct buf entry = {0};
    int result = 0;
    if (!spec->forking)
        return 0;
    if (!descendants_has_own_proc())
        return error_set(error, ERROR_FAILED, "forking: there is no /proc in which to find what it leaves");
    if (spec->pidfile)
        result = exec_context_render(context, spec->pidfile, &path, error);
    if (!result && spec->pidfile && context->directory && *buf_string(&path) != '/') {
        struct buf below = {0};
        buf_printf(&below, "%s/%s", context->directory, path.data);
        buf_release(&path);
        path = below;
    }
    struct forking *forking = mem_calloc(1, sizeof(*forking));
    process->life.forking = forking;
    buf_printf(&entry, "PARRUN_NAME=%s", process->object.name);
    forking->entry = buf_take(&entry);
    forking->pidfile = spec->pidfile ? mem_strdup(buf_string(&path)) : NULL;
    forking->look = timer_new(process->object.run->loop, on_look, process);
    forking->limit = timer_new(process->object.run->loop, on_limit, process);
    buf_release(&path);
    return result ? error_wrap(error, "pidfile") : 0;
}

bool process_is_left(const struct process *process, pid_t pid)
{
    const struct forking *forking = process->life.forking;
    struct buf why = {0};
    bool whole;
    pid_t named = 0;
    bool left = forking && forking->pidfile && pidfile_read(forking->pidfile, &named, &whole, &why) == PIDFILE_NAMES && named == pid;
    buf_release(&why);
    return left;
}

void process_begin_forking(struct process *process)
{
    struct forking *forking = process->life.forking;
    struct descendant command = {0};
    if (!forking)
        return;
    descendants_find(process->life.pid, &command);
    forking->command = process->life.pid;
    forking->born = command.born;
    if (process->life.monitor)
        monitor_hold(process->life.monitor);
    if (time_limit(process))
        timer_start(forking->limit, time_limit(process));
}

/* The command has ended with 0, or because it was asked to: false where nothing is left, or was. */
static bool command_ended(struct process *process)
{
    struct life *life = &process->life;
    struct forking *forking = life->forking;
    if (life->foreground)
        process_leave_foreground(process);
    life->foreground = false;
    forking->state = FORKING_SEARCHES;
    if (is_asked(process)) {
        if (!adopt_next(process) && !adopt_orphan(process))
            return false;
        process_end_rest(process);
        return true;
    }
    if (search_ends(process))
        return forking->state == FORKING_FOUND;
    forking->interval = LOOK_FIRST;
    timer_start(forking->look, forking->interval);
    return true;
}

/* The process has ended: one that it has left in its place goes on. */
static bool leaves_another(struct process *process, bool well)
{
    if (is_asked(process))
        return false;
    return process->life.forking->pidfile ? adopt_named(process) : well && adopt_orphan(process);
}

/* What is ended before it was the process: the pidfile that names it goes with it. */
static void remove_named(const struct forking *forking, pid_t pid)
{
    if (forking->pidfile)
        pidfile_remove(forking->pidfile, pid);
}

static void ask_to_end(void *arg, const struct descendant *child)
{
    const struct process *process = arg;
    const struct life *life = &process->life;
    if (child->ended || !may_be(process, child) || !is_own(process, child))
        return;
    remove_named(life->forking, child->pid);
    kill(child->pid, life->killed ? SIGKILL : process->spec->stop->signal);
}

/* A life has ended by CODE and SIGNAL, with a failure or so that nothing of it may go on: what its command has left besides is ended,
 * one after the other, each in the place of the process. False where there is nothing more. */
static bool ends_rest(struct process *process, int code, int signal)
{
    struct life *life = &process->life;
    struct forking *forking = life->forking;
    struct orphan_search search = search_orphans(process);
    if (!search.count || !(process_ends_group(process) || process_has_failed(process)))
        return false;
    struct child *child = child_adopt(process->object.run->loop, search.best.pid, process_exited, process);
    if (!child)
        return false;
    remove_named(forking, search.best.pid);
    child_free(life->child);
    life->child = child;
    life->signalled = false;
    if (forking->state != FORKING_ENDS) {
        process_settle_pidfile(process);
        forking->state = FORKING_ENDS;
        forking->code = code;
        forking->signal = signal;
        timer_stop(forking->limit);
        if (life->monitor)
            monitor_stop(life->monitor);
        descendants_children(ask_to_end, process);
    }
    process_end_rest(process);
    return true;
}

bool process_goes_on(struct process *process, int *code, int *signal)
{
    struct life *life = &process->life;
    struct forking *forking = life->forking;
    bool well = !*code && !*signal, goes_on = false;
    if (!forking)
        return false;
    if (forking->state == FORKING_COMMAND && (well || is_asked(process)))
        goes_on = command_ended(process);
    else if (forking->state == FORKING_FOUND)
        goes_on = leaves_another(process, well);
    if (goes_on)
        return true;
    if (forking->state == FORKING_ENDS) {
        *code = forking->code;
        *signal = forking->signal;
    }
    life->end.code = *code; /* whether it has failed says whether there is another life */
    life->end.signal = *signal;
    if (ends_rest(process, *code, *signal))
        return true;
    forking->state = FORKING_OVER;
    timer_stop(forking->limit);
    return false;
}

void process_end_search(struct process *process)
{
    const struct forking *forking = process->life.forking;
    if (forking && forking->state == FORKING_SEARCHES && !adopt_orphan(process))
        loop_defer(process->object.run->loop, give_up, process);
}

bool process_print_search(const struct process *process, struct buf *out)
{
    const struct forking *forking = process->life.forking;
    if (!forking || forking->state != FORKING_SEARCHES)
        return false;
    buf_text(out, "its command has ended; what it has left in the background is looked for");
    if (forking->pidfile && forking->why)
        buf_printf(out, ": its pidfile %s %s", forking->pidfile, forking->why);
    return true;
}

void process_follow_session(struct process *process)
{
    struct life *life = &process->life;
    pid_t session = life->forking && life->forking->state == FORKING_FOUND && !life->exited ? getsid(life->pid) : 0;
    if (session > 0 && session != getsid(0))
        life->session = session;
}

void process_settle_pidfile(struct process *process)
{
    const struct forking *forking = process->life.forking;
    if (forking && forking->pidfile && process->life.pid != forking->command)
        pidfile_remove(forking->pidfile, process->life.pid);
}

void process_free_forking(struct forking *forking)
{
    if (!forking)
        return;
    timer_free(forking->look);
    timer_free(forking->limit);
    free(forking->pidfile);
    free(forking->entry);
    free(forking->why);
    free(forking);
}
