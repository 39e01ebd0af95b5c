/* An agent: workers on another machine, and the way of their frames to the runner. */
#include "worker/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/version.h"
#include "loop/child.h"
#include "loop/loop.h"
#include "loop/pipe.h"
#include "loop/timer.h"
#include "os/descendants.h"
#include "os/guard.h"
#include "os/nofile.h"
#include "os/private_socket.h"
#include "os/spawn.h"
#include "os/spawn_child.h"
#include "wire/agent.h"
#include "worker/agent_socket.h"
#include "worker/agent_work.h"

/* Frames that may wait for a slow runner; beyond them the workers have to wait. */
#define PENDING_MOST ((size_t)256 << 10)

/* What nobody waits for may wait so long after what was sent last, or until there is so much of it: each write wakes up all who are on
 * the way to the runner. */
#define GATHER_TIME (5 * NS_PER_MS)
#define GATHER_MOST ((size_t)64 << 10)

/* How long an agent that is told to end tries to say so. */
#define FAREWELL (1 * NS_PER_S)

/* A worker. */
struct agent_worker {
    struct agent_worker *next;
    struct agent *agent;
    uint32_t number;
    struct child *child;
    struct pipe_writer *in;
    struct pipe_reader *out;
    struct pipe_reader *error;
    struct agent_work work;
    int code;
    int signal;
};

struct agent {
    struct loop *loop;
    struct pipe_reader *reader;
    struct pipe_writer *writer;
    struct timer *beat;
    struct timer *farewell;
    struct buf rest;   /* the beginning of a frame */
    struct buf frames; /* that are sent at the end of the loop's turn */
    bool sends;        /* it was arranged */
    struct timer *gather; /* until they are sent in any case; */
    bool gathers;         /* it runs */
    int64_t sent_at;
    struct agent_worker *slots;
    struct private_socket *place; /* of the socket; the guard removes it where the agent cannot */
    struct agent_socket *socket;  /* NULL: the tasks have none of the agent's */
    struct agent_setup setup;
    struct attributes attributes;
    char **held; /* what SETUP borrows from */
    int silent; /* beats since anything came */
    bool paused;  /* the workers wait for the runner */
    bool leaving;
    int status;
};

static void agent_end(struct agent *agent, int status)
{
    agent->status = status;
    loop_stop(agent->loop);
}

static void pause_slots(struct agent *agent, bool paused)
{
    agent->paused = paused;
    for (struct agent_worker *slot = agent->slots; slot; slot = slot->next) {
        void (*set)(struct pipe_reader *reader) = paused ? reader_pause : reader_resume;
        set(slot->out);
        set(slot->error);
    }
    agent_socket_hold(agent->socket, paused);
}

/* Sends what FRAMES holds, and a newline: srun(1) lets go of whole lines alone. */
static void send_now(void *arg)
{
    struct agent *agent = arg;
    agent->sends = false;
    agent->sent_at = clock_monotonic();
    timer_stop(agent->gather);
    agent->gathers = false;
    if (!agent->frames.length)
        return; /* the time was over when they were sent */
    size_t begin = frame_begin(&agent->frames, (enum frame_type)FRAME_AGENT_NEWLINE);
    buf_char(&agent->frames, '\n');
    frame_end(&agent->frames, begin);
    writer_put(agent->writer, agent->frames.data, agent->frames.length);
    buf_clear(&agent->frames);
    if (!agent->paused && writer_pending(agent->writer) > PENDING_MOST)
        pause_slots(agent, true);
}

/* However many workers say something in a turn of the loop, it is one write. */
static void send_frames(void *arg)
{
    struct agent *agent = arg;
    if (!agent->sends)
        loop_defer(agent->loop, send_now, agent);
    agent->sends = true;
}

/* The same within GATHER_TIME. */
static void send_later(struct agent *agent)
{
    int64_t wait = agent->sent_at + GATHER_TIME - clock_monotonic();
    if (wait <= 0 || agent->frames.length > GATHER_MOST)
        send_frames(agent);
    else if (!agent->gathers)
        timer_start(agent->gather, wait);
    agent->gathers = true;
}

static void send_slot(struct agent_worker *slot, enum agent_frame type, const char *bytes, size_t length)
{
    if (slot->agent->leaving)
        return;
    slot_frame_bytes(&slot->agent->frames, type, slot->number, bytes, length);
    send_frames(slot->agent);
}

static void on_drained(void *arg)
{
    struct agent *agent = arg;
    if (agent->leaving)
        agent_end(agent, 0);
    else if (agent->paused)
        pause_slots(agent, false);
}

