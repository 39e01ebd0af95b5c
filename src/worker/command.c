/* Commands: those that are a pool's body, and those that a Lua body runs. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/refusal.h"
#include "base/unit.h"
#include "os/cgroup.h"
#include "os/descendants.h"
#include "os/spawn.h"
#include "os/spawn_attributes.h"
#include "os/sync_file.h"
#include "script/script.h"
#include "wire/task_variables.h"
#include "worker/input.h"
#include "worker/private.h"
#include "worker/render.h"

/* How long output is still read after a command's end, when somebody else holds its pipe. */
#define DRAIN_TIME (200 * NS_PER_MS)

/* So long where that is another of its group, such as a filter that the command has put behind itself. */
#define FILTER_TIME (5 * NS_PER_S)

#define READ_SIZE (64 << 10)

/* A command under way. STREAMS are read until their end; SINK takes what they give. */
struct command_run {
    struct worker *worker;
    pid_t pid;
    int pidfd;
    bool leads;
    int streams[2]; /* -1: ended */
    struct command_input input;
    void (*sink)(struct command_run *run, int stream, const char *bytes, size_t length);
    struct script_result *captured;
    bool exited;
    bool signalled;    /* the whole group got the stop signal */
    bool killed;
    int64_t look_time; /* it has exited, but is waited for its group, at which is looked so often; 0: no */
    int64_t look_at;
    int64_t memory; /* bytes that it held at most */
    int64_t cpu;    /* ns that it used, with those of its children that it waited for */
    int status;
    int64_t drain_until;
    int64_t filter_until; /* while its group lives */
    bool ending;          /* nothing but REST is read any more, however long the runner takes for it */
    int rest[2];          /* bytes */
    int64_t deadline;   /* 0: none */
    int64_t kill_at;    /* 0: not being stopped */
    enum outcome early; /* why it is being stopped */
};

static void sink_task(struct command_run *run, int stream, const char *bytes, size_t length)
{
    output_write(run->worker, stream, bytes, length);
}

static void sink_capture(struct command_run *run, int stream, const char *bytes, size_t length)
{
    buf_append(stream ? &run->captured->err : &run->captured->out, bytes, length);
}

/* The cgroup of a pool's command; what a Lua body runs is where the body is. */
static struct cgroup *run_cgroup(const struct command_run *run)
{
    return run->worker->command ? render_cgroup(run->worker->command) : NULL;
}

static void run_kill(const struct command_run *run)
{
    if (run_cgroup(run))
        cgroup_kill(run_cgroup(run));
    kill(run->leads ? -run->pid : run->pid, SIGKILL);
}

bool command_group_lives(pid_t group)
{
    return !kill(-group, 0) || errno == EPERM;
}

void command_kill_all(struct worker *worker)
{
    if (worker->child)
        kill(worker->child_leads ? -worker->child : worker->child, SIGKILL);
}

static void close_stream(struct command_run *run, int stream)
{
    close(run->streams[stream]);
    run->streams[stream] = -1;
}

/* One read of a stream; its end closes it. */
static void read_stream(struct command_run *run, int stream)
{
    char bytes[READ_SIZE];
    size_t most = run->ending && run->rest[stream] < READ_SIZE ? (size_t)run->rest[stream] : sizeof(bytes);
    ssize_t length = read(run->streams[stream], bytes, most);
    if (length > 0)
        run->sink(run, stream, bytes, (size_t)length);
    if (length > 0 && run->ending)
        run->rest[stream] -= (int)length;
    if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR) || (run->ending && run->rest[stream] <= 0))
        close_stream(run, stream);
}

/* The stop signal to the group, or to its leader alone. */
static void ask(const struct command_run *run)
{
    bool group = run->leads && run->signalled;
    kill(group ? -run->pid : run->pid, run->worker->config.stop.signal);
    kill(group ? -run->pid : run->pid, SIGCONT); /* a stopped process acts on no other signal */
}

/* Begins to end it before its time: the signal now, SIGKILL after the grace. */
static void run_stop(struct command_run *run, enum outcome why)
{
    if (run->kill_at || run->exited)
        return;
    run->early = why;
    run->kill_at = clock_monotonic() + run->worker->config.stop.grace;
    run->signalled = !run->worker->config.stop.leader;
    ask(run);
}

static int64_t ns_of(const struct timeval *time)
{
    return time->tv_sec * NS_PER_S + time->tv_usec * INT64_C(1000);
}

int64_t command_cpu(const struct rusage *usage)
{
    return ns_of(&usage->ru_utime) + ns_of(&usage->ru_stime);
}

