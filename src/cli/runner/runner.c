/* The runner: one run from loading the scenario to its exit status. */
#include "cli/runner/runner.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/unit.h"
#include "child/limits.h"
#include "cli/control/background.h"
#include "cli/control/run_logs.h"
#include "cli/declare.h"
#include "cli/each/each.h"
#include "cli/log_settings.h"
#include "cli/options.h"
#include "cli/runner/complain.h"
#include "cli/runner/descriptors.h"
#include "cli/runner/durable_queues.h"
#include "cli/runner/invocation.h"
#include "cli/runner/job_control.h"
#include "cli/runner/journal.h"
#include "cli/runner/log.h"
#include "cli/runner/objects.h"
#include "cli/runner/only_objects.h"
#include "cli/runner/only_tasks.h"
#include "cli/runner/preflight.h"
#include "cli/runner/progress.h"
#include "cli/runner/samples.h"
#include "cli/runner/status.h"
#include "cli/runner/systemd_service.h"
#include "cli/watchdog.h"
#include "engine/dependencies.h"
#include "engine/report.h"
#include "engine/run.h"
#include "event/bus.h"
#include "log/destination.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "os/cgroup.h"
#include "os/descendants.h"
#include "os/guard.h"
#include "os/nofile.h"
#include "os/private_socket.h"
#include "os/spawn_child.h"
#include "os/stdio.h"
#include "os/terminal.h"
#include "pool/job_tokens.h"
#include "pool/pool.h"
#include "scenario/spec.h"
#include "script/shared.h"
#include "serve/control_socket.h"
#include "serve/desk.h"
#include "store/database.h"
#include "store/journal.h"
#include "store/queue_store.h"
#include "store/resume.h"
#include "watch/watchers.h"

/* How long a log that nobody reads is waited for once the run was stopped. */
#define LOG_PATIENCE (5 * NS_PER_S)

static const int caught_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGTSTP,
                                     SIGWINCH};

struct runner {
    struct run run;
    const struct background *background; /* NULL: it is in the foreground */
    pid_t guard;
    struct pause pause;
    struct log *log;
    struct log_settings settings; /* of it */
    struct progress *progress; /* NULL: nobody wants to see it */
    struct samples *samples;   /* NULL: nobody reads them */
    bool log_full;
    struct journal *journal; /* NULL: none */
    bool journal_full;
    struct buf report; /* what of the journal and the queues could not be written */
    struct timer *patience;
    struct watchdog *watchdog; /* NULL: none */
    struct cgroups *cgroups;
    struct buf no_cgroups[CGROUP_CONTROLLERS]; /* why not */
    struct invocation_text invocation;
    bool finishing; /* only the journal and the log are still being written */
    bool logging;   /* only the log is */
};

static void stop_loop(void *arg)
{
    struct runner *runner = arg;
    loop_stop(runner->run.loop);
}

static void on_signal(void *arg, int signal_number)
{
    struct runner *runner = arg;
    if (signal_number == SIGUSR1) {
        report_status(&runner->run);
        return;
    }
    if (signal_number == SIGTSTP) {
        pause_run(&runner->pause);
        return;
    }
    if (signal_number == SIGWINCH) {
        run_resize(&runner->run);
        return;
    }
    guard_heard();
    if (signal_number == SIGHUP && runner->background)
        return; /* it has no terminal that could hang up */
    runner->run.stop.orphaned |= getppid() != runner->guard;
    bool again = runner->run.stop.cause != STOP_NONE;
    run_stop(&runner->run, STOP_SIGNAL, signal_number);
    if (!runner->finishing)
        return;
    if (again)
        stop_loop(runner);
    else if (runner->logging)
        timer_start(runner->patience, LOG_PATIENCE);
}

static void on_hold(void *arg, bool held)
{
    struct runner *runner = arg;
    runner->log_full = held;
    run_hold(&runner->run, held || runner->journal_full);
}

static void hold_for_journal(struct runner *runner, bool held)
{
    runner->journal_full = held;
    run_hold(&runner->run, held || runner->log_full);
}

static bool on_settle(void *arg)
{
    struct runner *runner = arg;
    bool kept = durable_wait(&runner->run);
    return run_recorded(&runner->run, NULL, 0) && kept;
}

static bool on_counts(void *arg, const char *pool, size_t length)
{
    const struct runner *runner = arg;
    bool kept = !runner->run.queue_set.store || !queue_store_has_failed(runner->run.queue_set.store);
    return kept && run_recorded(&runner->run, pool, length);
}

