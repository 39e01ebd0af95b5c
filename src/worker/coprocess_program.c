/* A program that is kept running. */
#include "worker/coprocess_program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "os/cgroup.h"
#include "os/spawn.h"
#include "os/spawn_attributes.h"
#include "worker/private.h"
#include "worker/render.h"

#define READ_SIZE ((size_t)64 << 10)

/* The smallest room that a pipe can have is a page; the system rounds up. */
#define ONE_PAGE 1

/* Two pipes: the program reads ENDS[0] and writes ENDS[3]. */
static int open_pipes(int ends[4], struct error *error)
{
    if (pipe2(ends, O_CLOEXEC))
        return error_system(error, errno, "cannot open a pipe for the program's input");
    if (!pipe2(ends + 2, O_CLOEXEC))
        return 0;
    int number = errno;
    close(ends[0]);
    close(ends[1]);
    return error_system(error, number, "cannot open a pipe for the program's output");
}

static void close_end(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

/* Takes its status; what is left of its group is none of it any more. */
static void reap(struct program *program, struct worker *worker)
{
    struct rusage usage = {0};
    while (wait4(program->pid, &program->status, 0, &usage) < 0 && errno == EINTR)
        ;
    program->cpu = command_cpu(&usage);
    close(program->pidfd);
    program->pid = worker->child = 0;
}

/* Without a descriptor nobody would learn of its end. */
static int watch(struct program *program, struct worker *worker, struct error *error)
{
    program->pidfd = pidfd_open(program->pid, 0);
    if (program->pidfd >= 0) {
        fcntl(program->pidfd, F_SETFD, FD_CLOEXEC);
        return 0;
    }
    int number = errno;
    kill(-program->pid, SIGKILL);
    reap(program, worker);
    return error_system(error, number, "cannot watch the program");
}

int program_start(struct program *program, struct worker *worker, struct spawn_options *options,
                  struct error *error)
{
    int ends[4];
    int result = open_pipes(ends, error);
    if (result)
        return result;
    const int descriptors[] = {ends[0], ends[3], STDERR_FILENO};
    options->place = SPAWN_GROUP;
    options->descriptors = descriptors;
    options->descriptor_count = countof(descriptors);
    fcntl(ends[1], F_SETPIPE_SZ, ONE_PAGE);
    attributes_give(options->attributes, ends[0]);
    attributes_give(options->attributes, ends[3]);
    result = command_spawn(worker, options, &program->pid, error);
    close(ends[0]);
    close(ends[3]);
    program->in = ends[1];
    program->out = ends[2];
    fcntl(program->in, F_SETFL, O_NONBLOCK);
    fcntl(program->out, F_SETFL, O_NONBLOCK);
    buf_clear(&program->received);
    if (result)
        program->pid = 0;
    else
        result = watch(program, worker, error);
    if (result) {
        close_end(&program->in);
        close_end(&program->out);
        return result;
    }
    worker->child = program->pid;
    worker->child_leads = true;
    return 0;
}

void program_read(struct program *program)
{
    if (program->out < 0)
        return;
    ssize_t length = read(program->out, buf_reserve(&program->received, READ_SIZE), READ_SIZE);
    if (length > 0)
        buf_added(&program->received, (size_t)length);
    else if (length == 0 || (errno != EAGAIN && errno != EINTR))
        close_end(&program->out);
}

/* Waits for its end, no longer than to DEADLINE; what it still writes is kept. */
static bool wait_for_end(struct program *program, struct worker *worker, int64_t deadline)
{
    for (;;) {
        struct pollfd fds[2] = {
            {.fd = program->pidfd, .events = POLLIN},
            {.fd = program->received.length < READ_SIZE ? program->out : -1, .events = POLLIN},
        };
        channel_wait(worker, fds, 2, deadline);
        if (fds[1].revents)
            program_read(program);
        if (fds[0].revents)
            return true;
        if (clock_monotonic() >= deadline)
            return false;
    }
}

/* Its leader has ended: waits for the rest of the group, no longer than to DEADLINE. */
static bool wait_for_group(struct program *program, struct worker *worker, pid_t group,
                           int64_t deadline)
{
    for (int64_t look = GROUP_LOOK_FIRST;; look = look < GROUP_LOOK_LAST ? 2 * look : look) {
        int64_t now = clock_monotonic();
        if (!command_group_lives(group) || now >= deadline)
            return now < deadline;
        struct pollfd out = {
            .fd = program->received.length < READ_SIZE ? program->out : -1, .events = POLLIN};
        channel_wait(worker, &out, 1, now + look < deadline ? now + look : deadline);
        if (out.revents)
            program_read(program);
    }
}

static void ask(pid_t pid, const struct worker_config *config, bool leader)
{
    kill(leader ? pid : -pid, config->stop.signal);
    kill(leader ? pid : -pid, SIGCONT);
}

bool program_end(struct program *program, struct worker *worker, int64_t patience)
{
    const struct worker_config *config = &worker->config;
    struct cgroup *cgroup = render_cgroup(worker->command);
    pid_t group = program->pid;
    close_end(&program->in);
    bool itself = wait_for_end(program, worker, clock_monotonic() + patience);
    int64_t deadline = clock_monotonic() + config->stop.grace;
    bool ended = itself;
    if (!itself) {
        ask(group, config, config->stop.leader);
        ended = wait_for_end(program, worker, deadline);
        if (!ended)
            kill(-group, SIGKILL);
    }
    reap(program, worker);
    worker->child = group; /* in case the runner is lost meanwhile */
    if (ended && command_group_lives(group)) {
        if (itself || config->stop.leader)
            ask(group, config, false);
        if (!wait_for_group(program, worker, group, deadline))
            kill(-group, SIGKILL);
    }
    worker->child = 0;
    if (cgroup)
        cgroup_kill(cgroup);
    program_read(program);
    close_end(&program->out);
    return itself;
}

void program_describe(const struct program *program, const struct worker *worker, struct buf *out)
{
    struct cgroup *cgroup = render_cgroup(worker->command);
    int number = WIFSIGNALED(program->status) ? WTERMSIG(program->status) : 0;
    int code = WEXITSTATUS(program->status);
    struct program_end end = {
        .signal = number,
        .code = code,
        .cpu = program->cpu,
        .out_of_memory = cgroup && cgroup_met_limit(cgroup),
    };
    if (program->status && attributes_blame(render_attributes(worker->command), &end, out))
        return;
    if (!number)
        buf_printf(out, "exit code %d", code);
    else
        buf_printf(out, "signal %s", signal_name(number));
}