/* Nothing of it runs any more but what has left its group: what is left is its output. */
static void run_over(struct command_run *run)
{
    if (run->kill_at && run_cgroup(run))
        cgroup_kill(run_cgroup(run)); /* a daemon of its own may have left its group */
    run->look_time = 0;
    run->worker->child = 0;
    run->drain_until = clock_monotonic() + DRAIN_TIME;
    run->filter_until = run->kill_at ? 0 : clock_monotonic() + FILTER_TIME;
}

/* Of a stopped command the whole group has the grace: what its leader leaves is waited for. */
static void run_await_group(struct command_run *run)
{
    run->look_time = GROUP_LOOK_FIRST;
    run->look_at = clock_monotonic() + run->look_time;
    if (run->signalled)
        return;
    run->signalled = true;
    ask(run);
}

static void run_look_at_group(struct command_run *run)
{
    int64_t now = clock_monotonic();
    if (now < run->look_at)
        return;
    if (!command_group_lives(run->pid)) {
        run_over(run);
        return;
    }
    run->look_time *= 2;
    if (run->look_time > GROUP_LOOK_LAST)
        run->look_time = GROUP_LOOK_LAST;
    run->look_at = now + run->look_time;
}

static void run_reap(struct command_run *run)
{
    struct rusage usage = {0};
    while (wait4(run->pid, &run->status, 0, &usage) < 0 && errno == EINTR)
        ;
    run->memory = (int64_t)usage.ru_maxrss * 1024;
    run->cpu = command_cpu(&usage);
    run->exited = true;
    if (run->kill_at && run->leads && command_group_lives(run->pid))
        run_await_group(run);
    else
        run_over(run);
}

/* It runs, or is waited for its group. */
static bool run_lives(const struct command_run *run)
{
    return !run->exited || run->look_time;
}

static void run_check_time(struct command_run *run)
{
    if (run->worker->cancelled)
        run_stop(run, OUTCOME_CANCELLED);
    if (run->look_time)
        run_look_at_group(run);
    int64_t limit = run->kill_at ? run->kill_at : run->deadline;
    if (!run_lives(run) || !limit || clock_monotonic() < limit)
        return;
    if (!run->kill_at) {
        run_stop(run, OUTCOME_TIMEOUT);
    } else if (run->exited && run->killed) {
        run_over(run); /* what SIGKILL does not end is waited for no longer */
    } else {
        run_kill(run);
        run->killed = true;
        run->kill_at += NS_PER_S;
    }
}

static int64_t run_deadline(const struct command_run *run)
{
    if (!run_lives(run))
        return run->ending ? 0 : run->drain_until;
    int64_t limit = run->kill_at ? run->kill_at : run->deadline;
    return run->look_time && run->look_at < limit ? run->look_at : limit;
}

static bool has_output(const struct command_run *run)
{
    return run->streams[0] >= 0 || run->streams[1] >= 0;
}

/* Others of its group live: that of a command of a process's body is the process's. */
static bool group_lives(const struct command_run *run)
{
    return run->leads ? command_group_lives(run->pid) : descendants_leads_others();
}

/* Somebody goes on holding a pipe of the command: what is written there from now on is lost. */
static void tell_unread(const struct command_run *run)
{
    static const char text[] = "what a command has left behind holds its output open, "
                               "which is read no longer";
    if (!run->kill_at && group_lives(run))
        log_write(run->worker, text, sizeof(text) - 1);
}

/* What stands in the pipes now was written by the command, or might have been, and is not lost where the runner takes its
 * time. */
static void finish_output(struct command_run *run)
{
    tell_unread(run);
    run->ending = true;
    for (int i = 0; i < 2; i++)
        if (run->streams[i] >= 0 && (ioctl(run->streams[i], FIONREAD, &run->rest[i]) || run->rest[i] <= 0))
            close_stream(run, i);
}

static bool run_is_done(struct command_run *run)
{
    if (run_lives(run))
        return false;
    int64_t now = clock_monotonic();
    if (!has_output(run))
        return true;
    if (run->ending || now < run->drain_until)
        return false;
    if (now >= run->filter_until || run->worker->cancelled || !group_lives(run))
        finish_output(run);
    else
        run->drain_until = now + DRAIN_TIME;
    return !has_output(run);
}

/* One wait: output, the command's end, frames from the runner, or a time limit. */
static void run_step(struct command_run *run)
{
    /* A runner that does not take the output makes the command wait, as a full pipe would. */
    bool held = run->captured == NULL && channel_is_full(run->worker);
    struct pollfd fds[4] = {
        {.fd = held ? -1 : run->streams[0], .events = POLLIN},
        {.fd = held ? -1 : run->streams[1], .events = POLLIN},
        {.fd = run->exited ? -1 : run->pidfd, .events = POLLIN},
        {.fd = input_waits(&run->input) ? run->input.pipe : -1, .events = POLLOUT},
    };
    channel_wait(run->worker, fds, 4, run_deadline(run));
    for (int i = 0; i < 2; i++)
        if (fds[i].revents)
            read_stream(run, i);
    if (fds[3].revents)
        input_feed(run->worker, &run->input);
    if (run->input.failed)
        run_stop(run, OUTCOME_FAILED);
    if (fds[2].revents)
        run_reap(run);
    run_check_time(run);
}

