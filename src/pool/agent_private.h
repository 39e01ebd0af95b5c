/* What the files of an agent share: agent.c has its slots, agent_launch.c its launcher, agent_frames.c what comes from it,
 * agent_clients.c the clients of the run's socket that are there. */
#ifndef POOL_AGENT_PRIVATE_H
#define POOL_AGENT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "pool/agent.h"
#include "pool/private.h"
#include "scenario/spec.h"
#include "wire/agent.h"
#include "wire/relay.h"

struct launcher;
struct tail;
struct timer;

enum agent_state {
    AGENT_NONE,
    AGENT_WAITING,  /* until it is launched */
    AGENT_LAUNCHED, /* and has not said hello */
    AGENT_READY,
    AGENT_ENDING, /* it has no slots; the launcher has not ended */
};

/* Clients of the run on the machine of an agent. */
struct agent_clients {
    struct relays relays; /* of clients there, to the run's socket */
    uint32_t *callers;    /* clients there that wait for one, CALLER_COUNT of them, the oldest first */
    size_t caller_count;
    size_t caller_capacity;
};

struct pool_agent {
    struct pool *pool;
    size_t number; /* from 0 */
    enum agent_state state;
    struct agent_slot **slots; /* as many as an agent of the pool has; NULL: not attached */
    struct buf setup;
    struct launcher *launcher; /* NULL: none runs */
    struct launcher *cancel;   /* of its job, once the launcher has ended; NULL: none runs */
    struct timer *timer; /* what it is for depends on the state */
    struct buf rest;     /* the beginning of a frame, or of a greeting */
    struct buf frames;   /* scratch */
    struct agent_clients clients;
    struct tail *words;  /* of the launcher, and of whoever greets */
    struct agent_hello hello;
    int silent_beats; /* since anything came */
    int64_t ends_at; /* clock_monotonic() when its job ends; 0: nobody knows */
    int64_t launched_at; /* clock_monotonic() of the last time; 0: never */
    bool failed;     /* its last start */
    size_t arranged_at; /* failed_launches of the pool when its last start was arranged */
    char *failure;   /* why its last start failed; NULL: none has since it was there */
    int64_t alike;   /* starts that failed so, one after another */
    bool marked;     /* the mark of an agent has come */
    bool silent;     /* its output has ended */
    bool terminated; /* its launcher got SIGTERM */
};

static inline const struct on_spec *agent_spec(const struct pool_agent *agent)
{
    return agent->pool->spec->on;
}

/* agent.c */

bool agent_has_slots(const struct pool_agent *agent);

/* Takes a slot away; NULL where the agent had none of that number. */
struct agent_slot *agent_take_slot(struct pool_agent *agent, int64_t number);

void agent_lose_slots(struct pool_agent *agent, enum agent_loss loss, const char *reason);

/* The agent is there: the slot's worker is started, and gets what waits for it. */
void agent_begin_slot(struct pool_agent *agent, struct agent_slot *slot);

/* Sends what FRAMES holds. */
void agent_send(struct pool_agent *agent);

/* True where it was launched before BEFORE, of clock_monotonic(), and has not answered. */
bool agent_is_awaited(const struct pool_agent *agent, int64_t before);

/* Appends ": " and the last words of a launcher of which nothing else has come; nothing where there are none. */
void agents_print_words(const struct pool *pool, struct buf *out);

/* agent_launch.c */

/* The agent of a slot is wanted, and does not run. */
void agent_launch(struct pool_agent *agent);

/* Forgets the last launch. */
void agent_clean(struct pool_agent *agent);

/* Lets the launcher end: by the end of its input, in time, or else by signals. */
void agent_end_launcher(struct pool_agent *agent, int64_t patience);

/* It is not to wait any longer. */
void agent_end_by_signal(struct pool_agent *agent);

/* Nothing that the agent says counts any more. PATIENCE: so long its launcher has to end. */
void agent_lose(struct pool_agent *agent, enum agent_loss loss, int64_t patience, const char *why);

/* What the timer is for, as the state says. ARG is the agent. */
void agent_on_time(void *arg);

/* agent_clients.c */

void agent_clients_init(struct pool_agent *agent);

/* A frame of a client there. */
void agent_clients_take(struct pool_agent *agent, struct frame *frame);

/* Ends all clients of the agent. */
void agent_clients_clear(struct pool_agent *agent);

/* agent_frames.c */

/* How long a launcher whose input has ended has to end, and then again after SIGTERM. */
#define AGENT_END_TIME (2 * NS_PER_S)

/* Bytes of its output: a greeting, then frames. ARG is the agent. */
void agent_take_output(void *arg, const char *bytes, size_t length);

/* Tells lines of a host that greets, or of a launcher. */
void agent_take_words(struct pool_agent *agent, const char *bytes, size_t length);
void agent_take_greeting(struct pool_agent *agent, const char *bytes, size_t length);

/* ": the last words", on one line; nothing where there are none. */
void agent_print_words(const struct pool_agent *agent, struct buf *out);

#endif
