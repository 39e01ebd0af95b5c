/* The runner's end of an agent: its slots, its frames, and whether it is still there. */
#include "pool/agent.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/tail.h"
#include "base/unit.h"
#include "base/version.h"
#include "engine/run.h"
#include "loop/timer.h"
#include "pool/launcher.h"
#include "pool/private.h"
#include "scenario/spec.h"
#include "wire/agent.h"

/* Starts of agents that fail, one after another, until the pool gives up. */
#define FAILED_MOST 5

/* The first bytes are a greeting, up to so many. */
#define GREETING_MOST ((size_t)64 << 10)

/* How long a launcher whose output has ended has to end too, and to tell why. */
#define LAST_WORDS (1 * NS_PER_S)

/* How long a launcher whose input has ended has to end, and then again after SIGTERM. */
#define END_TIME (2 * NS_PER_S)

/* An agent that was there before is launched no more often than this. */
#define LAUNCH_AGAIN (1 * NS_PER_S)

enum agent_state {
    AGENT_NONE,
    AGENT_WAITING,  /* until it is launched */
    AGENT_LAUNCHED, /* and has not said hello */
    AGENT_READY,
    AGENT_ENDING, /* it has no slots; the launcher has not ended */
};

struct pool_agent {
    struct pool *pool;
    size_t number; /* from 0 */
    enum agent_state state;
    struct agent_slot **slots; /* as many as an agent of the pool has; NULL: not attached */
    struct buf setup;
    struct launcher *launcher; /* NULL: none runs */
    struct timer *timer; /* what it is for depends on the state */
    struct buf rest;     /* the beginning of a frame, or of a greeting */
    struct buf frames;   /* scratch */
    struct tail *words;  /* of the launcher, and of whoever greets */
    struct agent_hello hello;
    int64_t heard_at;
    int64_t launched_at; /* clock_monotonic() of the last time; 0: never */
    bool failed;     /* its last start */
    bool marked;     /* the mark of an agent has come */
    bool silent;     /* its output has ended */
    bool terminated; /* its launcher got SIGTERM */
};

static const struct on_spec *spec_of(const struct pool_agent *agent)
{
    return &agent->pool->spec->on;
}

static void emit_line(struct pool_agent *agent, enum event_kind kind, const char *bytes, size_t length)
{
    struct event event = {
        .kind = kind,
        .worker = (int64_t)agent->number * spec_of(agent)->slots + 1,
        .pid = launcher_pid(agent->launcher),
        .bytes = bytes,
        .length = length,
    };
    pool_emit(agent->pool, &event);
}

/* A line of the launcher, or of the host before the agent speaks. */
static void take_words(struct pool_agent *agent, const char *bytes, size_t length)
{
    tail_add(&agent->words, bytes, length);
    emit_line(agent, agent->state == AGENT_READY ? EVENT_WORKER_OUTPUT : EVENT_WORKER_LAUNCHER, bytes, length);
}

static void on_line(void *arg, const char *bytes, size_t length)
{
    take_words(arg, bytes, length);
}

static void take_greeting(struct pool_agent *agent, const char *bytes, size_t length)
{
    while (length) {
        const char *newline = memchr(bytes, '\n', length);
        size_t line = newline ? (size_t)(newline - bytes) : length;
        take_words(agent, bytes, line);
        line += newline != NULL;
        bytes += line;
        length -= line;
    }
}

/* ": the last words", on one line; nothing where there are none. */
static void print_words(const struct pool_agent *agent, struct buf *out)
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

static bool has_slots(const struct pool_agent *agent)
{
    for (int64_t i = 0; i < spec_of(agent)->slots; i++)
        if (agent->slots[i])
            return true;
    return false;
}

/* Forgets the last launch. */
static void clean(struct pool_agent *agent)
{
    launcher_free(agent->launcher);
    tail_free(agent->words);
    agent_hello_release(&agent->hello);
    buf_clear(&agent->rest);
    agent->launcher = NULL;
    agent->words = NULL;
    agent->marked = agent->silent = agent->terminated = false;
    agent->state = AGENT_NONE;
}

