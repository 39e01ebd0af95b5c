/* The slots of an agent, and the agents of a pool. */
#include "pool/agent.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/run.h"
#include "loop/timer.h"
#include "pool/agent_private.h"
#include "pool/launch_command.h"
#include "pool/launcher.h"
#include "pool/slurm.h"

bool agent_has_slots(const struct pool_agent *agent)
{
    for (int64_t i = 0; i < agent_spec(agent)->slots; i++)
        if (agent->slots[i])
            return true;
    return false;
}

struct agent_slot *agent_take_slot(struct pool_agent *agent, int64_t number)
{
    struct agent_slot *slot = agent->slots[number];
    agent->slots[number] = NULL;
    if (slot) {
        slot->attached = slot->begun = false;
        buf_clear(&slot->waiting);
    }
    return slot;
}

void agent_lose_slots(struct pool_agent *agent, enum agent_loss loss, const char *reason)
{
    for (int64_t i = 0; i < agent_spec(agent)->slots; i++) {
        struct agent_slot *slot = agent_take_slot(agent, i);
        if (slot)
            slot->callbacks->lost(slot->arg, loss, reason);
    }
}

bool agent_is_awaited(const struct pool_agent *agent, int64_t before)
{
    return agent->state == AGENT_LAUNCHED && agent->launched_at < before;
}

void agents_print_words(const struct pool *pool, struct buf *out)
{
    for (size_t i = 0; i < pool->elsewhere.agent_count; i++) {
        if (pool->elsewhere.agents[i]->state != AGENT_LAUNCHED || !pool->elsewhere.agents[i]->words)
            continue;
        agent_print_words(pool->elsewhere.agents[i], out);
        return;
    }
}

void agent_send(struct pool_agent *agent)
{
    launcher_put(agent->launcher, agent->frames.data, agent->frames.length);
    buf_clear(&agent->frames);
}

void agent_begin_slot(struct pool_agent *agent, struct agent_slot *slot)
{
    slot->begun = true;
    slot_frame(&agent->frames, FRAME_SLOT_START, slot->number);
    slot_frame_bytes(&agent->frames, FRAME_SLOT, slot->number, slot->waiting.data, slot->waiting.length);
    buf_clear(&slot->waiting);
    agent_send(agent);
}

static void make_agent(struct pool *pool, size_t number)
{
    struct pool_agent *agent = mem_calloc(1, sizeof(*agent));
    agent->pool = pool;
    agent->number = number;
    agent_clients_init(agent);
    agent->slots = mem_calloc((size_t)pool->spec->on->slots, sizeof(struct agent_slot *));
    agent->timer = timer_new(pool->object.run->loop, agent_on_time, agent);
    pool->elsewhere.agents = mem_realloc(pool->elsewhere.agents, pool->elsewhere.agent_count + 1, sizeof(struct pool_agent *));
    pool->elsewhere.agents[pool->elsewhere.agent_count++] = agent;
}

struct pool_agent *agent_of(struct pool *pool, size_t place)
{
    size_t number = place / (size_t)pool->spec->on->slots;
    while (pool->elsewhere.agent_count <= number)
        make_agent(pool, pool->elsewhere.agent_count);
    return pool->elsewhere.agents[number];
}

void agent_attach(struct agent_slot *slot, const struct buf *setup)
{
    struct pool_agent *agent = slot->agent;
    slot->attached = true;
    agent->slots[slot->number] = slot;
    if (agent->state == AGENT_READY) {
        agent_begin_slot(agent, slot);
        return;
    }
    buf_clear(&agent->setup);
    buf_append(&agent->setup, setup->data, setup->length);
    if (agent->state == AGENT_NONE)
        agent_launch(agent);
}

/* True where the agent is not there any more. */
static bool end(struct pool_agent *agent)
{
    if (agent->state == AGENT_WAITING) {
        timer_stop(agent->timer);
        agent->state = AGENT_NONE;
    }
    if (agent->state == AGENT_LAUNCHED) {
        agent_end_launcher(agent, AGENT_END_TIME);
        agent_end_by_signal(agent); /* it may not read its input yet */
    }
    if (agent->state == AGENT_READY)
        agent_end_launcher(agent, AGENT_END_TIME);
    return agent->state == AGENT_NONE;
}

void agent_detach(struct agent_slot *slot)
{
    struct pool_agent *agent = slot->agent;
    if (!slot->attached)
        return;
    if (slot->begun)
        agent_kill(slot);
    agent_take_slot(agent, slot->number);
    if (agent->state != AGENT_READY && !agent_has_slots(agent))
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
    agent_send(slot->agent);
}

void agent_kill(struct agent_slot *slot)
{
    slot_frame(&slot->agent->frames, FRAME_SLOT_KILL, slot->number);
    agent_send(slot->agent);
}

void agents_hold(struct pool *pool, bool held)
{
    for (size_t i = 0; i < pool->elsewhere.agent_count; i++) {
        struct pool_agent *agent = pool->elsewhere.agents[i];
        if (!agent->launcher)
            continue;
        launcher_hold(agent->launcher, held);
        agent->silent_beats = 0;
    }
}

void agents_trim(struct pool *pool)
{
    for (size_t i = 0; i < pool->elsewhere.agent_count; i++)
        if (pool->elsewhere.agents[i]->state == AGENT_READY && !agent_has_slots(pool->elsewhere.agents[i]))
            end(pool->elsewhere.agents[i]);
}

bool agents_end(struct pool *pool)
{
    bool ended = true;
    for (size_t i = 0; i < pool->elsewhere.agent_count; i++)
        ended = end(pool->elsewhere.agents[i]) && ended;
    return ended;
}

void agents_plan(struct pool *pool)
{
    struct buf text = {0};
    for (size_t i = 0; launch_command_plan(pool->spec->on, i, pool->object.name, &text); i++) {
        pool_tell_plan(pool, text.data);
        buf_clear(&text);
    }
    buf_release(&text);
}

void agents_free(struct pool *pool)
{
    for (size_t i = 0; i < pool->elsewhere.agent_count; i++) {
        struct pool_agent *agent = pool->elsewhere.agents[i];
        agent_clean(agent);
        free(agent->failure);
        timer_free(agent->timer);
        buf_release(&agent->setup);
        buf_release(&agent->rest);
        buf_release(&agent->frames);
        free(agent->clients.callers);
        free(agent->slots);
        free(agent);
    }
    timer_free(pool->elsewhere.calls);
    buf_release(&pool->elsewhere.program);
    free(pool->elsewhere.agents);
    slurm_free(pool);
}