/* The runner is gone. */
static void on_failed(void *arg, int status)
{
    (void)status;
    agent_end(arg, 1);
}

/* The last words of an agent. */
static void leave(struct agent *agent)
{
    agent->leaving = true;
    send_now(agent);
    timer_start(agent->farewell, FAREWELL);
}

static void tell_unable(struct agent *agent, const char *reason)
{
    size_t begin = frame_begin(&agent->frames, (enum frame_type)FRAME_AGENT_UNABLE);
    frame_text(&agent->frames, reason);
    frame_end(&agent->frames, begin);
    leave(agent);
}

static void on_farewell(void *arg)
{
    agent_end(arg, 1);
}

static void on_output(void *arg, const char *bytes, size_t length)
{
    struct agent_worker *slot = arg;
    struct agent *agent = slot->agent;
    bool awaited = agent_work_told(&slot->work, bytes, length);
    if (agent->leaving)
        return;
    slot_frame_bytes(&agent->frames, FRAME_SLOT, slot->number, bytes, length);
    if (awaited)
        send_frames(agent);
    else
        send_later(agent);
}

static void on_error(void *arg, const char *bytes, size_t length)
{
    send_slot(arg, FRAME_SLOT_ERROR, bytes, length);
}

static void on_slot_end(void *arg, int status)
{
    (void)arg;
    (void)status; /* the worker's exit says it */
}

static void slot_free(struct agent_worker *slot)
{
    struct agent_worker **place = &slot->agent->slots;
    while (*place != slot)
        place = &(*place)->next;
    *place = slot->next;
    writer_free(slot->in);
    reader_free(slot->out);
    reader_free(slot->error);
    child_free(slot->child);
    free(slot);
}

static void tell_slot_ended(struct agent_worker *slot)
{
    struct buf end = {0};
    frame_u32(&end, (uint32_t)slot->code);
    frame_u32(&end, (uint32_t)slot->signal);
    send_slot(slot, FRAME_SLOT_ENDED, end.data, end.length);
    buf_release(&end);
}

/* The worker is dead: what it has said comes first. */
static void slot_settle(void *arg)
{
    struct agent_worker *slot = arg;
    reader_drain(slot->out);
    reader_drain(slot->error);
    if (slot->signal || slot->code)
        descendants_kill_session(child_pid(slot->child)); /* the command it was running */
    tell_slot_ended(slot);
    slot_free(slot);
}

static void on_exited(void *arg, int code, int signal_number)
{
    struct agent_worker *slot = arg;
    slot->code = code;
    slot->signal = signal_number;
    loop_defer(slot->agent->loop, slot_settle, slot);
}

static void on_slot_drained(void *arg)
{
    (void)arg;
}

static void on_slot_failed(void *arg, int status)
{
    (void)arg;
    (void)status; /* it is about to end */
}

static void slot_watch(struct agent_worker *slot, pid_t pid, int in, int out, int error)
{
    static const struct reader_callbacks output = {.data = on_output, .end = on_slot_end};
    static const struct reader_callbacks errors = {.data = on_error, .end = on_slot_end};
    static const struct writer_callbacks input = {.drained = on_slot_drained, .failed = on_slot_failed};
    struct loop *loop = slot->agent->loop;
    fcntl(in, F_SETFL, O_NONBLOCK);
    slot->child = child_watch(loop, pid, on_exited, slot);
    slot->in = writer_new(loop, in, &input, slot);
    slot->out = reader_new(loop, out, &output, slot);
    slot->error = reader_new(loop, error, &errors, slot);
    slot->next = slot->agent->slots;
    slot->agent->slots = slot;
    if (slot->agent->paused)
        pause_slots(slot->agent, true);
}