/* Lets the launcher end: by the end of its input, in time, or else by signals. */
static void end_launcher(struct pool_agent *agent, int64_t patience)
{
    agent->state = AGENT_ENDING;
    launcher_finish(agent->launcher);
    timer_start(agent->timer, patience);
}

static struct agent_slot *detach(struct pool_agent *agent, int64_t number)
{
    struct agent_slot *slot = agent->slots[number];
    agent->slots[number] = NULL;
    if (slot) {
        slot->attached = slot->begun = false;
        buf_clear(&slot->waiting);
    }
    return slot;
}

static void lose_slots(struct pool_agent *agent, enum agent_loss loss, const char *reason)
{
    for (int64_t i = 0; i < spec_of(agent)->slots; i++) {
        struct agent_slot *slot = detach(agent, i);
        if (slot)
            slot->callbacks->lost(slot->arg, loss, reason);
    }
}

/* Some are there, or were started for the first time and have not answered: who cannot be started does not hold these up. */
static bool may_yet_come(const struct pool *pool)
{
    for (size_t i = 0; i < pool->agent_count; i++) {
        const struct pool_agent *agent = pool->agents[i];
        if (agent->state == AGENT_READY || (agent->state == AGENT_LAUNCHED && !agent->failed))
            return true;
    }
    return false;
}

/* It never said hello. */
static void fail(struct pool_agent *agent, const char *reason)
{
    struct pool *pool = agent->pool;
    struct buf text = {0};
    agent->failed = true;
    if (++pool->failed_launches >= FAILED_MOST && !pool->broken && !may_yet_come(pool)) {
        buf_printf(&text, "its workers cannot be started, %d times in a row: %s", FAILED_MOST, reason);
        pool_break(pool, text.data);
    }
    buf_release(&text);
    lose_slots(agent, AGENT_LEFT, reason);
}

/* Nothing that the agent says counts any more. PATIENCE: so long its launcher has to end. */
static void lose(struct pool_agent *agent, enum agent_loss loss, int64_t patience, const char *why)
{
    bool came = agent->state == AGENT_READY;
    struct buf reason = {0};
    if (agent->state != AGENT_READY && agent->state != AGENT_LAUNCHED)
        return;
    buf_text(&reason, why);
    print_words(agent, &reason);
    end_launcher(agent, patience);
    if (came)
        lose_slots(agent, loss, reason.data);
    else
        fail(agent, reason.data);
    buf_release(&reason);
}

static void send_frames(struct pool_agent *agent)
{
    launcher_put(agent->launcher, agent->frames.data, agent->frames.length);
    buf_clear(&agent->frames);
}

static void begin_slot(struct pool_agent *agent, struct agent_slot *slot)
{
    slot->begun = true;
    slot_frame(&agent->frames, FRAME_SLOT_START, slot->number);
    slot_frame_bytes(&agent->frames, FRAME_SLOT, slot->number, slot->waiting.data, slot->waiting.length);
    buf_clear(&slot->waiting);
    send_frames(agent);
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
        lose(agent, AGENT_LEFT, 0, reason.data);
        buf_release(&reason);
        return;
    }
    agent->state = AGENT_READY;
    tail_free(agent->words);
    agent->words = NULL;
    timer_start(agent->timer, AGENT_BEAT);
    launcher_put(agent->launcher, agent->setup.data, agent->setup.length);
    for (int64_t i = 0; i < spec_of(agent)->slots; i++)
        if (agent->slots[i])
            begin_slot(agent, agent->slots[i]);
}

static void take_unable(struct pool_agent *agent, struct frame *frame)
{
    char *why = frame_read_text(frame);
    struct buf reason = {0};
    buf_printf(&reason, "on %s: %s", agent->hello.host, why);
    agent->state = AGENT_LAUNCHED; /* it has come for nothing */
    lose(agent, AGENT_LEFT, END_TIME, reason.data);
    buf_release(&reason);
    free(why);
}

static void take_leaving(struct pool_agent *agent)
{
    struct buf reason = {0};
    buf_printf(&reason, "its host %s was told to end it", agent->hello.host);
    lose(agent, AGENT_LEFT, END_TIME + agent->pool->spec->stop.grace, reason.data);
    buf_release(&reason);
}

