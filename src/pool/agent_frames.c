/* What comes from an agent: a greeting, then frames. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/tail.h"
#include "base/unit.h"
#include "base/version.h"
#include "loop/timer.h"
#include "pool/agent_private.h"
#include "pool/launch_command.h"
#include "pool/launcher.h"
#include "pool/slurm.h"

/* The first bytes are a greeting, up to so many. */
#define GREETING_MOST ((size_t)64 << 10)

/* A program that is copied is read in such pieces. */
#define PROGRAM_PIECE ((size_t)1 << 20)

static void emit_line(struct pool_agent *agent, enum event_kind kind, const char *bytes, size_t length)
{
    struct event event = {
        .kind = kind,
        .place.worker = (int64_t)agent->number * agent_spec(agent)->slots + 1,
        .place.pid = launcher_pid(agent->launcher),
        .output.bytes = bytes,
        .output.length = length,
    };
    pool_emit(agent->pool, &event);
}

void agent_take_words(struct pool_agent *agent, const char *bytes, size_t length)
{
    if (length && bytes[length - 1] == '\r') /* as ssh ends its lines, and a host its greeting */
        length--;
    tail_add(&agent->words, bytes, length);
    emit_line(agent, agent->state == AGENT_READY ? EVENT_WORKER_OUTPUT : EVENT_WORKER_LAUNCHER, bytes, length);
}

void agent_take_greeting(struct pool_agent *agent, const char *bytes, size_t length)
{
    while (length) {
        const char *newline = memchr(bytes, '\n', length);
        size_t line = newline ? (size_t)(newline - bytes) : length;
        agent_take_words(agent, bytes, line);
        line += newline != NULL;
        bytes += line;
        length -= line;
    }
}

void agent_print_words(const struct pool_agent *agent, struct buf *out)
{
    struct buf words = {0};
    if (agent->words)
        tail_print(agent->words, "", &words);
    while (words.length && words.data[words.length - 1] == '\n')
        buf_truncate(&words, words.length - 1);
    if (words.length)
        buf_text(out, ": ");
    for (size_t i = 0; i < words.length; i++)
        if (words.data[i] == '\n')
            buf_text(out, "; ");
        else
            buf_char(out, words.data[i]);
    buf_release(&words);
}

static void take_hello(struct pool_agent *agent, struct frame *frame)
{
    struct buf reason = {0};
    if (agent->hello.program)
        frame->bad = true;
    else
        agent_hello_read(frame, &agent->hello);
    if (frame->bad)
        return;
    if (agent->hello.version != AGENT_VERSION || strcmp(agent->hello.program, PARRUN_VERSION) != 0) {
        buf_printf(&reason, "parrun %s (protocol %u) answers on %s, and this one is " PARRUN_VERSION " (protocol %d): both must be the same",
                   agent->hello.program, agent->hello.version, agent->hello.host, AGENT_VERSION);
        agent_lose(agent, AGENT_LEFT, 0, reason.data);
        buf_release(&reason);
        return;
    }
    agent->state = AGENT_READY;
    int64_t now = clock_monotonic();
    agent->ends_at = agent->hello.left ? now + agent->hello.left : launch_command_end(agent_spec(agent), now);
    tail_free(agent->words);
    agent->words = NULL;
    timer_start(agent->timer, AGENT_BEAT);
    launcher_put(agent->launcher, agent->setup.data, agent->setup.length);
    for (int64_t i = 0; i < agent_spec(agent)->slots; i++)
        if (agent->slots[i])
            agent_begin_slot(agent, agent->slots[i]);
}

static void take_unable(struct pool_agent *agent, struct frame *frame)
{
    char *why = frame_read_text(frame);
    struct buf reason = {0};
    buf_printf(&reason, "on %s: %s", agent->hello.host, why);
    agent->state = AGENT_LAUNCHED; /* it has come for nothing */
    agent_lose(agent, AGENT_LEFT, AGENT_END_TIME, reason.data);
    buf_release(&reason);
    free(why);
}

static void take_leaving(struct pool_agent *agent)
{
    struct buf reason = {0};
    buf_printf(&reason, "its host %s was told to end it", agent->hello.host);
    agent_lose(agent, AGENT_LEFT, AGENT_END_TIME + agent->pool->spec->stop->grace, reason.data);
    buf_release(&reason);
}

static void take_started(struct pool_agent *agent, struct agent_slot *slot, struct frame *frame)
{
    agent->pool->elsewhere.failed_launches = 0;
    slurm_praise(agent->pool);
    agent->failed = false;
    free(agent->failure);
    agent->failure = NULL;
    slot->callbacks->started(slot->arg, frame_read_i64(frame), agent->hello.host, agent->hello.job, agent->ends_at);
}

static void take_ended(struct agent_slot *slot, struct frame *frame)
{
    int code = (int)frame_read_u32(frame);
    int signal_number = (int)frame_read_u32(frame);
    slot->begun = false;
    slot->callbacks->ended(slot->arg, code, signal_number);
}

static void take_slot_frame(struct pool_agent *agent, struct frame *frame)
{
    uint32_t number = frame_read_u32(frame);
    struct agent_slot *slot = number < agent_spec(agent)->slots ? agent->slots[number] : NULL;
    if (!slot || !slot->begun)
        return; /* of a worker that is not wanted any more */
    if ((int)frame->type == FRAME_SLOT_STARTED)
        take_started(agent, slot, frame);
    else if ((int)frame->type == FRAME_SLOT)
        slot->callbacks->output(slot->arg, frame->at, frame->left);
    else if ((int)frame->type == FRAME_SLOT_ERROR)
        slot->callbacks->error(slot->arg, frame->at, frame->left);
    else
        take_ended(slot, frame);
}

