/* Clients of the run's socket that are where an agent is: each has a connection here, as if it had come itself. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "loop/timer.h"
#include "os/private_socket.h"
#include "pool/agent_private.h"
#include "serve/control_socket.h"

/* How long a call waits that the system has refused for now. */
#define CALL_AGAIN (100 * NS_PER_MS)

static void call_waiting(struct pool *pool);

static void on_gone(void *arg)
{
    struct pool_agent *agent = arg;
    agent->pool->elsewhere.client_count--;
    call_waiting(agent->pool);
}

static void on_sent(void *arg)
{
    agent_send(arg);
}

void agent_clients_init(struct pool_agent *agent)
{
    agent->clients.relays = (struct relays){.loop = agent->pool->object.run->loop,
                                    .frames = &agent->frames,
                                    .sent = on_sent,
                                    .gone = on_gone,
                                    .arg = agent};
}

static uint32_t take_caller(struct pool_agent *agent)
{
    uint32_t number = agent->clients.callers[0];
    memmove(agent->clients.callers, agent->clients.callers + 1, --agent->clients.caller_count * sizeof(*agent->clients.callers));
    return number;
}

static void tell_room(struct pool_agent *agent, uint32_t number)
{
    struct buf room = {0};
    frame_u32(&room, (uint32_t)RELAY_WINDOW);
    slot_frame_bytes(&agent->frames, FRAME_CLIENT_ROOM, number, room.data, room.length);
    agent_send(agent);
    buf_release(&room);
}

static void tell_gone(struct pool_agent *agent, uint32_t number)
{
    slot_frame(&agent->frames, FRAME_CLIENT_GONE, number);
    agent_send(agent);
}

static void on_again(void *arg)
{
    call_waiting(arg);
}

static void call_later(struct pool *pool)
{
    if (!pool->elsewhere.calls)
        pool->elsewhere.calls = timer_new(pool->object.run->loop, on_again, pool);
    timer_start(pool->elsewhere.calls, CALL_AGAIN);
}

/* Calls the run's socket for the oldest who waits; false where nobody can be called for now. */
static bool call_socket(struct pool_agent *agent)
{
    struct pool *pool = agent->pool;
    int ends[2];
    int result = private_socket_call(control_socket_address(pool->object.run->service.control), ends);
    if (result == -EAGAIN || result == -EMFILE || result == -ENFILE || result == -ENOMEM) {
        call_later(pool);
        return false;
    }
    uint32_t number = take_caller(agent);
    if (result) { /* the run is over */
        tell_gone(agent, number);
        return true;
    }
    pool->elsewhere.client_count++;
    relay_add(&agent->clients.relays, number, ends, RELAY_WINDOW);
    tell_room(agent, number);
    return true;
}

static void call_waiting(struct pool *pool)
{
    size_t most = relays_most();
    for (size_t i = 0; i < pool->elsewhere.agent_count; i++)
        while (pool->elsewhere.agents[i]->clients.caller_count)
            if (pool->elsewhere.client_count >= most || !call_socket(pool->elsewhere.agents[i]))
                return;
}

void agent_clients_take(struct pool_agent *agent, struct frame *frame)
{
    uint32_t number = frame_read_u32(frame);
    if (frame->bad)
        return;
    if ((int)frame->type != FRAME_CLIENT_BEGIN) {
        relay_take(&agent->clients.relays, number, frame);
        return;
    }
    agent->clients.callers = mem_grow(agent->clients.callers, &agent->clients.caller_capacity, agent->clients.caller_count + 1, sizeof(*agent->clients.callers));
    agent->clients.callers[agent->clients.caller_count++] = number;
    if (agent->clients.caller_count == 1)
        call_waiting(agent->pool);
}

void agent_clients_clear(struct pool_agent *agent)
{
    struct pool *pool = agent->pool;
    if (agent->clients.relays.count)
        call_later(pool); /* who waits at another agent */
    pool->elsewhere.client_count -= agent->clients.relays.count;
    agent->clients.caller_count = 0;
    relays_clear(&agent->clients.relays);
}
