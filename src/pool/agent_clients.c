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
    agent->pool->client_count--;
    call_waiting(agent->pool);
}

static void on_sent(void *arg)
{
    agent_send(arg);
}

void agent_clients_init(struct pool_agent *agent)
{
    agent->relays = (struct relays){.loop = agent->pool->object.run->loop,
                                    .frames = &agent->frames,
                                    .sent = on_sent,
                                    .gone = on_gone,
                                    .arg = agent};
}

static uint32_t take_caller(struct pool_agent *agent)
{
    uint32_t number = agent->callers[0];
    memmove(agent->callers, agent->callers + 1, --agent->caller_count * sizeof(*agent->callers));
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
    if (!pool->calls)
        pool->calls = timer_new(pool->object.run->loop, on_again, pool);
    timer_start(pool->calls, CALL_AGAIN);
}

/* Calls the run's socket for the oldest who waits; false where nobody can be called for now. */
static bool call_socket(struct pool_agent *agent)
{
    struct pool *pool = agent->pool;
    int ends[2];
    int result = private_socket_call(control_socket_address(pool->object.run->control), ends);
    if (result == -EAGAIN || result == -EMFILE || result == -ENFILE || result == -ENOMEM) {
        call_later(pool);
        return false;
    }
    uint32_t number = take_caller(agent);
    if (result) { /* the run is over */
        tell_gone(agent, number);
        return true;
    }
    pool->client_count++;
    relay_add(&agent->relays, number, ends, RELAY_WINDOW);
    tell_room(agent, number);
    return true;
}

static void call_waiting(struct pool *pool)
{
    size_t most = relays_most();
    for (size_t i = 0; i < pool->agent_count; i++)
        while (pool->agents[i]->caller_count)
            if (pool->client_count >= most || !call_socket(pool->agents[i]))
                return;
}

void agent_clients_take(struct pool_agent *agent, struct frame *frame)
{
    uint32_t number = frame_read_u32(frame);
    if (frame->bad)
        return;
    if ((int)frame->type != FRAME_CLIENT_BEGIN) {
        relay_take(&agent->relays, number, frame);
        return;
    }
    agent->callers = mem_grow(agent->callers, &agent->caller_capacity, agent->caller_count + 1, sizeof(*agent->callers));
    agent->callers[agent->caller_count++] = number;
    if (agent->caller_count == 1)
        call_waiting(agent->pool);
}

void agent_clients_clear(struct pool_agent *agent)
{
    struct pool *pool = agent->pool;
    if (agent->relays.count)
        call_later(pool); /* who waits at another agent */
    pool->client_count -= agent->relays.count;
    agent->caller_count = 0;
    relays_clear(&agent->relays);
}
