/* Starting a run in the background. */
#include "cli/control/background.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/control/find.h"
#include "cli/control/link.h"
#include "cli/control/run_logs.h"
#include "cli/options.h"
#include "cli/runner/complain.h"
#include "cli/runner/runner.h"
#include "cli/runner/status.h"
#include "engine/run.h"
#include "log/terminal_text.h"
#include "os/guard.h"
#include "os/private_socket.h"
#include "scenario/spec.h"
#include "serve/identity.h"
#include "view/view.h"

/* So many lines of the log are printed where a start fails. */
#define TAIL_LINES 20

/* Where the run has what tells of its socket. */
#define TOLD_FD 3

/* Signals that end the run as long as it is waited for. */
static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static volatile pid_t started;          /* the run's guard */
static volatile sig_atomic_t interrupt; /* the signal that has come; 0: none */

struct starting {
    struct arena *arena;
    struct options options; /* of the run */
    struct background background;
    struct runner_args order;
    const char *directory; /* of the log */
    struct buf row; /* what ps tells of it when it has ended */
    int process;    /* a descriptor of its guard */
};

/* As run -d without -d: for who asks whether there are clients. */
void background_tell(const struct background *background, int can)
{
    ssize_t written = write(background->told, can ? "y" : "n", 1);
    (void)written; /* who has started it may be gone, and the run goes on */
    close(background->told);
}

static void check_stream(struct diags *diags, const char *option, const struct object_spec *object, const struct stream_spec *stream,
                         int fd)
{
    static const char *const hints[] = {"take 'stdin' away, or give it a file", "'log' is the run's log"};
    static const char *const names[] = {"stdin", "stdout"};
    if (stream->kind != STREAM_INHERIT || fd == STDERR_FILENO)
        return;
    if (fd < STDERR_FILENO)
        diag_error(diags, object->mark, hints[fd], "process '%s': '%s: inherit' does not go with %s: a run in the background has let go "
                   "of what its caller has", object->name, names[fd], option);
    else
        diag_error(diags, object->mark, "give it a file or a queue", "process '%s': to inherit descriptor %d does not go with %s: a run in "
                   "the background has let go of what its caller has", object->name, fd, option);
}

/* Nothing of what the caller has is there: false, told with its place, where the scenario wants it. */
static bool is_apart(const struct options *options, const struct scenario *scenario, const struct mask *mask)
{
    const char *option = options->apart.view ? "--view" : "-d";
    struct diags *diags = diags_new();
    for (size_t i = 0; i < scenario->process_count; i++) {
        const struct process_spec *process = &scenario->processes[i];
        if (!process->object.when)
            continue;
        for (int fd = 0; fd < (int)countof(process->streams); fd++)
            check_stream(diags, option, &process->object, process->streams[fd], fd);
        for (size_t n = 0; n < process->fd_count; n++)
            check_stream(diags, option, &process->object, &process->fds[n].stream, process->fds[n].fd);
    }
    for (size_t i = 0; i < scenario->pool_count; i++) {
        const struct pool_spec *pool = &scenario->pools[i];
        if (pool->object.when && pool->tasks.path && !strcmp(pool->tasks.path, "-"))
            diag_error(diags, pool->tasks.mark, "give the tasks as a file",
                       "pool '%s': tasks from standard input do not go with %s", pool->object.name, option);
    }
    bool apart = !diags_count(diags);
    complain_diags(diags, mask);
    diags_free(diags);
    return apart;
}

/* True, told, where a run of this file goes on. */
static bool runs_already(const struct options *options, const struct found_run *runs, size_t count)
{
    const char *file = options->file, *word = options->apart.view ? "view" : "stop -r", *does = options->apart.view ? "show" : "end";
    char *path = realpath(file, NULL);
    bool found = false;
    for (size_t i = 0; path && !found && i < count; i++) {
        const struct value *identity = runs[i].identity;
        char *other = realpath(control_text(identity, "file"), NULL);
        found = other && !strcmp(path, other);
        free(other);
        if (found)
            complain("%s runs already, as %s, process %ld: parrun %s %s would %s it, --again starts another", file,
                     control_text(identity, "run"), (long)control_number(identity, "pid", 0), word, control_text(identity, "run"), does);
    }
    free(path);
    return found;
}

static void settle(void *arg, int status)
{
    struct starting *starting = arg;
    private_socket_remove(starting->order.socket);
    run_log_end(starting->background.log, starting->row.data, status);
}

static int run(void *arg)
{
    struct starting *starting = arg;
    return runner_main(&starting->order);
}

/* Lets go of all that the caller has; false where there is no log. */
static bool let_go(const struct starting *starting, int told)
{
    struct error error = {0};
    if (run_log_take(starting->background.log, &error)) {
        complain_of(&error);
        return false;
    }
    setsid();
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    if (told != TOLD_FD)
        dup3(told, TOLD_FD, O_CLOEXEC);
    close_range(TOLD_FD + 1, ~0U, 0);
    run_log_hold(starting->directory, starting->background.id);
    return true;
}

