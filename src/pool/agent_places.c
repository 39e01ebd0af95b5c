/* Where the workers of a pool are, for status. */
#include <string.h>

#include "base/json.h"
#include "pool/agent_private.h"

/* So many are named for a person. */
#define NAMED_MOST 4

static int64_t count_workers(const struct pool_agent *agent)
{
    int64_t count = 0;
    for (int64_t i = 0; i < agent_spec(agent)->slots; i++)
        count += agent->slots[i] && agent->slots[i]->begun;
    return count;
}

/* Agents that are at one place: a host, or a job there. */
struct agent_place {
    const struct pool_agent *first;
    size_t agents;
};

/* The place of AGENT among COUNT, or a new one behind them; NULL: it is new, and no more are named. */
static struct agent_place *find_place(struct agent_place *places, size_t *count, const struct pool_agent *agent)
{
    for (size_t i = 0; i < *count; i++)
        if (!strcmp(places[i].first->hello.host, agent->hello.host) && !strcmp(places[i].first->hello.job, agent->hello.job))
            return &places[i];
    if (*count == NAMED_MOST)
        return NULL;
    places[*count] = (struct agent_place){agent, 0};
    return &places[(*count)++];
}

static void print_place(const struct agent_place *place, struct buf *out)
{
    buf_text(out, place->first->hello.host);
    if (*place->first->hello.job)
        buf_printf(out, " (job %s)", place->first->hello.job);
    if (place->agents > 1)
        buf_printf(out, " (%zu starts)", place->agents);
}

void agents_print_places(const struct pool *pool, struct buf *out)
{
    struct agent_place places[NAMED_MOST];
    size_t count = 0, more = 0, awaited = 0;
    for (size_t i = 0; i < pool->elsewhere.agent_count; i++) {
        const struct pool_agent *agent = pool->elsewhere.agents[i];
        struct agent_place *place = agent->state == AGENT_READY ? find_place(places, &count, agent) : NULL;
        awaited += agent->state == AGENT_WAITING || agent->state == AGENT_LAUNCHED;
        if (place)
            place->agents++;
        else
            more += agent->state == AGENT_READY;
    }
    for (size_t i = 0; i < count; i++) {
        buf_text(out, i ? ", " : ", on ");
        print_place(&places[i], out);
    }
    if (more)
        buf_printf(out, " and %zu more", more);
    if (awaited)
        buf_printf(out, ", %zu start%s of workers awaited", awaited, awaited == 1 ? "" : "s");
}

void agents_print_json(const struct pool *pool, struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < pool->elsewhere.agent_count; i++) {
        const struct pool_agent *agent = pool->elsewhere.agents[i];
        if (agent->state != AGENT_READY)
            continue;
        buf_text(out, any ? ",{\"host\":" : "{\"host\":");
        json_quote(out, agent->hello.host, strlen(agent->hello.host));
        if (*agent->hello.job) {
            buf_text(out, ",\"job\":");
            json_quote(out, agent->hello.job, strlen(agent->hello.job));
        }
        buf_printf(out, ",\"pid\":%lld,\"workers\":%lld}", (long long)agent->hello.pid, (long long)count_workers(agent));
        any = true;
    }
}