/* The whole life of a command that was started. */
static void run_to_its_end(struct command_run *run)
{
    run->worker->child = run->pid;
    run->worker->child_leads = run->leads;
    run->pidfd = pidfd_open(run->pid, 0);
    for (int i = 0; i < 2; i++)
        if (run->streams[i] >= 0)
            fcntl(run->streams[i], F_SETFL, O_NONBLOCK);
    if (run->pidfd < 0)
        run_reap(run); /* no descriptor to be had: wait for it at once, output last */
    else
        fcntl(run->pidfd, F_SETFD, FD_CLOEXEC);
    while (!run_is_done(run))
        run_step(run);
    for (int i = 0; i < 2; i++)
        if (run->streams[i] >= 0)
            close_stream(run, i);
    input_end(&run->input);
    if (run->pidfd >= 0)
        close(run->pidfd);
}

/* How a command ended that was started; TEXT says which of its limits it met, if it did. */
static void fill_result(const struct command_run *run, struct result *result, struct buf *text)
{
    int signal_number = WIFSIGNALED(run->status) ? WTERMSIG(run->status) : 0;
    struct program_end end = {
        .signal = signal_number,
        .code = WEXITSTATUS(run->status),
        .cpu = run->cpu,
        .out_of_memory = run_cgroup(run) && cgroup_met_limit(run_cgroup(run)),
    };
    result->memory = run->memory;
    result->out_of_memory = end.out_of_memory;
    result->cpu = run->cpu;
    if (run->kill_at) {
        result->outcome = run->early;
    } else if (signal_number) {
        result->outcome = OUTCOME_SIGNALED;
        result->number = signal_number;
    } else if (WEXITSTATUS(run->status)) {
        result->outcome = OUTCOME_EXITED;
        result->number = WEXITSTATUS(run->status);
    }
    if (run->kill_at && run->early == OUTCOME_FAILED)
        input_explain(&run->input, text);
    if (!run->kill_at && run->status)
        attributes_blame(render_attributes(run->worker->command), &end, text);
}

/* Opens a pipe whose writing end the command gets; a negative code where none is to be had. */
static int open_pipe(int ends[2], struct error *error)
{
    if (pipe2(ends, O_CLOEXEC))
        return error_system(error, errno, "cannot open a pipe for the command's output");
    return 0;
}

/* Opens as many pipes as there are WRITING ends to fill in; RUN reads them. On an error some may be open. */
static int open_pipes(struct command_run *run, int *writing, int count, struct error *error)
{
    int result = 0;
    for (int i = 0; !result && i < count; i++) {
        int ends[2];
        result = open_pipe(ends, error);
        if (result)
            break;
        run->streams[i] = ends[0];
        writing[i] = ends[1];
    }
    return result;
}

int command_spawn(struct worker *worker, const struct spawn_options *options, pid_t *pid,
                  struct error *error)
{
    struct refusal refusal = {0};
    int64_t wait;
    int result;
    while (refusal_may_pass(result = spawn_command(options, pid, error)) &&
           !worker->cancelled && refusal_waits(&refusal, &wait)) {
        int64_t until = clock_monotonic() + wait;
        error_release(error);
        while (!worker->cancelled && clock_monotonic() < until)
            channel_wait(worker, NULL, 0, until);
    }
    return result;
}

static int start_task(struct worker *worker, int64_t index, const struct spawn_options *rendered,
                      struct command_run *run, struct error *error)
{
    struct spawn_options options = *rendered;
    int descriptors[] = {render_null(worker->command), -1, -1};
    int count = worker->config.separate ? 2 : 1;
    int result = input_begin(worker, index, options.attributes, &run->input, error);
    if (!result)
        result = open_pipes(run, descriptors + 1, count, error);
    if (run->input.fd >= 0)
        descriptors[0] = run->input.fd;
    if (!worker->config.separate)
        descriptors[2] = descriptors[1];
    for (int i = 0; !result && i < count; i++)
        attributes_give(options.attributes, descriptors[i + 1]);
    options.place = SPAWN_GROUP;
    options.descriptors = descriptors;
    options.descriptor_count = countof(descriptors);
    if (!result)
        result = command_spawn(worker, &options, &run->pid, error);
    input_given(&run->input);
    for (int i = 0; i < count; i++) {
        if (descriptors[i + 1] >= 0)
            close(descriptors[i + 1]);
        if (result && run->streams[i] >= 0)
            close_stream(run, i);
    }
    if (result)
        input_end(&run->input);
    return result;
}