static void take_started(struct pool_agent *agent, struct agent_slot *slot, struct frame *frame)
{
    agent->pool->failed_launches = 0;
    agent->failed = false;
    slot->callbacks->started(slot->arg, frame_read_i64(frame), agent->hello.host, agent->hello.job);
}

static void take_ended(struct pool_agent *agent, struct agent_slot *slot, struct frame *frame)
{
    int code = (int)frame_read_u32(frame);
    int signal_number = (int)frame_read_u32(frame);
    detach(agent, slot->number);
    slot->callbacks->ended(slot->arg, code, signal_number);
}

static void take_slot_frame(struct pool_agent *agent, struct frame *frame)
{
    uint32_t number = frame_read_u32(frame);
    struct agent_slot *slot = number < spec_of(agent)->slots ? agent->slots[number] : NULL;
    if (!slot || !slot->begun)
        return; /* of a worker that is not wanted any more */
    if ((int)frame->type == FRAME_SLOT_STARTED)
        take_started(agent, slot, frame);
    else if ((int)frame->type == FRAME_SLOT)
        slot->callbacks->output(slot->arg, frame->at, frame->left);
    else if ((int)frame->type == FRAME_SLOT_ERROR)
        slot->callbacks->error(slot->arg, frame->at, frame->left);
    else
        take_ended(agent, slot, frame);
}

static void take_frame(struct pool_agent *agent, struct frame *frame)
{
    if ((int)frame->type == FRAME_AGENT_HELLO)
        take_hello(agent, frame);
    else if (agent->state != AGENT_READY)
        return;
    else if ((int)frame->type == FRAME_AGENT_UNABLE)
        take_unable(agent, frame);
    else if ((int)frame->type == FRAME_AGENT_LEAVING)
        take_leaving(agent);
    else if ((int)frame->type == FRAME_SLOT || (int)frame->type == FRAME_SLOT_STARTED ||
             (int)frame->type == FRAME_SLOT_ERROR || (int)frame->type == FRAME_SLOT_ENDED)
        take_slot_frame(agent, frame);
}

/* Whole frames of what has come; false where it is none. */
static bool take_frames(struct pool_agent *agent)
{
    struct frame frame;
    size_t done = 0;
    long taken = 0;
    while (agent->state != AGENT_ENDING &&
           (taken = frame_take(agent->rest.data + done, agent->rest.length - done, &frame)) > 0) {
        done += (size_t)taken;
        take_frame(agent, &frame);
        if (frame.bad)
            return false;
    }
    buf_consume(&agent->rest, done);
    return taken >= 0;
}

/* Passes over what stands before the mark. */
static void find_mark(struct pool_agent *agent)
{
    size_t greeting;
    size_t length = agent_find_mark(agent->rest.data, agent->rest.length, &greeting);
    agent->marked = length;
    if (!agent->marked && greeting <= GREETING_MOST)
        return;
    take_greeting(agent, agent->rest.data, greeting);
    if (agent->marked)
        buf_consume(&agent->rest, length);
    else
        lose(agent, AGENT_LEFT, 0, "something else than a worker answers");
}

static void on_output(void *arg, const char *bytes, size_t length)
{
    struct pool_agent *agent = arg;
    if (agent->state != AGENT_LAUNCHED && agent->state != AGENT_READY)
        return;
    agent->heard_at = clock_monotonic();
    buf_append(&agent->rest, bytes, length);
    if (!agent->marked)
        find_mark(agent);
    if (agent->marked && !take_frames(agent))
        lose(agent, AGENT_LOST, 0, "what its host has sent is not what an agent sends");
}

static void on_silent(void *arg)
{
    struct pool_agent *agent = arg;
    agent->silent = true;
    if (agent->state != AGENT_ENDING && !launcher_has_exited(agent->launcher))
        timer_start(agent->timer, LAST_WORDS);
}

static void launch_again(struct pool_agent *agent);

/* Nothing is left of the launcher, or of the agent's output. */
static void lose_exited(struct pool_agent *agent)
{
    struct buf reason = {0};
    const char *what = agent->state == AGENT_READY ? "the way to its host has ended" : "its launcher has ended before it was there";
    buf_printf(&reason, "%s, ", what);
    launcher_print_exit(agent->launcher, &reason);
    lose(agent, AGENT_LOST, 0, reason.data);
    buf_release(&reason);
}

