/* The launcher of an agent: its start, its end, and whether the agent is still there. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/tail.h"
#include "base/unit.h"
#include "engine/run.h"
#include "loop/timer.h"
#include "pool/agent_private.h"
#include "pool/launch_command.h"
#include "pool/launcher.h"
#include "pool/slurm.h"

/* Starts of agents that fail, one after another, until the pool gives up. */
#define FAILED_MOST 5

/* How long a launcher whose output has ended has to end too, and to tell why. */
#define LAST_WORDS (1 * NS_PER_S)

/* scancel(1) has so long: while its controller is away it would try for minutes. */
#define CANCEL_TIME (5 * NS_PER_S)

/* An agent that was there before is launched no more often than this. */
#define LAUNCH_AGAIN (1 * NS_PER_S)

void agent_clean(struct pool_agent *agent)
{
    agent_clients_clear(agent);
    launcher_free(agent->launcher);
    launcher_free(agent->cancel);
    tail_free(agent->words);
    agent_hello_release(&agent->hello);
    buf_clear(&agent->rest);
    agent->launcher = agent->cancel = NULL;
    agent->words = NULL;
    agent->marked = agent->silent = agent->terminated = false;
    agent->state = AGENT_NONE;
}

void agent_end_launcher(struct pool_agent *agent, int64_t patience)
{
    agent->state = AGENT_ENDING;
    agent_clients_clear(agent);
    launcher_finish(agent->launcher);
    timer_start(agent->timer, patience);
}

/* Some are there, or were started for the first time and have not answered: who cannot be started does not hold these up. */
static bool may_yet_come(const struct pool *pool)
{
    for (size_t i = 0; i < pool->elsewhere.agent_count; i++) {
        const struct pool_agent *agent = pool->elsewhere.agents[i];
        if (agent->state == AGENT_READY || (agent->state == AGENT_LAUNCHED && !agent->failed))
            return true;
    }
    return false;
}

static bool is_power_of_ten(int64_t number)
{
    while (number && number % 10 == 0)
        number /= 10;
    return number == 1;
}

/* Tells a failed start by one of its slots: an equal reason the first time, the tenth, the hundredth... */
static void tell_failed(struct pool_agent *agent, const char *reason)
{
    struct buf text = {0};
    if (!agent->failure || strcmp(agent->failure, reason)) {
        free(agent->failure);
        agent->failure = mem_strdup(reason);
        agent->alike = 0;
    }
    bool tell = is_power_of_ten(++agent->alike);
    buf_text(&text, reason);
    if (agent->alike > 1)
        buf_printf(&text, " (%lld times in a row)", (long long)agent->alike);
    for (int64_t i = 0; i < agent_spec(agent)->slots; i++) {
        struct agent_slot *slot = agent_take_slot(agent, i);
        if (!slot)
            continue;
        slot->callbacks->lost(slot->arg, tell ? AGENT_LEFT : AGENT_AGAIN, text.data);
        tell = false;
    }
    buf_release(&text);
}

/* It never said hello. */
static void fail(struct pool_agent *agent, const char *reason)
{
    struct pool *pool = agent->pool;
    struct buf text = {0};
    agent->failed = true;
    if (agent->arranged_at == pool->elsewhere.failed_launches)
        pool->elsewhere.failed_launches++;
    if (pool->elsewhere.failed_launches >= FAILED_MOST && !pool->end.broken && !may_yet_come(pool)) {
        buf_printf(&text, "its workers cannot be started, %d times in a row: %s", FAILED_MOST, reason);
        pool_break(pool, text.data);
    }
    buf_release(&text);
    tell_failed(agent, reason);
}

void agent_lose(struct pool_agent *agent, enum agent_loss loss, int64_t patience, const char *why)
{
    bool came = agent->state == AGENT_READY;
    struct buf reason = {0};
    if (agent->state != AGENT_READY && agent->state != AGENT_LAUNCHED)
        return;
    buf_text(&reason, why);
    agent_print_words(agent, &reason);
    agent_end_launcher(agent, patience);
    if (came) {
        agent_lose_slots(agent, loss, reason.data);
    } else {
        slurm_blame(agent->pool, &reason);
        fail(agent, buf_string(&reason));
    }
    buf_release(&reason);
}

static void on_line(void *arg, const char *bytes, size_t length)
{
    agent_take_words(arg, bytes, length);
}