static void close_pair(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

/* Opens three pipes; on an error none is open. */
static int open_pipes(int pipes[3][2], struct error *error)
{
    for (int i = 0; i < 3; i++) {
        int result = pipe_open(pipes[i], error);
        if (!result)
            continue;
        while (i-- > 0)
            close_pair(pipes[i]);
        return result;
    }
    return 0;
}

static int slot_spawn(struct agent_worker *slot, struct error *error)
{
    static const char *const argv[] = {"parrun", "--worker", NULL};
    int pipes[3][2];
    pid_t pid;
    int result = open_pipes(pipes, error);
    if (result)
        return result;
    const int descriptors[] = {pipes[0][0], pipes[1][1], pipes[2][1]};
    struct spawn_options options = {
        .argv = argv,
        .environment = (const char *const *)environ,
        .attributes = &slot->agent->attributes,
        .descriptors = descriptors,
        .descriptor_count = countof(descriptors),
        .place = SPAWN_SESSION,
    };
    result = spawn_program(&options, NULL, &pid, error);
    for (size_t i = 0; i < countof(descriptors); i++)
        close(descriptors[i]);
    if (!result) {
        slot_watch(slot, pid, pipes[0][1], pipes[1][0], pipes[2][0]);
        return 0;
    }
    close(pipes[0][1]);
    close(pipes[1][0]);
    close(pipes[2][0]);
    return result;
}

static void slot_start(struct agent *agent, uint32_t number)
{
    struct error error = {0};
    struct buf pid = {0};
    struct agent_worker *slot = mem_calloc(1, sizeof(*slot));
    slot->agent = agent;
    slot->number = number;
    if (slot_spawn(slot, &error)) {
        slot->code = 1;
        send_slot(slot, FRAME_SLOT_ERROR, error.text, strlen(error.text));
        tell_slot_ended(slot);
        free(slot);
    } else {
        frame_i64(&pid, child_pid(slot->child));
        send_slot(slot, FRAME_SLOT_STARTED, pid.data, pid.length);
    }
    buf_release(&pid);
    error_release(&error);
}

static struct agent_worker *find_slot(const struct agent *agent, uint32_t number)
{
    struct agent_worker *slot = agent->slots;
    while (slot && slot->number != number)
        slot = slot->next;
    return slot;
}

static void slot_kill(const struct agent_worker *slot)
{
    descendants_kill_session(child_pid(slot->child));
    child_signal(slot->child, SIGKILL);
}

/* Environment and directory are the agent's own from now on, so its workers have them too. */
static void take_setup(struct agent *agent, struct frame *frame)
{
    if (agent->held) {
        frame->bad = true;
        return;
    }
    agent_setup_read(frame, &agent->setup, &agent->held);
    if (*agent->setup.socket)
        setenv("PARRUN_SOCKET", agent->setup.socket, 1);
    else
        agent->socket = agent_socket_new(agent->loop, agent->place, &agent->frames, send_frames, agent);
    for (size_t i = 0; i < agent->setup.count; i++)
        putenv(agent->held[i]);
    if (!attributes_parse(&agent->attributes, agent->setup.attributes))
        frame->bad = true;
    if (!agent->setup.directory || !chdir(agent->setup.directory))
        return;
    struct buf reason = {0};
    buf_printf(&reason, "cannot run in the directory '%s' there: %s", agent->setup.directory, strerror(errno));
    tell_unable(agent, reason.data);
    buf_release(&reason);
}

static void pass_on(struct agent_worker *slot, const struct frame *frame)
{
    agent_work_given(&slot->work, frame->at, frame->left);
    writer_put(slot->in, frame->at, frame->left);
}

static void take_slot_frame(struct agent *agent, struct frame *frame)
{
    uint32_t number = frame_read_u32(frame);
    struct agent_worker *slot = find_slot(agent, number);
    if ((int)frame->type == FRAME_SLOT_START && !slot)
        slot_start(agent, number);
    else if ((int)frame->type == FRAME_SLOT && slot)
        pass_on(slot, frame);
    else if ((int)frame->type == FRAME_SLOT_KILL && slot)
        slot_kill(slot);
}

static bool take_frame(void *arg, struct frame *frame)
{
    struct agent *agent = arg;
    switch ((int)frame->type) {
    case FRAME_AGENT_SETUP:
        take_setup(agent, frame);
        break;
    case FRAME_SLOT_START:
    case FRAME_SLOT:
    case FRAME_SLOT_KILL:
        take_slot_frame(agent, frame);
        break;
    case FRAME_CLIENT:
    case FRAME_CLIENT_ROOM:
    case FRAME_CLIENT_GONE:
        agent_socket_take(agent->socket, frame);
        break;
    default: /* BEAT, and whatever a later version may say */
        break;
    }
    return !agent->leaving;
}

static void on_data(void *arg, const char *bytes, size_t length)
{
    struct agent *agent = arg;
    bool wrong = false;
    agent->silent = 0;
    buf_append(&agent->rest, bytes, length);
    if (!agent->leaving)
        buf_consume(&agent->rest, frames_take(agent->rest.data, agent->rest.length, take_frame, agent, &wrong));
    if (wrong)
        agent_end(agent, 2);
}

static void on_input_end(void *arg, int status)
{
    (void)status;
    agent_end(arg, 0);
}

/* Says that it is there; whether the runner is. What has come in the meantime counts. */
static void on_beat(void *arg)
{
    struct agent *agent = arg;
    frame_plain(&agent->frames, (enum frame_type)FRAME_AGENT_BEAT);
    send_frames(agent);
    timer_start(agent->beat, AGENT_BEAT);
    if (++agent->silent < AGENT_SILENT)
        return;
    reader_drain(agent->reader);
    if (agent->silent >= AGENT_SILENT)
        agent_end(agent, 1);
}

/* What a batch system sends to all processes of a job that is to end; others it sends for other reasons. */
static void on_signal(void *arg, int signal_number)
{
    struct agent *agent = arg;
    if ((signal_number != SIGTERM && signal_number != SIGINT) || agent->leaving)
        return;
    frame_plain(&agent->frames, (enum frame_type)FRAME_AGENT_LEAVING);
    leave(agent);
}

/* What Slurm says of the end of the job, by the clock of this machine. */
static int64_t time_left(void)
{
    const char *end = getenv("SLURM_JOB_END_TIME");
    int64_t left = end ? strtoll(end, NULL, 10) - (int64_t)time(NULL) : 0;
    return left > 0 && left < INT64_MAX / NS_PER_S ? left * NS_PER_S : 0;
}

static void say_hello(struct agent *agent)
{
    char host[256] = "";
    char *job = getenv("SLURM_JOB_ID");
    gethostname(host, sizeof(host) - 1);
    struct agent_hello hello = {
        .version = AGENT_VERSION,
        .program = PARRUN_VERSION,
        .host = host,
        .job = job ? job : "",
        .pid = getpid(),
        .left = time_left(),
    };
    buf_append(&agent->frames, AGENT_MARK, AGENT_MARK_LENGTH);
    agent_hello_write(&agent->frames, &hello);
    send_frames(agent);
}

/* Frames leave descriptors 0 and 1, which nothing else is to write to, or read. */
static void take_channel(struct agent *agent)
{
    static const struct reader_callbacks input = {.data = on_data, .end = on_input_end};
    static const struct writer_callbacks output = {.drained = on_drained, .failed = on_failed};
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
    int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (in < 0 || out < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ||
        fcntl(out, F_SETFL, O_NONBLOCK)) {
        fprintf(stderr, "parrun: error: an agent cannot begin: %s\n", strerror(errno));
        _exit(MEM_EXIT_STATUS);
    }
    close(null);
    agent->reader = reader_new(agent->loop, in, &input, agent);
    agent->writer = writer_new(agent->loop, out, &output, agent);
}

/* What runs still, and was told of the end, has the grace of its pool; the guard ends the rest at once. */
static void end_workers(const struct agent *agent)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    descendants_end(agent->leaving ? agent->setup.grace : 0);
}