static void on_exited(void *arg)
{
    struct pool_agent *agent = arg;
    launcher_read_output(agent->launcher);
    if (!agent->marked && agent->rest.length && agent->state == AGENT_LAUNCHED)
        take_greeting(agent, agent->rest.data, agent->rest.length);
    launcher_read_errors(agent->launcher);
    lose_exited(agent);
    timer_stop(agent->timer);
    clean(agent);
    if (has_slots(agent))
        launch_again(agent);
    pool_look(agent->pool);
}

static void launch(struct pool_agent *agent)
{
    static const struct launcher_callbacks callbacks = {
        .output = on_output, .silent = on_silent, .line = on_line, .exited = on_exited};
    struct error error = {0};
    agent->launched_at = agent->heard_at = clock_monotonic();
    agent->launcher = launcher_start(agent->pool->object.run, spec_of(agent), agent->number, &callbacks, agent, &error);
    if (agent->launcher) {
        agent->state = AGENT_LAUNCHED;
        if (spec_of(agent)->timeout)
            timer_start(agent->timer, spec_of(agent)->timeout);
    } else {
        agent->state = AGENT_NONE;
        fail(agent, error.text);
    }
    error_release(&error);
}

/* What has failed is tried again after a while, the longer the more often; what was there before, a moment later. */
static void launch_again(struct pool_agent *agent)
{
    static const struct backoff backoff = {NS_PER_S / 5, 2, 30 * NS_PER_S, true};
    struct pool *pool = agent->pool;
    int64_t wait = 0;
    if (pool->failed_launches)
        wait = backoff_wait(&backoff, (int64_t)pool->failed_launches, (double)rand_r(&pool->seed) / RAND_MAX);
    else if (agent->launched_at)
        wait = agent->launched_at + LAUNCH_AGAIN - clock_monotonic();
    agent->state = AGENT_WAITING;
    timer_start(agent->timer, wait > 0 ? wait : 0);
}

/* Whether anything was heard lately; what waits in the pipe counts, and while nothing is read nothing is judged. */
static bool is_there(struct pool_agent *agent)
{
    if (agent->pool->object.run->held)
        agent->heard_at = clock_monotonic();
    else if (clock_monotonic() - agent->heard_at > AGENT_SILENCE)
        launcher_read_output(agent->launcher);
    return clock_monotonic() - agent->heard_at <= AGENT_SILENCE;
}

static void beat(struct pool_agent *agent)
{
    struct buf reason = {0};
    timer_start(agent->timer, AGENT_BEAT);
    if (!is_there(agent)) {
        buf_printf(&reason, "nothing was heard of its host %s for %d seconds", agent->hello.host,
                   (int)(AGENT_SILENCE / NS_PER_S));
        lose(agent, AGENT_LOST, 0, reason.data);
        buf_release(&reason);
        return;
    }
    if (agent->state != AGENT_READY)
        return; /* it has spoken after all, for the last time */
    frame_plain(&agent->frames, (enum frame_type)FRAME_AGENT_BEAT);
    send_frames(agent);
}

/* The launcher has had its time to end by itself, or to say hello. */
static void end_by_signal(struct pool_agent *agent)
{
    launcher_signal(agent->launcher, agent->terminated ? SIGKILL : SIGTERM);
    agent->terminated = true;
    timer_start(agent->timer, END_TIME);
}

static void lose_late(struct pool_agent *agent)
{
    struct buf reason = {0};
    buf_text(&reason, "it did not answer within ");
    duration_print(&reason, spec_of(agent)->timeout);
    buf_text(&reason, ", as 'timeout' of 'on' says");
    lose(agent, AGENT_LEFT, 0, buf_string(&reason));
    buf_release(&reason);
}

static void on_time(void *arg)
{
    struct pool_agent *agent = arg;
    if (agent->state == AGENT_WAITING)
        launch(agent);
    else if (agent->state == AGENT_ENDING)
        end_by_signal(agent);
    else if (agent->silent)
        lose(agent, AGENT_LOST, 0, "the way to its host has ended");
    else if (agent->state == AGENT_READY)
        beat(agent);
    else
        lose_late(agent);
}