/* In the new process, which becomes the run's guard. */
static _Noreturn void become_run(struct starting *starting, int told, const struct scenario *scenario, const sigset_t *mask)
{
    struct run identity = {.identity.id = mem_strdup(starting->background.id), .scenario = scenario, .identity.pid = (long)getpid(), .identity.wall = clock_wall(),
                           .identity.log_file = starting->background.log};
    if (!let_go(starting, told))
        _exit(STATUS_SYSTEM);
    starting->background.told = TOLD_FD;
    buf_char(&starting->row, '{');
    identity_print(&identity, &starting->row);
    free(identity.identity.id);
    sigprocmask(SIG_SETMASK, mask, NULL);
    guard_run("runner", run, settle, starting);
}

static void pass_on(int signal_number)
{
    interrupt = signal_number;
    if (started > 0)
        kill(started, signal_number == SIGHUP ? SIGTERM : signal_number);
}

/* What asks this command to end asks the run, but for what was ignored already. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = pass_on}, old;
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < countof(ending); i++)
        if (!sigaction(ending[i], NULL, &old) && old.sa_handler != SIG_IGN)
            sigaction(ending[i], &action, NULL);
}

/* Forks the run; a descriptor that tells of its socket, or a negative code with ERROR filled. */
static int start(struct starting *starting, const struct scenario *scenario, struct error *error)
{
    int ends[2];
    sigset_t set, mask;
    sigemptyset(&set);
    for (size_t i = 0; i < countof(ending); i++)
        sigaddset(&set, ending[i]);
    if (pipe2(ends, O_CLOEXEC))
        return error_system(error, errno, "cannot open a pipe");
    fflush(NULL);
    sigprocmask(SIG_BLOCK, &set, &mask);
    pid_t pid = fork();
    if (!pid)
        become_run(starting, ends[1], scenario, &mask);
    int number = errno;
    started = pid;
    if (pid > 0)
        catch_signals();
    sigprocmask(SIG_SETMASK, &mask, NULL);
    close(ends[1]);
    if (pid > 0) {
        starting->process = (int)syscall(SYS_pidfd_open, pid, 0);
        return ends[0];
    }
    close(ends[0]);
    return error_system(error, number, "cannot start the run");
}

/* Waits until the run has its socket; false where it has ended before, or has none. */
static bool await_socket(const struct starting *starting, int told)
{
    struct pollfd fds[] = {{.fd = told, .events = POLLIN}, {.fd = starting->process, .events = POLLIN}};
    char byte = 'n';
    while (poll(fds, countof(fds), -1) < 0 && errno == EINTR)
        continue;
    bool heard = fds[0].revents & POLLIN && read(told, &byte, 1) == 1;
    if (heard && byte == 'n')
        kill(started, SIGTERM); /* nobody could ever ask it to end */
    return heard && byte == 'y';
}

/* The number NAME of the run's answer to REQUEST, and of what it says on the way the state, as far as it is *RUNNING. -1: none came. */
static int ask(struct control_link *link, const char *request, bool *running)
{
    struct error error = {0};
    const char *text;
    struct value line;
    int status = control_send(link, request, &error) ? -1 : -2;
    while (status == -2) {
        if (control_next(link, &text, &line, &error) != 1)
            status = -1;
        else if (value_member(&line, "ps"))
            *running = !strcmp(control_text(value_member(&line, "ps"), "state"), "running");
        else
            status = (int)control_number(&line, "status", -2);
    }
    error_release(&error);
    return status;
}

/* How it came up, as a status; below 0: it has ended, or ends. */
static int await_up(const struct starting *starting)
{
    struct control_link link;
    struct error error = {0};
    bool running = false;
    if (control_open(&link, private_socket_path(starting->order.socket), &error)) {
        error_release(&error);
        return -1;
    }
    int status = ask(&link, "{\"id\":1,\"wait\":[]}", &running);
    if (status > STATUS_OK && (ask(&link, "{\"id\":2,\"ps\":[]}", &running) < 0 || !running))
        status = -1;
    control_close(&link);
    return interrupt ? -1 : status;
}

static void print_tail(const char *log)
{
    struct buf text = {0};
    run_log_tail(log, TAIL_LINES, &text);
    if (isatty(STDERR_FILENO)) { /* what processes wrote is in it */
        struct terminal_text terminal = {0};
        struct buf shown = {0};
        terminal_put(&terminal, &shown, buf_string(&text), text.length);
        terminal_end(&terminal, &shown);
        buf_release(&text);
        text = shown;
    }
    fprintf(stderr, "%s", buf_string(&text));
    buf_release(&text);
}