/* A dry run: the command that would be run, as an encoded value. */
static int plan_task(struct worker *worker, const struct worker_task *task, struct buf *encoded,
                     struct error *error)
{
    struct spawn_options options = {0};
    struct buf text = {0};
    int result = render_command(worker->command, worker, task, &options, error);
    if (!result)
        render_print(worker->command, &options, &text);
    value_encode_string(encoded, text.data, text.length);
    buf_release(&text);
    return result;
}

/* What becomes the file that the task creates is to be whole, after a power cut too. */
static void keep_output(const struct worker_task *task, struct result *told, struct buf *text)
{
    struct error error = {0};
    bool exited = told->outcome == OUTCOME_DONE || told->outcome == OUTCOME_EXITED; /* with a code that may be a success */
    if (!exited || !task->output_tmp || !sync_file(task->output_tmp, &error))
        return;
    told->outcome = OUTCOME_FAILED;
    buf_text(text, error.text);
    error_release(&error);
}

/* COMMAND gets the command as a line for a shell, where results tell it or it has failed. */
static int run_task(struct worker *worker, const struct worker_task *task, struct result *told,
                    struct buf *text, struct buf *command, struct error *error)
{
    struct command_run run = {
        .worker = worker, .leads = true, .streams = {-1, -1}, .input = {.fd = -1, .pipe = -1}, .sink = sink_task};
    struct spawn_options options = {0};
    if (task->timeout)
        run.deadline = clock_monotonic() + task->timeout;
    int result = render_command(worker->command, worker, task, &options, error);
    if (result)
        return result;
    result = start_task(worker, task->index, &options, &run, error);
    if (!result) {
        run_to_its_end(&run);
        fill_result(&run, told, text);
        keep_output(task, told, text);
    }
    if (result || told->outcome != OUTCOME_DONE || worker->config.tell_command)
        render_print(worker->command, &options, command);
    return result;
}

void command_run_task(struct worker *worker, const struct worker_task *task)
{
    struct result told = {.id = task->id};
    struct error error = {0};
    struct buf text = {0};
    struct buf command = {0};
    int64_t started = worker->now;
    int result = worker->config.dry ? plan_task(worker, task, &text, &error)
                                    : run_task(worker, task, &told, &text, &command, &error);
    if (result)
        told.outcome = OUTCOME_FAILED;
    worker->now = clock_monotonic();
    told.duration = worker->now - started;
    told.text = result ? error.text : buf_string(&text);
    told.text_length = result ? strlen(error.text) : text.length;
    told.spent = !result;
    told.command = buf_string(&command);
    told.command_length = command.length;
    result_write(worker, &told);
    error_release(&error);
    buf_release(&text);
    buf_release(&command);
}

static int start_captured(const struct script_command *command, struct command_run *run,
                          struct error *error)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0)
        return error_system(error, errno, "cannot open /dev/null");
    int descriptors[] = {null, -1, -1};
    int result = open_pipes(run, descriptors + 1, 2, error);
    struct variables variables = {0};
    const char **told = NULL;
    if (run->worker->told) {
        variables_fill(&variables, run->worker->told);
        told = variables_environment(&variables, (const char *const *)environ);
    }
    struct spawn_options options = {
        .argv = command->argv,
        .environment = told ? told : (const char *const *)environ,
        .descriptors = descriptors,
        .descriptor_count = countof(descriptors),
        .place = run->leads ? SPAWN_GROUP : SPAWN_HERE,
    };
    if (!result)
        result = variables_fit(&variables, command->argv, error);
    if (!result)
        result = command_spawn(run->worker, &options, &run->pid, error);
    free(told);
    variables_release(&variables);
    for (int i = 0; i < 3; i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    for (int i = 0; result && i < 2; i++)
        if (run->streams[i] >= 0)
            close_stream(run, i);
    return result;
}

int command_run_captured(struct worker *worker, const struct script_command *command,
                         struct script_result *result, struct error *error)
{
    struct command_run run = {
        .worker = worker,
        .leads = !worker->config.process, /* a process's stop signal goes to its whole group */
        .streams = {-1, -1},
        .input = {.fd = -1, .pipe = -1},
        .sink = sink_capture,
        .captured = result,
        .deadline = worker->deadline,
    };
    int code = start_captured(command, &run, error);
    if (code)
        return code;
    run_to_its_end(&run);
    if (run.kill_at)
        return error_set(error, run.early == OUTCOME_TIMEOUT ? ERROR_TIMEOUT : ERROR_STOPPED,
                         "the command was ended with its body");
    result->signal = WIFSIGNALED(run.status) ? WTERMSIG(run.status) : 0;
    result->code = WIFSIGNALED(run.status) ? -1 : WEXITSTATUS(run.status);
    return 0;
}