static void make_agent(struct pool *pool, size_t number)
{
    struct pool_agent *agent = mem_calloc(1, sizeof(*agent));
    agent->pool = pool;
    agent->number = number;
    agent->slots = mem_calloc((size_t)pool->spec->on.slots, sizeof(struct agent_slot *));
    agent->timer = timer_new(pool->object.run->loop, on_time, agent);
    pool->agents = mem_realloc(pool->agents, pool->agent_count + 1, sizeof(struct pool_agent *));
    pool->agents[pool->agent_count++] = agent;
}

struct pool_agent *agent_of(struct pool *pool, size_t place)
{
    size_t number = place / (size_t)pool->spec->on.slots;
    while (pool->agent_count <= number)
        make_agent(pool, pool->agent_count);
    return pool->agents[number];
}

void agent_attach(struct agent_slot *slot, const struct buf *setup)
{
    struct pool_agent *agent = slot->agent;
    slot->attached = true;
    agent->slots[slot->number] = slot;
    if (agent->state == AGENT_READY) {
        begin_slot(agent, slot);
        return;
    }
    buf_clear(&agent->setup);
    buf_append(&agent->setup, setup->data, setup->length);
    if (agent->state == AGENT_NONE)
        launch_again(agent);
}

/* True where the agent is not there any more. */
static bool end(struct pool_agent *agent)
{
    if (agent->state == AGENT_WAITING) {
        timer_stop(agent->timer);
        agent->state = AGENT_NONE;
    }
    if (agent->state == AGENT_LAUNCHED) {
        end_launcher(agent, END_TIME);
        end_by_signal(agent); /* it may not read its input yet */
    }
    if (agent->state == AGENT_READY)
        end_launcher(agent, END_TIME);
    return agent->state == AGENT_NONE;
}

void agent_detach(struct agent_slot *slot)
{
    struct pool_agent *agent = slot->agent;
    if (!slot->attached)
        return;
    if (slot->begun)
        agent_kill(slot);
    detach(agent, slot->number);
    if (agent->state != AGENT_READY && !has_slots(agent))
        end(agent);
}

void agent_put(void *arg, const char *bytes, size_t length)
{
    struct agent_slot *slot = arg;
    if (!slot->attached)
        return;
    if (!slot->begun) {
        buf_append(&slot->waiting, bytes, length);
        return;
    }
    slot_frame_bytes(&slot->agent->frames, FRAME_SLOT, slot->number, bytes, length);
    send_frames(slot->agent);
}

void agent_kill(struct agent_slot *slot)
{
    slot_frame(&slot->agent->frames, FRAME_SLOT_KILL, slot->number);
    send_frames(slot->agent);
}

void agents_hold(struct pool *pool, bool held)
{
    for (size_t i = 0; i < pool->agent_count; i++) {
        struct pool_agent *agent = pool->agents[i];
        if (!agent->launcher)
            continue;
        launcher_hold(agent->launcher, held);
        agent->heard_at = clock_monotonic();
    }
}

bool agents_end(struct pool *pool)
{
    bool ended = true;
    for (size_t i = 0; i < pool->agent_count; i++)
        ended = end(pool->agents[i]) && ended;
    return ended;
}

void agents_plan(struct pool *pool)
{
    const struct on_spec *on = &pool->spec->on;
    struct buf text = {0};
    for (size_t i = 0; i < on->host_count || (i == 0 && on->command_count); i++) {
        buf_clear(&text);
        buf_printf(&text, on->slots > 1 ? "%lld workers at a time are started by " : "each worker is started by ",
                   (long long)on->slots);
        launcher_print(on, i, &text);
        pool_tell_plan(pool, text.data);
    }
    buf_release(&text);
}

void agents_free(struct pool *pool)
{
    for (size_t i = 0; i < pool->agent_count; i++) {
        struct pool_agent *agent = pool->agents[i];
        clean(agent);
        timer_free(agent->timer);
        buf_release(&agent->setup);
        buf_release(&agent->rest);
        buf_release(&agent->frames);
        free(agent->slots);
        free(agent);
    }
    free(pool->agents);
}