static void on_journal_full(void *arg)
{
    hold_for_journal(arg, true);
}

static void on_journal_room(void *arg)
{
    hold_for_journal(arg, false);
}

static void on_closed(void *arg)
{
    struct runner *runner = arg;
    if (!runner->run.stop.cause)
        run_stop(&runner->run, STOP_OUTPUT, 0);
}

/* At its end the run tells of it beside its exit status. */
static void on_unwritten(void *arg, const char *name, int number)
{
    struct runner *runner = arg;
    struct buf reason = {0};
    struct event event = {.kind = EVENT_RUN_UNWRITTEN, .flags = EVENT_WRONG};
    if (runner->run.over)
        return;
    buf_printf(&reason, "%s cannot be written: %s", name, target_reason(number));
    event.reason = buf_string(&reason);
    bus_emit(runner->run.bus, &event);
    buf_release(&reason);
}

static void on_log_finished(void *arg)
{
    struct runner *runner = arg;
    control_socket_settle(runner->run.service.control, stop_loop, runner);
}

/* All else is on the disk. */
static void on_journal_finished(void *arg)
{
    struct runner *runner = arg;
    runner->logging = true;
    if (runner->run.stop.cause)
        timer_start(runner->patience, LOG_PATIENCE);
    log_finish(runner->log);
}

static void on_queues_finished(void *arg)
{
    struct runner *runner = arg;
    if (runner->journal)
        journal_finish(runner->journal);
    else
        on_journal_finished(runner);
}

/* Nothing runs any more: the queues, the journal, then the log are written to their ends. */
static void on_run_ended(void *arg)
{
    struct runner *runner = arg;
    runner->finishing = true;
    control_socket_close(runner->run.service.control);
    progress_free(runner->progress);
    runner->progress = NULL;
    samples_free(runner->samples);
    runner->samples = NULL;
    if (runner->run.queue_set.store)
        durable_finish(&runner->run);
    else
        on_queues_finished(runner);
}

/* "20260102T030405Z-928": sorts by time, and no two runs of a machine share it. */
static char *make_id(void)
{
    struct buf id = {0};
    clock_print_short(&id, clock_wall());
    buf_printf(&id, "-%ld", (long)getpid());
    return buf_take(&id);
}

static int fail(const struct run *run, struct error *error, int status)
{
    struct buf text = {0};
    mask_text(run->mask, &text, error->text, strlen(error->text));
    complain("%s", buf_string(&text));
    buf_release(&text);
    error_release(error);
    return status;
}

static int status_of(const struct runner *runner, bool whole)
{
    const struct run *run = &runner->run;
    if (run->outcome.refused)
        return STATUS_SYSTEM;
    if (!whole || run->outcome.unwritten)
        return STATUS_OUTPUT;
    return run->outcome.failed ? run->outcome.code : STATUS_OK;
}

/* Ends the process as the run says. */
static int end_run(struct runner *runner)
{
    struct buf report = {0};
    struct error error = {0};
    if (runner->background && run_log_take(runner->background->log, &error)) /* it may have rotated */
        error_release(&error);
    bool whole = log_report(runner->log, &report);
    buf_append(&report, runner->report.data, runner->report.length);
    whole = whole && !runner->report.length;
    buf_release(&runner->report);
    int status = status_of(runner, whole);
    int signal_number = runner->run.stop.cause == STOP_SIGNAL   ? runner->run.stop.signal
                        : runner->run.stop.cause == STOP_OUTPUT ? SIGPIPE
                                                                : 0;
    cgroups_close(runner->cgroups);
    mask_buf(runner->run.mask, &report);
    stdio_say(buf_string(&report));
    buf_release(&report);
    if (signal_number)
        die_by_signal(signal_number);
    return status;
}

static void release_run(struct run *run)
{
    pools_release_claims(run);
    durable_end(run);
    loop_free(run->loop);
    queues_free(run);
    bus_free(run->bus);
    desk_free(run->service.desk);
    shared_free(run->service.shared);
    resume_free(run->selection.resume);
    terminal_free(run->machine.terminal);
    graph_free(run->all.graph);
    free(run->selection.tasks);
    free(run->identity.id);
}

