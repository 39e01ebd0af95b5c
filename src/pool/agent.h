/*
 * An agent of a pool whose workers run elsewhere: a launcher, started here, whose standard input and output are those
 * of `parrun --agent` there. Each slot of it is one worker of the pool. See wire/agent.h.
 */
#ifndef POOL_AGENT_H
#define POOL_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct pool_agent;
struct pool;

/* Why a worker is gone with its agent. */
enum agent_loss {
    AGENT_KEPT,    /* it is not */
    AGENT_LOST,    /* nobody knows */
    AGENT_LEFT,    /* the agent was told to end, or never came */
    AGENT_AGAIN,   /* it never came, for a reason that was told before */
};

struct agent_slot_callbacks {
    /* The worker was started there. HOST is valid as long as the slot is attached, and JOB too: "" where there is none. The job
     * ends at END, of clock_monotonic(); 0: nobody knows. */
    void (*started)(void *arg, int64_t pid, const char *host, const char *job, int64_t end);
    /* Bytes of its frames, and of its standard error. */
    void (*output)(void *arg, const char *bytes, size_t length);
    void (*error)(void *arg, const char *bytes, size_t length);
    /* Its agent has given a sign of life. */
    void (*beat)(void *arg);
    /* It has ended; BEAT and LOST still follow until the slot is detached. */
    void (*ended)(void *arg, int code, int signal);
    /* Its agent is lost, or never came: nothing follows, the slot is detached. REASON is valid for the call. */
    void (*lost)(void *arg, enum agent_loss loss, const char *reason);
};

/* What a worker has of its agent; the worker holds it. */
struct agent_slot {
    struct pool_agent *agent; /* NULL: the worker runs here */
    uint32_t number;
    const struct agent_slot_callbacks *callbacks;
    void *arg;
    bool attached;
    bool begun;         /* the agent was asked to start the worker */
    struct buf waiting; /* bytes for the worker, until then */
};

/* The agent that has the pool's worker at PLACE, made where there is none yet. It lives as long as the pool. */
struct pool_agent *agent_of(struct pool *pool, size_t place);

/* Starts a worker in the slot, and first the agent where it does not run. SETUP, an agent_setup_write(), is copied. A
 * callback that the slot has follows in any case, not from within this call. */
void agent_attach(struct agent_slot *slot, const struct buf *setup);

/* Nothing of the slot is wanted any more; what runs in it is killed. Nothing where it is not attached. */
void agent_detach(struct agent_slot *slot);

/* Sends the slot's worker bytes. As struct link_carrier has it; ARG is the slot. */
void agent_put(void *arg, const char *bytes, size_t length);

/* Kills the slot's worker, and what it runs: ENDED follows, unless the agent is lost. */
void agent_kill(struct agent_slot *slot);

/* Stops reading what comes from the agents of the pool while HELD. */
void agents_hold(struct pool *pool, bool held);

/* Ends those of the pool's agents that are there and have no worker any more. */
void agents_trim(struct pool *pool);

/* Ends the pool's agents; true where none is left, else the pool is looked at when one has ended. */
bool agents_end(struct pool *pool);

/* A dry run: tells by which command workers would be started elsewhere; nothing where they run here. */
void agents_plan(struct pool *pool);

/* Appends on which hosts, and in which jobs, the pool's workers are, and how many are waited for: ", on n1 (job 12)"; nothing
 * where they run here. */
void agents_print_places(const struct pool *pool, struct buf *out);

/* Appends the same as the members of a JSON list. */
void agents_print_json(const struct pool *pool, struct buf *out);

void agents_free(struct pool *pool);

#endif