/* Waits for the end of a run that has ended, BEFORE it was up, or has done all that it had to. Its status. */
static int report_end(const struct starting *starting, const char *before)
{
    const struct background *background = &starting->background;
    int status = 0;
    while (waitpid(started, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_OK) {
        printf("%s\n", background->id);
        return flush_output();
    }
    if (WIFSIGNALED(status))
        complain("the run was ended by SIG%s%s; its log is %s and ends with:", sigabbrev_np(WTERMSIG(status)), before, background->log);
    else
        complain("the run has ended with status %d%s; its log is %s and ends with:", WEXITSTATUS(status), before, background->log);
    print_tail(background->log);
    if (WIFSIGNALED(status))
        die_by_signal(WTERMSIG(status));
    return WEXITSTATUS(status);
}

static int report(const struct starting *starting, int up)
{
    const struct background *background = &starting->background;
    if (up < 0)
        return report_end(starting, " before all was up");
    printf("%s\n", background->id);
    int flushed = flush_output();
    if (up == STATUS_OK)
        return flushed;
    complain("not all of it came up, and the rest goes on: see parrun status -r %s; its log is %s and ends with:", background->id,
             background->log);
    print_tail(background->log);
    return up;
}

/* Ends the run as parrun stop does. Its status. */
static int stop(const struct starting *starting)
{
    struct control_link link;
    struct error error = {0};
    bool running;
    int status = -1;
    if (!control_open(&link, private_socket_path(starting->order.socket), &error)) {
        status = ask(&link, "{\"id\":1,\"stop\":[]}", &running);
        control_close(&link);
    }
    error_release(&error);
    if (status < 0)
        return report_end(starting, "");
    while (waitpid(started, NULL, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

/* Shows the run. Who leaves may let it go on; else it is stopped, as it is where this command is asked to end. */
static int show(const struct starting *starting)
{
    struct error error = {0};
    int signal_number = 0;
    struct pollfd process = {.fd = starting->process, .events = POLLIN};
    int end = view_run(private_socket_path(starting->order.socket), true, &signal_number, &error);
    if (end < 0)
        complain_of(&error);
    if (end == VIEW_STOPPED || end < 0)
        return stop(starting);
    if (end == VIEW_LEFT && !signal_number) {
        if (poll(&process, 1, 0) > 0)
            return report_end(starting, "");
        printf("%s\n", starting->background.id);
        return flush_output();
    }
    pass_on(signal_number ? signal_number : SIGHUP);
    while (waitpid(started, NULL, 0) < 0 && errno == EINTR)
        continue;
    die_by_signal(signal_number ? signal_number : SIGHUP);
}

/* Sorts by time, and no two runs of a machine share it: it is made before there is the process that is the run. */
static const char *make_id(struct arena *arena)
{
    struct buf id = {0};
    clock_print_short(&id, clock_wall());
    const char *made = arena_printf(arena, "%s-%ld", id.data, (long)getpid());
    buf_release(&id);
    return made;
}

/* All but the scenario's own mistakes is looked at under the lock: of two who start the same file at once one comes second. */
static int start_locked(struct starting *starting, const char *directory, struct scenario *scenario, int *told, struct error *error)
{
    const struct options *options = &starting->options;
    struct found_run *living = NULL;
    size_t count = control_runs(starting->arena, &living);
    if (!options->apart.again && runs_already(options, living, count))
        return STATUS_DOWN;
    run_logs_prune(directory, living, count);
    starting->directory = directory;
    starting->background.id = make_id(starting->arena);
    starting->background.log = arena_printf(starting->arena, "%s/%s.log", directory, starting->background.id);
    starting->options.apart.background = &starting->background;
    int log = open(starting->background.log, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (log < 0) {
        error_system(error, errno, "cannot write the log to '%s'", starting->background.log);
        return STATUS_SYSTEM;
    }
    close(log);
    starting->order.options = &starting->options;
    starting->order.socket = private_socket_new();
    *told = starting->order.socket ? start(starting, scenario, error)
                                   : error_set(error, ERROR_FAILED, "there is no memory for the run's socket");
    return *told < 0 ? STATUS_SYSTEM : STATUS_OK;
}

static int start_loaded(struct starting *starting, struct scenario *scenario)
{
    struct error error = {0};
    int told = -1;
    const char *directory = run_logs_directory(starting->arena, &error);
    int lock = directory ? run_logs_lock(directory, &error) : -1;
    int status = lock < 0 ? STATUS_SYSTEM : start_locked(starting, directory, scenario, &told, &error);
    bool there = told >= 0 && await_socket(starting, told);
    if (lock >= 0)
        close(lock);
    if (error.text)
        complain_of(&error);
    if (told < 0)
        return status;
    close(told);
    status = starting->options.apart.view && there ? show(starting) : report(starting, there ? await_up(starting) : -1);
    if (starting->process >= 0)
        close(starting->process);
    return status;
}

int background_run(const struct options *options)
{
    struct starting starting = {.arena = arena_new(), .options = *options, .process = -1};
    struct scenario_sources *held = NULL;
    struct error error = {0};
    struct scenario *scenario = options->apart.view && view_check(&error) ? NULL : runner_load(options, &held);
    int status = error.code ? complain_of(&error) : STATUS_USAGE;
    starting.order.scenario = scenario;
    starting.order.sources = held;
    if (scenario && is_apart(options, scenario, scenario_mask(held)))
        status = start_loaded(&starting, scenario);
    scenario_free(scenario);
    scenario_free_sources(held);
    arena_free(starting.arena);
    return status;
}