/* The journal and the results are opened first: where another run has them, that run's log is left alone. */
static int open_books(struct runner *runner, const struct options *options, struct error *error)
{
    static const struct log_callbacks log_callbacks = {
        .hold = on_hold, .closed = on_closed, .unwritten = on_unwritten, .finished = on_log_finished};
    static const struct journal_callbacks journal_callbacks = {
        .settle = on_settle,
        .counts = on_counts,
        .full = on_journal_full,
        .room = on_journal_room,
        .finished = on_journal_finished,
    };
    struct run *run = &runner->run;
    struct database *database;
    int result = journaling_open(options, run, &database, error);
    if (result)
        return result;
    result = run->plan.dry ? 0 : pools_claim_results(run, error);
    if (!result)
        runner->log = log_new(run->loop, run->bus, &runner->settings, &run->scenario->log, options,
                              run->identity.id, &log_callbacks, runner, error);
    if (!runner->log) {
        database_close(database);
        return ERROR_FAILED;
    }
    result = durable_begin(run, on_queues_finished, runner, error);
    if (!result && database)
        return journaling_begin(options, run, database, &journal_callbacks, runner,
                                &runner->journal, error);
    if (result)
        database_close(database);
    return result;
}

static void close_books(struct runner *runner)
{
    if (runner->run.queue_set.store)
        queue_store_report(runner->run.queue_set.store, &runner->report);
    if (!runner->journal)
        return;
    journal_report(runner->journal, &runner->report);
    journal_free(runner->journal);
    runner->journal = NULL;
}

/* An outer make counts the tasks, or cannot: that is said once, as by make itself. */
static void join_make(struct run *run, const struct runner_args *order)
{
    if (run->plan.dry || !run->scenario->pool_count)
        return;
    if (order->jobserver)
        run->machine.tokens = tokens_new(run->loop, order->jobserver);
    if (order->no_jobserver)
        fprintf(stderr, "parrun: warning: make -j does not count what this run does: %s\n",
                order->no_jobserver);
}

/* What of the machine a run needs before all else; false, told on standard error, where it is not there. */
static bool prepare_machine(const struct options *options, const struct scenario *scenario)
{
    spawn_hold_self();
    nofile_raise(); /* every process of a run takes some descriptors here */
    if (!machine_has_stack())
        return false;
    if (options->plan.dry)
        return true;
    if (!machine_has_descriptors(scenario, options->jobs))
        return false;
    spawn_open_gates(need_descriptors(scenario, options->jobs));
    return true;
}

/* Opens what the run reads from and writes to. 0, or a negative code with ERROR filled. */
static int open_run(struct runner *runner, const struct options *options,
                    const struct scenario *scenario, const struct mask *mask, struct error *error)
{
    struct run *run = &runner->run;
    const struct background *background = options->apart.background;
    runner->background = background;
    *run = (struct run){
        .loop = loop_new(error),
        .bus = bus_new(),
        .scenario = scenario,
        .mask = mask,
        .identity.id = background ? mem_strdup(background->id) : make_id(),
        .identity.log_file = background ? background->log : NULL,
        .identity.pid = (long)getppid(),
        .identity.wall = clock_wall(),
        .service.shared = shared_new(),
        .plan.dry = options->plan.dry,
        .plan.tasks = options->plan.limit,
        .plan.tells_commands = options->files.joblog || options->story.trace,
        .jobs = options->jobs,
        .ended = on_run_ended,
        .ended_arg = runner,
    };
    if (!run->loop)
        return error->code;
    bus_date_by(run->bus, loop_read_number(run->loop));
    log_settings_init(&runner->settings, scenario, options);
    invocation_fill(&run->invocation, &runner->invocation, options);
    int result = options->select.resume_joblog ? each_read_joblog(options->each, run, error) : 0;
    if (!result)
        result = selected_tasks_read(options, run, error);
    return result ? result : open_books(runner, options, error);
}

/* Hears of signals and of children from now on, and takes the terminal and the cgroups. */
static void watch_system(struct runner *runner)
{
    struct run *run = &runner->run;
    runner->patience = timer_new(run->loop, stop_loop, runner);
    runner->pause.run = run;
    runner->guard = getppid();
    loop_catch_signals(run->loop, caught_signals, countof(caught_signals), on_signal, runner);
    loop_hear_children(run->loop);
    runner->watchdog = watchdog_start(run->loop);
    run->machine.terminal = terminal_open();
    if (run->machine.terminal)
        loop_watch_children(run->loop, pause_look, &runner->pause);
    if (!run->plan.dry)
        run->machine.cgroups = runner->cgroups =
            cgroups_open(attributes_controllers(run->scenario), runner->no_cgroups);
    run->machine.no_cgroups = runner->no_cgroups;
}