static int agent_serve(void *arg)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP};
    struct agent *agent = arg;
    struct error error = {0};
    nofile_raise();
    spawn_hold_self();
    prctl(PR_SET_DUMPABLE, 0); /* its environment may hold secrets, and its tasks are of one user with it */
    agent->loop = loop_new(&error);
    if (!agent->loop) {
        fprintf(stderr, "parrun: error: %s\n", error.text);
        error_release(&error);
        return MEM_EXIT_STATUS;
    }
    agent->gather = timer_new(agent->loop, send_now, agent);
    agent->beat = timer_new(agent->loop, on_beat, agent);
    agent->farewell = timer_new(agent->loop, on_farewell, agent);
    loop_catch_signals(agent->loop, signals, countof(signals), on_signal, agent);
    loop_hear_children(agent->loop);
    take_channel(agent);
    say_hello(agent);
    timer_start(agent->beat, AGENT_BEAT);
    loop_run(agent->loop);
    end_workers(agent);
    private_socket_remove(agent->place);
    _exit(agent->status);
}

static void settle(void *arg, int status)
{
    const struct agent *agent = arg;
    (void)status;
    private_socket_remove(agent->place);
}

_Noreturn void agent_main(void)
{
    static struct agent agent;
    agent.place = private_socket_new();
    guard_run("agent", agent_serve, settle, &agent);
}

_Noreturn void agent_main_brought(void)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    path[length > 0 ? length : 0] = '\0';
    char *place = strstr(path, AGENT_BROUGHT);
    char *slash = strrchr(path, '/');
    if (place)
        unlink(path);
    if (place && slash > place) {
        *slash = '\0';
        rmdir(path);
    }
    agent_main();
}
