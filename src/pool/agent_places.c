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

void agents_print_places(const struct pool *pool, struct buf *out)
{
    size_t there = 0, awaited = 0;
    for (size_t i = 0; i < pool->elsewhere.agent_count; i++) {
        const struct pool_agent *agent = pool->elsewhere.agents[i];
        awaited += agent->state == AGENT_WAITING || agent->state == AGENT_LAUNCHED;
        if (agent->state != AGENT_READY || ++there > NAMED_MOST)
            continue;
        buf_printf(out, "%s%s", there == 1 ? ", on " : ", ", agent->hello.host);
        if (*agent->hello.job)
            buf_printf(out, " (job %s)", agent->hello.job);
    }
    if (there > NAMED_MOST)
        buf_printf(out, " and %zu more", there - NAMED_MOST);
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