static void tell_beat(const struct pool_agent *agent)
{
    for (int64_t i = 0; i < agent_spec(agent)->slots; i++)
        if (agent->slots[i])
            agent->slots[i]->callbacks->beat(agent->slots[i]->arg);
}

static bool take_frame(void *arg, struct frame *frame)
{
    struct pool_agent *agent = arg;
    if ((int)frame->type == FRAME_AGENT_HELLO)
        take_hello(agent, frame);
    else if (agent->state != AGENT_READY)
        return true;
    else if ((int)frame->type == FRAME_AGENT_BEAT)
        tell_beat(agent);
    else if ((int)frame->type == FRAME_AGENT_UNABLE)
        take_unable(agent, frame);
    else if ((int)frame->type == FRAME_AGENT_LEAVING)
        take_leaving(agent);
    else if ((int)frame->type == FRAME_SLOT || (int)frame->type == FRAME_SLOT_STARTED ||
             (int)frame->type == FRAME_SLOT_ERROR || (int)frame->type == FRAME_SLOT_ENDED)
        take_slot_frame(agent, frame);
    else if ((int)frame->type >= FRAME_CLIENT_BEGIN && (int)frame->type <= FRAME_CLIENT_GONE)
        agent_clients_take(agent, frame);
    return agent->state != AGENT_ENDING;
}

/* Reads the program where none of the pool's agents has been sent it yet: all get the same. REASON says why it cannot be read. */
static void read_program(struct pool *pool, struct buf *reason)
{
    const char *path = launch_command_program(pool->spec->on);
    ssize_t got = -1;
    if (pool->elsewhere.program.length)
        return;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    while (file >= 0 && (got = read(file, buf_reserve(&pool->elsewhere.program, PROGRAM_PIECE), PROGRAM_PIECE)) > 0)
        buf_added(&pool->elsewhere.program, (size_t)got);
    if (got) {
        buf_printf(reason, "cannot read %s: %s", path, strerror(errno));
        buf_clear(&pool->elsewhere.program);
    }
    if (file >= 0)
        close(file);
}

/* The program goes to a host that has asked for it, for a machine as this one. */
static void send_program(struct pool_agent *agent, const char *machine)
{
    struct pool *pool = agent->pool;
    struct buf text = {0};
    struct utsname here;
    uname(&here);
    if (!agent_spec(agent)->program && strcmp(here.machine, machine) != 0)
        buf_printf(&text, "its host is %s, and parrun here is for %s: 'program' may name one for it", machine, here.machine);
    else
        read_program(pool, &text);
    if (text.length) {
        agent_lose(agent, AGENT_LEFT, 0, text.data);
    } else {
        buf_printf(&text, "%zu\n", pool->elsewhere.program.length);
        launcher_put(agent->launcher, text.data, text.length);
        launcher_put(agent->launcher, pool->elsewhere.program.data, pool->elsewhere.program.length);
        if (agent_spec(agent)->timeout)
            timer_start(agent->timer, agent_spec(agent)->timeout);
    }
    buf_release(&text);
}

/* What stands before is a greeting. */
static void find_request(struct pool_agent *agent)
{
    char *asks = memmem(agent->rest.data, agent->rest.length, AGENT_ASKS, strlen(AGENT_ASKS));
    char *end = asks ? memchr(asks, '\n', agent->rest.length - (size_t)(asks - agent->rest.data)) : NULL;
    if (!end)
        return;
    size_t greeting = (size_t)(asks - agent->rest.data), length = (size_t)(end - agent->rest.data) + 1;
    char *machine = mem_copy(asks + strlen(AGENT_ASKS), (size_t)(end - asks) - strlen(AGENT_ASKS));
    agent_take_greeting(agent, agent->rest.data, greeting);
    buf_consume(&agent->rest, length);
    send_program(agent, machine);
    free(machine);
}

/* Passes over what stands before the mark. */
static void find_mark(struct pool_agent *agent)
{
    size_t greeting;
    size_t length = agent_find_mark(agent->rest.data, agent->rest.length, &greeting);
    agent->marked = length;
    if (!agent->marked && greeting <= GREETING_MOST)
        return;
    agent_take_greeting(agent, agent->rest.data, greeting);
    if (agent->marked)
        buf_consume(&agent->rest, length);
    else
        agent_lose(agent, AGENT_LEFT, 0, "something else than a worker answers");
}

void agent_take_output(void *arg, const char *bytes, size_t length)
{
    struct pool_agent *agent = arg;
    if (agent->state != AGENT_LAUNCHED && agent->state != AGENT_READY)
        return;
    agent->silent_beats = 0;
    buf_append(&agent->rest, bytes, length);
    if (!agent->marked && agent_spec(agent)->bring)
        find_request(agent);
    if (!agent->marked && agent->state != AGENT_ENDING)
        find_mark(agent);
    bool wrong = false;
    if (agent->marked && agent->state != AGENT_ENDING)
        buf_consume(&agent->rest, frames_take(agent->rest.data, agent->rest.length, take_frame, agent, &wrong));
    if (wrong)
        agent_lose(agent, AGENT_LOST, 0, "what its host has sent is not what an agent sends");
}