static void make_objects(struct run *run, const struct runner_args *order)
{
    join_make(run, order);
    if (!run->plan.dry) {
        machine_warn(run->scenario);
        attributes_warn(run);
    }
    objects_make(run);
    if (!run->plan.dry)
        run->service.control = control_socket_new(run, order->socket);
    if (order->options->apart.background)
        background_tell(order->options->apart.background, *private_socket_path(order->socket) != '\0');
    durable_tell_control_socket(run);
}

/* True where a process writes to what may be the terminal itself: a line below would stand in its way. */
static bool shares_terminal(const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->process_count; i++) {
        const struct process_spec *process = &scenario->processes[i];
        for (size_t fd = 0; fd < countof(process->streams); fd++)
            if (process->streams[fd]->kind == STREAM_INHERIT)
                return true;
        for (size_t fd = 0; fd < process->fd_count; fd++)
            if (process->fds[fd].stream.kind == STREAM_INHERIT)
                return true;
    }
    return false;
}

/* From the first start to behind the end; false where threads were left behind that still use the run. */
static bool go(struct runner *runner, const struct options *options)
{
    struct run *run = &runner->run;
    int fd;
    struct service *service = service_new(run);
    struct output *board = log_board(runner->log, &fd);
    if (board && (options->story.progress || !shares_terminal(run->scenario)))
        runner->progress = progress_new(run, board, fd, options->story.progress ? 0 : PROGRESS_PATIENCE);
    runner->samples = samples_new(run);
    watchers_open(run);
    run_start(run);
    loop_run(run->loop);
    watchers_close(run);
    close_books(runner);
    control_socket_free(run->service.control);
    run->service.control = NULL; /* what threads have posted is still to be called, see loop_free() */
    if (!objects_free(run))
        return false;
    service_free(service);
    tokens_free(run->machine.tokens);
    timer_free(runner->patience);
    watchdog_stop(runner->watchdog);
    release_run(run);
    return true;
}

static void release_runner(struct runner *runner)
{
    invocation_release(&runner->invocation);
    log_settings_release(&runner->settings);
    for (size_t i = 0; i < CGROUP_CONTROLLERS; i++)
        buf_release(&runner->no_cgroups[i]);
    log_free(runner->log);
}

static int run_scenario(const struct runner_args *order, const struct scenario *scenario,
                        const struct mask *mask)
{
    struct runner runner = {0};
    struct error error = {0};
    if (!prepare_machine(order->options, scenario))
        return STATUS_SYSTEM;
    if (open_run(&runner, order->options, scenario, mask, &error)) {
        int status = runner.run.loop ? error_status(&error) : STATUS_SYSTEM;
        log_free(runner.log);
        runner.log = NULL;
        release_run(&runner.run);
        release_runner(&runner);
        return fail(&runner.run, &error, status);
    }
    bus_mask(runner.run.bus, mask);
    runner.run.plan.tells_commands = runner.run.plan.tells_commands || log_tells_commands(runner.log);
    declare_run(&runner.run, &runner.settings);
    watch_system(&runner);
    make_objects(&runner.run, order);
    if (!go(&runner, order->options))
        _exit(end_run(&runner));
    int status = end_run(&runner);
    release_runner(&runner);
    return status;
}

/* False where --only names what is not there. */
static bool only(const struct options *options, struct scenario *scenario)
{
    struct error error = {0};
    if (only_apply(options, scenario, &error)) {
        complain_of(&error);
        return false;
    }
    only_warn(scenario);
    return true;
}

struct scenario *runner_load(const struct options *options, struct scenario_sources **held)
{
    struct scenario *scenario = cli_load(options, held);
    if (scenario && only(options, scenario) && (options->plan.dry || machine_fits(scenario, scenario_mask(*held), options->jobs)))
        return scenario;
    scenario_free(scenario);
    return NULL;
}

int runner_main(void *arg)
{
    const struct runner_args *order = arg;
    struct scenario_sources *held = order->sources;
    struct scenario *scenario = order->scenario ? order->scenario : runner_load(order->options, &held);
    int status = scenario ? run_scenario(order, scenario, scenario_mask(held)) : STATUS_USAGE;
    scenario_free(scenario);
    scenario_free_sources(held);
    return status;
}