static void on_silent(void *arg)
{
    struct pool_agent *agent = arg;
    agent->silent = true;
    if (agent->state != AGENT_ENDING && !launcher_has_exited(agent->launcher))
        timer_start(agent->timer, LAST_WORDS);
}

/* How ssh(1) ends where it has not come to the host; else it ends as the command there. */
#define SSH_FAILED 255

/* Why the launcher of an agent that was not there has ended; its words follow. */
static void print_failed(const struct pool_agent *agent, struct buf *out)
{
    const struct on_spec *spec = agent_spec(agent);
    if (spec->host_count) {
        const char *host = spec->hosts[agent->number % spec->host_count];
        if (launcher_has_code(agent->launcher, SSH_FAILED)) {
            buf_printf(out, "host %s cannot be reached", host);
            return;
        }
        buf_printf(out, "host %s starts no worker: ", host);
    }
    buf_text(out, "its launcher ended ");
    launcher_print_exit(agent->launcher, out);
}

/* Who ended it may have said so, through the launcher alone. */
static enum agent_loss find_loss(const struct pool_agent *agent)
{
    struct buf words = {0};
    agent_print_words(agent, &words);
    bool told = slurm_has_ended(agent->pool, buf_string(&words));
    buf_release(&words);
    return told ? AGENT_LEFT : AGENT_LOST;
}

/* Nothing is left of the launcher, or of the agent's output. */
static void lose_exited(struct pool_agent *agent)
{
    struct buf reason = {0};
    if (agent->state == AGENT_READY) {
        buf_text(&reason, "the way to its host has ended, ");
        launcher_print_exit(agent->launcher, &reason);
    } else {
        print_failed(agent, &reason);
    }
    agent_lose(agent, find_loss(agent), 0, reason.data);
    buf_release(&reason);
}

/* Nothing of it is left. */
static void settle(struct pool_agent *agent)
{
    timer_stop(agent->timer);
    agent_clean(agent);
    if (agent_has_slots(agent))
        agent_launch(agent);
    pool_look(agent->pool);
}

static void on_cancelled(void *arg)
{
    settle(arg);
}

/* A srun(1) that did not end in its own way may have left its job behind, waiting or running. False where none is looked for. */
static bool cancel_job(struct pool_agent *agent)
{
    static const struct launcher_callbacks callbacks = {.exited = on_cancelled};
    struct buf job = {0};
    if (!agent->terminated && !launcher_was_killed(agent->launcher))
        return false;
    slurm_print_job(agent->pool, agent->number, &job);
    agent->cancel = slurm_cancel(agent->pool, job.data, &callbacks, agent);
    if (agent->cancel)
        timer_start(agent->timer, CANCEL_TIME);
    buf_release(&job);
    return agent->cancel;
}

static void on_exited(void *arg)
{
    struct pool_agent *agent = arg;
    launcher_read_output(agent->launcher);
    if (!agent->marked && agent->rest.length && agent->state == AGENT_LAUNCHED)
        agent_take_greeting(agent, agent->rest.data, agent->rest.length);
    launcher_read_errors(agent->launcher);
    lose_exited(agent);
    if (!cancel_job(agent))
        settle(agent);
}

/* sshd(8) drops some of those that come while ten others have not said who they are, and more; starts of a command are this machine's load. */
#define UNKNOWN_MOST 8

/* Who has to wait for one of them looks again after this, and up to twice as long; with many agents longer, as each looks at all of them. */
#define TURN_AGAIN (50 * NS_PER_MS)
#define MANY_AGENTS 64

/* How many connections are being made that go the way of AGENT's: to its host, or by the command. Slurm has turns instead. */
static size_t count_unknown(const struct pool_agent *agent)
{
    const struct pool *pool = agent->pool;
    const struct on_spec *spec = agent_spec(agent);
    size_t ways = spec->host_count ? spec->host_count : !spec->slurm.given, count = 0;
    for (size_t i = ways ? agent->number % ways : 0; ways && i < pool->elsewhere.agent_count; i += ways)
        count += pool->elsewhere.agents[i]->state == AGENT_LAUNCHED;
    return count;
}

static void launch(struct pool_agent *agent)
{
    static const struct launcher_callbacks callbacks = {
        .output = agent_take_output, .silent = on_silent, .line = on_line, .exited = on_exited};
    const struct on_spec *spec = agent_spec(agent);
    struct launch_command command;
    struct buf job = {0}, excluded = {0};
    struct error error = {0};
    agent->launched_at = clock_monotonic();
    slurm_print_job(agent->pool, agent->number, &job);
    slurm_print_excluded(agent->pool, &excluded);
    launch_command_make(&command, spec, agent->number, job.data, buf_string(&excluded));
    agent->launcher = launcher_start(agent->pool->object.run, &command, &callbacks, agent, &error);
    launch_command_release(&command);
    buf_release(&job);
    buf_release(&excluded);
    if (agent->launcher) {
        agent->state = AGENT_LAUNCHED;
        if (spec->timeout)
            timer_start(agent->timer, spec->timeout);
        slurm_watch(agent->pool);
    } else {
        agent->state = AGENT_NONE;
        fail(agent, error.text);
    }
    error_release(&error);
}

void agent_launch(struct pool_agent *agent)
{
    static const struct backoff backoff = {NS_PER_S / 5, 2, 30 * NS_PER_S, true};
    struct pool *pool = agent->pool;
    int64_t wait = 0;
    if (pool->elsewhere.failed_launches)
        wait = backoff_wait(&backoff, (int64_t)pool->elsewhere.failed_launches, (double)rand_r(&pool->pacing.seed) / RAND_MAX);
    else if (agent->launched_at)
        wait = agent->launched_at + LAUNCH_AGAIN - clock_monotonic();
    int64_t turn = slurm_turn(pool);
    wait = wait > turn ? wait : turn;
    agent->arranged_at = pool->elsewhere.failed_launches;
    agent->state = AGENT_WAITING;
    timer_start(agent->timer, wait > 0 ? wait : 0);
}

/* Whether anything was heard lately; what waits in the pipe counts, and while nothing is read nothing is judged. */
static bool is_there(struct pool_agent *agent)
{
    if (pool_is_held(agent->pool))
        agent->silent_beats = 0;
    else if (++agent->silent_beats >= AGENT_SILENT)
        launcher_read_output(agent->launcher);
    return agent->silent_beats < AGENT_SILENT;
}

static void beat(struct pool_agent *agent)
{
    struct buf reason = {0};
    timer_start(agent->timer, AGENT_BEAT);
    if (!is_there(agent)) {
        buf_printf(&reason, "nothing was heard of its host %s for %d seconds", agent->hello.host,
                   (int)(AGENT_SILENT * AGENT_BEAT / NS_PER_S));
        agent_lose(agent, AGENT_LOST, 0, reason.data);
        buf_release(&reason);
        return;
    }
    if (agent->state != AGENT_READY)
        return; /* it has spoken after all, for the last time */
    frame_plain(&agent->frames, (enum frame_type)FRAME_AGENT_BEAT);
    agent_send(agent);
}

void agent_end_by_signal(struct pool_agent *agent)
{
    if (agent->cancel)
        launcher_signal(agent->cancel, SIGKILL);
    else
        launcher_signal(agent->launcher, agent->terminated ? SIGKILL : SIGTERM);
    agent->terminated = true;
    timer_start(agent->timer, AGENT_END_TIME);
}

static void lose_late(struct pool_agent *agent)
{
    struct buf reason = {0};
    buf_text(&reason, "it did not answer within ");
    duration_print(&reason, agent_spec(agent)->timeout);
    buf_text(&reason, ", as 'timeout' of 'on' says");
    agent_lose(agent, AGENT_LEFT, 0, buf_string(&reason));
    buf_release(&reason);
}

static int64_t turn_again(struct pool *pool)
{
    int64_t most = TURN_AGAIN * (int64_t)(1 + pool->elsewhere.agent_count / MANY_AGENTS);
    return TURN_AGAIN + rand_r(&pool->pacing.seed) % most;
}

void agent_on_time(void *arg)
{
    struct pool_agent *agent = arg;
    if (agent->state == AGENT_WAITING && count_unknown(agent) >= UNKNOWN_MOST)
        timer_start(agent->timer, turn_again(agent->pool));
    else if (agent->state == AGENT_WAITING)
        launch(agent);
    else if (agent->state == AGENT_ENDING)
        agent_end_by_signal(agent);
    else if (agent->silent)
        agent_lose(agent, AGENT_LOST, 0, "the way to its host has ended");
    else if (agent->state == AGENT_READY)
        beat(agent);
    else
        lose_late(agent);
}
